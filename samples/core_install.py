"""A core server's installation as the samples share it: parts, sockets, configuration, default rules."""

from __future__ import annotations

from datetime import datetime, timedelta

from bundle import ConfigFile
from ce_configuration import server_agent_xml
from contact_expert import AGENT_CONFIG, PARTS, Install, allow
from registry_export import Data
from stock_host import ANY, Socket, both
from stock_rules import NamedRule

SERVICES = ("agent", "naming", "ucma-recorder")
MANAGED = (
    "license",
    "db",
    "alarm",
    "sd",
    "dialer",
    "campaign",
    "rule",
    "recorder-server",
    "ivr",
    "connector-ucma",
    "telephony",
)
TELEPHONY = (*SERVICES, *MANAGED)
NO_PORTS = ("contacts", "email-router")
TAO_DEFAULT = "-ORBListenEndpoints iiop://:9999 -ORBDottedDecimalAddresses 1"
UCMA_PORTS: dict[str, Data] = {
    "Lync_Connector_ApplicationPort": 9000,
    "Lync_Recorder_ApplicationPort": 9100,
    "Lync_Recorder_Port": 9971,
}
UCMA_SOCKETS: dict[str, tuple[Socket, ...]] = {
    "ucma-recorder": (*both("tcp", 9100), ("tcp", ANY, 9971)),
    "connector-ucma": (("tcp", ANY, 9910), *both("tcp", 9000)),
}


def config(install: Install, name: str, content: bytes, changed_at: datetime) -> ConfigFile:
    """A configuration file below the install directory."""
    return ConfigFile(path=rf"{install.directory}\{name}", content=content, modified_at=changed_at)


def core_configs(
    install: Install, naming: str, changed_at: datetime, tomcat: bytes, properties: bytes
) -> tuple[ConfigFile, ...]:
    """ServerAgent.Config.xml as last edited, and Tomcat's files as the installation left them."""
    return (
        config(install, AGENT_CONFIG, server_agent_xml(install, naming), changed_at),
        config(install, r"Tomcat\conf\server.xml", tomcat, install.built_at + timedelta(minutes=9)),
        config(install, r"Tomcat\conf\catalina.properties", properties, install.built_at),
    )


def default_rules(
    install: Install, version: str, *parts: str, disabled: tuple[str, ...] = ()
) -> tuple[NamedRule, ...]:
    """One rule per part, by program and the vendor's default ports."""
    return tuple(
        allow(install, part, *_default_ports(part), version=version, active=part not in disabled)
        for part in parts
    )


def _default_ports(part: str) -> tuple[str, ...]:
    """The documented ports of a part's executable; the UCMA connector has its application port besides."""
    ports = (*PARTS[part].ports, 9000) if part == "connector-ucma" else PARTS[part].ports
    return tuple(map(str, ports))
