"""The second phase of collection: what the evidence says at every place that defines CE's ports.

The first phase has found the files, registry keys and channel lists; the catalogue says which of them
define whose ports. Each location yields one ConfiguredPorts, or a Gap with the command that would fetch it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import msgspec

from scanner.configuration_file import ConfigurationFile, match_file
from scanner.configured_channels import channel_ports
from scanner.configured_registry import KeyIndex, index_keys, registry_ports
from scanner.configured_tomcat import live_tomcat
from scanner.errors import ParseError
from scanner.locations import LocationKind, PortLocation
from scanner.model import ConfiguredPorts, EvidenceKind, Gap, PortState, Problem, Service
from scanner.parsers.ce_ini import parse_ini_port
from scanner.parsers.ce_xml import parse_vendor_xml
from scanner.parsers.channels import RecordingChannel
from scanner.parsers.port_reading import PortReading
from scanner.parsers.tomcat import parse_server_xml
from scanner.registry_key import RegistryKey

Found = ConfiguredPorts | Gap | Problem
Reader = Callable[[ConfigurationFile], Mapping[str, PortReading]]


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """What the first phase found; `channels` None = no list was supplied."""

    files: tuple[ConfigurationFile, ...] = ()
    keys: tuple[RegistryKey, ...] = ()
    channels: tuple[RecordingChannel, ...] | None = None
    services: tuple[Service, ...] = ()


def configured_ports(locations: Sequence[PortLocation], evidence: Evidence) -> Iterator[Found]:
    """What the evidence says at each location, in the order of `locations` (those of one file together).

    A file that cannot be parsed is one Problem and leaves its components `NOT_DETERMINABLE`; nothing else is
    lost. Nothing but ports, addresses and reasons passes into the facts.
    """
    index = index_keys(evidence.keys)
    by_place: dict[tuple[LocationKind, str], list[PortLocation]] = {}
    for location in locations:
        by_place.setdefault((location.kind, location.text), []).append(location)
    for (kind, _), group in by_place.items():
        if kind in (LocationKind.TAO, LocationKind.REGISTRY_NUMBER):
            yield from _registry(group, index)
        elif kind == LocationKind.CHANNELS:
            yield from (channel_ports(location, evidence.channels) for location in group)
        else:
            yield from _file(group, locations, evidence)


def _registry(group: Sequence[PortLocation], index: KeyIndex) -> Iterator[Found]:
    for location in group:
        yield from registry_ports(location, index)


def _file(
    group: Sequence[PortLocation], locations: Sequence[PortLocation], evidence: Evidence
) -> Iterator[Found]:
    path, notes, read = _reader(group, evidence)
    match = match_file(path, evidence.files, [location.path for location in locations if location.path])
    if match.file is None:
        yield from (_missing_file(location, path, "; ".join((match.reason, *notes))) for location in group)
        return
    try:
        readings = read(match.file)
    except ParseError as error:
        yield Problem(origin=match.file.origin, text="", reason=str(error))
        unread = PortReading(state=PortState.NOT_DETERMINABLE, reason=f"the file cannot be read: {error}")
        readings = {location.component: unread for location in group}
    for location in group:
        yield _stated(location, readings[location.component], match.file, notes)


def _reader(group: Sequence[PortLocation], evidence: Evidence) -> tuple[str, tuple[str, ...], Reader]:
    """The path to look for, what to say about it, and how to read it."""
    first = group[0]
    if first.kind == LocationKind.XML:
        return first.path, (), lambda file: parse_vendor_xml(file.data, group, file.origin)
    if first.kind == LocationKind.INI:
        return (
            first.path,
            (),
            lambda file: {
                location.component: parse_ini_port(_text(file.data), location.count) for location in group
            },
        )
    tomcat = live_tomcat(first, evidence.files, evidence.keys, evidence.services)

    def read(file: ConfigurationFile) -> Mapping[str, PortReading]:
        reading = parse_server_xml(file.data, tomcat.properties, file.origin)
        return {location.component: reading for location in group}

    return tomcat.path, tomcat.notes, read


def _text(data: bytes) -> str:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", errors="replace")
    return data.decode("utf-8-sig", errors="replace")


def _stated(
    location: PortLocation, reading: PortReading, file: ConfigurationFile, notes: Sequence[str]
) -> ConfiguredPorts:
    return ConfiguredPorts(
        component=location.component,
        location=location.text,
        state=reading.state,
        endpoints=reading.endpoints,
        reason="; ".join(part for part in (reading.text, *notes) if part),
        changed_at=file.changed_at,
        origin=file.origin,
    )


def _missing_file(location: PortLocation, path: str, reason: str) -> Gap:
    full = path if ":" in path else f"<CE install directory>\\{path}"
    return Gap(
        kind=EvidenceKind.CONFIGURED_PORTS,
        subject=location.component,
        reason=f"{location.text}: {reason}",
        fetch=f'Copy-Item -LiteralPath "{full}" -Destination .',
    )
