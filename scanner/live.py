"""Collect from the Windows machine we run on: what is read becomes the same documents that a bundle holds."""

from __future__ import annotations

import ntpath
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path, PureWindowsPath

import msgspec

from scanner.collect import Channels, Collection
from scanner.errors import ScannerError, SourceError
from scanner.live_answers import connection_profiles, port_ranges
from scanner.locations import PortLocation
from scanner.masking import masked, masked_command, masked_key
from scanner.model import Origin, Problem, Service, Snapshot
from scanner.parsers.reg_render import render_reg
from scanner.registry_key import AbsentKey, RegistryKey
from scanner.registry_paths import is_firewall_key
from scanner.sources import live_system
from scanner.sources.document import Document
from scanner.sources.live_commands import Ask, ask_system
from scanner.sources.live_registry import read_live_registry

COLLECTOR = "ce-audit live collection"
TOMCAT_PROPERTIES = r"Tomcat\conf\catalina.properties"
FILES = "files.json"
_NO_DIRECTORY = "no service or process shows a Contact Expert directory: where it is installed is not known"
Registry = Callable[[], Iterator[RegistryKey | AbsentKey | Problem]]
ReadFacts = Callable[[], Iterable[msgspec.Struct]]
FACTS: Mapping[str, ReadFacts] = {
    "network/listeners.json": live_system.read_listeners,
    "network/interfaces.json": live_system.read_interfaces,
    "processes.json": live_system.read_processes,
    "services.json": live_system.read_services,
}


def is_live_host() -> bool:
    """True where this machine itself can be scanned: on Windows."""
    return sys.platform == "win32"


def collect_host(
    locations: tuple[PortLocation, ...],
    executables: Iterable[str],
    channels: Channels = None,
    directories: Iterable[str] = (),
) -> Snapshot:
    """The snapshot of this machine; `channels` as in `collect_evidence`.

    CE is looked for in `directories` too, whether a program of it was seen there or not.
    """
    collection = Collection(locations, channels)
    for item in collect_host_evidence(locations, executables, directories=directories):
        collection.add(item)
    return collection.snapshot()


def collect_host_evidence(
    locations: tuple[PortLocation, ...],
    executables: Iterable[str],
    registry: Registry = read_live_registry,
    ask: Ask = ask_system,
    facts: Mapping[str, ReadFacts] = FACTS,
    directories: Iterable[str] = (),
) -> Iterator[Document | Problem]:
    """This machine as bundle documents; what cannot be read is a Problem, and its kind of evidence is then
    missing. A list of facts that comes empty was not read.
    """
    yield _document("host.json", msgspec.json.encode(live_system.read_host(COLLECTOR)))
    programs: list[str] = []
    for name, read in facts.items():
        try:
            found = _some(read())
        except (OSError, ScannerError) as error:
            yield _unread(name, error)
            continue
        yield from (item for item in found if isinstance(item, Problem))
        rows = [item for item in found if not isinstance(item, Problem)]
        programs += [ntpath.expandvars(path) for row in rows if (path := getattr(row, "path", None))]
        yield _document(name, msgspec.json.encode([_without_secrets(row) for row in rows]))
    yield from connection_profiles(ask)
    yield from port_ranges(ask)
    yield from _registry(registry)
    executables = tuple(executables)
    stated = [f"{directory}\\{executables[0]}" for directory in directories if executables]
    if programs or stated:
        yield from installed_files((*programs, *stated), locations, executables)


def _some(items: Iterable[msgspec.Struct]) -> list[msgspec.Struct]:
    """The items. Raises SourceError where there are none: an empty answer is no answer."""
    found = list(items)
    if not found:
        raise SourceError("the system lists none, which no Windows does")
    return found


def _without_secrets(fact: msgspec.Struct) -> msgspec.Struct:
    """A service's command line may hold the password that its program is started with."""
    if isinstance(fact, Service) and fact.path:
        return msgspec.structs.replace(fact, path=masked_command(fact.path))
    return fact


def _registry(registry: Registry) -> Iterator[Document | Problem]:
    keys: list[RegistryKey | AbsentKey] = []
    try:
        for item in registry():
            if isinstance(item, Problem):
                yield item
            else:
                keys.append(_exportable(item))
    except (OSError, ScannerError) as error:
        yield _unread("registry", error)
        return
    yield _document("registry/live.reg", render_reg(keys))
    found = (key for key in keys if isinstance(key, RegistryKey))
    times = [{"key": key.path, "last_write": key.last_write} for key in found if key.last_write]
    yield _document("registry/key-times.json", msgspec.json.encode(times))


def _exportable(key: RegistryKey | AbsentKey) -> RegistryKey | AbsentKey:
    return key if isinstance(key, AbsentKey) or is_firewall_key(key.path) else masked_key(key)


def installed_files(
    programs: Iterable[str], locations: Iterable[PortLocation], executables: tuple[str, ...]
) -> Iterator[Document | Problem]:
    """The CE executables and configuration files below every directory that CE programs were seen in.

    Configuration files come without their secrets, then `files.json` with every file looked for. One that
    cannot be looked at is a Problem and not in the list: whether it is there is not known. Nor is it where no
    program shows a directory of CE: an operator's programs are no services and need not be running.
    """
    paths = dict.fromkeys(location.path for location in locations if location.path)
    configurations = {**paths, TOMCAT_PROPERTIES: None}
    below_each = (*executables, *configurations)
    directories = install_directories(programs, executables)
    if not directories:
        yield Problem(origin=Origin(source=FILES), text="", reason=_NO_DIRECTORY)
    wanted = [(directory, name) for directory in directories for name in below_each]
    rows = []
    for directory, below in wanted:
        path = Path(directory, *PureWindowsPath(below).parts)
        try:
            found = _stated(path)
        except OSError as error:
            yield _unread(FILES, error, f"{directory}\\{below}")
            continue
        rows.append({"path": f"{directory}\\{below}", **found})
        if below in configurations and found["bytes"] is not None:
            yield _configuration(directory, below, path)
    if rows:
        yield _document(FILES, msgspec.json.encode(rows))


def install_directories(programs: Iterable[str], executables: Iterable[str]) -> tuple[str, ...]:
    """The directories below which some of `executables` were seen, as spelled first.

    `programs` are paths or the command lines of services.
    """
    tails = "|".join(map(re.escape, executables))
    below = re.compile(rf'"?(.+?)\\(?:{tails})(?:["\s]|$)', re.IGNORECASE)
    found: dict[str, str] = {}
    for program in programs:
        match = below.match(program)
        if match:
            found.setdefault(match[1].casefold(), match[1])
    return tuple(found.values())


def _stated(path: Path) -> dict[str, object]:
    """Size and time, nothing where the file is absent. Raises OSError where the system does not tell."""
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return {"bytes": None, "modified_at": None}
    return {
        "bytes": status.st_size,
        "modified_at": datetime.fromtimestamp(int(status.st_mtime), tz=UTC),
    }


def _configuration(directory: str, below: str, path: Path) -> Document | Problem:
    host_path = f"{directory}\\{below}"
    source = f"config/{host_path[:1]}/{host_path[3:]}".replace("\\", "/")
    try:
        return Document(source=source, data=masked(path.read_bytes()), host_path=host_path)
    except OSError as error:
        return _unread(source, error)


def _document(name: str, data: bytes) -> Document:
    return Document(source=name, data=data)


def _unread(name: str, error: Exception, about: str = "") -> Problem:
    reason = f"{about} cannot be read on this host: {error}".lstrip()
    return Problem(origin=Origin(source=name), text=about[:200], reason=reason)
