r"""Windows Firewall's policy in the registry: rules of every store, profile settings (windows-firewall.md 1).

...\SharedAccess\Parameters\FirewallPolicy\FirewallRules    "{GUID}" = "v2.30|Action=Allow|..."
...\SharedAccess\Parameters\FirewallPolicy\DomainProfile    "EnableFirewall" = 1
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from scanner.model import Action, FirewallRule, Origin, Problem, Profile, ProfileSettings, Store
from scanner.parsers.firewall_rule_string import parse_rule_string
from scanner.parsers.legacy_exceptions import parse_legacy_exception
from scanner.registry_index import RegistryIndex
from scanner.registry_key import AbsentKey, RegistryData, RegistryKey
from scanner.registry_paths import FIREWALL_DEFAULTS, FIREWALL_POLICY, GPO_FIREWALL_POLICY, POLICIES, SERVICES

_RULE_STORES = {
    path.casefold(): store
    for path, store in (
        (rf"{FIREWALL_POLICY}\FirewallRules", Store.LOCAL),
        (rf"{FIREWALL_POLICY}\RestrictedServices\Static\System", Store.WSH_STATIC),
        (rf"{FIREWALL_POLICY}\RestrictedServices\Configurable\System", Store.WSH_CONFIGURABLE),
        (rf"{FIREWALL_POLICY}\RestrictedServices\AppIso\FirewallRules", Store.APPISO),
        (rf"{FIREWALL_POLICY}\Mdm\FirewallRules", Store.MDM),
        (rf"{GPO_FIREWALL_POLICY}\FirewallRules", Store.GPO),
        (rf"{FIREWALL_DEFAULTS}\FirewallRules", Store.DEFAULTS),
    )
}
_LOCAL_RULES = rf"{FIREWALL_POLICY}\FirewallRules".casefold()

# Where a profile key of a store lives -> the profile it means. The local store keeps Private under
# StandardProfile (1.1); which leaf MDM uses is UNCONFIRMED, so both are read.
_PROFILES = {
    rf"{root}\{leaf}Profile".casefold(): (store, profile)
    for root, store, leaf, profile in (
        (FIREWALL_POLICY, Store.LOCAL, "Domain", Profile.DOMAIN),
        (FIREWALL_POLICY, Store.LOCAL, "Standard", Profile.PRIVATE),
        (FIREWALL_POLICY, Store.LOCAL, "Public", Profile.PUBLIC),
        (GPO_FIREWALL_POLICY, Store.GPO, "Domain", Profile.DOMAIN),
        (GPO_FIREWALL_POLICY, Store.GPO, "Private", Profile.PRIVATE),
        (GPO_FIREWALL_POLICY, Store.GPO, "Public", Profile.PUBLIC),
        (GPO_FIREWALL_POLICY, Store.GPO, "Standard", Profile.STANDARD),
        (rf"{FIREWALL_POLICY}\Mdm", Store.MDM, "Domain", Profile.DOMAIN),
        (rf"{FIREWALL_POLICY}\Mdm", Store.MDM, "Private", Profile.PRIVATE),
        (rf"{FIREWALL_POLICY}\Mdm", Store.MDM, "Standard", Profile.PRIVATE),
        (rf"{FIREWALL_POLICY}\Mdm", Store.MDM, "Public", Profile.PUBLIC),
    )
}
_PROFILE_KEY = re.compile(r"(.*?\\(?:domain|private|public|standard)profile)(?:\\(.*))?", re.DOTALL)
_LOCAL_PRIVATE = rf"{FIREWALL_POLICY}\PrivateProfile".casefold()
_LEGACY_LISTS = (r"authorizedapplications\list", r"globallyopenports\list")
_LEGACY_PROFILES = {
    Profile.DOMAIN: (Profile.DOMAIN,),
    Profile.STANDARD: (Profile.PRIVATE, Profile.PUBLIC),
}
_SWITCH: dict[int | None, bool] = {0: False, 1: True}
_INVERTED_SWITCH: dict[int | None, bool] = {0: True, 1: False}
_ACTIONS: dict[int | None, Action] = {0: Action.ALLOW, 1: Action.BLOCK}
_HEADS = (rf"{SERVICES}\SharedAccess\Parameters", rf"{SERVICES}\SharedAccess", rf"{POLICIES}\Microsoft")


def firewall_facts(keys: Iterable[RegistryKey]) -> Iterator[FirewallRule | ProfileSettings | Problem]:
    r"""Rules of every store as they come, then one ProfileSettings per profile key that is there, even empty.

    A key below a profile key (Logging, AuthorizedApplications ...) proves the profile key and adds to it.
    Legacy exception lists (1.2) of Group Policy are rules with an unknown condition; local ones, and values
    that do not fit their type, are Problems, and the value counts as absent. Keys outside the firewall's
    policy are passed over. A locator is the key from FirewallPolicy or WindowsFirewall on, and the value:
    `FirewallPolicy\FirewallRules : {id}`.
    """
    profiles: dict[tuple[Store, Profile], _ProfileValues] = {}
    legacy: list[tuple[RegistryKey, Store, Profile]] = []
    for key in keys:
        path = key.path.casefold()
        below = _PROFILE_KEY.fullmatch(path)
        if path in _RULE_STORES:
            yield from _firewall_rules(key, _RULE_STORES[path])
        elif path == _LOCAL_PRIVATE:
            reason = "Windows keeps the local store's private profile under StandardProfile: not evaluated"
            yield Problem(origin=_origin(key), text=key.path[:200], reason=reason)
        elif below and below[1] in _PROFILES:
            found = profiles.setdefault(_PROFILES[below[1]], _ProfileValues(_origin(key)))
            yield from found.add(key, below[2] or "")
            if below[2] in _LEGACY_LISTS:
                legacy.append((key, *_PROFILES[below[1]]))
    for key, store, profile in legacy:
        yield from _legacy_exceptions(key, store, profile, profiles)
    for (store, profile), found in profiles.items():
        yield ProfileSettings(store=store, profile=profile, origin=found.origin, **found.settings)


def gpo_was_looked_at(keys: Sequence[RegistryKey], absent: Sequence[AbsentKey] = ()) -> bool:
    """True where the evidence holds a key of Group Policy's firewall policy, or proves that there is none.

    What one GPO sets shows nothing of what the others put on the host.
    """
    policy = GPO_FIREWALL_POLICY.casefold() + "\\"
    if any((key.path.casefold() + "\\").startswith(policy) for key in keys if not key.one_gpo):
        return True
    return RegistryIndex(keys, absent).absence(GPO_FIREWALL_POLICY) is not None


def firewall_changed_at(keys: Iterable[RegistryKey]) -> datetime | None:
    """When the local FirewallRules key was last written, where the source tells."""
    times = (key.last_write for key in keys if key.path.casefold() == _LOCAL_RULES)
    return next(filter(None, times), None)


def _firewall_rules(key: RegistryKey, store: Store) -> Iterator[FirewallRule | Problem]:
    source, label = key.origin.source, _label(key.path)
    for rule_id, text in key.values:
        origin = Origin(source=source, locator=f"{label} : {rule_id}")
        if isinstance(text, str):
            yield parse_rule_string(rule_id, text, store, origin)
        else:
            yield Problem(
                origin=origin, text=repr(text)[:200], reason="not a firewall rule: the value is no text"
            )


def _legacy_exceptions(
    key: RegistryKey, store: Store, profile: Profile, found: Container[tuple[Store, Profile]]
) -> Iterator[FirewallRule | Problem]:
    """Group Policy's lists, under Domain and (with no newer profile key, 1.3) Standard, still count."""
    applies = _LEGACY_PROFILES.get(profile, ())
    superseded = profile is Profile.STANDARD and any((store, newer) in found for newer in applies)
    for name, data in key.values:
        if store is not Store.GPO or not applies or superseded or not isinstance(data, str):
            yield _problem(key, name, data, "legacy entry, not evaluated: an exception in the XP/2003 format")
        else:
            origin = Origin(source=key.origin.source, locator=f"{_label(key.path)} : {name}")
            yield parse_legacy_exception(name, data, applies, origin)


class _ProfileValues:
    """What has been read of one profile key; `settings` are fields of ProfileSettings."""

    def __init__(self, origin: Origin) -> None:
        self.origin = origin
        self.settings: dict[str, Any] = {}

    def add(self, key: RegistryKey, below: str) -> Iterator[Problem]:
        """Takes in a profile key, or the key `below` it (lower case)."""
        for name, data in key.values:
            field, read = _SETTINGS.get((below, name.casefold()), ("", _text))
            if not field:
                continue
            value = read(data)
            if value is None:
                yield _problem(key, name, data, "not a value Windows knows here: taken as absent")
            elif self.settings.setdefault(field, value) != value:
                yield _problem(key, name, data, "contradicts what was read before: the first stands")


def _number(data: RegistryData) -> int | None:
    """A DWORD, or one that somebody wrote as decimal or 0x text."""
    if isinstance(data, str) and re.fullmatch(
        r"\d{1,10}|0x[0-9a-f]{1,8}", data.strip(), re.IGNORECASE | re.ASCII
    ):
        return int(data, 16 if "x" in data.lower() else 10)
    return data if isinstance(data, int) else None


def _flag(data: RegistryData) -> bool | None:
    return _SWITCH.get(_number(data))


def _inverted_flag(data: RegistryData) -> bool | None:
    return _INVERTED_SWITCH.get(_number(data))


def _action(data: RegistryData) -> Action | None:
    return _ACTIONS.get(_number(data))


def _text(data: RegistryData) -> str | None:
    return data if isinstance(data, str) else None


def _interfaces(data: RegistryData) -> tuple[str, ...] | None:
    if isinstance(data, str):
        data = tuple(data.split(","))
    return tuple(filter(None, map(str.strip, data))) if isinstance(data, tuple) else None


_Setting = tuple[str, Callable[[RegistryData], Any]]
_SETTINGS: dict[tuple[str, str], _Setting] = {  # (key below the profile key, value) -> 1.3
    ("", "enablefirewall"): ("enabled", _flag),
    ("", "defaultinboundaction"): ("default_inbound", _action),
    ("", "defaultoutboundaction"): ("default_outbound", _action),
    ("", "donotallowexceptions"): ("block_all_inbound", _flag),
    ("", "allowlocalpolicymerge"): ("allow_local_rules", _flag),
    ("", "allowlocalipsecpolicymerge"): ("allow_local_ipsec_rules", _flag),
    ("", "disablenotifications"): ("notify_on_listen", _inverted_flag),
    ("", "disabledinterfaces"): ("disabled_interfaces", _interfaces),
    ("authorizedapplications", "allowuserprefmerge"): ("allow_user_apps", _flag),
    ("globallyopenports", "allowuserprefmerge"): ("allow_user_ports", _flag),
    ("logging", "logdroppedpackets"): ("log_dropped", _flag),
    ("logging", "logsuccessfulconnections"): ("log_allowed", _flag),
    ("logging", "logfilepath"): ("log_file", _text),
    ("logging", "logfilesize"): ("log_size_kb", _number),
}


def _label(path: str) -> str:
    """A path as short as it can be found by: from FirewallPolicy or WindowsFirewall on."""
    heads = (head for head in _HEADS if path.casefold().startswith(head.casefold() + "\\"))
    return path[len(next(heads, "")) :].lstrip("\\")


def _origin(key: RegistryKey) -> Origin:
    return Origin(source=key.origin.source, locator=_label(key.path))


def _problem(key: RegistryKey, name: str, data: RegistryData, reason: str) -> Problem:
    origin = Origin(source=key.origin.source, locator=f"{_label(key.path)} : {name}")
    return Problem(origin=origin, text=f"{name} = {data!r}"[:200], reason=reason)
