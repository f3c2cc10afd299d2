"""What a site file may say: its keys, their types and what they mean (docs/site-file.md)."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from rules.catalogue.model import Section, Source
from rules.model import Severity

SITE_SCHEMA = "ce-audit/site-v1"
_ADDRESSES = "Each an IPv4 or IPv6 address, a subnet (10.1.0.0/16) or a range (10.1.0.5-10.1.0.9)."

Text = Annotated[str, Meta(min_length=1)]
Port = Annotated[int, Meta(ge=1, le=65535)]


class ProfileName(StrEnum):
    """A firewall profile, in any case."""

    DOMAIN = "domain"
    PRIVATE = "private"
    PUBLIC = "public"

    @classmethod
    def _missing_(cls, value: object) -> ProfileName | None:
        return next((profile for profile in cls if str(value).casefold() == profile.value), None)


class Protocol(StrEnum):
    TCP = "tcp"
    UDP = "udp"


class Recorder(StrEnum):
    CMAPI = "cmapi"
    SIP = "sip"


class InstallDirectory(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where CE is installed, per role; worked out from where its programs are, if not stated."""

    core_server: Annotated[Text | None, Meta(description="On core servers, as a full path.")] = None
    operator_pc: Annotated[Text | None, Meta(description="On operator PCs, as a full path.")] = None


class Network(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who connects to whom; what is not stated is judged for any address."""

    ce_servers: Annotated[tuple[str, ...], Meta(description=f"All CE servers of the site. {_ADDRESSES}")] = ()
    clients: Annotated[tuple[str, ...], Meta(description=f"The operator PCs. {_ADDRESSES}")] = ()
    sfb_front_ends: Annotated[
        tuple[str, ...],
        Meta(
            description=f"The Skype for Business Front End servers, for the application ports. {_ADDRESSES}"
        ),
    ] = ()
    dmz_proxies: Annotated[
        tuple[str, ...],
        Meta(description=f"The proxies through which clients outside connect. {_ADDRESSES}"),
    ] = ()


class PortLocation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the port of a component stands in its own XML or ini file, whose schema the vendor keeps."""

    component: Annotated[Text, Meta(description="The id or the title of an endpoint of the catalogue.")]
    xpath: Annotated[
        Text | None,
        Meta(description="XPath 1.0 whose result is a port or a text of TAO options, for an XML file."),
    ] = None
    section: Annotated[Text | None, Meta(description="The section of an ini file, with `key`.")] = None
    key: Annotated[Text | None, Meta(description="The key in that section whose value is the port.")] = None


class Channel(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A recording channel, as the CE Web Admin GUI shows it under Recording > Channels."""

    channel: Annotated[Text, Meta(description="Its name.")]
    recorder: Annotated[Recorder, Meta(description="The kind of recorder that serves it.")]
    media_port: Annotated[Port, Meta(description="Media Port (UDP).")]
    control_port: Annotated[Port, Meta(description="Control Port (TCP).")]


class EndpointPort(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A port that a component listens on."""

    port: Annotated[Port, Meta(description="Its number.")]
    protocol: Annotated[Protocol, Meta(description="tcp if not stated.")] = Protocol.TCP
    purpose: Annotated[str | None, Meta(description="What it is for, where a component has several.")] = None


class Endpoint(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An endpoint that the catalogue lacks, or what is different here about one that it has."""

    id: Annotated[
        Text,
        Meta(description="Of an endpoint of the catalogue, which is then overridden; else a new one."),
    ]
    component: Annotated[Text | None, Meta(description="The name of a new component. Mandatory there.")] = (
        None
    )
    section: Annotated[
        Section | None, Meta(description="Which hosts a new component belongs on. Mandatory there.")
    ] = None
    executable: Annotated[
        Text | None, Meta(description="The program below the install directory. Mandatory for a new one.")
    ] = None
    ports: Annotated[
        tuple[EndpointPort, ...] | None,
        Meta(description="The ports to expect; [] where no number can be demanded. Mandatory for a new one."),
    ] = None
    sources: Annotated[
        tuple[Source, ...] | None, Meta(description="Who connects to it. Mandatory for a new one.")
    ] = None
    impact: Annotated[
        Text | None, Meta(description="What stops working where the endpoint cannot be reached.")
    ] = None


class CheckOff(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A check that this site does not want, and why; the report prints the reason."""

    check: Annotated[Text, Meta(description="Its id, as `ce-audit checks` lists it.")]
    reason: Annotated[Text, Meta(description="Why it is off.")]


class SiteFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a site says about itself. Everything is optional: what is not stated is not assumed."""

    role: Annotated[
        Section | None, Meta(description="What the hosts are; decided by what is installed, if not stated.")
    ] = None
    expected_profile: Annotated[
        ProfileName | None,
        Meta(description="The firewall profile that CE's network is on; a host on none such is a finding."),
    ] = None
    naming_port: Annotated[
        Port | None,
        Meta(description="The Server Port of the application server, as the CE portal shows it."),
    ] = None
    tomcat_version: Annotated[
        Text | None,
        Meta(description="The version of CE's Tomcat, such as 8.5.40: it decides what AJP risks."),
    ] = None
    install_directory: Annotated[InstallDirectory, Meta(description="Where CE is installed, per role.")] = (
        InstallDirectory()
    )
    network: Annotated[Network, Meta(description="Who connects to CE's ports.")] = Network()
    port_location: Annotated[
        tuple[PortLocation, ...],
        Meta(description="Where ports stand in files whose schema the vendor keeps."),
    ] = ()
    recording_channel: Annotated[
        tuple[Channel, ...] | None, Meta(description="All recording channels; [] where there are none.")
    ] = None
    endpoint: Annotated[
        tuple[Endpoint, ...], Meta(description="Endpoints to add to the catalogue, or to override in it.")
    ] = ()
    severity: Annotated[
        dict[str, Severity], Meta(description="Check id -> the severity that its findings get at this site.")
    ] = {}
    check_off: Annotated[
        tuple[CheckOff, ...], Meta(description="The checks that this site does not want.")
    ] = ()
