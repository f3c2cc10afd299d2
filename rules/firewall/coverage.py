"""Which firewall rules hold another one wholly: alone, or several together, by profile, port and address."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from rules.firewall.addresses import Span
from rules.firewall.footprint import Footprint
from rules.firewall.ports import merged
from rules.firewall.regions import clipped, contains, sweep
from rules.firewall.span_tree import SpanTree
from rules.firewall.subjects import ANY_SERVICE

_PRUNED = 24  # beyond so many covering rules the list is given as found, not made as short as can be
_BITS = (1, 2, 4)
_Key = tuple[str | None, int | None]


class _AlikePorts(msgspec.Struct, frozen=True):
    """Rules for the same ports of the same program, by remote address."""

    by_remote: SpanTree[Footprint]


class Coverers:
    """The rules of one action that may cover another, found by program, protocol, port and remote address."""

    def __init__(self, footprints: Iterable[Footprint]) -> None:
        alike: dict[_Key, dict[tuple[Span, ...], list[Footprint]]] = {}
        for footprint in footprints:
            key = (footprint.program, footprint.compiled.protocol)
            alike.setdefault(key, {}).setdefault(footprint.ports.holds, []).append(footprint)
        self._trees = {key: _by_ports(groups) for key, groups in alike.items()}
        self._gone: set[int] = set()

    def discard(self, footprint: Footprint) -> None:
        """From now on it covers nothing."""
        self._gone.add(id(footprint))

    def covering(self, footprint: Footprint, *, surely: bool) -> tuple[Footprint, ...]:
        """Rules that together match wherever `footprint` may, none if they do not; `surely`: for sure.

        One alone if one does, else few: without any of them the rest does not cover (beyond 24 nobody
        looks).
        """
        search = _Search(self._trees, self._gone, footprint, surely=surely)
        return search.alone() or _pruned(footprint, search.together(), surely=surely)


class _Search:
    """The walk over one rule's ports and remote addresses."""

    def __init__(
        self,
        trees: dict[_Key, SpanTree[_AlikePorts]],
        gone: set[int],
        footprint: Footprint,
        *,
        surely: bool,
    ) -> None:
        self._footprint = footprint
        self._surely = surely
        self._gone = gone
        keys = (
            (program, protocol)
            for program in dict.fromkeys((footprint.program, None))
            for protocol in dict.fromkeys((footprint.compiled.protocol, None))
        )
        self._trees = [trees[key] for key in keys if key in trees]
        self._fitting: dict[int, bool] = {}

    def alone(self) -> tuple[Footprint, ...]:
        for other in self._at(self._footprint.ports.asks[0][0], self._footprint.remotes.asks[0][0]):
            if covers(self._footprint, [other], surely=self._surely):
                return (other,)
        return ()

    def together(self) -> tuple[Footprint, ...]:
        """Every candidate over the rule; none if a place of it is not covered in each of its profiles."""
        found: dict[int, Footprint] = {}
        for low, high in self._footprint.ports.asks:
            port = low
            while port <= high:
                here = self._row(port)
                if not here:
                    return ()
                found.update((id(other), other) for other in here)
                port = 1 + min(_end(other.ports.side(surely=self._surely), port) for other in here)
        return tuple(found.values())

    def _row(self, port: int) -> list[Footprint]:
        """The candidates over one port, along all remote addresses asked for."""
        found: list[Footprint] = []
        for low, high in self._footprint.remotes.asks:
            remote = low
            while remote <= high:
                here = list(self._at(port, remote))
                profiles = 0
                for other in here:
                    profiles |= other.profiles
                if self._footprint.reach & ~profiles:
                    return []
                found += here
                remote = 1 + min(_end(other.remotes.side(surely=self._surely), remote) for other in here)
        return found

    def _at(self, port: int, remote: int) -> Iterator[Footprint]:
        """The fitting rules that hold one port and one remote address."""
        for tree in self._trees:
            for group in tree.holding(port):
                for other in group.by_remote.holding(remote):
                    if self._fits(other) and self._holds(other, port, remote):
                        yield other

    def _holds(self, other: Footprint, port: int, remote: int) -> bool:
        return not self._surely or (
            _end(other.ports.sure, port) >= port and _end(other.remotes.sure, remote) >= remote
        )

    def _fits(self, other: Footprint) -> bool:
        known = self._fitting.get(id(other))
        if known is None:
            known = self._fitting[id(other)] = (
                other is not self._footprint
                and id(other) not in self._gone
                and _fits(self._footprint, other, surely=self._surely)
            )
        return known


def covers(footprint: Footprint, others: Sequence[Footprint], *, surely: bool) -> bool:
    """Whether `others`, all of which fit, hold every profile, port and remote address of `footprint`."""
    return all(
        _covers_profile(footprint, [other for other in others if other.profiles & bit], surely=surely)
        for bit in _BITS
        if footprint.reach & bit
    )


def _covers_profile(footprint: Footprint, others: Sequence[Footprint], *, surely: bool) -> bool:
    columns = list(
        sweep(
            (span, place)
            for place, other in enumerate(others)
            for window in footprint.ports.asks
            for span in clipped(other.ports.side(surely=surely), window)
        )
    )
    return contains([span for span, _ in columns], footprint.ports.asks) and all(
        contains(
            [span for place in places for span in others[place].remotes.side(surely=surely)],
            footprint.remotes.asks,
        )
        for _, places in columns
    )


def _fits(footprint: Footprint, other: Footprint, *, surely: bool) -> bool:
    """Whether each condition of `other`, profile, ports and remote addresses apart, holds `footprint`'s.

    To match for sure it may have no condition that leaves anything open. To take its place it must not lack a
    way in that the rule gives beyond ordinary traffic, nor ask for other protection.
    """
    if not (other.profiles & footprint.reach and _same_service(footprint.service, other.service)):
        return False
    if surely:
        equal = not (other.doubtful or other.security)
    else:
        equal = (
            other.others <= footprint.others
            and footprint.behaviour <= other.behaviour
            and footprint.security == other.security
        )
    return (
        equal
        and footprint.remote_ports.within(other.remote_ports, surely=surely)
        and footprint.locals.within(other.locals, surely=surely)
    )


def _same_service(wanted: str | None, other: str | None) -> bool:
    """Whether a rule for the service `other` (ANY_SERVICE for every one) also speaks of `wanted`."""
    return other in (None, wanted) or (other == ANY_SERVICE and wanted is not None)


def _end(spans: Iterable[Span], number: int) -> int:
    """The end of the span that holds `number`, -1 if none does."""
    return next((high for low, high in spans if low <= number <= high), -1)


def _pruned(footprint: Footprint, found: tuple[Footprint, ...], *, surely: bool) -> tuple[Footprint, ...]:
    """As few as suffice, the wider ones kept where there is a choice."""
    if len(found) > _PRUNED:
        return found
    kept = list(found)
    for other in found:
        rest = [left for left in kept if left is not other]
        if rest and covers(footprint, rest, surely=surely):
            kept = rest
    return tuple(kept)


def _by_ports(groups: dict[tuple[Span, ...], list[Footprint]]) -> SpanTree[_AlikePorts]:
    pieces: list[tuple[Span, _AlikePorts]] = []
    for spans, several in groups.items():
        tree = SpanTree((span, other) for other in several for span in other.remotes.holds)
        pieces += ((span, _AlikePorts(tree)) for span in merged(spans))
    return SpanTree(pieces)
