"""Endpoints that no firewall rule lets through."""

from __future__ import annotations

from collections.abc import Iterator

from rules.case import Case
from rules.causes import Cause, Diagnosis
from rules.check import Check, Unproven
from rules.endpoints import Endpoint
from rules.evidence_sets import DECISION, ENDPOINTS
from rules.findings import endpoint_finding, place, reported, seen_configuration, seen_listeners, seen_rules
from rules.firewall.verdict import Outcome
from rules.model import Finding, Severity
from rules.permission import permission
from rules.remedies import allow
from scanner.model import EvidenceKind


def find(case: Case) -> Iterator[Finding | Unproven]:
    for item in reported(case, Cause.MISSING):
        yield item if isinstance(item, Unproven) else _finding(case, *item)
    causes: dict[str, set[Cause]] = {}
    for endpoint, diagnosis in case.firewall_diagnoses:
        causes.setdefault(endpoint.row.id, set()).add(diagnosis.cause)
    hosts = {endpoint.row.id: endpoint for endpoint in case.endpoints if endpoint.row.dynamic_app}
    for row_id, endpoint in hosts.items():
        # where the listed ports are shut too, the cause is told with them
        if endpoint.is_running and causes[row_id] == {Cause.NONE} and not _is_program_open(case, endpoint):
            yield _dynamic_apps(case, endpoint)


def _is_program_open(case: Case, endpoint: Endpoint) -> bool:
    """True where the program is let through on whatever port."""
    anywhere = permission(case, endpoint.row, endpoint.installed, endpoint.slot.protocol, None, (), None)
    return anywhere.overall is Outcome.ALLOWED


def _dynamic_apps(case: Case, endpoint: Endpoint) -> Finding:
    """Ports nobody can list need a rule for the program; whether others use them is unconfirmed (A10)."""
    return Finding(
        severity=Severity.LOW,
        component=endpoint.row.component,
        protocol=endpoint.slot.protocol,
        subject=f"{endpoint.row.title} dynamic ports",
        message=f"No firewall rule lets connections reach the ports that {endpoint.row.title}'s applications "
        "choose at run time",
        expected=f"an allow rule for {endpoint.program} and every local port",
        observed="only rules for single ports",
        impact=" ".join(case.catalogue.footnotes[str(number)] for number in endpoint.row.footnotes),
        evidence=seen_listeners(case, *endpoint.elsewhere),
        remediation=allow(case, endpoint, every_port=True),
    )


def _finding(case: Case, endpoint: Endpoint, diagnosis: Diagnosis) -> Finding:
    nearest = diagnosis.near_misses[:1]
    reason = diagnosis.decision.reason if diagnosis.decision else ""
    return endpoint_finding(
        case,
        endpoint,
        severity=Severity.HIGH,
        message=f"No firewall rule lets connections reach {place(endpoint)}",
        expected=f"an allow rule for {endpoint.program or endpoint.row.executable}",
        observed=". ".join([reason, *(miss.explanation for miss in nearest)]),
        evidence=seen_configuration(case, endpoint)
        + seen_listeners(case, *endpoint.listeners)
        + seen_rules(case, *(miss.fw_rule for miss in nearest)),
        remediation=allow(case, endpoint),
    )


CHECK = Check(
    id="missing-firewall-rule",
    title="Windows Firewall lets connections reach every CE endpoint",
    severity=Severity.HIGH,
    requires=DECISION,
    needs=ENDPOINTS | {EvidenceKind.INTERFACES, EvidenceKind.RECORDING_CHANNELS},
    rationale="A component that other servers or agents cannot reach is as good as stopped, however healthy "
    "it looks on its own host.",
    decides="Asks for Windows' effective decision on every configured endpoint over all policy stores and "
    "reports the ones blocked by default for which no nearer cause (disabled, wrong profile, wrong program, "
    "...) is found. Applications that choose their ports at run time need a rule for the whole program; "
    "where other hosts do not use them none is needed, so its absence is low.",
    mend="Re-run the vendor's cmdlets, or add the rule shown with the finding.",
    controls=("NIST SP 800-53 r5 CM-6", "PCI DSS v4.0 1.2.5"),
    find=find,
)
