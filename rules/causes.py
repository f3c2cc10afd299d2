"""One cause, one finding: which check is nearest the cause of what is wrong with an endpoint (design.md section 3).

Two questions are independent: is the port what it should be (`port_cause`), and does the firewall let it through
(`firewall_cause`). Every endpoint check asks here and reports only the endpoints that carry its own id.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from rules.endpoints import Basis, Endpoint
from rules.firewall.decision import Decision
from rules.firewall.near_miss import NearMiss
from rules.firewall.verdict import Outcome
from rules.paths import directory, file_name, folded
from scanner.model import Action, PortState

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
    if endpoint.basis is not Basis.CONFIGURED:
        return _undecided(endpoint)
    if not endpoint.is_running or endpoint.listeners or endpoint.unowned or case.lacks_listeners:
        return Diagnosis(cause=Cause.NONE)
    return Diagnosis(cause=Cause.RESTART if _changed_since_start(endpoint) else Cause.MISMATCH)


def is_dynamic(case: Case, endpoint: Endpoint) -> bool:
    """True where the port will be another after the next start.

    Known from the configuration (section 4 and 6 syntaxes), or seen: the configuration names no port and the program
    listens inside the host's dynamic range. A row without a documented port may be dynamic if a program-wide
    firewall rule follows it (A2).
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
    """True where the vendor lists a port and the host's configuration, fully understood, opens none for it."""
    return endpoint.basis is Basis.NONE and bool(endpoint.row.ports)


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
        misses = tuple(miss for miss in allows if concerns(endpoint, miss))
        if misses:
            return Diagnosis(cause=cause, decision=decision, near_misses=misses)
    return Diagnosis(cause=Cause.MISSING, decision=decision, near_misses=tuple(allows))


def _ignored(_: Endpoint, miss: NearMiss) -> bool:
    return set(miss.failed) == {"policy-store"}


def _disabled(_: Endpoint, miss: NearMiss) -> bool:
    return set(miss.failed) == {"active"}


def _wrong_profile(_: Endpoint, miss: NearMiss) -> bool:
    return set(miss.failed) == {"profile"}


def _wrong_program(endpoint: Endpoint, miss: NearMiss) -> bool:
    """The rule opens this port for the component under another path: a moved or older installation."""
    if set(miss.failed) != {"program"} or miss.fw_rule.program is None:
        return False
    name = file_name(endpoint.row.executable)
    program = endpoint.installed.program
    beside = program is not None and directory(miss.fw_rule.program) == directory(program)
    return beside or file_name(miss.fw_rule.program).casefold() == name.casefold()


def _not_rerun(endpoint: Endpoint, miss: NearMiss) -> bool:
    """The rule is for this very program but for another port: written from an earlier configuration."""
    program = endpoint.installed.program
    return (
        set(miss.failed) == {"local-port"}
        and endpoint.basis is Basis.CONFIGURED
        and miss.fw_rule.program is not None
        and program is not None
        and folded(miss.fw_rule.program) == folded(program)
    )


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
