"""Profile settings from Get-NetFirewallProfile (windows-firewall.md 4.3).

    {"Name": "Domain", "Enabled": 1, "DefaultInboundAction": 4, "AllowLocalFirewallRules": 2}

A profile's `Enabled` is a GpoBoolean, 0 False, 1 True, 2 NotConfigured, unlike a rule's. NotConfigured leaves
the choice to another store or to Windows' default, so it is stated by nobody. ActiveStore shows what is in
force whichever store it came from: such settings have `Store.UNKNOWN`, which the judge believes before all
others. Beside Group Policy's rules alone they are Group Policy's; any other listing is the local store's, as
the cmdlet has it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from scanner.model import Action, Origin, Problem, Profile, ProfileSettings, Store
from scanner.parsers.lines import problem, whole_number
from scanner.parsers.netfirewall_words import Row, text_of, texts_of, unwrapped, word_of

_PROFILES = {profile.value: profile for profile in (Profile.DOMAIN, Profile.PRIVATE, Profile.PUBLIC)}
_BOOLEANS = {"0": False, "false": False, "1": True, "true": True}
_SILENT = ("2", "notconfigured")
_ACTIONS = {"2": Action.ALLOW, "allow": Action.ALLOW, "4": Action.BLOCK, "block": Action.BLOCK}
_SILENT_ACTIONS = ("0", "notconfigured")


def is_profile_row(row: Row) -> bool:
    """Whether a row is a firewall profile."""
    return "defaultinboundaction" in row and "name" in row and "direction" not in row


def is_silent(row: Row) -> bool:
    """True where a profile leaves something to another store, which ActiveStore never does."""
    booleans = (
        word_of(row.get(name)) for name in ("enabled", "allowinboundrules", "allowlocalfirewallrules")
    )
    action = word_of(row.get("defaultinboundaction"))
    return action in _SILENT_ACTIONS or any(word in _SILENT for word in booleans)


def read_profile(row: Row, store: Store, origin: Origin) -> ProfileSettings | Problem:
    """The settings of one profile of `store`, UNKNOWN for ActiveStore's.

    A property that was not selected, or whose value is not understood, is `unread`.
    """
    name = text_of(row.get("name")) or ""
    profile = _PROFILES.get(name.lower())
    if profile is None:
        return problem(origin, name, "not the name of a firewall profile")
    read = {field: _setting(row, *how) for field, how in _SETTINGS.items()}
    return ProfileSettings(
        store=store,
        profile=profile,
        unread=tuple(field for field, (_, known) in read.items() if not known),
        origin=origin,
        **{field: value for field, (value, known) in read.items() if known},
    )


_Read = Callable[[object], tuple[Any, bool]]  # the value, and whether it was understood


def _setting(row: Row, name: str, read: _Read) -> tuple[Any, bool]:
    return read(row[name]) if name in row else (None, False)


def _boolean(value: object) -> tuple[bool | None, bool]:
    word = word_of(value)
    return _BOOLEANS.get(word), word in _BOOLEANS or word in _SILENT


def _inverted(value: object) -> tuple[bool | None, bool]:
    found, known = _boolean(value)
    return (None if found is None else not found), known


def _action(value: object) -> tuple[Action | None, bool]:
    word = word_of(value)
    return _ACTIONS.get(word), word in _ACTIONS or word in _SILENT_ACTIONS


def _text(value: object) -> tuple[str | None, bool]:
    text = text_of(value)
    return (None if word_of(value) == "notconfigured" else text), True


def _size(value: object) -> tuple[int | None, bool]:
    return whole_number(text_of(value) or ""), True


def _interfaces(value: object) -> tuple[tuple[str, ...] | None, bool]:
    """Aliases, where the other sources have GUIDs: any alias leaves open which interface is meant."""
    if not unwrapped(value) or word_of(value) == "notconfigured":
        return None, True
    named = texts_of(value)
    return (), named == ()


_SETTINGS: dict[str, tuple[str, _Read]] = {
    "enabled": ("enabled", _boolean),
    "default_inbound": ("defaultinboundaction", _action),
    "default_outbound": ("defaultoutboundaction", _action),
    "block_all_inbound": ("allowinboundrules", _inverted),
    "allow_local_rules": ("allowlocalfirewallrules", _boolean),
    "allow_local_ipsec_rules": ("allowlocalipsecrules", _boolean),
    "allow_user_apps": ("allowuserapps", _boolean),
    "allow_user_ports": ("allowuserports", _boolean),
    "notify_on_listen": ("notifyonlisten", _boolean),
    "disabled_interfaces": ("disabledinterfacealiases", _interfaces),
    "log_dropped": ("logblocked", _boolean),
    "log_allowed": ("logallowed", _boolean),
    "log_file": ("logfilename", _text),
    "log_size_kb": ("logmaxsizekilobytes", _size),
}
