"""Firewall rules that almost decided: what was missing, least missing first (windows-firewall.md 3.2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import msgspec

from rules.firewall.conditions import PROFILE_BITS, CompiledRule, profile_mask, unmet
from rules.firewall.flow import Flow, protocol_name
from rules.firewall.policy import Policy
from rules.firewall.programs import read_program
from rules.firewall.query import Query
from rules.firewall.standing import voided
from rules.firewall.truth import FALSE, TRUE, UNKNOWN
from rules.firewall.vantage import Vantage
from scanner.model import Action, FirewallRule

_OVERRULED = ("overruled",)
_MOST_FAILED = 2
_MOST_SHOWN = 10


class NearMiss(msgspec.Struct, frozen=True, kw_only=True):
    """A rule that did not match: the names of the conditions that failed, and the same in words.

    Names: active, profile, policy-store, protocol, local-port, remote-port, icmp, program, service,
    local-address, remote-address, interface, interface-type, security, package, platform; `overruled` alone
    for an Allow rule that matches and a Block beats.
    """

    fw_rule: FirewallRule
    failed: tuple[str, ...]
    explanation: str


def near_misses(
    policy: Policy,
    flow: Flow,
    query: Query,
    seen_from: Sequence[Vantage],
    decided_by: Sequence[FirewallRule],
    *,
    allowed: bool,
    overruled: str,
) -> tuple[NearMiss, ...]:
    """At most ten rules that share the flow's program or port, name neither, or match and were overruled.

    For an `allowed` flow the Block rules that would have stopped it, else the Allow rules. `overruled` is
    what beats an Allow rule that matches, "" if nothing does. Rules for packaged apps, and those for ICMP
    where the flow is none, are left out: nobody meant them for it.
    """
    wanted = Action.BLOCK if allowed else Action.ALLOW
    deciding = {id(fw_rule) for fw_rule in decided_by}
    replaced = {id(fw_rule) for fw_rule in policy.replaced}
    found = []
    for compiled in policy.near.related(query):
        fw_rule = compiled.fw_rule
        if fw_rule.action is wanted and id(fw_rule) not in deciding:
            failed = tuple(_failed(compiled, query, policy, seen_from, id(fw_rule) in replaced))
            if len(failed) <= _MOST_FAILED and (failed or overruled) and not _for_others(failed):
                found.append((compiled, failed or _OVERRULED))
    found.sort(key=lambda entry: _rank(entry[0], entry[1], query))
    return tuple(
        NearMiss(
            fw_rule=compiled.fw_rule,
            failed=failed,
            explanation=_explain(compiled.fw_rule, failed, flow, policy, seen_from)
            or f"it matches, but is {overruled}",
        )
        for compiled, failed in found[:_MOST_SHOWN]
    )


def _failed(
    compiled: CompiledRule, query: Query, policy: Policy, seen_from: Sequence[Vantage], replaced: bool
) -> Iterator[str]:
    fw_rule = compiled.fw_rule
    if not fw_rule.active:
        yield "active"
    mask = profile_mask(fw_rule)
    named = [vantage.profile for vantage in seen_from if mask & PROFILE_BITS[vantage.profile]]
    if not named:
        yield "profile"
    elif replaced or all(voided(fw_rule, policy.settings[profile])[0] == TRUE for profile in named):
        yield "policy-store"
    yield from unmet(compiled, query, FALSE)


def _for_others(failed: tuple[str, ...]) -> bool:
    return "package" in failed or {"protocol", "icmp"} <= set(failed)


_COSTLY = {"program": 2, "service": 2, "local-port": 2, "protocol": 2, "security": 2}


def _rank(compiled: CompiledRule, failed: tuple[str, ...], query: Query) -> tuple[int, int, int, str, str]:
    """Fewest failures first; then those easily overlooked before those that make it a rule for something
    else.
    """
    fw_rule = compiled.fw_rule
    doubts = len(unmet(compiled, query, UNKNOWN))
    return len(failed), sum(_COSTLY.get(name, 1) for name in failed), doubts, fw_rule.store, fw_rule.id


def _explain(
    fw_rule: FirewallRule, failed: tuple[str, ...], flow: Flow, policy: Policy, seen_from: Sequence[Vantage]
) -> str:
    """What was missing, in a sentence; "" for a rule that failed nothing."""
    if failed == _OVERRULED:
        return ""
    details = "; ".join(_detail(name, fw_rule, flow, policy, seen_from) for name in failed)
    named = " and ".join(f"the {name.replace('-', ' ')}" for name in failed if name != "active")
    return f"would have matched but for {named}: {details}" if named else f"would have matched, but {details}"


def _detail(
    name: str, fw_rule: FirewallRule, flow: Flow, policy: Policy, seen_from: Sequence[Vantage]
) -> str:
    if name == "profile":
        networks = " or ".join(vantage.profile.title() for vantage in seen_from)
        return f"the rule says {_profiles(fw_rule)}, the network is {networks}"
    if name == "policy-store":
        return _store_detail(fw_rule, policy, seen_from)
    if name in _FIXED:
        return _FIXED[name]
    if name == "program" and fw_rule.program and (note := read_program(fw_rule.program).note):
        return note if read_program(fw_rule.program).nobody else f"{note}, the traffic has {flow.program}"
    if (
        name == "service"
        and fw_rule.service
        and fw_rule.service.casefold() == (flow.service or "").casefold()
    ):
        return f"the service {fw_rule.service} has no SID of its own, so no rule can name it"
    said, asked = _SIDES[name](fw_rule, flow)
    return f"the rule says {said}, the traffic has {asked}"


def _store_detail(fw_rule: FirewallRule, policy: Policy, seen_from: Sequence[Vantage]) -> str:
    if any(fw_rule is replaced for replaced in policy.replaced):
        return "a Group Policy rule with the same id replaces it"
    reasons = (voided(fw_rule, policy.settings[vantage.profile])[1] for vantage in seen_from)
    return next(filter(None, reasons), "it is void")


def _profiles(fw_rule: FirewallRule) -> str:
    return ", ".join(profile.title() for profile in fw_rule.profiles)


_FIXED = {
    "active": "the rule is disabled",
    "security": "the rule admits only traffic authenticated by IPsec",
    "package": "the rule is for a packaged app",
    "platform": "the rule is for another Windows version",
    "icmp": "the rule is for ICMP",
    "interface": "the rule names other network interfaces",
    "interface-type": "the rule names other kinds of interface",
}
_SIDES: dict[str, Callable[[FirewallRule, Flow], tuple[str | None, str]]] = {
    "protocol": lambda fw_rule, flow: (protocol_name(fw_rule.protocol), protocol_name(flow.protocol)),
    "local-port": lambda fw_rule, flow: (f"port {', '.join(fw_rule.local_ports)}", f"port {flow.local_port}"),
    "remote-port": lambda fw_rule, flow: (
        f"remote port {', '.join(fw_rule.remote_ports)}",
        f"{flow.remote_port}",
    ),
    "program": lambda fw_rule, flow: (fw_rule.program, flow.program or "no known program"),
    "service": lambda fw_rule, flow: (f"service {fw_rule.service}", flow.service or "no such service"),
    "local-address": lambda fw_rule, flow: (", ".join(fw_rule.local_addresses), f"{flow.local_address}"),
    "remote-address": lambda fw_rule, flow: (", ".join(fw_rule.remote_addresses), f"{flow.remote_address}"),
}
