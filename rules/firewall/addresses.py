"""Address conditions of a firewall rule and the addresses of a flow (windows-firewall.md 2.4).

An address is a pair (family, number): `(4, 0x0A000001)`.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from functools import lru_cache

import msgspec

from rules.firewall.truth import FALSE, TRUE, UNKNOWN, Truth
from scanner.model import Interface

Address = tuple[int, int]
Span = tuple[int, int]

FAMILIES = (4, 6)
LINK_LOCAL_6 = (0xFE80 << 112, (0xFE80 << 112) | ((1 << 64) - 1))
_ZONE = re.compile(r"%[^/]*")
_LOOPBACK_4 = (0x7F000000, 0x7FFFFFFF)
_KEYWORD = re.compile(r"([a-z]+?)([46]?)")
_KEYWORDS = frozenset(
    {
        "localsubnet",
        "dns",
        "dhcp",
        "wins",
        "defaultgateway",
        "captiveportal",
        "internet",
        "intranet",
        "intranetremoteaccess",
        "playtodevice",
    }
)


class AddressSet(msgspec.Struct, frozen=True):
    """What an address condition admits, by family: closed spans, and entries that nobody can resolve here."""

    spans: dict[int, tuple[Span, ...]]
    unresolved: dict[int, tuple[str, ...]]

    def holds(self, address: Address) -> Truth:
        """Whether the condition admits `address`; entries of the other family never do."""
        family, number = address
        for low, high in self.spans[family]:
            if low <= number <= high:
                return TRUE
        return UNKNOWN if self.unresolved[family] else FALSE

    def may_hold(self, families: Iterable[int]) -> Truth:
        """The same for an unknown address of one of `families`."""
        return UNKNOWN if any(self.spans[family] or self.unresolved[family] for family in families) else FALSE


@lru_cache(maxsize=65536)
def read_address(text: str) -> Address | None:
    """The address in `text` without its zone, None if it is not one; an IPv4-mapped one is IPv4 (3.6)."""
    try:
        address = ipaddress.ip_address(text.strip().strip("[]").partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return address.version, int(address)


def is_loopback(address: Address) -> bool:
    family, number = address
    return _LOOPBACK_4[0] <= number <= _LOOPBACK_4[1] if family == 4 else number == 1


def is_local(text: str) -> bool:
    """True for a bind address that no network reaches: a loopback address as written, or "localhost"."""
    address = read_address(text)
    return text.casefold() == "localhost" if address is None else is_loopback(address)


def is_wildcard(address: Address) -> bool:
    """True for 0.0.0.0 and ::, a socket bound to every address of the family."""
    return address[1] == 0


@lru_cache(maxsize=65536)
def read_span(text: str) -> tuple[int, Span] | None:
    """Family and closed span of an address, subnet or range as written; None if it is none of them.

    Host bits of a subnet are masked. A backward range comes back as it stands, for the caller to refuse.
    """
    if "-" in text:
        first, last = (read_address(part) for part in text.split("-", 1))
        return (first[0], (first[1], last[1])) if first and last and first[0] == last[0] else None
    if "/" not in text:
        address = read_address(text)
        return address and (address[0], (address[1], address[1]))
    try:
        network = ipaddress.ip_network(text.strip(), strict=False)
    except ValueError:
        return None
    return network.version, (int(network.network_address), int(network.broadcast_address))


def is_backward(text: str) -> bool:
    """True for a range whose end lies before its beginning: the firewall rule is malformed (2.3)."""
    span = read_span(text) if "-" in text else None
    return span is not None and span[1][0] > span[1][1]


def read_addresses(entries: Iterable[str], local_subnets: AddressSet) -> AddressSet:
    """The condition that `entries` of one side of a firewall rule make; `local_subnets` as `on_link` gives
    them.

    A keyword that resolves to nothing admits nothing, it does not mean "any" (2.4).
    """
    spans: dict[int, list[Span]] = {4: [], 6: []}
    unresolved: dict[int, list[str]] = {4: [], 6: []}
    for entry in entries:
        found = read_span(entry)
        if found is not None:
            spans[found[0]].append(found[1])
            continue
        word, families = read_keyword(entry)
        for family in families:
            if word == "localsubnet":
                spans[family].extend(local_subnets.spans[family])
            if word != "localsubnet" or local_subnets.unresolved[family]:
                unresolved[family].append(entry)
    return _address_set(spans, unresolved)


def read_keyword(entry: str) -> tuple[str, tuple[int, ...]]:
    """The keyword in lower case and the families it speaks of; an unheard-of word speaks of both."""
    keyword = _KEYWORD.fullmatch(entry.strip().lower())
    if keyword is None or keyword[1] not in _KEYWORDS or not keyword[2]:
        return keyword[1] if keyword else entry, FAMILIES
    return keyword[1], (int(keyword[2]),)


def on_link(interfaces: Iterable[Interface]) -> AddressSet:
    """The prefixes that LocalSubnet stands for: those of all the host's interfaces (2.4).

    Unresolved in a family where an address was captured without its prefix length, and in both where no
    interface shows an address at all.
    """
    spans: dict[int, list[Span]] = {4: [], 6: [LINK_LOCAL_6]}
    unresolved: dict[int, list[str]] = {4: [], 6: []}
    texts = [_without_zone(text) for interface in interfaces for text in interface.addresses]
    for text in texts:
        found = read_span(text)
        if found is None or is_loopback((found[0], found[1][0])):
            continue
        family, span = found
        if "/" in text:
            spans[family].append(span)
        else:
            unresolved[family].append(text)
    return _address_set(spans, unresolved if texts else {4: ["LocalSubnet"], 6: ["LocalSubnet"]})


def own_addresses(interface: Interface) -> tuple[Address, ...]:
    """The interface's addresses without their prefix lengths."""
    read = (read_address(text.partition("/")[0]) for text in interface.addresses)
    return tuple(address for address in read if address is not None)


def _without_zone(text: str) -> str:
    """`fe80::1%12/64` as `fe80::1/64`."""
    return _ZONE.sub("", text)


def _address_set(spans: dict[int, list[Span]], unresolved: dict[int, list[str]]) -> AddressSet:
    return AddressSet(
        {family: tuple(spans[family]) for family in FAMILIES},
        {family: tuple(unresolved[family]) for family in FAMILIES},
    )
