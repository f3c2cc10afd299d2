"""CE's firewall rules that decide nothing."""

from time import perf_counter

import pytest

from rules.check_list import CHECKS
from scanner.model import Action, EvidenceKind, FirewallRule, Profile, Snapshot, Store
from tests.rules.changes import all_rules, changed, changed_rule, dropped, with_rule, with_settings
from tests.rules.hosts import DB, DB_RULE, core_server, fw_rule, program, settings
from tests.rules.judging import case_of, found, judge, the_finding

CHECK = "redundant-firewall-rule"
CORE = core_server()


def copy(rule_id: str = "copy", **facts: object) -> FirewallRule:
    usual = {"name": f"rule {DB_RULE}", "program": program(DB), "local_ports": ("9901",)}
    return fw_rule(rule_id, **{**usual, **facts})


def seeded() -> Snapshot:
    """Add-CEFirewallRules was run twice."""
    return with_rule(CORE, copy())


def test_a_copy_is_one_low_finding_that_says_where_copies_come_from() -> None:
    finding = the_finding(seeded(), CHECK)
    assert (finding.severity.value, finding.component) == ("low", "DBConnectorServer")
    assert "Add-CEFirewallRules run again without Remove-CEFirewallRules" in finding.impact
    assert "same conditions" in finding.message
    assert found(seeded()) == set()


def test_the_copy_goes_by_its_id_because_its_name_is_that_of_the_needed_rule() -> None:
    remediation = the_finding(seeded(), CHECK).remediation
    assert remediation.netsh == ()
    assert remediation.commands == ("Disable-NetFirewallRule -Name 'copy'",)
    assert remediation.undo == ("Enable-NetFirewallRule -Name 'copy'",)


def test_several_copies_of_one_rule_are_one_finding() -> None:
    finding = the_finding(with_rule(CORE, copy("one"), copy("two")), CHECK)
    assert finding.message.startswith("Each of 2 firewall rules")
    assert len(finding.remediation.commands) == 2
    both = with_rule(
        CORE,
        copy(),
        fw_rule("chat", program=program("chat-server"), local_ports=("9915",)),
    )
    assert len({each.fingerprint for each in judge(both, CHECK).findings}) == 2


@pytest.mark.parametrize(
    ("idle", "kind"),
    [
        (with_rule(changed_rule(CORE, DB_RULE, profiles=()), copy()), "(redundant)"),
        (with_rule(CORE, copy(remote_addresses=("10.1.0.0/24",))), "(redundant)"),
        (with_rule(CORE, copy(remote_addresses=("10.5.5.5",), local_ports=("9901", "9902"))), ""),
        (with_rule(CORE, copy(protocol=None)), "(void)"),  # ports without a protocol: Windows rejects it
        (
            with_rule(CORE, copy(DB_RULE, store=Store.GPO)),  # it replaces the local one of its id
            "(void)",
        ),
        (with_rule(CORE, copy(extra=(("Platform", "2:5:1"),))), "(void)"),
        (
            with_rule(
                CORE,
                copy(profiles=(Profile.PUBLIC,), name="Public"),
                copy("B", action=Action.BLOCK, profiles=(Profile.PUBLIC,), name="Block"),
            ),
            "(shadowed)",
        ),
    ],
)
def test_every_way_not_to_decide_is_told_apart(idle: Snapshot, kind: str) -> None:
    subjects = [each.subject for each in judge(idle, CHECK).findings]
    assert [subject.partition("(")[2] for subject in subjects] == ([kind.strip("(")] if kind else [])


@pytest.mark.parametrize(
    "explained",
    [
        with_rule(CORE, copy(active=False)),
        # stale, unnecessary, removed: whole findings of their own
        with_rule(CORE, copy(local_ports=("9950",)), copy("copy2", local_ports=("9950",))),
        with_rule(CORE, *(copy(each, program=program("contact-manager-service")) for each in "ab")),
        with_rule(CORE, *(copy(each, program=program("sms-server")) for each in "ab")),
        # blocked: the Block rule is the finding
        with_rule(CORE, fw_rule("B", action=Action.BLOCK, program=program(DB))),
        with_rule(CORE, fw_rule("TCP Query User{1}x", action=Action.BLOCK, program=program(DB))),
        # a broader rule is a finding itself, and this one the rule to keep
        with_rule(CORE, fw_rule("any", protocol=None)),
        with_rule(CORE, fw_rule("wide", program=program(DB))),
        with_rule(CORE, fw_rule("port", local_ports=("9901",))),
        with_rule(CORE, fw_rule("span", program=program(DB), local_ports=("9000-9999",))),
        # the profile's settings make all rules idle
        with_settings(CORE, settings(Profile.DOMAIN, enabled=False)),
        with_settings(CORE, settings(Profile.DOMAIN, block_all_inbound=True)),
        with_settings(CORE, settings(Profile.DOMAIN, default_inbound=Action.ALLOW)),
        with_settings(CORE, settings(Profile.DOMAIN, Store.GPO, allow_local_rules=False)),
        changed_rule(CORE, DB_RULE, profiles=(Profile.PUBLIC,)),
        changed_rule(CORE, DB_RULE, program=program(DB).replace("D:", "C:")),
        # Tomcat's rule for its listed port beside that for its dynamic applications
        with_rule(CORE, fw_rule("http", program=program("web-service"), local_ports=("8080",))),
    ],
)
def test_what_another_finding_explains_is_left_to_it(explained: Snapshot) -> None:
    assert judge(explained, CHECK).findings == ()


@pytest.mark.parametrize(
    "others",
    [
        with_rule(CORE, *(fw_rule(each, local_ports=("445",), program="System") for each in "ab")),
        with_rule(CORE, *(fw_rule(each, program=r"C:\Other\x.exe") for each in "ab")),
    ],
)
def test_the_rules_of_others_are_not_ces(others: Snapshot) -> None:
    assert judge(others, CHECK).status == "pass"


def test_two_rules_for_a_port_whoever_has_it_serve_ce_where_they_decide_for_it() -> None:
    by_port = all_rules(CORE, DB, program=None)
    twice = with_rule(by_port, fw_rule("port", local_ports=("9901",), name="CE 9901"))
    assert the_finding(twice, CHECK).component == "DBConnectorServer"


def test_local_rules_left_beside_those_of_policy_are_told_once_nobody_is_blocked() -> None:
    ignoring = with_settings(CORE, settings(Profile.DOMAIN, Store.GPO, allow_local_rules=False))
    policy = tuple(
        fw_rule(f"GPO {each.id}", store=Store.GPO, **_conditions(each))
        for each in CORE.firewall_rules
        if each.id.startswith("CE-")
    )
    findings = judge(with_rule(ignoring, *policy), CHECK).findings
    assert findings
    assert {each.severity.value for each in findings} == {"low"}
    assert "local rules are ignored" in findings[0].message


def _conditions(found: FirewallRule) -> dict[str, object]:
    return {name: getattr(found, name) for name in ("program", "protocol", "local_ports", "profiles")}


def test_of_rules_not_wholly_read_nothing_is_claimed() -> None:
    unread = with_rule(changed_rule(CORE, DB_RULE, unread=("security",)), copy())
    result = judge(unread, CHECK)
    assert (result.status, result.findings) == ("not-proven", ())
    assert judge(all_rules(CORE, program=None, unread=("program",)), CHECK).status == "not-proven"


@pytest.mark.parametrize("kind", [EvidenceKind.FIREWALL_RULES, EvidenceKind.GPO_POLICY])
def test_without_its_evidence_it_never_passes(kind: EvidenceKind) -> None:
    assert judge(dropped(CORE, kind), CHECK).status == "not-proven"


def test_five_thousand_rules_cost_little() -> None:
    many = tuple(
        fw_rule(f"r{n}", program=rf"C:\Apps\{n}.exe", local_ports=(str(10000 + n),)) for n in range(5000)
    )
    case = case_of(changed(seeded(), firewall_rules=(*seeded().firewall_rules, *many)))
    assert case.endpoints
    check = next(each for each in CHECKS if each.id == CHECK)
    start = perf_counter()
    assert len(list(check.find(case))) == 1
    assert perf_counter() - start < 3  # about 0.2 s on a quiet machine
