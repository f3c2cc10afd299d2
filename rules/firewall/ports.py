"""Port conditions of a firewall rule, keywords included (windows-firewall.md 2.4 and 3.9)."""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

from rules.firewall.flow import TCP, UDP
from rules.firewall.truth import FALSE, TRUE, UNKNOWN, Truth
from scanner.model import DynamicRange

Span = tuple[int, int]

HIGHEST_PORT = 65535
EVERY_PORT: Span = (0, HIGHEST_PORT)
MOST_PORTS = 16  # of one component's rule; who names more means no single component
DEFAULT_DYNAMIC: Span = (49152, HIGHEST_PORT)  # windows-firewall.md 5
_NUMBERS = re.compile(r"\s*(\d{1,4000})\s*(?:-\s*(\d{1,4000})\s*)?", re.ASCII)  # int() refuses more

# Windows asks the feature which ports it uses now; off line the usual ones stand for it (3.9).
_USUAL = {
    "rpc-epmap": (135,),
    "iptlsin": (443,),
    "iphttpsin": (443,),
    "iphttps": (443,),
    "iptlsout": (443,),
    "iphttpsout": (443,),
    "teredo": (3544,),
    "ply2disc": (1900,),
    "mdns": (5353,),
    "dhcp": (68, 546),
    "tcpcdpsvc": (5040,),
}
_NEEDS_PROTOCOL = {"rpc": TCP, "rpc-epmap": TCP, "teredo": UDP}
_OUTBOUND_ONLY = frozenset({"iptlsout", "iphttpsout", "cortanaout"})


class PortSet(msgspec.Struct, frozen=True):
    """Ports that match for sure, those of run-time RPC servers, and words nobody can resolve."""

    spans: tuple[Span, ...]
    rpc: bool
    unresolved: tuple[str, ...]
    usual: tuple[str, ...]  # keywords read by their usual ports, for the trace

    def holds(self, port: int) -> Truth:
        """Whether `port` matches, leaving the RPC keyword aside."""
        for low, high in self.spans:
            if low <= port <= high:
                return TRUE
        return UNKNOWN if self.unresolved else FALSE

    def reach(self, dynamic: tuple[Span, ...]) -> tuple[Span, ...]:
        """Every port that may match, as merged spans in order."""
        if self.unresolved:
            return (EVERY_PORT,)
        return merged((*self.spans, *dynamic) if self.rpc else self.spans)


def read_ports(entries: Iterable[str]) -> PortSet:
    """The condition that the port entries of one side of a firewall rule make."""
    spans: list[Span] = []
    unresolved: list[str] = []
    usual: list[str] = []
    rpc = False
    for entry in entries:
        word = entry.lower()
        numbers = read_port_span(entry)
        if numbers is not None:
            spans.append(numbers)
        elif word == "rpc":
            rpc = True
        elif word in _USUAL:
            usual.append(entry)
            spans.extend((port, port) for port in _USUAL[word])
        else:
            unresolved.append(entry)
    return PortSet(merged(spans), rpc, tuple(unresolved), tuple(usual))


def read_port_span(entry: str) -> Span | None:
    """First and last port of "80" or "5000-5010"; None for a keyword."""
    numbers = _NUMBERS.fullmatch(entry)
    return numbers and (int(numbers[1]), int(numbers[2] or numbers[1]))


def is_keyword(entry: str) -> bool:
    return read_port_span(entry) is None


def port_fault(entry: str, protocol: int | None, *, outbound: bool, remote: bool) -> str:
    """Why `entry` makes its firewall rule malformed for sure (2.3), "" if it does not."""
    span = read_port_span(entry)
    if span is None:
        return _keyword_fault(entry, protocol, outbound=outbound, remote=remote)
    if span[0] > span[1]:
        return f"the port range {entry} runs backward"
    return f"{entry} is not a port" if span[1] > HIGHEST_PORT else ""


def _keyword_fault(entry: str, protocol: int | None, *, outbound: bool, remote: bool) -> str:
    word = entry.lower()
    needed = None if remote else _NEEDS_PROTOCOL.get(word)
    if needed not in (None, protocol):
        return f"the port keyword {entry} is only for {'TCP' if needed == TCP else 'UDP'}"
    if word in _OUTBOUND_ONLY:
        return "" if outbound else f"the port keyword {entry} is only for outbound rules"
    if outbound and not remote and (word == "rpc" or word in _USUAL):
        return f"the port keyword {entry} is only for inbound rules"
    return ""


def count(entries: Iterable[str]) -> int:
    """How many ports the numbers and ranges of a rule name; keywords count as what they usually stand for."""
    return sum(high - low + 1 for low, high in read_ports(entries).spans)


def merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The same ports as disjoint spans in ascending order; touching spans become one."""
    result: list[Span] = []
    for low, high in sorted(spans):
        if result and low <= result[-1][1] + 1:
            result[-1] = (result[-1][0], max(result[-1][1], high))
        else:
            result.append((low, high))
    return tuple(result)


def dynamic_ports(ranges: Iterable[DynamicRange], family: int | None) -> tuple[Span, ...]:
    """The TCP ports Windows hands out at run time, Windows' default where the evidence names none (5).

    `family` None asks for those of both families.
    """
    wanted = [
        (found.start, found.start + found.count - 1)
        for found in ranges
        if found.protocol.lower() == "tcp" and _speaks_of(found.family, family)
    ]
    return merged(wanted) if wanted else (DEFAULT_DYNAMIC,)


def _speaks_of(named: str | None, family: int | None) -> bool:
    return named is None or family is None or named.endswith(str(family))
