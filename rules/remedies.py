"""The commands that mend a finding, with their undo: PowerShell first, netsh where it can say the same.

Rules are disabled rather than removed, because that is what an undo can restore exactly; every command names
its rule by id (windows-firewall.md 6.1). A rule of Group Policy cannot be changed on the host.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from rules.case import Case
from rules.endpoints import Endpoint
from rules.joined import CORE
from rules.model import Remediation
from rules.powershell import fits_cmd, is_quotable, quoted, wildcard_free
from scanner.model import FirewallRule, Profile, Store

# contact-expert.md 1.11: this order, on core servers followed by a restart of the whole server
VENDOR_CMDLETS = ("Remove-CEFirewallRules", "Add-CEFirewallRules")
RESTART_SERVER = "the whole server; until then the change may not take effect (vendor's page)"
BACKUP = "C:\\ce-audit-firewall-before.wfw"


def rerun_cmdlets(case: Case) -> Remediation:
    """Rewrite CE's rules from the configuration as it is now, keeping an export to go back to."""
    return Remediation(
        commands=(f"netsh advfirewall export {quoted(BACKUP)}", *VENDOR_CMDLETS),
        undo=(f"netsh advfirewall import {quoted(BACKUP)}",),
        manual=("Run in a PowerShell that has the Contact Expert cmdlets, as administrator.",),
        restart=restart(case),
    )


def first(step: str, remedy: Remediation) -> Remediation:
    """The remedy with a step by hand before everything else."""
    return msgspec.structs.replace(remedy, manual=(step, *remedy.manual))


def restart(case: Case) -> str:
    """What must be restarted after a change; nothing is said of operator PCs (contact-expert.md 1.11)."""
    return RESTART_SERVER if case.role == CORE else ""


def allow(case: Case, endpoint: Endpoint, *, every_port: bool = False) -> Remediation:
    """One narrow allow rule for an endpoint that has none, and the vendor's way to the same end.

    The rule names no port where none can be demanded (contact-expert.md 9, A2 and A4), or with `every_port`.
    """
    program = endpoint.program
    if program is None or not is_quotable(program):
        return Remediation(manual=_vendor_way(endpoint), restart=restart(case))
    ports = "" if every_port else endpoint.ports
    identity = f"ce-audit-{endpoint.row.id}-{endpoint.slot.protocol}{f'-{ports}' if ports else ''}"
    title = endpoint.row.title if every_port else endpoint.title
    shown = f"Contact Expert {title} ({endpoint.slot.protocol.upper()}-In)"
    profiles = tuple(profile.value.capitalize() for profile in case.profiles)
    protocol = endpoint.slot.protocol.upper()
    scope = f" -LocalPort {ports}" if ports else ""
    return Remediation(
        commands=(
            (
                f"New-NetFirewallRule -Name {quoted(identity)} -DisplayName {quoted(shown)} "
                f"-Direction Inbound -Action Allow -Enabled True -Profile {','.join(profiles)} "
                f"-Protocol {protocol}{scope} -Program {quoted(program)}"
            ),
        ),
        netsh=_netsh_add(shown, protocol, ports, profiles, program),
        undo=(f"Remove-NetFirewallRule -Name {quoted(identity)}",),
        manual=_vendor_way(endpoint),
        restart=restart(case),
    )


def enable(case: Case, fw_rules: Iterable[FirewallRule]) -> Remediation:
    """Switch rules on; undo switches them off."""
    return _switch(case, tuple(fw_rules), "Enable", "Disable")


def disable(case: Case, fw_rules: Iterable[FirewallRule]) -> Remediation:
    """Switch rules off; undo switches them on."""
    return _switch(case, tuple(fw_rules), "Disable", "Enable")


def set_profiles(case: Case, fw_rule: FirewallRule, profiles: Iterable[Profile]) -> Remediation:
    """Let a rule apply on further profiles beside its own; undo restores its own."""
    wanted = dict.fromkeys((*fw_rule.profiles, *profiles))
    return _change(case, fw_rule, f"-Profile {_names(wanted)}", f"-Profile {_names(fw_rule.profiles)}")


def set_program(case: Case, fw_rule: FirewallRule, program: str | None) -> Remediation:
    """Point a rule at another executable; undo points it back."""
    before = fw_rule.program or "Any"
    if program is None or not (is_quotable(program) and is_quotable(before)):
        return rerun_cmdlets(case)
    return _change(case, fw_rule, f"-Program {quoted(program)}", f"-Program {quoted(before)}")


def _vendor_way(endpoint: Endpoint) -> tuple[str, ...]:
    """Nothing for an endpoint of the site's own, which the vendor's cmdlets do not know."""
    return () if endpoint.row.by_site else (_VENDOR_WAY,)


_VENDOR_WAY = (
    "The vendor's way to the same end: Remove-CEFirewallRules, then Add-CEFirewallRules, "
    "in a PowerShell that has the Contact Expert cmdlets."
)


def _switch(case: Case, fw_rules: tuple[FirewallRule, ...], do: str, undo: str) -> Remediation:
    local = [fw_rule for fw_rule in fw_rules if is_nameable(fw_rule)]
    flag = "yes" if do == "Enable" else "no"
    return Remediation(
        commands=tuple(f"{do}-NetFirewallRule -Name {wildcard_free(fw_rule.id)}" for fw_rule in local),
        netsh=tuple(
            f'netsh advfirewall firewall set rule name="{fw_rule.name}" dir=in new enable={flag}'
            for fw_rule in local
            if fits_cmd(fw_rule.name) and not fw_rule.name.startswith("@")
        ),
        undo=tuple(f"{undo}-NetFirewallRule -Name {wildcard_free(fw_rule.id)}" for fw_rule in local),
        manual=tuple(
            by_hand(fw_rule, f"{do.lower()} it") for fw_rule in fw_rules if not is_nameable(fw_rule)
        ),
        restart=restart(case),
    )


def _change(case: Case, fw_rule: FirewallRule, new: str, old: str) -> Remediation:
    if not is_nameable(fw_rule):
        return Remediation(manual=(by_hand(fw_rule, f"set {new.lstrip('-')}"),), restart=restart(case))
    command = f"Set-NetFirewallRule -Name {wildcard_free(fw_rule.id)}"
    return Remediation(commands=(f"{command} {new}",), undo=(f"{command} {old}",), restart=restart(case))


def is_nameable(fw_rule: FirewallRule) -> bool:
    """A local rule with a real id: netsh listings have none, and their ordinal means nothing to Windows."""
    return fw_rule.store is Store.LOCAL and is_quotable(fw_rule.id) and not fw_rule.id.startswith("netsh-")


def named(fw_rule: FirewallRule) -> str:
    """A firewall rule by the name that a person looks for, in quotes."""
    return f"'{fw_rule.name or fw_rule.id}'"


def by_hand(fw_rule: FirewallRule, what: str) -> str:
    """What a person does where no command can name the rule."""
    if fw_rule.store is Store.LOCAL:
        return f"In wf.msc find the inbound rule {named(fw_rule)} and {what}."
    if fw_rule.store is Store.UNKNOWN:
        return f"In wf.msc find the inbound rule {named(fw_rule)} and {what}, or where a policy defines it."
    source = _SOURCES.get(fw_rule.store, f"the {fw_rule.store.value} store")
    return (
        f"The rule {named(fw_rule)} comes from {source} and cannot be changed on this host: {what} where it "
        "is defined."
    )


_SOURCES = {Store.GPO: "Group Policy", Store.MDM: "device management"}


def _netsh_add(
    shown: str, protocol: str, ports: str, profiles: tuple[str, ...], program: str
) -> tuple[str, ...]:
    if not (fits_cmd(shown) and fits_cmd(program)):
        return ()
    scope = f" localport={ports}" if ports else ""
    return (
        (
            f'netsh advfirewall firewall add rule name="{shown}" dir=in action=allow '
            f'protocol={protocol}{scope} program="{program}" profile={",".join(profiles).lower()} enable=yes'
        ),
    )


def _names(profiles: Iterable[Profile]) -> str:
    return ",".join(profile.value.capitalize() for profile in profiles) or "Any"
