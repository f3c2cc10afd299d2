"""A rule that names another path than the one the component runs from."""

import pytest

from scanner.model import EvidenceKind
from tests.rules.changes import (
    all_rules,
    changed_listener,
    changed_process,
    changed_rule,
    dropped,
    with_file,
    with_process,
    with_service,
    without_file,
)
from tests.rules.hosts import DB, DB_RULE, INSTALL, core_server, file, process, program, service
from tests.rules.judging import found, judge, statuses, the_finding

CHECK = "wrong-program-firewall-rule"
CORE = core_server()
OLD = program(DB).replace("D:", "C:")
CHILD = INSTALL + r"\Servers\AlarmServer\AlarmServer.exe"
LOADED = with_process(changed_listener(CORE, 9903, pid=77), process(77, CHILD))


@pytest.mark.parametrize(
    "path",
    [
        OLD,
        program(DB).replace("Contact Expert", "Contact Expert 6.0"),
        "%ProgramFiles%\\CE\\DBConnectorServer.exe",
        INSTALL + r"\Servers\DBConnectorServer\Old.exe",
    ],
)
def test_a_rule_for_the_old_place_is_the_one_finding(path: str) -> None:
    assert found(changed_rule(CORE, DB_RULE, program=path)) == {(CHECK, "DBConnectorServer")}


def test_a_rule_for_some_other_program_is_not_a_misplaced_one() -> None:
    assert found(changed_rule(CORE, DB_RULE, program=r"C:\Other\tool.exe")) == {
        ("missing-firewall-rule", "DBConnectorServer")
    }


def test_a_rule_for_the_variant_that_is_not_on_this_host_is_the_one_finding() -> None:
    webservices, plain = "ivr-connector-webservices", "ivr-connector"
    left = all_rules(CORE, of=webservices, program=program(plain))
    assert found(left) == {(CHECK, "IVRConnector")}


def test_a_rule_for_a_variant_that_is_on_this_host_is_its_own() -> None:
    webservices, plain = "ivr-connector-webservices", "ivr-connector"
    both = with_file(all_rules(CORE, of=webservices, program=program(plain)), file(program(plain)))
    assert found(both) == {("missing-firewall-rule", "IVRConnector")}


@pytest.mark.parametrize(
    "path", [program(DB).lower(), program(DB).replace("\\", "/"), "\\\\?\\" + program(DB)]
)
def test_another_spelling_of_the_same_path_passes(path: str) -> None:
    assert statuses(changed_rule(CORE, DB_RULE, program=path))[CHECK] == "pass"


def test_a_child_of_a_loader_that_holds_the_socket_needs_the_rule_for_itself() -> None:
    assert found(LOADED) == {(CHECK, "AlarmServer")}
    finding = the_finding(LOADED, CHECK)
    assert (finding.expected, finding.observed) == (CHILD, program("alarm-server"))
    assert f"-Program '{CHILD}'" in finding.remediation.commands[0]
    assert f"-Program '{program('alarm-server')}'" in finding.remediation.undo[0]


def test_a_child_of_a_loader_with_its_own_rule_passes() -> None:
    assert found(changed_rule(LOADED, "CE-alarm-server-tcp-9903", program=CHILD)) == set()


def test_a_component_on_another_drive_than_the_rest_is_judged_where_it_runs() -> None:
    recorder = "telephony-recorder-sip"
    path = program(recorder).replace("D:", "E:")
    moved = changed_process(without_file(CORE, recorder), recorder, path=path)
    assert found(moved) == {(CHECK, "TelephonyRecorder")}
    assert found(all_rules(moved, of=recorder, program=path)) == set()


def test_a_service_command_line_says_where_a_stopped_component_is() -> None:
    elsewhere = r"E:\CE\Servers\DialerServer\DialerServer.exe"
    registered = with_service(CORE, service("Dialer", path=f'"{elsewhere}" -k run', state="stopped"))
    assert judge(registered, CHECK).status == "not-proven"  # its port was not collected
    assert "DialerServer" in judge(registered, CHECK).reason


def test_without_the_rules_it_never_passes() -> None:
    assert judge(dropped(CORE, EvidenceKind.FIREWALL_RULES), CHECK).status == "not-proven"
    assert judge(dropped(CORE, EvidenceKind.EXECUTABLES), CHECK).status == "not-proven"
