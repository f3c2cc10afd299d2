"""One cause, one finding: which check is nearest to what is wrong with an endpoint (design.md section 3).

Two questions are independent: is the port what it should be (`rules.port_causes`), and does the firewall let
it through (`rules.firewall_causes`). Every endpoint check asks there and reports only the endpoints with its
own id.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from rules.endpoints import Endpoint
from rules.firewall.decision import Decision
from rules.firewall.near_miss import NearMiss


class Cause(StrEnum):
    """The ids of the checks that can be nearest, and two that no check reports."""

    NONE = "none"
    UNDECIDED = "undecided"
    CONFLICT = "port-conflict"
    CHANNELS = "recording-channel-ports"
    PORT_PROXY = "port-proxy-on-ce-port"
    CHILD_PROCESS = "tomcat-child-process"
    FOREIGN = "foreign-listener"
    TAO = "tao-endpoint"
    MISPLACED = "misplaced-registry-value"
    DYNAMIC = "dynamic-port"
    RESTART = "restart-pending"
    TAKEN = "port-in-dynamic-range"
    MISMATCH = "listener-mismatch"
    IGNORED = "local-rules-ignored"
    POISONED = "poisoned-prompt-rule"
    BLOCKED = "blocked-by-firewall-rule"
    DISABLED = "disabled-firewall-rule"
    WRONG_PROFILE = "wrong-profile-firewall-rule"
    WRONG_PROGRAM = "wrong-program-firewall-rule"
    SCOPE = "scope-too-narrow"
    NOT_RERUN = "cmdlets-not-rerun"
    MISSING = "missing-firewall-rule"


class Diagnosis(msgspec.Struct, frozen=True, kw_only=True):
    """The cause with what shows it: the decision, and the near misses that would have permitted the flow.

    `others` are the endpoints that the port is fought over with.
    """

    cause: Cause
    decision: Decision | None = None
    near_misses: tuple[NearMiss, ...] = ()
    others: tuple[Endpoint, ...] = ()
    reason: str = ""


def undecided(endpoint: Endpoint) -> Diagnosis:
    """Nothing can be said: what the endpoint's port is, is not known."""
    where = endpoint.configuration.reason if endpoint.configuration else "its configuration was not collected"
    return Diagnosis(cause=Cause.UNDECIDED, reason=where or "its port is not known")
