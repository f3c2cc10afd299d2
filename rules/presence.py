"""Which CE components are on this host, and where CE is installed (contact-expert.md section 9, A6 and A9).

The install directory is not documented anywhere (contact-expert.md 1.10), so it is read off the paths
themselves.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from enum import StrEnum

import msgspec

from rules.catalogue.model import Catalogue, CatalogueRow
from rules.paths import directory_above, ends_with, file_name, folded, program_of_command, same_path
from rules.site import Site
from scanner.model import EvidenceKind, InstalledFile, Process, Service, Snapshot


class Presence(StrEnum):
    PRESENT = "present"
    ABSENT = "absent"
    UNKNOWN = "unknown"


class Installed(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one catalogue row on this host; `program` is the full path where it is known."""

    presence: Presence
    program: str | None = None
    processes: tuple[Process, ...] = ()
    service: Service | None = None
    file: InstalledFile | None = None


class Sightings:
    """All that the snapshot says about executables, by file name, so that each row looks only there."""

    def __init__(self, snapshot: Snapshot, catalogue: Catalogue) -> None:
        self.processes: dict[str, list[Process]] = defaultdict(list)
        self.services: dict[str, list[tuple[str, Service]]] = defaultdict(list)
        self.files: dict[str, list[InstalledFile]] = defaultdict(list)
        for process in snapshot.processes:
            self.processes[file_name(process.path or process.name).casefold()].append(process)
        for service in snapshot.services:
            if path := program_of_command(service.path):
                self.services[file_name(path).casefold()].append((path, service))
        for found in snapshot.executables:
            if found.bytes is not None:
                self.files[file_name(found.path).casefold()].append(found)
        self.executables: dict[str, set[str]] = defaultdict(set)
        for row in catalogue.rows:
            self.executables[file_name(row.executable).casefold()].add(row.executable)
        # an executable nobody saw is absent only where somebody looked
        looked = all(gap.kind is not EvidenceKind.EXECUTABLES for gap in snapshot.gaps)
        self.unseen = Presence.ABSENT if looked else Presence.UNKNOWN

    def holds(self, directory: str) -> bool:
        """True where an executable of the product was seen below `directory`."""
        above = f"{folded(directory)}\\"
        return any(folded(path).startswith(above) for name in self.executables for path in self.paths(name))

    def paths(self, name: str) -> list[str]:
        """The full paths at which something called `name` was seen."""
        return [
            *(process.path for process in self.processes[name] if process.path),
            *(path for path, _ in self.services[name]),
            *(found.path for found in self.files[name]),
        ]


def install_directory(sightings: Sightings, site: Site) -> str | None:
    """The directory most CE executables were seen below; the site's word comes first."""
    if stated := _stated_directory(sightings, site):
        return stated
    votes: Counter[str] = Counter()
    spelled: dict[str, str] = {}
    for name, executables in sightings.executables.items():
        for path in sightings.paths(name):
            for directory in filter(None, (directory_above(path, below) for below in executables)):
                votes[folded(directory)] += 1
                spelled.setdefault(folded(directory), directory)
    return spelled[votes.most_common(1)[0][0]] if votes else None


def _stated_directory(sightings: Sightings, site: Site) -> str | None:
    """The site's word for the host's role; where no role is stated, that below which something was seen."""
    stated = site.install_directories
    if site.role or len(set(stated.values())) == 1:
        return stated.get(site.role or next(iter(stated)))
    return next((directory for directory in stated.values() if sightings.holds(directory)), None)


def installed(row: CatalogueRow, sightings: Sightings, directory: str | None) -> Installed:
    """Whether the executable of `row` is on the host, as far as the evidence tells.

    A process without a path counts where its file name belongs to one executable of the catalogue only
    (A16). A component that runs, or is a service, below another directory than the rest is there all the
    same; a mere file elsewhere is what an older installation left.
    """
    program = f"{directory}\\{row.executable}" if directory else None
    found = _at(row, sightings, program)
    if found.presence is Presence.PRESENT or program is None:
        return found
    elsewhere = _at(row, sightings, None)
    commands = [elsewhere.service.path] if elsewhere.service else []
    paths = (*(process.path for process in elsewhere.processes), *map(program_of_command, commands))
    path = next(filter(None, paths), None)
    return msgspec.structs.replace(elsewhere, program=path) if path else found


def _at(row: CatalogueRow, sightings: Sightings, program: str | None) -> Installed:
    """What was seen of `row` at `program`; wherever it is where that is None."""
    name = file_name(row.executable).casefold()
    named_alike = len(sightings.executables[name]) > 1

    def is_it(path: str | None) -> bool:
        if path is None:
            return not named_alike
        return same_path(path, program) if program else ends_with(path, row.executable)

    processes = tuple(found for found in sightings.processes[name] if is_it(found.path))
    service = next((found for path, found in sightings.services[name] if is_it(path)), None)
    file = next((found for found in sightings.files[name] if is_it(found.path)), None)
    return Installed(
        presence=Presence.PRESENT if processes or service or file else sightings.unseen,
        program=program,
        processes=processes,
        service=service,
        file=file,
    )
