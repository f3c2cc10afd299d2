"""A core server under a GPO that ignores local rules

The rules of the CE components are on the host and right, but the domain's GPO sets AllowLocalPolicyMerge=0
for the Domain profile: Windows drops every local rule there and keeps the GPO's own (Remote Desktop, WinRM,
ping), so nothing reaches Contact Expert although its rules look healthy. One cause, one finding. Tomcat's
HTTP port comes from catalina.properties.
"""

from __future__ import annotations

from bundle import ConfigFile
from ce_configuration import catalina_properties, tomcat_server_xml
from contact_expert import Install, allow, web_sockets
from core_install import (
    NO_PORTS,
    TAO_DEFAULT,
    TELEPHONY,
    UCMA_PORTS,
    UCMA_SOCKETS,
    core_configs,
    default_rules,
)
from registry_export import Data, Key
from stock_rules import NamedRule
from store_apps import rule_id
from story import SERVER_2019, Sample, Story, utc
from windows_registry import gpo_firewall_keys

SETTINGS: tuple[tuple[str, Data], ...] = (
    ("EnableFirewall", 1),
    ("DefaultOutboundAction", 0),
    ("DefaultInboundAction", 1),
    ("DisableNotifications", 1),
    ("AllowLocalPolicyMerge", 0),
    ("AllowLocalIPsecPolicyMerge", 0),
)
ADMINS = "RA4=10.8.99.0/255.255.255.0|"
TERMINAL = r"App=%SystemRoot%\system32\svchost.exe|Svc=termservice|"
GPO_RULES = (
    f"Protocol=6|Profile=Domain|LPort=3389|{ADMINS}{TERMINAL}Name=Admin - Remote Desktop (TCP-In)|",
    f"Protocol=17|Profile=Domain|LPort=3389|{ADMINS}{TERMINAL}Name=Admin - Remote Desktop (UDP-In)|",
    f"Protocol=6|Profile=Domain|LPort=5985|{ADMINS}App=System|Name=Admin - WinRM (HTTP-In)|",
    "Protocol=1|Profile=Domain|ICMP4=8:*|Name=Admin - Ping (ICMPv4-In)|",
)


def sample() -> Sample:
    """The scenario and its verdict."""
    return Sample(
        folder="gpo-ignores-local",
        text=__doc__,
        story=_story(_install()),
        exit=1,
        verdict="non-compliant",
        findings=(("local-rules-ignored", ""),),
    )


def _install() -> Install:
    return Install(
        directory=r"E:\ContactExpert",
        host="VIE-CE-01",
        parts=(*TELEPHONY, "recorder-ucma", *NO_PORTS, "web"),
        built_at=utc("2024-09-10 07:15:50"),
        boot=utc("2025-06-08 01:31:42"),
        sockets={**UCMA_SOCKETS, "web": web_sockets(8080, 8443, ajp=False)},
    )


def _story(install: Install) -> Story:
    return Story(
        windows=SERVER_2019,
        install=install,
        time_zone="W. Europe Standard Time",
        culture="de-AT",
        address="10.8.15.40",
        collected_at=utc("2025-06-11 11:02:05"),
        configured_at=utc("2024-09-10 08:00:12"),
        firewall_at=utc("2024-09-10 09:41:27"),
        fw_rules=_fw_rules(install, SERVER_2019.version),
        configs=_configs(install),
        tao=TAO_DEFAULT,
        geocampaign=UCMA_PORTS,
        gpo=_gpo(install.host, SERVER_2019.version),
        gpo_at=utc("2025-06-07 22:15:00"),
    )


def _fw_rules(install: Install, version: str) -> tuple[NamedRule, ...]:
    return (
        *default_rules(install, version, *TELEPHONY),
        allow(install, "recorder-ucma", version=version),
        allow(install, "web", "8080", "8443", version=version),
        allow(install, "web", version=version),
    )


def _configs(install: Install) -> tuple[ConfigFile, ...]:
    tomcat = tomcat_server_xml(http="${ce.http.port}", ajp=False)
    properties = catalina_properties(ce_http_port="8080")
    return core_configs(install, "VIE-CE-01:9999", utc("2024-09-10 08:22:36"), tomcat, properties)


def _gpo(host: str, version: str) -> tuple[Key, ...]:
    fw_rules = tuple(
        (rule_id(host, "gpo", number), f"{version}|Action=Allow|Active=TRUE|Dir=In|{text}")
        for number, text in enumerate(GPO_RULES)
    )
    return gpo_firewall_keys(SETTINGS, fw_rules)
