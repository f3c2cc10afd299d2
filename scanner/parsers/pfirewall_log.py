"""Windows Firewall's own log, `pfirewall.log`: what it dropped on its way in (windows-firewall.md 1.3).

    #Software: Microsoft Windows Firewall
    #Time Format: Local
    #Fields: date time action protocol src-ip dst-ip src-port dst-port size tcpflags ... path
    2026-03-01 08:05:57 DROP TCP 10.1.1.5 10.1.2.3 52133 9901 52 S 1640769051 0 65535 - - - RECEIVE

Hundreds of megabytes are normal where nobody set a limit, so lines are counted as they pass and never kept.
The firewall logs only where told to, and writes one line for many packets under load: no line is no proof.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from ipaddress import ip_address

from scanner.errors import ParseError
from scanner.model import DroppedPackets, Origin, Problem
from scanner.parsers.lines import at_line, problem, whole_number

_HEAD = re.compile(r"\s*(?:#[^\n]*\n\s*)*?#Software:[ \t]*Microsoft Windows Firewall\b", re.IGNORECASE)
_FIELDS = "#fields:"
_TIME_FORMAT = "#time format:"
_NEEDED = ("date", "time", "action", "protocol", "src-ip", "dst-port", "path")
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_CLOCK = re.compile(r"\d\d:\d\d:\d\d", re.ASCII)
_LAST_PORT = 65535
_MOST_SOURCES = 20  # named; all are counted
_LOST = "INFO-EVENTS-LOST"


def looks_like_pfirewall_log(text: str) -> bool:
    """True where the header names Windows Firewall as the writer."""
    return _HEAD.match(text) is not None


def parse_pfirewall_log(text: str, origin: Origin) -> Iterator[DroppedPackets | Problem]:
    """One fact for each protocol (TCP, UDP) and local port to which incoming packets were dropped, in order.

    Times are as the host's clock showed them, without a zone, since the log names none; with "Z" where its
    header says UTC. Lines that cannot be read are one Problem with the first of them; so are events that the
    firewall says it lost. Raises ParseError where the header is missing.
    """
    if not looks_like_pfirewall_log(text):
        raise ParseError(f"{origin.source}: not a log of Windows Firewall: its header is missing")
    log = _Log(origin)
    for number, line in enumerate(_lines(text), start=1):
        if line.startswith("#"):
            log.header(line)
        elif " DROP " in line or _LOST in line:
            log.line(number, line)
    yield from log.facts()


def _lines(text: str) -> Iterator[str]:
    """One after the other: a list of all of them would cost more than the log."""
    start = 0
    while start < len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        yield text[start:end]
        start = end + 1


class _Drops:
    """What was dropped on its way to one port."""

    def __init__(self) -> None:
        self.first, self.last = "9", ""
        self.sources: Counter[str] = Counter()

    def add(self, moment: str, source: str) -> None:
        self.first, self.last = min(self.first, moment), max(self.last, moment)
        self.sources[source] += 1


class _Log:
    """A log as it is read: where its fields stand, and what was counted so far."""

    def __init__(self, origin: Origin) -> None:
        self._origin = origin
        self._places: list[int] = []
        self._zone = ""
        self._drops: dict[tuple[str, int], _Drops] = {}
        self._unread: tuple[int, str] | None = None
        self._unread_count = self._lost = 0

    def header(self, line: str) -> None:
        text = line.strip().casefold()
        if text.startswith(_FIELDS):
            names = text.removeprefix(_FIELDS).split()
            known = all(name in names for name in _NEEDED)
            self._places = [names.index(name) for name in _NEEDED] if known else []
        elif text.startswith(_TIME_FORMAT):
            self._zone = "Z" if text.removeprefix(_TIME_FORMAT).strip() in ("utc", "gmt") else ""

    def line(self, number: int, line: str) -> None:
        try:
            words = line.split()
            day, clock, action, protocol, source, port, path = [words[place] for place in self._places]
            if action == _LOST:
                self._lost += 1
            elif action == "DROP" and path == "RECEIVE" and protocol in ("TCP", "UDP"):
                self._count(day, clock, protocol.lower(), source, whole_number(port))
        except (IndexError, ValueError):
            self._unread_count += 1
            self._unread = self._unread or (number, line)

    def _count(self, day: str, clock: str, protocol: str, source: str, port: int | None) -> None:
        if port is None or port > _LAST_PORT or not (_DAY.fullmatch(day) and _CLOCK.fullmatch(clock)):
            raise ValueError
        drops = self._drops.get((protocol, port))
        if drops is None or source not in drops.sources:
            ip_address(source)
        drops = self._drops.setdefault((protocol, port), drops or _Drops())
        drops.add(f"{day}T{clock}{self._zone}", source)

    def facts(self) -> Iterator[DroppedPackets | Problem]:
        for (protocol, port), drops in sorted(self._drops.items()):
            often = sorted(drops.sources.items(), key=lambda found: (-found[1], found[0]))
            yield DroppedPackets(
                protocol=protocol,
                port=port,
                count=drops.sources.total(),
                first_seen=drops.first,
                last_seen=drops.last,
                source_count=len(often),
                sources=tuple(source for source, _ in often[:_MOST_SOURCES]),
                origin=Origin(source=self._origin.source, locator=f"{protocol} {port}"),
            )
        if self._unread:
            number, line = self._unread
            reason = f"{self._unread_count} lines could not be read, of which this is the first"
            yield problem(at_line(self._origin, number), line, reason)
        if self._lost:
            reason = f"the firewall lost events {self._lost} times: more was dropped than is counted"
            yield problem(self._origin, _LOST, reason)
