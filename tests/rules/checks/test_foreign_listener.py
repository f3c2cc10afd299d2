"""CE ports that another program holds."""

import pytest

from scanner.model import EvidenceKind, Snapshot
from tests.rules.changes import (
    changed_listener,
    changed_process,
    dropped,
    listening,
    with_file,
    with_process,
    without_process,
)
from tests.rules.hosts import DB, INSTALL, core_server, file, listener, operator_pc, pid_of, process, program
from tests.rules.judging import found, judge, statuses, the_finding

CHECK = "foreign-listener"
CORE = core_server()
OTHER = process(77, r"C:\Tools\agent.exe")


@pytest.mark.parametrize(
    ("broken", "component"),
    [
        (with_process(changed_listener(CORE, 9901, pid=77), OTHER), "DBConnectorServer"),
        (with_process(listening(CORE, listener(9901, 77, address="10.1.0.5")), OTHER), "DBConnectorServer"),
        (with_process(listening(without_process(CORE, DB), listener(9901, 77)), OTHER), "DBConnectorServer"),
        (with_process(changed_listener(CORE, 9901, pid=77, address="::"), OTHER), "DBConnectorServer"),
        (changed_listener(CORE, 9901, pid=4), "DBConnectorServer"),
        (changed_listener(CORE, 9901, pid=None, image="python.exe"), "DBConnectorServer"),
        (with_process(changed_listener(CORE, 20000, pid=77), OTHER), "TelephonyRecorder"),
        (with_process(changed_listener(operator_pc(), 19960, pid=77), OTHER), "AgentClientApp"),
        (changed_process(CORE, DB, path=program(DB).replace("D:", "E:")), "DBConnectorServer"),
    ],
)
def test_another_program_on_the_port_is_the_one_finding(broken: Snapshot, component: str) -> None:
    assert found(broken) == {(CHECK, component)}


@pytest.mark.parametrize(
    "fine",
    [
        CORE,
        listening(CORE, listener(9901, pid_of(DB), address="::")),
        with_process(listening(CORE, listener(25, 77), listener(9902, 77)), OTHER),
        with_process(listening(CORE, listener(9901, 77, protocol="udp")), OTHER),
        changed_process(CORE, DB, path=program(DB).upper()),
        changed_process(CORE, DB, path="\\\\?\\" + program(DB)),
        changed_process(CORE, DB, path=f'"{program(DB)}"'),
        # a child in the component's own directory may be the one that listens (1.9)
        with_process(
            changed_listener(CORE, 9903, pid=77),
            process(77, INSTALL + r"\Servers\AlarmServer\AlarmServer.exe"),
        ),
    ],
)
def test_the_components_own_sockets_pass(fine: Snapshot) -> None:
    assert statuses(fine)[CHECK] == "pass"


@pytest.mark.parametrize(
    "unowned",
    [
        changed_listener(CORE, 9901, pid=None),
        changed_listener(CORE, 9901, pid=4711),
        changed_listener(CORE, 9901, pid=None, image="DBConnectorServer.exe"),
        changed_process(CORE, DB, path=None, name="DBConnectorServer.exe"),
    ],
)
def test_a_socket_whose_owner_is_not_shown_leaves_the_question_open(unowned: Snapshot) -> None:
    assert found(unowned) == set()
    assert judge(unowned, CHECK).status == "not-proven"


def test_the_variant_that_is_on_disk_but_not_in_use_is_not_robbed_of_its_port() -> None:
    tsapi, ucma = "telephony-connector-tsapi", "telephony-connector-ucma"
    one = with_process(
        with_file(CORE, file(program(tsapi)), file(program(ucma))), process(pid_of(tsapi), program(tsapi))
    )
    assert (CHECK, "TelephonyConnectorServer") not in found(listening(one, listener(9910, pid_of(tsapi))))


def test_the_finding_names_the_intruder() -> None:
    finding = the_finding(with_process(changed_listener(CORE, 9901, pid=77), OTHER), CHECK)
    assert finding.observed == r"C:\Tools\agent.exe"
    assert "PID 77" in finding.evidence[0].observed
    assert finding.remediation.commands == ()
    assert "Another program (agent.exe) holds TCP 9901" in finding.message
    assert r"C:\Tools\agent.exe" in finding.remediation.manual[0]


@pytest.mark.parametrize("kind", [EvidenceKind.LISTENERS, EvidenceKind.PROCESSES, EvidenceKind.EXECUTABLES])
def test_without_its_evidence_it_never_passes(kind: EvidenceKind) -> None:
    assert judge(dropped(CORE, kind), CHECK).status == "not-proven"
