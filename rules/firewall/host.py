"""What the firewall conditions need to know of the host itself."""

from __future__ import annotations

import msgspec

from rules.firewall.addresses import FAMILIES, AddressSet, on_link
from rules.firewall.os_version import build_number
from rules.firewall.ports import Span, dynamic_ports
from scanner.model import Snapshot


class HostFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Resolved once per policy. `dynamic` holds the run-time TCP ports by IP family; 0 = either family."""

    build: int | None
    local_subnets: AddressSet
    dynamic: dict[int, tuple[Span, ...]]
    services_without_sid: frozenset[str]


def host_facts(snapshot: Snapshot) -> HostFacts:
    """Reads OS build, on-link prefixes, dynamic range and service SID types (windows-firewall.md 2.4, 3.5,
    5).
    """
    ranges = snapshot.port_ranges.dynamic
    return HostFacts(
        build=build_number(snapshot.host.os_build),
        local_subnets=on_link(snapshot.interfaces),
        dynamic={family: dynamic_ports(ranges, family or None) for family in (0, *FAMILIES)},
        services_without_sid=frozenset(
            service.name.casefold()
            for service in snapshot.services
            if (service.sid_type or "").casefold() == "none"
        ),
    )
