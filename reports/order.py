"""Findings in the one order of the report, each with the label by which the report refers to it."""

from __future__ import annotations

import msgspec

from reports.model import Link
from reports.visible import one_line
from reports.wording import SEVERITY, WAIVED
from rules.model import CheckResult, Finding, Remediation, Results, Severity

_RANK = {severity: rank for rank, severity in enumerate(Severity)}


class Placed(msgspec.Struct, frozen=True, kw_only=True):
    """A finding at its place: `number` counts from 1, worst first, waived ones after all others."""

    number: int
    result: CheckResult
    finding: Finding

    @property
    def id(self) -> str:
        return f"f{self.number}"

    @property
    def link(self) -> Link:
        badge = WAIVED if self.finding.waived else SEVERITY[self.finding.severity]
        return Link(id=self.id, text=f"F{self.number}", badge=badge)

    @property
    def rank(self) -> int:
        return _RANK[self.finding.severity]


def placed(results: Results) -> tuple[Placed, ...]:
    """All findings of `results`, worst first; equal ones in an order that no run changes."""
    pairs = [(result, finding) for result in results.results for finding in result.findings]
    pairs.sort(key=lambda pair: _order(*pair))
    return tuple(
        Placed(number=number, result=result, finding=finding)
        for number, (result, finding) in enumerate(pairs, start=1)
    )


def subject(finding: Finding) -> str:
    """What a finding is about: component and endpoint where it has them, its own subject otherwise."""
    if not finding.component:
        return one_line(finding.subject, 200)
    variant = f" ({finding.variant})" if finding.variant else ""
    endpoint = f" {finding.protocol.upper()} {finding.port}" if finding.port is not None else ""
    return one_line(f"{finding.component}{variant}{endpoint}", 200)


def restart_text(remedy: Remediation) -> str:
    """What must be restarted, as a sentence; "" if nothing."""
    text = one_line(remedy.restart).rstrip(".")
    if not text:
        return ""
    return f"{text}." if text.casefold().startswith("restart") else f"Restart {text}."


def _order(result: CheckResult, finding: Finding) -> tuple[bool, int, str, str, int, str, str]:
    return (
        finding.waived,
        _RANK[finding.severity],
        result.check,
        finding.component.casefold(),
        finding.port if finding.port is not None else -1,
        finding.subject,
        finding.fingerprint,
    )
