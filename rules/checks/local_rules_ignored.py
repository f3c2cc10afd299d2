"""CE's firewall rules that are there and count for nothing, because policy says so."""

from __future__ import annotations

from collections.abc import Iterator

from rules.case import Case
from rules.causes import Cause, Diagnosis
from rules.check import Check, Unproven
from rules.endpoints import Endpoint
from rules.evidence_sets import DECISION, ENDPOINTS
from rules.findings import place, reported, seen_drops, seen_rules
from rules.model import Finding, Remediation, Severity


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
        message=f"On the {profile} profile Windows ignores {len(misses) or 'all'} CE firewall rules of this "
        f"host: {len(concerned)} endpoints are blocked",
        expected="CE's rules in a policy store that counts on this host",
        observed="; ".join(reasons),
        impact=f"Not reachable from other hosts: {places}.",
        evidence=case.observe_all(origins)
        + seen_rules(case, *misses.values())
        + tuple(seen for endpoint, _ in concerned for seen in seen_drops(case, endpoint)),
        remediation=Remediation(
            manual=(
                (
                    "Rules written on this host, by the vendor's cmdlets too, have no effect here. Either "
                    "put CE's rules into the Group Policy that applies to this host, or have its owner allow "
                    "local rules (AllowLocalPolicyMerge) for this profile."
                ),
            )
        ),
    )


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
    mend="Bring CE's rules into Group Policy, or allow local rules for the profile; a local fix is useless.",
    controls=("DISA STIG Windows Firewall V2R2 WNFWA-000024", "NIST SP 800-53 r5 CM-6"),
    find=find,
)
