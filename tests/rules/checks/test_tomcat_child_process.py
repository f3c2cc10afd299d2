"""Tomcat in a child process: java.exe holds its ports, and the rule for tomcat8.exe does not cover it."""

import pytest

from rules.checks import tomcat_child_process
from scanner.model import Action, EvidenceKind, Fault, FaultCode, Process, Snapshot
from tests.rules.changes import (
    changed_listener,
    changed_rule,
    configured,
    dropped,
    listening,
    not_configured,
    not_listening,
    with_process,
    with_rule,
    without_process,
    without_rule,
)
from tests.rules.hosts import CORE as PORTS
from tests.rules.hosts import INSTALL, core_server, fw_rule, listener, operator_pc, pid_of, process
from tests.rules.judging import found, judge, statuses, the_finding

CHECK, TOMCAT = "tomcat-child-process", "web-service"
CORE = core_server()
JAVA = r"C:\Program Files\Java\jre1.8.0_201\bin\java.exe"
FAULT = Fault(
    code=FaultCode.CHILD_PROCESS, text="the service starts Java as a child process (start mode exe)"
)
WEB_PORTS = ("8009", "8080", "8443")
BY_PORT = changed_rule(CORE, "CE-tomcat", program=None, local_ports=WEB_PORTS)


def child(snapshot: Snapshot, path: str | None = JAVA, *, pid: int = 5005) -> Snapshot:
    """Every socket of Tomcat belongs to a Java process; tomcat8.exe still runs."""
    java = process(pid, path) if path else Process(pid=pid, name="java.exe", origin=process(pid, JAVA).origin)
    for port in (8005, 8009, 8080, 8443):
        snapshot = changed_listener(snapshot, port, pid=pid)
    return with_process(snapshot, java)


def started_as_child(snapshot: Snapshot) -> Snapshot:
    return configured(snapshot, TOMCAT, *PORTS[TOMCAT], faults=(FAULT,))


def seeded() -> Snapshot:
    return child(CORE)


@pytest.mark.parametrize(
    "broken",
    [
        child(CORE),
        child(CORE, JAVA.replace("java.exe", "JAVAW.EXE")),
        child(CORE, rf"{INSTALL}\Tomcat\jre\bin\java.exe"),
        child(CORE, None),
        child(without_rule(CORE, "CE-tomcat")),
        started_as_child(child(CORE)),
        child(with_rule(BY_PORT, fw_rule("block", program=JAVA, action=Action.BLOCK))),
        # one socket of Tomcat's own proves nothing where the service is known to start a child
        started_as_child(changed_listener(child(CORE), 8443, pid=pid_of(TOMCAT))),
    ],
)
def test_a_child_that_the_firewall_blocks_is_the_one_finding(broken: Snapshot) -> None:
    assert found(broken) == {(CHECK, "Web Service")}
    assert the_finding(broken, CHECK).severity == "high"


def test_the_finding_names_the_program_its_ports_and_both_ways_to_mend_it() -> None:
    finding = the_finding(seeded(), CHECK)
    assert "java.exe" in finding.message
    assert "8080" in finding.observed
    assert "5005" not in finding.observed  # a PID says nothing that lasts
    assert JAVA in finding.evidence[-1].observed
    remediation = finding.remediation
    assert len(remediation.commands) == len(remediation.undo) == 3
    assert all(f"-Program '{JAVA}'" in command for command in remediation.commands)
    assert "jvm" in remediation.manual[0]


def test_a_program_without_a_path_gets_no_command() -> None:
    assert the_finding(child(CORE, None), CHECK).remediation.commands == ()


@pytest.mark.parametrize(
    "open_door",
    [
        child(BY_PORT),
        child(with_rule(CORE, fw_rule("java", program=JAVA))),
        started_as_child(child(BY_PORT)),
    ],
)
def test_a_child_that_another_rule_lets_through_is_low(open_door: Snapshot) -> None:
    finding = the_finding(open_door, CHECK)
    assert finding.severity == "low"
    assert finding.remediation.commands == ()
    assert found(open_door) == set()


def test_where_the_decision_is_open_it_is_medium() -> None:
    scoped = child(changed_rule(BY_PORT, "CE-tomcat", remote_addresses=("10.9.9.9",)))
    assert the_finding(scoped, CHECK).severity == "medium"
    nameless = child(with_rule(CORE, fw_rule("java", program=JAVA)), None)
    assert the_finding(nameless, CHECK).severity == "medium"


@pytest.mark.parametrize(
    ("announced", "severity"),
    [
        (started_as_child(CORE), "medium"),
        (started_as_child(without_process(CORE, TOMCAT)), "medium"),
        (started_as_child(changed_rule(CORE, "CE-tomcat", local_ports=WEB_PORTS)), "medium"),
        (started_as_child(BY_PORT), "low"),
        (started_as_child(with_rule(CORE, fw_rule("web", local_ports=WEB_PORTS))), "low"),
        (started_as_child(without_rule(CORE, "CE-tomcat")), "low"),  # nothing to lose: it is shut today
    ],
)
def test_a_service_set_to_start_a_child_is_a_forecast(announced: Snapshot, severity: str) -> None:
    finding = the_finding(announced, CHECK)
    assert (finding.severity.value, finding.observed) == (severity, FAULT.text)


def test_a_forecast_is_the_one_finding() -> None:
    assert found(started_as_child(CORE)) == {(CHECK, "Web Service")}


def test_a_java_program_beside_a_tomcat_that_holds_its_own_sockets_is_a_stranger() -> None:
    stranger = with_process(changed_listener(CORE, 8080, pid=77), process(77, r"C:\Other\jre\bin\java.exe"))
    assert found(stranger) == {("foreign-listener", "Web Service")}


@pytest.mark.parametrize(
    "fine",
    [
        CORE,
        without_process(CORE, TOMCAT),
        # a Java program on ports of its own
        with_process(listening(CORE, listener(8090, 77)), process(77, JAVA)),
    ],
)
def test_tomcat_in_its_own_process_passes(fine: Snapshot) -> None:
    assert statuses(fine)[CHECK] == "pass"


@pytest.mark.parametrize(
    "open_question",
    [
        changed_listener(CORE, 8080, pid=None),
        not_configured(without_process(CORE, TOMCAT), TOMCAT),
    ],
)
def test_what_the_evidence_leaves_open_never_passes(open_question: Snapshot) -> None:
    result = judge(open_question, CHECK)
    assert (result.status.value, result.findings) == ("not-proven", ())


def test_a_connector_that_the_child_does_not_serve_is_a_mismatch_of_its_own() -> None:
    deaf = not_listening(child(CORE), 8443)
    assert found(deaf) == {(CHECK, "Web Service"), ("listener-mismatch", "Web Service")}


def test_a_host_without_tomcat_is_not_asked() -> None:
    assert statuses(operator_pc())[CHECK] == "not-applicable"


@pytest.mark.parametrize(
    "kind", sorted(tomcat_child_process.CHECK.requires | tomcat_child_process.CHECK.needs)
)
def test_without_its_evidence_it_never_passes(kind: EvidenceKind) -> None:
    assert judge(dropped(CORE, kind), CHECK).status == "not-proven"


def test_the_rule_for_tomcats_program_is_neither_stale_nor_too_wide_meanwhile() -> None:
    others = {name for name, _ in found(child(BY_PORT))} | {name for name, _ in found(child(CORE))}
    assert others == {CHECK}
