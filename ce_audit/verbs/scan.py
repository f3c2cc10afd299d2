"""`scan`: collect, judge, summarise, write the reports."""

from __future__ import annotations

import sys
from pathlib import Path

import typer

from ce_audit.assess import assess
from ce_audit.evidence import load_snapshot
from ce_audit.exit_codes import COMPLIANT, exit_code
from ce_audit.options import (
    ColorOption,
    Evidence,
    ExitZero,
    FailOn,
    Formats,
    NoProgress,
    OutputFolder,
    Quiet,
    RoleOption,
    Strict,
    Verbose,
)
from ce_audit.output import DEFAULT_FORMATS, Renderings, write_reports
from ce_audit.progress import Progress
from ce_audit.settings import Color, Role
from rules.catalogue.loader import load_catalogue
from rules.model import Severity
from rules.site import Site


def scan(
    evidence: Evidence = None,
    output_dir: OutputFolder = Path("ce-audit-report"),
    formats: Formats = None,
    role: RoleOption = Role.AUTO,
    fail_on: FailOn = Severity.MEDIUM,
    exit_zero: ExitZero = False,
    strict: Strict = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_progress: NoProgress = False,
    color: ColorOption = Color.AUTO,
) -> None:
    """Collect, judge, print a summary and write the reports: the main job."""
    progress = Progress(sys.stderr, quiet=quiet, show=not no_progress)
    catalogue = load_catalogue()
    with progress.step("reading the evidence"):
        snapshot = load_snapshot(evidence, catalogue)
    progress.say_unread(snapshot.problems)
    with progress.step("judging"):
        results = assess(snapshot, catalogue, Site(role=role.site))
    if verbose:
        for source in snapshot.evidence:
            progress.say(f"read {source.source} as {source.kind} ({source.bytes} bytes)")
    renderings = Renderings(results, snapshot)
    written = write_reports(renderings, formats or DEFAULT_FORMATS, output_dir, progress)
    if not quiet:
        from reports import terminal

        terminal.write(renderings.report, sys.stdout, color=color)
    for path in written:
        progress.say(f"wrote {path}")
    raise typer.Exit(COMPLIANT if exit_zero else exit_code(results, fail_on, strict=strict))
