"""The answers of `why --surface` as its public JSON object."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from rules.firewall.addresses import Span, read_span
from rules.firewall.breadth import Wider, wider_than_used
from rules.firewall.hygiene import Idle, Idleness, never_deciding
from rules.firewall.overrides import Overrides
from rules.firewall.policy import effective_policy
from rules.firewall.ports import EVERY_PORT
from rules.firewall.regions import ANYWHERE, contains, on_axis, overlap, remote_texts
from rules.firewall.settings import PROFILES
from rules.firewall.sockets import Socket, behind, sockets, without_listener
from rules.firewall.subjects import ANYONE, Subject
from rules.firewall.surface import Opening, Surface, surface
from rules.model import DecidedBy
from rules.site import Site
from scanner.model import Direction, FirewallRule, Snapshot

_ANY = "any"
_PROTOCOLS = {1: "icmpv4", 6: "tcp", 17: "udp", 58: "icmpv6"}
_OPENS_NOTHING = frozenset(Idleness) - {Idleness.DUPLICATE, Idleness.REDUNDANT}


class ListenerRecord(msgspec.Struct, frozen=True, kw_only=True):
    protocol: str
    address: str
    port: int
    pid: int | None
    program: str | None


class SubjectRecord(msgspec.Struct, frozen=True, kw_only=True):
    """`program` "any": any that no rule names. `service` null: any; "*": a service that no rule names."""

    program: str
    service: str | None


class ReachableRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One element of `reachable`.

    `from` less `but_not` are the remote addresses. `servers` and `clients` say whether "all", "some" or
    "none" of those a site declares are among them, null where it declares none. `listeners` and
    `ports_without_listener` are null where listeners were not collected. For the subjects of `except` this
    opening does not hold: theirs are listed by themselves.
    """

    certainty: str
    protocols: tuple[str, ...]
    ports: tuple[str, ...]
    program: str
    service: str | None
    from_: tuple[str, ...] = msgspec.field(name="from")
    but_not: tuple[str, ...]
    servers: str | None
    clients: str | None
    profiles: tuple[str, ...]
    opened_by: tuple[DecidedBy, ...]
    unless: tuple[DecidedBy, ...]
    because: tuple[str, ...]
    listeners: tuple[ListenerRecord, ...] | None
    ports_without_listener: tuple[str, ...] | None
    except_: tuple[SubjectRecord, ...] = msgspec.field(name="except")


class IdleRecord(msgspec.Struct, frozen=True, kw_only=True):
    firewall_rule: DecidedBy
    kind: str
    reason: str
    because_of: tuple[DecidedBy, ...]


class WiderRecord(msgspec.Struct, frozen=True, kw_only=True):
    firewall_rule: DecidedBy
    unused_ports: tuple[str, ...]
    used_ports: tuple[str, ...]


class SurfaceRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The public JSON object."""

    reachable: tuple[ReachableRecord, ...]
    never_decide: tuple[IdleRecord, ...]
    wider_than_used: tuple[WiderRecord, ...]
    notes: tuple[str, ...]


def survey(snapshot: Snapshot, site: Site) -> SurfaceRecord:
    """The answers to the questions about the whole policy of one host, in a stable order."""
    policy = effective_policy(snapshot)
    found = surface(policy)
    overrides = Overrides(found.overrides)
    known = sockets(snapshot)
    idle = never_deciding(policy, snapshot)
    nothing = {id(entry.fw_rule) for entry in idle if entry.kind in _OPENS_NOTHING}
    wider = () if known is None else wider_than_used(policy, known, nothing)
    return SurfaceRecord(
        reachable=tuple(
            _reachable(opening, found, overrides, known, site)
            for opening in sorted(found.openings, key=_order)
        ),
        never_decide=tuple(map(_idle_record, idle)),
        wider_than_used=tuple(map(_wider_record, wider)),
        notes=(*policy.notes, *_notes(snapshot, found, known)),
    )


def _order(opening: Opening) -> tuple[object, ...]:
    """What is open for sure and to all first; then by protocol, port and program."""
    return (
        not opening.certain,
        opening.remotes != (ANYWHERE,),
        opening.protocols,
        opening.ports,
        opening.subject.program or "",
        opening.subject.service or "",
        opening.remotes,
        opening.profiles,
        opening.because,
    )


def _reachable(
    opening: Opening, found: Surface, overrides: Overrides, known: Sequence[Socket] | None, site: Site
) -> ReachableRecord:
    remotes, but_not = remote_texts(opening.remotes)
    exposed = None if known is None else behind(opening, known, overrides)
    free = None if exposed is None else without_listener(opening, exposed)
    subject = _subject(opening.subject, opening.program)
    return ReachableRecord(
        certainty="allowed" if opening.certain else "conditional",
        protocols=_protocols(opening.protocols, found),
        ports=_ports(opening.ports),
        program=subject.program,
        service=subject.service,
        from_=remotes,
        but_not=but_not,
        servers=_share(opening.remotes, site.servers),
        clients=_share(opening.remotes, site.clients),
        profiles=opening.profiles,
        opened_by=tuple(map(_named, opening.opened_by)),
        unless=tuple(map(_named, opening.unless)),
        because=opening.because,
        listeners=None if exposed is None else tuple(map(_listener, exposed)),
        ports_without_listener=None if free is None else _ports(free),
        except_=tuple(_exceptions(opening, overrides)) if opening.subject == ANYONE else (),
    )


def _exceptions(opening: Opening, overrides: Overrides) -> Iterator[SubjectRecord]:
    subjects = {
        override.subject: override.program
        for profile in opening.profiles
        for protocol in opening.protocols
        for override in overrides.on(profile, protocol, opening.ports)
    }
    ordered = sorted(subjects, key=lambda subject: (subject.program or "", subject.service or ""))
    return (_subject(subject, subjects[subject]) for subject in ordered)


def _subject(subject: Subject, program: str | None) -> SubjectRecord:
    return SubjectRecord(program=program or _ANY, service=subject.service)


def _share(remotes: Sequence[Span], addresses: Iterable[str]) -> str | None:
    """How much of a site's declared networks (CIDR) is among `remotes`; None where it declared none."""
    read = [found for found in map(read_span, addresses) if found is not None]
    wanted = [on_axis(family, span) for family, span in read]
    if not wanted:
        return None
    if contains(remotes, wanted):
        return "all"
    return "some" if overlap(remotes, wanted) else "none"


def _protocols(numbers: Sequence[int], found: Surface) -> tuple[str, ...]:
    if set(numbers) == set(found.protocols):
        return (_ANY,)
    return tuple(
        "other" if number == found.other_protocol else _PROTOCOLS.get(number, str(number))
        for number in numbers
    )


def _ports(spans: Iterable[Span]) -> tuple[str, ...]:
    """As in a firewall rule; ("any",) for every port, and for protocols without ports."""
    texts = (str(low) if low == high else f"{low}-{high}" for low, high in spans)
    return (_ANY,) if tuple(spans) == (EVERY_PORT,) else tuple(texts)


def _listener(socket: Socket) -> ListenerRecord:
    listener = socket.listener
    return ListenerRecord(
        protocol=listener.protocol,
        address=listener.address,
        port=listener.port,
        pid=listener.pid,
        program=socket.owner,
    )


def _idle_record(idle: Idle) -> IdleRecord:
    return IdleRecord(
        firewall_rule=_named(idle.fw_rule),
        kind=idle.kind,
        reason=idle.reason,
        because_of=tuple(map(_named, idle.because_of)),
    )


def _wider_record(wider: Wider) -> WiderRecord:
    return WiderRecord(
        firewall_rule=_named(wider.fw_rule), unused_ports=_ports(wider.unused), used_ports=_ports(wider.used)
    )


def _named(fw_rule: FirewallRule) -> DecidedBy:
    action = fw_rule.action.value if fw_rule.action else ""
    return DecidedBy(id=fw_rule.id, name=fw_rule.name, store=fw_rule.store, action=action)


def _notes(snapshot: Snapshot, found: Surface, known: Sequence[Socket] | None) -> Iterator[str]:
    yield "what other hosts reach is shown, by whatever remote port; the host itself reaches all its sockets"
    if len(found.profiles) == len(PROFILES):
        yield "the evidence does not tell which profiles are in force: all three are shown"
    if known is None:
        yield "the listeners were not collected: which ports are in use is unknown"
    off = sum(fw_rule.direction is Direction.IN and not fw_rule.active for fw_rule in snapshot.firewall_rules)
    if off:
        yield f"{off} inbound firewall rules are switched off and were not judged"
