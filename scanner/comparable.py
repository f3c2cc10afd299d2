"""The facts of a snapshot as things to compare: what makes two of them the same, and what of them counts.

PIDs, times of start and of writing, interface numbers and the place a fact was read from never count: they
differ between collections of one unchanged host.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping

import msgspec

from scanner.differing import Fact
from scanner.model import EvidenceKind, FirewallRule, Listener, Process, Snapshot, Store

_VOLATILE = frozenset({"origin", "pid", "started_at", "index", "unread"})
_OF_THE_COLLECTION = frozenset({"collected_at", "collector", "boot_time", "firewall_changed_at"})
_SYSTEM = 4  # the PID that Windows gives its kernel

Facts = Callable[[Snapshot], Iterator[Fact]]


def _host(snapshot: Snapshot) -> Iterator[Fact]:
    yield Fact(key=(), name="the host", fields=_fields(snapshot.host, but=_OF_THE_COLLECTION))


def _interfaces(snapshot: Snapshot) -> Iterator[Fact]:
    for each in snapshot.interfaces:
        yield Fact(key=_key(each.alias), name=each.alias, fields=_fields(each, but={"alias"}))


def _listeners(snapshot: Snapshot) -> Iterator[Fact]:
    programs = {process.pid: process for process in snapshot.processes}
    seen = set()
    for each in snapshot.listeners:
        program = _program(each, programs)
        file = program.rpartition("\\")[2] or program
        where = f"{each.protocol} {each.address}:{each.port}"
        fact = Fact(key=_key(where, file), name=f"{where} {file}".strip(), fields={"program": program})
        if (fact.key, program) not in seen:  # several sockets of one program may share a port
            seen.add((fact.key, program))
            yield fact


def _program(listener: Listener, programs: Mapping[int, Process]) -> str:
    process = programs.get(listener.pid) if listener.pid is not None else None
    if process is not None and (process.path or process.name):
        return process.path or process.name
    return listener.image or ("System" if listener.pid == _SYSTEM else "")


def _processes(snapshot: Snapshot) -> Iterator[Fact]:
    """One fact a program: how many of it run says little, what services they host says more."""
    services: dict[tuple[str, ...], set[str]] = defaultdict(set)
    names: dict[tuple[str, ...], str] = {}
    for each in snapshot.processes:
        key = _key(each.path or each.name)
        services[key].update(each.services)
        names.setdefault(key, each.path or each.name)
    for key, hosted in services.items():
        yield Fact(key=key, name=names[key], fields={"services": tuple(hosted)})


def _services(snapshot: Snapshot) -> Iterator[Fact]:
    for each in snapshot.services:
        yield Fact(key=_key(each.name), name=each.name, fields=_fields(each, but={"name"}))


def _configured(snapshot: Snapshot) -> Iterator[Fact]:
    for each in snapshot.configured_ports:
        yield Fact(
            key=_key(each.component, each.location),
            name=f"{each.component} in {each.location}",
            fields=_fields(each, but={"component", "location", "changed_at"}),
            about=each.component,
        )


def _naming(snapshot: Snapshot) -> Iterator[Fact]:
    """Many files name the one service."""
    for where in sorted({f"{each.host}:{each.port}" for each in snapshot.naming_references}):
        yield Fact(key=_key(where), name=where)


def _local_rules(snapshot: Snapshot) -> Iterator[Fact]:
    return _rules(snapshot, of_policy=False)


def _policy_rules(snapshot: Snapshot) -> Iterator[Fact]:
    return _rules(snapshot, of_policy=True)


def _rules(snapshot: Snapshot, *, of_policy: bool) -> Iterator[Fact]:
    for each in snapshot.firewall_rules:
        if (each.store is Store.GPO) is of_policy:
            called = f"{each.name} ({each.id})" if each.name and each.name != each.id else each.id
            yield Fact(
                key=_key(each.store, each.id),
                name=f"{each.store.value} {called}",
                fields={**_fields(each, but={"store", "id", "extra"}), **_tokens(each)},
                unread=frozenset(each.unread),
            )


def _tokens(fw_rule: FirewallRule) -> dict[str, tuple[str, ...]]:
    """The other tokens of a firewall rule by name; its version is the writer's, not its own."""
    found: dict[str, tuple[str, ...]] = {}
    for name, value in fw_rule.extra:
        if name != "version":
            found[name] = (*found.get(name, ()), value)
    return found


def _local_settings(snapshot: Snapshot) -> Iterator[Fact]:
    return _settings(snapshot, of_policy=False)


def _policy_settings(snapshot: Snapshot) -> Iterator[Fact]:
    return _settings(snapshot, of_policy=True)


def _settings(snapshot: Snapshot, *, of_policy: bool) -> Iterator[Fact]:
    for each in snapshot.profile_settings:
        if (each.store is Store.GPO) is of_policy:
            yield Fact(
                key=_key(each.store, each.profile),
                name=f"{each.store.value} {each.profile.value}",
                fields=_fields(each, but={"store", "profile"}),
                unread=frozenset(each.unread),
            )


def _ranges(snapshot: Snapshot) -> Iterator[Fact]:
    for each in snapshot.port_ranges.dynamic:
        name = f"dynamic {each.protocol} {each.family or ''}".strip()
        yield Fact(key=_key(name), name=name, fields={"start": each.start, "count": each.count})
    for span in snapshot.port_ranges.excluded:
        name = f"excluded {span.protocol} {span.family or ''}".strip() + f" {span.start}-{span.end}"
        yield Fact(key=_key(name), name=name, fields={"administered": span.administered})


def _executables(snapshot: Snapshot) -> Iterator[Fact]:
    for each in snapshot.executables:
        there = {"present": each.bytes is not None}
        yield Fact(key=_key(each.path), name=each.path, fields={**there, **_fields(each, but={"path"})})


def _proxies(snapshot: Snapshot) -> Iterator[Fact]:
    for each in snapshot.port_proxies or ():
        where = f"{each.family} {each.listen_address}:{each.listen_port}"
        target = {"forwards to": f"{each.connect_address}:{each.connect_port}"}
        yield Fact(key=_key(where), name=where, fields=target)


def _gaps(snapshot: Snapshot) -> Iterator[Fact]:
    for each in snapshot.gaps:
        name = " ".join(filter(None, (each.kind.value, each.subject)))
        yield Fact(key=_key(name), name=name, fields={"reason": each.reason})


# What is compared, by name: the facts, and the kind of evidence without which they are not all there.
KINDS: Mapping[str, tuple[tuple[Facts, EvidenceKind | None], ...]] = {
    "host": ((_host, EvidenceKind.HOST),),
    "configured ports": ((_configured, EvidenceKind.CONFIGURED_PORTS),),
    "naming references": ((_naming, EvidenceKind.CONFIGURED_PORTS),),
    "firewall rules": (
        (_local_rules, EvidenceKind.FIREWALL_RULES),
        (_policy_rules, EvidenceKind.GPO_POLICY),
    ),
    "profile settings": (
        (_local_settings, EvidenceKind.PROFILE_SETTINGS),
        (_policy_settings, EvidenceKind.GPO_POLICY),
    ),
    "listeners": ((_listeners, EvidenceKind.LISTENERS),),
    "processes": ((_processes, EvidenceKind.PROCESSES),),
    "services": ((_services, EvidenceKind.SERVICES),),
    "executables": ((_executables, EvidenceKind.EXECUTABLES),),
    "interfaces": ((_interfaces, EvidenceKind.INTERFACES),),
    "port ranges": ((_ranges, EvidenceKind.PORT_RANGES),),
    "port proxies": ((_proxies, EvidenceKind.PORT_PROXIES),),
    "missing evidence": ((_gaps, None),),
}


def _fields(fact: msgspec.Struct, *, but: set[str] | frozenset[str]) -> dict[str, object]:
    return {
        name: getattr(fact, name)
        for name in fact.__struct_fields__
        if name not in _VOLATILE and name not in but
    }


def _key(*parts: str) -> tuple[str, ...]:
    """Windows tells no names or paths apart by case."""
    return tuple(part.casefold() for part in parts)
