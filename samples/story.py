"""A scenario: the host, what happened on it, and the verdict that follows from that."""

from __future__ import annotations

from datetime import UTC, datetime

import monitoring
import msgspec
from bundle import ConfigFile, Machine, counts, files_of, json_bytes, stamp
from contact_expert import Install, files, programs, services
from registry_export import Data, Key
from service_hardening import configurable_rules, static_rules
from stock_host import Program, numbered, stock_programs, stock_services
from stock_rules import NamedRule, stock_rules
from store_apps import isolation_rules, user_app_rules
from windows_registry import (
    FIREWALL,
    GEOCAMPAIGN,
    GPO_FIREWALL,
    PORT_PROXY,
    PROCRUN,
    TAO,
    firewall_keys,
    geocampaign_keys,
    network_keys,
    policies_keys,
    procrun_keys,
    tao_keys,
)

DOMAIN = "fabrikam.local"


class Windows(msgspec.Struct, frozen=True):
    """A release: caption, build, rule schema, kind (server | client), where app isolation rules are kept."""

    caption: str
    build: str
    version: str
    kind: str
    app_store: str = "appiso"


SERVER_2016 = Windows(
    "Microsoft Windows Server 2016 Standard", "14393", "v2.26", "server", "wsh-configurable"
)
SERVER_2019 = Windows("Microsoft Windows Server 2019 Standard", "17763", "v2.29", "server")
WINDOWS_10 = Windows("Microsoft Windows 10 Enterprise", "19045", "v2.30", "client")


class Story(msgspec.Struct, frozen=True, kw_only=True):
    """What makes a host its own: everything else is stock Windows."""

    windows: Windows
    install: Install
    time_zone: str
    address: str
    collected_at: datetime
    configured_at: datetime  # registry settings of the product
    firewall_at: datetime  # last write of the local FirewallRules key
    fw_rules: tuple[NamedRule, ...]
    configs: tuple[ConfigFile, ...]
    tao: str | None = None
    geocampaign: dict[str, Data] = {}
    gpo: tuple[Key, ...] = ()
    gpo_at: datetime | None = None
    others: tuple[Program, ...] = ()
    users: int = 6  # who ever signed in; Store apps leave rules for each of them
    channels: tuple[tuple[str, str, int, int], ...] = ()
    connections: tuple[tuple[str, int, str, int, str], ...] = ()
    netstat: bool = False
    failed: dict[str, str] = {}
    culture: str = "en-US"


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """A folder under samples/. `text` is a title, an empty line and what happened on the host; `findings` are
    (check, component), and each must appear as medium or worse."""

    folder: str
    text: str
    story: Story
    exit: int
    verdict: str
    role: str = "core-server"
    findings: tuple[tuple[str, str], ...] = ()
    not_proven: tuple[str, ...] = ()


def utc(text: str) -> datetime:
    """A time of the story, written as "2025-01-14 18:31:07"."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def sample_files(sample: Sample) -> dict[str, bytes]:
    """Every file of the sample's folder: the bundle, the README and what a correct scanner says."""
    host = machine(sample.story)
    return {
        **files_of(host),
        "README.md": f"# {sample.text.strip()}\n".encode(),
        "expected.json": json_bytes(_expected(sample, host)),
    }


def _expected(sample: Sample, host: Machine) -> dict[str, object]:
    return {
        "exit": sample.exit,
        "verdict": sample.verdict,
        "role": sample.role,
        "findings": [
            {"check": check, "component": component, "severity_at_least": "medium"}
            for check, component in sample.findings
        ],
        "not_proven": list(sample.not_proven),
        "host": {
            "name": host.name,
            "domain": host.domain,
            "os_build": host.os_build,
            "boot_time": stamp(host.boot),
            "time_zone": host.time_zone,
            "collected_at": stamp(host.collected_at),
            "install_directory": sample.story.install.directory,
            "profiles": ["domain"],
        },
        "counts": counts(host),
    }


def machine(story: Story) -> Machine:
    """The host of the story, with stock Windows around it."""
    install = story.install
    server = story.windows.kind == "server"
    running = (
        *stock_programs(install.boot, story.address, story.windows.kind),
        *((monitoring.program(install.boot),) if server else ()),
        *programs(install),
        *story.others,
    )
    return Machine(
        name=install.host,
        domain=DOMAIN,
        os_caption=story.windows.caption,
        os_build=story.windows.build,
        boot=install.boot,
        collected_at=story.collected_at,
        time_zone=story.time_zone,
        culture=story.culture,
        addresses=(f"{story.address}/24", "fe80::d4a8:6435:1c3e:9b07/64"),
        registry={
            name: keys
            for name, keys in _registry(story).items()
            if f"registry/{name}.reg" not in story.failed
        },
        key_times=_key_times(story),
        programs=numbered(running, install.host),
        services=(*stock_services(), *((monitoring.SERVICE,) if server else ()), *services(install)),
        files=files(install, story.configs),
        configs=story.configs,
        excluded=((50000, 50059, True),),
        channels=story.channels,
        connections=story.connections,
        netstat=story.netstat,
        failed=story.failed,
    )


def _registry(story: Story) -> dict[str, tuple[Key, ...]]:
    install = story.install
    trees = {
        "firewall": firewall_keys(_stores(story), quiet=story.windows.kind == "server"),
        "policies": policies_keys(*story.gpo),
        "network-profiles": network_keys(install.host, DOMAIN, install.built_at, install.boot),
        "portproxy": (Key(PORT_PROXY),),
    }
    if story.tao is not None:
        trees["ace-tao"] = tao_keys(story.tao)
        trees["geocampaign"] = geocampaign_keys(install.directory, story.geocampaign)
        trees["procrun"] = procrun_keys(rf"{install.directory}\Tomcat")
    return trees


def _stores(story: Story) -> dict[str, tuple[NamedRule, ...]]:
    release, host = story.windows, story.install.host
    apps = user_app_rules(host, release.version, release.kind, release.build, story.users)
    isolation = isolation_rules(host, release.version, release.kind, release.build, story.users // 2)
    agent = (monitoring.fw_rule(host, release.version),) if release.kind == "server" else ()
    stores = {
        "local": (*stock_rules(release.version, release.kind), *apps, *agent, *story.fw_rules),
        "wsh-static": static_rules(),
        "wsh-configurable": configurable_rules(),
    }
    stores[release.app_store] = (*stores.get(release.app_store, ()), *isolation)
    return stores


def _key_times(story: Story) -> dict[str, datetime]:
    firewall = {FIREWALL: story.install.built_at, rf"{FIREWALL}\FirewallRules": story.firewall_at}
    times = {} if "registry/firewall.reg" in story.failed else firewall
    if story.gpo_at is not None:
        times = {**times, GPO_FIREWALL: story.gpo_at, rf"{GPO_FIREWALL}\FirewallRules": story.gpo_at}
    if story.tao is None:
        return times
    parameters = rf"{PROCRUN}\Tomcat8\Parameters"
    return {
        **times,
        TAO: story.configured_at,
        GEOCAMPAIGN: story.configured_at,
        parameters: story.install.built_at,
    }
