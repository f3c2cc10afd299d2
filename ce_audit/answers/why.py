"""Answers to `why`: Windows' decision on flows, its trace, and what differs from what was expected."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from ce_audit.answers.flows import FlowRequest
from reports.visible import one_line, visible
from rules.firewall.decision import Decision, decide
from rules.firewall.flow import ANY_PROTOCOL, Flow
from rules.firewall.near_miss import NearMiss
from rules.firewall.policy import Policy
from rules.firewall.verdict import Outcome
from rules.model import DecidedBy
from scanner.model import FirewallRule

_LABEL_WIDTH = 12
_LINE_BREAK = "\n"  # a name from the host must not start a line of ours
_NEAREST = 3
_LONGEST = 300  # characters of a name or path that a person still reads
_PROTOCOLS = {1: "icmpv4", 6: "tcp", 17: "udp", 58: "icmpv6", ANY_PROTOCOL: "any protocol"}


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """One request with its decision; `ok` is None where nothing was expected."""

    request: FlowRequest
    decision: Decision

    @property
    def ok(self) -> bool | None:
        expected = self.request.expect
        return None if expected is None else self.decision.outcome is expected


class NearMissRecord(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str
    store: str
    action: str
    failed: tuple[str, ...]
    explanation: str


class AnswerRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One element of the public JSON array (design.md section 4)."""

    name: str
    decision: Outcome
    profile: str
    decided_by: tuple[DecidedBy, ...]
    unknowns: tuple[str, ...]
    near_misses: tuple[NearMissRecord, ...]
    expect: Outcome | None
    ok: bool | None
    reason: str
    notes: tuple[str, ...]


def answers(policy: Policy, requests: Iterable[FlowRequest]) -> tuple[Answer, ...]:
    """The traced decision on every request, in their order."""
    return tuple(
        Answer(request=request, decision=decide(policy, request.flow, trace=True)) for request in requests
    )


def as_expected(found: Iterable[Answer]) -> bool:
    """False where any flow with an expectation is decided otherwise."""
    return all(answer.ok is not False for answer in found)


def render_json(policy: Policy, found: Iterable[Answer]) -> str:
    """A JSON array, one object a flow; what the whole policy rests on stands in each one's notes."""
    records = [_record(answer, policy.notes) for answer in found]
    return msgspec.json.format(msgspec.json.encode(records), indent=2).decode() + "\n"


def render_text(policy: Policy, found: Sequence[Answer]) -> str:
    """For people: one flow in full; several as what differs from the expected, or as a list, with counts."""
    if len(found) == 1:
        lines = [*_in_full(found[0]), *(f"  {'note':<{_LABEL_WIDTH}}{note}" for note in policy.notes)]
    elif any(answer.ok is not None for answer in found):
        lines = [*_differences(found), *_counts(found)]
    else:
        lines = [*map(_line, found), "", *_counts(found)]
    return "".join(f"{visible(line.replace(_LINE_BREAK, ' '))}\n" for line in lines)


def _record(answer: Answer, policy_notes: tuple[str, ...]) -> AnswerRecord:
    decision = answer.decision
    return AnswerRecord(
        name=answer.request.flow.name,
        decision=decision.outcome,
        profile=decision.profile,
        decided_by=tuple(
            DecidedBy(id=fw_rule.id, name=fw_rule.name, store=fw_rule.store, action=_action(fw_rule))
            for fw_rule in decision.decided_by
        ),
        unknowns=decision.unknowns,
        near_misses=tuple(map(_near_miss_record, decision.near_misses)),
        expect=answer.request.expect,
        ok=answer.ok,
        reason=decision.reason,
        notes=(*decision.notes, *policy_notes),
    )


def _near_miss_record(near: NearMiss) -> NearMissRecord:
    fw_rule = near.fw_rule
    return NearMissRecord(
        id=fw_rule.id,
        name=fw_rule.name,
        store=fw_rule.store,
        action=_action(fw_rule),
        failed=near.failed,
        explanation=near.explanation,
    )


def _action(fw_rule: FirewallRule) -> str:
    return fw_rule.action.value if fw_rule.action else ""


def _in_full(answer: Answer) -> Iterator[str]:
    decision = answer.decision
    yield f"{decision.outcome.upper()}  {_asked(answer.request.flow, decision)}"
    yield from _labelled("because", [decision.reason])
    yield from _labelled("decided by", map(_rule_line, decision.decided_by))
    yield from _labelled("unknown", decision.unknowns)
    yield from _labelled("note", decision.notes)
    yield from _labelled("nearest", map(_near_line, decision.near_misses[:_NEAREST]))
    if len(decision.near_misses) > _NEAREST:
        yield from _labelled("", [f"and {len(decision.near_misses) - _NEAREST} more in the JSON (-f json)"])
    if answer.ok is not None:
        verdict = "as expected" if answer.ok else f"EXPECTED {answer.request.expect}"
        yield from _labelled("expected", [verdict])


def _labelled(label: str, texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        yield f"  {label:<{_LABEL_WIDTH}}{text}"
        label = ""


def _rule_line(fw_rule: FirewallRule) -> str:
    return f'{_action(fw_rule)} "{_short(fw_rule.name)}", id {_short(fw_rule.id)}, store {fw_rule.store}'


def _near_line(near: NearMiss) -> str:
    return f'"{_short(near.fw_rule.name or near.fw_rule.id)}" ({near.fw_rule.store}) {near.explanation}'


def _differences(found: Sequence[Answer]) -> Iterator[str]:
    wrong = [answer for answer in found if answer.ok is False]
    if not wrong:
        return
    rows = [("LINE", "FLOW", "EXPECTED", "DECIDED", "WHY"), *map(_row, wrong)]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        yield "  ".join((*cells, row[4]))
    yield ""


def _row(answer: Answer) -> tuple[str, str, str, str, str]:
    decision = answer.decision
    flow = answer.request.flow
    nearest = f"; {_near_line(decision.near_misses[0])}" if decision.near_misses else ""
    return (
        str(answer.request.line),
        visible(_short(flow.name or _ports(flow))),
        answer.request.expect or "",
        decision.outcome,
        decision.reason + nearest,
    )


def _line(answer: Answer) -> str:
    decision = answer.decision
    name = f"{answer.request.flow.name}: " if answer.request.flow.name else ""
    return f"{decision.outcome.upper():<13}{name}{_asked(answer.request.flow, decision)} - {decision.reason}"


def _counts(found: Sequence[Answer]) -> Iterator[str]:
    outcomes = Counter(answer.decision.outcome for answer in found)
    shown = ", ".join(f"{outcomes[outcome]} {outcome}" for outcome in Outcome if outcomes[outcome])
    yield f"{len(found)} flows: {shown}"
    judged = [answer.ok for answer in found if answer.ok is not None]
    if judged:
        unjudged = f", {len(found) - len(judged)} without expectation" if len(judged) < len(found) else ""
        yield f"as expected: {sum(judged)} of {len(judged)}{unjudged}"


def _asked(flow: Flow, decision: Decision) -> str:
    """The question in one line; what was not said is said to be unknown."""
    profiles = ", ".join(profile.title() for profile in decision.profile.split(","))
    return (
        f"{_ports(flow)} from {flow.remote_address or 'an unknown address'}"
        f" to {flow.local_address or 'any address'} of {_short(flow.program or 'an unknown program')}"
        f"{f' (service {_short(flow.service)})' if flow.service else ''}, profile {profiles}"
    )


def _ports(flow: Flow) -> str:
    protocol = _PROTOCOLS.get(flow.protocol, f"protocol {flow.protocol}")
    return protocol if flow.local_port is None else f"{protocol} {flow.local_port}"


def _short(text: str) -> str:
    return one_line(text, _LONGEST)
