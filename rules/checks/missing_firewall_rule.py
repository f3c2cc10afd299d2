"""Endpoints that no firewall rule lets through."""

from __future__ import annotations

from collections.abc import Iterator

from rules.case import Case
from rules.causes import Cause, Diagnosis
from rules.check import Check, Unproven
from rules.endpoints import Endpoint
from rules.evidence_sets import DECISION, ENDPOINTS
from rules.findings import endpoint_finding, place, reported, seen_configuration, seen_listeners, seen_rules
from rules.model import Finding, Severity
from rules.remedies import allow
from scanner.model import EvidenceKind


def find(case: Case) -> Iterator[Finding | Unproven]:
    for item in reported(case, Cause.MISSING):
        yield item if isinstance(item, Unproven) else _finding(case, *item)


def _finding(case: Case, endpoint: Endpoint, diagnosis: Diagnosis) -> Finding:
    nearest = diagnosis.near_misses[:1]
    reason = diagnosis.decision.reason if diagnosis.decision else ""
    return endpoint_finding(
        case,
        endpoint,
        severity=Severity.HIGH,
        message=f"No firewall rule lets connections reach {place(endpoint)}",
        expected=f"an allow rule for {endpoint.program or endpoint.row.executable}",
        observed=". ".join([reason, *(miss.explanation for miss in nearest)]),
        evidence=seen_configuration(case, endpoint)
        + seen_listeners(case, *endpoint.listeners)
        + seen_rules(case, *(miss.fw_rule for miss in nearest)),
        remediation=allow(case, endpoint),
    )


CHECK = Check(
    id="missing-firewall-rule",
    title="Windows Firewall lets connections reach every CE endpoint",
    severity=Severity.HIGH,
    requires=DECISION,
    needs=ENDPOINTS | {EvidenceKind.INTERFACES, EvidenceKind.RECORDING_CHANNELS},
    rationale="A component that other servers or agents cannot reach is as good as stopped, however healthy "
    "it looks on its own host.",
    decides="Asks for Windows' effective decision on every configured endpoint over all policy stores and "
    "reports the ones blocked by default for which no nearer cause (disabled, wrong profile, wrong program, "
    "...) is found.",
    mend="Re-run the vendor's cmdlets, or add the rule shown with the finding.",
    controls=("NIST SP 800-53 r5 CM-6", "PCI DSS v4.0 1.2.5"),
    rules_alone=True,
    find=find,
)
