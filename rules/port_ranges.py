"""Windows' own claims on ports: the dynamic ranges and the excluded ones (windows-firewall.md 5)."""

from __future__ import annotations

from rules.endpoints import Endpoint
from rules.firewall.addresses import read_address
from scanner.model import DynamicRange, ExcludedRange, PortRanges

_IPV6 = 6


def dynamic_range(ranges: PortRanges, endpoint: Endpoint) -> DynamicRange | None:
    """The range, of either IP version, out of which Windows may hand the endpoint's port to another."""
    first, last = endpoint.span
    return next(
        (
            found
            for found in ranges.dynamic
            if found.protocol == endpoint.slot.protocol
            and found.start <= last
            and first < found.start + found.count
        ),
        None,
    )


def is_reserved(ranges: PortRanges, endpoint: Endpoint) -> bool:
    """True where an administrator keeps the port for whoever asks for it by number."""
    return _exclusion(ranges, endpoint, administered=True) is not None


def taken_by_windows(ranges: PortRanges, endpoint: Endpoint) -> ExcludedRange | None:
    """The run-time exclusion (Hyper-V, WinNAT, Docker) inside which no other program can open the port."""
    return None if is_reserved(ranges, endpoint) else _exclusion(ranges, endpoint, administered=False)


def _exclusion(ranges: PortRanges, endpoint: Endpoint, *, administered: bool) -> ExcludedRange | None:
    first, last = endpoint.span
    family = family_of(endpoint)
    return next(
        (
            found
            for found in ranges.excluded
            if (found.protocol, found.administered) == (endpoint.slot.protocol, administered)
            and found.family in (None, family)
            and found.start <= first
            and last <= found.end
        ),
        None,
    )


def family_of(endpoint: Endpoint) -> str:
    """The IP version whose exclusions concern it: "ipv4" unless it serves IPv6 alone."""
    configured = endpoint.slot.configured
    asked = (configured.address if configured else None) or ""
    read = [read_address(text) for text in [each.address for each in endpoint.listeners] or [asked]]
    return "ipv6" if all(address is not None and address[0] == _IPV6 for address in read) else "ipv4"
