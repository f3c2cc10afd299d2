"""The conditions of a firewall rule, each stated by a property of PowerShell's (windows-firewall.md 4.3).

A condition that no object stated is `unread`; what has no field of its own goes to `extra` under the
registry's token, a value that is not understood under PowerShell's name, as a condition nobody understood.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from scanner.model import Action, Direction, FirewallRule
from scanner.parsers.netfirewall_words import (
    ANY_PROTOCOL,
    TRUE_WORDS,
    Row,
    address_of,
    interface_types_of,
    port_of,
    protocol_of,
    text_of,
    texts_of,
    word_of,
    words_of,
)

# Fields of the rule (`extra` comes on top of its own), other conditions `settled`; None = still unread.
_Changes = dict[str, Any] | None
_Reader = Callable[[FirewallRule, Any, Row], _Changes]

_TCP_UDP = (6, 17)
_ICMP_TOKENS = {1: "ICMP4", 58: "ICMP6"}
_AUTHENTICATION: dict[str, tuple[tuple[str, str], ...]] = {
    **dict.fromkeys(("0", "notrequired"), ()),
    **dict.fromkeys(("1", "required"), (("Security", "Authenticate"),)),
    **dict.fromkeys(("2", "noencap"), (("Security", "Authenticate"), ("Security2_9", "An-NoEncap"))),
}
_ENCRYPTION: dict[str, tuple[tuple[str, str], ...]] = {
    **dict.fromkeys(("0", "notrequired"), ()),
    **dict.fromkeys(("1", "required"), (("Security", "AuthenticateEncrypt"),)),
    **dict.fromkeys(("2", "dynamic"), (("Security", "AuthenticateEncrypt"), ("Security2", "AnE-Nego"))),
}


def with_conditions(fw_rule: FirewallRule, row: Row) -> FirewallRule:
    """`fw_rule` with the unread conditions that `row` states: its own row, or that of one of its filters."""
    for condition, (properties, read) in _CONDITIONS.items():
        stated = next((name for name in properties if name in row), None)
        if condition not in fw_rule.unread or stated is None:
            continue
        changes = read(fw_rule, row[stated], row)
        if changes is not None:
            extra = (*fw_rule.extra, *changes.pop("extra", ()))
            settled = {condition, *changes.pop("settled", ())}
            unread = tuple(name for name in fw_rule.unread if name not in settled)
            fw_rule = msgspec.structs.replace(fw_rule, **{"extra": extra, "unread": unread, **changes})
    return fw_rule


def settles_a_condition(row: Row) -> bool:
    """Whether a row states any condition of a firewall rule."""
    return any(name in row for properties, _ in _CONDITIONS.values() for name in properties)


def _protocol(_rule: FirewallRule, value: object, row: Row) -> _Changes:
    """Only TCP and UDP have ports: PowerShell prints "RPC" as the port of an ICMP rule."""
    protocol = protocol_of(value)
    if protocol is None:
        word = word_of(value)
        return {"extra": (("Protocol", word),)} if word else None
    void: tuple[str, ...] = () if protocol in _ICMP_TOKENS else ("icmp",)
    void += () if protocol in _TCP_UDP else ("local_ports", "remote_ports")
    dynamic = word_of(row.get("dynamictarget", row.get("dynamictransport")))
    return {
        "protocol": None if protocol == ANY_PROTOCOL else protocol,
        "settled": void,
        "extra": () if dynamic in ("", "0", "any") else (("TTK", dynamic),),
    }


def _ports(field: str) -> _Reader:
    def read(_rule: FirewallRule, value: object, _row: Row) -> _Changes:
        words = words_of(value)
        return None if words is None else {field: tuple(map(port_of, words))}

    return read


def _addresses(field: str) -> _Reader:
    def read(_rule: FirewallRule, value: object, _row: Row) -> _Changes:
        words = words_of(value)
        return None if words is None else {field: tuple(map(address_of, words))}

    return read


def _icmp(fw_rule: FirewallRule, value: object, _row: Row) -> _Changes:
    """`3:4` as it stands, `8` with any code."""
    words = words_of(value)
    token = _ICMP_TOKENS.get(fw_rule.protocol or 0)
    if words is None or token is None:
        return None
    return {"extra": tuple((token, word if ":" in word else f"{word}:*") for word in words)}


def _program(_rule: FirewallRule, value: object, _row: Row) -> _Changes:
    text = text_of(value)
    return None if text is None else {"program": None if text.lower() == "any" else text}


def _service(_rule: FirewallRule, value: object, _row: Row) -> _Changes:
    """`Any` is read as no condition, the wider reading (3.5); `*` means services only."""
    text = text_of(value)
    return None if text is None else {"service": None if text.lower() == "any" else text}


def _package(_rule: FirewallRule, value: object, _row: Row) -> _Changes:
    text = text_of(value)
    if text is None or text.lower() == "any":
        return {}
    return {"extra": (("AppPkgId" if text.upper().startswith("S-1-") else "PFN", text),)}


def _interface_types(_rule: FirewallRule, value: object, _row: Row) -> _Changes:
    if not word_of(value) and words_of(value) is None:
        return None
    return {"extra": tuple(("IFType", word) for word in interface_types_of(value))}


def _interfaces(_rule: FirewallRule, value: object, _row: Row) -> _Changes:
    """Aliases, where the registry has GUIDs: they stay a condition nobody can test."""
    aliases = texts_of(value)
    return None if aliases is None else {"extra": tuple(("InterfaceAlias", alias) for alias in aliases)}


def _security(fw_rule: FirewallRule, value: object, row: Row) -> _Changes:
    """What IPsec must have done; override turns an inbound Allow into a bypass (4.3)."""
    authentication, encryption = word_of(value), word_of(row.get("encryption"))
    if not authentication or not encryption:
        return None
    required = _ENCRYPTION.get(encryption, (("Encryption", encryption),)) or _AUTHENTICATION.get(
        authentication, (("Authentication", authentication),)
    )
    people = ((row.get("remotemachine"), "RMAuth"), (row.get("remoteuser"), "RUAuth"))
    named = ((token, text_of(value)) for value, token in people)
    extra = (*required, *((token, text) for token, text in named if text and text.lower() != "any"))
    if word_of(row.get("overrideblockrules")) not in TRUE_WORDS or fw_rule.action is not Action.ALLOW:
        return {"extra": extra}
    if fw_rule.direction is Direction.OUT:
        return {"extra": (*extra, ("AuthByPassOut", "TRUE"))}
    return {"extra": extra, "action": Action.BYPASS}


def _user(_rule: FirewallRule, value: object, _row: Row) -> _Changes:
    text = text_of(value)
    return {} if text is None or text.lower() == "any" else {"extra": (("LUAuth", text),)}


# condition (a name of `FirewallRule.unread`) -> the properties that state it, and how; protocol first
_CONDITIONS: dict[str, tuple[tuple[str, ...], _Reader]] = {
    "protocol": (("protocol",), _protocol),
    "local_ports": (("localport",), _ports("local_ports")),
    "remote_ports": (("remoteport",), _ports("remote_ports")),
    "icmp": (("icmptype",), _icmp),
    "local_addresses": (("localaddress", "localip"), _addresses("local_addresses")),
    "remote_addresses": (("remoteaddress", "remoteip"), _addresses("remote_addresses")),
    "program": (("program", "apppath"), _program),
    "package": (("package",), _package),
    "service": (("service", "servicename"), _service),
    "interface_types": (("interfacetype",), _interface_types),
    "interfaces": (("interfacealias",), _interfaces),
    "security": (("authentication",), _security),
    "user": (("localuser",), _user),
}

CONDITION_NAMES = tuple(_CONDITIONS)  # what a rule is told without any of its filters
