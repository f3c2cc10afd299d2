"""`collect`: only the facts, or a sealed bundle of the raw evidence."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from ce_audit.exit_codes import COMPLIANT
from ce_audit.options import Evidence, NoProgress, Quiet, SignKey, SiteOption, Verbose
from ce_audit.progress import Progress


def collect(
    evidence: Evidence = None,
    output: Annotated[
        Path,
        typer.Option("-o", "--output", envvar="CE_AUDIT_OUTPUT", help="A .json snapshot or a .zip bundle."),
    ] = Path("snapshot.json"),
    print_collector: Annotated[
        bool,
        typer.Option(
            "--print-collector",
            help="Collect nothing; print the PowerShell script that collects on a host without Python.",
        ),
    ] = False,
    site: SiteOption = None,
    sign: SignKey = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_progress: NoProgress = False,
) -> None:
    """Only collect: the facts as one JSON file, or a bundle with the raw evidence and its hashes."""
    from ce_audit.bundle.collecting import sealed_unmasked, write_collection
    from ce_audit.evidence import unheeded
    from ce_audit.site.terms import read_terms
    from scanner.windows import collector_script

    if print_collector:
        sys.stdout.write(collector_script())
        raise typer.Exit(COMPLIANT)
    progress = Progress(sys.stderr, quiet=quiet, show=not no_progress)
    terms = read_terms(site)
    if late := unheeded(evidence, terms):
        progress.say(late)
    with progress.step("collecting"):
        snapshot = write_collection(evidence, output, terms, sign)
    progress.say_unread(snapshot.problems)
    progress.say(f"wrote {output}")
    if output.suffix.casefold() == ".zip" and (hives := sealed_unmasked(snapshot)):
        progress.say(f"registry hives cannot be masked and are sealed with all they hold: {', '.join(hives)}")
    if verbose:
        for gap in snapshot.gaps:
            progress.say(f"not collected: {gap.kind.value}: {gap.reason}")
