"""Which endpoints of one host want the same port (contact-expert.md section 9, A6)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from rules.catalogue.model import CatalogueRow
from rules.endpoints import Basis, Endpoint
from rules.firewall.addresses import is_wildcard, read_address
from scanner.locations import LocationKind

_WANTED = (Basis.CONFIGURED, Basis.OBSERVED)  # an assumed default accuses nobody

Rivals = Mapping[int, tuple[Endpoint, ...]]


def rivals(endpoints: Iterable[Endpoint]) -> Rivals:
    """By `id` of each endpoint, the others that want its port on one of its addresses.

    Of a span only the port in use, or the first, is wanted: the program takes another where that is taken
    (contact-expert.md 4.5).
    """
    wanting: dict[tuple[str, int], list[Endpoint]] = defaultdict(list)
    for endpoint in endpoints:
        if endpoint.basis in _WANTED and endpoint.port:
            wanting[endpoint.slot.protocol, endpoint.port].append(endpoint)
    found = {
        id(one): tuple(other for other in several if _fight(one, other))
        for several in wanting.values()
        for one in several
    }
    return {key: others for key, others in found.items() if others}


def has_channels(row: CatalogueRow) -> bool:
    """True for the recorders whose ports are those of recording channels (contact-expert.md 7.5)."""
    return row.defined_in is not None and row.defined_in.kind is LocationKind.CHANNELS


def _fight(one: Endpoint, other: Endpoint) -> bool:
    """Whether only one of two endpoints that want one port can have it.

    Recording channels are their own matter, of whichever recorder. Alternatives are installed one instead
    of the other, and fight only where both run.
    """
    if one.row.executable == other.row.executable and not _differ(one, other):
        return False
    if has_channels(one.row) and has_channels(other.row):
        return False
    if other.row.id in one.row.alternatives and not (one.is_running and other.is_running):
        return False
    return _meet(one, other)


def _differ(one: Endpoint, other: Endpoint) -> bool:
    """Whether two endpoints of one program are sockets of different use.

    One use on several addresses is its own matter, and one socket that is merely seen may stand
    for two endpoints whose configuration was not read.
    """
    here, there = one.slot.configured, other.slot.configured
    if here is None or there is None:
        return False
    return one.row.id != other.row.id or here.purpose != there.purpose


def _meet(one: Endpoint, other: Endpoint) -> bool:
    """Whether both want one address: the same, or one of them every address."""
    here, there = (endpoint.slot.configured for endpoint in (one, other))
    addresses = {found.address if found else None for found in (here, there)}
    return len(addresses) == 1 or any(_is_everywhere(text) for text in addresses)


def _is_everywhere(text: str | None) -> bool:
    """Every address, or a host name, which stands for some address of this host and so for any."""
    address = read_address(text) if text else None
    return address is None or is_wildcard(address)
