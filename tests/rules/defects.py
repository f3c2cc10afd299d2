"""Single defects that can be seeded into a generated host, each with the check that must name it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from rules.site import Site
from scanner.model import (
    Action,
    ConfiguredEndpoint,
    ExcludedRange,
    Fault,
    FaultCode,
    FirewallRule,
    NamingReference,
    PortRanges,
    PortState,
    Snapshot,
    Store,
)
from tests.rules.changes import changed, listening, with_process, with_rule, with_settings
from tests.rules.generated_hosts import CHANNELS, NO_PORTS, PROFILES, TOMCAT, Built, Style
from tests.rules.hosts import (
    CATALOGUE,
    LATER,
    TCP,
    UDP,
    executable,
    fw_rule,
    listener,
    origin,
    process,
    settings,
    tcp,
)

Applies = Callable[[Built, str], bool]
Seed = Callable[[Built, str], Snapshot]
ELSEWHERE = r"X:\Old\CE"
FREE = 7777  # a port no catalogue row knows


class Defect(msgspec.Struct, frozen=True, kw_only=True):
    """A way to break one component (a row id) of a host, where `applies` says that it can be broken so.

    `component` is whom the finding must name, None for nobody in particular.
    """

    check: str
    seed: Seed
    applies: Applies
    component: Callable[[Built, str], str] | None = None
    rows: tuple[str, ...] = ()  # the only ones that can be broken so
    low: bool = False  # its finding is below medium
    site: Site = Site()

    def __repr__(self) -> str:
        return self.check


def name_of_row(_: Built, row_id: str) -> str:
    row = CATALOGUE.by_id(row_id)
    assert row is not None
    return row.component


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
    path = built.program(row_id)
    blocks = (
        fw_rule(
            f"block-{number}",
            action=Action.BLOCK,
            program=path,
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


def _conflict(built: Built, row_id: str) -> Snapshot:
    """Configured for the port of another component, it lost the race."""
    other = _rival(built, row_id)
    assert other is not None
    snapshot = reconfigured(built, [row_id], endpoints=endpoints(built, other))
    return without_sockets(snapshot, built, row_id)


def _rival(built: Built, row_id: str) -> str | None:
    others = (each for each in built.recipe.rows if executable(each) != executable(row_id))
    return next((each for each in others if is_single(built, each) and runs(built, each)), None)


def without_sockets(snapshot: Snapshot, built: Built, row_id: str) -> Snapshot:
    pid = built.pid(row_id)
    return changed(snapshot, listeners=tuple(found for found in snapshot.listeners if found.pid != pid))


def _taken_by_windows(built: Built, row_id: str) -> Snapshot:
    """Hyper-V or Docker reserved the port before the component came up."""
    (endpoint,) = endpoints(built, row_id)
    taken = ExcludedRange(
        protocol=endpoint.protocol, start=endpoint.port, end=endpoint.port, origin=origin("exclusions")
    )
    known = built.snapshot.port_ranges
    ranges = PortRanges(dynamic=known.dynamic, excluded=(*known.excluded, taken))
    return without_sockets(changed(built.snapshot, port_ranges=ranges), built, row_id)


def _faulty(code: FaultCode, state: PortState) -> Seed:
    def seed(built: Built, row_id: str) -> Snapshot:
        fault = Fault(code=code, text=f"a fault of {row_id}")
        ports = () if state is not PortState.STATIC else built.endpoints[row_id]
        return reconfigured(built, [row_id], state=state, endpoints=ports, reason=fault.text, faults=(fault,))

    return seed


def _wrong_reference(built: Built, row_id: str) -> Snapshot:
    (endpoint,) = endpoints(built, row_id)
    wrong = NamingReference(host="CE-01", port=endpoint.port + 1, origin=origin("ServerAgent.Config.xml"))
    return changed(built.snapshot, naming_references=(wrong,))


def _extra_socket(built: Built, row_id: str) -> Snapshot:
    return listening(built.snapshot, listener(FREE, built.pid(row_id)))


def _shutdown_open(built: Built, row_id: str) -> Snapshot:
    opened = tuple(
        msgspec.structs.replace(found, address="0.0.0.0") if found.purpose == "shutdown" else found  # noqa: S104
        for found in built.endpoints[row_id]
    )
    snapshot = reconfigured(built, [row_id], endpoints=opened)
    return changed(
        snapshot,
        listeners=tuple(
            msgspec.structs.replace(found, address="0.0.0.0")  # noqa: S104
            if found.pid == built.pid(row_id)
            else found
            for found in snapshot.listeners
        ),
    )


def _ajp(built: Built, row_id: str) -> Snapshot:
    connector = tcp(8009 + built.recipe.moved, purpose="ajp")
    snapshot = reconfigured(built, [row_id], endpoints=(*built.endpoints[row_id], connector))
    return listening(snapshot, listener(connector.port, built.pid(row_id)))


def _child(built: Built, row_id: str) -> Snapshot:
    """Procrun starts Java beside itself, and Java has the sockets."""
    java = process(4100, r"C:\Program Files\Java\jre8\bin\java.exe")
    pid = built.pid(row_id)
    listeners = tuple(
        msgspec.structs.replace(found, pid=java.pid) if found.pid == pid else found
        for found in built.snapshot.listeners
    )
    return with_process(changed(built.snapshot, listeners=listeners), java)


def _ports_only(built: Built, row_id: str) -> Snapshot:
    ports = tuple(str(found.port) for found in needing(built, row_id))
    return rewritten(built, row_id, local_ports=ports)


def _upgraded(built: Built, row_id: str) -> Snapshot:
    path = built.program(row_id)
    return changed(
        built.snapshot,
        executables=tuple(
            msgspec.structs.replace(found, modified_at=LATER) if found.path == path else found
            for found in built.snapshot.executables
        ),
    )


def _narrow(built: Built, row_id: str) -> Snapshot:
    return rewritten(built, row_id, remote_addresses=("10.77.0.9",))


def _twice(built: Built, row_id: str) -> Snapshot:
    first = own_rules(built, row_id)[0]
    return with_rule(built.snapshot, msgspec.structs.replace(first, id=f"{first.id}-again"))


def _needless(built: Built, row_id: str) -> Snapshot:
    return with_rule(built.snapshot, fw_rule("needless", program=built.program(row_id)))


def _forwarded(built: Built, row_id: str) -> Snapshot:
    """The IP Helper service has the port."""
    (endpoint,) = endpoints(built, row_id)
    helper = process(905, r"C:\Windows\System32\svchost.exe", services=("iphlpsvc",))
    snapshot = without_sockets(built.snapshot, built, row_id)
    return with_process(listening(snapshot, listener(endpoint.port, helper.pid)), helper)


def _unlogged(built: Built, _: str) -> Snapshot:
    profile = built.recipe.profiles[0]
    return with_settings(built.snapshot, settings(profile, enabled=True, log_dropped=False))


def anybody(_: Built, _row_id: str) -> bool:
    return True


def is_row(*row_ids: str) -> Applies:
    return lambda built, row_id: row_id in row_ids and runs(built, row_id)


NAMING = ("naming-service",)
REGISTRY = (*NAMING, "telephony-connector-ucma-application-port")


def is_single(built: Built, row_id: str) -> bool:
    found = endpoints(built, row_id)
    return row_id != TOMCAT and len(found) == 1 and found[0].protocol == "tcp"


def has_default(built: Built, row_id: str) -> bool:
    row = CATALOGUE.by_id(row_id)
    return row is not None and bool(row.ports) and is_single(built, row_id)


def both(*conditions: Applies) -> Applies:
    return lambda built, row_id: all(condition(built, row_id) for condition in conditions)


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
    Defect(
        check="scope-too-narrow",
        seed=_narrow,
        applies=ruled,
        component=name_of_row,
        site=Site(servers=("10.66.0.0/24",), clients=("10.67.0.0/24",)),
    ),
    Defect(
        check="local-rules-ignored",
        seed=_unmerged,
        applies=lambda built, row_id: built.recipe.store is Store.LOCAL and ruled(built, row_id),
    ),
    Defect(check="foreign-listener", seed=_thief, applies=has_endpoint, component=name_of_row),
    Defect(check="port-proxy-on-ce-port", seed=_forwarded, applies=is_single, component=name_of_row),
    Defect(
        check="port-conflict",
        seed=_conflict,
        applies=lambda built, row_id: is_single(built, row_id) and _rival(built, row_id) is not None,
        component=name_of_row,
    ),
    Defect(
        check="port-in-dynamic-range",
        seed=_taken_by_windows,
        applies=both(is_single, runs),
        component=name_of_row,
    ),
    Defect(check="listener-mismatch", seed=_deaf, applies=running_endpoint, component=name_of_row),
    Defect(check="cmdlets-not-rerun", seed=_moved, applies=by_single_port, component=name_of_row),
    Defect(
        check="restart-pending",
        seed=_not_restarted,
        applies=lambda built, row_id: (
            by_single_port(built, row_id) and runs(built, row_id) and built.recipe.role == "core-server"
        ),
        component=name_of_row,
    ),
    Defect(check="stale-process", seed=_upgraded, applies=runs, component=name_of_row),
    Defect(check="dynamic-port", seed=_dynamic, applies=is_single, component=name_of_row),
    Defect(
        check="tao-endpoint",
        rows=NAMING,
        seed=_faulty(FaultCode.TAO_COLON_MISSING, PortState.INVALID),
        applies=is_row("naming-service"),
        component=name_of_row,
    ),
    Defect(
        check="misplaced-registry-value",
        rows=REGISTRY,
        seed=_faulty(FaultCode.MISPLACED, PortState.NOT_DETERMINABLE),
        applies=both(
            is_row("naming-service", "telephony-connector-ucma-application-port"),
            lambda built, _: not built.recipe.moved,
        ),
        component=name_of_row,
    ),
    Defect(
        check="recording-channel-ports",
        rows=CHANNELS,
        seed=_faulty(FaultCode.CHANNEL_CLASH, PortState.STATIC),
        applies=is_row(*CHANNELS),
        component=name_of_row,
    ),
    Defect(
        check="naming-port-mismatch",
        rows=NAMING,
        seed=_wrong_reference,
        applies=is_row("naming-service"),
        component=name_of_row,
    ),
    Defect(
        check="unexpected-listener",
        seed=_extra_socket,
        applies=both(has_default, runs),
        component=name_of_row,
        low=True,
    ),
    Defect(
        check="tomcat-shutdown-exposed",
        rows=(TOMCAT,),
        seed=_shutdown_open,
        applies=is_row(TOMCAT),
        component=name_of_row,
    ),
    Defect(
        check="tomcat-child-process",
        rows=(TOMCAT,),
        seed=_child,
        applies=is_row(TOMCAT),
        component=name_of_row,
    ),
    Defect(
        check="tomcat-dynamic-apps",
        rows=(TOMCAT,),
        seed=_ports_only,
        applies=is_row(TOMCAT),
        component=name_of_row,
        low=True,
    ),
    Defect(
        check="ajp-exposed",
        rows=(TOMCAT,),
        seed=_ajp,
        applies=is_row(TOMCAT),
        component=name_of_row,
        low=True,
    ),
    Defect(check="stale-firewall-rule", seed=_stale, applies=ruled, component=name_of_row),
    Defect(
        check="unnecessary-firewall-rule",
        rows=NO_PORTS,
        seed=_needless,
        applies=lambda built, row_id: row_id in NO_PORTS,
        component=name_of_row,
    ),
    Defect(
        check="redundant-firewall-rule",
        seed=_twice,
        applies=by_single_port,
        component=name_of_row,
        low=True,
    ),
    Defect(check="over-permissive-firewall-rule", seed=_wide_open, applies=ruled),
    Defect(
        check="removed-component",
        seed=_removed,
        applies=anybody,
        component=lambda *_: "SMSConnectorServer",
    ),
    Defect(check="firewall-disabled", seed=_switched_off, applies=anybody),
    Defect(check="firewall-logging", seed=_unlogged, applies=anybody, low=True),
)
