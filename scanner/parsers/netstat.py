"""Listening sockets from `netstat -an` with any further switch, in any language (windows-firewall.md 4.5).

      Proto  Local Address          Foreign Address        State           PID
      TCP    0.0.0.0:135            0.0.0.0:0              LISTENING       1712
      RpcSs
     [svchost.exe]
      UDP    [fe80::43d:e812%13]:1900  *:*                                    15976

A TCP socket listens if its foreign port is 0, whatever the translated state says; only the states that are
known to be something else (BOUND of `netstat -q`, and the rest of the English list) are excepted. UDP has no
state. `-b` puts the owner below its row, of which only the bracketed image is a fact.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

import msgspec

from scanner.errors import ParseError
from scanner.facts import Fact
from scanner.model import Listener, Origin
from scanner.parsers.lines import at_line, problem, split_lines, whole_number

_MARK = r"(?:> ?)?"  # Select-String -Context marks its matches so
_ENDPOINT = r"\S{1,90}:\S{1,20}"
_ROW = re.compile(
    rf"{_MARK}\s*(TCP|UDP)(?:v[46])?\s+({_ENDPOINT})\s+({_ENDPOINT})(?:\s+(.*))?", re.IGNORECASE
)
_BROKEN_ROW = re.compile(rf"{_MARK}\s*(?:TCP|UDP)\s+\S{{1,90}}:\S", re.IGNORECASE)
_SNIFF = re.compile(
    rf"^{_MARK}[ \t]*(?:TCP|UDP)(?:v[46])?[ \t]+\S{{1,90}}:\d+[ \t]+\S{{1,90}}:[\d*]",
    re.IGNORECASE | re.MULTILINE,
)
_OWNER = re.compile(r"\s*\[([^\[\]]+)\]\s*")
_CONSOLE_WIDTH = 79  # a row this long may have been broken by the console
_LONGEST_ROW = 300
_NOT_LISTENING = re.compile(
    r"BOUND|CLOSED|SYN_SENT|SYN_RECEIVED|ESTABLISHED|FIN_WAIT_[12]|CLOSE_WAIT|CLOSING|LAST_ACK|TIME_WAIT|DELETE_TCB",
    re.IGNORECASE,
)


class _Row(msgspec.Struct, frozen=True):
    line: int  # 1-based
    text: str
    protocol: str
    local: str
    foreign: str
    rest: str
    image: str | None


def looks_like_netstat(text: str) -> bool:
    """Whether a line of the text is a row of netstat's table."""
    return _SNIFF.search(text) is not None


def parse_netstat(text: str, origin: Origin) -> Iterator[Fact]:
    """Every listener in order; a row that cannot be read is a problem.

    Raises ParseError where the text has no row of netstat's at all.
    """
    if not looks_like_netstat(text):
        raise ParseError(f"{origin.source}: no socket as netstat -an prints it")
    lines = _mended(split_lines(text))
    for place, (number, line) in enumerate(lines):
        match = _ROW.fullmatch(line.rstrip())
        if match:
            image = _image(lines, place + 1)
            protocol, local, foreign, rest = match[1].lower(), match[2], match[3], match[4] or ""
            row = _Row(number, line, protocol, local, foreign, rest, image)
            yield from _listener(row, at_line(origin, number))
        elif _BROKEN_ROW.match(line):
            yield problem(at_line(origin, number), line, "a socket without its foreign address")


def _mended(lines: list[str]) -> list[tuple[int, str]]:
    """Numbered lines, with rows glued again that the console broke at its width."""
    mended: list[tuple[int, str]] = []
    for number, line in enumerate(lines, 1):
        if mended and _continues(mended[-1][1], line):
            first, text = mended.pop()
            mended.append((first, text + line))
        else:
            mended.append((number, line))
    return mended


def _continues(row: str, line: str) -> bool:
    if not _CONSOLE_WIDTH <= len(row) <= _LONGEST_ROW or not line.strip() or not _BROKEN_ROW.match(row):
        return False
    if _BROKEN_ROW.match(line) or (row[-1].isdecimal() and not line.strip().isdecimal()):
        return False  # the next row, or what follows a row that ends in its PID
    return line[0] not in " >" or line.strip().isdecimal()


def _image(lines: list[tuple[int, str]], start: int) -> str | None:
    """The owner's image among the lines up to the next row; components and excuses have no brackets."""
    for place in range(start, len(lines)):
        line = lines[place][1]
        if _BROKEN_ROW.match(line):
            return None
        owner = _OWNER.fullmatch(line)
        if owner:
            return owner[1].strip()
    return None


def _listener(row: _Row, origin: Origin) -> Iterator[Fact]:
    if row.protocol == "tcp" and not _listens(row):
        return
    address, port = _split(row.local)
    if address is None or port is None:
        reason = "an address or port given by name: capture with netstat -ano"
        yield problem(origin, row.text, reason)
        return
    numbers = (whole_number(word) for word in row.rest.split())
    pid = next((number for number in numbers if number is not None), None)
    yield Listener(protocol=row.protocol, address=address, port=port, pid=pid, image=row.image, origin=origin)


def _listens(row: _Row) -> bool:
    foreign_port = row.foreign.rpartition(":")[2]
    state = row.rest.split(maxsplit=1)[0] if row.rest else ""
    return foreign_port in ("0", "*") and not _NOT_LISTENING.fullmatch(state)


def _split(endpoint: str) -> tuple[str | None, int | None]:
    """Address without brackets and zone, and port; None for what is a name or no number of a port."""
    host, _, port = endpoint.rpartition(":")
    host = host.strip("[]").partition("%")[0]
    try:
        address = str(ipaddress.ip_address(host))
    except ValueError:
        return None, None
    number = whole_number(port)
    return address, number if number and number <= 65535 else None
