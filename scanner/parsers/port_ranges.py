"""Dynamic and excluded port ranges from netsh, in any language (windows-firewall.md 5).

    Protocol tcp Dynamic Port Range
    ---------------------------------
    Start Port      : 49152
    Number of Ports : 16384

    Start Port    End Port
    ----------    --------
         50000       50059     *

The order of the numbers is fixed and "tcp" is not translated. The output does not say which IP version it is
about: only a command echoed before its section (`netsh int ipv6 show ...`) does, otherwise family is None.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from scanner.errors import ParseError
from scanner.facts import Fact
from scanner.model import DynamicRange, ExcludedRange, Origin
from scanner.parsers.lines import at_line, problem, split_lines

_HEADING_DASHES = re.compile(r"\s*-{10,}\s*")
_COLUMN_DASHES = re.compile(r"\s*-{4,}\s+-{4,}\s*")
_LABELLED = re.compile(r"\s*\S.*?[:：]\s*(\d{1,9})\s*")
_PAIR = re.compile(r"\s*(\d{1,9})\s+(\d{1,9})(\s+\*)?\s*")
_FAMILY = re.compile(r"\b(ipv[46])\b", re.IGNORECASE)
_PROTOCOL = re.compile(r"(?<![a-z])(tcp|udp)(?![a-z])", re.IGNORECASE)
_LAST_PORT = 65535


def looks_like_port_ranges(text: str) -> bool:
    """Whether the text holds a dynamic range or a table of exclusions under its dashes."""
    lines = split_lines(text)
    return _PROTOCOL.search(text) is not None and any(
        _is_dynamic(lines, number) or _is_table(lines, number) for number in range(len(lines))
    )


def parse_port_ranges(text: str, origin: Origin) -> Iterator[Fact]:
    """Every range of every section; one that names no protocol, or is no range, is a problem.

    Raises ParseError where the text has no such section.
    """
    if not looks_like_port_ranges(text):
        raise ParseError(f"{origin.source}: no port ranges as netsh prints them")
    lines = split_lines(text)
    protocol: str | None = None
    family: str | None = None
    in_table = False
    for number, line in enumerate(lines):
        pair = _PAIR.fullmatch(line) if in_table else None
        if pair:
            yield from _excluded(protocol, family, pair, at_line(origin, number + 1))
        elif _is_dynamic(lines, number):
            start, count = _labelled(lines, number)
            yield from _dynamic(protocol, family, start, count, at_line(origin, number + 1))
            protocol = family = None
        elif in_table and line.strip():
            in_table, protocol, family = False, None, None
        in_table = in_table or _is_table(lines, number)
        protocol = _named(_PROTOCOL, line) or protocol
        family = _named(_FAMILY, line) or family


def _named(pattern: re.Pattern[str], line: str) -> str | None:
    match = pattern.search(line)
    return match[1].lower() if match else None


def _is_dynamic(lines: list[str], number: int) -> bool:
    return _HEADING_DASHES.fullmatch(lines[number]) is not None and len(_labelled(lines, number)) == 2


def _labelled(lines: list[str], number: int) -> tuple[int, ...]:
    matches = (_LABELLED.fullmatch(line) for line in lines[number + 1 : number + 3])
    return tuple(int(match[1]) for match in matches if match)


def _is_table(lines: list[str], number: int) -> bool:
    """The dashes under two column heads, above rows of two numbers or the footer of an empty table."""
    if not number or _COLUMN_DASHES.fullmatch(lines[number]) is None:
        return False
    below = next((line for line in lines[number + 1 : number + 4] if line.strip()), "")
    return _PAIR.fullmatch(below) is not None or below.startswith("* -")


def _dynamic(
    protocol: str | None, family: str | None, start: int, count: int, origin: Origin
) -> Iterator[Fact]:
    text = f"{start} {count}"
    if protocol is None:
        yield problem(origin, text, "a dynamic range of neither tcp nor udp")
    elif not 0 < start <= start + count - 1 <= _LAST_PORT:
        yield problem(origin, text, "not a range of ports")
    else:
        yield DynamicRange(protocol=protocol, family=family, start=start, count=count, origin=origin)


def _excluded(
    protocol: str | None, family: str | None, pair: re.Match[str], origin: Origin
) -> Iterator[Fact]:
    start, end = int(pair[1]), int(pair[2])
    if protocol is None:
        yield problem(origin, pair[0], "an exclusion of neither tcp nor udp")
    elif not 0 < start <= end <= _LAST_PORT:
        yield problem(origin, pair[0], "not a range of ports")
    else:
        yield ExcludedRange(
            protocol=protocol,
            family=family,
            start=start,
            end=end,
            administered=pair[3] is not None,
            origin=origin,
        )
