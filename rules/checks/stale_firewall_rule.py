"""Allow rules for CE programs that serve no endpoint of this host any more."""

from __future__ import annotations

from collections.abc import Iterator

from rules.case import Case
from rules.catalogue.model import CatalogueRow, PortKind
from rules.causes import Cause
from rules.check import Check, Unproven
from rules.endpoints import Basis, Endpoint
from rules.evidence_sets import ENDPOINTS
from rules.findings import anonymous, describe, seen_rules
from rules.firewall.ports import read_ports
from rules.firewall.programs import read_program
from rules.firewall_causes import is_for_other_port
from rules.model import Finding, Severity
from rules.paths import ends_with
from rules.presence import Presence
from rules.remedies import disable
from scanner.model import EvidenceKind, FirewallRule


def find(case: Case) -> Iterator[Finding | Unproven]:
    told = _explained_elsewhere(case)
    moving = {
        endpoint.row.executable
        for endpoint, diagnosis in case.port_diagnoses
        if diagnosis.cause is Cause.DYNAMIC
    }
    for fw_rule, program in case.opening_rules:
        rows = [row for row in case.catalogue.rows if ends_with(program, row.executable)]
        # a rule of a component whose port moves may be right again once the port is fixed
        if (
            not rows
            or fw_rule.id.casefold() in told
            or any(row.removed or row.executable in moving for row in rows)
        ):
            continue
        if case.installed(rows[0]).presence is Presence.UNKNOWN:
            yield Unproven(subject=rows[0].component, reason="whether it is installed is not known")
        elif why := _why_stale(case, fw_rule, rows):
            yield _finding(case, fw_rule, rows[0].component, why)
    yield from anonymous(case)


def _why_stale(case: Case, fw_rule: FirewallRule, rows: list[CatalogueRow]) -> str:
    """Why nothing uses the rule, "" where something does. `rows` are those of its executable."""
    found = case.installed(rows[0])
    if found.presence is Presence.ABSENT:
        return "its program is not on this host"
    if rows[0].kind is PortKind.NO_PORTS:
        return "the component uses no ports"
    if _is_elsewhere(fw_rule, found.program):
        return f"its program is installed at {found.program}"
    endpoints = [endpoint for endpoint in case.endpoints if endpoint.row in rows]
    if not fw_rule.local_ports or not endpoints or any(_serves(fw_rule, each) for each in endpoints):
        return ""
    wanted = ", ".join(endpoint.ports for endpoint in endpoints if endpoint.ports)
    return f"the component uses {wanted or 'no fixed port'}"


def _is_elsewhere(fw_rule: FirewallRule, installed: str | None) -> bool:
    """True where the rule's path is surely not the component's, as an older installation leaves it."""
    if installed is None or fw_rule.program is None:
        return False
    there, here = read_program(fw_rule.program), read_program(installed)
    return there.exact and here.exact and there.key != here.key


def _serves(fw_rule: FirewallRule, endpoint: Endpoint) -> bool:
    """True where the rule opens the endpoint's port, or where nobody can say which port that is."""
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


def _finding(case: Case, fw_rule: FirewallRule, component: str, why: str) -> Finding:
    return Finding(
        severity=Severity.MEDIUM,
        component=component,
        protocol={6: "tcp", 17: "udp"}.get(fw_rule.protocol or 0, ""),
        subject=f"{fw_rule.name or fw_rule.id} {fw_rule.program} {','.join(fw_rule.local_ports)}",
        message=f"The firewall rule {fw_rule.name or fw_rule.id!r} opens a door for {component} that nothing "
        f"uses: {why}",
        expected="only rules for ports and programs in use",
        observed=describe(fw_rule),
        impact="Nothing in the contact centre needs it; whoever gets a program to that path or port is let "
        "in.",
        evidence=seen_rules(case, fw_rule),
        remediation=disable(case, (fw_rule,)),
    )


CHECK = Check(
    id="stale-firewall-rule",
    title="Every firewall rule for a CE program serves an endpoint of this host",
    severity=Severity.MEDIUM,
    requires=frozenset({EvidenceKind.FIREWALL_RULES}),
    needs=ENDPOINTS | {EvidenceKind.GPO_POLICY},
    rationale="Rules outlive the ports and programs they were made for. Each one left is a door that is open "
    "for nobody, and hides the rules that matter.",
    decides="Takes every active allow rule that names a CE executable and asks whether the program is "
    "installed at that path and one of its endpoints uses a port of the rule.",
    mend="Disable the rule and re-run the vendor's cmdlets, which remove their own old rules first.",
    controls=("NIST SP 800-53 r5 CM-7", "PCI DSS v4.0 1.2.7"),
    find=find,
)
