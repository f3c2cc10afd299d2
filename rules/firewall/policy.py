"""The firewall policy in force: every store by its own law, compiled once (windows-firewall.md 1 to 3)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

import msgspec

from rules.firewall.addresses import FAMILIES, Span, read_addresses
from rules.firewall.conditions import CompiledRule, compile_rule, profile_mask
from rules.firewall.host import HostFacts, host_facts
from rules.firewall.index import RuleIndex
from rules.firewall.malformed import malformed_reason
from rules.firewall.regions import on_axis
from rules.firewall.settings import (
    MergedSettings,
    conflicting_policies,
    defaults_assumed,
    merge_settings,
    settings_missing,
)
from rules.firewall.standing import standing, strict_profiles
from scanner.model import Direction, EvidenceKind, FirewallRule, Interface, Profile, Snapshot, Store

ORDINARY_STORES = (Store.GPO, Store.MDM, Store.LOCAL, Store.UNKNOWN)
HARDENING_STORES = (Store.WSH_STATIC, Store.WSH_CONFIGURABLE)
_ASSUMED = "Windows' defaults are taken, firewall on and incoming traffic blocked"
_NOT_ASSUMED = "whether the firewall is on, and what it does by default, is unknown"


class Malformed(msgspec.Struct, frozen=True):
    """A firewall rule that Windows rejects, and why."""

    fw_rule: FirewallRule
    reason: str


class Policy(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """What decides on this host. `settings` says per profile what is in force and where each value came from.

    `replaced` are local rules that a Group Policy rule of the same id displaced; `dormant` the well-formed
    inbound ones that take part in no profile. `rules_unknown` means the local rules were never collected.
    `notes` say which uncertain readings the whole policy rests on.
    """

    settings: Mapping[Profile, MergedSettings]
    ordinary: RuleIndex
    hardening: RuleIndex
    ipsec_only: RuleIndex
    dormant: tuple[FirewallRule, ...]
    replaced: tuple[FirewallRule, ...]
    malformed: tuple[Malformed, ...]
    interfaces: tuple[Interface, ...]
    host: HostFacts
    rules_unknown: bool
    notes: tuple[str, ...]

    @cached_property
    def near(self) -> RuleIndex:
        """Every ordinary inbound rule, whether in force or not, compiled for all the profiles it names."""
        asleep = (
            compile_rule(fw_rule, self.host, profile_mask(fw_rule))
            for fw_rule in (*self.dormant, *self.replaced)
        )
        return RuleIndex((*self.ordinary.everything, *asleep))

    @cached_property
    def remote_spans(self) -> dict[int, tuple[Span, ...]]:
        """By `id` of each rule here that names remote addresses: their spans on the axis of regions.py."""
        found: dict[int, tuple[Span, ...]] = {}
        for compiled in (*self.ordinary.everything, *self.hardening.everything):
            if compiled.fw_rule.remote_addresses:
                admitted = read_addresses(compiled.fw_rule.remote_addresses, self.host.local_subnets)
                found[id(compiled)] = tuple(
                    on_axis(family, span) for family in FAMILIES for span in admitted.spans[family]
                )
        return found


def effective_policy(snapshot: Snapshot) -> Policy:
    """The policy of `snapshot`, compiled and indexed for `decide`.

    A Group Policy rule replaces the local one of the same id before anything else is looked at (3.9). Rules
    of the Defaults store are never in force, those of AppIso match only app containers; neither is loaded.
    """
    settings = merge_settings(snapshot)
    host = host_facts(snapshot)
    ordinary, replaced = _without_replaced(snapshot.firewall_rules)
    hardening = tuple(fw_rule for fw_rule in snapshot.firewall_rules if fw_rule.store in HARDENING_STORES)
    malformed = tuple(_malformed((*ordinary, *hardening)))
    broken = {id(entry.fw_rule) for entry in malformed}
    inbound = [fw_rule for fw_rule in ordinary if _is_inbound(fw_rule) and id(fw_rule) not in broken]
    compiled = tuple(_in_force(inbound, settings, host))
    awake = {id(entry.fw_rule) for entry in compiled}
    hardened = [
        fw_rule
        for fw_rule in hardening
        if fw_rule.active and _is_inbound(fw_rule) and id(fw_rule) not in broken
    ]
    return Policy(
        settings=settings,
        ordinary=RuleIndex(compiled),
        hardening=RuleIndex(compile_rule(fw_rule, host, profile_mask(fw_rule)) for fw_rule in hardened),
        ipsec_only=RuleIndex(entry for entry in compiled if "security" in dict(entry.conditions)),
        dormant=tuple(fw_rule for fw_rule in inbound if id(fw_rule) not in awake),
        replaced=tuple(
            fw_rule for fw_rule in replaced if _is_inbound(fw_rule) and not malformed_reason(fw_rule)
        ),
        malformed=malformed,
        interfaces=snapshot.interfaces,
        host=host,
        rules_unknown=_rules_unknown(snapshot),
        notes=tuple(_notes(snapshot, replaced)),
    )


def _without_replaced(fw_rules: Iterable[FirewallRule]) -> tuple[list[FirewallRule], list[FirewallRule]]:
    """The ordinary rules, and apart from them the local ones that a Group Policy rule displaces."""
    ordinary = [fw_rule for fw_rule in fw_rules if fw_rule.store in ORDINARY_STORES]
    by_policy = {fw_rule.id.casefold() for fw_rule in ordinary if fw_rule.store is Store.GPO}
    kept: list[FirewallRule] = []
    replaced: list[FirewallRule] = []
    for fw_rule in ordinary:
        displaced = fw_rule.store is Store.LOCAL and fw_rule.id.casefold() in by_policy
        (replaced if displaced else kept).append(fw_rule)
    return kept, replaced


def _malformed(fw_rules: Iterable[FirewallRule]) -> Iterator[Malformed]:
    for fw_rule in fw_rules:
        reason = malformed_reason(fw_rule)
        if reason:
            yield Malformed(fw_rule, reason)


def _is_inbound(fw_rule: FirewallRule) -> bool:
    """Also where the direction could not be read: conditions.py makes that an unknown."""
    return fw_rule.direction is not Direction.OUT


def _in_force(
    inbound: Iterable[FirewallRule], settings: Mapping[Profile, MergedSettings], host: HostFacts
) -> Iterator[CompiledRule]:
    strict = strict_profiles(settings)
    for fw_rule in inbound:
        enforced, doubtful = standing(fw_rule, strict) if fw_rule.active else (0, 0)
        if enforced or doubtful:
            yield compile_rule(fw_rule, host, enforced, doubtful)


def _rules_unknown(snapshot: Snapshot) -> bool:
    """True where the local rules are a gap of the evidence and nothing of the local policy was read."""
    if any(fw_rule.store is not Store.GPO for fw_rule in snapshot.firewall_rules):
        return False
    if any(key.store is not Store.GPO and not key.unread for key in snapshot.profile_settings):
        return False
    return any(gap.kind is EvidenceKind.FIREWALL_RULES for gap in snapshot.gaps)


def _notes(snapshot: Snapshot, replaced: Iterable[FirewallRule]) -> Iterator[str]:
    if any(gap.kind is EvidenceKind.GPO_POLICY for gap in snapshot.gaps):
        yield "Group Policy was not collected: its rules and settings may change these decisions"
    if settings_missing(snapshot):
        taken = _ASSUMED if defaults_assumed(snapshot) else _NOT_ASSUMED
        yield f"the profile settings were not collected: {taken}"
    if conflicting_policies(snapshot):
        yield "both Group Policy and MDM set the firewall; how Windows merges them is unconfirmed"
    for fw_rule in replaced:
        yield f"the Group Policy rule {fw_rule.id} replaces the local one of the same id"
