"""Firewall rules that cannot match anything here, whatever other rules say (windows-firewall.md 1.3, 3.2)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rules.firewall.conditions import PROFILE_BITS, profile_mask
from rules.firewall.flow import ANY_PROTOCOL
from rules.firewall.footprint import Footprint
from rules.firewall.policy import ORDINARY_STORES, Policy
from rules.firewall.query import Query
from rules.firewall.settings import PROFILES, MergedSettings
from rules.firewall.standing import voided
from rules.firewall.truth import FALSE
from scanner.model import Action, Direction, FirewallRule, Store

Void = tuple[FirewallRule, str, tuple[FirewallRule, ...]]


def void_rules(policy: Policy, footprints: Iterable[Footprint]) -> Iterator[Void]:
    """Each with the reason, and the rule that makes it so if one does; `footprints` are of rules in force."""
    yield from _replaced(policy)
    for broken in policy.malformed:
        if _is_judged(broken.fw_rule):
            yield broken.fw_rule, f"Windows rejects it: {broken.reason}", ()
    for fw_rule in filter(_is_judged, policy.dormant):
        yield fw_rule, _voiding(fw_rule, policy), ()
    for footprint in footprints:
        reason = _unmatchable(footprint) or _idle(footprint, policy)
        if reason:
            yield footprint.compiled.fw_rule, reason, ()


def _replaced(policy: Policy) -> Iterator[Void]:
    everything = (
        *(compiled.fw_rule for compiled in policy.near.everything),
        *(broken.fw_rule for broken in policy.malformed),
    )
    winners = {fw_rule.id.casefold(): fw_rule for fw_rule in everything if fw_rule.store is Store.GPO}
    for fw_rule in filter(_is_judged, policy.replaced):
        winner = winners.get(fw_rule.id.casefold())  # None: an outbound rule, which the policy does not keep
        yield fw_rule, "a Group Policy rule with the same id replaces it", (winner,) if winner else ()


def _is_judged(fw_rule: FirewallRule) -> bool:
    return fw_rule.active and fw_rule.direction is Direction.IN and fw_rule.store in ORDINARY_STORES


def _voiding(fw_rule: FirewallRule, policy: Policy) -> str:
    mask = profile_mask(fw_rule)
    reasons = (
        voided(fw_rule, policy.settings[profile])[1] for profile in PROFILES if mask & PROFILE_BITS[profile]
    )
    return "; ".join(dict.fromkeys(filter(None, reasons)))


def _unmatchable(footprint: Footprint) -> str:
    """Why a condition fails for all traffic, "" if none does."""
    if footprint.empty:
        return "its addresses resolve to nothing, or local and remote are never of one family"
    constant = dict(footprint.compiled.conditions)
    asked = Query(
        protocol=ANY_PROTOCOL,
        local_port=None,
        remote_port=None,
        remote=None,
        local=(),
        families=(4, 6),
        program=None,
        service=footprint.service or "",
        interfaces=(),
        rpc=None,
    )
    if "platform" in constant and constant["platform"](asked) == FALSE:
        return "it is for another Windows version"
    if "service" in constant and constant["service"](asked) == FALSE:
        return f"the service {footprint.compiled.fw_rule.service} has no SID that a rule could match"
    return ""


def _idle(footprint: Footprint, policy: Policy) -> str:
    """Why no profile in which the rule takes part asks it, "" if one does."""
    reasons = [
        _settled(policy.settings[profile], footprint.compiled.fw_rule.action)
        for profile in PROFILES
        if footprint.reach & PROFILE_BITS[profile]
    ]
    return "; ".join(dict.fromkeys(reasons)) if all(reasons) else ""


def _settled(settings: MergedSettings, action: Action | None) -> str:
    where = f"the {settings.profile.title()} profile"
    if settings.enabled.value is False:
        return f"the firewall is off in {where}"
    if settings.block_all_inbound.value:
        return f"shields up: {where} blocks all incoming traffic"
    if action is Action.ALLOW and settings.default_inbound.value is Action.ALLOW:
        return f"{where} allows by default what no rule blocks"
    return ""
