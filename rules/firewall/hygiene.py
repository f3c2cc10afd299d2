"""Firewall rules that never decide, each with what makes it so (windows-firewall.md 1.3, 3.2, 3.3, 3.7).

Inbound Allow and Block rules that are switched on are judged; where the evidence hides a condition, nothing
is claimed. All that are reported as duplicate, redundant, shadowed or void can go together: no decision on
traffic that is wholly known (program, service, both addresses and ports) changes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from enum import StrEnum

import msgspec

from rules.firewall.conditions import ALL_PROFILES, PROFILE_BITS, CompiledRule
from rules.firewall.coverage import Coverers
from rules.firewall.footprint import Footprint, Reader
from rules.firewall.policy import ORDINARY_STORES, Policy
from rules.firewall.programs import read_program
from rules.firewall.vantage import profiles_in_force
from rules.firewall.void import void_rules
from scanner.model import Action, Direction, FirewallRule, Snapshot, Store


class Idleness(StrEnum):
    """Why a firewall rule never decides."""

    DUPLICATE = "duplicate"
    REDUNDANT = "redundant"
    SHADOWED = "shadowed"
    VOID = "void"
    PROGRAM_MISSING = "program missing"
    PROFILE_NOT_IN_FORCE = "profile not in force"


class Idle(msgspec.Struct, frozen=True, kw_only=True):
    """A rule that never decides, why, and the other rules that make it so."""

    fw_rule: FirewallRule
    kind: Idleness
    reason: str
    because_of: tuple[FirewallRule, ...] = ()


def never_deciding(
    policy: Policy, snapshot: Snapshot, programs: Collection[str] | None = None
) -> tuple[Idle, ...]:
    """Each rule at most once, by kind and in a stable order.

    With `programs` (as `Program.key` spells them) only rules in force for these or for any program are looked
    at: no other rule bears on them.
    """
    reader = Reader(policy.host)
    footprints = [
        reader.footprint(compiled)
        for compiled in policy.ordinary.everything
        if _is_clear(compiled.fw_rule) and _is_asked_about(compiled, programs)
    ]
    needed = _displacing(policy)
    found: dict[int, Idle] = {}
    dead: set[int] = set()
    for fw_rule, reason, winners in void_rules(policy, footprints):
        dead.add(id(fw_rule))
        if id(fw_rule) not in needed:
            found[id(fw_rule)] = Idle(fw_rule=fw_rule, kind=Idleness.VOID, reason=reason, because_of=winners)
    live = [footprint for footprint in footprints if id(footprint.compiled.fw_rule) not in dead]
    steps = (_unneeded(live, needed), _missing(live, snapshot), _elsewhere(live, policy))
    for idle in (idle for step in steps for idle in step):
        found.setdefault(id(idle.fw_rule), idle)
    kinds = list(Idleness)
    return tuple(sorted(found.values(), key=lambda idle: (kinds.index(idle.kind), _rank(idle.fw_rule))))


def _is_asked_about(compiled: CompiledRule, programs: Collection[str] | None) -> bool:
    return programs is None or compiled.program is None or compiled.program in programs


def _is_clear(fw_rule: FirewallRule) -> bool:
    """Whether everything the rule says was read."""
    return (
        fw_rule.action in (Action.ALLOW, Action.BLOCK)
        and fw_rule.direction is Direction.IN
        and not fw_rule.unread
    )


def _displacing(policy: Policy) -> frozenset[int]:
    """Group Policy rules that keep a local rule of the same id out: without them it would decide (3.3)."""
    ids = {fw_rule.id.casefold() for fw_rule in policy.replaced}
    everything = [compiled.fw_rule for compiled in policy.near.everything]
    everything += (broken.fw_rule for broken in policy.malformed)
    return frozenset(
        id(fw_rule) for fw_rule in everything if fw_rule.store is Store.GPO and fw_rule.id.casefold() in ids
    )


def _unneeded(footprints: Sequence[Footprint], needed: frozenset[int]) -> Iterator[Idle]:
    """Duplicates first; then what the rest covers, the narrow before the wide, Blocks before Allows."""
    first: dict[tuple[object, ...], Footprint] = {}
    for footprint in sorted(footprints, key=lambda footprint: _rank(footprint.compiled.fw_rule)):
        original = first.setdefault(_signature(footprint, needed), footprint)
        if original is not footprint:
            yield _idle(footprint, Idleness.DUPLICATE, "it has the same conditions", [original])
    unique = list(reversed(first.values()))  # so that of two equals the one that ranks last goes
    unique.sort(key=_size)
    blocks = [footprint for footprint in unique if footprint.compiled.fw_rule.action is Action.BLOCK]
    allows = [footprint for footprint in unique if footprint.compiled.fw_rule.action is Action.ALLOW]
    blocking, allowing = Coverers(blocks), Coverers(allows)
    yield from _redundant(blocks, blocking, needed)
    shadowed = {}
    for footprint in allows:
        covering = blocking.covering(footprint, surely=True)
        if covering and id(footprint.compiled.fw_rule) not in needed:
            allowing.discard(footprint)
            shadowed[id(footprint)] = footprint
            yield _idle(footprint, Idleness.SHADOWED, "everything it allows is blocked", covering)
    yield from _redundant((found for found in allows if id(found) not in shadowed), allowing, needed)


def _redundant(footprints: Iterable[Footprint], coverers: Coverers, needed: frozenset[int]) -> Iterator[Idle]:
    for footprint in footprints:
        if id(footprint.compiled.fw_rule) in needed:
            continue
        covering = coverers.covering(footprint, surely=False)
        if covering:
            coverers.discard(footprint)
            verb = "blocks" if footprint.compiled.fw_rule.action is Action.BLOCK else "allows"
            together = " together" if len(covering) > 1 else ""
            others = "other rules" if len(covering) > 1 else "another rule"
            does = verb.removesuffix("s") if len(covering) > 1 else verb
            yield _idle(footprint, Idleness.REDUNDANT, f"{others}{together} {does} all it {verb}", covering)


def _missing(footprints: Iterable[Footprint], snapshot: Snapshot) -> Iterator[Idle]:
    """Rules for a program that was looked for and is not there, nor runs."""
    present = {read_program(found.path).key for found in snapshot.executables if found.bytes is not None}
    present |= {read_program(process.path).key for process in snapshot.processes if process.path}
    absent = {read_program(found.path).key for found in snapshot.executables if found.bytes is None} - present
    for footprint in footprints:
        if footprint.compiled.program in absent:
            program = footprint.compiled.fw_rule.program
            yield _idle(footprint, Idleness.PROGRAM_MISSING, f"{program} is not on the host", ())


def _elsewhere(footprints: Iterable[Footprint], policy: Policy) -> Iterator[Idle]:
    in_force = profiles_in_force(policy.interfaces)
    mask = sum(PROFILE_BITS[profile] for profile in in_force)
    networks = " and ".join(profile.title() for profile in in_force)
    for footprint in footprints if mask != ALL_PROFILES else ():
        if not footprint.reach & mask:
            reason = f"the host's networks are {networks} now"
            yield _idle(footprint, Idleness.PROFILE_NOT_IN_FORCE, reason, ())


def _idle(footprint: Footprint, kind: Idleness, reason: str, covering: Iterable[Footprint]) -> Idle:
    others = sorted((other.compiled.fw_rule for other in covering), key=_rank)
    return Idle(fw_rule=footprint.compiled.fw_rule, kind=kind, reason=reason, because_of=tuple(others))


def _signature(footprint: Footprint, needed: frozenset[int]) -> tuple[object, ...]:
    """Equal for rules with the same conditions; a rule that must stay is like no other."""
    compiled = footprint.compiled
    return (
        id(compiled) if id(compiled.fw_rule) in needed else None,
        compiled.fw_rule.action,
        (compiled.enforced, compiled.doubtful, compiled.protocol),
        (footprint.ports, footprint.remotes, footprint.remote_ports, footprint.locals),
        (footprint.program, footprint.service),
        (footprint.others, footprint.behaviour, footprint.security),
    )


def _size(footprint: Footprint) -> tuple[int, ...]:
    """How much the rule speaks of."""
    ports, remotes = (
        sum(high - low + 1 for low, high in extension.asks)
        for extension in (footprint.ports, footprint.remotes)
    )
    return ports, remotes, footprint.reach.bit_count(), footprint.program is None, footprint.service is None


def _rank(fw_rule: FirewallRule) -> tuple[int, str, str]:
    """Rules a policy brings before those made on the host."""
    return ORDINARY_STORES.index(fw_rule.store), fw_rule.id, fw_rule.name
