"""Components that run and cannot be reached at the port they are configured for."""

import pytest

from scanner.model import EvidenceKind, PortState, Snapshot
from tests.rules.changes import (
    changed_listener,
    changed_process,
    configured,
    dropped,
    not_configured,
    not_listening,
    without_process,
    without_rule,
)
from tests.rules.hosts import CORE as PORTS
from tests.rules.hosts import DB, DB_RULE, STARTED, core_server, tcp
from tests.rules.judging import found, judge, statuses, the_finding

CHECK = "listener-mismatch"
CORE = core_server()
LOCAL = changed_listener(CORE, 9901, address="127.0.0.1")
ELSEWHERE = changed_listener(CORE, 9901, port=9933)


@pytest.mark.parametrize(
    ("broken", "component"),
    [
        (not_listening(CORE, 9901), "DBConnectorServer"),
        (ELSEWHERE, "DBConnectorServer"),
        (not_listening(CORE, 19970), "IVRConnector"),
        (not_listening(CORE, 8443), "Web Service"),
        (not_listening(CORE, 20002), "TelephonyRecorder"),
        # bound to this host alone (A14): no rule can help
        (LOCAL, "DBConnectorServer"),
        (changed_listener(CORE, 9999, address="::1"), "Naming Service"),
        (without_rule(LOCAL, DB_RULE), "DBConnectorServer"),
    ],
)
def test_a_component_nobody_reaches_at_its_port_is_the_one_finding(broken: Snapshot, component: str) -> None:
    assert found(broken) == {(CHECK, component)}


@pytest.mark.parametrize(
    "fine",
    [
        CORE,
        without_process(CORE, DB),
        changed_listener(CORE, 9901, address="10.1.0.5"),
        configured(CORE, DB, tcp(9901, address="ce01.example.test")),
        changed_listener(CORE, 8080, address="127.0.0.1"),  # Tomcat behind a web server of this host
    ],
)
def test_a_component_that_is_stopped_or_listens_where_it_should_passes(fine: Snapshot) -> None:
    assert statuses(fine)[CHECK] == "pass"
    assert found(fine) == set()


def test_a_configuration_that_names_ports_and_cannot_work_is_found_once() -> None:
    row_id, reason = "web-service", "a connector's port is 'HTTP_PORT', not a port number"
    broken = configured(CORE, row_id, *PORTS[row_id], state=PortState.INVALID, reason=reason)
    assert found(broken) == {(CHECK, "Web Service")}
    assert the_finding(broken, CHECK).observed == reason


def test_a_start_before_the_change_is_a_restart_and_a_start_after_it_a_mismatch() -> None:
    same_moment = configured(ELSEWHERE, DB, tcp(9901), changed_at=STARTED)
    assert found(same_moment) == {(CHECK, "DBConnectorServer")}


def test_a_process_without_a_start_time_is_not_said_to_be_old() -> None:
    assert found(changed_process(ELSEWHERE, DB, started_at=None)) == {(CHECK, "DBConnectorServer")}


def test_the_finding_says_where_it_listens_instead() -> None:
    finding = the_finding(ELSEWHERE, CHECK)
    assert finding.observed == "it listens on 9933"
    assert "9933" in finding.evidence[-1].observed
    assert the_finding(not_listening(CORE, 9901), CHECK).observed == "it has no open socket"


@pytest.mark.parametrize(
    "open_question",
    [not_configured(CORE, DB), changed_listener(CORE, 9901, pid=None), not_configured(ELSEWHERE, DB)],
)
def test_what_cannot_be_compared_never_passes(open_question: Snapshot) -> None:
    result = judge(open_question, CHECK)
    assert (result.status.value, result.findings) == ("not-proven", ())


@pytest.mark.parametrize(
    "kind",
    [EvidenceKind.LISTENERS, EvidenceKind.PROCESSES, EvidenceKind.CONFIGURED_PORTS, EvidenceKind.EXECUTABLES],
)
def test_without_its_evidence_it_never_passes(kind: EvidenceKind) -> None:
    assert judge(dropped(CORE, kind), CHECK).status == "not-proven"
