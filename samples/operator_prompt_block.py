"""An operator's PC whose user cancelled the firewall prompt

The Allow rule for AgentClientApp.Net is there and right. On 2 April the operator started the program,
Windows asked whether to allow it, and the prompt was cancelled: Windows wrote two "Query User" rules that
block the program for TCP and UDP in the Domain profile. A Block rule beats every Allow rule, so the servers
cannot call the program back.
"""

from __future__ import annotations

from bundle import ConfigFile
from ce_configuration import agent_client_xml
from contact_expert import Install, allow
from core_install import config
from stock_host import Program
from stock_rules import NamedRule
from store_apps import rule_id
from story import WINDOWS_10, Sample, Story, utc

OFFICE = r"C:\Program Files\Microsoft Office\root\Office16"

# A PC has none of the servers' settings; reg.exe says so.
SERVER_KEYS = ("registry/ace-tao.reg", "registry/geocampaign.reg", "registry/procrun.reg")
NOT_FOUND = "ERROR: The system was unable to find the specified registry key or value."


def sample() -> Sample:
    """The scenario and its verdict."""
    return Sample(
        folder="operator-prompt-block",
        text=__doc__,
        story=_story(_install()),
        exit=1,
        verdict="non-compliant",
        role="operator-pc",
        findings=(("poisoned-prompt-rule", "AgentClientApp.Net"),),
    )


def _install() -> Install:
    return Install(
        directory=r"C:\Program Files (x86)\Contact Expert",
        host="OPC-0417",
        parts=("desktop-net",),
        built_at=utc("2025-01-22 13:05:09"),
        boot=utc("2025-04-02 05:48:20"),
        started={"desktop-net": utc("2025-04-02 06:02:11")},
    )


def _story(install: Install) -> Story:
    version = WINDOWS_10.version
    permitted = allow(install, "desktop-net", "19960", version=version, profiles=("Domain", "Private"))
    return Story(
        windows=WINDOWS_10,
        install=install,
        time_zone="Central Europe Standard Time",
        culture="hu-HU",
        address="10.20.41.117",
        collected_at=utc("2025-04-02 08:15:34"),
        configured_at=install.built_at,
        firewall_at=utc("2025-04-02 06:02:19"),
        fw_rules=(permitted, *(_prompt_rule(install, version, protocol) for protocol in (6, 17))),
        configs=(_agent_config(install),),
        others=(
            Program(path=rf"{OFFICE}\lync.exe", started_at=utc("2025-04-02 06:00:02")),
            Program(path=rf"{OFFICE}\OUTLOOK.EXE", started_at=utc("2025-04-02 06:00:40")),
        ),
        users=2,
        failed=dict.fromkeys(SERVER_KEYS, NOT_FOUND),
    )


def _agent_config(install: Install) -> ConfigFile:
    name = r"Servers\AgentClientApp.Net\AgentClientApp.config.xml"
    content = agent_client_xml(19960, "ce-core01.fabrikam.local:9999")
    return config(install, name, content, utc("2025-01-22 13:20:00"))


def _prompt_rule(install: Install, version: str, protocol: int) -> NamedRule:
    """What the prompt writes: the id holds the path in lower case; the name is the program's."""
    program = install.path("desktop-net").lower().replace("c:", "C:")
    guid = rule_id(install.host, "prompt", protocol)
    text = (
        f"{version}|Action=Block|Active=TRUE|Dir=In|Protocol={protocol}|Profile=Domain|App={program}|"
        "Name=AgentClientApp|Desc=AgentClientApp|Defer=User|"
    )
    return f"{'TCP' if protocol == 6 else 'UDP'} Query User{guid}{program}", text
