"""The facts of a host in one order, whatever the order of its evidence."""

from __future__ import annotations

import msgspec

from scanner.model import FirewallRule, Listener, PortProxy, Snapshot

_PORT_DIGITS = 5


def in_order(snapshot: Snapshot) -> Snapshot:
    """The same facts in an order that does not depend on the evidence's: equal hosts give equal bytes.

    Facts of one identity keep their order: of two readings of a setting the later one counts.
    """
    return msgspec.structs.replace(
        snapshot,
        interfaces=tuple(sorted(snapshot.interfaces, key=lambda fact: (fact.alias, fact.guid or ""))),
        listeners=tuple(sorted(snapshot.listeners, key=_place)),
        processes=tuple(sorted(snapshot.processes, key=lambda fact: (fact.pid, fact.path or fact.name))),
        services=tuple(sorted(snapshot.services, key=lambda fact: fact.name)),
        configured_ports=tuple(sorted(snapshot.configured_ports, key=lambda fact: fact.component)),
        firewall_rules=tuple(
            sorted(map(_in_order_within, snapshot.firewall_rules), key=lambda fact: (fact.store, fact.id))
        ),
        profile_settings=tuple(
            sorted(snapshot.profile_settings, key=lambda fact: (fact.store, fact.profile))
        ),
        executables=tuple(sorted(snapshot.executables, key=lambda fact: fact.path)),
        port_proxies=snapshot.port_proxies and tuple(sorted(snapshot.port_proxies, key=_door)),
        naming_references=tuple(
            sorted(snapshot.naming_references, key=lambda fact: (fact.origin.source, fact.host, fact.port))
        ),
    )


def _in_order_within(fw_rule: FirewallRule) -> FirewallRule:
    """Windows reads the values of a condition as a set: another order of them is no change."""
    return msgspec.structs.replace(
        fw_rule,
        profiles=tuple(sorted(fw_rule.profiles)),
        local_ports=tuple(sorted(fw_rule.local_ports, key=_number_first)),
        remote_ports=tuple(sorted(fw_rule.remote_ports, key=_number_first)),
        local_addresses=tuple(sorted(fw_rule.local_addresses)),
        remote_addresses=tuple(sorted(fw_rule.remote_addresses)),
    )


def _number_first(port: str) -> tuple[int, str]:
    """Where a port, a range or a keyword stands among others."""
    first = port.partition("-")[0]
    is_number = first.isascii() and first.isdecimal() and len(first) <= _PORT_DIGITS
    return (int(first) if is_number else 1 << 16, port)


def _door(proxy: PortProxy) -> tuple[str, int, str]:
    return proxy.family, proxy.listen_port, proxy.listen_address


def _place(listener: Listener) -> tuple[str, int, str, int]:
    return listener.protocol, listener.port, listener.address, -1 if listener.pid is None else listener.pid
