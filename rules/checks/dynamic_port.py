"""Components whose port is chosen by Windows at every start."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from rules.case import Case
from rules.causes import Cause
from rules.check import Check, Unproven
from rules.endpoints import Endpoint
from rules.evidence_sets import ENDPOINTS, SOCKETS
from rules.findings import defined_where, endpoint_finding, seen_configuration, seen_listeners, subject
from rules.firewall.verdict import Outcome
from rules.model import Finding, Remediation, Severity
from rules.remedies import first, rerun_cmdlets
from scanner.model import PortState


def find(case: Case) -> Iterator[Finding | Unproven]:
    for endpoint, diagnosis in case.port_diagnoses:
        if diagnosis.cause is Cause.DYNAMIC:
            yield _finding(case, endpoint)
        elif diagnosis.cause is Cause.UNDECIDED:
            yield Unproven(subject=subject(endpoint), reason=diagnosis.reason)


def _finding(case: Case, endpoint: Endpoint) -> Finding:
    permitted = endpoint.permission.overall is Outcome.ALLOWED
    sockets = endpoint.listeners + endpoint.elsewhere
    now = ", ".join(dict.fromkeys(str(listener.port) for listener in sockets))
    reason = endpoint.configuration.reason if endpoint.configuration else ""
    follows = (
        ", so only a firewall rule for the whole program lets it through"
        if permitted
        else ", so no firewall rule for a port can follow it"
    )
    if endpoint.state is PortState.INVALID:
        follows = f": {reason}"
    fixed = f"has no fixed {endpoint.slot.protocol.upper()} port" + (
        f" (it listens on {now} now)" if now else ""
    )
    later = f"CE works while that rule stays. Once a rule for a port takes its place: {endpoint.row.impact}"
    finding = endpoint_finding(
        case,
        endpoint,
        severity=Severity.MEDIUM if permitted else Severity.HIGH,
        message=f"{endpoint.title} {fixed}{follows}",
        expected=f"a static port, by default {endpoint.slot.documented or '(the vendor lists none)'}",
        observed=reason or "a port that Windows picks at every start",
        evidence=seen_configuration(case, endpoint)
        + seen_listeners(case, *endpoint.listeners, *endpoint.elsewhere),
        remediation=_remediation(case, endpoint),
        impact=later if permitted else "",
    )
    # The port of today is another one tomorrow: no part of what was found, nor of what a waiver accepts.
    return msgspec.structs.replace(finding, port=endpoint.slot.documented, code="ephemeral")


def _remediation(case: Case, endpoint: Endpoint) -> Remediation:
    port = endpoint.slot.documented or "a free port below the dynamic range"
    return first(f"First set the port to {port} in {defined_where(endpoint)}.", rerun_cmdlets(case))


CHECK = Check(
    id="dynamic-port",
    title="Every CE component listens on a fixed port",
    severity=Severity.HIGH,
    requires=frozenset(),
    needs=ENDPOINTS | SOCKETS,
    rationale="A dynamic port changes at every start. A firewall rule for a port then opens the wrong door, "
    "and calls, agents or recording stop after the next restart although nobody changed anything.",
    decides="From the configuration where its syntax is known (TAO options, server.xml); else from what is "
    "seen: no port is configured and the program listens inside the host's dynamic port range. Options "
    "that TAO refuses or misreads are left to tao-endpoint.",
    mend="Set a static port where the vendor's page says it is defined, then Remove-CEFirewallRules, "
    "Add-CEFirewallRules and, on an application server, restart the whole server.",
    controls=("NIST SP 800-53 r5 CM-6", "NIST SP 800-53 r5 CM-7", "PCI DSS v4.0 1.2.5"),
    find=find,
)
