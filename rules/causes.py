"""One cause, one finding: which check is nearest to what is wrong with an endpoint (design.md section 3).

Two questions are independent: is the port what it should be (`port_cause`), and does the firewall let it
through (`firewall_cause`). Every endpoint check asks here and reports only the endpoints with its own id.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from rules.endpoints import Basis, Endpoint
from rules.firewall.decision import Decision
from rules.firewall.near_miss import NearMiss
from rules.firewall.ports import read_ports
from rules.firewall.verdict import Outcome
from rules.paths import directory, file_name
from scanner.model import Action, FirewallRule, PortState

if TYPE_CHECKING:
    from rules.case import Case


class Cause(StrEnum):
    """The ids of the checks that can be nearest, and two that no check reports."""

    NONE = "none"
    UNDECIDED = "undecided"
    FOREIGN = "foreign-listener"
    DYNAMIC = "dynamic-port"
    RESTART = "restart-pending"
    MISMATCH = "listener-mismatch"
    IGNORED = "local-rules-ignored"
    BLOCKED = "blocked-by-firewall-rule"
    DISABLED = "disabled-firewall-rule"
    WRONG_PROFILE = "wrong-profile-firewall-rule"
    WRONG_PROGRAM = "wrong-program-firewall-rule"
    NOT_RERUN = "cmdlets-not-rerun"
    MISSING = "missing-firewall-rule"


class Diagnosis(msgspec.Struct, frozen=True, kw_only=True):
    """The cause with what shows it: the decision, and the near misses that would have permitted the flow."""

    cause: Cause
    decision: Decision | None = None
    near_misses: tuple[NearMiss, ...] = ()
    reason: str = ""


def port_cause(case: Case, endpoint: Endpoint) -> Diagnosis:
    """What is wrong with the port itself, apart from any firewall."""
    if endpoint.foreign:
        return Diagnosis(cause=Cause.FOREIGN)
    if is_dynamic(case, endpoint):
        return Diagnosis(cause=Cause.DYNAMIC)
    if is_switched_off(endpoint) or endpoint.row.defined_in is None:
        return Diagnosis(cause=Cause.NONE)  # nothing is configured, so nothing can differ from it
    if is_out_of_reach(endpoint):
        return Diagnosis(cause=Cause.MISMATCH)
    if endpoint.basis is not Basis.CONFIGURED:
        return _undecided(endpoint)
    if not endpoint.is_running or endpoint.listeners or endpoint.unowned or case.lacks_listeners:
        return Diagnosis(cause=Cause.NONE)
    return Diagnosis(cause=Cause.RESTART if _changed_since_start(endpoint) else Cause.MISMATCH)


def is_dynamic(case: Case, endpoint: Endpoint) -> bool:
    """True where the port will be another after the next start.

    Known from the configuration (section 4 and 6 syntaxes), or seen: the configuration names no port and the
    program listens inside the host's dynamic range. A row without a documented port may be dynamic if a
    program-wide firewall rule follows it (A2).
    """
    if endpoint.state in (PortState.DYNAMIC, PortState.INVALID) and endpoint.basis is Basis.NONE:
        return True
    seen_dynamic = (
        endpoint.basis is Basis.OBSERVED
        and endpoint.port is not None
        and endpoint.port != endpoint.slot.documented  # a widened range may hold the vendor's own ports
        and case.in_dynamic_range(endpoint.slot.protocol, endpoint.port)
    )
    if not endpoint.row.ports:
        return seen_dynamic and endpoint.permission.overall is not Outcome.ALLOWED
    return seen_dynamic


def is_switched_off(endpoint: Endpoint) -> bool:
    """True where the host's configuration, fully understood, opens no port for it, or has no channel."""
    listed = bool(endpoint.row.ports) or endpoint.state is PortState.DISABLED
    return endpoint.basis is Basis.NONE and listed


def is_out_of_reach(endpoint: Endpoint) -> bool:
    """True where the component serves this host only, whatever the firewall does (contact-expert.md 4.5).

    A Tomcat connector may be bound to this host on purpose, behind a web server (6.1, 6.7).
    """
    return endpoint.permission.is_local_only and not endpoint.slot.purpose


def firewall_cause(case: Case, endpoint: Endpoint) -> Diagnosis:
    """Why Windows Firewall does not let the endpoint's connections through, if it does not."""
    if is_dynamic(case, endpoint):
        return Diagnosis(
            cause=Cause.DYNAMIC
        )  # its own finding: no rule can be demanded for a port that changes
    if endpoint.slot.purpose == "shutdown" or is_switched_off(endpoint):
        return Diagnosis(cause=Cause.NONE)  # 8005 never needs the network (contact-expert.md 6.1)
    outcome = endpoint.permission.overall
    definable = endpoint.row.defined_in is not None  # the one row that is not needs a program rule (A4)
    if definable and endpoint.basis in (Basis.ASSUMED, Basis.NONE) and outcome is not Outcome.ALLOWED:
        return _undecided(endpoint)
    if outcome is Outcome.CONDITIONAL:
        return Diagnosis(cause=Cause.UNDECIDED, reason=_doubt(endpoint))
    if outcome is not Outcome.BLOCKED:
        return Diagnosis(cause=Cause.NONE)
    blocked = next(found for found in endpoint.permission.all() if found.outcome is Outcome.BLOCKED)
    return _why_blocked(case, endpoint, blocked)


def _why_blocked(case: Case, endpoint: Endpoint, decision: Decision) -> Diagnosis:
    if any(fw_rule.action is Action.BLOCK for fw_rule in decision.decided_by):
        return Diagnosis(cause=Cause.BLOCKED, decision=decision)
    if any(case.policy.settings[profile].block_all_inbound.value for profile, _ in decision.per_profile):
        return Diagnosis(cause=Cause.IGNORED, decision=decision)
    allows = [miss for miss in decision.near_misses if miss.fw_rule.action is Action.ALLOW]
    for cause, concerns in _NEAREST:
        misses = tuple(miss for miss in allows if concerns(case, endpoint, miss))
        if misses:
            return Diagnosis(cause=cause, decision=decision, near_misses=misses)
    return Diagnosis(cause=Cause.MISSING, decision=decision, near_misses=tuple(allows))


def _ignored(_case: Case, _: Endpoint, miss: NearMiss) -> bool:
    return set(miss.failed) == {"policy-store"}


def _disabled(_case: Case, _: Endpoint, miss: NearMiss) -> bool:
    return set(miss.failed) == {"active"}


def _wrong_profile(_case: Case, _: Endpoint, miss: NearMiss) -> bool:
    return set(miss.failed) == {"profile"}


def _wrong_program(_: Case, endpoint: Endpoint, miss: NearMiss) -> bool:
    """The rule opens this port for the component under another path: a moved or older installation."""
    if set(miss.failed) != {"program"} or miss.fw_rule.program is None:
        return False
    name = file_name(endpoint.row.executable)
    program = endpoint.program
    beside = program is not None and directory(miss.fw_rule.program) == directory(program)
    return beside or file_name(miss.fw_rule.program).casefold() == name.casefold()


def _not_rerun(case: Case, endpoint: Endpoint, miss: NearMiss) -> bool:
    """The rule is for this very program but for a port it no longer uses: from an earlier configuration."""
    return (
        endpoint.basis is Basis.CONFIGURED
        and is_for_other_port(endpoint, miss)
        and bool(read_ports(miss.fw_rule.local_ports).spans)  # no configuration ever held a keyword
        and not any(_opens(miss.fw_rule, other) for other in case.endpoints if _is_sibling(endpoint, other))
    )


def is_for_other_port(endpoint: Endpoint, miss: NearMiss) -> bool:
    """True where the rule names the endpoint's own program and another port."""
    return set(miss.failed) == {"local-port"} and None not in (miss.fw_rule.program, endpoint.program)


def _is_sibling(endpoint: Endpoint, other: Endpoint) -> bool:
    """True for the endpoints of one program, itself included: a part of its own span is no old port."""
    same = (endpoint.row.executable, endpoint.slot.protocol) == (other.row.executable, other.slot.protocol)
    return same and other.basis is Basis.CONFIGURED


def _opens(fw_rule: FirewallRule, endpoint: Endpoint) -> bool:
    first, last = endpoint.span
    return any(low <= last and first <= high for low, high in read_ports(fw_rule.local_ports).spans)


_NEAREST = (
    (Cause.IGNORED, _ignored),
    (Cause.DISABLED, _disabled),
    (Cause.WRONG_PROFILE, _wrong_profile),
    (Cause.WRONG_PROGRAM, _wrong_program),
    (Cause.NOT_RERUN, _not_rerun),
)


def _changed_since_start(endpoint: Endpoint) -> bool:
    changed = endpoint.configuration.changed_at if endpoint.configuration else None
    started = [process.started_at for process in endpoint.installed.processes if process.started_at]
    return changed is not None and bool(started) and max(started) < changed


def _undecided(endpoint: Endpoint) -> Diagnosis:
    where = endpoint.configuration.reason if endpoint.configuration else "its configuration was not collected"
    return Diagnosis(cause=Cause.UNDECIDED, reason=where or "its port is not known")


def _doubt(endpoint: Endpoint) -> str:
    decisions = tuple(endpoint.permission.all())
    unknowns = tuple(dict.fromkeys(unknown for decision in decisions for unknown in decision.unknowns))
    if unknowns:
        return "; ".join(unknowns)
    return "; ".join(f"{decision.profile}: {decision.outcome.value}" for decision in decisions)
