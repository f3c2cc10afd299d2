"""Compliant hosts in memory, and builders for the facts they are made of."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from rules.catalogue.loader import load_catalogue
from scanner.model import (
    Action,
    ConfiguredEndpoint,
    ConfiguredPorts,
    Direction,
    DynamicRange,
    EvidenceSource,
    FirewallRule,
    Host,
    InstalledFile,
    Interface,
    Listener,
    Origin,
    PortRanges,
    PortState,
    Process,
    Profile,
    ProfileSettings,
    Service,
    Snapshot,
    Store,
)

CATALOGUE = load_catalogue()
INSTALL = r"D:\Contact Expert"
CONFIGURED_AT = datetime(2025, 3, 3, 8, 0, tzinfo=UTC)
RULES_WRITTEN = datetime(2025, 3, 3, 9, 0, tzinfo=UTC)
BOOTED = datetime(2025, 3, 3, 10, 0, tzinfo=UTC)
STARTED = datetime(2025, 3, 3, 10, 5, tzinfo=UTC)
LATER = datetime(2025, 3, 4, 12, 0, tzinfo=UTC)
TCP, UDP = 6, 17


def tcp(port: int, **more: object) -> ConfiguredEndpoint:
    return ConfiguredEndpoint(protocol="tcp", port=port, **more)


def udp(port: int, **more: object) -> ConfiguredEndpoint:
    return ConfiguredEndpoint(protocol="udp", port=port, **more)


# row id -> what is configured for it
CORE: dict[str, tuple[ConfiguredEndpoint, ...]] = {
    "server-agent": (tcp(9998),),
    "naming-service": (tcp(9999),),
    "ucma-recorder-application-port": (tcp(9100),),
    "ucma-recorder-recorder-port": (tcp(9971),),
    "license-server": (tcp(9900),),
    "db-connector-server": (tcp(9901),),
    "alarm-server": (tcp(9903),),
    "telephony-recorder-sip": (
        udp(20000, purpose="media"),
        tcp(21000, purpose="control"),
        udp(20002, purpose="media"),
        tcp(21001, purpose="control"),
    ),
    "ivr-connector-webservices": (tcp(9909), tcp(19970)),
    "chat-server": (tcp(9915),),
    "web-service": (
        tcp(8005, purpose="shutdown", address="127.0.0.1"),
        tcp(8009, purpose="ajp", guarded=True),
        tcp(8080, purpose="http"),
        tcp(8443, purpose="https"),
    ),
}
OPERATOR = {"agent-client-app": (tcp(19960),)}
LOGGING: dict[str, Any] = {"log_dropped": True, "log_size_kb": 16384}
DB, DB_RULE = "db-connector-server", "CE-db-connector-server-tcp-9901"  # the component most tests break


def origin(place: str) -> Origin:
    return Origin(source="evidence.json", locator=place)


def executable(row_id: str) -> str:
    """The executable of a row below the install directory."""
    row = CATALOGUE.by_id(row_id)
    assert row is not None, row_id
    return row.executable


def program(row_id: str) -> str:
    return f"{INSTALL}\\{executable(row_id)}"


def name_of(path: str) -> str:
    return path.rpartition("\\")[2]


def fw_rule(rule_id: str, **facts: object) -> FirewallRule:
    """An active local inbound allow rule for TCP on the Domain profile, unless told otherwise."""
    usual: dict[str, Any] = {
        "store": Store.LOCAL,
        "active": True,
        "action": Action.ALLOW,
        "direction": Direction.IN,
        "profiles": (Profile.DOMAIN,),
        "protocol": TCP,
        "name": f"rule {rule_id}",
        "origin": origin(f"FirewallRules\\{rule_id}"),
    }
    return FirewallRule(id=rule_id, **{**usual, **facts})


def listener(port: int, pid: int | None, **facts: object) -> Listener:
    usual: dict[str, Any] = {"protocol": "tcp", "address": "0.0.0.0", "origin": origin(f"listener {port}")}  # noqa: S104
    return Listener(port=port, pid=pid, **{**usual, **facts})


def process(pid: int, path: str | None, **facts: object) -> Process:
    usual: dict[str, Any] = {
        "name": name_of(path) if path else "System",
        "started_at": STARTED,
        "origin": origin(f"process {pid}"),
    }
    return Process(pid=pid, path=path, **{**usual, **facts})


def service(name: str, **facts: object) -> Service:
    return Service(name=name, **{"state": "running", "origin": origin(f"service {name}"), **facts})


def settings(profile: Profile, store: Store = Store.LOCAL, **facts: object) -> ProfileSettings:
    return ProfileSettings(store=store, profile=profile, origin=origin(f"{store} {profile}"), **facts)


def interface(alias: str, profile: Profile | None, *addresses: str, **facts: object) -> Interface:
    return Interface(
        alias=alias, profile=profile, addresses=addresses, origin=origin(f"interface {alias}"), **facts
    )


def file(path: str, size: int | None = 4096) -> InstalledFile:
    return InstalledFile(path=path, bytes=size, modified_at=CONFIGURED_AT, origin=origin(f"file {path}"))


def rule_id(row_id: str, endpoint: ConfiguredEndpoint) -> str:
    return f"CE-{row_id}-{endpoint.protocol}-{endpoint.port}"


def core_server() -> Snapshot:
    """A compliant core server. Tomcat has the program-wide rule its dynamic applications need."""
    snapshot = _installed(CORE)
    tomcat = {rule_id("web-service", endpoint) for endpoint in CORE["web-service"]}
    kept = tuple(found for found in snapshot.firewall_rules if found.id not in tomcat)
    more = (
        fw_rule("CE-tomcat", program=program("web-service")),
        fw_rule(
            "CoreNet-DHCP", protocol=UDP, local_ports=("68",), program=r"%SystemRoot%\system32\svchost.exe"
        ),
        fw_rule("RemoteDesktop", local_ports=("3389",), active=False),
        fw_rule("Out-block", direction=Direction.OUT, action=Action.BLOCK, program=program("chat-server")),
        fw_rule("Game-block", action=Action.BLOCK, program=r"C:\Games\game.exe"),
        fw_rule("Store-app", store=Store.APPISO, action=Action.BLOCK),
        fw_rule("Default-block", store=Store.DEFAULTS, action=Action.BLOCK),
    )
    manager = program("contact-manager-service")
    return msgspec.structs.replace(
        snapshot,
        firewall_rules=(*kept, *more),
        processes=(
            *snapshot.processes,
            process(900, r"C:\Windows\System32\svchost.exe", services=("MpsSvc",)),
        ),
        executables=(*snapshot.executables, file(manager)),
        services=(
            *snapshot.services,
            service(
                "CEServerAgent", path=f'"{program("server-agent")}" -service', pid=pid_of("server-agent")
            ),
            service("TAO_NT_Naming_Service", path=program("naming-service"), pid=pid_of("naming-service")),
            service("CEContactManager", path=manager, state="stopped"),
        ),
    )


def operator_pc() -> Snapshot:
    """A compliant operator PC on the Domain network."""
    return _installed(OPERATOR)


def pid_of(row_id: str) -> int:
    """The PID under which the builders start a row's executable."""
    return 1000 + list(CATALOGUE.executables).index(executable(row_id))


def _installed(rows: dict[str, tuple[ConfiguredEndpoint, ...]]) -> Snapshot:
    pairs = [(row_id, endpoint) for row_id, endpoints in rows.items() for endpoint in endpoints]
    paths = {program(row_id): pid_of(row_id) for row_id in rows}
    return Snapshot(
        host=Host(
            name="CE-01",
            os_caption="Microsoft Windows Server 2019 Standard",
            os_build="17763",
            boot_time=BOOTED,
            firewall_changed_at=RULES_WRITTEN,
            collected_at=LATER,
        ),
        interfaces=(interface("Ethernet", Profile.DOMAIN, "10.1.0.5/24"),),
        listeners=tuple(
            listener(
                endpoint.port,
                pid_of(row_id),
                protocol=endpoint.protocol,
                address=endpoint.address or "0.0.0.0",  # noqa: S104
            )
            for row_id, endpoint in pairs
        ),
        processes=tuple(process(pid, path) for path, pid in paths.items()),
        services=(service("MpsSvc", path=r"C:\Windows\System32\svchost.exe -k LocalServiceNoNetwork"),),
        configured_ports=tuple(_configured(row_id, endpoints) for row_id, endpoints in rows.items()),
        firewall_rules=tuple(
            fw_rule(
                rule_id(row_id, endpoint),
                program=program(row_id),
                protocol=UDP if endpoint.protocol == "udp" else TCP,
                local_ports=(str(endpoint.port),),
            )
            for row_id, endpoint in pairs
        ),
        profile_settings=tuple(settings(profile, enabled=True, **LOGGING) for profile in PROFILES),
        port_ranges=PortRanges(
            dynamic=tuple(
                DynamicRange(protocol=protocol, start=49152, count=16384, origin=origin("port ranges"))
                for protocol in ("tcp", "udp")
            )
        ),
        executables=tuple(file(path) for path in paths),
        evidence=(EvidenceSource(kind="snapshot", source="evidence.json", sha256="ab" * 32, bytes=1),),
    )


PROFILES = (Profile.DOMAIN, Profile.PRIVATE, Profile.PUBLIC)


def _configured(row_id: str, endpoints: tuple[ConfiguredEndpoint, ...]) -> ConfiguredPorts:
    return ConfiguredPorts(
        component=row_id,
        location=f"where {row_id} is configured",
        state=PortState.STATIC,
        endpoints=endpoints,
        changed_at=CONFIGURED_AT,
        origin=origin(f"configuration of {row_id}"),
    )
