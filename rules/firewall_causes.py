"""Why Windows Firewall does not let an endpoint's connections through, if it does not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rules.callers import SITE_KEYS
from rules.catalogue.model import CatalogueRow
from rules.causes import Cause, Diagnosis, undecided
from rules.endpoints import Basis, Endpoint
from rules.firewall.decision import Decision
from rules.firewall.near_miss import NearMiss
from rules.firewall.ports import MOST_PORTS, count, read_port_span
from rules.firewall.verdict import Outcome
from rules.joined import Joined
from rules.paths import directory, file_name
from rules.port_causes import contenders, has_fault, is_dynamic, is_held_by_child, is_switched_off
from rules.presence import Presence
from rules.prompts import is_prompt_rule
from scanner.model import Action, FaultCode, FirewallRule


def firewall_cause(host: Joined, endpoint: Endpoint) -> Diagnosis:
    """Why Windows Firewall does not let the endpoint's connections through, if it does not."""
    return _before_any_rule(host, endpoint) or _by_rules(host, endpoint)


def _before_any_rule(host: Joined, endpoint: Endpoint) -> Diagnosis | None:
    """What has a finding of its own, and must be settled before a rule can be demanded."""
    if is_dynamic(host, endpoint):
        return Diagnosis(cause=Cause.DYNAMIC)
    if has_fault(endpoint, FaultCode.MISPLACED):  # which port it is to be shows once the value is in place
        return Diagnosis(cause=Cause.MISPLACED)
    if is_held_by_child(host, endpoint):  # nobody writes rules for that program
        return Diagnosis(cause=Cause.CHILD_PROCESS)
    if not endpoint.listeners and (rivals := contenders(host, endpoint)):
        return Diagnosis(cause=Cause.CONFLICT, others=rivals)
    return None


def _by_rules(host: Joined, endpoint: Endpoint) -> Diagnosis:
    if endpoint.slot.purpose == "shutdown" or is_switched_off(endpoint):
        return Diagnosis(cause=Cause.NONE)  # 8005 never needs the network (contact-expert.md 6.1)
    outcome = endpoint.permission.overall
    definable = endpoint.row.defined_in is not None  # the one row that is not needs a program rule (A4)
    if definable and endpoint.basis in (Basis.ASSUMED, Basis.NONE) and outcome is not Outcome.ALLOWED:
        return undecided(endpoint)
    if outcome is Outcome.CONDITIONAL:
        return Diagnosis(cause=Cause.UNDECIDED, reason=_doubt(endpoint))
    if outcome is not Outcome.BLOCKED:
        return Diagnosis(cause=Cause.NONE)
    blocked = [found for found in endpoint.permission.all() if found.outcome is Outcome.BLOCKED]
    return _why_blocked(host, endpoint, next(filter(_blocks, blocked), blocked[0]))


def _blocks(decision: Decision) -> list[FirewallRule]:
    return [fw_rule for fw_rule in decision.decided_by if fw_rule.action is Action.BLOCK]


def _why_blocked(host: Joined, endpoint: Endpoint, decision: Decision) -> Diagnosis:
    blocks = _blocks(decision)
    if blocks:
        prompted = all(map(is_prompt_rule, blocks))
        return Diagnosis(cause=Cause.POISONED if prompted else Cause.BLOCKED, decision=decision)
    if any(host.policy.settings[profile].block_all_inbound.value for profile, _ in decision.per_profile):
        return Diagnosis(cause=Cause.IGNORED, decision=decision)
    allows = [miss for miss in decision.near_misses if miss.fw_rule.action is Action.ALLOW]
    for cause, concerns in _NEAREST:
        misses = tuple(miss for miss in allows if concerns(host, endpoint, miss))
        if misses:
            return Diagnosis(cause=cause, decision=decision, near_misses=misses)
    return Diagnosis(cause=Cause.MISSING, decision=decision, near_misses=tuple(allows))


def _ignored(_host: Joined, _: Endpoint, miss: NearMiss) -> bool:
    return set(miss.failed) == {"policy-store"}


def _disabled(_host: Joined, _: Endpoint, miss: NearMiss) -> bool:
    return set(miss.failed) == {"active"}


def _wrong_profile(_host: Joined, _: Endpoint, miss: NearMiss) -> bool:
    return set(miss.failed) == {"profile"}


def _wrong_program(host: Joined, endpoint: Endpoint, miss: NearMiss) -> bool:
    """The rule opens this port for the component under another path: a moved or older installation.

    Programs of one file name may be of several components (A16), each with a rule of its own; a variant that
    is not on this host has left its rule to the one that is.
    """
    if set(miss.failed) != {"program"} or miss.fw_rule.program is None:
        return False
    rows = host.rows_of_rule(miss.fw_rule)
    if rows and endpoint.row not in rows and not _replaced(host, endpoint, rows):
        return False
    name = file_name(endpoint.row.executable)
    program = endpoint.program
    beside = program is not None and directory(miss.fw_rule.program) == directory(program)
    return beside or file_name(miss.fw_rule.program).casefold() == name.casefold()


def _replaced(host: Joined, endpoint: Endpoint, rows: Iterable[CatalogueRow]) -> bool:
    """True where these rows are variants that the endpoint's own stands for on this host (A6)."""
    return all(
        row.id in endpoint.row.alternatives and host.installed(row).presence is Presence.ABSENT
        for row in rows
    )


def _out_of_scope(_host: Joined, _: Endpoint, miss: NearMiss) -> bool:
    """The rule is for this endpoint, but not for all who must reach it, or not on every network."""
    ports = count(miss.fw_rule.local_ports)
    meant = (
        miss.fw_rule.program is not None or 0 < ports <= MOST_PORTS
    )  # else it is a rule for whatever is here
    return meant and set(miss.failed) <= _SCOPES


def _not_rerun(host: Joined, endpoint: Endpoint, miss: NearMiss) -> bool:
    """The rule is for this very program and names a port it no longer uses: from an earlier configuration."""
    if endpoint.row.by_site:  # the vendor's cmdlets never wrote it
        return False
    is_other = endpoint.basis is Basis.CONFIGURED and is_for_other_port(endpoint, miss)
    return is_other and bool(left_over(host, endpoint, miss.fw_rule))


def left_over(host: Joined, endpoint: Endpoint, fw_rule: FirewallRule) -> tuple[str, ...]:
    """The ports and spans of a rule for the endpoint's program that no endpoint of that program uses.

    A keyword is none: no configuration ever held one.
    """
    used = [other.span for other in host.endpoints if _is_sibling(endpoint, other)]
    return tuple(
        entry
        for entry in fw_rule.local_ports
        if (span := read_port_span(entry))
        and not any(span[0] <= last and first <= span[1] for first, last in used)
    )


def is_for_other_port(endpoint: Endpoint, miss: NearMiss) -> bool:
    """True where the rule names the endpoint's own program and another port."""
    return set(miss.failed) == {"local-port"} and None not in (miss.fw_rule.program, endpoint.program)


def _is_sibling(endpoint: Endpoint, other: Endpoint) -> bool:
    """True for the endpoints of one program, itself included: a part of its own span is no old port."""
    same = (endpoint.row.executable, endpoint.slot.protocol) == (other.row.executable, other.slot.protocol)
    return same and other.basis is not Basis.NONE


_SCOPES = {"remote-address", "local-address", "remote-port", "interface", "interface-type"}
_NEAREST = (
    (Cause.IGNORED, _ignored),
    (Cause.DISABLED, _disabled),
    (Cause.WRONG_PROFILE, _wrong_profile),
    (Cause.WRONG_PROGRAM, _wrong_program),
    (Cause.SCOPE, _out_of_scope),
    (Cause.NOT_RERUN, _not_rerun),
)


def _doubt(endpoint: Endpoint) -> str:
    decisions = tuple(endpoint.permission.all())
    unknowns = tuple(dict.fromkeys(unknown for decision in decisions for unknown in decision.unknowns))
    keys = " and ".join(f"`{key}`" for key in _unnamed_callers(endpoint))
    settles = (f"who connects is not known, the keys {keys} of a site file would say it",) if keys else ()
    told = unknowns or tuple(f"{decision.profile}: {decision.outcome.value}" for decision in decisions)
    return "; ".join((*told, *settles, *_which_network(decisions)))


def _which_network(decisions: Iterable[Decision]) -> Iterator[str]:
    """Where the networks of one host differ, the site can say which of them is meant."""
    outcomes = {found for decision in decisions for found in decision.per_profile}
    if len({profile for profile, _ in outcomes}) > 1 and len({outcome for _, outcome in outcomes}) > 1:
        yield "which of its networks is CE's, the key `expected_profile` of a site file would say"


def _unnamed_callers(endpoint: Endpoint) -> dict[str, None]:
    """The keys of the site file that would settle whom a rule with remote addresses lets through."""
    return dict.fromkeys(
        SITE_KEYS[group.source]
        for group in endpoint.permission.groups
        if group.callers is None and group.outcome is Outcome.CONDITIONAL
        for decision in group.decisions
        if any(fw_rule.remote_addresses for fw_rule in decision.decided_by)
    )
