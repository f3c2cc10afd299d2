"""CE's firewall rules that are there and count for nothing, because policy says so."""

from __future__ import annotations

from collections.abc import Iterator

from rules.case import Case
from rules.catalogue.model import Source
from rules.causes import Cause, Diagnosis
from rules.check import Check, Unproven
from rules.endpoints import Endpoint
from rules.evidence_sets import DECISION, ENDPOINTS
from rules.findings import counted, place, reported, seen_drops, seen_rules
from rules.model import Finding, Remediation, Severity

_TOLD = 2  # components whose loss stands for all


def find(case: Case) -> Iterator[Finding | Unproven]:
    by_profile: dict[str, list[tuple[Endpoint, Diagnosis]]] = {}
    for item in reported(case, Cause.IGNORED):
        if isinstance(item, Unproven):
            yield item
        elif item[1].decision is not None:
            by_profile.setdefault(item[1].decision.profile, []).append(item)
    for profile, concerned in by_profile.items():
        yield _finding(case, profile, concerned)


def _finding(case: Case, profile: str, concerned: list[tuple[Endpoint, Diagnosis]]) -> Finding:
    places = "; ".join(dict.fromkeys(place(endpoint) for endpoint, _ in concerned))
    reasons = dict.fromkeys(_why(diagnosis) for _, diagnosis in concerned)
    misses = {miss.fw_rule.id: miss.fw_rule for _, diagnosis in concerned for miss in diagnosis.near_misses}
    origins = [
        (
            settings.origin,
            (
                f"{settings.store.value} {settings.profile.value}: local rules allowed = "
                f"{settings.allow_local_rules}, block all inbound = {settings.block_all_inbound}"
            ),
        )
        for settings in case.snapshot.profile_settings
        if settings.allow_local_rules is False or settings.block_all_inbound
    ]
    return Finding(
        severity=Severity.CRITICAL if len(concerned) > 1 else Severity.HIGH,
        subject=f"{profile} profile",
        message=f"On the {profile.title()} profile Windows ignores {_ignored(len(misses))}, so "
        f"{counted(len(concerned), 'CE endpoint')} cannot be reached",
        expected="CE's rules in a policy store that counts on this host",
        observed="; ".join(reasons),
        impact=f"{_worst(concerned)} Cut off from other hosts: {places}.",
        evidence=case.observe_all(origins)
        + seen_rules(case, *misses.values())
        + tuple(seen for endpoint, _ in concerned for seen in seen_drops(case, endpoint)),
        remediation=Remediation(
            manual=(
                (
                    "Do not re-run the cmdlets: rules written on this host have no effect here. Either put "
                    "CE's rules into the Group Policy that applies to this host, or have its owner allow "
                    "local rules (AllowLocalPolicyMerge) for this profile."
                ),
            )
        ),
    )


def _ignored(number: int) -> str:
    return f"this host's {counted(number, 'firewall rule')} for CE" if number else "all firewall rules"


def _worst(concerned: list[tuple[Endpoint, Diagnosis]]) -> str:
    """What it means for the contact centre, first what agents need themselves."""
    rows = sorted(
        dict.fromkeys(endpoint.row for endpoint, _ in concerned),
        key=lambda row: Source.CLIENT not in row.sources,
    )
    return " ".join(tuple(dict.fromkeys(row.impact for row in rows))[:_TOLD])


def _why(diagnosis: Diagnosis) -> str:
    if diagnosis.near_misses:
        return diagnosis.near_misses[0].explanation
    return diagnosis.decision.reason if diagnosis.decision else ""


CHECK = Check(
    id="local-rules-ignored",
    title="CE's firewall rules are in a policy store that counts",
    severity=Severity.CRITICAL,
    requires=DECISION,
    needs=ENDPOINTS,
    rationale="Group Policy can make Windows ignore every local rule, or refuse all inbound traffic. The "
    "vendor's cmdlets then succeed, the rules are listed as enabled, and nothing gets through.",
    decides="The endpoint is blocked although an active local rule matches it, because the profile does not "
    "merge local rules, or because the profile refuses all inbound connections.",
    mend="Bring CE's rules into Group Policy, or allow local rules for the profile; a local fix is useless. "
    "For the Public profile CIS and DISA ask for local rules to be ignored: there only Group Policy remains.",
    controls=(
        "NIST SP 800-53 r5 CM-6",
        "PCI DSS v4.0 1.2.8",
    ),
    rules_alone=True,
    find=find,
)
