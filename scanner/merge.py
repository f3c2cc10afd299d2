"""Several sources of one kind on one host become one list: the richer telling of the same thing stays."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import TypeVar

import msgspec

from scanner.model import FirewallRule, Host, Listener, Process, Service, Store

_F = TypeVar("_F", bound=msgspec.Struct)


def merged_listeners(listeners: Iterable[Listener]) -> tuple[Listener, ...]:
    """One per socket; a telling with the owner beats one without."""
    return _merged(listeners, lambda found: (found.protocol, found.address, found.port))


def merged_processes(processes: Iterable[Process]) -> tuple[Process, ...]:
    """One per PID, with every field that some source knew."""
    return _merged(processes, lambda found: found.pid)


def merged_services(services: Iterable[Service]) -> tuple[Service, ...]:
    """One per service name, with every field that some source knew."""
    return _merged(services, lambda found: found.name.casefold())


def merged_host(hosts: Iterable[Host]) -> Host:
    """All that is known of the machine; the first source that states a field wins."""
    return next(iter(_merged((Host(), *hosts), lambda _: 0)))


def richest_rules(fw_rules: Iterable[FirewallRule]) -> tuple[FirewallRule, ...]:
    """The rules of each store from the source that tells most about them.

    A registry export shows every condition; a netsh listing of the same store only repeats part of it, and its
    ordinal ids would count every rule twice.
    """
    by_store: dict[Store, dict[int, list[FirewallRule]]] = {}
    for fw_rule in fw_rules:
        poverty = len(fw_rule.unread) + fw_rule.id.startswith("netsh-")
        by_store.setdefault(fw_rule.store, {}).setdefault(poverty, []).append(fw_rule)
    richest = (tellings[min(tellings)] for tellings in by_store.values())
    return tuple(fw_rule for fw_rules_of_store in richest for fw_rule in dict.fromkeys(fw_rules_of_store))


def _merged(facts: Iterable[_F], key: Callable[[_F], Hashable]) -> tuple[_F, ...]:
    merged: dict[Hashable, _F] = {}
    for fact in facts:
        known = merged.get(key(fact))
        merged[key(fact)] = fact if known is None else _filled(known, fact)
    return tuple(merged.values())


def _filled(known: _F, more: _F) -> _F:
    missing = {
        name: value
        for name in known.__struct_fields__
        if getattr(known, name) in (None, ()) and (value := getattr(more, name)) not in (None, ())
    }
    return msgspec.structs.replace(known, **missing) if missing else known
