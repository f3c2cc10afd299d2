"""`init`: a commented site file to start from."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from ce_audit.options import Evidence, Quiet, RoleOption
from ce_audit.progress import Progress
from ce_audit.settings import Role


def init(
    evidence: Evidence = None,
    output: Annotated[
        Path, typer.Option("-o", "--output", help="The file to write; it must not exist yet.")
    ] = Path("site.toml"),
    role: RoleOption = Role.AUTO,
    quiet: Quiet = False,
) -> None:
    """Write a commented site file (--site) from what EVIDENCE, or this Windows host, shows."""
    from ce_audit.evidence import load_snapshot
    from ce_audit.site.first_file import first_site_file, write_new
    from ce_audit.site.terms import read_terms
    from rules.case import Case

    progress = Progress(sys.stderr, quiet=quiet)
    terms = read_terms(role=role.site)
    snapshot = load_snapshot(evidence, terms)
    progress.say_unread(snapshot.problems)
    write_new(output, first_site_file(Case(snapshot, terms.catalogue, terms.site)))
    progress.say(f"wrote {output}")
