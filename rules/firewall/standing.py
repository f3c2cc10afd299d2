"""In which profiles a firewall rule takes part at all (windows-firewall.md 1.3, 3.2 step 5)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rules.firewall.conditions import PROFILE_BITS, profile_mask
from rules.firewall.flow import TCP, UDP
from rules.firewall.ports import is_keyword
from rules.firewall.settings import MergedSettings
from rules.firewall.truth import FALSE, TRUE, UNKNOWN, Truth
from scanner.model import FirewallRule, Profile, Store

_BY_SHAPE = frozenset({"program", "service", "local_ports", "protocol"})  # what the AllowUser laws look at


def strict_profiles(settings: Mapping[Profile, MergedSettings]) -> tuple[MergedSettings, ...]:
    """The profiles whose policy voids some local rules, or may: most hosts have none."""
    return tuple(
        merged
        for merged in settings.values()
        if not (
            merged.allow_local_rules.value and merged.allow_user_apps.value and merged.allow_user_ports.value
        )
    )


def standing(fw_rule: FirewallRule, strict: Iterable[MergedSettings]) -> tuple[int, int]:
    """Bit masks of the profiles in which an active `fw_rule` takes part for sure, and in which it may.

    `strict` as `strict_profiles` gives them.
    """
    enforced = profile_mask(fw_rule)
    doubtful = 0
    for settings in strict:
        bit = PROFILE_BITS[settings.profile]
        void = voided(fw_rule, settings)[0] if enforced & bit else FALSE
        if void != FALSE:
            enforced &= ~bit
        if void == UNKNOWN:
            doubtful |= bit
    return enforced, doubtful


def voided(fw_rule: FirewallRule, settings: MergedSettings) -> tuple[Truth, str]:
    """Whether policy voids `fw_rule` in one profile because it is a local one, and by which setting."""
    if fw_rule.store not in (Store.LOCAL, Store.UNKNOWN):
        return FALSE, ""
    off = [
        (value, reason)
        for concerned, value, reason in (
            (True, settings.allow_local_rules.value, "local rules are ignored (AllowLocalPolicyMerge=0)"),
            (
                _is_user_app(fw_rule),
                settings.allow_user_apps.value,
                "local program rules are ignored (AllowUserApps=0)",
            ),
            (
                _is_user_port(fw_rule),
                settings.allow_user_ports.value,
                "local port rules are ignored (AllowUserPorts=0)",
            ),
        )
        if concerned and value is not True
    ]
    if not off:
        return FALSE, ""
    sure = [reason for value, reason in off if value is False]
    certain = settings.allow_local_rules.value is False or _BY_SHAPE.isdisjoint(fw_rule.unread)
    if sure and certain and fw_rule.store is Store.LOCAL:
        return TRUE, sure[0]
    return UNKNOWN, sure[0] if sure else off[0][1]


def _is_user_app(fw_rule: FirewallRule) -> bool:
    """A program's own rule, as AllowUserApps=0 drops it [FASP 2.2.38]."""
    return bool(fw_rule.program) and not fw_rule.local_ports and _plain_transport(fw_rule)


def _is_user_port(fw_rule: FirewallRule) -> bool:
    """A single open port, as AllowUserPorts=0 drops it [FASP 2.2.38]."""
    return (
        not fw_rule.program
        and _plain_transport(fw_rule)
        and len(fw_rule.local_ports) == 1
        and not is_keyword(fw_rule.local_ports[0])
    )


def _plain_transport(fw_rule: FirewallRule) -> bool:
    return not fw_rule.service and fw_rule.protocol in (TCP, UDP)
