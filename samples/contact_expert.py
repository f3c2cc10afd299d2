"""Contact Expert on a sample host: what is installed, configured, running, and what its cmdlets wrote.

Executables, default ports and places come from the vendor's page. INVENTED, because nothing public shows
them: the schema of the XML files (TAO options in an argument string per managed server, contact-expert.md
3.1), the names of services and firewall rules, the install directories, and the ports of components without
a documented one.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from random import Random

import msgspec
from bundle import ConfigFile, HostFile
from stock_host import ANY, Program, ServiceEntry, Socket, both
from stock_rules import NamedRule
from store_apps import rule_id


class Part(msgspec.Struct, frozen=True):
    """An executable of the product. `ports` are the vendor's defaults."""

    component: str
    exe: str
    ports: tuple[int, ...] = ()
    service: str = ""


def _service_part(component: str, below: str, service: str, *ports: int) -> Part:
    return Part(component, rf"Services\{below}", ports, service)


def _server(component: str, *ports: int, exe: str = "", folder: str = "") -> Part:
    """A managed server: most are `Servers\\<name>\\<name>.exe`."""
    return Part(component, rf"Servers\{folder or component}\{exe or component}.exe", ports)


def _recorder(variant: str) -> Part:
    folder = rf"TelephonyRecorderServer\TelephonyRecorder.{variant}"
    return _server("TelephonyRecorder", exe="TelephonyRecorderLoader", folder=folder)


def _connector(variant: str) -> Part:
    name = "TelephonyConnectorServer"
    return _server(name, 9910, folder=f"{name}.{variant}")


RECORDER_SERVICE = r"UCMARecorderService\UCMARecorderService.exe"
PARTS = {
    "agent": _service_part("Server Agent", r"ServerAgent\ServerAgent.exe", "CEServerAgent", 9998),
    "naming": _service_part(
        "Naming Service", r"NamingService\NT_Naming_Service.exe", "TAO_NT_Naming_Service", 9999
    ),
    "ucma-recorder": _service_part("UCMA Recorder Service", RECORDER_SERVICE, "CEUCMARecorder", 9100, 9971),
    "license": _server("LicenseServer", 9900),
    "db": _server("DBConnectorServer", 9901),
    "alarm": _server("AlarmServer", 9903, exe="AlarmServerLoader"),
    "sd": _server("SDServer", 9904),
    "dialer": _server("DialerServer", 9905),
    "campaign": _server("CampaignServer", 9906),
    "rule": _server("RuleServer", 9907),
    "recorder-server": _server("TelephonyRecorderServer", 9908, exe="TelephonyRecorderServerLoader"),
    "recorder-cmapi": _recorder("CMAPI"),
    "recorder-sip": _recorder("SIP"),
    "recorder-ucma": _recorder("UCMA"),
    "ivr": _server("IVRConnector", 9909, exe="IVRConnectorServer", folder="IVRConnectorServer"),
    "ivr-ws": _server("IVRConnector", 9909, 19970, exe="IVRConnectorServer.WS", folder="IVRConnectorServer"),
    "connector-tsapi": _connector("TSAPI"),
    "connector-ucma": _connector("UCMA"),
    "telephony": _server("TelephonyServer", 9911),
    "sms-connector": _server("SMSConnectorServer", 9912),
    "sms-flow": _server("SMSFlowServer"),
    "agent-factory": _server("AgentFactory", exe="AgentFactoryLoader"),
    "sms": _server("SMSServer"),
    "email-connector": _server("EmailConnectorServer", exe="EmailConnectorServerLoader"),
    "email": _server("EmailServer"),
    "chat": _server("ChatServer"),
    "contacts": _service_part(
        "Contact Manager Service", r"ContactManager\ContactManagerService.exe", "CEContactManager"
    ),
    "email-router": _service_part(
        "Email Router Service", r"EmailRouterService\EmailRouterNTService.exe", "CEEmailRouter"
    ),
    "sms-delivery": _service_part(
        "SMS Delivery Service", r"SMSDeliveryService\SMSDeliveryService.exe", "CESMSDelivery", 25
    ),
    "web": Part("Web Service", r"Tomcat\bin\tomcat8.exe", (8009, 8080, 8443), "Tomcat8"),
    "manager": Part("ServerManager", r"Tools\ServerManager\ServerManager.exe", (9997,)),
    "desktop": _server("AgentClientApp", 19960),
    "desktop-net": _server("AgentClientApp.Net", 19960, exe="AgentClientApp"),
}

AGENT_CONFIG = r"Services\ServerAgent\ServerAgent.Config.xml"
CONFIG_FILES = (
    AGENT_CONFIG,
    r"Tools\ServerManager\ServerManager.Config.xml",
    r"Servers\AgentClientApp\AgentClientApp.config.xml",
    r"Servers\AgentClientApp.Net\AgentClientApp.config.xml",
    r"Services\SMSDeliveryService\gc.sms.gw.service.ini",
    r"Tomcat\conf\server.xml",
    r"Tomcat\conf\catalina.properties",
)


class Install(msgspec.Struct, frozen=True, kw_only=True):
    """One installation. `ports` overrides a part's defaults (() = no endpoint configured), `sockets` what it
    has open, `started` when it was started; `idle` parts are installed and not running."""

    directory: str
    host: str
    parts: tuple[str, ...]
    built_at: datetime
    boot: datetime
    ports: dict[str, tuple[int, ...]] = {}
    sockets: dict[str, tuple[Socket, ...]] = {}
    started: dict[str, datetime] = {}
    idle: tuple[str, ...] = ()

    def path(self, part: str) -> str:
        """The part's executable on this host."""
        return rf"{self.directory}\{PARTS[part].exe}"

    def ports_of(self, part: str) -> tuple[int, ...]:
        """The ports that the configuration gives this part."""
        return self.ports.get(part, PARTS[part].ports)


def programs(install: Install) -> tuple[Program, ...]:
    """The product's processes, started one after the other some time after boot."""
    return tuple(
        Program(
            path=install.path(part),
            started_at=install.started.get(part, install.boot + timedelta(seconds=95 + 4 * number)),
            services=(PARTS[part].service,) if PARTS[part].service else (),
            sockets=install.sockets.get(part, tuple(("tcp", ANY, port) for port in install.ports_of(part))),
        )
        for number, part in enumerate(install.parts)
        if part not in install.idle
    )


def services(install: Install) -> tuple[ServiceEntry, ...]:
    """The installed Windows services of the product."""
    return tuple(_service(install, part) for part in install.parts if PARTS[part].service)


def _service(install: Install, part: str) -> ServiceEntry:
    run = " //RS//Tomcat8" if part == "web" else ""
    shown = {"naming": "TAO NT Naming Service", "web": "Apache Tomcat 8.0 Tomcat8"}
    return ServiceEntry(
        name=PARTS[part].service,
        display_name=shown.get(part, f"Contact Expert {PARTS[part].component}"),
        path=f'"{install.path(part)}"{run}',
    )


def web_sockets(*ports: int, ajp: bool = True) -> tuple[Socket, ...]:
    """Tomcat's sockets: shutdown on the loopback, AJP where `server.xml` binds it, dual-stack connectors."""
    first: tuple[Socket, ...] = (("tcp", "127.0.0.1", 8005), *((("tcp", ANY, 8009),) if ajp else ()))
    return (*first, *(socket for port in ports for socket in both("tcp", port)))


def files(install: Install, configs: tuple[ConfigFile, ...]) -> tuple[HostFile, ...]:
    """Every executable and configuration file of the vendor's page, present or looked for and absent."""
    present = {config.path: config for config in configs}
    executables = (
        _executable(install, part) if part in install.parts else HostFile(path=install.path(part))
        for part in PARTS
    )
    return (*executables, *(_config_entry(rf"{install.directory}\{name}", present) for name in CONFIG_FILES))


def _executable(install: Install, part: str) -> HostFile:
    size = Random(hashlib.sha256(part.encode()).digest()).randrange(180_000, 2_400_000)  # noqa: S311 - repeatable
    return HostFile(path=install.path(part), bytes=size, modified_at=install.built_at)


def _config_entry(path: str, present: dict[str, ConfigFile]) -> HostFile:
    config = present.get(path)
    if config is None:
        return HostFile(path=path)
    return HostFile(path=path, bytes=len(config.content), modified_at=config.modified_at)


def allow(
    install: Install,
    part: str,
    *ports: str,
    protocol: int = 6,
    version: str,
    active: bool = True,
    profiles: tuple[str, ...] = ("Domain",),
) -> NamedRule:
    """An inbound Allow rule for a part by program and local ports ("20000", "20000-20007"; none = any)."""
    transport = "TCP" if protocol == 6 else "UDP"
    tokens = [
        version,
        "Action=Allow",
        f"Active={str(active).upper()}",
        "Dir=In",
        f"Protocol={protocol}",
        *(f"Profile={profile}" for profile in profiles),
        *(f"LPort2_10={port}" if "-" in port else f"LPort={port}" for port in ports),
        f"App={install.path(part)}",
        f"Name=Contact Expert - {PARTS[part].component} ({transport}-In)",
        "EmbedCtxt=Contact Expert",
    ]
    return rule_id(install.host, part, protocol, *ports), "|".join(tokens) + "|"
