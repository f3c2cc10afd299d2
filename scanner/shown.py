"""Which kinds of evidence a collection shows; "none there" is shown too, and differs from "not collected"."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from scanner.model import (
    DynamicRange,
    EvidenceKind,
    FirewallRule,
    Host,
    InstalledFile,
    Interface,
    Listener,
    Process,
    ProfileSettings,
    Service,
    Store,
)
from scanner.parsers.registry_firewall import gpo_was_looked_at
from scanner.registry_index import RegistryIndex
from scanner.registry_key import AbsentKey, RegistryKey
from scanner.registry_paths import FIREWALL_POLICY, PORT_PROXY

LOCAL_RULES = rf"{FIREWALL_POLICY}\FirewallRules".casefold()

# A single fact of these types proves that its kind of evidence was collected.
SHOWN_BY: Mapping[type, EvidenceKind] = {
    Listener: EvidenceKind.LISTENERS,
    Process: EvidenceKind.PROCESSES,
    Service: EvidenceKind.SERVICES,
    InstalledFile: EvidenceKind.EXECUTABLES,
    DynamicRange: EvidenceKind.PORT_RANGES,
}
_LISTED = frozenset({Store.LOCAL, Store.UNKNOWN})  # what a listing shows that names its store, or does not


def kinds_shown(
    items: Mapping[type, Sequence[object]],
    keys: Sequence[RegistryKey],
    absent: Sequence[AbsentKey],
    host: Host,
) -> Iterator[EvidenceKind]:
    """The kinds that these facts, registry keys and host facts prove to have been collected.

    A registry export that holds the firewall policy's own key would have held its rules and profiles
    (design.md section 5: an exported parent without the child says none). Settings of no named store are
    those in force, in which Group Policy has its part.
    """
    paths = {key.path.casefold() for key in keys}
    yield from (kind for fact, kind in SHOWN_BY.items() if items.get(fact))
    if any(isinstance(found, Interface) and found.profile for found in items.get(Interface, ())):
        yield EvidenceKind.INTERFACES
    whole_policy = FIREWALL_POLICY.casefold() in paths
    if whole_policy or LOCAL_RULES in paths or _LISTED & _stores(items, FirewallRule):
        yield EvidenceKind.FIREWALL_RULES
    settings = _stores(items, ProfileSettings)
    if whole_policy or _LISTED & settings:
        yield EvidenceKind.PROFILE_SETTINGS
    if gpo_was_looked_at(keys, absent) or Store.UNKNOWN in settings:
        yield EvidenceKind.GPO_POLICY
    if RegistryIndex(keys, absent).shows_tree(PORT_PROXY):
        yield EvidenceKind.PORT_PROXIES
    if host.boot_time:
        yield EvidenceKind.HOST
    if host.firewall_changed_at:
        yield EvidenceKind.CHANGE_TIMES


def _stores(
    items: Mapping[type, Sequence[object]], kind: type[FirewallRule] | type[ProfileSettings]
) -> set[Store]:
    return {found.store for found in items.get(kind, ()) if isinstance(found, kind)}
