"""Which part of the product holds a socket, and which sockets that part is known to need."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import msgspec

from rules.case import Case
from rules.catalogue.model import CatalogueRow, PortKind
from rules.causes import Cause, Diagnosis
from rules.conflicts import has_channels
from rules.endpoints import Basis, Endpoint
from rules.paths import directory, file_name, folded
from scanner.model import ConfiguredEndpoint, EvidenceKind, Listener, PortState

Place = tuple[str, int]  # protocol and port
_LONGEST_SPAN = 64


class Holder(msgspec.Struct, frozen=True, kw_only=True):
    """A program of the product; `rows` are its rows, () for one that the catalogue does not know."""

    program: str
    rows: tuple[CatalogueRow, ...] = ()


class Holders:
    """Finds the catalogue rows behind sockets: by what the process serves, its path, or its directory."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._by_pid: dict[int, dict[str, CatalogueRow]] = defaultdict(dict)
        self._by_path: dict[str, dict[str, CatalogueRow]] = defaultdict(dict)
        for endpoint in case.endpoints:
            for listener in endpoint.listeners:
                if listener.pid is not None:
                    self._by_pid[listener.pid][endpoint.row.id] = endpoint.row
        for row in case.catalogue.rows:
            for process in case.installed(row).processes:
                self._by_pid[process.pid][row.id] = row
            if program := case.installed(row).program:
                for place in (folded(program), directory(program)):
                    self._by_path[place][row.id] = row
        self._below = f"{folded(case.install_directory)}\\" if case.install_directory else None

    def of(self, listener: Listener) -> Holder | None:
        """The part of the product that holds the socket; None for another's, and where nobody can tell.

        A program in a component's own directory counts as the component (contact-expert.md 1.9).
        """
        name = self._case.owners.name(listener)
        if name is None:
            return None
        rows = self._by_pid.get(listener.pid or 0) or self._named(name)
        if rows:
            return Holder(program=name, rows=tuple(rows.values()))
        is_below = self._below is not None and folded(name).startswith(self._below)
        return Holder(program=name) if is_below else None

    def _named(self, name: str) -> dict[str, CatalogueRow]:
        if "\\" in name:
            return self._by_path.get(folded(name)) or self._by_path.get(directory(name)) or {}
        executables = self._case.sightings.executables.get(name.casefold(), set())
        rows = self._case.catalogue.rows if len(executables) == 1 else ()
        return {row.id: row for row in rows if file_name(row.executable).casefold() == name.casefold()}


class Needs(msgspec.Struct, frozen=True, kw_only=True):
    """The sockets that a part of the product is known to need.

    Beside the `known` places: any port of the protocols in `anywhere`, and any of the host's dynamic range of
    those in `dynamic`. `doubt` says why they are not all known, "" where they are.
    """

    known: frozenset[Place]
    anywhere: frozenset[str]
    dynamic: frozenset[str]
    doubt: str


def needs(case: Case, holder: Holder) -> Needs:
    """What the rows of `holder` document, configure, or are already said to lack."""
    ids = {row.id for row in holder.rows}
    diagnosed = [pair for pair in case.port_diagnoses if pair[0].row.id in ids]
    known: set[Place] = {(port.protocol, port.port) for row in holder.rows for port in row.ports}
    for endpoint, _ in diagnosed:
        known |= _places(endpoint)
    return Needs(
        known=frozenset(known),
        anywhere=frozenset(_anywhere(diagnosed)),
        dynamic=frozenset(_dynamic(holder, diagnosed)),
        doubt=next(_doubts(case, holder, diagnosed), ""),
    )


def _doubts(case: Case, holder: Holder, diagnosed: list[tuple[Endpoint, Diagnosis]]) -> Iterator[str]:
    """Why more may be configured than was read: no configuration, or not all of it."""
    for _, diagnosis in diagnosed:
        if diagnosis.cause is Cause.UNDECIDED:
            yield diagnosis.reason
    for gap in case.snapshot.gaps:
        for row in holder.rows:
            kind = EvidenceKind.RECORDING_CHANNELS if has_channels(row) else EvidenceKind.CONFIGURED_PORTS
            if gap.kind is kind and gap.subject in ("", row.id):
                yield gap.reason


def _places(endpoint: Endpoint) -> set[Place]:
    protocol, configured = endpoint.slot.protocol, endpoint.slot.configured
    if configured is None:
        return {(protocol, endpoint.port)} if endpoint.port and endpoint.basis is Basis.OBSERVED else set()
    last = min(configured.port_end or configured.port, configured.port + _LONGEST_SPAN)
    return {(protocol, port) for port in range(configured.port, last + 1)} | _beside(configured)


def _beside(configured: ConfiguredEndpoint) -> set[Place]:
    """RTP keeps the port after a media port for RTCP; the recorders may use it (contact-expert.md 7.5)."""
    return {(configured.protocol, configured.port + 1)} if configured.purpose == "media" else set()


def _anywhere(diagnosed: list[tuple[Endpoint, Diagnosis]]) -> set[str]:
    """Protocols in which a finding already says that the part listens elsewhere than it should."""
    told = {
        endpoint.slot.protocol
        for endpoint, diagnosis in diagnosed
        if diagnosis.cause not in (Cause.NONE, Cause.UNDECIDED)
        and (diagnosis.cause is Cause.DYNAMIC or not endpoint.listeners)
    }
    # no place defines the ports of a row like the UCMA recorder's (A4)
    free = any(
        endpoint.row.defined_in is None and endpoint.row.kind is PortKind.NO_DEFAULT
        for endpoint, _ in diagnosed
    )
    return told | ({"tcp", "udp"} if free else set())


def _dynamic(holder: Holder, diagnosed: list[tuple[Endpoint, Diagnosis]]) -> set[str]:
    """Protocols in which Windows may choose ports for the part.

    For UDP that holds for every program, because a client's socket looks like a server's.
    """
    chosen = any(
        row.dynamic_app
        or row.kind in (PortKind.UNLISTED, PortKind.NO_DEFAULT)
        or "ucma" in row.executable.casefold()  # media of trusted applications (contact-expert.md 7.4)
        for row in holder.rows
    ) or any(endpoint.state is PortState.DYNAMIC for endpoint, _ in diagnosed)
    return {"udp", "tcp"} if chosen else {"udp"}
