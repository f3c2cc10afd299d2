"""Where sources of one host deny each other, or are not of one host at all, or not of one time.

Sources taken at different times may differ and all be right, so a contradiction is told and nothing passes on
what it concerns; which telling stands is the law of `scanner.merge`.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from scanner.errors import SourceError
from scanner.model import (
    EvidenceKind,
    FirewallRule,
    Gap,
    Host,
    Interface,
    Listener,
    Origin,
    Problem,
    Process,
    ProfileSettings,
    Service,
    Store,
)
from scanner.program_names import name_key, path_key, service_key

_MOST_TOLD = 20  # contradictions of one kind: after a reboot every socket has another owner
_MOST_FILES = 5
_SYSTEM_PIDS = frozenset({0, 4})  # the idle process and the kernel, which every tool names in its own way
_NETBIOS_LENGTH = 15  # characters of a computer name; the DNS name of the same host may go on
_LONGEST_NAME = 255  # of a host in DNS; hostile evidence may hold any text
_BOOT_TOLERANCE = timedelta(minutes=1)  # tools compute it from the uptime, and the clock is corrected
_WIDEST_SPREAD = timedelta(hours=1)
_BUILD = re.compile(r"\d{4,6}")
_SETTINGS = tuple(
    name
    for name in ProfileSettings.__struct_fields__
    if name not in ("store", "profile", "unread", "origin", "disabled_interfaces")  # by GUID or by alias
)

Stated = tuple[Origin, Host]  # what one source says of the machine


class _Claim(msgspec.Struct, frozen=True):
    """What one source says of one thing; two with the same `key` agree."""

    kind: EvidenceKind
    about: str
    key: Hashable
    value: str
    origin: Origin


def contradictions(
    items: Mapping[type, Sequence[Any]], hosts: Sequence[Stated], times: Mapping[str, datetime]
) -> Iterator[Problem | Gap]:
    """Each contradiction between two sources as a Problem, and a partial Gap for each kind it concerns.

    `items` are the facts by type as their sources gave them, `times` says when a source was taken, where that
    is known. The facts of one source never contradict each other here: programs may share a port. Raises
    SourceError where the sources name two different hosts.
    """
    _refuse_two_hosts(hosts)
    told: dict[EvidenceKind, list[Problem]] = {}
    for one, other in _disputes(_claims(items, hosts)):
        told.setdefault(one.kind, []).append(_problem(one, other, times))
    for kind, problems in told.items():
        yield from problems[:_MOST_TOLD]
        if more := problems[_MOST_TOLD:]:
            reason = f"{len(more)} more contradictions between sources about {kind.value}"
            yield Problem(origin=more[0].origin, text="", reason=reason)
        reason = f"sources contradict each other ({_place(problems[0].origin)}: {problems[0].reason})"
        yield Gap(kind=kind, reason=reason, partial=True)
    yield from _time_spread(items, times)


def _refuse_two_hosts(hosts: Iterable[Stated]) -> None:
    """A domain tells no two hosts apart, nor does a name cut to NetBIOS' length its own whole name."""
    named: dict[str, dict[str, list[str]]] = {}
    for origin, host in hosts:
        name = (host.name or "").strip().partition(".")[0].casefold()
        if name:
            alike = named.setdefault(name[:_NETBIOS_LENGTH], {})
            alike.setdefault(name, []).append(f"{str(host.name)[:_LONGEST_NAME]} in {origin.source}")
    found = [told for alike in named.values() for told in _apart(alike)]
    if len(found) > 1:
        shown = "; ".join(", ".join(list(dict.fromkeys(told))[:_MOST_FILES]) for told in found[:_MOST_FILES])
        raise SourceError(
            f"the evidence is of {len(found)} different hosts: {shown}. Scan each host's evidence by itself"
        )


def _apart(alike: Mapping[str, list[str]]) -> list[list[str]]:
    """The hosts among names that begin alike: one for each name that goes on, else the one cut name."""
    longer = [told for name, told in alike.items() if len(name) > _NETBIOS_LENGTH]
    return longer or list(alike.values())


def _disputes(claims: Iterable[_Claim]) -> Iterator[tuple[_Claim, _Claim]]:
    """The first source's claim with that of every other source that shares no value with it."""
    things: dict[tuple[EvidenceKind, str], dict[str, dict[Hashable, _Claim]]] = {}
    for claim in claims:
        sources = things.setdefault((claim.kind, claim.about.casefold()), {})
        sources.setdefault(claim.origin.source, {}).setdefault(claim.key, claim)
    for sources in things.values():
        first, *others = sources.values()
        for other in others:
            if not first.keys() & other.keys():
                yield next(iter(first.values())), next(iter(other.values()))


def _claims(items: Mapping[type, Sequence[Any]], hosts: Sequence[Stated]) -> Iterator[_Claim]:
    for listener in items.get(Listener, ()):
        yield from _of_listener(listener)
    for process in items.get(Process, ()):
        yield from _of_process(process)
    for service in items.get(Service, ()):
        yield from _of_service(service)
    for found in items.get(Interface, ()):
        if found.profile:
            about = f"the profile active on interface {found.alias}"
            yield _Claim(EvidenceKind.INTERFACES, about, found.profile, found.profile.value, found.origin)
    for settings in items.get(ProfileSettings, ()):
        yield from _of_settings(settings)
    yield from _of_hosts(hosts)


def _of_listener(found: Listener) -> Iterator[_Claim]:
    socket = f"{found.protocol.upper()} {_endpoint(found)}"
    if found.pid is not None:
        about = f"the owner of {socket}"
        yield _Claim(EvidenceKind.LISTENERS, about, found.pid, f"PID {found.pid}", found.origin)
    if found.image and found.pid not in _SYSTEM_PIDS:
        about = f"the program on {socket}"
        yield _Claim(EvidenceKind.LISTENERS, about, name_key(found.image), found.image, found.origin)


def _endpoint(found: Listener) -> str:
    return f"[{found.address}]:{found.port}" if ":" in found.address else f"{found.address}:{found.port}"


def _of_process(found: Process) -> Iterator[_Claim]:
    if found.pid in _SYSTEM_PIDS:
        return
    kind, about = EvidenceKind.PROCESSES, f"of process {found.pid}"
    yield _Claim(kind, f"the name {about}", name_key(found.name), found.name, found.origin)
    if found.path and (key := path_key(found.path)):
        yield _Claim(kind, f"the path {about}", key, found.path, found.origin)


def _of_service(found: Service) -> Iterator[_Claim]:
    if found.path and (key := service_key(found.path)):
        about = f"the program of service {found.name}"
        yield _Claim(EvidenceKind.SERVICES, about, key, found.path, found.origin)


def _of_settings(found: ProfileSettings) -> Iterator[_Claim]:
    for name in _SETTINGS:
        value = getattr(found, name)
        if value is not None:
            about = f"{name} of the {found.profile.value} profile ({found.store.value} store)"
            yield _Claim(
                EvidenceKind.PROFILE_SETTINGS, about, str(value).casefold(), str(value), found.origin
            )


def _of_hosts(hosts: Sequence[Stated]) -> Iterator[_Claim]:
    first = next((host.boot_time for _, host in hosts if host.boot_time), None)
    for origin, host in hosts:
        if first and host.boot_time:
            key = first if abs(host.boot_time - first) <= _BOOT_TOLERANCE else host.boot_time
            yield _Claim(EvidenceKind.HOST, "the boot time", key, host.boot_time.isoformat(), origin)
        build = _BUILD.search(host.os_build or "")
        if build:
            yield _Claim(EvidenceKind.HOST, "the Windows build", build[0], str(host.os_build), origin)


def _problem(one: _Claim, other: _Claim, times: Mapping[str, datetime]) -> Problem:
    when = _when(one.origin.source, other.origin.source, times)
    reason = (
        f"{other.about} is {other.value[:200]} here but {one.value[:200]} in {_place(one.origin)}, "
        f"and each may have been right at its own time: {when}"
    )
    return Problem(origin=other.origin, text=other.value[:200], reason=reason)


def _when(one: str, other: str, times: Mapping[str, datetime]) -> str:
    known = [f"{source} is of {times[source].isoformat()}" for source in (other, one) if source in times]
    return " and ".join(known) or "when either was taken is not known"


def _place(origin: Origin) -> str:
    return ", ".join(filter(None, (origin.source, origin.locator)))


def _time_spread(items: Mapping[type, Sequence[Any]], times: Mapping[str, datetime]) -> Iterator[Problem]:
    """One Problem where what changes by the hour was taken more than an hour apart."""
    facts = (*items.get(Listener, ()), *items.get(Process, ()))
    live = {fact.origin.source: None for fact in facts}
    for fw_rule in items.get(FirewallRule, ()):
        if fw_rule.store in (Store.LOCAL, Store.UNKNOWN):  # a GPO's own file is as old as the GPO
            live[fw_rule.origin.source] = None
    taken = sorted((times[source], source) for source in live if source in times)
    if taken and taken[-1][0] - taken[0][0] > _WIDEST_SPREAD:
        (oldest, first), (newest, last) = taken[0], taken[-1]
        reason = (
            f"sockets, processes and firewall rules were not all taken within an hour, by collector or file "
            f"time: {first} is the oldest ({oldest.isoformat()}), {last} the newest ({newest.isoformat()})"
        )
        yield Problem(origin=Origin(source=last), text="", reason=reason)
