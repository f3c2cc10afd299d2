"""Endpoints whose firewall rule names another path than the one the component runs from."""

from __future__ import annotations

from collections.abc import Iterator

from rules.case import Case
from rules.causes import Cause, Diagnosis
from rules.check import Check, Unproven
from rules.endpoints import Endpoint
from rules.evidence_sets import DECISION, ENDPOINTS
from rules.findings import endpoint_finding, place, reported, seen_rules
from rules.model import Finding, Severity
from rules.remedies import named, set_program


def find(case: Case) -> Iterator[Finding | Unproven]:
    for item in reported(case, Cause.WRONG_PROGRAM):
        yield item if isinstance(item, Unproven) else _finding(case, *item)


def _finding(case: Case, endpoint: Endpoint, diagnosis: Diagnosis) -> Finding:
    miss = diagnosis.near_misses[0]
    return endpoint_finding(
        case,
        endpoint,
        severity=Severity.HIGH,
        message=f"The firewall rule {named(miss.fw_rule)} for {place(endpoint)} names a path where the "
        "component is not installed",
        expected=endpoint.program or endpoint.row.executable,
        observed=miss.fw_rule.program or "",
        evidence=seen_rules(case, *(found.fw_rule for found in diagnosis.near_misses)),
        remediation=set_program(case, miss.fw_rule, endpoint.program),
    )


CHECK = Check(
    id="wrong-program-firewall-rule",
    title="CE's firewall rules name the programs where they are installed",
    severity=Severity.HIGH,
    requires=DECISION,
    needs=ENDPOINTS,
    rationale="Windows compares the whole path. After an upgrade or a move to another directory the old rule "
    "permits nothing, and stays open for whoever puts a program at the old path.",
    decides="The endpoint is blocked by default, and an allow rule for the same executable name, or for a "
    "program in the component's own directory, would have matched but for its path.",
    mend="Point the rule at the installed path, or re-run the vendor's cmdlets.",
    controls=(
        "NIST SP 800-53 r5 CM-6",
        "NIST SP 800-53 r5 CM-7",
        "PCI DSS v4.0 1.2.7",
    ),
    rules_alone=True,
    find=find,
)
