"""`findings.csv`: all findings for a spreadsheet, one row each, with nothing that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from reports.model import FindingBlock, Report, Script, WaiverLine

# fmt: off
HEAD = (
    "host", "label", "severity", "waived", "check", "component", "variant", "protocol", "port", "subject",
    "message", "expected", "observed", "impact", "evidence", "manual", "commands", "netsh", "undo", "restart",
    "fingerprint", "condition", "baseline", "waiver_owner", "waiver_approver", "waiver_expires",
    "waiver_justification", "controls",
)
# fmt: on
_CELL = 32_000  # Excel holds 32,767 characters in a cell and spills the rest
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def render(report: Report) -> bytes:
    """UTF-8 with a byte order mark and CRLF, as Excel reads it; lists are lines within a cell."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(HEAD)
    for finding in report.findings:
        writer.writerow([inert(cell) for cell in _cells(report.host, finding)])
    return text.getvalue().encode("utf-8-sig")


def _cells(host: str, finding: FindingBlock) -> Iterable[str]:
    yield from (host, finding.label, finding.severity.word, "yes" if finding.waived else "no", finding.check)
    yield from (finding.component, finding.variant, finding.protocol)
    yield "" if finding.port is None else str(finding.port)
    yield from (finding.subject, finding.message, finding.expected, finding.observed, finding.impact)
    yield "\n".join(
        " | ".join((seen.source, seen.locator, seen.observed, seen.sha256)) for seen in finding.evidence
    )
    yield "\n".join(finding.manual)
    yield from (_lines(script) for script in (finding.commands, finding.netsh, finding.undo))
    yield from (finding.restart, finding.fingerprint, finding.condition)
    yield finding.baseline.word.lower() if finding.baseline else ""
    yield from _waiver(finding.waiver)
    yield "\n".join(finding.quoted_controls)


def _waiver(waiver: WaiverLine | None) -> tuple[str, ...]:
    if waiver is None:
        return ("",) * 4
    return (waiver.owner, waiver.approver, waiver.expires, waiver.justification)


def _lines(script: Script | None) -> str:
    return script.text if script else ""


def inert(cell: str) -> str:
    """`cell` as text: an apostrophe before what would be a formula, cut at what a cell holds."""
    cell = cell[:_CELL]
    return f"'{cell}" if cell.startswith(_FORMULA) or cell.lstrip().startswith(_FORMULA) else cell
