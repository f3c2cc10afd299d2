"""What is reachable on a host at all, computed and not sampled (windows-firewall.md 3.2).

It speaks of traffic from other hosts; what the host sends to itself is not filtered (3.6). The remote port
and, where the networks differ, the local address stay open, as in a flow that does not state them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from rules.firewall.addresses import Span
from rules.firewall.cells import Part, Table, View
from rules.firewall.conditions import CompiledRule
from rules.firewall.decision import distinct, rules_matter
from rules.firewall.extent import extent_of
from rules.firewall.flow import TCP, UDP
from rules.firewall.policy import Policy
from rules.firewall.ports import merged
from rules.firewall.regions import Column
from rules.firewall.subjects import Field, Subject, fields
from rules.firewall.vantage import profiles_in_force
from rules.firewall.verdict import Outcome
from scanner.model import Action, FirewallRule, Profile

_PROTOCOLS = range(256)


class Opening(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the surface: who can be reached on which ports from where, and by which firewall rules.

    `protocols` are IP protocol numbers, `remotes` spans of the address axis of regions.py. `certain` is False
    where the outcome is conditional; `because` then names what is unknown, and where no rule opens it the
    profile setting that does. `unless` are Block rules that may match. `program` is the subject's path as a
    rule writes it.
    """

    profiles: tuple[Profile, ...]
    protocols: tuple[int, ...]
    ports: tuple[Span, ...]
    subject: Subject
    program: str | None
    remotes: tuple[Span, ...]
    certain: bool
    opened_by: tuple[FirewallRule, ...]
    unless: tuple[FirewallRule, ...]
    because: tuple[str, ...]


class Override(msgspec.Struct, frozen=True, kw_only=True):
    """Ports on which what anyone meets does not hold for `subject`: only its own openings do."""

    profile: Profile
    protocol: int
    ports: tuple[Span, ...]
    subject: Subject
    program: str | None


class Surface(msgspec.Struct, frozen=True, kw_only=True):
    """All openings. Those of a subject come on top of those for anyone, and on the ports of its overrides in
    their place.

    `protocols` are all that were told apart, `other_protocol` standing for every one that no rule names (None
    where each is named).
    """

    profiles: tuple[Profile, ...]
    protocols: tuple[int, ...]
    other_protocol: int | None
    openings: tuple[Opening, ...]
    overrides: tuple[Override, ...]


class _Run(msgspec.Struct, frozen=True):
    """Touching ports of one shape; `grounds` are the settings that open them where no rule does."""

    ports: Span
    decided_by: dict[int, CompiledRule]
    grounds: dict[str, None]


_Shape = tuple[bool, tuple[str, ...], tuple[Span, ...]]  # certain, unknowns, remotes
_COMPARED = ("profiles", "protocols", "ports", "subject", "remotes", "certain", "because")


def surface(policy: Policy) -> Surface:
    """The surface in the profiles in force: all three where the evidence does not show them (3.9)."""
    everyone = fields(policy)
    in_force = (*policy.ordinary.everything, *policy.hardening.everything)
    table = Table(policy, ((compiled, extent_of(compiled.fw_rule, policy.host)) for compiled in in_force))
    profiles = profiles_in_force(policy.interfaces)
    protocols, other = _protocols(in_force)
    openings: list[Opening] = []
    overrides: list[Override] = []
    for profile in profiles:
        for protocol in protocols:
            view = View(table, everyone[0], profile, protocol)
            openings += _openings(everyone[0], profile, protocol, view.of_anyone())
            if any(rules_matter(policy, vantage) for vantage in view.vantages):
                for field in everyone[1:]:
                    _add_field(view, field, profile, protocol, openings, overrides)
    return Surface(
        profiles=profiles,
        protocols=protocols,
        other_protocol=other,
        openings=tuple(_joined(openings)),
        overrides=tuple(overrides),
    )


def _protocols(in_force: Iterable[CompiledRule]) -> tuple[tuple[int, ...], int | None]:
    """TCP, UDP, every protocol a rule names, and one to stand for all others."""
    named = {TCP, UDP} | {compiled.protocol for compiled in in_force if compiled.protocol is not None}
    other = next((number for number in _PROTOCOLS if number not in named), None)
    return tuple(sorted(named | ({other} if other is not None else set()))), other


def _add_field(
    view: View,
    field: Field,
    profile: Profile,
    protocol: int,
    openings: list[Opening],
    overrides: list[Override],
) -> None:
    columns: list[Column[Part]] = []
    replaced: list[Span] = []
    for column, replaces in view.of(field):
        columns.append(column)
        if replaces:
            replaced.append(column[0])
    openings += _openings(field, profile, protocol, columns)
    if replaced:
        overrides.append(
            Override(
                profile=profile,
                protocol=protocol,
                ports=merged(replaced),
                subject=field.subject,
                program=field.program,
            )
        )


def _openings(
    field: Field, profile: Profile, protocol: int, columns: Iterable[Column[Part]]
) -> Iterator[Opening]:
    """The columns of one subject, ascending, as openings with maximal port spans."""
    alike: dict[tuple[_Shape, tuple[str, ...], frozenset[int]], list[_Run]] = {}
    for shape, run in _runs(columns):
        alike.setdefault((shape, tuple(run.grounds), frozenset(run.decided_by)), []).append(run)
    for ((certain, unknowns, remotes), grounds, _), runs in alike.items():
        deciding = [compiled.fw_rule for compiled in distinct(runs[0].decided_by.values())]
        yield Opening(
            profiles=(profile,),
            protocols=(protocol,),
            ports=merged(run.ports for run in runs),
            subject=field.subject,
            program=field.program,
            remotes=remotes,
            certain=certain,
            opened_by=tuple(fw_rule for fw_rule in deciding if fw_rule.action is not Action.BLOCK),
            unless=tuple(fw_rule for fw_rule in deciding if fw_rule.action is Action.BLOCK),
            because=(*grounds, *unknowns),
        )


def _runs(columns: Iterable[Column[Part]]) -> Iterator[tuple[_Shape, _Run]]:
    """Touching columns put together as long as they have the same shape."""
    growing: dict[_Shape, _Run] = {}
    for ports, parts in columns:
        here: dict[_Shape, _Run] = {}
        for shape, run in _shapes(ports, parts):
            before = growing.pop(shape, None)
            if before is not None and before.ports[1] + 1 == ports[0]:
                run = _Run(
                    (before.ports[0], ports[1]),
                    before.decided_by | run.decided_by,
                    before.grounds | run.grounds,
                )
            elif before is not None:
                yield shape, before
            here[shape] = run
        yield from growing.items()
        growing = here
    yield from growing.items()


def _shapes(ports: Span, parts: Iterable[Part]) -> Iterator[tuple[_Shape, _Run]]:
    """One column by certainty and doubt: the remote addresses of each, and what decides there."""
    remotes: dict[tuple[bool, tuple[str, ...]], list[Span]] = {}
    runs: dict[tuple[bool, tuple[str, ...]], _Run] = {}
    for span, verdict in parts:
        kind = (verdict.outcome is Outcome.ALLOWED, verdict.unknowns)
        remotes.setdefault(kind, []).append(span)
        run = runs.setdefault(kind, _Run(ports, {}, {}))
        run.decided_by.update((id(compiled), compiled) for compiled in verdict.decided_by)
        if not verdict.decided_by and not verdict.unknowns:
            run.grounds[verdict.reason] = None
    for kind, run in runs.items():
        yield (*kind, merged(remotes[kind])), run


def _joined(openings: Iterable[Opening]) -> Iterator[Opening]:
    """Openings that differ in profile only made one, and then those that differ in protocol only."""
    for field in ("profiles", "protocols"):
        alike: dict[tuple[object, ...], list[Opening]] = {}
        for opening in openings:
            alike.setdefault(_all_but(opening, field), []).append(opening)
        openings = [
            msgspec.structs.replace(
                several[0],
                **{field: tuple(value for opening in several for value in getattr(opening, field))},
            )
            for several in alike.values()
        ]
    yield from openings


def _all_but(opening: Opening, left_out: str) -> tuple[object, ...]:
    rest = tuple(getattr(opening, name) for name in _COMPARED if name != left_out)
    return (*rest, tuple(map(id, opening.opened_by)), tuple(map(id, opening.unless)))
