"""The terms a host is read and judged by: the catalogue, and what the site file says beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

import msgspec

from ce_audit.site.file import open_site_file
from ce_audit.site.model import SiteFile
from ce_audit.site.overlay import changes, located, locations, overlay
from ce_audit.toml.file import TomlFile
from rules.catalogue.loader import load_catalogue, port_locations
from rules.catalogue.model import Catalogue, Section
from rules.site import Site
from scanner.locations import PortLocation
from scanner.model import Origin, Profile
from scanner.parsers.channels import RecordingChannel

_NETWORKS = (
    ("ce_servers", "the CE servers"),
    ("clients", "the clients"),
    ("sfb_front_ends", "the Skype for Business Front Ends"),
    ("dmz_proxies", "the DMZ proxies"),
)


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """`locations` and `channels` say where ports are defined and count while evidence is read, `catalogue`
    and `site` while it is judged. `channels` None = the site does not state any list. `reading` names what
    the site file says of the evidence, for it means nothing to a snapshot that was read before.
    """

    catalogue: Catalogue
    site: Site = Site()
    locations: tuple[PortLocation, ...]
    channels: tuple[RecordingChannel, ...] | None = None
    reading: tuple[str, ...] = ()


def read_terms(site_file: Path | None = None, role: str | None = None) -> Terms:
    """The packaged catalogue and, if there is a site file, what it says; `role` comes before the file's.

    Raises ConfigError as `load_site_file` does.
    """
    packaged = load_catalogue()
    if site_file is None:
        return Terms(catalogue=packaged, site=Site(role=role), locations=port_locations(packaged))
    file = open_site_file(site_file)
    stated = file.value
    catalogue = overlay(packaged, stated.endpoint)
    statements = (*_statements(stated, catalogue), *changes(packaged, stated.endpoint))
    site = msgspec.structs.replace(_site(stated), statements=statements)
    return Terms(
        catalogue=catalogue,
        site=msgspec.structs.replace(site, role=role) if role else site,
        locations=locations(catalogue, stated.port_location),
        channels=_channels(file),
        reading=tuple(_reading(stated)),
    )


def _reading(stated: SiteFile) -> Iterator[str]:
    if stated.port_location:
        yield "port_location"
    if stated.recording_channel is not None:  # an empty list is a statement too
        yield "recording_channel"


def _site(stated: SiteFile) -> Site:
    network, profile = stated.network, stated.expected_profile
    return Site(
        role=stated.role.value if stated.role else None,
        install_directories=_directories(stated),
        expected_profile=Profile(profile.value) if profile else None,
        servers=network.ce_servers,
        clients=network.clients,
        front_ends=network.sfb_front_ends,
        proxies=network.dmz_proxies,
        naming_port=stated.naming_port,
        tomcat_version=stated.tomcat_version,
        severities=stated.severity,
        off={off.check: off.reason for off in stated.check_off},
    )


def _directories(stated: SiteFile) -> Mapping[str, str]:
    """By role, as the judges compare paths: backslashes, and none at the end."""
    named = {
        Section.CORE_SERVER.value: stated.install_directory.core_server,
        Section.OPERATOR_PC.value: stated.install_directory.operator_pc,
    }
    return MappingProxyType(
        {role: path.replace("/", "\\").rstrip("\\") for role, path in named.items() if path}
    )


def _channels(file: TomlFile[SiteFile]) -> tuple[RecordingChannel, ...] | None:
    stated = file.value.recording_channel
    if stated is None:
        return None
    return tuple(
        RecordingChannel(
            channel=found.channel,
            recorder=found.recorder.value,
            media_port=found.media_port,
            control_port=found.control_port,
            origin=Origin(source=file.name, locator=f"line {file.lines['recording_channel', number]}"),
        )
        for number, found in enumerate(stated)
    )


def _statements(stated: SiteFile, catalogue: Catalogue) -> Iterator[str]:
    """What the judgement rests on although no evidence shows it; role and directory stand in every report."""
    for key, who in _NETWORKS:
        if addresses := getattr(stated.network, key):
            yield f"The site states {who}: {', '.join(addresses)}."
    if stated.expected_profile:
        yield f"The site expects CE's network on the {stated.expected_profile.value} profile."
    if stated.naming_port:
        yield f"The site states {stated.naming_port} as the Server Port in the CE portal."
    if stated.tomcat_version:
        yield f"The site states version {stated.tomcat_version} of Tomcat."
    if stated.recording_channel is not None:
        yield f"The site states the list of recording channels ({len(stated.recording_channel)})."
    for place in stated.port_location:
        row = located(place.component, catalogue)
        where = place.xpath or f"[{place.section}] {place.key}"
        yield f"The site says where the port of {row.title if row else place.component} stands: {where}"
