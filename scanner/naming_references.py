"""Where CE's configuration says the naming service is (contact-expert.md 4.6 and A14)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from scanner.configuration_file import ConfigurationFile, match_file
from scanner.configured import Evidence
from scanner.configured_registry import texts_at
from scanner.errors import ParseError
from scanner.locations import LocationKind, PortLocation
from scanner.model import NamingReference, Origin
from scanner.parsers.corbaloc import naming_addresses
from scanner.parsers.xml import local_name, parse_xml
from scanner.registry_index import RegistryIndex

if TYPE_CHECKING:
    from lxml.etree import _Element


def naming_references(locations: Sequence[PortLocation], evidence: Evidence) -> Iterator[NamingReference]:
    """Every address of the naming service in CE's XML files and in the options of the TAO service.

    Each is given once per place. A file that cannot be parsed is passed over: `configured_ports` says so.
    """
    index = RegistryIndex(evidence.keys)
    for location in locations:
        if location.kind is LocationKind.TAO:
            for origin, text in texts_at(location, index):
                yield from _references(text, origin)
    paths = [location.path for location in locations if location.path]
    for path in dict.fromkeys(found.path for found in locations if found.kind is LocationKind.XML):
        file = match_file(path, evidence.files, paths).file
        if file is not None:
            yield from _of_file(file)


def _of_file(file: ConfigurationFile) -> Iterator[NamingReference]:
    try:
        root = parse_xml(file.data, file.origin)
    except ParseError:  # said already
        return
    for element in root.iter():
        for place, text in _texts(element):
            locator = f"line {element.sourceline}, {place}"
            yield from _references(text, Origin(source=file.origin.source, locator=locator))


def _texts(element: _Element) -> Iterator[tuple[str, str]]:
    """Every attribute and text of the element itself, and what stands after it, each with its place."""
    name = local_name(element)
    for attribute, text in element.attrib.items():
        yield f"<{name} {str(attribute).rpartition('}')[2]}>", str(text)
    for content in (element.text, element.tail):
        if content:
            yield f"<{name}>", content


def _references(text: str, origin: Origin) -> Iterator[NamingReference]:
    for host, port in dict.fromkeys(naming_addresses(text)):
        yield NamingReference(host=host, port=port, origin=origin)
