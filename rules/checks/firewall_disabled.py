"""Profiles on which Windows Firewall does not filter."""

from __future__ import annotations

from collections.abc import Iterator

from rules.case import Case
from rules.check import Check, Unproven
from rules.evidence_sets import DECISION
from rules.model import Finding, Remediation, Severity
from scanner.model import Action, EvidenceKind, Profile

FIREWALL_SERVICE = "mpssvc"
_IMPACT = (
    "CE itself works, but every program on this host can be reached by anyone who can reach the host: the calls, "
    "recordings and customer data behind it are protected by nothing here."
)


def find(case: Case) -> Iterator[Finding | Unproven]:
    for profile in case.profiles:
        settings = case.policy.settings[profile]
        if settings.enabled.value is False:
            yield _finding(case, profile, "is switched off", ("-Enabled True", "-Enabled False"))
        elif settings.default_inbound.value is Action.ALLOW:
            options = ("-DefaultInboundAction Block", "-DefaultInboundAction Allow")
            yield _finding(case, profile, "lets all inbound traffic in by default", options)
    for service in case.snapshot.services:
        if service.name.casefold() == FIREWALL_SERVICE and service.state not in (None, "running"):
            yield Finding(
                severity=Severity.HIGH,
                subject="Windows Firewall service",
                message=f"The Windows Firewall service (MpsSvc) is {service.state}",
                expected="running",
                observed=service.state or "",
                impact=_IMPACT,
                evidence=(case.observe(service.origin, f"MpsSvc: {service.state}"),),
                remediation=Remediation(manual=("Find out who stopped it, then start the service MpsSvc.",)),
            )


def _finding(case: Case, profile: Profile, trouble: str, options: tuple[str, str]) -> Finding:
    name = profile.value.capitalize()
    settings = [found for found in case.snapshot.profile_settings if found.profile is profile]
    return Finding(
        severity=Severity.HIGH,
        subject=f"{profile.value} profile",
        message=f"Windows Firewall {trouble} on the {name} profile",
        expected="on, blocking inbound traffic by default",
        observed=trouble,
        impact=_IMPACT,
        evidence=case.observe_all(
            (
                found.origin,
                f"{found.store.value}: enabled = {found.enabled}, default inbound = "
                f"{found.default_inbound.value if found.default_inbound else None}",
            )
            for found in settings
        ),
        remediation=Remediation(
            commands=(f"Set-NetFirewallProfile -Name {name} {options[0]}",),
            undo=(f"Set-NetFirewallProfile -Name {name} {options[1]}",),
            manual=("Where Group Policy sets it, change it there: a local change has no effect.",),
        ),
    )


CHECK = Check(
    id="firewall-disabled",
    title="Windows Firewall is on and blocks inbound traffic by default",
    severity=Severity.HIGH,
    requires=frozenset({EvidenceKind.PROFILE_SETTINGS}),
    needs=DECISION | {EvidenceKind.INTERFACES},
    rationale="With the firewall off every CE port, documented or not, is open to everyone, and no rule matters.",
    decides="Merges local and Group Policy settings by Windows' own law for every profile in use (all three where "
    "the evidence does not say which is).",
    mend="Switch the profile on with inbound traffic blocked by default, after making sure CE's rules are complete.",
    controls=(
        "CIS Windows Server 9.1.1/9.2.1/9.3.1, 9.1.2/9.2.2/9.3.2",
        "DISA STIG Windows Firewall V2R2 WNFWA-000001 to 000004",
        "NIST SP 800-53 r5 SC-7(12), SC-7(5)",
        "PCI DSS v4.0 1.2.1, 1.3.1",
    ),
    find=find,
)
