"""The structure of `netsh advfirewall firewall show rule` in any language (windows-firewall.md 4.1).

    Regelname:                               VagrantWinNFSd-1.4.0
    ----------------------------------------------------------------------
    Aktiviert:                               Ja

A block is a header, at least 30 dashes, and `label: value` lines in a constant order. The value column moves
with the language, long values are wrapped, ICMP types follow as an indented table. Which field a label names
is learnt from its place in whole blocks, so that no language has to be known and a block that was cut short
is still read.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

import msgspec

from scanner.parsers.lines import split_lines
from scanner.parsers.netsh_words import YES_NO

_LEAST_DASHES = 30
_DASHES = re.compile(rf"\s*-{{{_LEAST_DASHES},}}\s*")
_FIELD = re.compile(r"(\S[^:：]{0,79}?)\s?[:：](\s*)(.*)")
_LEAST_FIELDS = 5  # fewer lines with a label under the dashes are some other output
_WHOLE_BLOCK = 9  # the lines of the shortest rule; a blank line before them lies inside a description
_VALUE_COLUMN = 30  # a long label may leave one blank before its value, but not before this column
_HEADER_LINES = 130  # a name has at most 9,999 characters (windows-firewall.md 2.3)
_CONSOLE_WIDTH = 79  # a line this long was broken by the console, in the middle of a word

_HEAD = ("enabled", "direction", "profiles", "grouping", "local_ip", "remote_ip", "protocol")
_PORTS = ("local_port", "remote_port")
_VERBOSE_END = ("interface_types", "security", "source")
VERBOSE_ONLY = frozenset({"program", "service", *_VERBOSE_END})
ENGLISH_LABELS = {
    "description": "Description",
    "enabled": "Enabled",
    "direction": "Direction",
    "profiles": "Profiles",
    "grouping": "Grouping",
    "local_ip": "LocalIP",
    "remote_ip": "RemoteIP",
    "protocol": "Protocol",
    "local_port": "LocalPort",
    "remote_port": "RemotePort",
    "edge": "Edge traversal",
    "program": "Program",
    "service": "Service",
    "interface_types": "InterfaceTypes",
    "security": "Security",
    "source": "Rule source",
    "remote_computers": "RemoteComputerGroup",
    "remote_users": "RemoteUserGroup",
    "action": "Action",
}
_BY_ENGLISH_LABEL = {label.casefold(): name for name, label in ENGLISH_LABELS.items()}


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """One `label: value` line with the raw lines that follow it without a label of their own.

    `line` is its 1-based number, `width` the characters it took on the console, `printed` what stood behind
    the label up to there.
    """

    label: str
    printed: str
    line: int
    width: int
    more: tuple[str, ...] = ()

    @property
    def value(self) -> str:
        """What the line itself says, without the lines that continue it."""
        return self.printed.strip()


class Block(msgspec.Struct, frozen=True, kw_only=True):
    """One firewall rule as printed; `line` is the 1-based line of its header."""

    name: str
    line: int
    fields: tuple[Field, ...]


def rule_blocks(text: str) -> Iterator[Block]:
    """Every block shaped like a firewall rule; connection security rules and settings are passed over."""
    if "-" * _LEAST_DASHES not in text:
        return
    lines = split_lines(text)
    aligned = _is_aligned(lines)
    dashes = [number for number, line in enumerate(lines) if number and _DASHES.fullmatch(line)]
    starts = [_header_start(lines, number, aligned) for number in dashes]
    for number, start, end in zip(dashes, starts, [*starts, len(lines)][1:], strict=True):
        fields = _fields(lines, number + 1, end, aligned)
        if len(fields) >= _LEAST_FIELDS and not any(field.label == "Endpoint1" for field in fields):
            yield Block(name=_name(lines[start:number]), line=start + 1, fields=tuple(fields))


def learn_labels(blocks: Iterable[Block]) -> dict[str, str]:
    """What each label of a listing names: English ones are known, the others say it by their place."""
    votes: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for block in blocks:
        names = _layout(block) or ("",) * len(block.fields)
        for field, name in zip(block.fields, names, strict=True):
            votes[field.label][name] += bool(name)
    learnt = {label: count.most_common(1)[0][0] for label, count in votes.items()}
    return {label: _BY_ENGLISH_LABEL.get(label.casefold(), field) for label, field in learnt.items()}


def whole_value(field: Field) -> str:
    """A value with its wrapped lines, glued as they were where the console broke them."""
    return _join(field.printed, field.width, field.more)


def _join(value: str, width: int, more: Iterable[str]) -> str:
    parts = [value]
    for line in more:
        parts += [line] if width >= _CONSOLE_WIDTH else [parts.pop().rstrip(), f" {line.strip()}"]
        width = len(line)
    return "".join(parts).strip()


def _is_aligned(lines: list[str]) -> bool:
    """Whether values stand in a column; text pasted through a chat or a ticket may have lost it."""
    gaps = [match[2] for line in lines if (match := _FIELD.fullmatch(line)) and match[3]]
    return sum(len(gap) > 1 for gap in gaps) * 2 >= len(gaps)


def _field(line: str, aligned: bool) -> re.Match[str] | None:
    match = _FIELD.fullmatch(line)
    if match is None or not match[3] or len(match[2]) > 1:
        return match
    return match if match[2] and (not aligned or match.start(3) >= _VALUE_COLUMN) else None


def _header_start(lines: list[str], dashes: int, aligned: bool) -> int:
    """The first line of a header; a long name may be wrapped between it and the dashes."""
    for start in range(dashes - 1, max(dashes - _HEADER_LINES, -1), -1):
        if not lines[start].strip() or _DASHES.fullmatch(lines[start]):
            break
        if _field(lines[start], aligned):
            return start
    return dashes - 1


def _name(header: list[str]) -> str:
    first, *more = header
    match = _FIELD.fullmatch(first)
    return _join(first[match.start(3) :] if match else first, len(first), more)


def _fields(lines: list[str], start: int, end: int, aligned: bool) -> list[Field]:
    fields: list[Field] = []
    more: list[str] = []
    for number, line in enumerate(lines[start:end], start + 1):
        match = _field(line, aligned)
        if match is None and line.strip():
            more.append(line)
        elif match:
            _close(fields, more)
            more = []
            fields.append(Field(label=match[1], printed=line[match.start(3) :], line=number, width=len(line)))
        elif len(fields) >= _WHOLE_BLOCK:
            break
    return fields  # what follows the last field is netsh's "Ok." or the next command


def _close(fields: list[Field], more: list[str]) -> None:
    if fields and more:
        fields[-1] = msgspec.structs.replace(fields[-1], more=tuple(more))


def _layout(block: Block) -> tuple[str, ...]:
    """The field that each line of a block holds, by place; () where the block is not whole."""
    values = [field.value for field in block.fields]
    described = _description_lines(values)
    if described is None:
        return ()
    head = ("description",) * described + _HEAD
    ports = _PORTS if values[len(head) - 1].upper() in ("TCP", "UDP") else ()
    fixed = head + ports
    rest = values[len(fixed) :]
    if not rest:
        return ()
    return (*fixed, *_tail(rest[:-1]), "action")


def _description_lines(values: list[str]) -> int | None:
    """How many lines stand before "Enabled": a verbose listing may begin with a description (0 or 1)."""
    for offset in (0, 1):
        if len(values) > 6 + offset and _is_protocol(values[6 + offset]):
            return offset
    for offset in (0, 1):
        if len(values) > 6 + offset and values[offset].casefold() in YES_NO:
            return offset
    for offset in (0, 1):  # "Any" as the local address and as the protocol is the same word
        if len(values) > 6 + offset and values[4 + offset] == values[6 + offset] != "":
            return offset
    return None


def _is_protocol(value: str) -> bool:
    return value.upper() in ("TCP", "UDP", "ICMPV4", "ICMPV6") or value.isdecimal()


def _tail(values: list[str]) -> tuple[str, ...]:
    """The lines between the ports and the action: edge traversal and, when verbose, up to seven more."""
    if not values:
        return ()
    names = ["" if _is_sddl(value) else "?" for value in values[1:]]
    plain = [place for place, name in enumerate(names) if name]
    lead = len(plain) - len(_VERBOSE_END)
    if lead in (0, 1, 2):
        first = _lead(values[1 + plain[0]]) if lead == 1 else ("program", "service")[:lead]
        for place, name in zip(plain, (*first, *_VERBOSE_END), strict=True):
            names[place] = name
    return ("edge", *("" if name == "?" else name for name in names))


def _lead(value: str) -> tuple[str, ...]:
    """Program and service are printed only where the rule has them: a lone one is told by its value."""
    is_path = "\\" in value or "%" in value or value.casefold() == "system"
    return ("program",) if is_path else ("service",)


def _is_sddl(value: str) -> bool:
    """The authorised computers or users of an authenticated rule, which stand among the others."""
    return re.match(r"(O:|D:)\S*\(", value) is not None
