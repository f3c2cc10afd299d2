"""Processes of the product that are not the program on disk."""

from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from scanner.model import EvidenceKind, InstalledFile, Snapshot
from tests.rules.changes import (
    changed,
    changed_listener,
    changed_process,
    changed_rule,
    configured,
    dropped,
    moved_port,
    with_file,
    with_process,
    without_process,
)
from tests.rules.hosts import (
    DB,
    DB_RULE,
    INSTALL,
    LATER,
    STARTED,
    core_server,
    file,
    operator_pc,
    pid_of,
    process,
    program,
    tcp,
)
from tests.rules.judging import found, judge, the_finding

CHECK = "stale-process"
CORE, PC = core_server(), operator_pc()
OLD = program(DB).replace("D:", "E:")


def changed_file(snapshot: Snapshot, row_id: str, **facts: object) -> Snapshot:
    def new(each: InstalledFile) -> InstalledFile:
        return replace(each, **facts) if each.path == program(row_id) else each

    return changed(snapshot, executables=tuple(new(each) for each in snapshot.executables))


def written(when: datetime | None, snapshot: Snapshot = CORE, row_id: str = DB) -> Snapshot:
    return changed_file(snapshot, row_id, modified_at=when)


def seeded() -> Snapshot:
    """DBConnectorServer was upgraded and not restarted."""
    return written(LATER)


@pytest.mark.parametrize(
    ("stale", "component", "observed"),
    [
        (
            seeded(),
            "DBConnectorServer",
            "the file was written 2025-03-04T12:00:00+00:00, after the process started",
        ),
        (
            written(STARTED + timedelta(seconds=1)),
            "DBConnectorServer",
            "the file was written 2025-03-03T10:05:01+00:00, after the process started",
        ),
        (changed_file(CORE, DB, bytes=None, modified_at=None), "DBConnectorServer", "the file is gone"),
        (
            with_process(without_process(CORE, DB), process(77, OLD)),
            "DBConnectorServer",
            OLD,
        ),
        (
            with_process(
                without_process(CORE, "license-server"),
                process(77, program("license-server").replace("D:", "E:")),
            ),
            "LicenseServer",
            program("license-server").replace("D:", "E:"),
        ),
        (
            written(LATER, row_id="ucma-recorder-application-port"),
            "UCMA Recorder Service",
            "the file was written 2025-03-04T12:00:00+00:00, after the process started",
        ),
        (
            written(LATER, PC, "agent-client-app"),
            "AgentClientApp",
            "the file was written 2025-03-04T12:00:00+00:00, after the process started",
        ),
    ],
)
def test_a_process_that_is_not_the_installed_program_is_the_one_finding(
    stale: Snapshot, component: str, observed: str
) -> None:
    assert found(stale) == {(CHECK, component)}
    assert the_finding(stale, CHECK).observed == observed


def test_a_component_that_uses_no_ports_runs_an_old_program_too() -> None:
    row_id = "contact-manager-service"
    running = with_process(CORE, process(pid_of(row_id), program(row_id)))
    assert found(written(LATER, running, row_id)) == {(CHECK, "Contact Manager Service")}


@pytest.mark.parametrize(
    "fine",
    [
        CORE,
        PC,
        written(STARTED),
        without_process(seeded(), DB),  # nothing runs that could be old
        with_file(CORE, replace(file(OLD), modified_at=LATER)),  # another copy on disk
        with_process(CORE, process(77, r"C:\Other\DBConnectorServer.exe")),
        with_process(CORE, process(77, OLD)),  # beside the installed one, which runs as well
        with_process(CORE, process(77, INSTALL + r"\Tools\Unknown.exe")),
        with_file(
            with_process(CORE, process(77, program("sms-server"))),
            replace(file(program("sms-server")), modified_at=LATER),
        ),  # a removed component is a finding of its own
    ],
)
def test_the_installed_program_and_whatever_is_not_ces_pass(fine: Snapshot) -> None:
    assert judge(fine, CHECK).status == "pass"


def test_a_path_compares_without_case() -> None:
    assert found(changed_process(seeded(), DB, path=program(DB).upper())) == {(CHECK, "DBConnectorServer")}


def test_a_restart_that_is_owed_for_its_configuration_is_asked_for_once() -> None:
    owed = configured(changed_listener(CORE, 9901, port=9933), DB, tcp(9901), changed_at=LATER)
    assert found(written(LATER, owed)) == {("restart-pending", "DBConnectorServer")}


def test_on_an_operator_pc_nobody_else_asks_for_the_restart() -> None:
    row_id = "agent-client-app"
    owed = configured(changed_listener(PC, 19960, port=19970), row_id, tcp(19960), changed_at=LATER)
    assert (CHECK, "AgentClientApp") in found(written(LATER, owed, row_id))


@pytest.mark.parametrize(
    ("snapshot", "told"),
    [
        # the old copy holds the port of the installed one
        (changed_process(CORE, DB, path=OLD), "foreign-listener"),
        (
            with_process(changed_rule(without_process(CORE, DB), DB_RULE, program=OLD), process(77, OLD)),
            "wrong-program-firewall-rule",
        ),
    ],
)
def test_what_another_finding_says_of_the_old_copy_is_not_said_again(snapshot: Snapshot, told: str) -> None:
    assert found(snapshot) == {(told, "DBConnectorServer")}


@pytest.mark.parametrize(
    "unknown",
    [
        changed_process(CORE, DB, started_at=None),
        written(None),
        changed_process(CORE, DB, path=None, name="DBConnectorServer.exe", started_at=None),
    ],
)
def test_a_time_that_is_not_known_leaves_the_question_open(unknown: Snapshot) -> None:
    result = judge(unknown, CHECK)
    assert (result.status.value, result.findings) == ("not-proven", ())
    assert "DBConnectorServer" in result.reason


def test_the_condition_holds_no_pid_and_no_start() -> None:
    again = changed_process(seeded(), DB, started_at=STARTED - timedelta(days=1))
    assert the_finding(again, CHECK).condition == the_finding(seeded(), CHECK).condition
    assert str(pid_of(DB)) in the_finding(seeded(), CHECK).evidence[0].observed


def test_a_moved_port_does_not_make_a_process_old() -> None:
    assert judge(moved_port(CORE, 9901, 9951, DB), CHECK).findings == ()


@pytest.mark.parametrize("kind", [EvidenceKind.PROCESSES, EvidenceKind.EXECUTABLES])
def test_without_its_evidence_it_never_passes(kind: EvidenceKind) -> None:
    assert judge(dropped(CORE, kind), CHECK).status == "not-proven"
