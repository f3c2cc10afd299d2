"""What is wrong with a catalogue that loads: rows that contradict each other or can never apply."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from itertools import combinations

from rules.catalogue.model import Catalogue, CatalogueRow, Definition, PortKind
from scanner.locations import LocationKind

_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_EXECUTABLE = re.compile(r"""(?:[^\\/:"<>|?*]+\\)*[^\\/:"<>|?*]+\.exe""", re.IGNORECASE)
_PATH = re.compile(r"""(?:[^\\/:"<>|?*]+\\)*[^\\/:"<>|?*]+""")
_NEEDED = {
    LocationKind.TAO: ("key", "value"),
    LocationKind.REGISTRY_NUMBER: ("key", "value"),
    LocationKind.XML: ("path",),
    LocationKind.INI: ("path",),
    LocationKind.TOMCAT: ("path",),
    LocationKind.CHANNELS: ("recorder",),
}


def lint(catalogue: Catalogue, stated: Container[str] = ()) -> tuple[str, ...]:
    """Every complaint, each naming its row; empty for a sound catalogue.

    `stated` are ids of rows that a site file states: it is itself the place that defines their ports.
    """
    rows = (*_repeated(catalogue), *_single(catalogue, stated))
    return (*rows, *_alternatives(catalogue), *_collisions(catalogue))


def _repeated(catalogue: Catalogue) -> Iterator[str]:
    for field in ("id", "row"):
        seen: set[object] = set()
        for row in catalogue.rows:
            value = getattr(row, field)
            if value in seen:
                yield f"{row.id}: {field} {value} is used twice"
            seen.add(value)


def _single(catalogue: Catalogue, stated: Container[str]) -> Iterator[str]:
    for row in catalogue.rows:
        placed = row.defined_in is not None or row.id in stated
        complaints = (*_identity(row), *_ports(row), *_definition(row, placed), *_footnotes(row, catalogue))
        yield from (f"{row.id}: {complaint}" for complaint in complaints)


def _identity(row: CatalogueRow) -> Iterator[str]:
    if not _ID.fullmatch(row.id):
        yield "the id is not in kebab-case"
    if not _EXECUTABLE.fullmatch(row.executable) or ".." in row.executable:
        yield "the executable is not a .exe below the install directory"
    if not row.impact.strip():
        yield "no impact is stated"
    if not row.sources:
        yield "no source may ever connect"


def _ports(row: CatalogueRow) -> Iterator[str]:
    if row.kind == PortKind.STATIC and not row.ports:
        yield "static without a port: the row can never apply"
    if row.kind != PortKind.STATIC and row.ports:
        yield f"{row.kind} with ports: which of the two holds?"
    if row.removed and row.dynamic_app:
        yield "a removed row expects nothing, so it has no dynamic application"
    for port in row.ports:
        if port.protocol not in ("tcp", "udp") or not 1 <= port.port <= 65535:
            yield f"{port.protocol} {port.port} is not an endpoint"


def _definition(row: CatalogueRow, placed: bool) -> Iterator[str]:
    if not placed and row.kind in (PortKind.STATIC, PortKind.UNLISTED):
        yield f"{row.kind} without a place that defines the port"
    defined = row.defined_in
    if defined is None:
        return
    if row.kind == PortKind.NO_PORTS:
        yield "no-ports with a place that defines ports"
    yield from _fields(defined)


def _fields(defined: Definition) -> Iterator[str]:
    for field in _NEEDED[defined.kind]:
        if not getattr(defined, field):
            yield f"defined_in of kind {defined.kind} needs {field}"
    if defined.view not in (32, 64):
        yield f"there is no {defined.view}-bit registry view"
    if defined.path and (not _PATH.fullmatch(defined.path) or ".." in defined.path):
        yield "the path of defined_in is not a file below the install directory"
    if defined.recorder not in ("", "cmapi", "sip"):
        yield f"unknown recorder {defined.recorder}"


def _footnotes(row: CatalogueRow, catalogue: Catalogue) -> Iterator[str]:
    yield from (
        f"footnote {number} does not exist"
        for number in row.footnotes
        if str(number) not in catalogue.footnotes
    )


def _alternatives(catalogue: Catalogue) -> Iterator[str]:
    for row in catalogue.rows:
        for other_id in row.alternatives:
            other = catalogue.by_id(other_id)
            if other is None:
                yield f"{row.id}: its alternative {other_id} does not exist"
            elif row.id not in other.alternatives:
                yield f"{row.id}: its alternative {other_id} does not name it in turn"
            elif other is row:
                yield f"{row.id}: a row is no alternative of itself"


def _collisions(catalogue: Catalogue) -> Iterator[str]:
    for one, other in combinations(catalogue.rows, 2):
        shared = {(p.protocol, p.port) for p in one.ports} & {(p.protocol, p.port) for p in other.ports}
        beside = not (one.removed or other.removed) and other.id not in one.alternatives
        if shared and beside:
            yield f"{one.id} and {other.id} share a port and are not alternatives"
