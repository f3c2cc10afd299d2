"""Ways to change one thing about a host; each returns another snapshot."""

from __future__ import annotations

from typing import Any

import msgspec

from scanner.model import (
    ConfiguredEndpoint,
    EvidenceKind,
    FirewallRule,
    Gap,
    InstalledFile,
    Listener,
    PortRanges,
    Process,
    Profile,
    ProfileSettings,
    Service,
    Snapshot,
    Store,
)
from tests.rules.hosts import interface, pid_of, program


def changed(snapshot: Snapshot, **fields: object) -> Snapshot:
    return msgspec.structs.replace(snapshot, **fields)


def with_rule(snapshot: Snapshot, *fw_rules: FirewallRule) -> Snapshot:
    return changed(snapshot, firewall_rules=(*snapshot.firewall_rules, *fw_rules))


def without_rule(snapshot: Snapshot, *rule_ids: str) -> Snapshot:
    missing = set(rule_ids) - {found.id for found in snapshot.firewall_rules}
    assert not missing, f"no such rule: {missing}"
    return changed(
        snapshot, firewall_rules=tuple(found for found in snapshot.firewall_rules if found.id not in rule_ids)
    )


def changed_rule(snapshot: Snapshot, rule_id: str, /, **fields: object) -> Snapshot:
    found = next(each for each in snapshot.firewall_rules if each.id == rule_id)
    return with_rule(without_rule(snapshot, rule_id), msgspec.structs.replace(found, **fields))


def all_rules(snapshot: Snapshot, of: str = "", **fields: object) -> Snapshot:
    """Every CE rule changed alike, or those of one row."""
    return changed(
        snapshot,
        firewall_rules=tuple(
            msgspec.structs.replace(found, **fields) if found.id.startswith(f"CE-{of}") else found
            for found in snapshot.firewall_rules
        ),
    )


def configured(snapshot: Snapshot, row_id: str, *endpoints: ConfiguredEndpoint, **fields: object) -> Snapshot:
    """Another configuration for a row: its endpoints, and whatever else differs."""
    found = next(each for each in snapshot.configured_ports if each.component == row_id)
    new = msgspec.structs.replace(found, endpoints=endpoints, **fields)
    return changed(
        snapshot,
        configured_ports=tuple(
            new if each.component == row_id else each for each in snapshot.configured_ports
        ),
    )


def not_configured(snapshot: Snapshot, *row_ids: str, reason: str = "the file was not collected") -> Snapshot:
    """The configuration of these rows was not collected: a gap for each, as the collector leaves it."""
    left = tuple(each for each in snapshot.configured_ports if each.component not in row_ids)
    gaps = (Gap(kind=EvidenceKind.CONFIGURED_PORTS, subject=row_id, reason=reason) for row_id in row_ids)
    return changed(snapshot, configured_ports=left, gaps=(*snapshot.gaps, *gaps))


def listening(snapshot: Snapshot, *listeners: Listener) -> Snapshot:
    return changed(snapshot, listeners=(*snapshot.listeners, *listeners))


def not_listening(snapshot: Snapshot, *ports: int) -> Snapshot:
    missing = set(ports) - {found.port for found in snapshot.listeners}
    assert not missing, f"nothing listens on {missing}"
    return changed(
        snapshot, listeners=tuple(found for found in snapshot.listeners if found.port not in ports)
    )


def changed_listener(snapshot: Snapshot, port: int, /, **fields: object) -> Snapshot:
    return changed(
        snapshot,
        listeners=tuple(
            msgspec.structs.replace(found, **fields) if found.port == port else found
            for found in snapshot.listeners
        ),
    )


def all_listeners(snapshot: Snapshot, **fields: object) -> Snapshot:
    return changed(
        snapshot, listeners=tuple(msgspec.structs.replace(found, **fields) for found in snapshot.listeners)
    )


def moved_port(snapshot: Snapshot, old: int, new: int, row_id: str) -> Snapshot:
    """The component listens on another port and is configured for it; nobody told the firewall."""
    found = next(each for each in snapshot.configured_ports if each.component == row_id)
    endpoints = (
        msgspec.structs.replace(each, port=new) if each.port == old else each for each in found.endpoints
    )
    return configured(changed_listener(snapshot, old, port=new), row_id, *endpoints)


def with_process(snapshot: Snapshot, *processes: Process) -> Snapshot:
    return changed(snapshot, processes=(*snapshot.processes, *processes))


def without_process(snapshot: Snapshot, row_id: str) -> Snapshot:
    """The component is stopped: neither process nor socket."""
    pid = pid_of(row_id)
    return changed(
        snapshot,
        processes=tuple(found for found in snapshot.processes if found.pid != pid),
        listeners=tuple(found for found in snapshot.listeners if found.pid != pid),
    )


def changed_process(snapshot: Snapshot, row_id: str, **fields: object) -> Snapshot:
    return changed(
        snapshot,
        processes=tuple(
            msgspec.structs.replace(found, **fields) if found.pid == pid_of(row_id) else found
            for found in snapshot.processes
        ),
    )


def with_service(snapshot: Snapshot, *services: Service) -> Snapshot:
    """Services added; one of the same name is replaced."""
    names = {found.name for found in services}
    return changed(
        snapshot, services=(*(found for found in snapshot.services if found.name not in names), *services)
    )


def with_file(snapshot: Snapshot, *files: InstalledFile) -> Snapshot:
    return changed(snapshot, executables=(*snapshot.executables, *files))


def with_settings(snapshot: Snapshot, *more: ProfileSettings) -> Snapshot:
    """Profile settings added; those of the same store and profile are replaced."""
    keys = {(found.store, found.profile) for found in more}
    kept = (found for found in snapshot.profile_settings if (found.store, found.profile) not in keys)
    return changed(snapshot, profile_settings=(*kept, *more))


def on_networks(snapshot: Snapshot, *profiles: Profile | None) -> Snapshot:
    """One interface for each profile, on a subnet of its own."""
    return changed(
        snapshot,
        interfaces=tuple(
            interface(f"Ethernet {number}", profile, f"10.{number}.0.5/24")
            for number, profile in enumerate(profiles, start=1)
        ),
    )


def with_gap(
    snapshot: Snapshot, kind: EvidenceKind, subject: str = "", reason: str = "not there"
) -> Snapshot:
    return changed(snapshot, gaps=(*snapshot.gaps, Gap(kind=kind, reason=reason, subject=subject)))


def without_file(snapshot: Snapshot, row_id: str) -> Snapshot:
    path = program(row_id)
    return changed(snapshot, executables=tuple(each for each in snapshot.executables if each.path != path))


def removed(snapshot: Snapshot, row_id: str) -> Snapshot:
    """The component was never on this host: no process, file, service, socket, configuration or rule."""
    path = program(row_id).casefold()
    gone = without_process(snapshot, row_id)
    return changed(
        gone,
        executables=tuple(found for found in gone.executables if found.path.casefold() != path),
        services=tuple(found for found in gone.services if path not in (found.path or "").casefold()),
        configured_ports=tuple(found for found in gone.configured_ports if found.component != row_id),
        firewall_rules=tuple(
            found for found in gone.firewall_rules if path != (found.program or "").casefold()
        ),
    )


def dropped(snapshot: Snapshot, kind: EvidenceKind) -> Snapshot:
    """The snapshot had this kind of evidence not been collected: its facts away, the gap in their place."""
    channels = ("telephony-recorder-sip",)
    host = snapshot.host
    facts: dict[EvidenceKind, dict[str, Any]] = {
        EvidenceKind.HOST: {"host": msgspec.structs.replace(host, boot_time=None)},
        EvidenceKind.INTERFACES: {"interfaces": ()},
        EvidenceKind.LISTENERS: {"listeners": ()},
        EvidenceKind.PROCESSES: {"processes": ()},
        EvidenceKind.SERVICES: {"services": ()},
        EvidenceKind.EXECUTABLES: {"executables": ()},
        EvidenceKind.CONFIGURED_PORTS: {"configured_ports": ()},
        EvidenceKind.RECORDING_CHANNELS: {
            "configured_ports": tuple(
                each for each in snapshot.configured_ports if each.component not in channels
            )
        },
        EvidenceKind.FIREWALL_RULES: {
            "firewall_rules": tuple(each for each in snapshot.firewall_rules if each.store is Store.GPO)
        },
        EvidenceKind.GPO_POLICY: {
            "firewall_rules": tuple(each for each in snapshot.firewall_rules if each.store is not Store.GPO),
            "profile_settings": tuple(
                each for each in snapshot.profile_settings if each.store is not Store.GPO
            ),
        },
        EvidenceKind.PROFILE_SETTINGS: {"profile_settings": ()},
        EvidenceKind.PORT_RANGES: {"port_ranges": PortRanges()},
        EvidenceKind.PORT_PROXIES: {"port_proxies": None},
        EvidenceKind.CHANGE_TIMES: {"host": msgspec.structs.replace(host, firewall_changed_at=None)},
    }
    return with_gap(changed(snapshot, **facts[kind]), kind)
