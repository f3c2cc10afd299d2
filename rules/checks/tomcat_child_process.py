"""Tomcat as a child process, which the firewall rule for tomcat8.exe does not cover."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from rules.case import Case
from rules.causes import Cause
from rules.check import Check, Unproven
from rules.endpoints import Endpoint
from rules.evidence_sets import DECISION, ENDPOINTS, SOCKETS
from rules.findings import seen_configuration, seen_listeners
from rules.firewall.decision import decide
from rules.firewall.verdict import Outcome
from rules.model import Finding, Observation, Remediation, Severity
from rules.paths import file_name
from rules.port_causes import has_fault
from rules.remedies import allow, restart
from rules.tomcat import JAVA, without_tomcat
from scanner.model import FaultCode

_WEIGHT = {Outcome.BLOCKED: Severity.HIGH, Outcome.CONDITIONAL: Severity.MEDIUM}
_WORDS = {
    Severity.HIGH: "and Windows Firewall blocks it, because the rule for {program} does not cover it",
    Severity.MEDIUM: "and the evidence does not show whether Windows Firewall lets it through",
    Severity.LOW: "and only rules that name another program, or none, let it through",
}
_LEADS = {
    Severity.HIGH: "",
    Severity.MEDIUM: "Where it is blocked: ",
    Severity.LOW: "CE works while those rules stay. Without them: ",
}
_AFTER = "CE works today. After the next start of the service: "
_NOTHING_LOST = (
    "None: browsers, SOAP clients and other CE servers reach the CE web applications all the same."
)
_JVM = (
    "Set the service's start mode to jvm (tomcat8w.exe, tab Startup, Mode) and restart the service: the "
    "sockets then belong to tomcat8.exe, for which the vendor's rules are."
)


def find(case: Case) -> Iterator[Finding | Unproven]:
    rows = {endpoint.row.id: endpoint for endpoint in case.endpoints if endpoint.row.dynamic_app}
    for row_id, endpoint in rows.items():
        of_row = [each for each in case.port_diagnoses if each[0].row.id == row_id]
        held = [each for each, diagnosis in of_row if diagnosis.cause is Cause.CHILD_PROCESS]
        if held:
            yield _now(case, held)
        elif has_fault(endpoint, FaultCode.CHILD_PROCESS):
            yield _forecast(case, [each for each, _ in of_row])
        elif any(each.unowned for each, _ in of_row):
            yield Unproven(
                subject=_subject(endpoint), reason="the evidence does not say which program holds its ports"
            )
        elif endpoint.configuration is None and not endpoint.is_running:
            yield Unproven(subject=_subject(endpoint), reason="how its service starts Java was not collected")


def _subject(endpoint: Endpoint) -> str:
    return f"{endpoint.row.title} child process"


def _needing(endpoints: list[Endpoint]) -> list[Endpoint]:
    """Those that other hosts must reach; the shutdown port is none of them (contact-expert.md 6.1)."""
    return [each for each in endpoints if each.port and each.slot.purpose != "shutdown"]


def _now(case: Case, held: list[Endpoint]) -> Finding:
    outcomes = {each.permission.overall for each in _needing(held)}
    severity = next((found for outcome, found in _WEIGHT.items() if outcome in outcomes), Severity.LOW)
    service, java = file_name(held[0].row.executable), held[0].program or JAVA
    ports = ", ".join(each.ports for each in held)
    return _finding(
        case,
        held[0],
        severity=severity,
        message=f"{held[0].row.title} runs as {file_name(java)} and not as {service} on "
        f"{held[0].slot.protocol.upper()} {ports}, " + _WORDS[severity].format(program=service),
        impact=_LEADS[severity] + held[0].row.impact,
        observed=f"{java} listens on {ports}",
        evidence=seen_configuration(case, held[0])
        + seen_listeners(case, *(listener for each in held for listener in each.listeners)),
        remediation=_remediation(case, held),
    )


def _forecast(case: Case, endpoints: list[Endpoint]) -> Finding:
    """What will be when the service starts: today its sockets, if any, belong to tomcat8.exe itself."""
    lost = [each for each in _needing(endpoints) if _will_be_shut(case, each)]
    after = "but the firewall rules for its ports cover that as well"
    if lost:
        ports = ", ".join(each.ports for each in lost)
        of_parent = f"the firewall rule for {file_name(endpoints[0].row.executable)}"
        after = f"and {of_parent} will not cover it on {lost[0].slot.protocol.upper()} {ports}"
    found = endpoints[0].configuration
    faults = found.faults if found else ()
    told = next((fault.text for fault in faults if fault.code is FaultCode.CHILD_PROCESS), "")
    return _finding(
        case,
        endpoints[0],
        severity=Severity.MEDIUM if lost else Severity.LOW,
        message=f"{endpoints[0].row.title} is set to start Java in a process of its own, {after}",
        impact=_AFTER + endpoints[0].row.impact if lost else _NOTHING_LOST,
        observed=told,
        evidence=seen_configuration(case, endpoints[0]),
        remediation=Remediation(manual=(_JVM,), restart=restart(case)),
    )


def _will_be_shut(case: Case, endpoint: Endpoint) -> bool:
    """True where the rules let tomcat8.exe through, and no java.exe."""
    asked = endpoint.permission.flow
    if asked is None or endpoint.permission.overall is not Outcome.ALLOWED:
        return False
    flows = (
        msgspec.structs.replace(asked, program=JAVA, local_port=endpoint.port, local_address=address)
        for address in endpoint.permission.bound
    )
    return any(decide(case.policy, flow).outcome is Outcome.BLOCKED for flow in flows)


def _remediation(case: Case, held: list[Endpoint]) -> Remediation:
    shut = [each for each in _needing(held) if each.permission.overall is Outcome.BLOCKED]
    known = [allow(case, each) for each in shut if "\\" in (each.program or "")]
    return Remediation(
        commands=tuple(command for each in known for command in each.commands),
        netsh=tuple(command for each in known for command in each.netsh),
        undo=tuple(command for each in known for command in each.undo),
        manual=(_JVM, *(("Where it must stay a child process, run the commands instead.",) if known else ())),
        restart=restart(case),
    )


def _finding(
    case: Case,
    endpoint: Endpoint,
    *,
    severity: Severity,
    message: str,
    observed: str,
    impact: str,
    evidence: tuple[Observation, ...],
    remediation: Remediation,
) -> Finding:
    return Finding(
        severity=severity,
        component=endpoint.row.component,
        protocol=endpoint.slot.protocol,
        subject=_subject(endpoint),
        message=message,
        expected=f"Java inside {file_name(endpoint.row.executable)}, or firewall rules for the program "
        "that listens",
        observed=observed,
        impact=impact,
        evidence=evidence,
        remediation=remediation,
    )


CHECK = Check(
    id="tomcat-child-process",
    title="Tomcat's sockets belong to tomcat8.exe, the program that the firewall rules name",
    severity=Severity.HIGH,
    requires=DECISION,
    needs=ENDPOINTS | SOCKETS,
    rationale="Windows compares the program that holds the socket. Where Tomcat's service starts Java as a "
    "child process, that is java.exe: the vendor's rule for tomcat8.exe looks right and lets nothing "
    "through.",
    decides="A java.exe holds Tomcat's ports and tomcat8.exe none: high where Windows Firewall blocks it, "
    "low where other rules let it through. Where nothing runs so now but the service's start mode is Java "
    "or exe: medium where only the rule for tomcat8.exe opens the ports, else low.",
    mend="Set the service's start mode to jvm and restart it, or allow the Java program that it starts.",
    controls=("NIST SP 800-53 r5 CM-6", "PCI DSS v4.0 1.2.5"),
    not_applicable=without_tomcat,
    rules_alone=True,
    find=find,
)
