"""A core server in order

Every port is static, the firewall rules were written after the last change of the configuration, and the
whole server was restarted afterwards. The components without a documented port were given one
(AgentFactory, EmailServer, ChatServer: rule by program and port; EmailConnectorServer: rule by program).
Tomcat has, besides the rule for its connectors, a rule by program for the applications that choose their
ports (the StatisticsServer holds 49712). Four channels of the SIP recorder are listed and permitted. An
administrator has the Server Manager open.
"""

from __future__ import annotations

from bundle import ConfigFile
from ce_configuration import catalina_properties, server_manager_xml, tomcat_server_xml
from contact_expert import Install, allow, web_sockets
from core_install import (
    NO_PORTS,
    TAO_DEFAULT,
    TELEPHONY,
    UCMA_PORTS,
    UCMA_SOCKETS,
    config,
    core_configs,
    default_rules,
)
from stock_host import ANY, Socket, both
from stock_rules import NamedRule
from story import SERVER_2019, Sample, Story, utc

CHANNELS = tuple((f"SIP-{number:02}", "sip", 19998 + 2 * number, 21000 + number) for number in range(1, 5))

# Ports of components without a documented one, chosen by whoever set this host up.
CHOSEN = {"agent-factory": 9931, "email-connector": 9932, "email": 9933, "chat": 9934}


def sample() -> Sample:
    """The scenario and its verdict."""
    return Sample(
        folder="compliant-core", text=__doc__, story=_story(_install()), exit=0, verdict="compliant"
    )


def _install() -> Install:
    return Install(
        directory=r"D:\Program Files\Contact Expert",
        host="CE-CORE01",
        parts=(*TELEPHONY, "recorder-sip", *CHOSEN, *NO_PORTS, "web", "manager"),
        built_at=utc("2024-11-05 10:12:44"),
        boot=utc("2025-02-16 02:14:09"),
        ports={part: (port,) for part, port in CHOSEN.items()},
        sockets={
            **UCMA_SOCKETS,
            "recorder-sip": _channel_sockets(),
            "web": (*web_sockets(8080, 8443), *both("tcp", 49712)),
        },
        started={"manager": utc("2025-02-18 08:51:30")},
    )


def _channel_sockets() -> tuple[Socket, ...]:
    return (
        *(("udp", ANY, media) for _, _, media, _ in CHANNELS),
        *(("tcp", ANY, control) for _, _, _, control in CHANNELS),
    )


def _story(install: Install) -> Story:
    return Story(
        windows=SERVER_2019,
        install=install,
        time_zone="Central Europe Standard Time",
        address="10.20.30.11",
        collected_at=utc("2025-02-18 09:12:40"),
        configured_at=utc("2025-01-14 17:50:21"),
        firewall_at=utc("2025-01-14 18:31:07"),
        fw_rules=_fw_rules(install, SERVER_2019.version),
        configs=_configs(install),
        tao=TAO_DEFAULT,
        geocampaign=UCMA_PORTS,
        channels=CHANNELS,
    )


def _fw_rules(install: Install, version: str) -> tuple[NamedRule, ...]:
    with_port = (part for part in CHOSEN if part != "email-connector")
    media = (str(port) for _, _, port, _ in CHANNELS)
    return (
        *default_rules(install, version, *TELEPHONY, "web", "manager"),
        *(allow(install, part, str(CHOSEN[part]), version=version) for part in with_port),
        allow(install, "email-connector", version=version),
        allow(install, "web", version=version),
        allow(install, "recorder-sip", *media, protocol=17, version=version),
        allow(install, "recorder-sip", "21001-21004", version=version),
    )


def _configs(install: Install) -> tuple[ConfigFile, ...]:
    edited = utc("2025-01-14 18:05:12")
    manager = r"Tools\ServerManager\ServerManager.Config.xml"
    return (
        *core_configs(install, "CE-CORE01:9999", edited, tomcat_server_xml(), catalina_properties()),
        config(install, manager, server_manager_xml(9997), install.built_at),
    )
