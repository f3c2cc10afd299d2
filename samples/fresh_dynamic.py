"""A core server on the day after its installation

No component has a static port yet: TaoNamingServiceOptions is empty and ServerAgent.Config.xml names the
servers without an endpoint, so each of them took a port of the dynamic range. The engineer allowed by
program what other machines need first (Naming Service, DBConnectorServer, SDServer,
TelephonyConnectorServer, TelephonyServer, Tomcat) and left the rest; no rule names a port. Such a rule
covers a dynamic port today and tomorrow, but the port stays dynamic: the finding is the port, not the rule.
Only the application port that Skype for Business must know (9000) is set. Tomcat is as shipped: 8080 and
AJP, TLS commented out. E-mail, chat, IVR and recording are not installed.
"""

from __future__ import annotations

from ce_configuration import catalina_properties, tomcat_server_xml
from contact_expert import PARTS, Install, allow, web_sockets
from core_install import core_configs
from stock_host import ANY, Socket, both
from story import SERVER_2019, Sample, Story, utc

DYNAMIC = (
    "agent",
    "naming",
    "license",
    "db",
    "alarm",
    "sd",
    "dialer",
    "campaign",
    "rule",
    "connector-ucma",
    "telephony",
)
BY_PROGRAM = ("naming", "db", "sd", "connector-ucma", "telephony", "web")


def sample() -> Sample:
    """The scenario and its verdict."""
    return Sample(
        folder="fresh-dynamic",
        text=__doc__,
        story=_story(_install()),
        exit=1,
        verdict="non-compliant",
        findings=tuple(("dynamic-port", PARTS[part].component) for part in DYNAMIC),
    )


def _install() -> Install:
    return Install(
        directory=r"C:\Program Files (x86)\Geomant\Contact Expert",
        host="CECORE-NEW",
        parts=(*DYNAMIC, "contacts", "web"),
        built_at=utc("2025-05-20 12:02:33"),
        boot=utc("2025-05-20 15:40:16"),
        ports=dict.fromkeys(DYNAMIC, ()),
        sockets={**_dynamic_sockets(), "web": web_sockets(8080)},
    )


def _dynamic_sockets() -> dict[str, tuple[Socket, ...]]:
    sockets: dict[str, tuple[Socket, ...]] = {
        part: (("tcp", ANY, 49702 + 3 * number),) for number, part in enumerate(DYNAMIC)
    }
    sockets["connector-ucma"] += both("tcp", 9000)
    return sockets


def _story(install: Install) -> Story:
    tomcat = tomcat_server_xml(tls=False)
    return Story(
        windows=SERVER_2019,
        install=install,
        time_zone="W. Europe Standard Time",
        address="192.168.50.10",
        collected_at=utc("2025-05-21 07:25:00"),
        configured_at=utc("2025-05-20 12:31:10"),
        firewall_at=utc("2025-05-20 15:22:48"),
        fw_rules=tuple(allow(install, part, version=SERVER_2019.version) for part in BY_PROGRAM),
        configs=core_configs(install, "", utc("2025-05-20 12:30:57"), tomcat, catalina_properties()),
        tao="",
        geocampaign={"Lync_Connector_ApplicationPort": 9000},
        users=2,
    )
