"""Compliant hosts of any shape: role, components and variants, ports, rule style, profiles, Group Policy."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

import msgspec
from hypothesis import strategies as st

from scanner.model import (
    ConfiguredEndpoint,
    ConfiguredPorts,
    FirewallRule,
    Listener,
    PortState,
    Profile,
    Snapshot,
    Store,
)
from tests.rules.hosts import (
    CATALOGUE,
    CONFIGURED_AT,
    TCP,
    UDP,
    core_server,
    executable,
    file,
    fw_rule,
    interface,
    listener,
    name_of,
    origin,
    process,
    service,
    tcp,
    udp,
)

TOMCAT = "web-service"
CHANNELS = ("telephony-recorder-cmapi", "telephony-recorder-sip")
UNLISTED = ("agent-factory", "email-connector-server", "email-server", "chat-server")
NO_PORTS = ("contact-manager-service", "email-router-service")
ALTERNATIVES = (
    (("ivr-connector",), ("ivr-connector-webservices",)),
    (
        ("telephony-connector-tsapi",),
        ("telephony-connector-ucma", "telephony-connector-ucma-application-port"),
    ),
)
SINGLE = tuple(
    row.id
    for row in CATALOGUE.rows
    if row.section == "core-server"
    and not (row.removed or row.alternatives or row.id in (TOMCAT, *CHANNELS, *UNLISTED, *NO_PORTS))
)
CLIENTS = ("agent-client-app", "agent-client-app-net")
INSTALLS = (r"D:\Contact Expert", r"C:\Program Files (x86)\Geomant\CE", r"E:\Ä Übung (1)\CE")
PROFILES = (Profile.DOMAIN, Profile.PRIVATE, Profile.PUBLIC)


class Style(StrEnum):
    """How an administrator, or the vendor's cmdlets, may have written the rules."""

    PROGRAM_AND_PORT = "program-and-port"
    PROGRAM = "program"
    PORT = "port"
    BOTH = "both"  # one rule by program and another by port
    PER_PROFILE = "per-profile"


class Recipe(msgspec.Struct, frozen=True, kw_only=True):
    """What a host is made from; `moved` = ports apart from the vendor's defaults."""

    role: str
    rows: tuple[str, ...]
    moved: int = 0
    style: Style = Style.PROGRAM_AND_PORT
    store: Store = Store.LOCAL
    profiles: tuple[Profile, ...] = (Profile.DOMAIN,)
    install: str = INSTALLS[0]
    stopped: tuple[str, ...] = ()


class Built(msgspec.Struct, frozen=True, kw_only=True):
    """A compliant host with what it was made from: endpoints by row, and the id of each endpoint's rule."""

    recipe: Recipe
    snapshot: Snapshot
    endpoints: dict[str, tuple[ConfiguredEndpoint, ...]]

    def program(self, row_id: str) -> str:
        return f"{self.recipe.install}\\{executable(row_id)}"

    def pid(self, row_id: str) -> int:
        return pid_of(row_id)


def build(recipe: Recipe) -> Built:
    """The host of a recipe. Every component runs but the stopped ones; every port is open as configured."""
    endpoints = {row_id: _ports(row_id, recipe.moved) for row_id in recipe.rows}
    built = Built(recipe=recipe, snapshot=Snapshot(), endpoints=endpoints)
    stopped = {executable(row_id) for row_id in (*recipe.stopped, *NO_PORTS)}
    running = [row_id for row_id in recipe.rows if executable(row_id) not in stopped]
    base = core_server()
    svchost = process(900, r"C:\Windows\System32\svchost.exe", services=("MpsSvc",))
    programs = {built.program(row_id): row_id for row_id in running}
    snapshot = msgspec.structs.replace(
        base,
        interfaces=tuple(
            interface(f"Ethernet {number}", profile, f"10.{number}.0.5/24")
            for number, profile in enumerate(recipe.profiles, start=1)
        ),
        processes=(svchost, *(process(pid_of(row_id), path) for path, row_id in programs.items())),
        listeners=tuple(each for row_id in running for each in _listeners(row_id, endpoints[row_id])),
        services=(
            service("MpsSvc", path=r"C:\Windows\System32\svchost.exe -k LocalServiceNoNetwork"),
            *(service(row_id, path=built.program(row_id)) for row_id in recipe.rows if row_id in NO_PORTS),
        ),
        executables=tuple(file(built.program(row_id)) for row_id in recipe.rows),
        configured_ports=tuple(_configured(row_id, endpoints[row_id]) for row_id in recipe.rows),
        firewall_rules=tuple(each for row_id in recipe.rows for each in _rules(built, row_id)),
    )
    return msgspec.structs.replace(built, snapshot=snapshot)


def pid_of(row_id: str) -> int:
    """One process for each executable."""
    return 1000 + 4 * list(CATALOGUE.executables).index(executable(row_id))


def rule_id(row_id: str, endpoint: ConfiguredEndpoint | None, extra: str = "") -> str:
    """The name under which `build` writes a rule."""
    place = f"-{endpoint.protocol}-{endpoint.port}" if endpoint else ""
    return f"CE-{row_id}{place}{extra}"


def _ports(row_id: str, moved: int) -> tuple[ConfiguredEndpoint, ...]:
    row = CATALOGUE.by_id(row_id)
    assert row is not None
    if row_id == TOMCAT:
        shutdown = tcp(8005 + moved, purpose="shutdown", address="127.0.0.1")
        return (shutdown, tcp(8080 + moved, purpose="http"), tcp(8443 + moved, purpose="https"))
    if row_id in CHANNELS:
        first = 30000 + 100 * CHANNELS.index(row_id) + moved
        pairs = ((first + 2 * number, first + 51 + number) for number in range(2))
        return tuple(
            found
            for media, control in pairs
            for found in (udp(media, purpose="media"), tcp(control, purpose="control"))
        )
    if row_id in UNLISTED:
        return (tcp(9930 + UNLISTED.index(row_id) + moved),)
    return tuple(tcp(port.port + moved) for port in row.ports)


def _listeners(row_id: str, endpoints: tuple[ConfiguredEndpoint, ...]) -> Iterator[Listener]:
    for endpoint in endpoints:
        address = endpoint.address or "0.0.0.0"  # noqa: S104
        yield listener(endpoint.port, pid_of(row_id), protocol=endpoint.protocol, address=address)


def _configured(row_id: str, endpoints: tuple[ConfiguredEndpoint, ...]) -> ConfiguredPorts:
    return ConfiguredPorts(
        component=row_id,
        location=f"where {row_id} is configured",
        state=PortState.STATIC if endpoints else PortState.DISABLED,
        endpoints=endpoints,
        reason="" if endpoints else "no ports",
        changed_at=CONFIGURED_AT,
        origin=origin(f"configuration of {row_id}"),
    )


def _rules(built: Built, row_id: str) -> Iterator[FirewallRule]:
    """The rules of one component in the recipe's style; what no port rule can serve has one by program."""
    recipe, endpoints = built.recipe, built.endpoints[row_id]
    if row_id in NO_PORTS:
        return
    by_program = recipe.style in (Style.PROGRAM, Style.BOTH) or not endpoints or row_id == TOMCAT
    if by_program:
        for protocol in sorted({each.protocol for each in endpoints} or {"tcp"}):
            yield _rule(built, row_id, None, f"-{protocol}", protocol=_number(protocol))
    if recipe.style is Style.PROGRAM:
        return
    for endpoint in endpoints if row_id != TOMCAT else ():
        anonymous = recipe.style in (Style.PORT, Style.BOTH)
        for part in ([each] for each in recipe.profiles) if recipe.style is Style.PER_PROFILE else (None,):
            extra = f"-{part[0].value}" if part else ""
            facts: dict[str, object] = {"program": None} if anonymous else {}
            facts |= {"profiles": tuple(part)} if part else {}
            facts |= {"protocol": _number(endpoint.protocol), "local_ports": (str(endpoint.port),)}
            yield _rule(built, row_id, endpoint, extra, **facts)


def _rule(
    built: Built, row_id: str, endpoint: ConfiguredEndpoint | None, extra: str, **facts: object
) -> FirewallRule:
    usual = {
        "program": built.program(row_id),
        "profiles": built.recipe.profiles,
        "store": built.recipe.store,
        "name": name_of(executable(row_id)),
    }
    return fw_rule(rule_id(row_id, endpoint, extra), **{**usual, **facts})


def _number(protocol: str) -> int:
    return UDP if protocol == "udp" else TCP


@st.composite
def _rows(draw: st.DrawFn, having: tuple[str, ...]) -> tuple[str, ...]:
    rows = list(draw(st.lists(st.sampled_from(SINGLE), unique=True, max_size=6)))
    asked = draw(st.sampled_from(having)) if having else ""
    for variants in ALTERNATIVES:
        wanted = [variant for variant in variants if asked in variant]
        rows += draw(st.sampled_from(wanted or ((), *variants)))
    rows += [asked] if asked and asked not in rows else []
    optional = (*CHANNELS, *UNLISTED, *NO_PORTS, TOMCAT)
    rows += draw(st.lists(st.sampled_from(optional), unique=True, max_size=4))
    # the Server Agent belongs to every core server; the rows of one executable come together
    programs = {executable(row_id) for row_id in ("server-agent", *rows)}
    return tuple(row.id for row in CATALOGUE.rows if row.executable in programs)


@st.composite
def recipes(draw: st.DrawFn, having: tuple[str, ...] = ()) -> Recipe:
    """Any host the builders can make; one of the rows `having`, of a core server, is on it."""
    roles = ("core-server",) * 3 + (() if having else ("operator-pc",))
    role = draw(st.sampled_from(roles))
    rows = draw(_rows(having)) if role == "core-server" else (draw(st.sampled_from(CLIENTS)),)
    return Recipe(
        role=role,
        rows=rows,
        moved=draw(st.sampled_from((0, 0, 0, 10000))),
        style=draw(st.sampled_from(tuple(Style))),
        store=draw(st.sampled_from((Store.LOCAL, Store.LOCAL, Store.GPO))),
        profiles=tuple(sorted(draw(st.sets(st.sampled_from(PROFILES), min_size=1)), key=PROFILES.index)),
        install=draw(st.sampled_from(INSTALLS)),
        stopped=tuple(draw(st.sets(st.sampled_from(rows), max_size=1))),
    )


def hosts(having: tuple[str, ...] = ()) -> st.SearchStrategy[Built]:
    """Compliant hosts; one of the rows `having` is on each."""
    return recipes(having).map(build)
