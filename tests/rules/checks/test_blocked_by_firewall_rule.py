"""A Block rule refuses an endpoint, whatever allows it."""

import pytest

from scanner.model import Action, EvidenceKind, FirewallRule, Profile, Store
from tests.rules.changes import changed_rule, dropped, with_rule, with_settings, without_rule
from tests.rules.hosts import DB, DB_RULE, UDP, core_server, fw_rule, operator_pc, program, settings
from tests.rules.judging import found, judge, statuses, the_finding

CHECK = "blocked-by-firewall-rule"
CORE = core_server()


def block(**facts: object) -> FirewallRule:
    return fw_rule("B", **{"action": Action.BLOCK, "program": program(DB), **facts})


@pytest.mark.parametrize(
    "rule",
    [
        block(),
        block(store=Store.GPO),
        block(store=Store.MDM),
        block(local_ports=("9901",)),
        block(protocol=None, profiles=()),
    ],
)
def test_a_matching_block_rule_of_any_store_is_the_one_finding(rule: FirewallRule) -> None:
    assert found(with_rule(CORE, rule)) == {(CHECK, "DBConnectorServer")}


def test_a_block_rule_that_windows_rejects_blocks_nothing() -> None:
    assert found(with_rule(CORE, block(local_ports=("9901",), protocol=None))) == set()


def test_a_block_rule_over_a_range_refuses_every_endpoint_in_it() -> None:
    ranged = with_rule(CORE, block(program=None, local_ports=("9900-9903",)))
    assert found(ranged) == {(CHECK, name) for name in ("LicenseServer", "DBConnectorServer", "AlarmServer")}


@pytest.mark.parametrize(
    "rule",
    [
        block(active=False),
        block(active=False, store=Store.GPO),
        block(profiles=(Profile.PUBLIC,)),
        block(protocol=UDP),
        block(local_ports=("9902",)),
        block(program=r"C:\other.exe"),
        block(store=Store.DEFAULTS),
        block(store=Store.APPISO),
    ],
)
def test_a_block_rule_that_does_not_match_passes(rule: FirewallRule) -> None:
    assert statuses(with_rule(CORE, rule))[CHECK] == "pass"
    assert found(with_rule(CORE, rule)) == set()


def test_a_block_rule_beside_a_missing_allow_is_still_the_nearest_cause() -> None:
    assert found(with_rule(without_rule(CORE, DB_RULE), block())) == {(CHECK, "DBConnectorServer")}
    assert found(with_rule(changed_rule(CORE, DB_RULE, active=False), block())) == {
        (CHECK, "DBConnectorServer")
    }


def test_a_local_block_rule_that_policy_ignores_does_not_block() -> None:
    ignoring = with_settings(CORE, settings(Profile.DOMAIN, Store.GPO, allow_local_rules=False))
    assert {check for check, _ in found(with_rule(ignoring, block()))} == {"local-rules-ignored"}


def test_a_rule_that_nobody_can_call_a_prompts_is_reported_here() -> None:
    listed = fw_rule("netsh-12", action=Action.BLOCK, program=program("agent-client-app"))
    assert found(with_rule(operator_pc(), listed)) == {(CHECK, "AgentClientApp")}


def test_the_cancelled_prompt_on_an_operator_pc_is_left_to_its_own_check() -> None:
    prompt = fw_rule("TCP Query User{1}D:\\x.exe", action=Action.BLOCK, program=program("agent-client-app"))
    refused = with_rule(operator_pc(), prompt)
    assert found(refused) == {("poisoned-prompt-rule", "AgentClientApp")}
    assert judge(refused, CHECK).status == "pass"


def test_the_block_rule_is_switched_off_and_on_again() -> None:
    remediation = the_finding(with_rule(operator_pc(), block(program=None)), CHECK).remediation
    assert remediation.commands[0].startswith("Disable-NetFirewallRule -Name ")
    assert remediation.undo[0].startswith("Enable-NetFirewallRule -Name ")
    assert remediation.restart == ""


def test_a_policy_rule_is_mended_where_it_is_defined() -> None:
    remediation = the_finding(with_rule(CORE, block(store=Store.GPO)), CHECK).remediation
    assert remediation.commands == ()
    assert "who made the Block rule" in remediation.manual[0]
    assert "Group Policy" in remediation.manual[1]


@pytest.mark.parametrize(
    "rule",
    [block(remote_addresses=("10.9.9.9",)), block(extra=(("Foo", "bar"),)), block(unread=("program",))],
)
def test_a_block_rule_that_may_match_leaves_the_question_open(rule: FirewallRule) -> None:
    doubtful = with_rule(CORE, rule)
    assert found(doubtful) == set()
    assert judge(doubtful, CHECK).status == "not-proven"


def test_without_group_policy_it_never_passes() -> None:
    assert judge(dropped(CORE, EvidenceKind.GPO_POLICY), CHECK).status == "not-proven"
