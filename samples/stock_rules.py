"""Windows' own firewall rules as registry strings, expanded from the table in `stock_rules.txt`.

The tokens, their order and the per-profile twins follow windows-firewall.md 2.1 to 2.4. The table was
written by hand from general knowledge of Windows; names are indirect strings, as Windows stores them.
"""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

TABLE = Path(__file__).with_name("stock_rules.txt")
PROFILES = {"D": "Domain", "P": "Private", "U": "Public"}
KEYWORD_TOKENS = {
    "IPTLSIn": "2_10",
    "IPHTTPSIn": "2_10",
    "IPTLSOut": "2_10",
    "IPHTTPSOut": "2_10",
    "Ply2Disc": "2_20",
    "mDNS": "2_24",
}
_RANGE = re.compile(r"\d+-\d+")
REMOTE_KEYWORDS = {
    "LocalSubnet": ("RA4=LocalSubnet", "RA6=LocalSubnet"),
    "LocalSubnet6": ("RA6=LocalSubnet",),
    "PlayToDevice": ("RA42=Ply2Renders", "RA62=Ply2Renders"),
}
_OPTION = re.compile(r"(\w+)=(.*?)(?=\s+\w+=|$)")

NamedRule = tuple[str, str]  # registry value name, rule string


class Row(msgspec.Struct, frozen=True):
    """A line of the table with its group."""

    id: str
    group: str
    direction: str
    protocol: str
    profiles: str
    active: bool
    options: dict[str, str]


class Twin(msgspec.Struct, frozen=True):
    """One of the rules that a line becomes: suffix of its id, its profiles, whether kept to the subnet."""

    suffix: str
    profiles: str
    scoped: bool = False


def stock_rules(version: str, kind: str) -> tuple[NamedRule, ...]:
    """The rules of a fresh Windows of `kind` (server | client), in the schema it writes ("v2.29")."""
    return tuple(
        (row.id + twin.suffix, _text(version, row, twin))
        for row in _rows(TABLE.read_text(encoding="ascii"), kind)
        for twin in _twins(row.profiles, kind)
    )


def _rows(table: str, kind: str) -> list[Row]:
    rows, group, wanted = [], "", False
    for line in table.splitlines():
        if line.startswith("["):
            group, _, kinds = line[1:].partition("]")
            wanted = kind in kinds.split()
        elif wanted and line and not line.startswith("#"):
            rows.append(_row(line, group))
    return rows


def _row(line: str, group: str) -> Row:
    name, direction, protocol, profiles, state, rest = line.split(maxsplit=5)
    return Row(name, group, direction, protocol, profiles, state == "on", dict(_OPTION.findall(rest)))


def _twins(profiles: str, kind: str) -> tuple[Twin, ...]:
    if profiles == "*":
        return (Twin("", ""),)
    if profiles == "D/P/U":
        return (Twin("", "U", scoped=True), Twin("-Active", "P", scoped=True), Twin("-NoScope", "D"))
    if "+" not in profiles:
        return (Twin("", profiles),)
    if kind == "server":
        return (Twin("", ""),)
    unscoped, scoped = profiles.split("+")
    return (Twin("", scoped, scoped=True), Twin("-NoScope", unscoped))


def _text(version: str, row: Row, twin: Twin) -> str:
    options = {**row.options, "ra": "LocalSubnet"} if twin.scoped else row.options
    early, late = _extra(options.get("x", ""))
    tokens = [
        version,
        "Action=Allow",
        f"Active={str(row.active).upper()}",
        f"Dir={row.direction.capitalize()}",
        *([f"Protocol={row.protocol}"] if row.protocol != "*" else []),
        *(f"Profile={PROFILES[letter]}" for letter in twin.profiles),
        *_ports("LPort", options.get("l", "")),
        *_ports("RPort", options.get("r", "")),
        *([f"ICMP{'4' if row.protocol == '1' else '6'}={options['icmp']}"] if "icmp" in options else []),
        *(f"LA6={address}" for address in _items(options.get("la", ""))),
        *_remote(options.get("ra", "")),
        *([f"App={_program(options['app'])}"] if "app" in options else []),
        *([f"Svc={options['svc']}"] if "svc" in options else []),
        *_names(row.group, options),
        *early,
        f"EmbedCtxt={row.group}",
        *late,
    ]
    return "|".join(tokens) + "|"


def _extra(text: str) -> tuple[list[str], list[str]]:
    """Further tokens: those Windows writes before the group, those after it. An SDDL holds semicolons."""
    if text.startswith("LUAuth="):
        return [text], []
    return [], [token for token in text.split(";") if token]


def _names(group: str, options: dict[str, str]) -> list[str]:
    library = group.partition(",")[0]
    return [f"Name={library},-{options['n']}", f"Desc={library},-{options['d']}"]


def _items(text: str) -> list[str]:
    return text.split(",") if text else []


def _ports(token: str, text: str) -> list[str]:
    return [f"{token}{_carrier(port)}={port}" for port in _items(text)]


def _carrier(port: str) -> str:
    """The suffix of the token that carries this port: ranges and newer keywords came with later schemas."""
    return "2_10" if _RANGE.fullmatch(port) else KEYWORD_TOKENS.get(port, "")


def _remote(text: str) -> list[str]:
    return [token for item in _items(text) for token in REMOTE_KEYWORDS.get(item, (f"RA6={item}",))]


def _program(name: str) -> str:
    if name == "System" or name.startswith("%"):
        return name
    return rf"%SystemRoot%\system32\{name}.exe" if name == "svchost" else rf"%SystemRoot%\system32\{name}"
