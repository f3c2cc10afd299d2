"""A cancelled "allow this app?" prompt left Block rules for a CE program."""

import pytest

from rules.site import Site
from scanner.model import Action, Direction, EvidenceKind, FirewallRule, Profile, Snapshot, Store
from tests.rules.changes import all_rules, changed_rule, dropped, on_networks, with_rule, with_settings
from tests.rules.hosts import DB, UDP, core_server, fw_rule, operator_pc, program, settings
from tests.rules.judging import found, judge, statuses, the_finding

CHECK = "poisoned-prompt-rule"
PC, CORE = operator_pc(), core_server()
APP = program("agent-client-app")
BOTH = {(CHECK, "AgentClientApp")}


def prompt(protocol: str = "TCP", **facts: object) -> FirewallRule:
    path = str(facts.get("program", APP))
    usual = {
        "action": Action.BLOCK,
        "program": path,
        "name": "AgentClientApp",
        "protocol": UDP if protocol == "UDP" else 6,
    }
    return fw_rule(f"{protocol} Query User{{1-2-3}}{path.lower()}", **{**usual, **facts})


def seeded() -> Snapshot:
    """An operator cancelled the prompt."""
    return with_rule(PC, prompt(), prompt("UDP"))


def test_the_two_rules_of_one_prompt_are_one_finding_that_names_both() -> None:
    finding = the_finding(seeded(), CHECK)
    assert found(seeded()) == BOTH
    assert (finding.severity.value, finding.component) == ("high", "AgentClientApp")
    assert "TCP Query User" in finding.observed
    assert "UDP Query User" in finding.observed
    assert "2 Block rules" in finding.message
    assert "AgentClientApp on TCP 19960" in finding.message


def test_the_endpoint_is_not_told_of_again_as_blocked() -> None:
    assert statuses(seeded())["blocked-by-firewall-rule"] == "pass"


def test_it_is_mended_by_switching_the_rules_off_never_by_another_allow() -> None:
    remediation = the_finding(seeded(), CHECK).remediation
    assert [command.split()[0] for command in remediation.commands] == ["Disable-NetFirewallRule"] * 2
    assert [command.split()[0] for command in remediation.undo] == ["Enable-NetFirewallRule"] * 2
    assert remediation.restart == ""


@pytest.mark.parametrize(
    "harmless",
    [
        with_rule(PC, prompt(profiles=(Profile.PUBLIC,)), prompt("UDP", profiles=(Profile.PUBLIC,))),
        with_rule(PC, prompt("UDP")),
        with_rule(PC, prompt(program=APP.replace("D:", "C:"))),
    ],
)
def test_a_rule_that_blocks_nothing_now_is_low(harmless: Snapshot) -> None:
    finding = the_finding(harmless, CHECK)
    assert finding.severity.value == "low"
    assert "None now" in finding.impact


def test_a_firewall_that_is_off_hides_no_rule_that_blocks_once_it_is_on() -> None:
    off = with_settings(PC, settings(Profile.DOMAIN, enabled=False))
    finding = the_finding(with_rule(off, prompt()), CHECK)
    assert finding.severity.value == "high"
    assert finding.impact.startswith("Nothing while Windows Firewall lets everything through. Once it is on:")


def test_one_finding_for_each_program() -> None:
    two = with_rule(CORE, prompt(program=program(DB)), prompt(program=program("chat-server")))
    assert found(two) == {(CHECK, "DBConnectorServer"), (CHECK, "ChatServer")}


@pytest.mark.parametrize(
    "rule",
    [
        prompt(active=False),
        prompt(action=Action.ALLOW),
        prompt(direction=Direction.OUT),
        prompt(program=r"C:\Games\game.exe"),
        prompt(program=program("sms-server").replace("SMSServer.exe", "other.exe")),
        prompt(store=Store.DEFAULTS),
    ],
)
def test_what_is_no_prompt_against_ce_passes(rule: FirewallRule) -> None:
    assert judge(with_rule(PC, rule), CHECK).status == "pass"


def test_another_block_rule_is_the_other_checks_and_both_are_told() -> None:
    plain = fw_rule("B", action=Action.BLOCK, program=APP)
    assert judge(with_rule(PC, plain), CHECK).status == "pass"
    both = with_rule(seeded(), plain)
    assert found(both) == {*BOTH, ("blocked-by-firewall-rule", "AgentClientApp")}
    assert "Query User" not in the_finding(both, "blocked-by-firewall-rule").observed


def test_a_listing_without_ids_cannot_show_who_made_a_block_rule() -> None:
    listed = with_rule(PC, fw_rule("netsh-7", action=Action.BLOCK, program=APP))
    assert judge(listed, CHECK).status == "not-proven"
    assert found(listed) == {("blocked-by-firewall-rule", "AgentClientApp")}
    unshown = with_rule(PC, fw_rule("netsh-7", action=Action.BLOCK, unread=("program",)))
    assert judge(unshown, CHECK).status == "not-proven"
    elsewhere = with_rule(PC, fw_rule("netsh-7", action=Action.BLOCK, program=r"C:\x.exe"))
    assert judge(elsewhere, CHECK).status == "pass"


def test_whether_it_blocks_may_be_open() -> None:
    unknown = with_rule(all_rules(on_networks(PC, None), profiles=()), prompt())
    result = judge(unknown, CHECK)
    assert [each.severity.value for each in result.findings] == ["low"]
    assert result.reason


def test_a_prompt_that_the_policy_ignores_is_low() -> None:
    ignoring = with_settings(seeded(), settings(Profile.DOMAIN, Store.GPO, allow_local_rules=False))
    assert {check for check, _ in found(ignoring)} == {"local-rules-ignored"}
    assert the_finding(ignoring, CHECK).severity.value == "low"


def test_two_prompts_on_two_installations_stay_two_findings() -> None:
    two = with_rule(PC, prompt(), prompt(program=APP.replace("D:", "C:")))
    findings = judge(two, CHECK).findings
    assert len({each.fingerprint for each in findings}) == len(findings) == 2


@pytest.mark.parametrize("kind", [EvidenceKind.FIREWALL_RULES, EvidenceKind.GPO_POLICY])
def test_without_its_evidence_it_never_passes(kind: EvidenceKind) -> None:
    assert judge(dropped(PC, kind), CHECK).status == "not-proven"


def test_callers_the_site_names_change_nothing() -> None:
    scoped = changed_rule(seeded(), "CE-agent-client-app-tcp-19960", remote_addresses=("10.1.0.0/24",))
    assert found(scoped, Site(servers=("10.1.0.0/23",))) == BOTH
    assert found(all_rules(seeded(), active=False)) == BOTH
