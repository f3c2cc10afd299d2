"""Finding the spans that hold a number without walking all of them: a segment tree over their ends."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

from rules.firewall.addresses import Span

T = TypeVar("T")


class SpanTree(Generic[T]):
    """Items by closed spans of whole numbers of any size."""

    def __init__(self, pieces: Iterable[tuple[Span, T]]) -> None:
        pieces = list(pieces)
        self._points = sorted({point for (low, high), _ in pieces for point in (low, high + 1)})
        self._leaves = 1 << len(self._points).bit_length()
        self._nodes: dict[int, list[T]] = {}
        places = {point: place for place, point in enumerate(self._points)}
        for (low, high), item in pieces:
            for node in covering_nodes(self._leaves + places[low], self._leaves + places[high + 1]):
                self._nodes.setdefault(node, []).append(item)

    def holding(self, number: int) -> Iterator[T]:
        """The items of the spans that hold `number`."""
        node = self._leaves + bisect_right(self._points, number) - 1
        while node >= 1:
            yield from self._nodes.get(node, ())
            node >>= 1


def covering_nodes(left: int, right: int) -> Iterator[int]:
    """The fewest nodes of a segment tree, numbered like a heap, that together cover the leaves from `left` up
    to, not including, `right`.
    """
    while left < right:
        if left & 1:
            yield left
            left += 1
        if right & 1:
            right -= 1
            yield right
        left >>= 1
        right >>= 1
