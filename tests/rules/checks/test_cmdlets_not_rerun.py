"""Rules that describe an earlier configuration."""

import pytest

from scanner.model import EvidenceKind, Snapshot
from tests.rules.changes import changed_rule, configured, dropped, moved_port, without_rule
from tests.rules.hosts import DB, DB_RULE, LATER, RULES_WRITTEN, core_server, operator_pc, tcp, udp
from tests.rules.judging import found, judge, statuses, the_finding

CHECK = "cmdlets-not-rerun"
CORE = core_server()
MOVED = moved_port(CORE, 9901, 9951, DB)
IVR_RULES = ("CE-ivr-connector-webservices-tcp-9909", "CE-ivr-connector-webservices-tcp-19970")


@pytest.mark.parametrize(
    ("broken", "component"),
    [
        (MOVED, "DBConnectorServer"),
        (moved_port(CORE, 9999, 12000, "naming-service"), "Naming Service"),
        (moved_port(CORE, 19970, 19971, "ivr-connector-webservices"), "IVRConnector"),
        (moved_port(CORE, 9971, 9972, "ucma-recorder-recorder-port"), "UCMA Recorder Service"),
        (moved_port(CORE, 20002, 20004, "telephony-recorder-sip"), "TelephonyRecorder"),
        (moved_port(operator_pc(), 19960, 19961, "agent-client-app"), "AgentClientApp"),
    ],
)
def test_a_port_that_moved_without_its_rule_is_the_one_finding(broken: Snapshot, component: str) -> None:
    assert found(broken) == {(CHECK, component)}


def test_the_finding_names_both_ports_and_the_vendors_order() -> None:
    finding = the_finding(MOVED, CHECK)
    assert (finding.severity.value, finding.port) == ("high", 9951)
    assert "TCP 9951" in finding.message
    assert "still opens the old port 9901" in finding.message
    assert finding.remediation.commands[-2:] == ("Remove-CEFirewallRules", "Add-CEFirewallRules")
    assert "export" in finding.remediation.commands[0]
    assert "import" in finding.remediation.undo[0]
    assert "whole server" in finding.remediation.restart
    assert the_finding(MOVED, CHECK).subject == "DBConnectorServer tcp/9901"


def test_an_operator_pc_needs_no_restart() -> None:
    moved = moved_port(operator_pc(), 19960, 19961, "agent-client-app")
    assert the_finding(moved, CHECK).remediation.restart == ""


def test_only_the_port_that_moved_is_reported_where_the_program_has_more() -> None:
    finding = the_finding(moved_port(CORE, 19970, 19971, "ivr-connector-webservices"), CHECK)
    assert finding.observed == "the rule opens 19970"


def test_one_rule_for_all_ports_of_a_program_tells_the_one_that_moved() -> None:
    one_rule = changed_rule(without_rule(CORE, IVR_RULES[1]), IVR_RULES[0], local_ports=("9909", "19970"))
    assert found(one_rule) == set()
    moved = moved_port(one_rule, 19970, 19971, "ivr-connector-webservices")
    assert found(moved) == {(CHECK, "IVRConnector")}
    finding = the_finding(moved, CHECK)
    assert (finding.port, finding.observed) == (19971, "the rule opens 19970")


def test_a_rule_that_opens_only_ports_in_use_misses_one_and_is_not_of_an_earlier_configuration() -> None:
    lacking = without_rule(CORE, IVR_RULES[1])
    assert found(lacking) == {("missing-firewall-rule", "IVRConnector")}


@pytest.mark.parametrize(
    "fine",
    [CORE, changed_rule(MOVED, DB_RULE, local_ports=("9951",)), changed_rule(MOVED, DB_RULE, local_ports=())],
)
def test_rules_that_follow_the_configuration_pass(fine: Snapshot) -> None:
    assert statuses(fine)[CHECK] == "pass"
    assert found(fine) == set()


@pytest.mark.parametrize(("changed_at", "severities"), [(RULES_WRITTEN, []), (LATER, ["low"])])
def test_a_source_newer_than_the_rules_is_a_sign_and_no_proof(
    changed_at: object, severities: list[str]
) -> None:
    newer = configured(CORE, DB, tcp(9901), changed_at=changed_at)
    assert [finding.severity.value for finding in judge(newer, CHECK).findings] == severities
    assert found(newer) == set()


def test_one_file_that_defines_many_components_is_told_once() -> None:
    shared = configured(CORE, DB, tcp(9901), changed_at=LATER, location="ServerAgent.Config.xml")
    shared = configured(
        shared, "license-server", tcp(9900), changed_at=LATER, location="ServerAgent.Config.xml"
    )
    assert len(judge(shared, CHECK).findings) == 1


def test_a_source_whose_port_moved_is_not_told_again_by_its_time() -> None:
    moved = configured(MOVED, DB, tcp(9951), changed_at=LATER)
    assert found(moved) == {(CHECK, "DBConnectorServer")}
    assert len(judge(moved, CHECK).findings) == 1


def test_a_channel_that_was_added_without_a_rule_has_no_old_port() -> None:
    added = configured(
        CORE,
        "telephony-recorder-sip",
        *(udp(20000, purpose="media"), tcp(21000, purpose="control")),
        *(udp(20002, purpose="media"), tcp(21001, purpose="control")),
        *(udp(20004, purpose="media"), tcp(21002, purpose="control")),
    )
    assert {check for check, _ in found(added)} == {"missing-firewall-rule", "listener-mismatch"}


@pytest.mark.parametrize("kind", [EvidenceKind.CHANGE_TIMES, EvidenceKind.CONFIGURED_PORTS])
def test_without_its_evidence_it_never_passes(kind: EvidenceKind) -> None:
    assert judge(dropped(CORE, kind), CHECK).status == "not-proven"
