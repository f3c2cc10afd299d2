"""Arithmetic on closed spans of whole numbers, and the one axis on which all remote addresses lie.

Ports and addresses are both spans, so that what a policy admits can be computed and never has to be sampled.
IPv4 comes first on the address axis, IPv6 behind it: "any address" is then a single span.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, summarize_address_range
from itertools import pairwise
from typing import TypeVar

from rules.firewall.addresses import FAMILIES, Address, Span
from rules.firewall.ports import merged

T = TypeVar("T")

LENGTHS = {4: 1 << 32, 6: 1 << 128}
STARTS = {4: 0, 6: LENGTHS[4]}
EVERYWHERE: dict[int, Span] = {
    family: (STARTS[family], STARTS[family] + LENGTHS[family] - 1) for family in FAMILIES
}
ANYWHERE: Span = (0, EVERYWHERE[6][1])
Column = tuple[Span, tuple[T, ...]]


def sweep(pieces: Iterable[tuple[Span, T]]) -> Iterator[Column[T]]:
    """The axis cut wherever a piece begins or ends, ascending: each part with the pieces that cover it.

    Parts that nothing covers are left out. Two pieces of the same item must not overlap. Inside a part
    nothing changes, which is what makes one point of it speak for all.
    """
    begins: dict[int, list[T]] = {}
    ends: dict[int, list[T]] = {}
    for (low, high), item in pieces:
        begins.setdefault(low, []).append(item)
        ends.setdefault(high + 1, []).append(item)
    active: dict[T, None] = {}
    for point, following in pairwise(sorted(begins.keys() | ends.keys())):
        for item in ends.get(point, ()):
            del active[item]
        for item in begins.get(point, ()):
            active[item] = None
        if active:
            yield (point, following - 1), tuple(active)


def clipped(spans: Iterable[Span], window: Span) -> Iterator[Span]:
    """What of `spans` lies in `window`."""
    for low, high in spans:
        if low <= window[1] and high >= window[0]:
            yield max(low, window[0]), min(high, window[1])


def subtracted(spans: Iterable[Span], others: Iterable[Span]) -> tuple[Span, ...]:
    """What of `spans` is in none of `others`."""
    pieces = [(span, True) for span in merged(spans)] + [(span, False) for span in merged(others)]
    return merged(span for span, sides in sweep(pieces) if sides == (True,))


def contains(spans: Iterable[Span], others: Iterable[Span]) -> bool:
    """Whether every number of `others` is in `spans`."""
    return not subtracted(others, spans)


def overlap(spans: Sequence[Span], others: Iterable[Span]) -> bool:
    """Whether any number is in both."""
    return any(low <= last and high >= first for first, last in others for low, high in spans)


def on_axis(family: int, span: Span) -> Span:
    """A span of addresses of `family`, on the axis of all addresses."""
    return STARTS[family] + span[0], STARTS[family] + span[1]


def address_at(point: int) -> Address:
    """The address that lies at `point` of the axis."""
    family = 4 if point < STARTS[6] else 6
    return family, point - STARTS[family]


@lru_cache(maxsize=65536)
def remote_texts(spans: tuple[Span, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Spans of the axis as a person writes addresses, and what is left out of them, whichever is shorter.

    (("10.0.0.0/8", "fe80::1-fe80::9"), ()), or (("any",), ("10.0.0.5",)) for all addresses but one.
    """
    listed = _listed(spans)
    rest = _listed(subtracted([ANYWHERE], spans))
    return (("any",), rest) if len(rest) < len(listed) else (listed, ())


def _listed(spans: Sequence[Span]) -> tuple[str, ...]:
    return tuple(
        text
        for family in FAMILIES
        for span in clipped(spans, EVERYWHERE[family])
        for text in _texts(family, span)
    )


def _texts(family: int, span: Span) -> Iterator[str]:
    if span == EVERYWHERE[family]:
        yield f"any IPv{family}"
        return
    kind = IPv4Address if family == 4 else IPv6Address
    first, last = (kind(end - STARTS[family]) for end in span)
    networks = list(summarize_address_range(first, last))
    if len(networks) > 1:
        yield f"{first}-{last}"
    else:
        yield str(first) if first == last else str(networks[0])
