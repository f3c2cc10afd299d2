"""Restarts that are owed before a change takes effect."""

from datetime import timedelta

import msgspec
import pytest

from scanner.model import EvidenceKind, Snapshot
from tests.rules.changes import (
    changed,
    changed_listener,
    changed_process,
    configured,
    dropped,
    not_listening,
    with_process,
    without_process,
)
from tests.rules.hosts import BOOTED, DB, LATER, STARTED, core_server, operator_pc, process, program, tcp
from tests.rules.judging import found, judge, statuses, the_finding

CHECK = "restart-pending"
CORE = core_server()
ELSEWHERE = changed_listener(CORE, 9901, port=9933)


def rules_written(snapshot: Snapshot, when: object) -> Snapshot:
    return changed(snapshot, host=msgspec.structs.replace(snapshot.host, firewall_changed_at=when))


@pytest.mark.parametrize("broken", [ELSEWHERE, not_listening(CORE, 9901)])
def test_a_component_older_than_its_configuration_is_the_one_finding(broken: Snapshot) -> None:
    owed = configured(broken, DB, tcp(9901), changed_at=STARTED + timedelta(seconds=1))
    assert found(owed) == {(CHECK, "DBConnectorServer")}
    finding = the_finding(owed, CHECK)
    assert finding.severity == "medium"
    assert "whole server" in finding.remediation.restart
    assert STARTED.isoformat() in finding.observed


@pytest.mark.parametrize(
    "fine",
    [
        CORE,
        configured(CORE, DB, tcp(9901), changed_at=LATER),  # it uses the port all the same
        configured(without_process(CORE, DB), DB, tcp(9901), changed_at=LATER),
        rules_written(CORE, BOOTED),
    ],
)
def test_nothing_is_owed_where_the_new_port_is_in_use(fine: Snapshot) -> None:
    assert statuses(fine)[CHECK] == "pass"


def test_of_two_processes_the_younger_one_counts() -> None:
    owed = configured(ELSEWHERE, DB, tcp(9901), changed_at=LATER)
    restarted = with_process(owed, process(78, program(DB), started_at=LATER + timedelta(hours=1)))
    assert found(restarted) == {("listener-mismatch", "DBConnectorServer")}


def test_rules_written_after_the_start_are_a_sign_and_no_proof() -> None:
    signed = rules_written(CORE, BOOTED + timedelta(seconds=1))
    assert the_finding(signed, CHECK).severity == "low"
    assert found(signed) == set()


def test_an_operator_pc_is_never_asked_to_restart() -> None:
    result = judge(operator_pc(), CHECK)
    assert result.status == "not-applicable"
    assert "application servers" in result.reason


@pytest.mark.parametrize(
    "kind",
    [EvidenceKind.HOST, EvidenceKind.CHANGE_TIMES, EvidenceKind.LISTENERS, EvidenceKind.PROCESSES],
)
def test_without_its_evidence_it_never_passes(kind: EvidenceKind) -> None:
    assert judge(dropped(CORE, kind), CHECK).status == "not-proven"


def test_a_start_time_nobody_saw_leaves_the_component_to_the_other_check() -> None:
    unknown = configured(changed_process(ELSEWHERE, DB, started_at=None), DB, tcp(9901), changed_at=LATER)
    assert found(unknown) == {("listener-mismatch", "DBConnectorServer")}


def test_a_host_without_times_is_not_proven_even_if_nobody_noted_the_gap() -> None:
    assert judge(rules_written(CORE, None), CHECK).status == "not-proven"
