"""Sources and parsers -> one Snapshot; everything that could not be read becomes a Gap or a Problem."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from scanner.computer_names import ComputerName
from scanner.configuration_file import ConfigurationFile
from scanner.configured import Evidence, configured_ports
from scanner.configured_channels import channel_contradiction
from scanner.contradictions import Stated, contradictions
from scanner.doubts import document_doubts, registry_doubts, step_doubts
from scanner.errors import ScannerError, SourceError
from scanner.gaps import gaps
from scanner.locations import PortLocation
from scanner.merge import (
    merged_host,
    merged_interfaces,
    merged_listeners,
    merged_port_proxies,
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
    PortProxy,
    PortRanges,
    Problem,
    Process,
    ProfileSettings,
    Service,
    Snapshot,
)
from scanner.naming_references import naming_references
from scanner.parsers.bundle import KeyTime, Manifest
from scanner.parsers.channels import RecordingChannel
from scanner.parsers.netfirewall_json import NetFilter, with_filters
from scanner.parsers.registry_firewall import firewall_changed_at, firewall_facts
from scanner.parsers.registry_host import HOST_KEYS, host_facts
from scanner.parsers.registry_port_proxy import port_proxies
from scanner.readers import UNRECOGNISED, recognise
from scanner.registry_key import AbsentKey, RegistryKey
from scanner.shown import LOCAL_RULES, kinds_shown
from scanner.single_gpos import outweighed, standing_keys
from scanner.sources.document import Document
from scanner.sources.folder import read_evidence

_T = TypeVar("_T")
Channels = tuple[RecordingChannel, ...] | None
_LIVE_REGISTRY = "registry/live.reg"  # beside the host.json of a live collection, which has no manifest yet


def collect_evidence(path: Path, locations: tuple[PortLocation, ...], channels: Channels = None) -> Snapshot:
    """The snapshot of the evidence at `path`: a folder, a `.zip` bundle or a single evidence file.

    `channels` are the recording channels as the site states them, None where it does not. Raises
    SourceError where nothing at `path` can be read as evidence.
    """
    collection = Collection(locations, channels)
    for item in read_evidence(path):
        collection.add(item)
    if not collection.is_evidence:
        first = next((f": {problem.reason}" for problem in collection.of(Problem)), "")
        raise SourceError(f"{path}: holds nothing that can be read as evidence{first}")
    return collection.snapshot()


class Collection:
    """What has been read so far, by type; `snapshot` joins it into one host."""

    def __init__(self, locations: tuple[PortLocation, ...], channels: Channels = None) -> None:
        self._locations = locations
        self._stated_channels = channels
        self._items: dict[type, list[Any]] = defaultdict(list)
        self._shown: set[EvidenceKind] = set()
        self._doubts: dict[EvidenceKind, str] = {}
        self._ledger: list[EvidenceSource] = []
        self._hosts: list[Stated] = []
        self._taken: dict[str, datetime] = {}  # by source, as the collector that wrote it says
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
            self._note_host(document.source, item)
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

    def _note_host(self, source: str, item: object) -> None:
        """Facts of the host carry no origin of their own."""
        if isinstance(item, ComputerName):
            self._hosts.append((item.origin, Host(name=item.name)))
        host = item.host if isinstance(item, Manifest) else item
        if isinstance(host, Host):
            self._hosts.append((Origin(source=source), host))
        if isinstance(host, Host) and host.collected_at:
            folder = source[: source.rfind("/") + 1]
            files = item.files if isinstance(item, Manifest) else (_LIVE_REGISTRY,)
            self._taken.update((folder + path, host.collected_at) for path in files)

    def _doubt(self, doubts: Iterable[tuple[EvidenceKind, str]]) -> None:
        for kind, reason in doubts:
            self._doubts.setdefault(kind, reason)

    def snapshot(self) -> Snapshot:
        """Join everything read into one host. Facts keep the order of their sources.

        Raises SourceError where the sources name two different hosts.
        """
        failed_steps = tuple(self._failed_steps())
        absent = self.of(AbsentKey)
        looked_at: list[RegistryKey | AbsentKey] = [*self.of(RegistryKey), *absent]
        self._doubt(registry_doubts(looked_at, (*self.of(Problem), *failed_steps)))
        self._doubt(step_doubts((*self.of(Problem), *failed_steps)))
        known = self._timed_keys()
        keys = list(standing_keys(known, absent))
        settings = [*self.of(ProfileSettings), *_settings_by_source(keys)]
        for fact in (*firewall_facts(keys), *host_facts(keys)):
            self.add(fact)
        self._forwardings(keys)
        told = {**self._items, ProfileSettings: settings}
        denied = list(contradictions(told, self._stated_hosts(keys), self._times()))
        host = self._host(keys)
        found = Evidence(
            files=self._configuration_files(),
            keys=tuple(keys),
            absent=tuple(absent),
            channels=self._channels(),
            services=tuple(self.of(Service)),
        )
        denied += channel_contradiction(found.channels, self._stated_channels)
        for configured in configured_ports(self._locations, found):
            self.add(configured)
        self._shown.update(kinds_shown(self._items, keys, absent, host))
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
            gaps=(
                *gaps(self._shown, self._doubts),
                *(item for item in denied if isinstance(item, Gap)),
                *self.of(Gap),
            ),
            problems=(
                *self.of(Problem),
                *failed_steps,
                *outweighed(known, absent),
                *(item for item in denied if isinstance(item, Problem)),
            ),
            dropped_packets=tuple(self.of(DroppedPackets)),
            port_proxies=self._port_proxies(),
            naming_references=tuple(naming_references(self._locations, found)),
        )

    def _forwardings(self, keys: Iterable[RegistryKey]) -> None:
        """The port proxies; one that cannot be read leaves open what else is forwarded."""
        for fact in port_proxies(keys):
            self.add(fact)
            if isinstance(fact, Problem):
                self._doubt(((EvidenceKind.PORT_PROXIES, f"{fact.origin.source}: {fact.reason}"),))

    def _port_proxies(self) -> tuple[PortProxy, ...] | None:
        """None where nobody looked, or where nothing was read of what may not be whole."""
        found = merged_port_proxies(self.of(PortProxy))
        proven = EvidenceKind.PORT_PROXIES in self._shown and EvidenceKind.PORT_PROXIES not in self._doubts
        return found if found or proven else None

    def _timed_keys(self) -> list[RegistryKey]:
        """The registry keys, with the write times that the collector noted beside their text."""
        times = {found.key.casefold(): found.last_write for found in self.of(KeyTime)}
        return [
            msgspec.structs.replace(key, last_write=times.get(key.path.casefold()))
            if key.last_write is None and times
            else key
            for key in self.of(RegistryKey)
        ]

    def _stated_hosts(self, keys: Iterable[RegistryKey]) -> list[Stated]:
        """What each source says of the machine.

        The registry holds the name that the host takes at its next start: beside the name that the same run
        of a collector gives, it is a rename and no other host.
        """
        stated: list[Stated] = []
        for key in keys:
            told = host_facts((key,)) if key.path.casefold() in HOST_KEYS else ()
            for host in (fact for fact in told if isinstance(fact, Host)):
                same_run = key.origin.source in self._taken
                stated.append((key.origin, msgspec.structs.replace(host, name=None) if same_run else host))
        return [*stated, *self._hosts]

    def _times(self) -> dict[str, datetime]:
        """When each source was taken: as its collector says, else when its file was last written."""
        written = {found.source: found.modified_at for found in self._ledger if found.modified_at}
        return {**written, **self._taken}

    def _host(self, keys: list[RegistryKey]) -> Host:
        noted = [found.last_write for found in self.of(KeyTime) if found.key.casefold() == LOCAL_RULES]
        changed_at = firewall_changed_at(keys) or next(iter(noted), None)
        stated = (*self.of(Host), *(manifest.host for manifest in self.of(Manifest)))
        named = (Host(name=found.name) for found in self.of(ComputerName))
        return merged_host((*stated, Host(firewall_changed_at=changed_at), *named))

    def _configuration_files(self) -> tuple[ConfigurationFile, ...]:
        """The configuration files, with the change time the host itself gave for each."""
        changed = {found.path.casefold(): found.modified_at for found in self.of(InstalledFile)}
        return tuple(
            msgspec.structs.replace(file, changed_at=changed.get(file.path.casefold()))
            for file in self.of(ConfigurationFile)
        )

    def _channels(self) -> tuple[RecordingChannel, ...] | None:
        """The recording channels: the list in the evidence, else as the site states them; None where neither
        is there, which is not the same as an empty list.
        """
        supplied = EvidenceKind.RECORDING_CHANNELS in self._shown
        return tuple(self.of(RecordingChannel)) if supplied else self._stated_channels

    def _failed_steps(self) -> Iterator[Problem]:
        for manifest in self.of(Manifest):
            for step, error in manifest.failed:
                origin = Origin(source="manifest.json", locator=f"step {step}")
                yield Problem(
                    origin=origin, text=step, reason=f"the collector could not do this step: {error}"
                )


def _settings_by_source(keys: Iterable[RegistryKey]) -> Iterator[ProfileSettings]:
    """The profile settings as each registry source gives them, which `firewall_facts` makes one of."""
    by_source: dict[str, list[RegistryKey]] = defaultdict(list)
    for key in keys:
        if "profile" in key.path.casefold() and not key.one_gpo:  # without the rules, read once is enough
            by_source[key.origin.source].append(key)
    for told in by_source.values():
        yield from (fact for fact in firewall_facts(told) if isinstance(fact, ProfileSettings))
