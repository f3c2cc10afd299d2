"""Endpoints whose firewall rule does not apply on the network the host is on."""

from __future__ import annotations

from collections.abc import Iterator

from rules.case import Case
from rules.causes import Cause, Diagnosis
from rules.check import Check, Unproven
from rules.endpoints import Endpoint
from rules.evidence_sets import DECISION, ENDPOINTS
from rules.findings import endpoint_finding, place, reported, seen_rules
from rules.model import Finding, Severity
from rules.remedies import set_profiles
from scanner.model import EvidenceKind


def find(case: Case) -> Iterator[Finding | Unproven]:
    for item in reported(case, Cause.WRONG_PROFILE):
        yield item if isinstance(item, Unproven) else _finding(case, *item)


def _finding(case: Case, endpoint: Endpoint, diagnosis: Diagnosis) -> Finding:
    miss = diagnosis.near_misses[0]
    networks = ", ".join(profile.value for profile in case.profiles)
    return endpoint_finding(
        case,
        endpoint,
        severity=Severity.HIGH,
        message=f"The firewall rule for {place(endpoint)} does not apply on this network",
        expected=f"a rule for the {networks} profile",
        observed=miss.explanation,
        evidence=seen_rules(case, *(miss.fw_rule for miss in diagnosis.near_misses))
        + case.observe_all(
            (
                interface.origin,
                f"{interface.alias}: {interface.profile.value if interface.profile else 'no profile'}",
            )
            for interface in case.snapshot.interfaces
        ),
        remediation=set_profiles(case, miss.fw_rule, case.profiles),
    )


CHECK = Check(
    id="wrong-profile-firewall-rule",
    title="CE's firewall rules apply on the network the host is on",
    severity=Severity.HIGH,
    requires=DECISION,
    needs=ENDPOINTS | {EvidenceKind.INTERFACES},
    rationale="When a domain server falls back to the Public profile, rules for Domain stop counting and "
    "every connection to CE is refused: a classic outage nobody configured.",
    decides="The endpoint is blocked by default, and an allow rule would have matched on another profile.",
    mend="Find out why the network is not on the expected profile; else let the rule apply on this one.",
    controls=("NIST SP 800-53 r5 CM-6",),
    find=find,
)
