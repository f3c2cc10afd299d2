"""A flow made ready for matching: normalised once, then asked by every condition."""

from __future__ import annotations

import msgspec

from rules.firewall.addresses import FAMILIES, Address, is_wildcard, own_addresses, read_address
from rules.firewall.flow import Flow
from rules.firewall.programs import Program, read_program
from scanner.model import Interface


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """What the conditions see. `local` holds every local address the traffic may come to, empty if unknown;
    `interfaces` likewise. `families` are the IP versions the traffic may have."""

    protocol: int
    local_port: int | None
    remote_port: int | None
    remote: Address | None
    local: tuple[Address, ...]
    families: tuple[int, ...]
    program: Program | None
    service: str
    interfaces: tuple[Interface, ...]
    rpc: bool | None


class Ends(msgspec.Struct, frozen=True):
    """The two addresses of a flow; `bound` is None where the local side is unknown, wildcards stay as they
    are.
    """

    bound: Address | None
    remote: Address | None

    @property
    def families(self) -> tuple[int, ...]:
        known = self.bound or self.remote
        return FAMILIES if known is None else (known[0],)

    @property
    def specific(self) -> Address | None:
        """The one local address, None for a wildcard or an unknown one."""
        return None if self.bound is None or is_wildcard(self.bound) else self.bound


def read_ends(flow: Flow) -> Ends:
    """Text that is no address counts as unknown."""
    return Ends(
        read_address(flow.local_address) if flow.local_address else None,
        read_address(flow.remote_address) if flow.remote_address else None,
    )


def make_query(flow: Flow, ends: Ends, interfaces: tuple[Interface, ...]) -> Query:
    """`flow` as seen at `interfaces`, the ones through which it may arrive (empty if unknown)."""
    return Query(
        protocol=flow.protocol,
        local_port=flow.local_port,
        remote_port=flow.remote_port,
        remote=ends.remote,
        local=(ends.specific,) if ends.specific else _local_addresses(interfaces, ends.families),
        families=ends.families,
        program=read_program(flow.program) if flow.program else None,
        service=(flow.service or "").casefold(),
        interfaces=interfaces,
        rpc=flow.rpc,
    )


def _local_addresses(interfaces: tuple[Interface, ...], families: tuple[int, ...]) -> tuple[Address, ...]:
    """Every address of `interfaces`; none if one of them shows none, for then the list is not complete."""
    each = [own_addresses(interface) for interface in interfaces]
    if not all(each):
        return ()
    return tuple(address for addresses in each for address in addresses if address[0] in families)
