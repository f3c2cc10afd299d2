"""`verify`: is a bundle as it was sealed, and do its results follow from it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from ce_audit.exit_codes import COMPLIANT, INTEGRITY
from ce_audit.options import Baseline, RequiredSigner, RoleOption, SiteOption, WaiverFile
from ce_audit.settings import Role, TextOrJson


def verify(
    bundle: Annotated[
        Path, typer.Argument(help="A bundle (.zip or unpacked folder), or a results.json with one beside it.")
    ],
    results: Annotated[
        Path | None,
        typer.Option("--results", help="The results.json of this bundle; its ledger is compared."),
    ] = None,
    reperform: Annotated[
        bool,
        typer.Option(
            "--reperform",
            help="Judge again; results.json (--results, or beside) must be the same, byte for byte.",
        ),
    ] = False,
    require_signature: RequiredSigner = None,
    site: SiteOption = None,
    role: RoleOption = Role.AUTO,
    waivers: WaiverFile = None,
    baseline: Baseline = None,
    output: Annotated[TextOrJson, typer.Option("-f", "--format")] = TextOrJson.TEXT,
) -> None:
    """Is a bundle as it was sealed, and do its results follow from it? Exits with 4 where not."""
    from ce_audit.bundle.verify import Request
    from ce_audit.bundle.verify import verify as verified
    from ce_audit.bundle.verify_text import render_json, render_text
    from ce_audit.review import Review, read_review
    from ce_audit.site.terms import read_terms

    request = Request(
        results=results,
        reperform=reperform,
        key=require_signature,
        review=read_review(waivers, baseline) if reperform else Review(),
    )
    found = verified(bundle, request, read_terms(site, role.site))
    sys.stdout.write(render_json(found) if output is TextOrJson.JSON else render_text(found))
    raise typer.Exit(COMPLIANT if found.intact else INTEGRITY)
