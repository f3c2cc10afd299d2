"""Several sources of one kind on one host become one list: the richer telling of the same thing stays.

Of two tellings of one thing, the richer is the one that states more of its fields, of two alike the one read
first; what it leaves open is taken from the next. So the order in which sources are read decides only
between equals. Where tellings deny each other, `scanner.contradictions` says so.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Iterator
from functools import reduce
from typing import TypeVar

import msgspec

from scanner.model import FirewallRule, Host, Interface, Listener, Origin, PortProxy, Process, Service, Store
from scanner.program_names import name_key

_F = TypeVar("_F", bound=msgspec.Struct)
_NUMBERED = "gpreport-"  # a Group Policy report leaves out the ids that its GPO's own file gives


def merged_listeners(listeners: Iterable[Listener]) -> tuple[Listener, ...]:
    """Every socket that some source lists, once however many sources list it.

    Programs may share a port, and one program may hold it twice, so within a source every telling counts; a
    second source tells of the same socket where protocol, address and port agree and the owners do not
    differ. Owners that differ both stay, so that no program on a port goes unseen.
    """
    by_source: dict[str, list[Listener]] = {}
    for found in listeners:
        by_source.setdefault(found.origin.source, []).append(found)
    merged: list[Listener] = []
    for told in by_source.values():
        unmatched: dict[tuple[str, str, int], list[int]] = {}
        for position, known in enumerate(merged):
            unmatched.setdefault(_socket(known), []).append(position)
        for found in told:
            places = unmatched.get(_socket(found), [])
            place = next((at for at in places if _may_be_one(merged[at], found)), None)
            if place is None:
                merged.append(found)
            else:
                places.remove(place)
                merged[place] = _filled(merged[place], found)
    return tuple(merged)


def merged_processes(processes: Iterable[Process]) -> tuple[Process, ...]:
    """One per PID, with every field that some source knew of a program of that name.

    Windows gives a PID again: what an older source knows of another program that had it is left out.
    """
    by_pid: dict[int, list[Process]] = {}
    for found in processes:
        by_pid.setdefault(found.pid, []).append(found)
    richest = {pid: name_key(max(told, key=_stated).name) for pid, told in by_pid.items()}
    same = (found for told in by_pid.values() for found in told if name_key(found.name) == richest[found.pid])
    return _merged(same, lambda found: found.pid)


def merged_services(services: Iterable[Service]) -> tuple[Service, ...]:
    """One per service name, with every field that some source knew."""
    return _merged(services, lambda found: found.name.casefold())


def merged_interfaces(interfaces: Iterable[Interface]) -> tuple[Interface, ...]:
    """One per alias or index, with every address and every field that some source knew.

    Of one index the shortest alias stays: ipconfig may put the kind of adapter before it.
    """
    addresses: dict[str, dict[str, None]] = {}
    interfaces = tuple(_named_alike(tuple(interfaces)))
    for found in interfaces:
        addresses.setdefault(found.alias.casefold(), {}).update(dict.fromkeys(found.addresses))
    return tuple(
        msgspec.structs.replace(found, addresses=_told_best(addresses[found.alias.casefold()]))
        for found in _merged(interfaces, lambda found: found.alias.casefold())
    )


def _told_best(addresses: Iterable[str]) -> tuple[str, ...]:
    """Every address once: one told without its prefix length goes where another source tells it with it."""
    complete = {text.partition("/")[0] for text in addresses if "/" in text}
    return tuple(text for text in addresses if "/" in text or text not in complete)


def _named_alike(interfaces: tuple[Interface, ...]) -> Iterator[Interface]:
    aliases: dict[int, str] = {}
    for found in interfaces:
        if found.index is not None:
            aliases[found.index] = min(aliases.get(found.index, found.alias), found.alias, key=len)
    for found in interfaces:
        alias = found.alias if found.index is None else aliases[found.index]
        yield msgspec.structs.replace(found, alias=alias)


def merged_port_proxies(proxies: Iterable[PortProxy]) -> tuple[PortProxy, ...]:
    """Each forwarding once, however many sources list it."""
    nowhere = Origin(source="")
    told: dict[PortProxy, PortProxy] = {}
    for found in proxies:
        told.setdefault(msgspec.structs.replace(found, origin=nowhere), found)
    return tuple(told.values())


def merged_host(hosts: Iterable[Host]) -> Host:
    """All that is known of the machine; each field from the first source that states it.

    No source is the richer one here: a registry export, a manifest and `host.json` know different fields.
    """
    return reduce(_filled, hosts, Host())


def richest_rules(fw_rules: Iterable[FirewallRule]) -> tuple[FirewallRule, ...]:
    """The rules of each store from the source that tells most about them.

    A registry export shows every condition; a netsh listing of the same store only repeats part of it, and
    its ordinal ids would count every rule twice. A rule that two sources tell alike is one rule.
    """
    by_store: dict[Store, dict[str, list[FirewallRule]]] = {}
    for fw_rule in fw_rules:
        by_store.setdefault(_rival_store(fw_rule), {}).setdefault(fw_rule.origin.source, []).append(fw_rule)
    return tuple(
        fw_rule for sources in by_store.values() for fw_rule in _told_once(_richest(sources.values()))
    )


def _rival_store(fw_rule: FirewallRule) -> Store:
    """A listing that shows neither stores nor all conditions adds nothing to one of the local store."""
    return Store.LOCAL if fw_rule.store is Store.UNKNOWN and fw_rule.unread else fw_rule.store


def _richest(sources: Collection[list[FirewallRule]]) -> Iterator[FirewallRule]:
    """All rules of the sources that tell most; one rule told badly does not make its source a poor one."""
    poverties = [min(map(_poverty, told)) for told in sources]
    for told, poverty in zip(sources, poverties, strict=True):
        if poverty == min(poverties):
            yield from told


def _poverty(fw_rule: FirewallRule) -> int:
    """How much a telling hides: conditions, the id, and what only Windows' own string holds."""
    is_string = any(name == "version" for name, _ in fw_rule.extra)
    return len(fw_rule.unread) + 2 * fw_rule.id.startswith("netsh-") + (not is_string)


def _told_once(fw_rules: Iterable[FirewallRule]) -> Iterable[FirewallRule]:
    nowhere = Origin(source="")
    told: dict[FirewallRule, FirewallRule] = {}
    for fw_rule in fw_rules:
        told.setdefault(msgspec.structs.replace(fw_rule, origin=nowhere), fw_rule)
    named = {_anonymous(telling) for telling in told if not telling.id.startswith(_NUMBERED)}
    return [
        fw_rule
        for telling, fw_rule in told.items()
        if not (telling.id.startswith(_NUMBERED) and _anonymous(telling) in named)
    ]


def _anonymous(telling: FirewallRule) -> FirewallRule:
    return msgspec.structs.replace(telling, id="", extra=tuple(sorted(telling.extra)))


def _socket(listener: Listener) -> tuple[str, str, int]:
    return listener.protocol, listener.address, listener.port


def _may_be_one(known: Listener, found: Listener) -> bool:
    return known.pid is None or found.pid is None or known.pid == found.pid


def _merged(facts: Iterable[_F], key: Callable[[_F], Hashable]) -> tuple[_F, ...]:
    """One fact per key, the richest telling of it filled from the others; in the order of the first."""
    tellings: dict[Hashable, list[_F]] = {}
    for fact in facts:
        tellings.setdefault(key(fact), []).append(fact)
    return tuple(reduce(_filled, sorted(told, key=_stated, reverse=True)) for told in tellings.values())


def _stated(fact: msgspec.Struct) -> int:
    """How many of its fields a fact states."""
    return sum(getattr(fact, name) not in (None, ()) for name in fact.__struct_fields__)


def _filled(known: _F, more: _F) -> _F:
    missing = {
        name: value
        for name in known.__struct_fields__
        if getattr(known, name) in (None, ()) and (value := getattr(more, name)) not in (None, ())
    }
    return msgspec.structs.replace(known, **missing) if missing else known
