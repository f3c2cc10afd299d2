"""Firewall rules without a program for port numbers of CE that nothing on this host uses any more (A3)."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping

import msgspec

from rules.case import Case
from rules.catalogue.model import CatalogueRow, PortKind
from rules.causes import Cause
from rules.endpoints import Basis
from rules.firewall.flow import TCP
from rules.paths import file_name
from rules.presence import Presence
from scanner.model import FirewallRule

# numbers that other products use as well (contact-expert.md 7.6): they tell nothing of whose rule it is
_COMMON = frozenset({25, 8005, 8009, 8080, 8443, 9000, 9100})
_PRODUCT = "contact expert"
_NUMBER = re.compile(r"[0-9]{1,5}")


class LeftoverDoor(msgspec.Struct, frozen=True, kw_only=True):
    """A rule, the catalogue row whose port it opens, and whether its name says that it was made for CE."""

    fw_rule: FirewallRule
    row: CatalogueRow
    named: bool


def leftover_doors(case: Case) -> Iterator[LeftoverDoor]:
    """Each active inbound allow rule for single CE ports alone that nobody configures or listens on.

    Nothing is claimed where the sockets were not collected, nor of a component that is not known to be
    absent or configured elsewhere, nor where the missing rule for its new port is told already.
    """
    if case.lacks_listeners:
        return
    rows, used, diagnosed = _rows_by_port(case), _used_ports(case), _diagnosed(case)
    for fw_rule in case.rules_for_anyone:
        ports = _single_ports(fw_rule)
        if ports and all(port in rows and port not in used for port in ports):
            row = rows[ports[0]]
            if row.removed or _gave_up(case, row, diagnosed.get(row.id, [])):
                yield LeftoverDoor(fw_rule=fw_rule, row=row, named=_is_named_for(fw_rule, row))


def _single_ports(fw_rule: FirewallRule) -> list[int]:
    """Its ports, none where it is not for TCP, for a service, or for more than single ports."""
    single = [int(text) for text in fw_rule.local_ports if _NUMBER.fullmatch(text)]
    is_plain = fw_rule.protocol == TCP and not fw_rule.service and "local_ports" not in fw_rule.unread
    return single if is_plain and len(single) == len(fw_rule.local_ports) else []


def _rows_by_port(case: Case) -> Mapping[int, CatalogueRow]:
    static = (row for row in case.catalogue.rows if row.kind is PortKind.STATIC and not row.by_site)
    return {port.port: row for row in static for port in row.ports if port.port not in _COMMON}


def _used_ports(case: Case) -> frozenset[int]:
    wanted = {port for endpoint in case.endpoints for port in range(endpoint.span[0], endpoint.span[1] + 1)}
    return frozenset(wanted | {listener.port for listener in case.snapshot.listeners})


def _gave_up(case: Case, row: CatalogueRow, diagnosed: list[tuple[Basis, Cause]]) -> bool:
    """True where the component is surely not here, or surely configured for other ports that are open."""
    if diagnosed:
        return all(basis is Basis.CONFIGURED and cause is Cause.NONE for basis, cause in diagnosed)
    alternatives = [other for other in case.catalogue.rows if other.id in (row.id, *row.alternatives)]
    return all(case.installed(other).presence is Presence.ABSENT for other in alternatives)


def _diagnosed(case: Case) -> Mapping[str, list[tuple[Basis, Cause]]]:
    found: dict[str, list[tuple[Basis, Cause]]] = defaultdict(list)
    for endpoint, diagnosis in case.firewall_diagnoses:
        found[endpoint.row.id].append((endpoint.basis, diagnosis.cause))
    return found


def _is_named_for(fw_rule: FirewallRule, row: CatalogueRow) -> bool:
    stem = file_name(row.executable).rpartition(".")[0]
    told = " ".join((fw_rule.name, *(text for _, text in fw_rule.extra))).casefold()
    return any(word.casefold() in told for word in (row.component, stem, _PRODUCT))
