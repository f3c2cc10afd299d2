"""What a whole network of callers meets: one decision for each part of it that firewall rules tell apart.

A network is a span of the address axis of regions.py. Between two boundaries of the rules that may match,
nothing changes, so one address speaks for all (windows-firewall.md 2.4, 3.2).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from ipaddress import IPv4Address, IPv6Address
from itertools import pairwise

import msgspec

from rules.firewall.addresses import Span, own_addresses
from rules.firewall.conditions import CompiledRule, match
from rules.firewall.decision import Decision, decide
from rules.firewall.flow import TCP, Flow
from rules.firewall.policy import Policy
from rules.firewall.ports import DEFAULT_DYNAMIC, read_ports
from rules.firewall.query import make_query, read_ends
from rules.firewall.regions import LENGTHS, STARTS, address_at
from rules.firewall.truth import FALSE
from rules.firewall.verdict import Outcome

_MOST_PARTS = 64  # of one caller; what falls apart further stays conditional
_LONGEST_PAIR = 2  # an IPv4 network of two addresses (/31) has neither a network nor a broadcast address

Caller = Span | None
Met = tuple[Caller, Caller, tuple[Decision, ...]]


def met_by(policy: Policy, flow: Flow, bound: Sequence[str], callers: Iterable[Caller]) -> Iterator[Met]:
    """Each caller with each of its parts and the decisions on `flow`, one per address the socket is bound to.

    A caller None is one of whom nothing is known. Its source port is one that a TCP client is given by
    Windows' default (5); of UDP nothing is assumed. Blocked decisions come with their near misses.
    """
    of_anyone: tuple[Decision, ...] = ()
    for caller in callers:
        if caller is not None and (caller[0] == caller[1] or not _is_heard(caller, bound)):
            asked = msgspec.structs.replace(flow, remote_address=_text(caller[0]))
            whole = _decisions(policy, asked, bound)
        else:
            whole = of_anyone = of_anyone or _decisions(policy, flow, bound)
        if any(found.outcome is Outcome.CONDITIONAL for found in whole):
            yield from _in_parts(policy, flow, bound, caller, whole)
        else:
            yield caller, caller, whole  # whatever the remote end is, it is so


def _is_heard(caller: Span, bound: Sequence[str]) -> bool:
    """Whether the socket is bound for the caller's IP version at all; else no part of it differs."""
    return any((":" in address) is (caller[0] >= STARTS[6]) for address in bound)


def _in_parts(
    policy: Policy, flow: Flow, bound: Sequence[str], caller: Caller, whole: tuple[Decision, ...]
) -> Iterator[Met]:
    relevant = list(_relevant(policy, flow, bound))
    parts: list[tuple[Caller, str | None]] = [(None, None)]
    if caller is not None:
        parts = [(part, _text(point)) for part, point in _parts(policy, caller, relevant)]
    ports = _source_ports(flow, relevant)
    if len(parts) * len(ports) > _MOST_PARTS:
        yield caller, caller, whole
        return
    for part, remote in parts:
        for port in ports:
            asked = msgspec.structs.replace(flow, remote_address=remote, remote_port=port)
            yield caller, part, _decisions(policy, asked, bound)


def _decisions(policy: Policy, flow: Flow, bound: Sequence[str]) -> tuple[Decision, ...]:
    flows = [msgspec.structs.replace(flow, local_address=local) for local in bound]
    decided = ((asked, decide(policy, asked)) for asked in flows)
    return tuple(
        decide(policy, asked, trace=True) if decision.outcome is Outcome.BLOCKED else decision
        for asked, decision in decided
    )


def _relevant(policy: Policy, flow: Flow, bound: Sequence[str]) -> Iterator[CompiledRule]:
    """The rules that may match the flow, and say something of its remote end."""
    asked = msgspec.structs.replace(flow, local_address=bound[0])
    query = make_query(asked, read_ends(asked), ())
    for index in (policy.ordinary, policy.hardening):
        for compiled in index.candidates(query):
            fw_rule = compiled.fw_rule
            if (fw_rule.remote_addresses or fw_rule.remote_ports) and match(compiled, query) != FALSE:
                yield compiled


def _parts(policy: Policy, caller: Span, relevant: Iterable[CompiledRule]) -> Iterator[tuple[Span, int]]:
    """The caller's network cut at the rules' boundaries, with one point of each part that may call.

    The host itself, and an IPv4 network's own and broadcast address, call nobody.
    """
    ends = {caller[0], caller[1] + 1}
    for compiled in relevant:
        for low, high in policy.remote_spans.get(id(compiled), ()):
            ends |= {end for end in (low, high + 1) if caller[0] < end <= caller[1]}
    nobody = set(_nobody(policy, caller))
    found = []
    for low, end in pairwise(sorted(ends)):
        point = next((point for point in range(low, end) if point not in nobody), None)
        if point is not None:
            found.append(((low, end - 1), point))
    yield from found or [(caller, caller[0])]


def _nobody(policy: Policy, caller: Span) -> Iterator[int]:
    for interface in policy.interfaces:
        for family, number in own_addresses(interface):
            yield STARTS[family] + number
    size = caller[1] - caller[0] + 1
    if caller[1] < LENGTHS[4] and size > _LONGEST_PAIR and _is_network(caller[0], size):
        yield from caller


def _is_network(first: int, size: int) -> bool:
    """True for a CIDR network, as against any other range."""
    return size & (size - 1) == 0 and first % size == 0


def _source_ports(flow: Flow, relevant: Iterable[CompiledRule]) -> tuple[int | None, ...]:
    """One port of each part of the callers' own range that the rules tell apart; unknown if none does."""
    spans = [span for compiled in relevant for span in read_ports(compiled.fw_rule.remote_ports).spans]
    if flow.protocol != TCP or not spans:
        return (None,)
    first, last = DEFAULT_DYNAMIC
    cuts = {end for low, high in spans for end in (low, high + 1) if first < end <= last}
    return (first, *sorted(cuts))


def _text(point: int) -> str:
    family, number = address_at(point)
    return str(IPv4Address(number) if family == 4 else IPv6Address(number))
