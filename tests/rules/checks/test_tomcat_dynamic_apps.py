"""Tomcat's applications choose ports that no rule for a port can cover."""

import pytest

from scanner.model import Action, EvidenceKind, Fault, FaultCode, Snapshot
from tests.rules.changes import (
    changed_rule,
    configured,
    dropped,
    not_configured,
    removed,
    with_rule,
    without_process,
    without_rule,
)
from tests.rules.hosts import CORE as PORTS
from tests.rules.hosts import core_server, fw_rule, operator_pc, program
from tests.rules.judging import found, judge, statuses, the_finding

CHECK, TOMCAT = "tomcat-dynamic-apps", "web-service"
CORE = core_server()


def seeded() -> Snapshot:
    return changed_rule(CORE, "CE-tomcat", local_ports=("8009", "8080", "8443"))


def test_rules_for_the_listed_ports_alone_are_a_low_finding() -> None:
    finding = the_finding(seeded(), CHECK)
    assert (finding.severity.value, finding.component) == ("low", "Web Service")
    assert "StatisticsServer" in finding.impact
    (command,) = finding.remediation.commands
    assert f"-Program '{program(TOMCAT)}'" in command
    assert "-LocalPort" not in command
    assert found(seeded()) == set()


@pytest.mark.parametrize(
    "fine",
    [
        CORE,
        with_rule(seeded(), fw_rule("apps", program=program(TOMCAT))),
        with_rule(seeded(), fw_rule("wide", program=program(TOMCAT), protocol=None, profiles=())),
        without_process(seeded(), TOMCAT),
    ],
)
def test_a_rule_for_the_program_or_a_stopped_tomcat_passes(fine: Snapshot) -> None:
    assert statuses(fine)[CHECK] == "pass"


def test_a_rule_for_most_ports_is_none_for_every_port() -> None:
    most = with_rule(seeded(), fw_rule("apps", program=program(TOMCAT), local_ports=("1-65534",)))
    assert len(judge(most, CHECK).findings) == 1


@pytest.mark.parametrize(
    ("blocked", "status"),
    [(("445",), "pass"), (("135-139", "445"), "pass"), (("50001",), "not-proven")],
)
def test_only_a_block_rule_for_ports_that_windows_hands_out_leaves_a_question(
    blocked: tuple[str, ...], status: str
) -> None:
    block = fw_rule("block", action=Action.BLOCK, local_ports=blocked)
    assert statuses(with_rule(CORE, block))[CHECK] == status


def test_ports_that_are_shut_are_told_once_and_not_again_as_dynamic_ones() -> None:
    shut = without_rule(CORE, "CE-tomcat")
    assert judge(shut, CHECK).findings == ()
    findings = judge(shut, "missing-firewall-rule").findings
    assert {finding.port for finding in findings} == {8009, 8080, 8443}


def test_a_child_process_is_told_instead_for_the_rule_would_not_cover_it() -> None:
    fault = Fault(code=FaultCode.CHILD_PROCESS, text="the start mode is exe")
    child = configured(seeded(), TOMCAT, *PORTS[TOMCAT], faults=(fault,))
    assert judge(child, CHECK).findings == ()


@pytest.mark.parametrize(
    "open_question",
    [
        with_rule(seeded(), fw_rule("apps", program=program(TOMCAT), remote_addresses=("10.9.9.9",))),
        changed_rule(CORE, "CE-tomcat", extra=(("Foo", "bar"),)),
        without_rule(not_configured(CORE, TOMCAT), "CE-tomcat"),
    ],
)
def test_what_the_evidence_leaves_open_never_passes(open_question: Snapshot) -> None:
    result = judge(open_question, CHECK)
    assert result.findings == ()
    assert result.status.value in ("not-proven", "pass")
    if result.status.value == "pass":  # its listed ports are shut: that is found by its own check
        assert judge(open_question, "missing-firewall-rule").findings


def test_a_host_without_tomcat_is_not_asked() -> None:
    assert statuses(operator_pc())[CHECK] == "not-applicable"
    assert "Tomcat" in judge(removed(CORE, TOMCAT), CHECK).reason


@pytest.mark.parametrize(
    "kind",
    [
        EvidenceKind.FIREWALL_RULES,
        EvidenceKind.GPO_POLICY,
        EvidenceKind.PROFILE_SETTINGS,
        EvidenceKind.EXECUTABLES,
        EvidenceKind.PROCESSES,
        EvidenceKind.CONFIGURED_PORTS,
    ],
)
def test_without_its_evidence_it_never_passes(kind: EvidenceKind) -> None:
    assert judge(dropped(CORE, kind), CHECK).status == "not-proven"
