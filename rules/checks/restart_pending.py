"""Restarts that are owed before a change takes effect."""

from __future__ import annotations

from collections.abc import Iterator

from rules.case import Case
from rules.causes import Cause
from rules.check import Check, Unproven
from rules.endpoints import Endpoint
from rules.evidence_sets import ENDPOINTS, SOCKETS
from rules.findings import endpoint_finding, seen_configuration, seen_listeners
from rules.joined import CORE
from rules.model import Finding, Remediation, Severity
from rules.remedies import RESTART_SERVER
from scanner.model import EvidenceKind


def find(case: Case) -> Iterator[Finding | Unproven]:
    for endpoint, diagnosis in case.port_diagnoses:
        if diagnosis.cause is Cause.RESTART:
            yield _component(case, endpoint)
    yield from _server(case)


def not_applicable(case: Case) -> str:
    """The vendor's page demands a restart of application servers only (contact-expert.md 1.11)."""
    return (
        "" if case.role in (CORE, "") else "the vendor's page asks for a restart on application servers only"
    )


def _component(case: Case, endpoint: Endpoint) -> Finding:
    process = endpoint.installed.processes[0]
    changed = endpoint.configuration.changed_at if endpoint.configuration else None
    old = ", ".join(str(listener.port) for listener in endpoint.elsewhere)
    return endpoint_finding(
        case,
        endpoint,
        severity=Severity.MEDIUM,
        message=f"{endpoint.title} was started before its configuration changed, so it does not use "
        f"{endpoint.slot.protocol.upper()} {endpoint.port} until it is restarted",
        expected=f"started after {changed.isoformat() if changed else '?'}, listening on {endpoint.port}",
        observed=f"started {process.started_at.isoformat() if process.started_at else '?'}, listening on "
        f"{old or 'nothing'}",
        evidence=seen_configuration(case, endpoint)
        + case.observe_all(
            [(process.origin, f"{process.name} (PID {process.pid}) started {process.started_at}")]
        )
        + seen_listeners(case, *endpoint.elsewhere),
        remediation=Remediation(restart=RESTART_SERVER),
        impact=f"Until the restart: {endpoint.row.impact}",
    )


def _server(case: Case) -> Iterator[Finding | Unproven]:
    """Rules written after the last start: a restart is probably owed; others write rules too (A15)."""
    host = case.snapshot.host
    if host.boot_time is None or host.firewall_changed_at is None:
        yield Unproven(
            subject="the host", reason="its start time and the last write of its rules are not both known"
        )
    elif host.firewall_changed_at > host.boot_time:
        yield Finding(
            severity=Severity.LOW,
            subject="host",
            message="Firewall rules were written after the server was last started: a restart is probably "
            "owed",
            expected="the whole server restarted after the vendor's cmdlets ran",
            observed=f"rules written {host.firewall_changed_at.isoformat()}, "
            f"server started {host.boot_time.isoformat()}",
            impact="CE may not answer at a port that was changed until the server is restarted. Windows "
            "itself and other software write rules too, so this is a sign, not a proof.",
            remediation=Remediation(restart=RESTART_SERVER),
        )


CHECK = Check(
    id="restart-pending",
    title="Every change has taken effect: no restart is owed",
    severity=Severity.MEDIUM,
    requires=SOCKETS,
    needs=ENDPOINTS | {EvidenceKind.HOST, EvidenceKind.CHANGE_TIMES},
    rationale="The vendor asks for a restart of the whole application server after its cmdlets ran. Until "
    "then the server may look right in every file and behave as before.",
    decides="For certain where a component started before its configuration changed and does not use the "
    "configured port (medium). Probably, where the firewall rules were written after the last start of the "
    "server (low).",
    mend="Restart the whole application server in a maintenance window.",
    controls=(
        "NIST SP 800-53 r5 CM-3",
        "ISO/IEC 27001:2022 A.8.32",
    ),
    not_applicable=not_applicable,
    find=find,
)
