"""The catalogue of one product version: its endpoints as the vendor's page lists them."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from scanner.locations import LocationKind


class PortKind(StrEnum):
    """What the page says about a row's ports; four distinct states (contact-expert.md 5.2)."""

    STATIC = "static"
    UNLISTED = "unlisted"  # the cell is empty
    NO_DEFAULT = "no-default"
    NO_PORTS = "no-ports"


class Section(StrEnum):
    CORE_SERVER = "core-server"
    OPERATOR_PC = "operator-pc"


class Source(StrEnum):
    """Who opens the connection (contact-expert.md section 2 and A8)."""

    SERVER = "server"
    CLIENT = "client"


class CataloguePort(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    protocol: str
    port: int
    purpose: str | None = None


class Definition(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a row's ports are defined; the fields are those of `PortLocation`."""

    kind: LocationKind
    path: str = ""
    key: str = ""
    value: str = ""
    view: int = 64
    recorder: str = ""


class CatalogueRow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One row of the page (contact-expert.md 5.1).

    `executable` is below the CE install directory; `configuration` quotes the page.
    """

    row: int
    id: str
    component: str
    variant: str = ""
    section: Section
    executable: str
    kind: PortKind
    ports: tuple[CataloguePort, ...] = ()
    sources: tuple[Source, ...]
    defined_in: Definition | None = None
    configuration: tuple[str, ...] = ()
    dynamic_app: bool = False  # listens on further ports that nobody can list
    front_ends: bool = False  # Skype for Business Front Ends connect as well (contact-expert.md 7.2)
    removed: bool = False
    alternatives: tuple[str, ...] = ()  # ids of rows that are not installed beside this one
    footnotes: tuple[int, ...] = ()
    names: tuple[str, ...] = ()
    by_site: bool = False  # the site added it: neither the vendor's page nor its cmdlets know it
    note: str = ""
    impact: str

    @property
    def title(self) -> str:
        """Component and variant, as the page prints them."""
        return f"{self.component} ({self.variant})" if self.variant else self.component


class Catalogue(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All rows, in the page's order."""

    product: str
    version: str
    source: str
    revision: str
    footnotes: dict[str, str]
    rows: tuple[CatalogueRow, ...]

    def by_id(self, row_id: str) -> CatalogueRow | None:
        """The row called `row_id`, or None."""
        return next((row for row in self.rows if row.id == row_id), None)

    def of_section(self, section: Section) -> tuple[CatalogueRow, ...]:
        """The rows of one of the page's two tables."""
        return tuple(row for row in self.rows if row.section == section)

    @property
    def executables(self) -> tuple[str, ...]:
        """Every executable once, below the install directory."""
        return tuple(dict.fromkeys(row.executable for row in self.rows))
