"""Profiles on which Windows Firewall does not filter."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from rules.case import Case
from rules.check import Check, Unproven
from rules.controls import cis
from rules.evidence_sets import DECISION
from rules.firewall.settings import PROFILES
from rules.firewall.tokens import bare_guid
from rules.model import Finding, Remediation, Severity
from scanner.model import Action, EvidenceKind, Profile

FIREWALL_SERVICE = "mpssvc"
_IMPACT = (
    "Calls, agents and recording go on. But whoever can reach this host can reach every program on it, and "
    "nothing here protects the calls, recordings and customer data behind them."
)
_NOT_YET = (
    "None today: no network of this host is on that profile. Should one fall back to it, as when the domain "
    "controller is not reached at the start, every program on this host can be reached by anyone."
)


def find(case: Case) -> Iterator[Finding | Unproven]:
    for profile in PROFILES:
        if profile in case.profiles_in_force:
            yield from _in_force(case, profile)
        else:
            yield from _waiting(case, profile)
    yield from _service(case)


def _in_force(case: Case, profile: Profile) -> Iterator[Finding | Unproven]:
    settings = case.policy.settings[profile]
    if found := _open(case, profile):
        yield found
    elif None in (settings.enabled.value, settings.default_inbound.value):
        yield Unproven(subject=f"{profile.value} profile", reason="the evidence does not show its settings")
    if settings.disabled_interfaces.value:
        yield _unfiltered(case, profile, settings.disabled_interfaces.value)


def _waiting(case: Case, profile: Profile) -> Iterator[Finding]:
    """A profile that no network of the host is on: open for the day that one falls back to it."""
    found = _open(case, profile)
    if found:
        yield msgspec.structs.replace(found, severity=Severity.LOW, impact=_NOT_YET)


def _open(case: Case, profile: Profile) -> Finding | None:
    """What lets every connection in, if anything."""
    settings = case.policy.settings[profile]
    if settings.enabled.value is False:
        return _finding(case, profile, "is switched off", ("-Enabled True", "-Enabled False"))
    if settings.default_inbound.value is Action.ALLOW:
        options = ("-DefaultInboundAction Block", "-DefaultInboundAction Allow")
        return _finding(case, profile, "lets all inbound traffic in by default", options)
    return None


def _service(case: Case) -> Iterator[Finding | Unproven]:
    """Windows Firewall without its service is a state nobody supports (windows-firewall.md 3.6)."""
    seen = [found for found in case.snapshot.services if found.name.casefold() == FIREWALL_SERVICE]
    hosted = any(
        name.casefold() == FIREWALL_SERVICE
        for process in case.snapshot.processes
        for name in process.services
    )
    for service in seen:
        if service.state not in (None, "running"):
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
    if not hosted and not any(service.state for service in seen):
        yield Unproven(
            subject="Windows Firewall service", reason="the evidence does not show whether MpsSvc runs"
        )


def _unfiltered(case: Case, profile: Profile, guids: tuple[str, ...]) -> Finding:
    named = {bare_guid(found.guid): found.alias for found in case.snapshot.interfaces if found.guid}
    which = ", ".join(named.get(bare_guid(guid), guid) for guid in guids)
    setting = case.policy.settings[profile].disabled_interfaces
    return Finding(
        severity=Severity.HIGH,
        subject=f"{profile.value} profile interfaces",
        message=f"Windows Firewall does not filter {which} on the {profile.value.capitalize()} profile",
        expected="every network interface filtered",
        observed=f"switched off on {which}",
        impact=_IMPACT,
        evidence=(case.observe(setting.origin, f"DisabledInterfaces = {','.join(guids)}"),)
        if setting.origin
        else (),
        remediation=Remediation(
            commands=(
                (
                    f"Set-NetFirewallProfile -Name {profile.value.capitalize()} "
                    "-DisabledInterfaceAliases NotConfigured"
                ),
            ),
            manual=(f"To undo it, put back the interfaces that were exempt: {which}.",),
        ),
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
                (
                    f"{found.store.value}: enabled = {found.enabled}, default inbound = "
                    f"{found.default_inbound.value if found.default_inbound else None}"
                ),
            )
            for found in settings
        ),
        remediation=Remediation(
            commands=(f"Set-NetFirewallProfile -Name {name} {options[0]}",),
            undo=(f"Set-NetFirewallProfile -Name {name} {options[1]}",),
            manual=(
                (
                    "First make sure that CE's firewall rules are complete: without them agents and other "
                    "servers are cut off as soon as Windows Firewall filters."
                ),
                "Where Group Policy sets it, change it there: a local change has no effect.",
            ),
        ),
    )


CHECK = Check(
    id="firewall-disabled",
    title="Windows Firewall is on and blocks inbound traffic by default",
    severity=Severity.HIGH,
    requires=frozenset({EvidenceKind.PROFILE_SETTINGS}),
    needs=DECISION | {EvidenceKind.INTERFACES, EvidenceKind.SERVICES},
    rationale="With the firewall off every CE port, documented or not, is open to everyone, and no rule "
    "matters.",
    decides="Merges local and Group Policy settings by Windows' own law for every profile: high for those of "
    "the host's networks (all three where the evidence does not say which), low for one that no network is "
    "on. Looks for network interfaces exempt from it, and asks whether its service runs. The checks of "
    "single firewall rules then judge as if it were on, so that they tell what would be cut off.",
    mend="Switch the profile on with inbound traffic blocked by default, after making sure CE's rules are "
    "complete.",
    controls=(
        cis("9.1.1", "Domain: Firewall state"),
        cis("9.2.1", "Private: Firewall state"),
        cis("9.3.1", "Public: Firewall state"),
        cis("9.1.2", "Domain: Inbound connections"),
        cis("9.2.2", "Private: Inbound connections"),
        cis("9.3.2", "Public: Inbound connections"),
        "DISA STIG Windows Firewall V2R2 WNFWA-000001",
        "DISA STIG Windows Firewall V2R2 WNFWA-000002",
        "DISA STIG Windows Firewall V2R2 WNFWA-000003",
        "DISA STIG Windows Firewall V2R2 WNFWA-000004",
        "DISA STIG Windows Firewall V2R2 WNFWA-000012",
        "DISA STIG Windows Firewall V2R2 WNFWA-000020",
        "NIST SP 800-53 r5 SC-7(5)",
        "NIST SP 800-53 r5 SC-7(12)",
        "PCI DSS v4.0 1.2.1",
        "PCI DSS v4.0 1.3.1",
        "ISO/IEC 27001:2022 A.8.20",
    ),
    find=find,
)
