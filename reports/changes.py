"""What changed since the baseline, as the report shows it."""

from __future__ import annotations

from collections.abc import Sequence

from reports.model import Changes, GoneLine
from reports.order import Placed, subject
from reports.visible import one_line
from reports.wording import SEVERITY
from rules.model import BaselineRecord, Finding, Results

_TEXT = 300


def changes(results: Results, findings: Sequence[Placed]) -> Changes | None:
    """None where there is no baseline."""
    found = results.baseline
    if found is None:
        return None
    return Changes(
        counts=counts(found),
        new=tuple(item.link for item in findings if item.finding.baseline == "new"),
        resolved=tuple(_gone(finding) for finding in found.resolved),
        undecided=tuple(_gone(finding) for finding in found.undecided),
    )


def counts(found: BaselineRecord) -> str:
    """`3 new, 2 known, 1 resolved`."""
    words = f"{found.new} new, {found.known} known, {len(found.resolved)} resolved"
    return f"{words}, {len(found.undecided)} not decided this time" if found.undecided else words


def intro(results: Results, moment: str) -> str:
    """Of which assessment the baseline is, and what to know of it."""
    found = results.baseline
    if found is None:
        return ""
    of = f"Compared with the scan of {one_line(found.host, 120)} on evidence collected {moment}"
    by = f", judged by {one_line(found.tool, 120)}" if found.tool else ""
    other = (
        " The two hosts are not the same: what is resolved may never have been here."
        if found.host.casefold() != results.host.name.casefold()
        else ""
    )
    return f"{of}{by}.{other} A known finding counts as much as a new one."


def _gone(finding: Finding) -> GoneLine:
    return GoneLine(
        severity=SEVERITY[finding.severity],
        subject=subject(finding),
        message=one_line(finding.message, _TEXT),
        fingerprint=finding.fingerprint,
    )
