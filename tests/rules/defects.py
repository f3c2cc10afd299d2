"""Single defects that can be seeded into a generated host, each with the check that must name it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from scanner.model import (
    Action,
    ConfiguredEndpoint,
    FirewallRule,
    PortState,
    Snapshot,
    Store,
)
from tests.rules.changes import changed, with_process, with_rule, with_settings
from tests.rules.generated_hosts import NO_PORTS, PROFILES, TOMCAT, Built, Style
from tests.rules.hosts import (
    CATALOGUE,
    LATER,
    TCP,
    UDP,
    executable,
    fw_rule,
    listener,
    process,
    settings,
)

Applies = Callable[[Built, str], bool]
Seed = Callable[[Built, str], Snapshot]
ELSEWHERE = r"X:\Old\CE"
FREE = 7777  # a port no catalogue row knows


class Defect(msgspec.Struct, frozen=True, kw_only=True):
    """A way to break one component (a row id) of a host, where `applies` says that it can be broken so."""

    check: str
    seed: Seed
    applies: Applies
    component: Callable[[Built, str], str]
    low: bool = False  # its finding is below medium

    def __repr__(self) -> str:
        return self.check


def name_of_row(_: Built, row_id: str) -> str:
    row = CATALOGUE.by_id(row_id)
    assert row is not None
    return row.component


def of_nobody(_: Built, _row_id: str) -> str:
    return ""


def siblings(built: Built, row_id: str) -> tuple[str, ...]:
    """The rows of one executable on this host: they run, and are let through, together."""
    return tuple(each for each in built.recipe.rows if executable(each) == executable(row_id))


def endpoints(built: Built, row_id: str) -> tuple[ConfiguredEndpoint, ...]:
    return tuple(found for each in siblings(built, row_id) for found in built.endpoints[each])


def needing(built: Built, row_id: str) -> tuple[ConfiguredEndpoint, ...]:
    """The endpoints that must be reached from other hosts."""
    return tuple(found for found in endpoints(built, row_id) if found.purpose != "shutdown")


def is_own(built: Built, row_id: str, found: FirewallRule) -> bool:
    names = [f"CE-{each}" for each in siblings(built, row_id)]
    return any(found.id == name or found.id.startswith(f"{name}-") for name in names)


def own_rules(built: Built, row_id: str) -> list[FirewallRule]:
    return [found for found in built.snapshot.firewall_rules if is_own(built, row_id, found)]


def rewritten(built: Built, row_id: str, **fields: object) -> Snapshot:
    """Every rule of the component changed alike."""
    return changed(
        built.snapshot,
        firewall_rules=tuple(
            msgspec.structs.replace(found, **fields) if is_own(built, row_id, found) else found
            for found in built.snapshot.firewall_rules
        ),
    )


def reconfigured(built: Built, rows: Iterable[str], **fields: object) -> Snapshot:
    wanted = set(rows)
    return changed(
        built.snapshot,
        configured_ports=tuple(
            msgspec.structs.replace(found, **fields) if found.component in wanted else found
            for found in built.snapshot.configured_ports
        ),
    )


def runs(built: Built, row_id: str) -> bool:
    return any(found.pid == built.pid(row_id) for found in built.snapshot.processes)


def has_endpoint(built: Built, row_id: str) -> bool:
    return row_id not in NO_PORTS and bool(needing(built, row_id))


def running_endpoint(built: Built, row_id: str) -> bool:
    return has_endpoint(built, row_id) and runs(built, row_id)


def ruled(built: Built, row_id: str) -> bool:
    return has_endpoint(built, row_id) and bool(own_rules(built, row_id))


def named(built: Built, row_id: str) -> bool:
    return ruled(built, row_id) and all(found.program for found in own_rules(built, row_id))


def by_single_port(built: Built, row_id: str) -> bool:
    """One port, opened by rules that name it and the program."""
    styles = (Style.PROGRAM_AND_PORT, Style.PER_PROFILE)
    return named(built, row_id) and len(endpoints(built, row_id)) == 1 and built.recipe.style in styles


def _missing(built: Built, row_id: str) -> Snapshot:
    kept = [found for found in built.snapshot.firewall_rules if not is_own(built, row_id, found)]
    return changed(built.snapshot, firewall_rules=tuple(kept))


def _disabled(built: Built, row_id: str) -> Snapshot:
    return rewritten(built, row_id, active=False)


def _elsewhere(built: Built, row_id: str) -> Snapshot:
    others = tuple(profile for profile in PROFILES if profile not in built.recipe.profiles)
    return rewritten(built, row_id, profiles=others)


def _old_path(built: Built, row_id: str) -> Snapshot:
    return rewritten(built, row_id, program=f"{ELSEWHERE}\\{executable(row_id)}")


def _block(built: Built, row_id: str) -> Snapshot:
    blocks = (
        fw_rule(
            f"block-{number}",
            action=Action.BLOCK,
            program=built.program(row_id),
            protocol=number,
            profiles=(),
        )
        for number in (TCP, UDP)
    )
    return with_rule(built.snapshot, *blocks)


def _prompt(built: Built, row_id: str) -> Snapshot:
    path = built.program(row_id)
    blocks = (
        fw_rule(
            f"{name} Query User{{2F4B0D1C-77A1-4E0B-9C61-3B1C5D0A9E11}}{path}",
            action=Action.BLOCK,
            program=path,
            protocol=number,
            profiles=(),
            extra=(("Defer", "User"),),
        )
        for name, number in (("TCP", TCP), ("UDP", UDP))
    )
    return with_rule(built.snapshot, *blocks)


def _thief(built: Built, row_id: str) -> Snapshot:
    endpoint = needing(built, row_id)[0]
    place = (endpoint.protocol, endpoint.port)
    kept = [found for found in built.snapshot.listeners if (found.protocol, found.port) != place]
    stolen = listener(endpoint.port, 4001, protocol=endpoint.protocol)
    return with_process(
        changed(built.snapshot, listeners=(*kept, stolen)), process(4001, r"C:\Tools\thief.exe")
    )


def _deaf(built: Built, row_id: str) -> Snapshot:
    pid = built.pid(row_id)
    kept = [found for found in built.snapshot.listeners if found.pid != pid]
    return changed(built.snapshot, listeners=tuple(kept))


def _moved(built: Built, row_id: str) -> Snapshot:
    """Moved and restarted; nobody told the firewall."""
    (endpoint,) = endpoints(built, row_id)
    new = msgspec.structs.replace(endpoint, port=endpoint.port + 10001)
    snapshot = reconfigured(built, [row_id], endpoints=(new,))
    return changed(
        snapshot,
        listeners=tuple(
            msgspec.structs.replace(found, port=new.port) if found.port == endpoint.port else found
            for found in snapshot.listeners
        ),
    )


def _not_restarted(built: Built, row_id: str) -> Snapshot:
    """Configured anew with its rule, but the program still runs as it was started."""
    (endpoint,) = endpoints(built, row_id)
    new = msgspec.structs.replace(endpoint, port=endpoint.port + 10001)
    snapshot = reconfigured(built, [row_id], endpoints=(new,), changed_at=LATER)
    host = msgspec.structs.replace(snapshot.host, firewall_changed_at=LATER)
    fw_rules = tuple(
        msgspec.structs.replace(found, local_ports=(str(new.port),))
        if is_own(built, row_id, found)
        else found
        for found in snapshot.firewall_rules
    )
    return changed(snapshot, host=host, firewall_rules=fw_rules)


def _stale(built: Built, row_id: str) -> Snapshot:
    return with_rule(built.snapshot, fw_rule("old", program=built.program(row_id), local_ports=(str(FREE),)))


def _removed(built: Built, _: str) -> Snapshot:
    path = f"{built.recipe.install}\\{executable('sms-connector-server')}"
    return with_rule(built.snapshot, fw_rule("sms", program=path, local_ports=("9912",)))


def _switched_off(built: Built, _: str) -> Snapshot:
    return with_settings(built.snapshot, settings(built.recipe.profiles[0], Store.GPO, enabled=False))


def _wide_open(built: Built, _: str) -> Snapshot:
    return with_rule(built.snapshot, fw_rule("any", profiles=(), protocol=None))


def _unmerged(built: Built, _: str) -> Snapshot:
    off = (settings(profile, Store.GPO, allow_local_rules=False) for profile in built.recipe.profiles)
    return with_settings(built.snapshot, *off)


def _dynamic(built: Built, row_id: str) -> Snapshot:
    """The configuration gives no port, and the program took one of Windows' choosing."""
    (endpoint,) = endpoints(built, row_id)
    snapshot = reconfigured(
        built, [row_id], endpoints=(), state=PortState.DYNAMIC, reason="no port is configured"
    )
    return changed(
        snapshot,
        listeners=tuple(
            msgspec.structs.replace(found, port=51234) if found.port == endpoint.port else found
            for found in snapshot.listeners
        ),
    )


def is_local(built: Built, row_id: str) -> bool:
    return built.recipe.store is Store.LOCAL and ruled(built, row_id)


DEFECTS = (
    Defect(check="missing-firewall-rule", seed=_missing, applies=ruled, component=name_of_row),
    Defect(check="disabled-firewall-rule", seed=_disabled, applies=ruled, component=name_of_row),
    Defect(
        check="wrong-profile-firewall-rule",
        seed=_elsewhere,
        applies=lambda built, row_id: ruled(built, row_id) and len(built.recipe.profiles) < len(PROFILES),
        component=name_of_row,
    ),
    Defect(check="wrong-program-firewall-rule", seed=_old_path, applies=named, component=name_of_row),
    Defect(check="blocked-by-firewall-rule", seed=_block, applies=ruled, component=name_of_row),
    Defect(check="poisoned-prompt-rule", seed=_prompt, applies=ruled, component=name_of_row),
    Defect(check="foreign-listener", seed=_thief, applies=has_endpoint, component=name_of_row),
    Defect(
        check="listener-mismatch",
        seed=_deaf,
        applies=running_endpoint,
        component=name_of_row,
    ),
    Defect(check="cmdlets-not-rerun", seed=_moved, applies=by_single_port, component=name_of_row),
    Defect(
        check="restart-pending",
        seed=_not_restarted,
        applies=lambda built, row_id: (
            by_single_port(built, row_id) and runs(built, row_id) and built.recipe.role == "core-server"
        ),
        component=name_of_row,
    ),
    Defect(
        check="dynamic-port",
        seed=_dynamic,
        applies=lambda built, row_id: len(endpoints(built, row_id)) == 1 and row_id != TOMCAT,
        component=name_of_row,
    ),
    Defect(check="stale-firewall-rule", seed=_stale, applies=ruled, component=name_of_row),
    Defect(
        check="removed-component",
        seed=_removed,
        applies=lambda built, _: True,
        component=lambda *_: "SMSConnectorServer",
    ),
    Defect(check="firewall-disabled", seed=_switched_off, applies=lambda built, _: True, component=of_nobody),
)
