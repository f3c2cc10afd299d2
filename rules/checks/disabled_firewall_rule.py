"""Endpoints whose firewall rule exists but is switched off."""

from __future__ import annotations

from collections.abc import Iterator

from rules.case import Case
from rules.causes import Cause, Diagnosis
from rules.check import Check, Unproven
from rules.endpoints import Endpoint
from rules.evidence_sets import DECISION, ENDPOINTS
from rules.findings import describe, endpoint_finding, place, reported, seen_rules
from rules.model import Finding, Severity
from rules.remedies import enable, first, named


def find(case: Case) -> Iterator[Finding | Unproven]:
    for item in reported(case, Cause.DISABLED):
        yield item if isinstance(item, Unproven) else _finding(case, *item)


def _finding(case: Case, endpoint: Endpoint, diagnosis: Diagnosis) -> Finding:
    fw_rules = [miss.fw_rule for miss in diagnosis.near_misses]
    return endpoint_finding(
        case,
        endpoint,
        severity=Severity.HIGH,
        message=f"The firewall rule {named(fw_rules[0])} would let connections reach {place(endpoint)}, but "
        "it is disabled",
        expected="the rule enabled",
        observed="; ".join(describe(fw_rule) for fw_rule in fw_rules),
        evidence=seen_rules(case, *fw_rules),
        remediation=first("First find out who disabled the rule, and why.", enable(case, fw_rules[:1])),
    )


CHECK = Check(
    id="disabled-firewall-rule",
    title="No firewall rule that a CE endpoint depends on is disabled",
    severity=Severity.HIGH,
    requires=DECISION,
    needs=ENDPOINTS,
    rationale="A disabled rule looks right in every list and permits nothing.",
    decides="The endpoint is blocked by default, and an allow rule would have matched but for being "
    "disabled.",
    mend="Enable the rule, or re-run the vendor's cmdlets.",
    controls=("NIST SP 800-53 r5 CM-6", "PCI DSS v4.0 1.2.7"),
    rules_alone=True,
    find=find,
)
