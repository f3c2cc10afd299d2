"""Applications inside Tomcat that choose their ports at run time."""

from __future__ import annotations

from collections.abc import Iterator

from rules.case import Case
from rules.causes import Cause
from rules.check import Check, Unproven
from rules.endpoints import Endpoint
from rules.evidence_sets import DECISION, ENDPOINTS
from rules.findings import seen_listeners
from rules.firewall.verdict import Outcome
from rules.model import Finding, Severity
from rules.permission import permission
from rules.port_causes import has_fault
from rules.remedies import allow
from rules.tomcat import without_tomcat
from scanner.model import Action, FaultCode


def find(case: Case) -> Iterator[Finding | Unproven]:
    causes: dict[str, set[Cause]] = {}
    for endpoint, diagnosis in case.firewall_diagnoses:
        causes.setdefault(endpoint.row.id, set()).add(diagnosis.cause)
    hosts = {endpoint.row.id: endpoint for endpoint in case.endpoints if endpoint.row.dynamic_app}
    for row_id, endpoint in hosts.items():
        if not endpoint.is_running or has_fault(endpoint, FaultCode.CHILD_PROCESS):
            continue
        if causes[row_id] == {Cause.NONE}:
            yield from _beyond_the_listed_ports(case, endpoint)
        elif Cause.UNDECIDED in causes[row_id]:
            yield Unproven(
                subject=_subject(endpoint), reason="what the firewall does with its listed ports is not known"
            )
        # where the listed ports are shut too, the cause is told with them


def _beyond_the_listed_ports(case: Case, endpoint: Endpoint) -> Iterator[Finding | Unproven]:
    anywhere = permission(case, endpoint.row, endpoint.installed, endpoint.slot.protocol, None, (), None)
    if anywhere.overall is Outcome.ALLOWED:
        return
    # a rule for a port matches an unknown port perhaps; only one for every port leaves a question
    deciding = (fw_rule for found in anywhere.all() for fw_rule in found.decided_by)
    if any(fw_rule.action is Action.ALLOW and not fw_rule.local_ports for fw_rule in deciding):
        yield Unproven(
            subject=_subject(endpoint), reason="whether a firewall rule for the program applies is not known"
        )
    else:
        yield _finding(case, endpoint)


def _subject(endpoint: Endpoint) -> str:
    return f"{endpoint.row.title} dynamic ports"


_IMPACT = (
    "Statistics (StatisticsServer) may stay empty on other hosts, and agents that work through SOAP clients "
    "(AgentObjects) may not be served from there: both are Tomcat applications that choose their TCP ports "
    "themselves."
)


def _finding(case: Case, endpoint: Endpoint) -> Finding:
    return Finding(
        severity=Severity.LOW,
        component=endpoint.row.component,
        protocol=endpoint.slot.protocol,
        subject=_subject(endpoint),
        message=f"No firewall rule lets connections reach the {endpoint.slot.protocol.upper()} ports that "
        f"the applications in {endpoint.row.title} choose at run time",
        expected=f"an allow rule for {endpoint.program} and every local port",
        observed="only rules for single ports",
        impact=_IMPACT,
        evidence=seen_listeners(case, *endpoint.elsewhere),
        remediation=allow(case, endpoint, every_port=True),
    )


CHECK = Check(
    id="tomcat-dynamic-apps",
    title="Windows Firewall lets connections reach the ports that Tomcat's applications choose themselves",
    severity=Severity.LOW,
    requires=DECISION,
    needs=ENDPOINTS,
    rationale="StatisticsServer and AgentObjects choose their ports at run time. Rules for Tomcat's listed "
    "ports do not cover them, so statistics and SOAP agents on other hosts stay without an answer.",
    decides="Where Tomcat runs and its listed ports are let through, asks whether its program is let through "
    "on any other port as well. Whether other hosts use these applications is not known from the host, so "
    "the finding is low.",
    mend="Allow the program tomcat8.exe on every local TCP port, if other hosts use these applications.",
    controls=("NIST SP 800-53 r5 CM-6", "PCI DSS v4.0 1.2.5"),
    not_applicable=without_tomcat,
    rules_alone=True,
    find=find,
)
