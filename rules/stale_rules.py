"""Firewall rules that were made for an endpoint of CE and serve none of this host any more."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from rules.case import Case
from rules.catalogue.model import CatalogueRow, PortKind
from rules.causes import Cause, Diagnosis
from rules.endpoints import Basis, Endpoint
from rules.firewall.ports import read_ports
from rules.firewall.programs import read_program
from rules.firewall_causes import is_for_other_port
from rules.port_causes import is_dynamic, is_switched_off
from rules.presence import Presence
from rules.unneeded_rules import only_names, shutdown_rules
from scanner.model import FirewallRule


class Stale(msgspec.Struct, frozen=True, kw_only=True):
    """An active inbound allow rule for a CE program and why nothing uses it; `why` is empty where it is not
    known whether the program is installed. `listed` = the vendor's page lists each of its ports for it, and
    its configuration leaves them out.
    """

    fw_rule: FirewallRule
    component: str
    why: str
    listed: bool = False


def stale_rules(case: Case) -> Iterator[Stale]:
    """Rules that no finding nearer to the cause names."""
    told = _explained_elsewhere(case)
    needless = _needless(case)
    moving = {
        endpoint.row.executable
        for endpoint, diagnosis in case.port_diagnoses
        if diagnosis.cause is Cause.MISPLACED
        or _must_give_way(endpoint, diagnosis)
        or is_dynamic(case, endpoint)
    }
    for fw_rule, rows in case.own_rules:
        # a rule of a component whose port must change may be right again once the port is settled
        if (
            fw_rule.id.casefold() in told
            or id(fw_rule) in needless
            or any(row.removed or row.kind is PortKind.NO_PORTS or row.executable in moving for row in rows)
        ):
            continue
        if case.installed(rows[0]).presence is Presence.UNKNOWN:
            yield Stale(fw_rule=fw_rule, component=rows[0].component, why="")
        elif why := _why(case, fw_rule, rows):
            listed = _is_listed(case, fw_rule, rows)
            yield Stale(fw_rule=fw_rule, component=rows[0].component, why=why, listed=listed)


def _must_give_way(endpoint: Endpoint, diagnosis: Diagnosis) -> bool:
    """True for who lacks the port that two want, and for a program that wants it twice."""
    sibling = any(other.row.executable == endpoint.row.executable for other in diagnosis.others)
    return diagnosis.cause is Cause.CONFLICT and (sibling or not endpoint.listeners)


def _needless(case: Case) -> set[int]:
    """Rules for Tomcat's shutdown port alone: never needed, rather than left over."""
    found = shutdown_rules(case)
    if found is None:
        return set()
    fw_rules, endpoint = found
    port = endpoint.port or endpoint.slot.documented
    return {id(fw_rule) for fw_rule in fw_rules if only_names(fw_rule, port)}


def _why(case: Case, fw_rule: FirewallRule, rows: tuple[CatalogueRow, ...]) -> str:
    """Why nothing uses the rule, "" where something does. `rows` are those of its executable."""
    found = case.installed(rows[0])
    if found.presence is Presence.ABSENT:
        return "its program is not on this host"
    if _is_elsewhere(fw_rule, found.program):
        return f"its program is installed at {found.program}"
    endpoints = [endpoint for endpoint in case.endpoints if endpoint.row in rows]
    if not fw_rule.local_ports or not endpoints or any(_serves(fw_rule, each) for each in endpoints):
        return ""
    wanted = ", ".join(endpoint.ports for endpoint in endpoints if endpoint.ports)
    return f"the component now uses {wanted or 'no fixed port'}"


def _is_elsewhere(fw_rule: FirewallRule, installed: str | None) -> bool:
    """True where the rule's path is surely not the component's, as an older installation leaves it."""
    if installed is None or fw_rule.program is None:
        return False
    there, here = read_program(fw_rule.program), read_program(installed)
    return there.exact and here.exact and there.key != here.key


def _is_listed(case: Case, fw_rule: FirewallRule, rows: tuple[CatalogueRow, ...]) -> bool:
    """True where every port of the rule is the default of a connector that server.xml does not have (6.4)."""
    left_out = {
        (port, port)
        for endpoint in case.endpoints
        if endpoint.row in rows and endpoint.slot.purpose and is_switched_off(endpoint)
        if (port := endpoint.slot.documented)
    }
    spans = read_ports(fw_rule.local_ports).spans
    return bool(spans) and left_out.issuperset(spans)


def _serves(fw_rule: FirewallRule, endpoint: Endpoint) -> bool:
    """True where the rule opens the endpoint's port, or where nobody can say which ports that are."""
    if endpoint.basis is Basis.OBSERVED and not endpoint.row.ports:
        return True  # what it has open now need not be all that it may open
    if endpoint.port is None or endpoint.basis in (Basis.ASSUMED, Basis.NONE):
        return endpoint.row.kind is not PortKind.STATIC or endpoint.basis is Basis.ASSUMED
    first, last = endpoint.span
    return any(low <= last and first <= high for low, high in read_ports(fw_rule.local_ports).spans)


def _explained_elsewhere(case: Case) -> set[str]:
    """The rules that other findings already name as the cause: one cause, one finding."""
    nearer = (Cause.NOT_RERUN, Cause.WRONG_PROGRAM, Cause.IGNORED)
    return {
        miss.fw_rule.id.casefold()  # a policy rule displaces the local one of the same id, whatever its case
        for endpoint, diagnosis in case.firewall_diagnoses
        for miss in diagnosis.near_misses
        if diagnosis.cause in nearer
        or (diagnosis.cause is Cause.MISSING and is_for_other_port(endpoint, miss))
    }
