"""The vendor's ini files, whose keys nothing public shows (contact-expert.md 3.3).

[Listener]
Port = 25
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from scanner.model import ConfiguredEndpoint, PortState
from scanner.parsers.port_names import is_foreign, port_prefix
from scanner.parsers.port_reading import PortReading, port_number

_ENTRY = re.compile(r"\s*([^=;#\[][^=]*?)\s*=\s*(.*?)\s*(?:[;#].*)?\Z")
_SECTION = re.compile(r"\s*\[([^\]]*)\]")


def parse_ini_port(text: str, count: int = 1) -> PortReading:
    """The ports of the one component that the file belongs to; lines that are no entry are passed over.

    Only a key that plainly means a port of the program itself counts. No such key, a value that is no port,
    or more ports than the component has (`count`) is `NOT_DETERMINABLE`.
    """
    return _reading(_port_values(text), count, "the file holds no key that plainly is a port")


def parse_ini_key(text: str, section: str, key: str, count: int = 1) -> PortReading:
    """The same where the site file says under which key the port stands; case does not count."""
    wanted = (section.strip().casefold(), key.strip().casefold())
    values = [value for place, name, value in _entries(text) if (place.casefold(), name.casefold()) == wanted]
    return _reading(values, count, "the file holds no such key as the site file names")


def _reading(values: Sequence[str], count: int, nothing: str) -> PortReading:
    ports = dict.fromkeys(port_number(value) for value in values)
    if not ports:
        return _unknown(nothing)
    if None in ports or 0 in ports:
        return _unknown("what stands for a port is not a number from 1 to 65535")
    if len(ports) > count:
        return _unknown(f"the file states {len(ports)} ports, more than can be told apart")
    endpoints = tuple(ConfiguredEndpoint(protocol="tcp", port=port) for port in ports if port)
    return PortReading(state=PortState.STATIC, endpoints=endpoints)


def _port_values(text: str) -> list[str]:
    values: list[str] = []
    for section, key, value in _entries(text):
        prefix = port_prefix(key)
        if prefix is not None and not is_foreign(prefix) and not is_foreign(section):
            values.append(value)
    return values


def _entries(text: str) -> Iterator[tuple[str, str, str]]:
    """Section ("" before the first), key and value of every entry, without blanks and quotes around them."""
    place = ""
    for line in text.splitlines():
        section, entry = _SECTION.match(line), _ENTRY.match(line)
        if section:
            place = section[1].strip()
        elif entry:
            yield place, entry[1], entry[2].strip("\"'")


def _unknown(reason: str) -> PortReading:
    return PortReading(state=PortState.NOT_DETERMINABLE, reason=reason)
