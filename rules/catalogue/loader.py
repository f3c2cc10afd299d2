"""Reads the catalogue and hands its locations to the scanner."""

from __future__ import annotations

import tomllib
from importlib import resources
from typing import TypeVar

import msgspec

from rules.catalogue.model import Catalogue, CatalogueRow, Definition
from scanner.errors import ConfigError
from scanner.locations import PortLocation

_PACKAGED = "ce-6.1.toml"

Shape = TypeVar("Shape")


def load_catalogue(text: str | None = None) -> Catalogue:
    """The catalogue in `text`, or the packaged one of CE 6.1.

    Raises ConfigError that names the row and the key where `text` is not a catalogue.
    """
    if text is None:
        text = resources.files("rules.catalogue").joinpath(_PACKAGED).read_text(encoding="utf-8")
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"catalogue: not TOML: {error}") from error
    header, rows = document.pop("catalogue", {}), document.pop("row", [])
    if not isinstance(header, dict) or not isinstance(rows, list):
        raise ConfigError("catalogue: the header is written as [catalogue], rows as [[row]]")
    typed = tuple(_row(number, row) for number, row in enumerate(rows, start=1))
    return _converted({**document, **header, "rows": typed}, Catalogue, "[catalogue]")


def port_locations(catalogue: Catalogue) -> tuple[PortLocation, ...]:
    """Every place that defines the ports of a row, removed rows included; rows without one are left out."""
    return tuple(_location(row, row.defined_in) for row in catalogue.rows if row.defined_in)


def _row(number: int, row: object) -> CatalogueRow:
    called = row.get("id", "without id") if isinstance(row, dict) else "not a table"
    return _converted(row, CatalogueRow, f"[[row]] {number} ({called})")


def _converted(document: object, shape: type[Shape], what: str) -> Shape:
    try:
        return msgspec.convert(document, shape)
    except msgspec.ValidationError as error:
        raise ConfigError(f"catalogue, {what}: {error}") from error


def _location(row: CatalogueRow, defined: Definition) -> PortLocation:
    return PortLocation(
        component=row.id,
        kind=defined.kind,
        path=defined.path,
        key=defined.key,
        value=defined.value,
        view=defined.view,
        recorder=defined.recorder,
        names=_names(row),
        count=max(1, len(row.ports)),
    )


def _names(row: CatalogueRow) -> tuple[str, ...]:
    """How a file may call the component: by name, by program, by program file without its ending."""
    stem = row.executable.rpartition("\\")[2].removesuffix(".exe")
    words = row.names or (row.component, stem)
    return tuple(dict.fromkeys((*words, row.executable)))
