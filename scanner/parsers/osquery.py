r"""Tables of osquery as `osqueryi --json` prints them, every value a string (windows-firewall.md 4.6).

    [{"pid": "4", "port": "445", "protocol": "6", "family": "2", "address": "0.0.0.0", "fd": "0", ...}]

listening_ports does not drop established IPv6 connections on Windows, so of its IPv6 TCP rows only those
bound to `::` are listeners for sure; process_open_sockets has the state. windows_firewall_rules shows neither
ids nor stores nor all conditions; the registry table has the rules as Windows stores them.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from scanner.errors import ParseError
from scanner.facts import Fact
from scanner.model import Listener, Origin, Process, Service
from scanner.parsers.lines import problem, whole_number
from scanner.parsers.osquery_firewall import read_firewall_rule
from scanner.parsers.osquery_registry import read_registry
from scanner.registry_key import RegistryKey

_Row = Mapping[str, str]
_Found = Fact | RegistryKey
_Reader = Callable[[Sequence[_Row], Origin], Iterator[_Found]]

_TRANSPORTS = {"6": "tcp", "17": "udp"}
_IPV6 = ("23", "10")
_LAST_PORT = 65535
_START_MODES = {"auto_start": "auto", "demand_start": "manual", "disabled": "disabled"}


def looks_like_osquery(text: str) -> bool:
    """Whether the text is a JSON array of string rows of one of the known tables."""
    try:
        return _reader(_rows(text)) is not None
    except ParseError:
        return False


def parse_osquery(text: str, origin: Origin) -> Iterator[_Found]:
    """The facts of every row in order, registry rows as keys; a row that cannot be read is a problem.

    Raises ParseError where the text is no array of rows of a known table.
    """
    rows = _rows(text)
    read = _reader(rows)
    if read is None:
        raise ParseError(f"{origin.source}: JSON, but of no known osquery table")
    whole: list[_Row] = []
    for number, row in enumerate(rows, 1):
        if _is_row(row):
            whole.append({**row, _PLACE: f"item {number}"})
        else:
            yield problem(_at(origin, f"item {number}"), repr(row), "not a row of an osquery table")
    yield from read(whole, origin)


_PLACE = ""  # the name under which a row carries its place; no column is called so


def _rows(text: str) -> list[Any]:
    if text.lstrip()[:1] != "[":
        raise ParseError("not a JSON array")
    try:
        return list(msgspec.json.decode(text))
    except (msgspec.DecodeError, RecursionError) as error:
        raise ParseError(f"not JSON: {error}") from error


def _is_row(row: object) -> bool:
    return isinstance(row, dict) and all(isinstance(value, str) for value in row.values())


def _reader(rows: list[Any]) -> _Reader | None:
    first = rows[0] if rows and _is_row(rows[0]) else {}
    return next((read for columns, read in _TABLES if columns <= first.keys()), None)


def _at(origin: Origin, place: str) -> Origin:
    return Origin(source=origin.source, locator=place)


def _place(row: _Row, origin: Origin) -> Origin:
    return _at(origin, row[_PLACE])


def _listening_ports(rows: Sequence[_Row], origin: Origin) -> Iterator[_Found]:
    doubtful = 0
    for row in rows:
        protocol = _TRANSPORTS.get(row.get("protocol", ""))
        if protocol is None or row.get("port") == "0":
            continue  # another transport, or a socket without a port
        if protocol == "tcp" and row.get("family") in _IPV6 and not _is_wildcard(row.get("address", "")):
            doubtful += 1
            continue
        yield _listener(protocol, row.get("address", ""), row.get("port", ""), row, origin)
    if doubtful:
        reason = (
            "listening_ports keeps established IPv6 connections on Windows, so these rows may be listeners "
            "or not: query process_open_sockets with its state column"
        )
        yield problem(origin, f"{doubtful} IPv6 TCP rows bound to one address", reason)


def _open_sockets(rows: Sequence[_Row], origin: Origin) -> Iterator[_Found]:
    for row in rows:
        protocol = _TRANSPORTS.get(row.get("protocol", ""))
        listens = row["state"].upper() == "LISTEN" if row.get("state") else row.get("remote_port") == "0"
        if protocol and row.get("local_port") != "0" and (protocol == "udp" or listens):
            yield _listener(protocol, row.get("local_address", ""), row.get("local_port", ""), row, origin)


def _listener(protocol: str, address: str, port: str, row: _Row, origin: Origin) -> Fact:
    host, number = _address(address), whole_number(port)
    if host is None or number is None or not 0 < number <= _LAST_PORT:
        return problem(_place(row, origin), _shown(row), "no listening address and port")
    pid = whole_number(row.get("pid", ""))  # -1 where osquery could not tell
    return Listener(protocol=protocol, address=host, port=number, pid=pid, origin=_place(row, origin))


def _processes(rows: Sequence[_Row], origin: Origin) -> Iterator[_Found]:
    for row in rows:
        pid, name = whole_number(row["pid"]), row["name"].strip()
        if pid is None or not name:
            yield problem(_place(row, origin), _shown(row), "a process without its id or name")
        else:
            yield Process(pid=pid, name=name, path=row["path"].strip() or None, origin=_place(row, origin))


def _services(rows: Sequence[_Row], origin: Origin) -> Iterator[_Found]:
    for row in rows:
        if not row["name"].strip():
            yield problem(_place(row, origin), _shown(row), "a service without its name")
            continue
        start = row["start_type"].strip().lower()
        yield Service(
            name=row["name"].strip(),
            display_name=row.get("display_name") or None,
            path=row.get("path") or None,
            state=row["status"].strip().lower() or None,
            start_mode=_START_MODES.get(start, start) or None,
            pid=whole_number(row.get("pid", "")) or None,  # 0 means that it does not run
            origin=_place(row, origin),
        )


def _rules(rows: Sequence[_Row], origin: Origin) -> Iterator[_Found]:
    for ordinal, row in enumerate(rows, 1):
        yield read_firewall_rule(row, ordinal, _place(row, origin))


_TABLES: tuple[tuple[frozenset[str], _Reader], ...] = (
    (frozenset({"pid", "protocol", "local_address", "local_port", "remote_port"}), _open_sockets),
    (frozenset({"pid", "protocol", "address", "port", "family"}), _listening_ports),
    (frozenset({"name", "app_name", "action", "enabled", "direction", "protocol"}), _rules),
    (frozenset({"name", "service_type", "status", "start_type"}), _services),
    (frozenset({"key", "path", "name", "type", "data"}), read_registry),
    (frozenset({"pid", "name", "path"}), _processes),
)


def _shown(row: _Row) -> str:
    return ", ".join(f"{name}={value}" for name, value in row.items() if name != _PLACE and value)


def _is_wildcard(address: str) -> bool:
    return _address(address) in ("::", "0.0.0.0")  # noqa: S104 - what osquery reports


def _address(text: str) -> str | None:
    try:
        return str(ipaddress.ip_address(text.partition("%")[0]))
    except ValueError:
        return None
