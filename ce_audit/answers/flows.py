"""The flow list of `why --flows`: questions as CSV, perhaps with the answers expected (design.md 4)."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import TypeVar

import msgspec

from rules.firewall.addresses import read_address
from rules.firewall.flow import ANY_PROTOCOL, TCP, UDP, Flow
from rules.firewall.verdict import Outcome
from rules.owners import Owners
from scanner.errors import ConfigError
from scanner.model import Profile, Snapshot

T = TypeVar("T")

COLUMNS = (
    "name",
    "program",
    "service",
    "protocol",
    "local_port",
    "local_address",
    "remote_port",
    "remote_address",
    "profile",
    "expect",
)
_PROTOCOLS = {
    "": TCP,
    "tcp": TCP,
    "udp": UDP,
    "icmp": 1,
    "icmpv4": 1,
    "icmpv6": 58,
    "any": ANY_PROTOCOL,
}
_PROFILES = {"": None, **{name: Profile(name) for name in ("domain", "private", "public")}}
_EXPECTED = {"": None, **{outcome.value: outcome for outcome in Outcome}}
_HIGHEST_PROTOCOL = 255
_HIGHEST_PORT = 65535
_TYPO = 0.8  # likeness from which a column name is taken for a mistyped one of ours


class FlowRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the list: the flow, and the outcome the user expects of it (None if not said)."""

    flow: Flow
    expect: Outcome | None = None
    line: int


def read_flows(text: str, source: str) -> tuple[FlowRequest, ...]:
    """The requests in `text`, a CSV with a header line; `source` is named in errors.

    Columns come in any order and case; an absent one is empty everywhere, one that is not ours is ignored. An
    empty protocol is TCP; any other empty cell is unknown. Raises ConfigError with file and line for what
    cannot be read.
    """
    rows = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), skipinitialspace=True)
    requests: list[FlowRequest] = []
    header: list[str] = []
    try:
        for cells in rows:
            where = f"{source}:{rows.line_num}"
            if not any(cell.strip() for cell in cells):
                continue
            if not header:
                header = _header(cells, where)
            else:
                requests.append(flow_request(_row(header, cells, where), where, rows.line_num))
    except csv.Error as error:
        raise ConfigError(f"{source}:{rows.line_num}: not readable as CSV: {error}") from error
    if not requests:
        raise ConfigError(f"{source}: no flows; a flow list is a CSV with the columns {', '.join(COLUMNS)}")
    return tuple(requests)


def _header(cells: list[str], where: str) -> list[str]:
    names = [cell.strip().lower() for cell in cells]
    if not {"local_port", "protocol", "program"} & set(names):
        raise ConfigError(f"{where}: the first line must name columns out of {', '.join(COLUMNS)}")
    twice = next((name for name in names if name in COLUMNS and names.count(name) > 1), None)
    if twice:
        raise ConfigError(f"{where}: the column {twice} is named twice")
    for name in names:
        meant = get_close_matches(name, COLUMNS, n=1, cutoff=_TYPO) if name not in COLUMNS else ()
        if meant:  # a mistyped `expect` would pass a gate that checks nothing
            raise ConfigError(f"{where}: unknown column {name!r}; did you mean {meant[0]}?")
    return names


def _row(header: list[str], cells: list[str], where: str) -> Mapping[str, str]:
    if len(cells) > len(header):
        raise ConfigError(f"{where}: {len(cells)} cells, but the header names {len(header)} columns")
    return {name: cell.strip() for name, cell in zip(header, cells, strict=False)}


def flow_request(row: Mapping[str, str], where: str, line: int) -> FlowRequest:
    """One flow from its cells by column name, absent columns empty. Raises ConfigError naming `where`."""

    def cell(name: str) -> str:
        return row.get(name, "")

    return FlowRequest(
        flow=Flow(
            name=cell("name"),
            protocol=_protocol(cell("protocol"), where),
            local_port=_port(cell("local_port"), "local_port", where),
            remote_port=_port(cell("remote_port"), "remote_port", where),
            local_address=_address(cell("local_address"), "local_address", where),
            remote_address=_address(cell("remote_address"), "remote_address", where),
            program=cell("program") or None,
            service=cell("service") or None,
            profile=_word(cell("profile"), _PROFILES, "profile", where),
        ),
        expect=_word(cell("expect"), _EXPECTED, "expect", where),
        line=line,
    )


def with_listener(request: FlowRequest, snapshot: Snapshot) -> FlowRequest:
    """The request with the program that listens on its port, where none was stated and the evidence shows one
    only.
    """
    flow = request.flow
    name = {TCP: "tcp", UDP: "udp"}.get(flow.protocol)
    if flow.program or name is None or flow.local_port is None:
        return request
    owners = Owners(snapshot)
    programs = {owners.name(listener) for listener in owners.on_port(name, flow.local_port)}
    program = programs.pop() if len(programs) == 1 else None
    return msgspec.structs.replace(request, flow=msgspec.structs.replace(flow, program=program))


def _protocol(text: str, where: str) -> int:
    number = _number(text)
    if number is not None and number <= _HIGHEST_PROTOCOL:
        return number
    return _word(text, _PROTOCOLS, "protocol", where)


def _port(text: str, column: str, where: str) -> int | None:
    if not text:
        return None
    number = _number(text)
    if number is None or number > _HIGHEST_PORT:
        raise ConfigError(f"{where}: {column} {text!r} is not a port")
    return number


def _number(text: str) -> int | None:
    return int(text) if re.fullmatch(r"\d{1,5}", text, re.ASCII) else None


def _address(text: str, column: str, where: str) -> str | None:
    if text and read_address(text) is None:
        raise ConfigError(f"{where}: {column} {text!r} is not an IP address")
    return text or None


def _word(text: str, meanings: Mapping[str, T], column: str, where: str) -> T:
    known = text.lower()
    if known not in meanings:
        raise ConfigError(f"{where}: {column} {text!r} is none of {', '.join(filter(None, meanings))}")
    return meanings[known]
