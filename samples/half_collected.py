"""A core server without its firewall evidence

An endpoint protection product kept the collector from exporting the firewall's registry keys (the manifest
carries the errors); everything else was collected. Ports, processes and configuration agree, but nothing
can be said of what the firewall permits: the answer is "not proven", never "compliant".
"""

from __future__ import annotations

from ce_configuration import catalina_properties, tomcat_server_xml
from contact_expert import Install, web_sockets
from core_install import (
    NO_PORTS,
    TAO_DEFAULT,
    TELEPHONY,
    UCMA_PORTS,
    UCMA_SOCKETS,
    core_configs,
    default_rules,
)
from story import SERVER_2016, Sample, Story, utc

DENIED = "reg.exe ended with 1: ERROR: Access is denied."
NOT_PROVEN = (
    "missing-firewall-rule",
    "disabled-firewall-rule",
    "wrong-profile-firewall-rule",
    "blocked-by-firewall-rule",
    "stale-firewall-rule",
    "wrong-program-firewall-rule",
    "over-permissive-firewall-rule",
    "removed-component",
    "local-rules-ignored",
    "firewall-disabled",
    "restart-pending",
    "cmdlets-not-rerun",
    "poisoned-prompt-rule",
    "scope-too-narrow",
    "firewall-logging",
    "unnecessary-firewall-rule",
    "redundant-firewall-rule",
    "tomcat-dynamic-apps",
    "tomcat-child-process",
    "tomcat-shutdown-exposed",
    "ajp-exposed",
)


def sample() -> Sample:
    """The scenario and its verdict."""
    return Sample(
        folder="half-collected",
        text=__doc__,
        story=_story(_install()),
        exit=3,
        verdict="not-proven",
        not_proven=NOT_PROVEN,
    )


def _install() -> Install:
    return Install(
        directory=r"D:\ContactExpert",
        host="CE-APP-B",
        parts=(*TELEPHONY, *NO_PORTS, "web"),
        built_at=utc("2023-10-02 09:00:40"),
        boot=utc("2025-07-13 03:20:31"),
        sockets={**UCMA_SOCKETS, "web": web_sockets(8080, 8443)},
    )


def _story(install: Install) -> Story:
    edited = utc("2023-10-02 10:35:44")
    return Story(
        windows=SERVER_2016,
        install=install,
        time_zone="Eastern Standard Time",
        address="10.1.7.9",
        collected_at=utc("2025-07-15 13:45:22"),
        configured_at=utc("2023-10-02 10:11:12"),
        firewall_at=utc("2023-10-02 11:00:00"),
        fw_rules=default_rules(install, SERVER_2016.version, *TELEPHONY, "web"),
        configs=core_configs(install, "CE-APP-B:9999", edited, tomcat_server_xml(), catalina_properties()),
        tao=TAO_DEFAULT,
        geocampaign=UCMA_PORTS,
        netstat=True,
        failed={"registry/firewall.reg": DENIED, "registry/policies.reg": DENIED},
    )
