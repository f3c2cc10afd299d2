"""Components that run but do not listen on the port they are configured for."""

from __future__ import annotations

from collections.abc import Iterator

from rules.case import Case
from rules.causes import Cause
from rules.check import Check, Unproven
from rules.endpoints import Endpoint
from rules.evidence_sets import ENDPOINTS, SOCKETS
from rules.findings import (
    defined_where,
    endpoint_finding,
    owner_unknown,
    place,
    seen_configuration,
    seen_listeners,
    subject,
)
from rules.model import Finding, Remediation, Severity
from rules.port_causes import is_out_of_reach
from scanner.model import PortState


def find(case: Case) -> Iterator[Finding | Unproven]:
    for endpoint, diagnosis in case.port_diagnoses:
        if diagnosis.cause is Cause.MISMATCH:
            yield _finding(case, endpoint)
        elif diagnosis.cause is Cause.UNDECIDED:
            yield Unproven(subject=subject(endpoint), reason=diagnosis.reason)
        elif endpoint.unowned and not endpoint.listeners:
            yield owner_unknown(endpoint)
    yield from _faulty(case)


def _faulty(case: Case) -> Iterator[Finding]:
    """One finding for each configuration that names ports and cannot work, and no fault tells why."""
    told: set[str] = set()
    for endpoint in case.endpoints:
        found = endpoint.configuration
        if found is None or found.state is not PortState.INVALID or found.faults:
            continue
        if found.endpoints and found.component not in told:
            told.add(found.component)
            yield Finding(
                severity=Severity.MEDIUM,
                component=endpoint.row.component,
                variant=endpoint.row.variant,
                subject=f"{endpoint.row.title} configuration",
                message=f"{endpoint.row.title} cannot listen as it is configured: {found.reason}",
                expected="a configuration that can work",
                observed=found.reason,
                impact=endpoint.row.impact,
                evidence=seen_configuration(case, endpoint),
                remediation=Remediation(
                    manual=(f"Correct {defined_where(endpoint)}, then restart the component.",)
                ),
            )


def _finding(case: Case, endpoint: Endpoint) -> Finding:
    if is_out_of_reach(endpoint):
        message = f"{place(endpoint)} listens for this host alone, so no other host can reach it"
        expected = "an address that the other hosts can reach"
        observed = f"bound to {', '.join(endpoint.permission.bound)}"
    else:
        others = ", ".join(dict.fromkeys(str(listener.port) for listener in endpoint.elsewhere))
        message = (
            f"{endpoint.title} runs but does not listen on {endpoint.slot.protocol.upper()} "
            f"{endpoint.ports}, the port it is configured for{f', but on {others}' if others else ''}"
        )
        expected = f"{place(endpoint)}, as configured"
        observed = f"it listens on {others}" if others else "it has no open socket"
    return endpoint_finding(
        case,
        endpoint,
        severity=Severity.MEDIUM,
        message=message,
        expected=expected,
        observed=observed,
        evidence=seen_configuration(case, endpoint)
        + seen_listeners(case, *endpoint.listeners, *endpoint.elsewhere),
        remediation=Remediation(
            manual=(
                (
                    f"Restart {endpoint.title}. If it still does not listen there, compare "
                    f"{defined_where(endpoint)} with its own log and correct it."
                ),
            )
        ),
    )


CHECK = Check(
    id="listener-mismatch",
    title="Every running CE component listens on the port it is configured for",
    severity=Severity.MEDIUM,
    requires=SOCKETS,
    needs=ENDPOINTS,
    rationale="The cmdlets write firewall rules from the configuration. A component that listens elsewhere "
    "is not covered by them, and the parts of the contact centre that call it at its configured port find "
    "nobody there.",
    decides="Compares the configured port of each running component with the sockets its process holds. A "
    "component started before its configuration last changed is left to restart-pending. A socket bound to "
    "this host alone, and a configuration that cannot work, are found as well.",
    mend="Restart the component; if it still listens elsewhere, correct its configuration.",
    controls=("NIST SP 800-53 r5 CM-6",),
    find=find,
)
