"""From matching firewall rules to an outcome in one profile (windows-firewall.md 3.2, 3.8, 3.9)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum

import msgspec

from rules.firewall.conditions import CompiledRule, unmet
from rules.firewall.query import Query
from rules.firewall.truth import FALSE, TRUE, UNKNOWN, Truth
from scanner.model import Action, FirewallRule

_MANY = 3  # names in a sentence before it only counts


class Outcome(StrEnum):
    ALLOWED = "allowed"
    BLOCKED = "blocked"
    CONDITIONAL = "conditional"
    NOT_EXPOSED = "not-exposed"


class Verdict(msgspec.Struct, frozen=True):
    """The outcome under one profile, the firewall rules that make it so, and why in one sentence."""

    outcome: Outcome
    reason: str
    decided_by: tuple[CompiledRule, ...] = ()
    unknowns: tuple[str, ...] = ()


class Matches(msgspec.Struct, frozen=True):
    """The firewall rules of one class that match for sure, and those that may."""

    sure: tuple[CompiledRule, ...]
    maybe: tuple[CompiledRule, ...]

    @property
    def truth(self) -> Truth:
        if self.sure:
            return TRUE
        return UNKNOWN if self.maybe else FALSE


_NONE = Matches((), ())
Found = Sequence[tuple[CompiledRule, Truth]]


def matches_of(found: Found, action: Action, bit: int) -> Matches:
    """Those of `found` (rules that match, their profile apart) with `action`, in the profile of `bit`."""
    if not found:
        return _NONE
    sure = []
    maybe = []
    for compiled, truth in found:
        if compiled.fw_rule.action in (action, None):
            if truth == TRUE and compiled.enforced & bit:
                sure.append(compiled)
            elif (compiled.enforced | compiled.doubtful) & bit:
                maybe.append(compiled)
    return Matches(tuple(sure), tuple(maybe))


def by_rules(blocks: Matches, allows: Matches, default: Action | None, where: str, query: Query) -> Verdict:
    """The ordinary rules' verdict: a sure Block, else a sure Allow, else the default, as far as they are
    known.

    `default` None means the profile's default is unknown; `where` is the profile as a person names it.
    """
    if blocks.sure:
        return Verdict(Outcome.BLOCKED, f"blocked by {names_of(blocks.sure)}", blocks.sure)
    can_allow = bool(allows.sure or allows.maybe) or default is not Action.BLOCK
    can_block = bool(blocks.maybe) or not (allows.sure or default is Action.ALLOW)
    if can_allow and can_block:
        return _conditional(blocks, allows, default, where, query)
    if can_block:
        return Verdict(Outcome.BLOCKED, f"no rule matches: the {where} profile blocks by default")
    if allows.sure:
        return Verdict(Outcome.ALLOWED, f"allowed by {names_of(allows.sure)}", allows.sure)
    return Verdict(Outcome.ALLOWED, f"no rule blocks it: the {where} profile allows by default")


def _conditional(
    blocks: Matches, allows: Matches, default: Action | None, where: str, query: Query
) -> Verdict:
    if allows.sure or default is Action.ALLOW:
        grounds = names_of(allows.sure) if allows.sure else f"the {where} profile's default"
        reason = f"allowed by {grounds} unless {names_of(blocks.maybe)} matches"
        decided_by, open_rules = (*blocks.maybe, *allows.sure), blocks.maybe
    elif default is Action.BLOCK:
        reason = f"blocked by default unless {names_of(allows.maybe)} matches"
        decided_by, open_rules = allows.maybe, (*allows.maybe, *blocks.maybe)
    else:
        reason = f"no rule decides for sure, and the {where} profile's default is unknown"
        return Verdict(Outcome.CONDITIONAL, reason, (), (reason,))
    return Verdict(Outcome.CONDITIONAL, reason, decided_by, what_is_open(open_rules, query))


def hardened(verdict: Verdict, blocks: Matches, allows: Matches, query: Query) -> Verdict:
    """`verdict` after service hardening, where Allow beats Block and grants nothing (3.8)."""
    drops = min(blocks.truth, TRUE - allows.truth)
    if drops == FALSE:
        return verdict
    if drops == TRUE:
        return Verdict(Outcome.BLOCKED, f"blocked by service hardening: {names_of(blocks.sure)}", blocks.sure)
    doubt = (*blocks.maybe, *allows.maybe)
    unknowns = what_is_open(doubt, query)
    return unless(
        verdict, Outcome.BLOCKED, "service hardening may block it", (*blocks.sure, *doubt), unknowns
    )


def unless(
    verdict: Verdict,
    other: Outcome,
    doubt: str,
    decided_by: tuple[CompiledRule, ...] = (),
    unknowns: tuple[str, ...] = (),
) -> Verdict:
    """`verdict` where something unknown would make it `other` instead."""
    if verdict.outcome is other:
        return verdict
    return Verdict(
        Outcome.CONDITIONAL,
        f"{verdict.reason}; but {doubt}",
        (*verdict.decided_by, *decided_by),
        (*verdict.unknowns, *(unknowns or (doubt,))),
    )


def what_is_open(compiled: Iterable[CompiledRule], query: Query) -> tuple[str, ...]:
    """One line a rule, in an order of their own: the conditions that the evidence or the question leaves
    open.
    """
    return tuple(
        f"{described(entry.fw_rule)}: {', '.join(unmet(entry, query, UNKNOWN)) or 'policy-store'} unknown"
        for entry in sorted(compiled, key=_identity)
    )


def _identity(entry: CompiledRule) -> tuple[str, str]:
    return entry.fw_rule.store, entry.fw_rule.id


def names_of(compiled: Sequence[CompiledRule]) -> str:
    """The rules as a sentence names them; a long list is cut and counted."""
    fw_rules = sorted((entry.fw_rule for entry in compiled), key=lambda fw_rule: (fw_rule.store, fw_rule.id))
    named = ", ".join(described(fw_rule) for fw_rule in fw_rules[:_MANY])
    return named if len(fw_rules) <= _MANY else f"{named} and {len(fw_rules) - _MANY} more"


def described(fw_rule: FirewallRule) -> str:
    """`the Block rule "Web" (gpo)`."""
    action = fw_rule.action.value.title() if fw_rule.action else "unreadable"
    return f'the {action} rule "{fw_rule.name or fw_rule.id}" ({fw_rule.store})'
