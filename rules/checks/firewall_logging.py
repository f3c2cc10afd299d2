"""Profiles whose firewall log would not show what was dropped."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from rules.case import Case
from rules.check import Check, Unproven
from rules.controls import cis
from rules.firewall.settings import MergedSettings, Setting
from rules.model import Finding, Observation, Remediation, Severity
from rules.powershell import quoted
from scanner.model import EvidenceKind, Store

_LEAST_KB = 16384  # CIS 9.x and the STIG alike (windows-firewall.md 7)
_POLICIES = (Store.GPO, Store.MDM)


class _Lack(msgspec.Struct, frozen=True):
    """A setting that falls short: what it is, what mends it, and what brings it back."""

    text: str
    setting: Setting[bool] | Setting[int] | Setting[str]
    mend: str
    undo: str


def find(case: Case) -> Iterator[Finding | Unproven]:
    # Windows' default is one only where somebody looked at its firewall at all
    seen = bool(case.snapshot.profile_settings or case.snapshot.firewall_rules)
    for profile in case.profiles:
        settings = case.policy.settings[profile]
        lacks = list(_lacks(settings)) if seen else []
        if lacks:
            yield _finding(case, settings, lacks)
        elif not seen or None in _asked(settings):
            yield Unproven(
                subject=f"{profile.value} profile", reason="the evidence does not show how it logs"
            )


def _asked(settings: MergedSettings) -> tuple[object, ...]:
    return settings.log_dropped.value, settings.log_size_kb.value, settings.log_file.value


def _lacks(settings: MergedSettings) -> Iterator[_Lack]:
    if settings.log_dropped.value is False:
        yield _Lack(
            "dropped packets are not logged", settings.log_dropped, "-LogBlocked True", "-LogBlocked False"
        )
    size = settings.log_size_kb.value
    if size is not None and size < _LEAST_KB:
        option = "-LogMaxSizeKilobytes"
        yield _Lack(
            f"the log is overwritten after {size} KB",
            settings.log_size_kb,
            f"{option} {_LEAST_KB}",
            f"{option} {size}",
        )
    file = settings.log_file.value
    if file is not None and not file.strip():
        option = f"-LogFileName {quoted(_file(settings))}"
        yield _Lack("no log file is named", settings.log_file, option, "-LogFileName NotConfigured")


def _file(settings: MergedSettings) -> str:
    """The name that CIS asks for, one for each profile."""
    return rf"%SystemRoot%\System32\logfiles\firewall\{settings.profile.value}fw.log"


def _finding(case: Case, settings: MergedSettings, lacks: list[_Lack]) -> Finding:
    name = settings.profile.value.capitalize()
    texts = " and ".join(lack.text for lack in lacks)
    return Finding(
        severity=Severity.INFO,
        subject=f"{settings.profile.value} profile log",
        message=f"The firewall log of the {name} profile would not help after an incident: {texts}",
        expected=f"dropped packets logged, into a named file of at least {_LEAST_KB} KB",
        observed="; ".join(f"{lack.text} ({lack.setting.source})" for lack in lacks),
        impact="CE works. When agents cannot reach a component, or somebody tries the doors, nobody can see "
        "in the log which connections Windows dropped.",
        evidence=_evidence(case, settings, lacks),
        remediation=_remediation(name, lacks),
    )


def _evidence(case: Case, settings: MergedSettings, lacks: list[_Lack]) -> tuple[Observation, ...]:
    """Where the values were read; of defaults, the profile keys that do not state them."""
    stated = [(lack.setting.origin, lack.text) for lack in lacks if lack.setting.origin]
    keys = [found for found in case.snapshot.profile_settings if found.profile is settings.profile]
    silent = ((found.origin, f"{found.store.value}: the log is not set") for found in keys)
    return case.observe_all(stated or silent)


def _remediation(name: str, lacks: list[_Lack]) -> Remediation:
    if any(lack.setting.store in _POLICIES for lack in lacks):
        return Remediation(
            manual=("Group Policy or device management sets how this profile logs: change it there.",)
        )
    command = f"Set-NetFirewallProfile -Name {name}"
    return Remediation(
        commands=(" ".join([command, *(lack.mend for lack in lacks)]),),
        undo=(" ".join([command, *(lack.undo for lack in lacks)]),),
    )


CHECK = Check(
    id="firewall-logging",
    title="Windows Firewall logs what it drops",
    severity=Severity.INFO,
    requires=frozenset({EvidenceKind.PROFILE_SETTINGS}),
    needs=frozenset({EvidenceKind.GPO_POLICY, EvidenceKind.INTERFACES}),
    rationale="The log is the only trace of a refused connection: of an agent's PC that a rule forgot as "
    "well as of an intruder. By default Windows keeps none.",
    decides="Merges local and Group Policy settings by Windows' own law for every profile in use: dropped "
    "packets must be logged, in a file of at least 16384 KB with a name. What no collected setting states is "
    "Windows' default: not logged, 4096 KB.",
    mend="Log dropped packets and give the log 16384 KB or more, by Group Policy where there is one.",
    controls=(
        cis("9.1.4", "Domain: Logging: Name", older="9.1.5"),
        cis("9.2.4", "Private: Logging: Name", older="9.2.5"),
        cis("9.3.6", "Public: Logging: Name", older="9.3.7"),
        cis("9.1.5", "Domain: Logging: Size limit (KB)", older="9.1.6"),
        cis("9.2.5", "Private: Logging: Size limit (KB)", older="9.2.6"),
        cis("9.3.7", "Public: Logging: Size limit (KB)", older="9.3.8"),
        cis("9.1.6", "Domain: Logging: Log dropped packets", older="9.1.7"),
        cis("9.2.6", "Private: Logging: Log dropped packets", older="9.2.7"),
        cis("9.3.8", "Public: Logging: Log dropped packets", older="9.3.9"),
        "DISA STIG Windows Firewall V2R2 WNFWA-000009",
        "DISA STIG Windows Firewall V2R2 WNFWA-000010",
        "DISA STIG Windows Firewall V2R2 WNFWA-000017",
        "DISA STIG Windows Firewall V2R2 WNFWA-000018",
        "DISA STIG Windows Firewall V2R2 WNFWA-000027",
        "DISA STIG Windows Firewall V2R2 WNFWA-000028",
        "NIST SP 800-53 r5 AU-12",
        "PCI DSS v4.0 10.2",
        "ISO/IEC 27001:2022 A.8.15",
    ),
    find=find,
)
