"""Which server.xml is live, and what its placeholders stand for (contact-expert.md 6.6 and 6.9)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from scanner.configuration_file import ConfigurationFile, folded, match_file
from scanner.locations import PortLocation
from scanner.model import Service
from scanner.parsers.java_properties import catalina_base, parse_catalina_properties, procrun_properties
from scanner.registry_key import RegistryKey

_PROCRUN = ["procrun 2.0", "parameters", "java"]
_SEPARATORS = "\\/"
_SERVICES = "\\currentcontrolset\\services\\"


class LiveTomcat(msgspec.Struct, frozen=True, kw_only=True):
    """The Tomcat that the service runs: its server.xml, the properties it sees, what to say about both."""

    path: str
    properties: Mapping[str, str]
    notes: tuple[str, ...] = ()


def live_tomcat(
    location: PortLocation,
    files: Sequence[ConfigurationFile],
    keys: Sequence[RegistryKey],
    services: Sequence[Service],
) -> LiveTomcat:
    """Where the live server.xml is: below catalina.base of CE's Tomcat service, else at the location itself.

    CE's service is the one whose program is the location's executable, or the only one of Procrun where its
    program is not in the evidence. catalina.properties overwrites the -D options.
    """
    options = _service_options(location, keys, services)
    base = catalina_base(options) if options else None
    path = f"{base.rstrip(_SEPARATORS)}\\conf\\server.xml" if base else location.path
    definitions = procrun_properties(options or ())
    found = match_file(_properties_path(path, definitions), files, ()).file
    entries = parse_catalina_properties(found.data.decode("latin-1")) if found else {}
    notes = (
        *_base_notes(location, path, options),
        *(() if found else ("catalina.properties is not in the evidence",)),
        *_extra_listeners(definitions, options or ()),
    )
    return LiveTomcat(path=path, properties={**definitions, **entries}, notes=notes)


def _properties_path(server_xml: str, definitions: Mapping[str, str]) -> str:
    """`-Dcatalina.config` names another file or URL."""
    stated = definitions.get("catalina.config", "").removeprefix("file:").lstrip("/")
    return stated or server_xml.removesuffix("server.xml") + "catalina.properties"


def _base_notes(location: PortLocation, path: str, options: tuple[str, ...] | None) -> Iterator[str]:
    if options is None:
        yield "the Java options of CE's Tomcat service are not known: its own conf folder is taken"
    elif not folded(path).endswith(f"\\{folded(location.path)}") and path != location.path:
        yield f"the service reads {path} (catalina.base), not [CE Install Directory]\\{location.path}"


def _extra_listeners(definitions: Mapping[str, str], options: Sequence[str]) -> Iterator[str]:
    """Java's own listeners, none of which the vendor's page knows (6.8)."""
    if "com.sun.management.jmxremote.port" in definitions:
        yield "the Java options open a JMX port as well"
    if any("jdwp" in option for option in options):
        yield "the Java options open a debugger port as well"


def _service_options(
    location: PortLocation, keys: Sequence[RegistryKey], services: Sequence[Service]
) -> tuple[str, ...] | None:
    """The Java options of CE's Tomcat service; None where they cannot be told from another's."""
    known = {name: options for key in keys for name, options in _procrun(key)}
    images = {**dict(_images(keys)), **{s.name.casefold(): s.path for s in services if s.path}}
    programs = tuple(f"\\{folded(name)}" for name in location.names if folded(name).endswith(".exe"))
    ours = [name for name in known if any(program in folded(images.get(name, "")) for program in programs)]
    unnamed = [name for name in known if name not in images]
    chosen = ours or (unnamed if len(known) == 1 else [])
    return known[chosen[0]] if len(chosen) == 1 else None


def _procrun(key: RegistryKey) -> Iterator[tuple[str, tuple[str, ...]]]:
    parts = key.path.casefold().split("\\")
    if len(parts) > 4 and [parts[-4], *parts[-2:]] == _PROCRUN:
        options = key.value("Options")
        if isinstance(options, str):
            options = tuple(options.split("\n"))
        yield parts[-3], options if isinstance(options, tuple) else ()


def _images(keys: Sequence[RegistryKey]) -> Iterator[tuple[str, str]]:
    for key in keys:
        head, found, name = key.path.casefold().rpartition(_SERVICES)
        image = key.value("ImagePath") if found and head and "\\" not in name else None
        if isinstance(image, str):
            yield name, image
