"""Differences as text and HTML show them: counted, grouped, worded, every text inert."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

from reports.model import Badge
from reports.visible import one_line, rewritten, visible
from reports.wording import SEVERITY
from rules.differences import CHANGED, NEW, RESOLVED, UNCHANGED, UNDECIDED, Differences
from rules.differences import FindingDifference as Finding
from rules.model import Severity
from scanner.differing import ADDED, REMOVED, Change, FactDifference

_STATE = {
    NEW: Badge(code="high", symbol="+", word="New"),
    UNDECIDED: Badge(code="not-proven", symbol="?", word="Not decided this time"),
    CHANGED: Badge(code="medium", symbol="~", word="Changed"),
    RESOLVED: Badge(code="pass", symbol="-", word="Resolved"),
    UNCHANGED: Badge(code="info", symbol="=", word="Unchanged"),
    ADDED: Badge(code="other", symbol="+", word="Added"),
    REMOVED: Badge(code="other", symbol="-", word="Removed"),
}
_TEXT = 500


class DiffLine(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that differs: `severity` of a finding only, `details` as "field: old -> new"."""

    state: Badge
    severity: Badge | None = None
    title: str
    text: str = ""
    details: tuple[str, ...] = ()


class DiffGroup(msgspec.Struct, frozen=True, kw_only=True):
    """The differences of one kind; `counts` such as "2 added, 1 changed"."""

    id: str
    title: str
    counts: str
    lines: tuple[DiffLine, ...]


class DiffReport(msgspec.Struct, frozen=True, kw_only=True):
    title: str
    sentence: str
    different: bool
    old: str
    new: str
    notes: tuple[str, ...]
    groups: tuple[DiffGroup, ...]


def build(found: Differences) -> DiffReport:
    """The view of `found`. Pure."""
    found = rewritten(found, visible)
    groups = _groups(found)
    counts = "; ".join(f"{group.title.lower()}: {group.counts}" for group in groups)
    sides = [
        f"{one_line(side.name, 300)} ({one_line(side.host, 120)}"
        + (f", {side.collected_at:%Y-%m-%d %H:%M:%S %Z}" if side.collected_at else "")
        + ")"
        for side in (found.old, found.new)
    ]
    return DiffReport(
        title=f"Differences between two {'assessments' if found.kind == 'results' else 'snapshots'}",
        sentence=counts if found.different else "No difference.",
        different=found.different,
        old=sides[0],
        new=sides[1],
        notes=tuple(one_line(note, _TEXT) for note in found.notes),
        groups=groups,
    )


def _groups(found: Differences) -> tuple[DiffGroup, ...]:
    verdict = [
        DiffLine(state=_STATE[CHANGED], title=f"{change.old} -> {change.new}") for change in found.verdict
    ]
    groups = [
        _group("Verdict", verdict),
        _group("Findings", [_finding(each) for each in found.findings]),
        _group("Checks", _facts(found.checks)),
        _group("Endpoints", _facts(found.endpoints)),
        *(
            _group(kind.capitalize(), _facts(each for each in found.facts if each.kind == kind))
            for kind in dict.fromkeys(each.kind for each in found.facts)
        ),
    ]
    return tuple(group for group in groups if group.lines)


def _group(title: str, lines: Sequence[DiffLine]) -> DiffGroup:
    count = Counter(line.state.word.lower() for line in lines)
    return DiffGroup(
        id=title.lower().replace(" ", "-"),
        title=title,
        counts=", ".join(f"{number} {word}" for word, number in count.items()),
        lines=tuple(lines),
    )


def _finding(each: Finding) -> DiffLine:
    waived = " (waived)" if each.waived else ""
    return DiffLine(
        state=_STATE[each.state],
        severity=SEVERITY[Severity(each.severity)],
        title=one_line(f"{each.check}: {each.subject}{waived}", _TEXT),
        text="" if each.state == UNCHANGED else one_line(each.message, _TEXT),
        details=_details(_found(each.changes)),
    )


def _facts(found: Iterable[FactDifference]) -> list[DiffLine]:
    return [
        DiffLine(state=_STATE[each.state], title=one_line(each.name, _TEXT), details=_details(each.changes))
        for each in found
    ]


def _found(changes: Sequence[Change]) -> list[Change]:
    """The condition is a hash: it is shown only where no other field tells what changed."""
    told = [change for change in changes if change.field not in ("condition", "waived", "severity")]
    return [change for change in changes if change.field != "condition" or not told]


def _details(changes: Iterable[Change]) -> tuple[str, ...]:
    return tuple(
        f"{one_line(change.field, 80)}: {one_line(change.old, _TEXT)} -> {one_line(change.new, _TEXT)}"
        for change in changes
    )
