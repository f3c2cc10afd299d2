"""Allow rules that no CE component ever needed."""

from __future__ import annotations

from collections.abc import Iterator

from rules.case import Case
from rules.catalogue.model import CatalogueRow
from rules.check import Check, Unproven
from rules.evidence_sets import ENDPOINTS
from rules.findings import anonymous, describe, opened, seen_configuration, seen_rules
from rules.firewall.flow import transport
from rules.model import Finding, Severity
from rules.remedies import disable, named
from rules.unneeded_rules import SHUTDOWN, rules_of_portless, shutdown_rules
from scanner.model import EvidenceKind, FirewallRule


def find(case: Case) -> Iterator[Finding | Unproven]:
    for fw_rule, row in rules_of_portless(case):
        yield _portless(case, fw_rule, row)
    yield from _shutdown(case)
    yield from anonymous(case)


def _portless(case: Case, fw_rule: FirewallRule, row: CatalogueRow) -> Finding:
    return Finding(
        severity=Severity.MEDIUM,
        component=row.component,
        protocol=transport(fw_rule.protocol),
        subject=f"{fw_rule.name or fw_rule.id} {fw_rule.program} {','.join(fw_rule.local_ports)}",
        message=f"The firewall rule {named(fw_rule)} opens {opened(fw_rule)} for {row.component}, which uses "
        "no ports",
        expected=f"no inbound allow rule for {row.executable}",
        observed=describe(fw_rule),
        impact="Calls, agents and recording do not need it. Whatever port that program, or one put in its "
        "place, ever opens can be reached from other hosts.",
        evidence=seen_rules(case, fw_rule),
        remediation=disable(case, (fw_rule,)),
    )


def _shutdown(case: Case) -> Iterator[Finding]:
    """The vendor's table lists the port, so its rules are no violation (contact-expert.md 6.1)."""
    found = shutdown_rules(case)
    if found is None:
        return
    fw_rules, endpoint = found
    port = endpoint.port or endpoint.slot.documented
    why = "is switched off" if endpoint.port is None else "listens on this host only"
    several = "firewall rules open" if len(fw_rules) > 1 else "firewall rule opens"
    yield Finding(
        severity=Severity.INFO,
        component=endpoint.row.component,
        protocol=endpoint.slot.protocol,
        port=port,
        subject=f"{endpoint.row.title} {SHUTDOWN} port",
        message=f"{len(fw_rules)} {several} TCP {port}, the shutdown port of {endpoint.row.title}, which "
        f"{why}",
        expected=f"no inbound allow rule that names TCP {port}",
        observed="; ".join(describe(fw_rule) for fw_rule in fw_rules),
        impact="None now. Should the port ever be opened to the network, whoever reaches it can stop the "
        "CE web applications: statistics, and agents that work through SOAP clients.",
        evidence=seen_configuration(case, endpoint) + seen_rules(case, *fw_rules),
        remediation=disable(case, [fw_rule for fw_rule in fw_rules if len(fw_rule.local_ports) == 1]),
    )


CHECK = Check(
    id="unnecessary-firewall-rule",
    title="No firewall rule opens a port that CE does not serve to the network",
    severity=Severity.MEDIUM,
    requires=frozenset({EvidenceKind.FIREWALL_RULES}),
    needs=ENDPOINTS | {EvidenceKind.GPO_POLICY},
    rationale="Contact Manager and Email Router use no ports, and Tomcat's shutdown port serves its own "
    "host. A rule for them helps nobody but whoever looks for a way in.",
    decides="Active allow rules for a program that the vendor's page lists with no ports used are medium. "
    "Rules that name Tomcat's shutdown port while it is bound to this host, or switched off, are info "
    "together, for the page lists that port.",
    mend="Disable the rule; take the shutdown port out of a rule that lists others as well.",
    controls=(
        "NIST SP 800-53 r5 CM-7",
        "PCI DSS v4.0 1.2.5",
        "PCI DSS v4.0 1.2.7",
    ),
    find=find,
)
