"""The profile settings in force, each merged by its own law (windows-firewall.md 1.3)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Any, Generic, TypeVar

import msgspec

from rules.firewall.malformed import is_rule_string
from scanner.model import Action, EvidenceKind, Origin, Profile, ProfileSettings, Snapshot, Store

T = TypeVar("T")

PROFILES = (Profile.DOMAIN, Profile.PRIVATE, Profile.PUBLIC)
_NOT_FROM_STANDARD = frozenset(
    {"allow_local_rules", "default_inbound", "default_outbound", "disabled_interfaces"}
)


class Law(StrEnum):
    """How two stores' values become one."""

    POLICY_FIRST = "GP"
    ON_WINS = "ON"
    POLICY_ONLY = "GPonly"


# AllowUserPorts "is meaningful only in a GPO" (1.3), which is the third law.
_LAWS: dict[str, tuple[Law, Any]] = {
    "enabled": (Law.POLICY_FIRST, True),
    "default_inbound": (Law.POLICY_FIRST, Action.BLOCK),
    "default_outbound": (Law.POLICY_FIRST, Action.ALLOW),
    "block_all_inbound": (Law.ON_WINS, False),
    "allow_local_rules": (Law.POLICY_ONLY, True),
    "allow_local_ipsec_rules": (Law.POLICY_ONLY, True),
    "allow_user_apps": (Law.POLICY_FIRST, True),
    "allow_user_ports": (Law.POLICY_ONLY, True),
    "notify_on_listen": (Law.POLICY_FIRST, True),
    "disabled_interfaces": (Law.POLICY_FIRST, ()),
    "log_dropped": (Law.ON_WINS, False),
    "log_allowed": (Law.ON_WINS, False),
    "log_file": (Law.POLICY_FIRST, r"%systemroot%\system32\LogFiles\Firewall\pfirewall.log"),
    "log_size_kb": (Law.POLICY_FIRST, 4096),
}


class Setting(msgspec.Struct, Generic[T], frozen=True):
    """One merged value: None if the evidence cannot tell. `store` None means Windows' default applies."""

    value: T | None
    store: Store | None = None
    origin: Origin | None = None

    @property
    def source(self) -> str:
        """Where the value came from, as a person would say it."""
        if self.value is None:
            return "not in the evidence"
        return _STORE_WORDS[self.store] if self.store else "Windows' default"


class MergedSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The settings in force for one profile."""

    profile: Profile
    enabled: Setting[bool]
    default_inbound: Setting[Action]
    default_outbound: Setting[Action]
    block_all_inbound: Setting[bool]
    allow_local_rules: Setting[bool]
    allow_local_ipsec_rules: Setting[bool]
    allow_user_apps: Setting[bool]
    allow_user_ports: Setting[bool]
    notify_on_listen: Setting[bool]
    disabled_interfaces: Setting[tuple[str, ...]]
    log_dropped: Setting[bool]
    log_allowed: Setting[bool]
    log_file: Setting[str]
    log_size_kb: Setting[int]


_STORE_WORDS = {
    Store.GPO: "Group Policy",
    Store.MDM: "MDM",
    Store.LOCAL: "the local policy",
    Store.UNKNOWN: "the policy in force, whose store the evidence does not name",
}


def merge_settings(snapshot: Snapshot) -> dict[Profile, MergedSettings]:
    """The settings in force for Domain, Private and Public.

    A value nobody stated is Windows' default. All are None where only a listing of rules was collected: it
    cannot show them. A registry source that shows rules and no settings leaves the defaults (3.9). GPO goes
    before MDM: Windows' own law there is UNCONFIRMED. Settings of no named store are those that Windows
    itself called in force (ActiveStore, 1.4), so they go before all.
    """
    known = not settings_missing(snapshot) or defaults_assumed(snapshot)
    return {profile: _merge(profile, snapshot.profile_settings, known) for profile in PROFILES}


def settings_missing(snapshot: Snapshot) -> bool:
    """True where the profile settings are a gap of the evidence and none came from anywhere."""
    return _is_gap(snapshot, EvidenceKind.PROFILE_SETTINGS) and not snapshot.profile_settings


def defaults_assumed(snapshot: Snapshot) -> bool:
    """True where missing settings mean Windows' defaults: the registry shows the rules, or shows none."""
    if snapshot.firewall_rules:
        return all(map(is_rule_string, snapshot.firewall_rules))
    return not _is_gap(snapshot, EvidenceKind.FIREWALL_RULES)


def _is_gap(snapshot: Snapshot, kind: EvidenceKind) -> bool:
    return any(gap.kind is kind for gap in snapshot.gaps)


def conflicting_policies(snapshot: Snapshot) -> bool:
    """True where both Group Policy and MDM hold firewall settings or rules (1.1: merge UNCONFIRMED)."""
    stores = {fact.store for fact in snapshot.profile_settings}
    stores |= {fw_rule.store for fw_rule in snapshot.firewall_rules}
    return {Store.GPO, Store.MDM} <= stores


def _merge(profile: Profile, facts: Sequence[ProfileSettings], known: bool) -> MergedSettings:
    policy = (
        *_of_store(profile, facts, Store.UNKNOWN),
        *_policy_keys(profile, facts, Store.GPO),
        *_policy_keys(profile, facts, Store.MDM),
    )
    local = _of_store(profile, facts, Store.LOCAL)
    merged = {
        field: _decide(field, law, policy, local) if known else Setting(None)
        for field, (law, _) in _LAWS.items()
    }
    return MergedSettings(profile=profile, **merged)


def _of_store(profile: Profile, facts: Sequence[ProfileSettings], store: Store) -> list[ProfileSettings]:
    return [fact for fact in reversed(facts) if fact.profile is profile and fact.store is store]


def _policy_keys(
    profile: Profile, facts: Sequence[ProfileSettings], store: Store
) -> tuple[ProfileSettings, ...]:
    """The keys of a policy store that speak of `profile`, the latest reading first.

    The legacy StandardProfile of Group Policy speaks only by its own law: where no newer key exists.
    """
    own = [fact for fact in reversed(facts) if fact.store is store]
    keys = [fact for fact in own if fact.profile is profile]
    modern = any(fact.profile in (Profile.PRIVATE, Profile.PUBLIC) for fact in own)
    legacy = [fact for fact in own if fact.profile is Profile.STANDARD]
    if store is Store.MDM:  # the leaf name of MDM's Private key is UNCONFIRMED: both spellings are Private
        return (*keys, *(legacy if profile is Profile.PRIVATE else ()))
    return (*keys, *(legacy if profile is not Profile.DOMAIN and not modern else ()))


def _decide(
    field: str, law: Law, policy: Sequence[ProfileSettings], local: Sequence[ProfileSettings]
) -> Setting[Any]:
    heard = [*_readable(policy, field), *(() if law is Law.POLICY_ONLY else local)]
    stated = [fact for fact in heard if getattr(fact, field) is not None]
    if law is Law.ON_WINS:
        stated.sort(key=lambda fact: not getattr(fact, field))
    unseen = any(field in fact.unread for fact in heard)
    if stated and not (law is Law.ON_WINS and unseen and not getattr(stated[0], field)):
        return Setting(getattr(stated[0], field), stated[0].store, stated[0].origin)
    return Setting(None) if unseen else Setting(_LAWS[field][1])


def _readable(policy: Iterable[ProfileSettings], field: str) -> tuple[ProfileSettings, ...]:
    """The policy keys that may state `field`: GPO's StandardProfile may not state every one."""
    return tuple(
        fact
        for fact in policy
        if not (fact.store is Store.GPO and fact.profile is Profile.STANDARD and field in _NOT_FROM_STANDARD)
    )
