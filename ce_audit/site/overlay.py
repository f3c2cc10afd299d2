"""The catalogue with what a site says is different, and where its ports stand in files of unknown schema."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from ce_audit.site.model import Endpoint
from ce_audit.site.model import PortLocation as StatedLocation
from rules.catalogue.loader import port_locations
from rules.catalogue.model import Catalogue, CataloguePort, CatalogueRow, PortKind
from scanner.locations import PortLocation

_NO_IMPACT = "What connects to it cannot reach it. The site file does not say what stops working then."


def overlay(catalogue: Catalogue, endpoints: Iterable[Endpoint]) -> Catalogue:
    """`catalogue` with each of `endpoints` overriding the row of its id, or added as a new last row.

    A new endpoint has all that a row needs, as `site_mistakes` makes sure.
    """
    stated = {endpoint.id: endpoint for endpoint in endpoints}
    rows = [_overridden(row, stated.pop(row.id)) if row.id in stated else row for row in catalogue.rows]
    last = max(row.row for row in rows)
    rows += [_added(endpoint, last + number) for number, endpoint in enumerate(stated.values(), start=1)]
    return msgspec.structs.replace(catalogue, rows=tuple(rows))


def located(component: str, catalogue: Catalogue) -> CatalogueRow | None:
    """The row that a site calls `component`: by its id or its title, in any case."""
    word = component.strip().casefold()
    return next((row for row in catalogue.rows if word in (row.id, row.title.casefold())), None)


def locations(catalogue: Catalogue, stated: Iterable[StatedLocation]) -> tuple[PortLocation, ...]:
    """Every place that defines ports, those that the site states with the XPath or key to read there."""
    by_id = {row.id: found for found in stated if (row := located(found.component, catalogue))}
    return tuple(_pointed(place, by_id.get(place.component)) for place in port_locations(catalogue))


def changes(catalogue: Catalogue, endpoints: Iterable[Endpoint]) -> Iterator[str]:
    """One sentence for each of `endpoints`: what is different from `catalogue`."""
    for endpoint in endpoints:
        row = catalogue.by_id(endpoint.id)
        if row is None:
            added = f"{endpoint.component}{_ports_text(endpoint)}, {endpoint.executable}"
            yield f"The site adds the endpoint {added}."
            continue
        keys = [
            key for key in ("ports", "sources", "executable", "impact") if getattr(endpoint, key) is not None
        ]
        yield f"The site overrides the {', '.join(keys)} of {row.title}{_ports_text(endpoint)}."


def _ports_text(endpoint: Endpoint) -> str:
    if endpoint.ports is None:
        return ""
    listed = ", ".join(f"{port.protocol.upper()} {port.port}" for port in endpoint.ports)
    return f" ({listed or 'no port to demand'})"


def _overridden(row: CatalogueRow, endpoint: Endpoint) -> CatalogueRow:
    if endpoint.ports is not None:
        row = msgspec.structs.replace(row, ports=_ports(endpoint), kind=_kind(endpoint))
    return msgspec.structs.replace(
        row,
        sources=row.sources if endpoint.sources is None else endpoint.sources,
        executable=endpoint.executable or row.executable,
        impact=endpoint.impact or row.impact,
    )


def _added(endpoint: Endpoint, number: int) -> CatalogueRow:
    assert endpoint.section is not None  # noqa: S101 - as the docstring of `overlay` says
    return CatalogueRow(
        row=number,
        id=endpoint.id,
        component=endpoint.component or endpoint.id,
        section=endpoint.section,
        executable=endpoint.executable or "",
        kind=_kind(endpoint),
        ports=_ports(endpoint),
        sources=endpoint.sources or (),
        configuration=("the site file",),
        by_site=True,
        impact=endpoint.impact or _NO_IMPACT,
    )


def _kind(endpoint: Endpoint) -> PortKind:
    return PortKind.STATIC if endpoint.ports else PortKind.UNLISTED


def _ports(endpoint: Endpoint) -> tuple[CataloguePort, ...]:
    return tuple(
        CataloguePort(protocol=port.protocol.value, port=port.port, purpose=port.purpose)
        for port in endpoint.ports or ()
    )


def _pointed(place: PortLocation, stated: StatedLocation | None) -> PortLocation:
    if stated is None:
        return place
    return msgspec.structs.replace(
        place, xpath=stated.xpath or "", ini_section=stated.section or "", ini_key=stated.key or ""
    )
