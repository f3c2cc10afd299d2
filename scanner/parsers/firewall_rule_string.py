"""The rule string in which Windows stores a firewall rule (windows-firewall.md section 2).

    v2.30|Action=Allow|Active=TRUE|Dir=In|Protocol=6|Profile=Domain|LPort=9999|RA4=LocalSubnet|Name=CE naming|

The version at its head is kept as the first entry of `extra`, `("version", "2.30")`; a part without `=` as
`("", text)`. A second value for a field that can hold one, and a value that cannot be read (`Profile=Foo`),
stay in `extra` under their own name: a judge then sees a condition it does not understand, not a wider rule.

Address keywords get PowerShell's spelling and the family of their token:

    LocalSubnet DNS DHCP WINS DefaultGateway CaptivePortal: the same, with 4 or 6
    IntErnet: Internet, IntrAnet: Intranet, RmtIntrAnet: IntranetRemoteAccess, Ply2Renders: PlayToDevice
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache, partial
from itertools import takewhile
from typing import Any

from scanner.model import Action, Direction, FirewallRule, Origin, Problem, Profile, Store

_HEAD = re.compile(r"[vV](\d{1,3}\.\d{1,3})", re.ASCII)
_PORT_SPAN = re.compile(r"(\d{1,5})(?:\s*-\s*(\d{1,5}))?", re.ASCII)
_PORT_TOKEN = re.compile(r"[lr]port(?:2_\d{1,3})?", re.ASCII)
_ADDRESS_TOKEN = re.compile(r"[lr]a([46])2?", re.ASCII)

_ON_WITHOUT_ACTIVE = (Store.WSH_STATIC, Store.WSH_CONFIGURABLE)
_WRITTEN_VERSION = "2.24"  # the first schema that knows every token render_rule_string chooses by itself
_ICMP = ("icmp4", "icmp6")
_INTERFACES = ("if", "iftype")
_LONGEST_REMEMBERED = 4096  # characters; hostile strings must not fill the memory of read tokens

_ACTIONS = {"allow": Action.ALLOW, "block": Action.BLOCK, "bypass": Action.BYPASS}
_ACTION_WORDS = {Action.ALLOW: "Allow", Action.BLOCK: "Block", Action.BYPASS: "ByPass"}
_DIRECTIONS = {"in": Direction.IN, "out": Direction.OUT}
_FLAGS = {"true": True, "false": False}
_PROFILES = {profile.value: profile for profile in (Profile.DOMAIN, Profile.PRIVATE, Profile.PUBLIC)}
_PROTOCOLS = {"tcp": 6, "udp": 17, "icmpv4": 1, "icmpv6": 58}
_NOISE = re.compile(r"\A[\s=]+")
_PROTOCOL_NUMBER = re.compile(r"\d{1,3}", re.ASCII)
_HIGHEST_PROTOCOL = 255

# Keyword -> suffix of the LPort/RPort token that carries it (2.3); none where that is UNCONFIRMED.
_PORT_KEYWORDS = {
    "RPC": "",
    "RPC-EPMap": "",
    "Teredo": "",
    "IPTLSIn": "2_10",
    "IPTLSOut": "2_10",
    "IPHTTPSIn": "2_10",
    "IPHTTPSOut": "2_10",
    "DHCP": "2_20",
    "Ply2Disc": "2_20",
    "mDNS": "2_24",
    "CortanaOut": "",
    "TcpCDPSvc": "",
}
_PORT_SPELLING = {word.lower(): word for word in _PORT_KEYWORDS}

# Registry keyword -> (PowerShell's keyword, suffix of the RA4/RA6 token that carries it).
_ADDRESS_KEYWORDS = {
    "LocalSubnet": ("LocalSubnet", ""),
    "DNS": ("DNS", ""),
    "DHCP": ("DHCP", ""),
    "WINS": ("WINS", ""),
    "DefaultGateway": ("DefaultGateway", ""),
    "IntErnet": ("Internet", "2"),
    "IntrAnet": ("Intranet", "2"),
    "RmtIntrAnet": ("IntranetRemoteAccess", "2"),
    "Ply2Renders": ("PlayToDevice", "2"),
    "CaptivePortal": ("CaptivePortal", "2"),
}
_ADDRESS_SPELLING = {
    known.lower(): spelling for word, (spelling, _) in _ADDRESS_KEYWORDS.items() for known in (word, spelling)
}
_ADDRESS_TOKENS = {
    spelling + family: (family + suffix, word)
    for word, (spelling, suffix) in _ADDRESS_KEYWORDS.items()
    for family in ("4", "6")
}


def parse_rule_string(rule_id: str, text: str, store: Store, origin: Origin) -> FirewallRule | Problem:
    """The firewall rule stored under the value name `rule_id` (windows-firewall.md 2.1 to 2.4).

    Lenient on all that real strings do to the published grammar. Without `Active` a rule is off, but on in
    the service-hardening stores (3.8). Only a string without a version head is a Problem; a missing or odd
    Action or Dir leaves the field None for the judge to report.
    """
    head, *tokens = text.split("|")
    version = _HEAD.fullmatch(head.strip())
    if version is None:
        return Problem(origin=origin, text=text[:200], reason="not a firewall rule: no version at its head")
    read = _read_token if len(text) <= _LONGEST_REMEMBERED else _read_token.__wrapped__
    fields: dict[str, Any] = {}
    more: dict[str, list[Any]] = {}
    extra: list[tuple[str, str]] = [("version", version[1])]
    for token in filter(None, tokens):
        field, value = read(token)
        if field == "extra":
            extra.append(value)
        elif field not in fields:
            fields[field] = value
        elif type(value) is tuple:  # collected in lists: a sum of tuples would be quadratic
            more.setdefault(field, []).extend(value)
        else:
            extra.append(_pair(token))
    for field, values in more.items():
        fields[field] += tuple(values)
    fields.setdefault("action", None)
    fields.setdefault("direction", None)
    if "active" not in fields:
        fields["active"] = store in _ON_WITHOUT_ACTIVE or any(name.lower() == "active" for name, _ in extra)
    return FirewallRule(id=rule_id, store=store, origin=origin, extra=tuple(extra), **fields)


@lru_cache(maxsize=16384)
def _read_token(token: str) -> tuple[str, Any]:
    """The FirewallRule field that `token` fills and its value; what fills none is an entry of `extra`."""
    name, text = _pair(token)
    field, read = _field_of(name)
    value = read(text) if read else None
    return ("extra", (name, text)) if value is None else (field, value)


@lru_cache(maxsize=1024)  # hosts know some forty token names; only hostile strings know more
def _field_of(name: str) -> tuple[str, Callable[[str], Any] | None]:
    """The field that tokens called `name` fill and how their text is read; None where they fill none."""
    entry: Callable[[str], str]
    known = name.strip().lower()
    if known == "name":
        return "name", lambda text: text or None
    if known in _READERS:
        read = _READERS[known]
        return _FIELDS[known], lambda text: read(_bare(text))
    if _PORT_TOKEN.fullmatch(known):
        field, entry = _FIELDS[known.rstrip("0123456789_")], _port
    elif _ADDRESS_TOKEN.fullmatch(known):
        field, entry = _FIELDS[known[:2]], partial(_address, family=known[2])
    else:
        return "", None
    return field, lambda text: tuple(map(entry, _entries(text))) or None


def _pair(token: str) -> tuple[str, str]:
    """Name and text of a token; a part without `=` has no name (2.1)."""
    name, equals, text = token.partition("=")
    return (name, text) if equals else ("", token)


def _entries(text: str) -> Iterator[str]:
    """The parts of a comma list; shipped strings write one though the grammar repeats the token."""
    return filter(None, map(_bare, text.split(",")))


def _bare(text: str) -> str:
    """A value without blanks around it and without the stray `=` of shipped strings (`Svc==Name`)."""
    return _NOISE.sub("", text).rstrip()


def _port(entry: str) -> str:
    span = _PORT_SPAN.fullmatch(entry)
    if span is None:
        return _PORT_SPELLING.get(entry.lower(), entry)
    return "-".join(str(int(port)) for port in span.groups() if port)


def _address(entry: str, family: str) -> str:
    keyword = _ADDRESS_SPELLING.get(entry.lower())
    return entry if keyword is None else keyword + family


def _profiles(text: str) -> tuple[Profile, ...] | None:
    profiles = [_PROFILES.get(word.strip().lower()) for word in text.split(",")]
    return tuple(filter(None, profiles)) if all(profiles) else None


def _protocol(text: str) -> int | None:
    number = _PROTOCOLS.get(text.lower())
    if number is None and _PROTOCOL_NUMBER.fullmatch(text) and int(text) <= _HIGHEST_PROTOCOL:
        return int(text)
    return number


_READERS: dict[str, Callable[[str], Any]] = {
    "action": lambda text: _ACTIONS.get(text.lower()),
    "active": lambda text: _FLAGS.get(text.lower()),
    "dir": lambda text: _DIRECTIONS.get(text.lower()),
    "profile": _profiles,
    "protocol": _protocol,
    "app": lambda text: text or None,
    "svc": lambda text: text or None,
}
_FIELDS = {
    "action": "action",
    "active": "active",
    "dir": "direction",
    "profile": "profiles",
    "protocol": "protocol",
    "app": "program",
    "svc": "service",
    "lport": "local_ports",
    "rport": "remote_ports",
    "la": "local_addresses",
    "ra": "remote_addresses",
}


def render_rule_string(fw_rule: FirewallRule) -> str:
    """The string Windows would store for `fw_rule`, tokens in the order of 2.1: undoes parse_rule_string.

    Each port and address keyword is written under the token that carries it. `extra` keeps its order: ICMP
    and interface conditions that lead it stand before the program, the rest after the name.
    """
    version, extra = _version_and_rest(fw_rule.extra)
    icmp = tuple(takewhile(lambda pair: pair[0].lower() in _ICMP, extra))
    interfaces = tuple(takewhile(lambda pair: pair[0].lower() in _INTERFACES, extra[len(icmp) :]))
    tokens = (
        f"v{version}",
        *_stated(("Action", fw_rule.action and _ACTION_WORDS[fw_rule.action])),
        f"Active={str(fw_rule.active).upper()}",
        *_stated(("Dir", fw_rule.direction and fw_rule.direction.value.title())),
        *_stated(("Protocol", fw_rule.protocol)),
        *(f"Profile={profile.value.title()}" for profile in fw_rule.profiles),
        *(_port_token("LPort", port) for port in fw_rule.local_ports),
        *(_port_token("RPort", port) for port in fw_rule.remote_ports),
        *(_extra_token(*pair) for pair in icmp),
        *(token for address in fw_rule.local_addresses for token in _address_tokens("LA", address)),
        *(token for address in fw_rule.remote_addresses for token in _address_tokens("RA", address)),
        *(_extra_token(*pair) for pair in interfaces),
        *_stated(("App", fw_rule.program), ("Svc", fw_rule.service), ("Name", fw_rule.name or None)),
        *(_extra_token(*pair) for pair in extra[len(icmp) + len(interfaces) :]),
    )
    return "|".join(tokens) + "|"


def _version_and_rest(extra: tuple[tuple[str, str], ...]) -> tuple[str, tuple[tuple[str, str], ...]]:
    if extra and extra[0][0] == "version":
        return extra[0][1], extra[1:]
    return _WRITTEN_VERSION, extra


def _stated(*pairs: tuple[str, str | int | None]) -> Iterator[str]:
    return (f"{name}={value}" for name, value in pairs if value is not None)


def _port_token(name: str, port: str) -> str:
    span = _PORT_SPAN.fullmatch(port)
    carrier = "2_10" if span and span[2] else _PORT_KEYWORDS.get(port, "")
    return f"{name}{carrier}={port}"


def _address_tokens(side: str, address: str) -> Iterator[str]:
    """One token, or two for a keyword without a family, which is what netsh and PowerShell print for both."""
    for spelling in (address, address + "4", address + "6"):
        if spelling in _ADDRESS_TOKENS:
            family, word = _ADDRESS_TOKENS[spelling]
            yield f"{side}{family}={word}"
        elif spelling == address and address + "4" not in _ADDRESS_TOKENS:
            yield f"{side}{'6' if ':' in address else '4'}={address}"
            return


def _extra_token(name: str, text: str) -> str:
    return text if text and not name and "=" not in text else f"{name}={text}"
