"""Which endpoints of one host want the same port (contact-expert.md section 9, A6)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from rules.endpoints import Basis, Endpoint
from rules.firewall.addresses import is_wildcard, read_address

_WANTED = (Basis.CONFIGURED, Basis.OBSERVED)  # an assumed default accuses nobody
_LONGEST_SPAN = 64

Rivals = Mapping[int, tuple[Endpoint, ...]]


def rivals(endpoints: Iterable[Endpoint]) -> Rivals:
    """By `id` of each endpoint, the others that want one of its ports on one of its addresses.

    Two endpoints of one row, such as recording channels, are its own matter; alternatives are installed one
    instead of the other, and fight only where both run.
    """
    wanting: dict[tuple[str, int], list[Endpoint]] = defaultdict(list)
    for endpoint in endpoints:
        first, last = endpoint.span
        if endpoint.basis in _WANTED and first:
            for port in range(first, min(last, first + _LONGEST_SPAN) + 1):
                wanting[endpoint.slot.protocol, port].append(endpoint)
    found: dict[int, dict[int, Endpoint]] = defaultdict(dict)
    for several in wanting.values():
        for one in several if len(several) > 1 else ():
            found[id(one)] |= {id(other): other for other in several if _fight(one, other)}
    return {key: tuple(others.values()) for key, others in found.items() if others}


def _fight(one: Endpoint, other: Endpoint) -> bool:
    if one.row.id == other.row.id:
        return False
    if other.row.id in one.row.alternatives and not (one.is_running and other.is_running):
        return False
    return _meet(one, other)


def _meet(one: Endpoint, other: Endpoint) -> bool:
    """Whether both want one address: the same, or one of them every address."""
    here, there = (endpoint.slot.configured for endpoint in (one, other))
    addresses = {found.address if found else None for found in (here, there)}
    return len(addresses) == 1 or any(_is_everywhere(text) for text in addresses)


def _is_everywhere(text: str | None) -> bool:
    """Every address, or a host name, which stands for some address of this host and so for any."""
    address = read_address(text) if text else None
    return address is None or is_wildcard(address)
