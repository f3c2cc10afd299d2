"""Firewall rules that no CE component ever needed (contact-expert.md 6.1 and section 9, A5)."""

from __future__ import annotations

from collections.abc import Iterator

from rules.case import Case
from rules.catalogue.model import CatalogueRow, PortKind
from rules.endpoints import Basis, Endpoint
from rules.firewall.flow import TCP
from rules.firewall.ports import read_ports
from scanner.locations import LocationKind
from scanner.model import FirewallRule, PortState

SHUTDOWN = "shutdown"


def rules_of_portless(case: Case) -> Iterator[tuple[FirewallRule, CatalogueRow]]:
    """Active inbound allow rules for programs that use no ports, with the row that says so."""
    for fw_rule, rows in case.own_rules:
        for row in rows:
            if row.kind is PortKind.NO_PORTS:
                yield fw_rule, row


def shutdown_rules(case: Case) -> tuple[tuple[FirewallRule, ...], Endpoint] | None:
    """Active inbound allow rules that name Tomcat's shutdown port although no network can use it.

    None where there are none, or where the port listens beyond this host or is not known.
    """
    for endpoint in case.endpoints:
        if endpoint.slot.purpose == SHUTDOWN and _is_closed_to_networks(endpoint):
            port = endpoint.port or endpoint.slot.documented
            found = tuple(_naming(case, endpoint, port or 0))
            return (found, endpoint) if found else None
    return None


def only_names(fw_rule: FirewallRule, port: int | None) -> bool:
    """True where the rule opens this port and no other."""
    return read_ports(fw_rule.local_ports).spans == ((port, port),)


def _is_closed_to_networks(endpoint: Endpoint) -> bool:
    """Bound to this host, or switched off in a server.xml that was read."""
    found = endpoint.configuration
    tomcat = endpoint.row.defined_in is not None and endpoint.row.defined_in.kind is LocationKind.TOMCAT
    if endpoint.basis is Basis.NONE and tomcat and found is not None:
        return found.state in (PortState.STATIC, PortState.DISABLED)
    return endpoint.basis in (Basis.CONFIGURED, Basis.OBSERVED) and endpoint.permission.is_local_only


def _naming(case: Case, endpoint: Endpoint, port: int) -> Iterator[FirewallRule]:
    """Tomcat's own rules that hold the port, then anybody's that name it, alone or in a list."""
    for fw_rule, rows in case.own_rules:
        if _is_tcp(fw_rule) and endpoint.row in rows and _holds(fw_rule, port):
            yield fw_rule
    for fw_rule in case.rules_for_anyone:
        if _is_tcp(fw_rule) and not fw_rule.service and str(port) in fw_rule.local_ports:
            yield fw_rule


def _is_tcp(fw_rule: FirewallRule) -> bool:
    return fw_rule.protocol in (None, TCP)


def _holds(fw_rule: FirewallRule, port: int) -> bool:
    return any(low <= port <= high for low, high in read_ports(fw_rule.local_ports).spans)
