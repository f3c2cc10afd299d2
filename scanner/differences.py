"""What differs between two snapshots, and what cannot be compared because one of them lacks the evidence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime

import msgspec

from scanner.comparable import KINDS, Facts
from scanner.differing import ADDED, REMOVED, FactDifference, differing
from scanner.model import ConfiguredPorts, EvidenceKind, Snapshot

_Lacking = frozenset[tuple[EvidenceKind, str]]


class SnapshotDifferences(msgspec.Struct, frozen=True, kw_only=True):
    """The facts that differ, and in words what was not compared and what differs by nature."""

    facts: tuple[FactDifference, ...] = ()
    notes: tuple[str, ...] = ()


def snapshot_differences(old: Snapshot, new: Snapshot) -> SnapshotDifferences:
    """Facts added, removed and changed, kind by kind.

    A fact that one side lacks because its evidence was not collected there is no difference but a note: the
    missing evidence itself is the difference.
    """
    if not (old.processes and new.processes):  # who listens is then known of one side only
        old, new = _ownerless(old), _ownerless(new)
    facts: list[FactDifference] = []
    notes = [*_times(old, new)]
    for kind, parts in KINDS.items():
        for members, evidence in parts:
            found, left_out = _compared(kind, members, evidence, old, new)
            facts += found
            notes += left_out
    return SnapshotDifferences(facts=tuple(facts), notes=tuple(notes))


def _compared(
    kind: str, members: Facts, evidence: EvidenceKind | None, old: Snapshot, new: Snapshot
) -> tuple[list[FactDifference], list[str]]:
    absent = {ADDED: _lacking(old), REMOVED: _lacking(new)}
    found, unknown = [], Counter[str]()
    if kind == "port proxies" and (old.port_proxies is None) is not (new.port_proxies is None):
        return [], [f"{kind}: not compared, {_side(old.port_proxies is None)} does not show them"]
    for fact, difference in differing(kind, members(old), members(new)):
        lacking = absent.get(difference.state, frozenset())
        if evidence is not None and {(evidence, ""), (evidence, fact.about)} & lacking:
            unknown[difference.state] += 1
        else:
            found.append(difference)
    notes = [
        f"{kind}: {count:,} of {_side(state == REMOVED)} not compared, the evidence of "
        f"{_side(state == ADDED)} does not show them"
        for state, count in sorted(unknown.items())
    ]
    return found, notes


def _lacking(snapshot: Snapshot) -> _Lacking:
    return frozenset((gap.kind, gap.subject) for gap in snapshot.gaps if not gap.partial)


def _side(old: bool) -> str:
    return "OLD" if old else "NEW"


def _ownerless(snapshot: Snapshot) -> Snapshot:
    listeners = tuple(msgspec.structs.replace(each, pid=None, image=None) for each in snapshot.listeners)
    return msgspec.structs.replace(snapshot, listeners=listeners)


def _times(old: Snapshot, new: Snapshot) -> Iterator[str]:
    """Events between the two that leave no other trace."""
    yield from _moved("the host was started", old.host.boot_time, new.host.boot_time)
    yield from _moved(
        "local firewall rules were last written", old.host.firewall_changed_at, new.host.firewall_changed_at
    )

    before = {(each.component, each.location): each.changed_at for each in old.configured_ports}
    again = [each for each in new.configured_ports if _is_later(before, each)]
    if again:
        yield f"configured ports: the sources of {len(again):,} were written in between"


def _is_later(before: Mapping[tuple[str, str], datetime | None], found: ConfiguredPorts) -> bool:
    was = before.get((found.component, found.location))
    return None not in (was, found.changed_at) and was != found.changed_at


def _moved(what: str, old: datetime | None, new: datetime | None) -> Iterator[str]:
    if old is not None and new is not None and old != new:
        yield f"{what} {old.isoformat()}, then {new.isoformat()}"
