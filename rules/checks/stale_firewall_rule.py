"""Allow rules for CE programs that serve no endpoint of this host any more."""

from __future__ import annotations

from collections.abc import Iterator

from rules.case import Case
from rules.catalogue.model import PortKind
from rules.causes import Cause
from rules.check import Check, Unproven
from rules.endpoints import Basis, Endpoint
from rules.evidence_sets import ENDPOINTS
from rules.findings import describe, seen_rules
from rules.firewall.ports import read_ports
from rules.model import Finding, Severity
from rules.paths import ends_with
from rules.presence import Presence, installed
from rules.remedies import disable
from scanner.model import EvidenceKind, FirewallRule


def find(case: Case) -> Iterator[Finding | Unproven]:
    told = _explained_elsewhere(case)
    for fw_rule, program in case.opening_rules:
        if fw_rule.id in told:
            continue
        rows = [row for row in case.catalogue.rows if ends_with(program, row.executable)]
        if not rows or any(row.removed for row in rows):
            continue
        row = rows[0]
        found = installed(row, case.sightings, case.install_directory)
        endpoints = [endpoint for endpoint in case.endpoints if endpoint.row in rows]
        if found.presence is Presence.UNKNOWN:
            yield Unproven(subject=row.component, reason="whether it is installed is not known")
        elif found.presence is Presence.ABSENT:
            yield _finding(case, fw_rule, row.component, "its program is not on this host")
        elif (
            fw_rule.local_ports
            and endpoints
            and not any(_serves(fw_rule, endpoint) for endpoint in endpoints)
        ):
            wanted = ", ".join(str(endpoint.port) for endpoint in endpoints if endpoint.port)
            yield _finding(case, fw_rule, row.component, f"the component uses {wanted or 'no fixed port'}")


def _serves(fw_rule: FirewallRule, endpoint: Endpoint) -> bool:
    """True where the rule opens the endpoint's port, or where nobody can say which port that is."""
    if endpoint.port is None or endpoint.basis in (Basis.ASSUMED, Basis.NONE):
        return endpoint.row.kind is not PortKind.STATIC or endpoint.basis is Basis.ASSUMED
    return any(low <= endpoint.port <= high for low, high in read_ports(fw_rule.local_ports).spans)


def _explained_elsewhere(case: Case) -> set[str]:
    """The rules that other findings already name as the cause: one cause, one finding."""
    nearer = (Cause.NOT_RERUN, Cause.WRONG_PROGRAM)
    return {
        miss.fw_rule.id
        for _, diagnosis in case.firewall_diagnoses
        if diagnosis.cause in nearer
        for miss in diagnosis.near_misses
    }


def _finding(case: Case, fw_rule: FirewallRule, component: str, why: str) -> Finding:
    return Finding(
        severity=Severity.MEDIUM,
        component=component,
        protocol={6: "tcp", 17: "udp"}.get(fw_rule.protocol or 0, ""),
        subject=f"{fw_rule.name or fw_rule.id} {fw_rule.program} {','.join(fw_rule.local_ports)}",
        message=f"The firewall rule {fw_rule.name or fw_rule.id!r} opens a door for {component} that nothing uses: {why}",
        expected="only rules for ports and programs in use",
        observed=describe(fw_rule),
        impact="Nothing in the contact centre needs it; whoever gets a program to that path or port is let in.",
        evidence=seen_rules(case, fw_rule),
        remediation=disable(case, (fw_rule,)),
    )


CHECK = Check(
    id="stale-firewall-rule",
    title="Every firewall rule for a CE program serves an endpoint of this host",
    severity=Severity.MEDIUM,
    requires=frozenset({EvidenceKind.FIREWALL_RULES}),
    needs=ENDPOINTS | {EvidenceKind.GPO_POLICY},
    rationale="Rules outlive the ports and programs they were made for. Each one left is a door that is open for "
    "nobody, and hides the rules that matter.",
    decides="Takes every active allow rule that names a CE executable and asks whether the program is installed and "
    "one of its endpoints uses a port of the rule.",
    mend="Disable the rule and re-run the vendor's cmdlets, which remove their own old rules first.",
    controls=("NIST SP 800-53 r5 CM-7", "PCI DSS v4.0 1.2.7"),
    find=find,
)
