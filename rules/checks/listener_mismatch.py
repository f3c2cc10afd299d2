"""Components that run but do not listen on the port they are configured for."""

from __future__ import annotations

from collections.abc import Iterator

from rules.case import Case
from rules.causes import Cause
from rules.check import Check, Unproven
from rules.endpoints import Endpoint
from rules.evidence_sets import ENDPOINTS, SOCKETS
from rules.findings import defined_where, endpoint_finding, place, seen_configuration, seen_listeners, subject
from rules.model import Finding, Remediation, Severity


def find(case: Case) -> Iterator[Finding | Unproven]:
    for endpoint, diagnosis in case.port_diagnoses:
        if diagnosis.cause is Cause.MISMATCH:
            yield _finding(case, endpoint)
        elif diagnosis.cause is Cause.UNDECIDED:
            yield Unproven(subject=subject(endpoint), reason=diagnosis.reason)
        elif endpoint.unowned and not endpoint.listeners:
            yield Unproven(
                subject=subject(endpoint), reason="the evidence does not say which program holds its port"
            )


def _finding(case: Case, endpoint: Endpoint) -> Finding:
    others = ", ".join(str(listener.port) for listener in endpoint.elsewhere)
    return endpoint_finding(
        endpoint,
        severity=Severity.MEDIUM,
        message=f"{endpoint.title} runs but does not listen on {endpoint.slot.protocol.upper()} {endpoint.port}, "
        "the port it is configured for",
        expected=f"{place(endpoint)}, as configured",
        observed=f"it listens on {others}" if others else "it has no open socket",
        evidence=seen_configuration(case, endpoint) + seen_listeners(case, *endpoint.elsewhere),
        remediation=Remediation(
            manual=(
                f"Compare {defined_where(endpoint)} with the program's own log, then restart the component.",
            )
        ),
    )


CHECK = Check(
    id="listener-mismatch",
    title="Every running CE component listens on the port it is configured for",
    severity=Severity.MEDIUM,
    requires=SOCKETS,
    needs=ENDPOINTS,
    rationale="The cmdlets write firewall rules from the configuration. A component that listens elsewhere is not "
    "covered by them, and the parts of the contact centre that call it at its configured port find nobody there.",
    decides="Compares the configured port of each running component with the sockets its process holds. A component "
    "started before its configuration last changed is left to restart-pending.",
    mend="Restart the component; if it still listens elsewhere, correct its configuration.",
    controls=("NIST SP 800-53 r5 CM-6",),
    find=find,
)
