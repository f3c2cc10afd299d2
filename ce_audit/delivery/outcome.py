"""The one line on stderr by which a scan that nobody watches tells how it ended."""

from __future__ import annotations

from collections import Counter

from ce_audit.delivery.deliver import Delivered
from ce_audit.exit_codes import COMPLIANT, FINDINGS, MEANING, NOT_PROVEN
from ce_audit.progress import Progress
from reports.visible import one_line, visible
from rules.model import Results, Severity, Status, Verdict

_CODES = {Verdict.COMPLIANT: COMPLIANT, Verdict.NON_COMPLIANT: FINDINGS, Verdict.NOT_PROVEN: NOT_PROVEN}


def outcome(results: Results, delivered: Delivered, code: int) -> str:
    """Host, verdict, counts and place; the exit code where it says something else than the verdict."""
    name, verdict = results.host.name, results.verdict.value.replace("not-proven", "not proven")
    if delivered.unchanged_since:
        where = f"unchanged since {delivered.unchanged_since}"
    else:
        where = f"report in {delivered.folder.absolute()}"
    parts = [f"ce-audit: {name} {verdict}: {_counts(results)}", where, *delivered.notes]
    if code != _CODES[results.verdict]:
        parts.append(f"exit code {code}: {MEANING[code]}")
    return visible(one_line("; ".join(parts)))


def say_delivered(delivered: Delivered, progress: Progress) -> None:
    """What was written, a line each, for a user who watches."""
    for note in delivered.notes:
        progress.say(note)
    for name in delivered.names:
        progress.say(f"wrote {delivered.folder / name}")
    if delivered.unchanged_since:
        progress.say(f"unchanged since {delivered.unchanged_since}: nothing written")


def _counts(results: Results) -> str:
    findings = [finding for result in results.results for finding in result.findings]
    of_severity = Counter(finding.severity for finding in findings if not finding.waived)
    counts = [f"{of_severity[each]} {each.value}" for each in Severity if of_severity[each]]
    if waived := sum(finding.waived for finding in findings):
        counts.append(f"{waived} waived")
    open_ones = sum(result.status in (Status.NOT_PROVEN, Status.ERROR) for result in results.results)
    if open_ones:
        counts.append(f"{open_ones} check{'s' * (open_ones > 1)} not proven")
    return ", ".join(counts) or "no findings"
