"""The second phase of collection: what the evidence says at every place that defines CE's ports.

The first phase has found the files, registry keys and channel lists; the catalogue says which of them
define whose ports. Each location yields one ConfiguredPorts, a Gap with the command that would fetch what is
missing, or both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import msgspec

from scanner.configuration_file import ConfigurationFile, match_file
from scanner.configured_channels import channel_ports
from scanner.configured_registry import registry_ports
from scanner.configured_tomcat import LiveTomcat, live_tomcat
from scanner.errors import ParseError
from scanner.locations import LocationKind, PortLocation
from scanner.model import ConfiguredPorts, EvidenceKind, Fault, Gap, PortState, Problem, Service
from scanner.parsers.ce_ini import parse_ini_key, parse_ini_port
from scanner.parsers.ce_xml import parse_vendor_xml
from scanner.parsers.channels import RecordingChannel
from scanner.parsers.port_reading import PortReading
from scanner.parsers.tomcat import parse_server_xml
from scanner.registry_index import RegistryIndex
from scanner.registry_key import AbsentKey, RegistryKey
from scanner.registry_paths import PROCRUN

Found = ConfiguredPorts | Gap | Problem
Reader = Callable[[ConfigurationFile], Mapping[str, PortReading]]


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """What the first phase found; `channels` None = no list was supplied."""

    files: tuple[ConfigurationFile, ...] = ()
    keys: tuple[RegistryKey, ...] = ()
    absent: tuple[AbsentKey, ...] = ()
    channels: tuple[RecordingChannel, ...] | None = None
    services: tuple[Service, ...] = ()


def configured_ports(locations: Sequence[PortLocation], evidence: Evidence) -> Iterator[Found]:
    """What the evidence says at each location, in the order of `locations` (those of one file together).

    A file that cannot be parsed is one Problem and leaves its components `NOT_DETERMINABLE`; nothing else is
    lost. Nothing but ports, addresses and reasons passes into the facts.
    """
    index = RegistryIndex(evidence.keys, evidence.absent)
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


def _registry(group: Sequence[PortLocation], index: RegistryIndex) -> Iterator[Found]:
    for location in group:
        yield from registry_ports(location, index)


class _Source(msgspec.Struct, frozen=True, kw_only=True):
    """The file to look for and how to read it; `tomcat` is the service that reads it, for server.xml."""

    path: str
    read: Reader
    tomcat: LiveTomcat | None = None

    @property
    def notes(self) -> tuple[str, ...]:
        return self.tomcat.notes if self.tomcat else ()

    @property
    def faults(self) -> tuple[Fault, ...]:
        return self.tomcat.faults if self.tomcat else ()


def _file(
    group: Sequence[PortLocation], locations: Sequence[PortLocation], evidence: Evidence
) -> Iterator[Found]:
    source = _source(group, evidence)
    paths = [location.path for location in locations if location.path]
    match = match_file(source.path, evidence.files, paths)
    if match.file is None:
        yield from (_missing_file(location, source, match.reason) for location in group)
        yield from _faults_alone(group, source, match.reason)
        return
    try:
        readings = source.read(match.file)
    except ParseError as error:
        yield Problem(origin=match.file.origin, text="", reason=str(error))
        unread = PortReading(state=PortState.NOT_DETERMINABLE, reason=f"the file cannot be read: {error}")
        readings = {location.component: unread for location in group}
    for location in group:
        yield _stated(location, readings[location.component], match.file, source)
        if source.tomcat and not source.tomcat.is_proven:
            yield _unproven_tomcat(location)


def _source(group: Sequence[PortLocation], evidence: Evidence) -> _Source:
    first = group[0]
    if first.kind == LocationKind.XML:
        return _Source(path=first.path, read=lambda file: parse_vendor_xml(file.data, group, file.origin))
    if first.kind == LocationKind.INI:
        return _Source(
            path=first.path,
            read=lambda file: {location.component: _ini(_text(file.data), location) for location in group},
        )
    tomcat = live_tomcat(first, evidence.files, evidence.keys, evidence.absent, evidence.services)

    def read(file: ConfigurationFile) -> Mapping[str, PortReading]:
        reading = parse_server_xml(file.data, tomcat.properties, file.origin)
        return {location.component: reading for location in group}

    return _Source(path=tomcat.path, read=read, tomcat=tomcat)


def _ini(text: str, location: PortLocation) -> PortReading:
    if location.ini_key:
        return parse_ini_key(text, location.ini_section, location.ini_key, location.count)
    return parse_ini_port(text, location.count)


def _text(data: bytes) -> str:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", errors="replace")
    return data.decode("utf-8-sig", errors="replace")


def _stated(
    location: PortLocation, reading: PortReading, file: ConfigurationFile, source: _Source
) -> ConfiguredPorts:
    return ConfiguredPorts(
        component=location.component,
        location=location.text,
        state=reading.state,
        endpoints=reading.endpoints,
        reason="; ".join(part for part in (reading.text, *source.notes) if part),
        changed_at=file.changed_at,
        faults=(*reading.faults, *source.faults),
        origin=file.origin,
    )


def _faults_alone(group: Sequence[PortLocation], source: _Source, reason: str) -> Iterator[ConfiguredPorts]:
    """What is wrong with the service whose file is not in the evidence."""
    if source.tomcat and source.tomcat.faults and source.tomcat.origin:
        for location in group:
            yield ConfiguredPorts(
                component=location.component,
                location=location.text,
                state=PortState.NOT_DETERMINABLE,
                reason="; ".join((reason, *source.notes)),
                faults=source.faults,
                origin=source.tomcat.origin,
            )


def _missing_file(location: PortLocation, source: _Source, reason: str) -> Gap:
    path = source.path if ":" in source.path else f"<CE install directory>\\{source.path}"
    return Gap(
        kind=EvidenceKind.CONFIGURED_PORTS,
        subject=location.component,
        reason="; ".join((f"{location.text}: {reason}", *source.notes)),
        fetch=f'Copy-Item -LiteralPath "{path}" -Destination .',
    )


def _unproven_tomcat(location: PortLocation) -> Gap:
    """The file says what it says; whether the service reads it is another question (6.9)."""
    key = PROCRUN.replace("HKEY_LOCAL_MACHINE", "HKLM", 1)
    return Gap(
        kind=EvidenceKind.CONFIGURED_PORTS,
        subject=location.component,
        reason=f"{location.text}: Procrun's parameters, which may name another file, are not in the evidence",
        fetch=f'reg export "{key}" procrun.reg /y',
        partial=True,
    )
