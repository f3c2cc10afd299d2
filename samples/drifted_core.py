"""A core server that drifted

Set up correctly in March 2024. On 3 March 2025 somebody disabled the rule of TelephonyServer while looking
for a fault and never enabled it again; the server was restarted for updates the next evening. On 6 March
the CE servers were stopped for a while: a reporting tool that was installed meanwhile took port 9906 with
its java.exe, and the ports of DBConnectorServer (9901 to 9921) and SDServer (9904 to 9924) were changed in
ServerAgent.Config.xml. Server Agent was started again, but nobody ran Remove-CEFirewallRules and
Add-CEFirewallRules. CampaignServer could not take its port and is not running. The rule of
SMSConnectorServer is a leftover of an earlier release; the component is gone.
"""

from __future__ import annotations

from datetime import timedelta

from ce_configuration import catalina_properties, tomcat_server_xml
from contact_expert import Install, allow, web_sockets
from core_install import MANAGED, NO_PORTS, TELEPHONY, UCMA_SOCKETS, core_configs, default_rules
from stock_host import Program, both
from stock_rules import NamedRule
from story import SERVER_2016, Sample, Story, utc

FINDINGS = (
    ("cmdlets-not-rerun", "DBConnectorServer"),
    ("cmdlets-not-rerun", "SDServer"),
    ("disabled-firewall-rule", "TelephonyServer"),
    ("foreign-listener", "CampaignServer"),
    ("removed-component", "SMSConnectorServer"),
)
ADDRESS = "172.16.4.22"


def sample() -> Sample:
    """The scenario and its verdict."""
    return Sample(
        folder="drifted-core",
        text=__doc__,
        story=_story(_install()),
        exit=1,
        verdict="non-compliant",
        findings=FINDINGS,
    )


def _install() -> Install:
    again = utc("2025-03-06 17:22:05")
    restarted = ("agent", *MANAGED)
    return Install(
        directory=r"C:\CE",
        host="SRV-CE-02",
        parts=(*TELEPHONY, *NO_PORTS, "web"),
        built_at=utc("2024-03-19 08:30:02"),
        boot=utc("2025-03-04 21:03:55"),
        ports={"db": (9921,), "sd": (9924,)},
        sockets={**UCMA_SOCKETS, "web": web_sockets(8080, 8443)},
        started={part: again + timedelta(seconds=4 * number) for number, part in enumerate(restarted)},
        idle=("campaign",),
    )


def _story(install: Install) -> Story:
    edited = utc("2025-03-06 17:20:31")
    return Story(
        windows=SERVER_2016,
        install=install,
        time_zone="GMT Standard Time",
        culture="en-GB",
        address=ADDRESS,
        collected_at=utc("2025-03-12 10:40:18"),
        configured_at=utc("2024-03-19 09:02:40"),
        firewall_at=utc("2025-03-03 14:37:52"),
        fw_rules=_fw_rules(install, SERVER_2016.version),
        configs=core_configs(install, "SRV-CE-02:9999", edited, tomcat_server_xml(), catalina_properties()),
        tao="-ORBEndPoint iiop://:9999",
        geocampaign={
            "Lync_Connector_ApplicationPort": "9000",
            "Lync_Recorder_ApplicationPort": "9100",
            "Lync_Recorder_Port": "9971",
        },
        others=(_reporting_tool(),),
        connections=((ADDRESS, 9999, "172.16.4.31", 51544, "NT_Naming_Service.exe"),),
        netstat=True,
    )


def _reporting_tool() -> Program:
    return Program(
        path=r"C:\Program Files\ReportWorks\jre\bin\java.exe",
        started_at=utc("2025-03-06 17:11:41"),
        sockets=both("tcp", 9906),
    )


def _fw_rules(install: Install, version: str) -> tuple[NamedRule, ...]:
    return (
        *default_rules(install, version, *TELEPHONY, "web", disabled=("telephony",)),
        *default_rules(install, version, "sms-connector"),
        allow(install, "web", version=version),
    )
