"""The join: documented x configured x listening x permitted, one row per CE endpoint (design.md 3)."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

import msgspec

from rules.catalogue.model import CataloguePort, CatalogueRow, PortKind
from rules.ground import Ground
from rules.permission import Permission, permission
from rules.presence import Installed, Presence
from rules.tomcat import is_tomcat_child
from scanner.locations import LocationKind
from scanner.model import ConfiguredEndpoint, ConfiguredPorts, Listener, PortState


class Basis(StrEnum):
    """Why a port is expected (contact-expert.md section 9, A1)."""

    CONFIGURED = "configured"
    OBSERVED = "observed"  # the configuration could not be read, but the program listens there
    ASSUMED = "assumed"  # neither: the vendor's default
    NONE = "none"  # no port can be demanded


class Slot(msgspec.Struct, frozen=True, kw_only=True):
    """One port of a row before the host is looked at: the vendor's default and what is configured for it."""

    protocol: str
    documented: int | None = None
    purpose: str = ""
    configured: ConfiguredEndpoint | None = None


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """One CE endpoint of this host.

    `port` is the port that should be open (None where none can be demanded), `basis` says why. `listeners`
    are the program's own sockets on it (or those of Tomcat's child process), `elsewhere` its other sockets of
    this protocol, `foreign` other programs' sockets on it, `unowned` sockets on it whose owner the evidence
    does not tell.
    """

    row: CatalogueRow
    slot: Slot
    installed: Installed
    configuration: ConfiguredPorts | None
    port: int | None
    basis: Basis
    listeners: tuple[Listener, ...] = ()
    elsewhere: tuple[Listener, ...] = ()
    foreign: tuple[Listener, ...] = ()
    unowned: tuple[Listener, ...] = ()
    permission: Permission

    @property
    def presence(self) -> Presence:
        return self.installed.presence

    @property
    def is_running(self) -> bool:
        return bool(self.installed.processes)

    @property
    def state(self) -> PortState:
        """What the configuration says; not determinable where none was read."""
        return self.configuration.state if self.configuration else PortState.NOT_DETERMINABLE

    @property
    def program(self) -> str | None:
        """The path that Windows compares with a firewall rule's program."""
        return self.permission.program

    @property
    def span(self) -> tuple[int, int]:
        """The first and last port that it may take; (0, 0) where no port can be demanded."""
        configured = self.slot.configured
        if configured is None:
            return self.port or 0, self.port or 0
        return configured.port, configured.port_end or configured.port

    @property
    def ports(self) -> str:
        """The port, the span it may come from, or "" where no port can be demanded."""
        first, last = self.span
        return f"{first}-{last}" if last > first else str(first or "")

    @property
    def title(self) -> str:
        """The component with its variant and purpose, as findings and reports name it."""
        variant = f" ({self.row.variant})" if self.row.variant else ""
        purpose = f" {self.slot.purpose}" if self.slot.purpose else ""
        return f"{self.row.component}{variant}{purpose}"


def join(ground: Ground) -> tuple[Endpoint, ...]:
    """Every endpoint of the rows that are, or may be, on this host and still part of the product."""
    configurations = {found.component: found for found in ground.snapshot.configured_ports}
    running = {row.id for row in ground.catalogue.rows if ground.installed(row).processes}
    return tuple(
        endpoint
        for row in ground.catalogue.rows
        if not row.removed and row.kind is not PortKind.NO_PORTS and not _stands_by(row, running)
        for endpoint in _endpoints(ground, row, configurations.get(row.id))
    )


def _stands_by(row: CatalogueRow, running: set[str]) -> bool:
    """True for the variant that is not in use: its alternative runs and it does not (A6)."""
    return row.id not in running and not running.isdisjoint(row.alternatives)


def _endpoints(
    ground: Ground, row: CatalogueRow, configuration: ConfiguredPorts | None
) -> Iterator[Endpoint]:
    found = ground.installed(row)
    if found.presence is Presence.ABSENT:
        return
    # a configuration without a port does not show that the component is here: a missing value says as much
    if found.presence is Presence.UNKNOWN and not (configuration and configuration.endpoints):
        return
    for slot in slots_of(row, configuration):
        port, basis = _expected(ground, row, found, configuration, slot)
        yield _endpoint(ground, row, found, configuration, slot, port, basis)


def _expected(
    ground: Ground, row: CatalogueRow, found: Installed, configuration: ConfiguredPorts | None, slot: Slot
) -> tuple[int | None, Basis]:
    """The port to demand and why: what is configured, else what is seen, else the default (A1)."""
    if slot.configured is not None:
        return _of_span(ground, found, slot.configured), Basis.CONFIGURED
    if configuration is not None and (
        configuration.state in (PortState.DYNAMIC, PortState.INVALID, PortState.DISABLED)
        # server.xml is of known syntax: a connector it does not have is switched off
        or (
            configuration.state is PortState.STATIC
            and row.defined_in is not None
            and row.defined_in.kind is LocationKind.TOMCAT
        )
    ):
        return None, Basis.NONE
    if row.defined_in is None and slot.documented:  # the site states it, and nothing else could
        return slot.documented, Basis.CONFIGURED
    open_ports = {listener.port for listener in _own(ground, found, slot.protocol)}
    if slot.documented in open_ports:
        return slot.documented, Basis.OBSERVED
    unclaimed = open_ports - ground.claimed_ports(row.executable)
    if len(unclaimed) == 1 and not row.dynamic_app:
        return unclaimed.pop(), Basis.OBSERVED
    return slot.documented, Basis.ASSUMED if slot.documented else Basis.NONE


def _of_span(ground: Ground, found: Installed, configured: ConfiguredEndpoint) -> int:
    """The configured port; of a span the one in use, for the program takes the first that is free (4.5)."""
    own = {listener.port for listener in _own(ground, found, configured.protocol)}
    span = range(configured.port, (configured.port_end or configured.port) + 1)
    return next((port for port in span if port in own), configured.port)


def _endpoint(
    ground: Ground,
    row: CatalogueRow,
    found: Installed,
    configuration: ConfiguredPorts | None,
    slot: Slot,
    port: int | None,
    basis: Basis,
) -> Endpoint:
    on_port = ground.owners.on_port(slot.protocol, port) if port else ()
    owned = {
        listener: is_tomcat_child(ground, row, listener)
        or ground.owners.is_owned_by(listener, found.program, row.executable)
        for listener in on_port
    }
    own = tuple(listener for listener, is_own in owned.items() if is_own)
    return Endpoint(
        row=row,
        slot=slot,
        installed=found,
        configuration=configuration,
        port=port,
        basis=basis,
        listeners=own,
        elsewhere=tuple(listener for listener in _own(ground, found, slot.protocol) if listener.port != port),
        foreign=tuple(listener for listener, is_own in owned.items() if is_own is False),
        unowned=tuple(listener for listener, is_own in owned.items() if is_own is None),
        permission=permission(ground, row, found, slot.protocol, port, own, slot.configured),
    )


def _own(ground: Ground, found: Installed, protocol: str) -> tuple[Listener, ...]:
    return tuple(
        listener
        for process in found.processes
        for listener in ground.owners.of_process(process)
        if listener.protocol == protocol
    )


def slots_of(row: CatalogueRow, configuration: ConfiguredPorts | None) -> Iterator[Slot]:
    """The row's documented ports with what is configured for each, then whatever else is configured.

    A configured endpoint belongs to the documented port of the same number, else of the same purpose, else
    (where the row's ports have no purpose) to the first one still free.
    """
    left = list(configuration.endpoints) if configuration else []
    chosen: dict[int, ConfiguredEndpoint] = {}
    for belongs in (_same_port, _same_purpose, _no_purpose):
        for index, port in enumerate(row.ports):
            match = next((found for found in left if belongs(port, found)), None)
            if match is not None and index not in chosen:
                chosen[index] = match
                left.remove(match)
    for index, port in enumerate(row.ports):
        yield Slot(
            protocol=port.protocol,
            documented=port.port,
            purpose=port.purpose or "",
            configured=chosen.get(index),
        )
    for extra in left:
        yield Slot(protocol=extra.protocol, purpose=extra.purpose or "", configured=extra)
    if not row.ports and not (configuration and configuration.endpoints):
        yield Slot(protocol="tcp")


def _same_port(port: CataloguePort, found: ConfiguredEndpoint) -> bool:
    return (port.protocol, port.port) == (found.protocol, found.port)


def _same_purpose(port: CataloguePort, found: ConfiguredEndpoint) -> bool:
    return bool(port.purpose) and port.purpose == found.purpose


def _no_purpose(port: CataloguePort, found: ConfiguredEndpoint) -> bool:
    return not port.purpose and port.protocol == found.protocol
