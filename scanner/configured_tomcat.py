"""Which server.xml is live, and what its placeholders stand for (contact-expert.md 6.6 and 6.9)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from scanner.configuration_file import ConfigurationFile, folded, match_file
from scanner.locations import PortLocation
from scanner.model import Fault, FaultCode, Origin, Service
from scanner.parsers.java_listeners import java_listeners
from scanner.parsers.java_properties import catalina_base, parse_catalina_properties, procrun_properties
from scanner.registry_index import RegistryIndex
from scanner.registry_key import AbsentKey, RegistryKey
from scanner.registry_paths import PROCRUN

_SEPARATORS = "\\/"
_SERVICES = "\\currentcontrolset\\services\\"
_WOW = "\\wow6432node\\"
_CHILD = {  # Procrun's start modes that leave the sockets to another process (6.9)
    "java": "Procrun starts a child java.exe, which owns the sockets: Start\\Mode is 'Java' and not 'jvm'",
    "exe": "Procrun starts a child process, which owns the sockets: Start\\Mode is 'exe' and not 'jvm'",
}


class LiveTomcat(msgspec.Struct, frozen=True, kw_only=True):
    """The Tomcat that the service runs: its server.xml, the properties it sees, what to say about both.

    `faults` are those of the service, read at `origin`. `is_proven` is False where nobody looked for the
    service's parameters, so that another server.xml may be the live one.
    """

    path: str
    properties: Mapping[str, str]
    notes: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()
    origin: Origin | None = None
    is_proven: bool = True


class _Procrun(msgspec.Struct, frozen=True, kw_only=True):
    """What Procrun keeps of one service; None = not in the evidence."""

    options: tuple[str, ...] | None = None
    mode: str | None = None
    origin: Origin


def live_tomcat(
    location: PortLocation,
    files: Sequence[ConfigurationFile],
    keys: Sequence[RegistryKey],
    absent: Sequence[AbsentKey],
    services: Sequence[Service],
) -> LiveTomcat:
    """Where the live server.xml is: below catalina.base of CE's Tomcat service, else at the location itself.

    CE's service is the one whose program is the location's executable, or the only one of Procrun where its
    program is not in the evidence. catalina.properties overwrites the -D options.
    """
    service = _service(location, keys, services)
    options = service.options if service else None
    base = catalina_base(options) if options else None
    path = f"{base.rstrip(_SEPARATORS)}\\conf\\server.xml" if base else location.path
    definitions = procrun_properties(options or ())
    found = match_file(_properties_path(path, definitions), files, ()).file
    entries = parse_catalina_properties(found.data.decode("latin-1")) if found else {}
    faults = tuple(_faults(service)) if service else ()
    notes = (
        *_base_notes(location, path, options),
        *(() if found else ("catalina.properties is not in the evidence",)),
        *(fault.text for fault in faults),
    )
    return LiveTomcat(
        path=path,
        properties={**definitions, **entries},
        notes=notes,
        faults=faults,
        origin=service.origin if service else None,
        is_proven=options is not None or RegistryIndex(keys, absent).shows_tree(PROCRUN),
    )


def _properties_path(server_xml: str, definitions: Mapping[str, str]) -> str:
    """`-Dcatalina.config` names another file or URL."""
    stated = definitions.get("catalina.config", "").removeprefix("file:").lstrip("/")
    return stated or server_xml.removesuffix("server.xml") + "catalina.properties"


def _base_notes(location: PortLocation, path: str, options: tuple[str, ...] | None) -> Iterator[str]:
    if options is None:
        yield "the Java options of CE's Tomcat service are not known: its own conf folder is taken"
    elif not folded(path).endswith(f"\\{folded(location.path)}") and path != location.path:
        yield f"the service reads {path} (catalina.base), not [CE Install Directory]\\{location.path}"


def _faults(service: _Procrun) -> Iterator[Fault]:
    if child := _CHILD.get((service.mode or "").strip().casefold()):
        yield Fault(code=FaultCode.CHILD_PROCESS, text=child)
    for listener in java_listeners(service.options or ()):
        yield Fault(code=FaultCode.JAVA_LISTENER, text=listener)


def _service(
    location: PortLocation, keys: Sequence[RegistryKey], services: Sequence[Service]
) -> _Procrun | None:
    """CE's Tomcat service; None where it cannot be told from another's."""
    known = _procrun_services(keys)
    images = {**dict(_images(keys)), **{s.name.casefold(): s.path for s in services if s.path}}
    programs = tuple(f"\\{folded(name)}" for name in location.names if folded(name).endswith(".exe"))
    ours = [name for name in known if any(program in folded(images.get(name, "")) for program in programs)]
    unnamed = [name for name in known if name not in images]
    chosen = ours or (unnamed if len(known) == 1 else [])
    return known[chosen[0]] if len(chosen) == 1 else None


def _procrun_services(keys: Sequence[RegistryKey]) -> dict[str, _Procrun]:
    """By name; the 32-bit view, which Procrun always reads, last and so in force."""
    known: dict[str, _Procrun] = {}
    for key in sorted(keys, key=lambda key: _WOW in key.path.casefold()):
        name, found = _procrun(key)
        if found is not None:
            before = known.get(name, found)
            known[name] = msgspec.structs.replace(
                before,
                options=before.options if found.options is None else found.options,
                mode=before.mode if found.mode is None else found.mode,
            )
    return known


def _procrun(key: RegistryKey) -> tuple[str, _Procrun | None]:
    """The service that one of Procrun's keys speaks of, and what it says; None for any other key."""
    *_, head, name, parameters, leaf = ("", "", "", "", *key.path.casefold().split("\\"))
    if (head, parameters) != ("procrun 2.0", "parameters"):
        return "", None
    if leaf == "java":
        options = key.value("Options")
        lines = tuple(options.split("\n")) if isinstance(options, str) else options
        return name, _Procrun(options=lines if isinstance(lines, tuple) else (), origin=key.origin)
    mode = key.value("Mode")
    if leaf == "start" and isinstance(mode, str):
        return name, _Procrun(mode=mode, origin=key.origin)
    return "", None


def _images(keys: Sequence[RegistryKey]) -> Iterator[tuple[str, str]]:
    for key in keys:
        head, found, name = key.path.casefold().rpartition(_SERVICES)
        image = key.value("ImagePath") if found and head and "\\" not in name else None
        if isinstance(image, str):
            yield name, image
