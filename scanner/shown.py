"""Which kinds of evidence a collection shows; "none there" is shown too, and differs from "not collected"."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from scanner.model import (
    DynamicRange,
    EvidenceKind,
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
from scanner.registry_key import RegistryKey
from scanner.registry_paths import FIREWALL_POLICY

LOCAL_RULES = rf"{FIREWALL_POLICY}\FirewallRules".casefold()

# A single fact of these types proves that its kind of evidence was collected.
_SHOWN_BY: Mapping[type, EvidenceKind] = {
    Listener: EvidenceKind.LISTENERS,
    Process: EvidenceKind.PROCESSES,
    Service: EvidenceKind.SERVICES,
    InstalledFile: EvidenceKind.EXECUTABLES,
    DynamicRange: EvidenceKind.PORT_RANGES,
}


def kinds_shown(
    items: Mapping[type, Sequence[object]], keys: Iterable[RegistryKey], host: Host
) -> Iterator[EvidenceKind]:
    """The kinds that these facts, registry keys and host facts prove to have been collected.

    A registry export that holds the firewall policy's own key would have held its rules and profiles (design.md
    section 5: an exported parent without the child says none).
    """
    keys = tuple(keys)
    paths = {key.path.casefold() for key in keys}
    yield from (kind for fact, kind in _SHOWN_BY.items() if items.get(fact))
    if any(isinstance(found, Interface) and found.profile for found in items.get(Interface, ())):
        yield EvidenceKind.INTERFACES
    whole_policy = FIREWALL_POLICY.casefold() in paths
    if whole_policy or LOCAL_RULES in paths:
        yield EvidenceKind.FIREWALL_RULES
    settings = (found for found in items.get(ProfileSettings, ()) if isinstance(found, ProfileSettings))
    if whole_policy or any(found.store is Store.LOCAL for found in settings):
        yield EvidenceKind.PROFILE_SETTINGS
    if gpo_was_looked_at(keys):
        yield EvidenceKind.GPO_POLICY
    if host.boot_time:
        yield EvidenceKind.HOST
    if host.firewall_changed_at:
        yield EvidenceKind.CHANGE_TIMES
