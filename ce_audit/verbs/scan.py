"""`scan`: collect, judge, summarise, write the reports."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import typer

from ce_audit.assess import assess
from ce_audit.delivery.deliver import Destination, deliver, occupied
from ce_audit.delivery.outcome import outcome, say_delivered
from ce_audit.evidence import load_snapshot, unheeded
from ce_audit.exit_codes import COMPLIANT, exit_code
from ce_audit.options import (
    Baseline,
    ColorOption,
    Evidence,
    ExitZero,
    FailOn,
    Formats,
    Keep,
    NoProgress,
    OnlyIfChanged,
    OutputFolder,
    Quiet,
    RoleOption,
    SiteOption,
    Strict,
    Verbose,
    WaiverFile,
)
from ce_audit.output import DEFAULT_FORMATS, Renderings
from ce_audit.progress import Progress
from ce_audit.review import read_review, reviewed, say_reviewed
from ce_audit.settings import Color, Role
from ce_audit.site.terms import read_terms
from rules.model import Severity


def scan(
    evidence: Evidence = None,
    output_dir: OutputFolder = Path("ce-audit-report"),
    formats: Formats = None,
    site: SiteOption = None,
    role: RoleOption = Role.AUTO,
    waivers: WaiverFile = None,
    baseline: Baseline = None,
    fail_on: FailOn = Severity.MEDIUM,
    exit_zero: ExitZero = False,
    strict: Strict = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_progress: NoProgress = False,
    keep: Keep = None,
    only_if_changed: OnlyIfChanged = False,
    color: ColorOption = Color.AUTO,
) -> None:
    """Collect, judge, print a summary and write the reports: the main job."""
    progress = Progress(sys.stderr, quiet=quiet, show=not no_progress)
    now = datetime.now(UTC)
    destination = Destination(
        folder=output_dir,
        formats=tuple(formats or DEFAULT_FORMATS),
        keep=keep,
        only_if_changed=only_if_changed,
    )
    review = read_review(waivers, baseline)
    terms = read_terms(site, role.site)
    if late := unheeded(evidence, terms):
        progress.say(late)
    with occupied(output_dir, now):
        with progress.step("reading the evidence"):
            snapshot = load_snapshot(evidence, terms)
        progress.say_unread(snapshot.problems)
        with progress.step("judging"):
            results = assess(snapshot, terms.catalogue, terms.site)
            results = reviewed(results, review, now.astimezone().date())  # the calendar day of this machine
        say_reviewed(results, progress)
        if verbose:
            for source in snapshot.evidence:
                progress.say(f"read {source.source} as {source.kind} ({source.bytes} bytes)")
        renderings = Renderings(results, snapshot)
        delivered = deliver(results, renderings, destination, now, progress)
    code = COMPLIANT if exit_zero else exit_code(results, fail_on, strict=strict)
    if quiet:
        sys.stderr.write(f"{outcome(results, delivered, code)}\n")
    else:
        from reports import terminal

        terminal.write(renderings.report, sys.stdout, color=color)
        say_delivered(delivered, progress)
    raise typer.Exit(code)
