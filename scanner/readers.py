"""Which parser reads which document: by content first, by name second (design.md section 5)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec

from scanner.configuration_file import ConfigurationFile
from scanner.errors import ParseError, SourceError
from scanner.locations import PortLocation
from scanner.model import EvidenceKind, Origin, Problem
from scanner.parsers.bundle import bundle_reader
from scanner.parsers.channels import looks_like_channels, parse_channels
from scanner.parsers.clixml import looks_like_clixml, parse_clixml
from scanner.parsers.gpreport import looks_like_gpreport, parse_gpreport
from scanner.parsers.ipconfig import looks_like_ipconfig, parse_ipconfig
from scanner.parsers.netfirewall_csv import looks_like_netfirewall_csv, parse_netfirewall_csv
from scanner.parsers.netfirewall_json import looks_like_netfirewall_json, parse_netfirewall_json
from scanner.parsers.netsh_port_proxy import looks_like_netsh_port_proxy, parse_netsh_port_proxy
from scanner.parsers.netsh_profiles import looks_like_netsh_profiles, parse_netsh_profiles
from scanner.parsers.netsh_rules import looks_like_netsh_rules, parse_netsh_rules
from scanner.parsers.netstat import looks_like_netstat, parse_netstat
from scanner.parsers.osquery import looks_like_osquery, parse_osquery
from scanner.parsers.pfirewall_log import looks_like_pfirewall_log, parse_pfirewall_log
from scanner.parsers.port_ranges import looks_like_port_ranges, parse_port_ranges
from scanner.parsers.powershell_dump import looks_like_powershell_dump, refusal
from scanner.parsers.powershell_json import looks_like_powershell_json, parse_powershell_json
from scanner.parsers.reg_file import is_cut_off, looks_like_reg, parse_reg
from scanner.parsers.registry_pol import looks_like_registry_pol, parse_registry_pol
from scanner.parsers.tasklist import looks_like_tasklist, parse_tasklist
from scanner.parsers.text import decode
from scanner.registry_key import RegistryKey
from scanner.sources.document import Document
from scanner.sources.hive import is_hive, read_hive
from scanner.sources.hive_log import is_hive_log

_HEAD = 1 << 16  # characters a recogniser may look at
_TAIL = 80  # characters that show where an export ends

_COMPRESSED = re.compile(r"\.(?:gz|xz)$", re.IGNORECASE)  # what such a file holds goes by the name before it

UNRECOGNISED = "unrecognised"
CONFIGURATION = "configuration"
REGISTRY_EXPORT = "registry-export"
HIVE = "registry-hive"

Items = Iterator[Any]


class Reader(msgspec.Struct, frozen=True):
    """One kind of text artefact. `shows` is the evidence it stands for even where it lists nothing."""

    kind: str
    shows: tuple[EvidenceKind, ...]
    looks_like: Callable[[str], bool]
    parse: Callable[[str, Origin], Items]


class Reading(msgspec.Struct, frozen=True):
    """A recognised document: what it is, what it shows, and its content as it is parsed."""

    kind: str
    shows: tuple[EvidenceKind, ...]
    items: Items


def _registry_export(text: str, origin: Origin) -> Items:
    """A key of an export that lost a section does not show what is below it."""
    items = list(parse_reg(text, origin))
    is_damaged = is_cut_off(text) or any(isinstance(item, Problem) and item.text[:1] == "[" for item in items)
    for item in items:
        lost = is_damaged and isinstance(item, RegistryKey)
        yield msgspec.structs.replace(item, childless=True) if lost else item
    if is_cut_off(text):
        reason = "the export does not end with a blank line, as Windows writes it: it may be cut off"
        yield Problem(origin=origin, text=text[-_TAIL:], reason=reason)


TEXT_READERS = (
    Reader(REGISTRY_EXPORT, (), looks_like_reg, _registry_export),
    Reader("netsh-firewall-rules", (EvidenceKind.FIREWALL_RULES,), looks_like_netsh_rules, parse_netsh_rules),
    Reader(
        "netsh-profiles", (EvidenceKind.PROFILE_SETTINGS,), looks_like_netsh_profiles, parse_netsh_profiles
    ),
    Reader("netsh-port-proxies", (), looks_like_netsh_port_proxy, parse_netsh_port_proxy),
    Reader("netstat", (EvidenceKind.LISTENERS,), looks_like_netstat, parse_netstat),
    Reader("tasklist", (EvidenceKind.PROCESSES,), looks_like_tasklist, parse_tasklist),
    Reader("port-ranges", (EvidenceKind.PORT_RANGES,), looks_like_port_ranges, parse_port_ranges),
    Reader("recording-channels", (EvidenceKind.RECORDING_CHANNELS,), looks_like_channels, parse_channels),
    Reader("ipconfig", (), looks_like_ipconfig, parse_ipconfig),
    Reader("group-policy-report", (), looks_like_gpreport, parse_gpreport),
    Reader("firewall-log", (), looks_like_pfirewall_log, parse_pfirewall_log),
    Reader("powershell-json", (), looks_like_powershell_json, parse_powershell_json),
    Reader("powershell-firewall-json", (), looks_like_netfirewall_json, parse_netfirewall_json),
    Reader("powershell-firewall-csv", (), looks_like_netfirewall_csv, parse_netfirewall_csv),
    Reader("clixml", (), looks_like_clixml, parse_clixml),
    Reader("osquery", (), looks_like_osquery, parse_osquery),
)

# What a file of the bundle stands for by its name alone, even where its array is empty. Interfaces do not:
# without the profile active on one of them they prove nothing; nor do files of which none was looked for.
_BUNDLE_SHOWS = {
    "listeners.json": (EvidenceKind.LISTENERS,),
    "port-ranges.json": (EvidenceKind.PORT_RANGES,),
    "processes.json": (EvidenceKind.PROCESSES,),
    "services.json": (EvidenceKind.SERVICES,),
}


def recognise(document: Document, locations: Iterable[PortLocation]) -> Reading | None:
    """How to read `document`, or None where nothing recognises it.

    Raises ParseError or SourceError where it is recognisably unreadable: empty, binary without a format we
    know, or a listing that holds no evidence. The items are parsed as they are consumed, and may raise
    ParseError then.
    """
    if not document.data:
        raise SourceError(f"{document.source}: the file is empty (0 bytes)")
    origin = Origin(source=document.source)
    if is_hive(document.data):
        return Reading(HIVE, (), read_hive(document))
    if is_hive_log(document.data):
        return _hive_log(document)
    if looks_like_registry_pol(document.data):
        return Reading("group-policy-file", (), parse_registry_pol(document.data, origin))
    name = _COMPRESSED.sub("", document.source.rpartition("/")[2])
    if document.host_path is None and (read := bundle_reader(name)):
        shows = _BUNDLE_SHOWS.get(name.casefold(), ())
        return _cim_reading(document.data, origin) or Reading(
            f"bundle:{name.casefold()}", shows, read(document.data, origin)
        )
    if _is_configuration(name, locations):
        return Reading(CONFIGURATION, (), iter((_configuration_file(document, origin),)))
    return _text_reading(decode(document.data), origin)


def _cim_reading(data: bytes, origin: Origin) -> Reading | None:
    """A listing of PowerShell's own, whatever somebody called its file; None for a file of the bundle."""
    text = decode(data)
    if not looks_like_powershell_json(text):
        return None
    return Reading("powershell-json", (), parse_powershell_json(text, origin))


def _hive_log(document: Document) -> Reading:
    """A transaction log, which holds nothing that could be read without its hive."""
    if document.belongs_to is None:
        raise SourceError(
            f"{document.source}: a registry hive's transaction log without its hive: "
            "put the hive of that name beside it"
        )
    return Reading("registry-hive-log", (), iter(()))


def _text_reading(text: str, origin: Origin) -> Reading | None:
    head = text if text.lstrip()[:1] in ("[", "{") else text[:_HEAD]  # JSON is nothing before its end
    for reader in TEXT_READERS:
        if reader.looks_like(head):
            return Reading(reader.kind, reader.shows, reader.parse(text, origin))
    if looks_like_powershell_dump(head):
        raise ParseError(f"{origin.source}: {refusal()}")
    return None


def _is_configuration(name: str, locations: Iterable[PortLocation]) -> bool:
    """True for a file that some location names, and for what Tomcat's server.xml refers to."""
    wanted = {location.path.rpartition("\\")[2].casefold() for location in locations if location.path}
    return name.casefold() in wanted | {"catalina.properties"}


def _configuration_file(document: Document, origin: Origin) -> ConfigurationFile:
    return ConfigurationFile(
        path=document.host_path or document.source.replace("/", "\\"),
        data=document.data,
        origin=origin,
        changed_at=document.modified_at if document.host_path is None else None,
    )
