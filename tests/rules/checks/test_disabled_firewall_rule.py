"""A rule that would let an endpoint through is switched off."""

import pytest

from scanner.model import EvidenceKind, Profile, Snapshot, Store
from tests.rules.changes import all_rules, changed_rule, dropped, with_rule, without_rule
from tests.rules.hosts import DB, DB_RULE, core_server, fw_rule, operator_pc, program
from tests.rules.judging import found, judge, statuses, the_finding

CHECK = "disabled-firewall-rule"
CORE = core_server()


@pytest.mark.parametrize(
    ("broken", "component"),
    [
        (changed_rule(CORE, DB_RULE, active=False), "DBConnectorServer"),
        (changed_rule(CORE, DB_RULE, active=False, local_ports=("9900-9920",)), "DBConnectorServer"),
        (changed_rule(CORE, "CE-tomcat", active=False), "Web Service"),
        (changed_rule(operator_pc(), "CE-agent-client-app-tcp-19960", active=False), "AgentClientApp"),
        (
            with_rule(
                without_rule(CORE, DB_RULE),
                fw_rule("G", store=Store.GPO, active=False, program=program(DB), local_ports=("9901",)),
            ),
            "DBConnectorServer",
        ),
    ],
)
def test_a_disabled_rule_is_the_one_finding_and_not_also_a_missing_one(
    broken: Snapshot, component: str
) -> None:
    assert found(broken) == {(CHECK, component)}


@pytest.mark.parametrize(
    "fine",
    [
        CORE,
        with_rule(CORE, fw_rule("old copy", active=False, program=program(DB), local_ports=("9901",))),
        with_rule(CORE, fw_rule("other", active=False, program=r"C:\other.exe", local_ports=("9950",))),
    ],
)
def test_a_disabled_rule_that_nothing_depends_on_is_none_of_our_business(fine: Snapshot) -> None:
    assert statuses(fine)[CHECK] == "pass"
    assert found(fine) == set()


def test_a_disabled_rule_that_would_not_have_matched_explains_nothing() -> None:
    also_wrong = changed_rule(CORE, DB_RULE, active=False, profiles=(Profile.PUBLIC,))
    assert found(also_wrong) == {("missing-firewall-rule", "DBConnectorServer")}


def test_a_local_rule_is_enabled_again_by_its_id() -> None:
    remediation = the_finding(changed_rule(CORE, DB_RULE, active=False), CHECK).remediation
    assert remediation.commands == (f"Enable-NetFirewallRule -Name '{DB_RULE}'",)
    assert remediation.undo == (f"Disable-NetFirewallRule -Name '{DB_RULE}'",)
    assert "whole server" in remediation.restart


def test_every_disabled_rule_of_the_product_is_found() -> None:
    every = all_rules(CORE, active=False)
    assert {check for check, _ in found(every)} == {CHECK}
    assert len(judge(every, CHECK).findings) == 17


@pytest.mark.parametrize("kind", [EvidenceKind.FIREWALL_RULES, EvidenceKind.GPO_POLICY])
def test_without_its_evidence_it_never_passes(kind: EvidenceKind) -> None:
    assert judge(dropped(CORE, kind), CHECK).status == "not-proven"
