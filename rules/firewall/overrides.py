"""Which subjects' own rules take the place of what anyone meets, found by port."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator

from rules.firewall.addresses import Span
from rules.firewall.span_tree import SpanTree
from rules.firewall.surface import Override
from scanner.model import Profile

_Network = tuple[Profile, int]


class Overrides:
    """The overrides of a surface, ready to be asked."""

    def __init__(self, overrides: Iterable[Override]) -> None:
        self._pieces: dict[_Network, list[tuple[Span, Override]]] = {}
        for override in overrides:
            pieces = self._pieces.setdefault((override.profile, override.protocol), [])
            pieces += ((span, override) for span in override.ports)
        for pieces in self._pieces.values():
            pieces.sort(key=_start)
        self._trees = {network: SpanTree(pieces) for network, pieces in self._pieces.items()}

    def on(self, profile: Profile, protocol: int, ports: Iterable[Span]) -> Iterator[Override]:
        """Those that bear on any of `ports`, perhaps more than once."""
        tree = self._trees.get((profile, protocol))
        if tree is None:
            return
        pieces = self._pieces[(profile, protocol)]
        for low, high in ports:
            yield from tree.holding(low)
            inside = slice(bisect_right(pieces, low, key=_start), bisect_left(pieces, high + 1, key=_start))
            yield from (override for _, override in pieces[inside])


def _start(piece: tuple[Span, Override]) -> int:
    return piece[0][0]
