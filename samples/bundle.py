"""A host as a story tells it, written as the evidence bundle of design.md section 5."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from pathlib import Path

import msgspec
from registry_export import Key, export
from stock_host import Program, ServiceEntry

Counts = dict[str, int]

# Where each store of rules is kept; what each evidence file is, where its folder or name does not say it.
STORES = {
    r"FirewallPolicy\FirewallRules": "local",
    r"AppIso\FirewallRules": "appiso",
    r"Static\System": "wsh-static",
    r"Configurable\System": "wsh-configurable",
    r"WindowsFirewall\FirewallRules": "gpo",
}
KINDS = {
    "registry/key-times.json": "key-times",
    "network/listeners.json": "listeners",
    "network/netstat.txt": "netstat",
    "network/interfaces.json": "interfaces",
    "network/port-ranges.json": "port-ranges",
    "recording-channels.csv": "recording-channels",
}


class HostFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file that the collector looked for; absent where `bytes` is None."""

    path: str
    bytes: int | None = None
    modified_at: datetime | None = None


class ConfigFile(msgspec.Struct, frozen=True, kw_only=True):
    """A configuration file at its path on the host; it is listed among the files too."""

    path: str
    content: bytes
    modified_at: datetime


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a bundle says about one host. Firewall rules by store are inside `registry`."""

    name: str
    domain: str
    os_caption: str
    os_build: str
    boot: datetime
    collected_at: datetime
    time_zone: str
    culture: str = "en-US"
    addresses: tuple[str, ...]  # CIDR
    index: int = 4
    registry: dict[str, tuple[Key, ...]]  # file name -> keys
    key_times: dict[str, datetime]
    programs: tuple[Program, ...]
    services: tuple[ServiceEntry, ...]
    files: tuple[HostFile, ...]
    configs: tuple[ConfigFile, ...]
    excluded: tuple[tuple[int, int, bool], ...] = ()
    channels: tuple[tuple[str, str, int, int], ...] = ()
    connections: tuple[
        tuple[str, int, str, int, str], ...
    ] = ()  # local, remote, program; only netstat shows them
    netstat: bool = False
    failed: dict[str, str] = {}  # evidence path -> what the step reported


def files_of(machine: Machine) -> dict[str, bytes]:
    """Bundle path -> bytes, the manifest last."""
    files = {
        "host.json": json_bytes(_host(machine)),
        **{f"registry/{name}.reg": export(keys) for name, keys in machine.registry.items()},
        "registry/key-times.json": json_bytes(_key_times(machine)),
        **_listening(machine),
        "network/interfaces.json": json_bytes([_interface(machine)]),
        "network/port-ranges.json": json_bytes(_port_ranges(machine)),
        "processes.json": json_bytes([_process(program) for program in machine.programs]),
        "services.json": json_bytes([_service(entry, machine.programs) for entry in machine.services]),
        "files.json": json_bytes([_file(each) for each in machine.files]),
        **{_config_path(config.path): config.content for config in machine.configs},
    }
    if machine.channels:
        files["recording-channels.csv"] = _channels(machine)
    files["manifest.json"] = json_bytes(_manifest(machine, files))
    return files


def listener_rows(machine: Machine) -> list[tuple[str, str, int, int]]:
    """(protocol, address, port, pid) in netstat's order: TCP before UDP, IPv4 before IPv6, by address."""
    rows = [
        (protocol, address, port, program.pid or 0)
        for program in machine.programs
        for protocol, address, port in program.sockets
    ]
    return sorted(rows, key=lambda row: (row[0], ":" in row[1], row[1], row[2]))


def counts(machine: Machine) -> dict[str, Counts | int]:
    """What a reader of the bundle must find, counted from the story and not from the files."""
    return {
        "firewall_rules": _rule_counts(machine),
        "listeners": len(listener_rows(machine)),
        "processes": len(machine.programs),
    }


def _rule_counts(machine: Machine) -> Counts:
    found: Counts = {}
    for key in (key for keys in machine.registry.values() for key in keys):
        store = next((name for tail, name in STORES.items() if key.path.endswith("\\" + tail)), None)
        if store:
            found[store] = found.get(store, 0) + len(key.values)
    return found


def stamp(time: datetime | None) -> str | None:
    """A time as the collector prints it: UTC, to the second."""
    return None if time is None else time.strftime("%Y-%m-%dT%H:%M:%SZ")


def write(folder: Path, files: dict[str, bytes]) -> None:
    """Write the files below the folder."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def json_bytes(value: object) -> bytes:
    """JSON as every file of a sample is written."""
    return (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode("utf-8")


def _host(machine: Machine) -> dict[str, object]:
    return {
        "name": machine.name,
        "domain": machine.domain,
        "domain_joined": True,
        "os_caption": machine.os_caption,
        "os_build": machine.os_build,
        "boot_time": stamp(machine.boot),
        "time_zone": machine.time_zone,
        "culture": machine.culture,
        "elevated": True,
    }


def _key_times(machine: Machine) -> list[dict[str, str | None]]:
    return [{"key": key, "last_write": stamp(time)} for key, time in machine.key_times.items()]


def _listening(machine: Machine) -> dict[str, bytes]:
    if machine.netstat:
        return {"network/netstat.txt": _netstat(machine)}
    keys = ("protocol", "address", "port", "pid")
    return {
        "network/listeners.json": json_bytes(
            [dict(zip(keys, row, strict=True)) for row in listener_rows(machine)]
        )
    }


def _netstat(machine: Machine) -> bytes:
    """`netstat -ano` as cmd.exe redirects it: listeners and connections of TCP, then UDP without a state."""
    lines = [
        "",
        "Active Connections",
        "",
        f"  {'Proto':<7}{'Local Address':<23}{'Foreign Address':<23}{'State':<16}PID",
    ]
    rows = listener_rows(machine)
    tcp = [_netstat_row(row, "LISTENING") for row in rows if row[0] == "tcp"]
    split = next(number for number, line in enumerate(tcp) if "[::]" in line)
    lines += [*tcp[:split], *_netstat_connections(machine), *tcp[split:]]
    lines += [_netstat_row(row, "") for row in rows if row[0] == "udp"]
    return "".join(f"{line}\r\n" for line in lines).encode("ascii")


def _netstat_row(row: tuple[str, str, int, int], state: str) -> str:
    protocol, address, port, pid = row
    host = f"[{address}]" if ":" in address else address
    foreign = "*:*" if protocol == "udp" else ("[::]:0" if ":" in address else "0.0.0.0:0")
    return f"  {protocol.upper():<7}{f'{host}:{port}':<23}{foreign:<23}{state:<16}{pid}"


def _netstat_connections(machine: Machine) -> list[str]:
    owners = {program.name: program.pid for program in machine.programs}
    return [
        f"  {'TCP':<7}{f'{here}:{port}':<23}{f'{peer}:{peer_port}':<23}{'ESTABLISHED':<16}{owners[owner]}"
        for here, port, peer, peer_port, owner in machine.connections
    ]


def _interface(machine: Machine) -> dict[str, object]:
    return {
        "alias": "Ethernet0",
        "index": machine.index,
        "addresses": list(machine.addresses),
        "profile": "domain",
    }


def _port_ranges(machine: Machine) -> dict[str, object]:
    families = ("tcp4", "tcp6", "udp4", "udp6")
    excluded = {"tcp4": machine.excluded, "tcp6": machine.excluded, "udp4": (), "udp6": ()}
    return {"dynamic": {family: [49152, 16384] for family in families}, "excluded": excluded}


def _process(program: Program) -> dict[str, object]:
    return {
        "pid": program.pid,
        "name": program.name,
        "path": program.path,
        "started_at": stamp(program.started_at),
        "services": list(program.services),
    }


def _service(entry: ServiceEntry, programs: tuple[Program, ...]) -> dict[str, object]:
    pid = next((program.pid for program in programs if entry.name in program.services), None)
    return {
        "name": entry.name,
        "display_name": entry.display_name,
        "path": entry.path,
        "state": "Stopped" if pid is None else "Running",
        "start_mode": entry.start_mode,
        "pid": pid,
        "sid_type": entry.sid_type,
    }


def _file(each: HostFile) -> dict[str, object]:
    return {"path": each.path, "bytes": each.bytes, "modified_at": stamp(each.modified_at)}


def _config_path(path: str) -> str:
    return f"config/{path[0]}/{path[3:]}".replace("\\", "/")


def _channels(machine: Machine) -> bytes:
    lines = [
        "channel,recorder,media_port,control_port",
        *(",".join(map(str, row)) for row in machine.channels),
    ]
    return "".join(f"{line}\r\n" for line in lines).encode("utf-8")


def _manifest(machine: Machine, files: dict[str, bytes]) -> dict[str, object]:
    return {
        "schema": "ce-audit/bundle-v1",
        "host": machine.name,
        "collected_at": stamp(machine.collected_at),
        "collector": "Collect-CEEvidence.ps1",
        "elevated": True,
        "files": [
            {
                "path": path,
                "kind": _kind(path),
                "sha256": hashlib.sha256(content).hexdigest(),
                "bytes": len(content),
            }
            for path, content in files.items()
        ],
        "steps": [_step(path, len(content), None) for path, content in files.items()]
        + [_step(path, 0, reason) for path, reason in machine.failed.items()],
    }


def _kind(path: str) -> str:
    if path in KINDS:
        return KINDS[path]
    return path.split("/", 1)[0] if "/" in path else path.removesuffix(".json")


def _step(path: str, size: int, error: str | None) -> dict[str, object]:
    """A step takes about as long as what it fetched is big; a repeatable stand-in for a stopwatch."""
    return {"name": path, "ms": 40 + size // 1500 + len(path), "error": error}
