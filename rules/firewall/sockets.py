"""The listeners other hosts could reach, and whether a firewall rule's program and service are theirs."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from rules.firewall.addresses import Span, is_loopback, read_address
from rules.firewall.flow import TCP, UDP
from rules.firewall.overrides import Overrides
from rules.firewall.ports import merged
from rules.firewall.programs import Program, match_program, read_program
from rules.firewall.regions import EVERYWHERE, clipped, subtracted
from rules.firewall.subjects import ANY_SERVICE, ANYONE, Subject
from rules.firewall.surface import Opening
from rules.firewall.truth import FALSE, TRUE, UNKNOWN, Truth
from rules.owners import Owners
from scanner.model import EvidenceKind, Listener, Snapshot

_PROTOCOLS = {"tcp": TCP, "udp": UDP}


class Socket(msgspec.Struct, frozen=True, kw_only=True):
    """A listener with what is known of its owner: a whole path, or only a file name; and its services."""

    listener: Listener
    protocol: int
    family: int
    owner: str | None
    program: Program | None
    services: frozenset[str]

    def runs(self, program: Program | None, service: str | None) -> Truth:
        """Whether this is a socket of `program` and `service` (None = of any)."""
        return min(self._is_program(program), self._is_service(service))

    def _is_program(self, wanted: Program | None) -> Truth:
        if wanted is None:
            return TRUE
        if self.program is not None:
            return match_program(wanted, self.program)
        return UNKNOWN if self.owner is None or self.owner.casefold() in wanted.parts[-1:] else FALSE

    def _is_service(self, wanted: str | None) -> Truth:
        if wanted is None:
            return TRUE
        if not self.services:
            return UNKNOWN
        return TRUE if wanted == ANY_SERVICE or wanted in self.services else FALSE


def sockets(snapshot: Snapshot) -> tuple[Socket, ...] | None:
    """Those not bound to the loopback address, by port; None where they were not, or not all, collected."""
    if not snapshot.listeners or any(gap.kind is EvidenceKind.LISTENERS for gap in snapshot.gaps):
        return None
    owners = Owners(snapshot)
    hosted: dict[int, set[str]] = {}
    for service in snapshot.services:
        if service.pid:
            hosted.setdefault(service.pid, set()).add(service.name.casefold())
    return tuple(sorted(_sockets(snapshot.listeners, owners, hosted), key=_port))


def _sockets(listeners: Iterable[Listener], owners: Owners, hosted: dict[int, set[str]]) -> Iterator[Socket]:
    for listener in listeners:
        bound = read_address(listener.address)
        if listener.protocol not in _PROTOCOLS or bound is None or is_loopback(bound):
            continue
        owner = owners.name(listener)
        process = owners.process(listener)
        services = hosted.get(listener.pid or 0, set()) | {
            name.casefold() for name in (process.services if process else ())
        }
        whole = owner is not None and ("\\" in owner or owner == "System")
        yield Socket(
            listener=listener,
            protocol=_PROTOCOLS[listener.protocol],
            family=bound[0],
            owner=owner,
            program=read_program(owner) if owner and whole else None,
            services=frozenset(services),
        )


def behind(opening: Opening, known: Sequence[Socket], overrides: Overrides) -> tuple[Socket, ...]:
    """The sockets that `opening` exposes, or may where their owner is not known; `known` as `sockets` gives
    them.

    What anyone meets does not expose a socket whose own rules take its place.
    """
    program = read_program(opening.program) if opening.program else None
    return tuple(
        socket
        for low, high in opening.ports
        for socket in known[bisect_left(known, low, key=_port) : bisect_right(known, high, key=_port)]
        if socket.protocol in opening.protocols
        and any(clipped(opening.remotes, EVERYWHERE[socket.family]))
        and socket.runs(program, opening.subject.service) != FALSE
        and not (opening.subject == ANYONE and _is_replaced(socket, opening, overrides))
    )


def without_listener(opening: Opening, exposed: Iterable[Socket]) -> tuple[Span, ...] | None:
    """The ports of `opening` behind which nothing listens; None for protocols without ports."""
    if not {TCP, UDP} & set(opening.protocols):
        return None
    return unused(opening.ports, exposed)


def unused(ports: Iterable[Span], used: Iterable[Socket]) -> tuple[Span, ...]:
    """What of `ports` no socket of `used` is open on."""
    return subtracted(ports, merged((socket.listener.port, socket.listener.port) for socket in used))


def _is_replaced(socket: Socket, opening: Opening, overrides: Overrides) -> bool:
    """Whether the socket's own rules take the place of `opening` in each of its profiles."""
    port = (socket.listener.port, socket.listener.port)
    return all(
        any(_names(override.subject, socket) for override in overrides.on(profile, socket.protocol, [port]))
        for profile in opening.profiles
    )


def _names(subject: Subject, socket: Socket) -> bool:
    return (
        socket.program is not None
        and subject.program in (None, socket.program.key)
        and (subject.service is None or subject.service in socket.services)
    )


def _port(socket: Socket) -> int:
    return socket.listener.port
