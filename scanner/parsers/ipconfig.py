"""`ipconfig /all` in any language: the adapters with their addresses (windows-firewall.md 2.4, 3.4).

    Ethernet adapter Ethernet0:

       Link-local IPv6 Address . . . . . : fe80::28be:f53:739a:1eb6%5(Preferred)
       IPv4 Address. . . . . . . . . . . : 10.1.2.3(Preferred)
       Subnet Mask . . . . . . . . . . . : 255.255.255.0

Read by structure: an adapter's header stands at the margin and ends with a colon, what belongs to it is
indented with leaders of dots. An IPv4 address is one whose next line holds a mask; IPv6 keeps its name in
every language. The prefix length of IPv6 is not shown, so those addresses stand without one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address

import msgspec

from scanner.errors import ParseError
from scanner.model import Host, Interface, Origin, Problem
from scanner.parsers.lines import at_line, problem, split_lines

_HEADER = re.compile(r"(?P<name>\S[^\r\n]*?)[ \u00a0]?[:：]\s*")
_LEADER = re.compile(r"\.[ \u00a0]*[:：]")  # where the dots end; a label may hold a colon of its own
_NOTE = re.compile(r"\s*\([^)]*\)\s*$")  # (Preferred), (Bevorzugt), (préféré)
# What precedes an adapter's alias, in the languages that put the word "adapter" last before it, or first
_KIND = re.compile(
    r"""^(?:
        (?:Carte|Scheda|Karta|Adaptador(?:\ de)?|Адаптер)[ ]
        (?:Ethernet|PPP|Tunnel|LAN\ wireless|LAN\ inalámbrica|réseau\ sans\ fil|inconnue)
      | [^:]*?(?:adapter|adaptér|adattatore|bağdaştırıcı(?:sı)?|어댑터|适配器|介面卡|アダプター)
    )[ ]""",
    re.IGNORECASE | re.VERBOSE,
)
_HOST_NAME = re.compile(r"[\w-]{1,63}")
_HEAD_ENTRIES = 4  # lines about the host that /all begins with: name, suffix, node type, routing, proxy


def looks_like_ipconfig(text: str) -> bool:
    """True for adapters in ipconfig's shape: leaders of dots, and an address with its mask or an IPv6 one."""
    leaders = sum(". ." in line and _LEADER.search(line) is not None for line in split_lines(text))
    return leaders > 1 and any(found.addresses for found in _adapters(text, Origin(source="")))


def parse_ipconfig(text: str, origin: Origin) -> Iterator[Interface | Host | Problem]:
    """The host's name where the capture starts with it, and every adapter that has an address.

    The index is the zone of a link-local address, the alias what the header calls the adapter after its kind.
    In a language whose word for the kind we do not know it is the whole header, and an adapter without an
    index too is a Problem: taken for another interface it would have no profile. Disconnected adapters have
    no addresses and are left out. Raises ParseError where there is no adapter at all.
    """
    if not looks_like_ipconfig(text):
        raise ParseError(f"{origin.source}: not the output of ipconfig: no adapter with an address in it")
    name = _host_name(text)
    if name:
        yield Host(name=name)
    for adapter in _adapters(text, origin):
        if adapter.addresses and adapter.index is None and adapter.alias.endswith(":"):
            reason = "which interface this is cannot be told: bring Get-NetIPAddress as JSON instead"
            yield problem(adapter.origin, adapter.alias, reason)
        elif adapter.addresses:
            yield msgspec.structs.replace(adapter, alias=adapter.alias.rstrip(":"))


def _adapters(text: str, origin: Origin) -> Iterator[Interface]:
    """Every adapter, one without addresses too."""
    current: Interface | None = None
    entries: list[tuple[str, str]] = []
    for number, line in enumerate(split_lines(text), start=1):
        header = _HEADER.fullmatch(line)
        if header:
            if current:
                yield _with_addresses(current, entries)
            alias = _KIND.sub("", header["name"])
            alias = f"{alias}:" if alias == header["name"] else alias  # of an unknown kind
            current, entries = Interface(alias=alias, origin=at_line(origin, number)), []
        elif line[:1].isspace():
            entries.extend(_entry(line))
    if current:
        yield _with_addresses(current, entries)


def _entry(line: str) -> Iterator[tuple[str, str]]:
    """Label and value of an indented line; nothing for one that only continues a list."""
    leader = _LEADER.search(line)
    label, _, value = (line[: leader.start()], "", line[leader.end() :]) if leader else line.partition(":")
    if leader or value:
        yield label.strip(" .\u00a0"), _NOTE.sub("", value.strip())


def _with_addresses(adapter: Interface, entries: list[tuple[str, str]]) -> Interface:
    addresses: list[str] = []
    index = None
    for at, (label, value) in enumerate(entries):
        following = entries[at + 1][1] if at + 1 < len(entries) else ""
        prefix = _prefix(following) if _ipv4(value) else None
        if prefix is not None:
            addresses.append(f"{value}/{prefix}")
        elif "ipv6" in label.casefold() and (found := _ipv6(value)):
            address, _, zone = found.partition("%")
            addresses.append(address)
            index = int(zone) if zone.isdecimal() and len(zone) < 10 else index
    return Interface(alias=adapter.alias, index=index, addresses=tuple(addresses), origin=adapter.origin)


def _ipv4(text: str) -> IPv4Address | None:
    try:
        return IPv4Address(text)
    except ValueError:
        return None


def _prefix(text: str) -> int | None:
    """The prefix length of a mask, or None for anything else: an address is no run of ones."""
    mask = _ipv4(text)
    bits = f"{int(mask):032b}".rstrip("0") if mask else ""
    return len(bits) if bits and "0" not in bits else None


def _ipv6(text: str) -> str | None:
    """The address in its usual spelling, with its zone."""
    try:
        return str(IPv6Address(text))
    except ValueError:
        return None


def _host_name(text: str) -> str | None:
    """The first value before any adapter, where several stand there as in `/all`."""
    values: list[str] = []
    for line in split_lines(text):
        if _HEADER.fullmatch(line):
            break
        if ". ." in line:
            values.extend(value for _, value in _entry(line))
    named = len(values) >= _HEAD_ENTRIES and _HOST_NAME.fullmatch(values[0])
    return values[0] if named else None
