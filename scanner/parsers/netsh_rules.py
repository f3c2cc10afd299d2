"""Firewall rules from `netsh advfirewall firewall show rule name=all [verbose]` (windows-firewall.md 4.1).

    Rule Name:                            Core Networking - DNS (UDP-Out)
    ----------------------------------------------------------------------
    Enabled:                              Yes

The listing has no rule ids and display names repeat, so a rule is `netsh-<ordinal>`. It shows the local store
unless a verbose one names another source. Without `verbose` there is no program, service, interface type or
security: those are `unread`, not "any". A word whose meaning is not certain is never guessed: direction and
action stay None, keywords stay as printed, and any other goes to `extra` under netsh's English label, as a
condition nobody understood. One problem names each such word, not one per rule.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TypeVar

import msgspec

from scanner.errors import ParseError
from scanner.facts import Fact
from scanner.model import FirewallRule, Origin, Problem, Profile, Store
from scanner.parsers.lines import at_line, problem, whole_number
from scanner.parsers.netsh_blocks import (
    ENGLISH_LABELS,
    VERBOSE_ONLY,
    Block,
    Field,
    learn_labels,
    rule_blocks,
    whole_value,
)
from scanner.parsers.netsh_language import Fields, Language, learn_language
from scanner.parsers.netsh_words import ACTION, LOCAL_SOURCE, NO_RULES, YES_NO

_T = TypeVar("_T")

_UNREAD = ("program", "service", "interface_types", "security")
_PROTOCOLS = {"TCP": 6, "UDP": 17, "ICMPV4": 1, "ICMPV6": 58}
_ICMP_TOKENS = {1: "ICMP4", 58: "ICMP6"}
_ALWAYS = ("enabled", "direction", "profiles", "local_ip", "remote_ip", "protocol", "action")
_PORTS = ("local_port", "remote_port")
_PORT = re.compile(r"\d+(-\d+)?")
_ADDRESS = re.compile(r"(?=[A-Fa-f/-]*[0-9:.])[0-9A-Fa-f:./-]+")
# netsh's spellings -> the registry's (windows-firewall.md 2.3); IPHTTPS has lost its direction on the way
_KEYWORDS = {
    "local_port": ("RPC", "RPC-EPMap", "Teredo", "Ply2Disc", "mDNS", "DHCP"),
    "remote_port": (),
    "local_ip": (),
    "remote_ip": ("LocalSubnet", "DNS", "DHCP", "WINS", "DefaultGateway", "Internet", "Intranet"),
}
_IP_HTTPS = {"local_port": "IPHTTPSIn", "remote_port": "IPHTTPSOut"}
_EDGE = {
    "defer to application": (("Edge", "TRUE"), ("Defer", "App")),
    "defer to user": (("Edge", "TRUE"), ("Defer", "User")),
}
_INTERFACE_TYPES = {"lan": "Lan", "wireless": "Wireless", "ras": "RemoteAccess"}
_SECURITY = {
    "authenticate": (("Security", "Authenticate"),),
    "authenc": (("Security", "AuthenticateEncrypt"),),
    "authdynenc": (("Security", "AuthenticateEncrypt"), ("Security2", "AnE-Nego")),
    "authnoencap": (("Security", "Authenticate"), ("Security2_9", "An-NoEncap")),
}
_PLAIN_EXTRA = {
    "description": "Desc",
    "grouping": "EmbedCtxt",
    "remote_computers": "RMAuth",
    "remote_users": "RUAuth",
}


def looks_like_netsh_rules(text: str) -> bool:
    """Whether the text holds a block of a firewall rule, or says that no rule matched."""
    return next(rule_blocks(text), None) is not None or _says_no_rules(text)


def parse_netsh_rules(text: str, origin: Origin) -> Iterator[Fact]:
    """Every firewall rule of the listing in order, each before its problems; nothing if no rule matched.

    Raises ParseError where the text is no such listing.
    """
    blocks = list(rule_blocks(text))
    if not blocks and not _says_no_rules(text):
        raise ParseError(f"{origin.source}: no firewall rule as netsh advfirewall prints it")
    labels = learn_labels(blocks)
    rows = [_by_name(block, labels) for block in blocks]
    language = learn_language(rows)
    reported: set[tuple[str, str]] = set()
    for ordinal, (block, fields) in enumerate(zip(blocks, rows, strict=True), 1):
        reading = _Reading(origin, block, fields, language)
        yield reading.fw_rule(f"netsh-{ordinal}")
        fresh = {(item.text, item.reason): item for item in reading.problems}
        yield from (item for word, item in fresh.items() if word not in reported)
        reported |= fresh.keys()


def _says_no_rules(text: str) -> bool:
    return any(phrase in text[:1000].casefold() for phrase in NO_RULES)


def _by_name(block: Block, labels: Mapping[str, str]) -> dict[str, Field]:
    """The fields of a block by name, or by label where that is unknown; the first of repeated ones."""
    return {labels[field.label] or field.label: field for field in reversed(block.fields)}


class _Reading:
    """One block being read; collects what no field of a FirewallRule holds and what was not understood."""

    def __init__(self, origin: Origin, block: Block, fields: Fields, language: Language) -> None:
        self._origin = origin
        self._block = block
        self._fields = fields
        self._language = language
        self._extra: list[tuple[str, str]] = []
        self.problems: list[Problem] = []

    def fw_rule(self, rule_id: str) -> FirewallRule:
        """The rule; afterwards `problems` says what of it was not understood."""
        protocol = self._protocol()
        self._note_missing(protocol)
        return FirewallRule(
            id=rule_id,
            store=self._store(),
            active=self._active(),
            action=self._word("action", ACTION),
            direction=self._word("direction", self._language.direction),
            profiles=self._profiles(),
            protocol=protocol,
            local_ports=self._list("local_port", _PORT),
            remote_ports=self._list("remote_port", _PORT),
            local_addresses=self._list("local_ip", _ADDRESS),
            remote_addresses=self._list("remote_ip", _ADDRESS),
            program=self._optional("program"),
            service=self._optional("service"),
            name=self._block.name,
            extra=(*self._extra, *self._icmp(protocol), *self._tokens()),
            unread=_UNREAD if VERBOSE_ONLY.isdisjoint(self._fields) else (),
            origin=at_line(self._origin, self._block.line),
        )

    def _value(self, name: str) -> str:
        return whole_value(self._fields[name]) if name in self._fields else ""

    def _report(self, name: str, text: str, reason: str, *, contained: bool = False) -> None:
        line = self._fields[name].line if name in self._fields else self._block.line
        found = problem(at_line(self._origin, line), text, reason)
        self.problems.append(msgspec.structs.replace(found, contained=contained))

    def _unknown(self, name: str, text: str) -> None:
        """The rule keeps the word as a condition nobody understood, but for the two that have a field."""
        contained = name not in ("direction", "action")
        self._report(name, text, f"not a known word for {ENGLISH_LABELS[name]}", contained=contained)

    def _note_missing(self, protocol: int | None) -> None:
        """A block that was cut short: an absent line is not an absent condition."""
        expected = _ALWAYS + _PORTS if protocol in (6, 17) else _ALWAYS
        for name in expected:
            if name not in self._fields:
                self._extra.append((ENGLISH_LABELS[name], ""))
                self._report(name, self._block.name, f"the rule has no line for {ENGLISH_LABELS[name]}")

    def _word(self, name: str, meanings: Mapping[str, _T]) -> _T | None:
        value = self._value(name)
        meaning = meanings.get(value.casefold())
        if value and meaning is None:
            self._unknown(name, value)
        return meaning

    def _active(self) -> bool:
        """Unknown counts as enabled under a condition nobody understood: neither reading is then certain."""
        active = self._word("enabled", YES_NO)
        if active is None and "enabled" in self._fields:
            self._extra.append(("Enabled", self._value("enabled")))
        return active is not False

    def _store(self) -> Store:
        named_otherwise = "source" in self._fields and self._value("source").casefold() not in LOCAL_SOURCE
        return Store.UNKNOWN if named_otherwise else Store.LOCAL

    def _profiles(self) -> tuple[Profile, ...]:
        value = self._value("profiles")
        if not value or self._language.is_any(value):
            return ()
        words = [word.strip() for word in value.split(",")]
        profiles = tuple(self._language.profile.get(word.casefold()) for word in words)
        known = tuple(profile for profile in profiles if profile is not None)
        if len(known) == len(words):
            return known
        self._unknown("profiles", value)
        self._extra.append(("Profiles", value))
        return ()

    def _protocol(self) -> int | None:
        # the first line alone: an ICMP table may follow
        value = self._fields["protocol"].value if "protocol" in self._fields else ""
        if not value or self._language.is_any(value):
            return None
        number = whole_number(value)
        if number is not None and number < 256:
            return number
        if value.upper() not in _PROTOCOLS:
            self._unknown("protocol", value)
            self._extra.append(("Protocol", value))
        return _PROTOCOLS.get(value.upper())

    def _list(self, name: str, literal: re.Pattern[str]) -> tuple[str, ...]:
        value = self._value(name)
        if not value or self._language.is_any(value):
            return ()
        return tuple(self._item(name, item.strip(), literal) for item in value.split(",") if item.strip())

    def _item(self, name: str, item: str, literal: re.Pattern[str]) -> str:
        if literal.fullmatch(item):
            return item
        if item.casefold() == "iphttps" and name in _IP_HTTPS:
            return _IP_HTTPS[name]
        for keyword in _KEYWORDS[name]:
            if item.casefold() == keyword.casefold():
                return keyword
        self._unknown(name, item)
        return item

    def _optional(self, name: str) -> str | None:
        value = self._value(name)
        return None if self._language.is_any(value) else value or None

    def _icmp(self, protocol: int | None) -> Iterator[tuple[str, str]]:
        """The table below the protocol: a heading, then type and code per line; any type is no condition."""
        token = _ICMP_TOKENS.get(protocol or 0, "")
        for row in self._fields["protocol"].more[1:] if token else ():
            kind, *code = ("*" if self._language.is_any(word) else word for word in row.split())
            if len(code) != 1 or not all(word == "*" or word.isdecimal() for word in (kind, *code)):
                self._report("protocol", row, "not an ICMP type and code")
                yield token, row.strip()
            elif kind != "*":
                yield token, f"{kind}:{code[0]}"

    def _tokens(self) -> Iterator[tuple[str, str]]:
        """Every line that has no field of its own, as the registry's tokens where netsh's value has one."""
        for name, field in self._fields.items():
            value = whole_value(field)
            if name in _PLAIN_EXTRA and value:
                yield _PLAIN_EXTRA[name], value
            elif name == "edge":
                yield from self._edge(value)
            elif name == "interface_types":
                yield from self._interface_types(value)
            elif name == "security":
                yield from self._security(value)
            elif name not in ENGLISH_LABELS and value:
                self._report(name, f"{name}: {value}", "a line of unknown meaning")
                yield name, value

    def _edge(self, value: str) -> tuple[tuple[str, str], ...]:
        """Never decides a match (windows-firewall.md 2.6), so an unknown word is kept without a problem."""
        known = YES_NO.get(value.casefold())
        if known is not None:
            return (("Edge", "TRUE"),) if known else ()
        return _EDGE.get(value.casefold(), (("Edge", value),))

    def _interface_types(self, value: str) -> Iterator[tuple[str, str]]:
        if self._language.is_any(value):
            return
        for word in value.split(","):
            token = _INTERFACE_TYPES.get(word.strip().casefold())
            if token is None:
                self._unknown("interface_types", word)
            yield "IFType", token or word.strip()

    def _security(self, value: str) -> tuple[tuple[str, str], ...]:
        """An unknown word may as well mean that nothing is required, so it is not the registry's token."""
        if value.casefold() in self._language.not_required:
            return ()
        if value.casefold() not in _SECURITY:
            self._unknown("security", value)
        return _SECURITY.get(value.casefold(), (("netsh Security", value),))
