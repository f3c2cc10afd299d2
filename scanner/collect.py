"""Sources and parsers -> one Snapshot; everything that could not be read becomes a Gap or a Problem."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from scanner.configuration_file import ConfigurationFile
from scanner.configured import Evidence, configured_ports
from scanner.doubts import document_doubts, registry_doubts, step_doubts
from scanner.errors import ScannerError, SourceError
from scanner.gaps import gaps
from scanner.locations import PortLocation
from scanner.merge import (
    merged_host,
    merged_interfaces,
    merged_listeners,
    merged_processes,
    merged_services,
    richest_rules,
)
from scanner.model import (
    ConfiguredPorts,
    DroppedPackets,
    DynamicRange,
    EvidenceKind,
    EvidenceSource,
    ExcludedRange,
    FirewallRule,
    Gap,
    Host,
    InstalledFile,
    Interface,
    Listener,
    Origin,
    PortRanges,
    Problem,
    Process,
    ProfileSettings,
    Service,
    Snapshot,
)
from scanner.parsers.bundle import KeyTime, Manifest
from scanner.parsers.channels import RecordingChannel
from scanner.parsers.netfirewall_json import NetFilter, with_filters
from scanner.parsers.registry_firewall import firewall_changed_at, firewall_facts
from scanner.parsers.registry_host import host_facts
from scanner.readers import UNRECOGNISED, recognise
from scanner.registry_key import RegistryKey
from scanner.shown import LOCAL_RULES, kinds_shown
from scanner.single_gpos import outweighed, standing_keys
from scanner.sources.document import Document
from scanner.sources.folder import read_evidence

_T = TypeVar("_T")


def collect_evidence(path: Path, locations: tuple[PortLocation, ...]) -> Snapshot:
    """The snapshot of the evidence at `path`: a folder, a `.zip` bundle or a single evidence file.

    Raises SourceError where nothing at `path` can be read as evidence.
    """
    collection = Collection(locations)
    for item in read_evidence(path):
        collection.add(item)
    if not collection.is_evidence:
        first = next((f": {problem.reason}" for problem in collection.of(Problem)), "")
        raise SourceError(f"{path}: holds nothing that can be read as evidence{first}")
    return collection.snapshot()


class Collection:
    """What has been read so far, by type; `snapshot` joins it into one host."""

    def __init__(self, locations: tuple[PortLocation, ...]) -> None:
        self._locations = locations
        self._items: dict[type, list[Any]] = defaultdict(list)
        self._shown: set[EvidenceKind] = set()
        self._doubts: dict[EvidenceKind, str] = {}
        self._ledger: list[EvidenceSource] = []
        self.is_evidence = False

    def of(self, kind: type[_T]) -> list[_T]:
        """Everything of one type, in the order it was read."""
        return self._items[kind]

    def add(self, item: object) -> None:
        """Take a document to recognise and parse, or a fact as it is."""
        if isinstance(item, Document):
            self._read(item)
        else:
            self._items[type(item)].append(item)

    def _read(self, document: Document) -> None:
        kind, shows, items = UNRECOGNISED, tuple[EvidenceKind, ...](), list[object]()
        try:
            reading = recognise(document, self._locations)
            if reading is not None:
                kind, shows = reading.kind, reading.shows
                items.extend(reading.items)
                self._shown.update(shows)
                self.is_evidence = True
        except ScannerError as error:  # one of the three places: it is said, and the rest goes on
            items.append(Problem(origin=Origin(source=document.source), text="", reason=str(error)))
        for item in items:
            self.add(item)
        self._doubt(document_doubts(shows, items))
        self._ledger.append(
            EvidenceSource(
                kind=kind,
                source=document.source,
                sha256=document.sha256,
                bytes=document.size,
                modified_at=document.modified_at,
            )
        )

    def _doubt(self, doubts: Iterable[tuple[EvidenceKind, str]]) -> None:
        for kind, reason in doubts:
            self._doubts.setdefault(kind, reason)

    def snapshot(self) -> Snapshot:
        """Join everything read into one host. Facts keep the order of their sources."""
        failed_steps = tuple(self._failed_steps())
        self._doubt(registry_doubts(self.of(RegistryKey), (*self.of(Problem), *failed_steps)))
        self._doubt(step_doubts((*self.of(Problem), *failed_steps)))
        known = self._timed_keys()
        keys = list(standing_keys(known))
        for fact in (*firewall_facts(keys), *host_facts(keys)):
            self.add(fact)
        host = self._host(keys)
        found = Evidence(
            files=self._configuration_files(),
            keys=tuple(keys),
            channels=self._channels(),
            services=tuple(self.of(Service)),
        )
        for configured in configured_ports(self._locations, found):
            self.add(configured)
        self._shown.update(kinds_shown(self._items, keys, host))
        return Snapshot(
            host=host,
            interfaces=merged_interfaces(self.of(Interface)),
            listeners=merged_listeners(self.of(Listener)),
            processes=merged_processes(self.of(Process)),
            services=merged_services(self.of(Service)),
            configured_ports=tuple(self.of(ConfiguredPorts)),
            firewall_rules=richest_rules(with_filters(self.of(FirewallRule), self.of(NetFilter))),
            profile_settings=tuple(self.of(ProfileSettings)),
            port_ranges=PortRanges(
                dynamic=tuple(self.of(DynamicRange)), excluded=tuple(self.of(ExcludedRange))
            ),
            executables=tuple(self.of(InstalledFile)),
            evidence=tuple(self._ledger),
            gaps=(*gaps(self._shown, self._doubts), *self.of(Gap)),
            problems=(*self.of(Problem), *failed_steps, *outweighed(known)),
            dropped_packets=tuple(self.of(DroppedPackets)),
        )

    def _timed_keys(self) -> list[RegistryKey]:
        """The registry keys, with the write times that the collector noted beside their text."""
        times = {found.key.casefold(): found.last_write for found in self.of(KeyTime)}
        return [
            msgspec.structs.replace(key, last_write=times.get(key.path.casefold()))
            if key.last_write is None and times
            else key
            for key in self.of(RegistryKey)
        ]

    def _host(self, keys: list[RegistryKey]) -> Host:
        noted = [found.last_write for found in self.of(KeyTime) if found.key.casefold() == LOCAL_RULES]
        changed_at = firewall_changed_at(keys) or next(iter(noted), None)
        stated = (*self.of(Host), *(manifest.host for manifest in self.of(Manifest)))
        return merged_host((*stated, Host(firewall_changed_at=changed_at)))

    def _configuration_files(self) -> tuple[ConfigurationFile, ...]:
        """The configuration files, with the change time the host itself gave for each."""
        changed = {found.path.casefold(): found.modified_at for found in self.of(InstalledFile)}
        return tuple(
            msgspec.structs.replace(file, changed_at=changed.get(file.path.casefold()))
            for file in self.of(ConfigurationFile)
        )

    def _channels(self) -> tuple[RecordingChannel, ...] | None:
        """The recording channels; None where no list was supplied, which is not the same as an empty one."""
        supplied = EvidenceKind.RECORDING_CHANNELS in self._shown
        return tuple(self.of(RecordingChannel)) if supplied else None

    def _failed_steps(self) -> Iterator[Problem]:
        for manifest in self.of(Manifest):
            for step, error in manifest.failed:
                origin = Origin(source="manifest.json", locator=f"step {step}")
                yield Problem(
                    origin=origin, text=step, reason=f"the collector could not do this step: {error}"
                )
