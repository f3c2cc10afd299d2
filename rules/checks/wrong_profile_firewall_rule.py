"""Endpoints whose firewall rule does not apply on the network the host is on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rules.case import Case
from rules.causes import Cause, Diagnosis
from rules.check import Check, Unproven
from rules.endpoints import Endpoint
from rules.evidence_sets import DECISION, ENDPOINTS
from rules.findings import endpoint_finding, place, reported, seen_rules
from rules.model import Finding, Observation, Remediation, Severity
from rules.remedies import first, named, set_profiles
from scanner.model import EvidenceKind

_SHOWN = 3


def find(case: Case) -> Iterator[Finding | Unproven]:
    found = tuple(reported(case, Cause.WRONG_PROFILE))
    if case.misses_profile:  # the network is the one cause of whatever the rules then do not cover
        yield _network(case, [item[0] for item in found if not isinstance(item, Unproven)])
    for item in found:
        if isinstance(item, Unproven):
            yield item
        elif not case.misses_profile:
            yield _finding(case, *item)


def _network(case: Case, shut: Sequence[Endpoint]) -> Finding:
    expected = case.site.expected_profile.value.title() if case.site.expected_profile else ""
    actual = " and ".join(profile.value.title() for profile in case.profiles)
    cut_off = f"; the rules for {_names(shut)} do not apply there" if shut else ""
    return Finding(
        severity=Severity.HIGH if shut else Severity.LOW,
        subject="network profile",
        message=f"The site expects this host on the {expected} profile, but its network is {actual}{cut_off}",
        expected=f"a network on the {expected} profile",
        observed=f"the network is {actual}",
        impact=" ".join(dict.fromkeys(endpoint.row.impact for endpoint in shut[:_SHOWN]))
        or "CE works, for its rules cover this profile too; other programs and settings may not expect it.",
        evidence=_seen_networks(case),
        remediation=Remediation(
            manual=(
                (
                    "Find out why Windows took the network for another one (the domain controller was not "
                    "reached when the network came up, or the network is new); restarting the service NlaSvc "
                    "or the network adapter makes Windows look again."
                ),
            )
        ),
    )


def _names(endpoints: Sequence[Endpoint]) -> str:
    names = list(dict.fromkeys(endpoint.row.component for endpoint in endpoints))
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def _seen_networks(case: Case) -> tuple[Observation, ...]:
    return case.observe_all(
        (
            interface.origin,
            f"{interface.alias}: {interface.profile.value if interface.profile else 'no profile'}",
        )
        for interface in case.snapshot.interfaces
    )


def _finding(case: Case, endpoint: Endpoint, diagnosis: Diagnosis) -> Finding:
    miss = diagnosis.near_misses[0]
    networks = ", ".join(profile.value for profile in case.profiles)
    shown = " and ".join(profile.value.title() for profile in case.profiles)
    return endpoint_finding(
        case,
        endpoint,
        severity=Severity.HIGH,
        message=f"The firewall rule {named(miss.fw_rule)} for {place(endpoint)} does not apply on the "
        f"{shown} network of this host",
        expected=f"a rule for the {networks} profile",
        observed=miss.explanation,
        evidence=seen_rules(case, *(miss.fw_rule for miss in diagnosis.near_misses)) + _seen_networks(case),
        remediation=first(
            f"First make sure that {shown} is the right profile for this network; if it is not, mend that "
            "and leave the rule as it is.",
            set_profiles(case, miss.fw_rule, case.profiles),
        ),
    )


CHECK = Check(
    id="wrong-profile-firewall-rule",
    title="CE's firewall rules apply on the network the host is on",
    severity=Severity.HIGH,
    requires=DECISION,
    needs=ENDPOINTS | {EvidenceKind.INTERFACES},
    rationale="When a domain server falls back to the Public profile, rules for Domain stop counting and "
    "every connection to CE is refused: a classic outage nobody configured.",
    decides="The endpoint is blocked by default, and an allow rule would have matched on another profile. "
    "Where the site names the profile it expects and no network of the host is on it, that is the one "
    "finding, high where it cuts off an endpoint.",
    mend="Find out why the network is not on the expected profile; else let the rule apply on this one.",
    controls=("NIST SP 800-53 r5 CM-6",),
    rules_alone=True,
    find=find,
)
