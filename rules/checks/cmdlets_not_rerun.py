"""Firewall rules that describe an earlier configuration."""

from __future__ import annotations

from collections.abc import Iterator

from rules.case import Case
from rules.causes import Cause, Diagnosis
from rules.check import Check, Unproven
from rules.endpoints import Endpoint
from rules.evidence_sets import DECISION, ENDPOINTS
from rules.findings import endpoint_finding, place, reported, seen_configuration, seen_rules
from rules.firewall_causes import left_over
from rules.model import Finding, Severity
from rules.remedies import rerun_cmdlets
from scanner.model import EvidenceKind


def find(case: Case) -> Iterator[Finding | Unproven]:
    told: set[str] = set()
    for item in reported(case, Cause.NOT_RERUN):
        if isinstance(item, Unproven):
            yield item
        else:
            told |= {item[0].configuration.location} if item[0].configuration else set()
            yield _by_port(case, *item)
    yield from _by_time(case, told)


def _by_port(case: Case, endpoint: Endpoint, diagnosis: Diagnosis) -> Finding:
    ports = (port for miss in diagnosis.near_misses for port in left_over(case, endpoint, miss.fw_rule))
    old = ", ".join(dict.fromkeys(ports))
    return endpoint_finding(
        case,
        endpoint,
        severity=Severity.HIGH,
        message=f"{endpoint.title} is configured for {endpoint.slot.protocol.upper()} {endpoint.port}, but "
        f"its firewall rule still opens the old port {old}",
        expected=f"an allow rule for {place(endpoint)}",
        observed=f"the rule opens {old}",
        evidence=seen_configuration(case, endpoint)
        + seen_rules(case, *(miss.fw_rule for miss in diagnosis.near_misses)),
        remediation=rerun_cmdlets(case),
    )


def _by_time(case: Case, told: set[str]) -> Iterator[Finding]:
    """One finding for each source, not told of yet, that changed after the rules: only probable (A15)."""
    written = case.snapshot.host.firewall_changed_at
    for endpoint in case.endpoints:
        found = endpoint.configuration
        if written is None or found is None or found.changed_at is None or found.changed_at <= written:
            continue
        if found.location in told:
            continue
        told.add(found.location)
        yield Finding(
            severity=Severity.LOW,
            subject=found.location,
            message=f"{found.location} changed after the firewall rules were last written: the vendor's "
            "cmdlets were probably not run again",
            expected="firewall rules written after the last change of the configuration",
            observed=f"configuration changed {found.changed_at.isoformat()}, rules written "
            f"{written.isoformat()}",
            impact="None seen: the firewall rules still fit CE's ports, so calls, agents and recording go "
            "on. The vendor asks for the cmdlets after every change.",
            evidence=seen_configuration(case, endpoint),
            remediation=rerun_cmdlets(case),
        )


CHECK = Check(
    id="cmdlets-not-rerun",
    title="CE's firewall rules were written from the configuration as it is now",
    severity=Severity.HIGH,
    requires=DECISION,
    needs=ENDPOINTS | {EvidenceKind.CHANGE_TIMES},
    rationale="The vendor's cmdlets read the configuration once. Whoever changes a port and forgets to "
    "re-run them leaves the old door open and the new one shut.",
    decides="For certain where a component's rule opens another port than the configured one, which stays "
    "blocked (high). Probably, where a configuration source is newer than the rules although the ports agree "
    "(low).",
    mend="Remove-CEFirewallRules, then Add-CEFirewallRules, then restart the whole application server.",
    controls=(
        "NIST SP 800-53 r5 CM-3",
        "PCI DSS v4.0 1.2.8",
        "ISO/IEC 27001:2022 A.8.32",
    ),
    rules_alone=True,
    find=find,
)
