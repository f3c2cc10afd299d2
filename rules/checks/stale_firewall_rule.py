"""Allow rules for CE programs that serve no endpoint of this host any more."""

from __future__ import annotations

from collections.abc import Iterator

from rules.case import Case
from rules.check import Check, Unproven
from rules.evidence_sets import ENDPOINTS
from rules.findings import anonymous, describe, opened, seen_rules
from rules.firewall.flow import transport
from rules.leftover_doors import leftover_doors
from rules.model import Finding, Severity
from rules.remedies import disable, named
from rules.stale_rules import stale_rules
from scanner.model import EvidenceKind, FirewallRule


def find(case: Case) -> Iterator[Finding | Unproven]:
    for stale in stale_rules(case):
        if stale.why:
            severity = Severity.LOW if stale.listed else Severity.MEDIUM
            yield _finding(case, stale.fw_rule, stale.component, stale.why, severity)
        else:
            yield Unproven(subject=stale.component, reason="whether it is installed is not known")
    for door in leftover_doors(case):
        if not door.row.removed:  # those are removed-component's
            severity = Severity.MEDIUM if door.named else Severity.LOW
            why = "nothing on this host uses that port"
            yield _finding(case, door.fw_rule, door.row.component, why, severity)
    yield from anonymous(case)


def _finding(case: Case, fw_rule: FirewallRule, component: str, why: str, severity: Severity) -> Finding:
    return Finding(
        severity=severity,
        component=component,
        protocol=transport(fw_rule.protocol),
        subject=f"{fw_rule.name or fw_rule.id} {fw_rule.program} {','.join(fw_rule.local_ports)}",
        message=f"The firewall rule {named(fw_rule)} still opens {opened(fw_rule)} for {component}, but "
        f"{why}",
        expected="only rules for ports and programs in use",
        observed=describe(fw_rule),
        impact="Calls, agents and recording do not need it. Whoever puts another program at that path or "
        "port is let in.",
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
    "installed at that path and one of its endpoints uses a port of the rule. Low where the vendor's page "
    "lists the port for Tomcat and server.xml has no such connector. A rule without a program that "
    "opens only CE's own port numbers, which nothing on this host uses, is medium where its name says that "
    "it was made for CE, else low.",
    mend="Disable the rule and re-run the vendor's cmdlets, which remove their own old rules first.",
    controls=("NIST SP 800-53 r5 CM-7", "PCI DSS v4.0 1.2.7"),
    rules_alone=True,
    find=find,
)
