"""What the exit code says (design.md section 4): a tool failure looks like neither a finding nor a pass."""

from __future__ import annotations

from collections.abc import Iterable

from rules.model import Results, Severity, Status

COMPLIANT = 0
FINDINGS = 1
USAGE = 2
NOT_PROVEN = 3
INTEGRITY = 4
INTERNAL_ERROR = 5
INTERRUPTED = 130
MEANING = {
    COMPLIANT: "nothing found that was asked to fail",
    FINDINGS: "findings",
    USAGE: "it could not run",
    NOT_PROVEN: "not all was proven",
    INTEGRITY: "integrity failure",
    INTERNAL_ERROR: "a fault of ce-audit",
    INTERRUPTED: "interrupted",
}


def exit_code(results: Results, fail_on: Severity, *, strict: bool = False) -> int:
    """FINDINGS for an unwaived finding at or above `fail_on`, else NOT_PROVEN where a check is undecided.

    With `strict` any trouble in collecting the evidence is NOT_PROVEN too, whatever the checks made of it.
    """
    if any(severity.at_least(fail_on) for severity in _unwaived(results)):
        return FINDINGS
    undecided = any(result.status in (Status.NOT_PROVEN, Status.ERROR) for result in results.results)
    if undecided or (strict and (results.gaps or results.problems)):
        return NOT_PROVEN
    return COMPLIANT


def _unwaived(results: Results) -> Iterable[Severity]:
    return (
        finding.severity for result in results.results for finding in result.findings if not finding.waived
    )
