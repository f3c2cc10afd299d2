"""Allow rules that no CE component ever needed."""

import pytest

from scanner.model import Action, EvidenceKind, FirewallRule, PortState, Snapshot, Store
from tests.rules.changes import (
    all_rules,
    changed_listener,
    configured,
    dropped,
    not_configured,
    not_listening,
    with_rule,
    without_file,
    without_rule,
)
from tests.rules.hosts import CORE as PORTS
from tests.rules.hosts import UDP, core_server, fw_rule, program, tcp
from tests.rules.judging import found, judge, statuses, the_finding

CHECK = "unnecessary-firewall-rule"
CORE = core_server()
MANAGER, TOMCAT = program("contact-manager-service"), program("web-service")


def door(**facts: object) -> FirewallRule:
    return fw_rule("door", **{"program": MANAGER, **facts})


def shutdown(*ports: str, **facts: object) -> FirewallRule:
    return fw_rule(f"shutdown {ports}", **{"program": TOMCAT, "local_ports": ports, **facts})


def seeded() -> Snapshot:
    """Somebody opened the Contact Manager, which uses no ports."""
    return with_rule(CORE, door(name="CE Contact Manager"))


@pytest.mark.parametrize(
    ("rule", "component"),
    [
        (door(), "Contact Manager Service"),
        (door(local_ports=("9950",)), "Contact Manager Service"),
        (door(protocol=UDP), "Contact Manager Service"),
        (door(store=Store.GPO), "Contact Manager Service"),
        (door(program=MANAGER.replace("D:", "C:")), "Contact Manager Service"),
        (door(program=program("email-router-service")), "Email Router Service"),  # not even installed
    ],
)
def test_a_rule_for_a_program_without_ports_is_the_one_finding(rule: FirewallRule, component: str) -> None:
    assert found(with_rule(CORE, rule)) == {(CHECK, component)}


def test_the_finding_says_what_to_do() -> None:
    finding = the_finding(seeded(), CHECK)
    assert "uses no ports" in finding.message
    assert finding.severity.value == "medium"
    assert finding.remediation.commands == ("Disable-NetFirewallRule -Name 'door'",)


@pytest.mark.parametrize(
    "rule",
    [
        door(active=False),
        door(action=Action.BLOCK),
        door(program=r"C:\Other\ContactManagerService.exe"),
        shutdown("8080"),
        shutdown("8005", protocol=UDP),
        shutdown("8005", active=False),
        shutdown("8005", program=r"C:\Other\app.exe"),
        fw_rule("service", local_ports=("8005",), service="Other"),
        fw_rule("span", local_ports=("8000-8100",)),
    ],
)
def test_a_rule_that_is_closed_or_not_about_it_passes(rule: FirewallRule) -> None:
    assert judge(with_rule(CORE, rule), CHECK).findings == ()


def test_a_program_that_is_not_installed_needs_no_looking_for() -> None:
    blind = with_rule(without_file(CORE, "contact-manager-service"), door())
    assert found(blind) == {(CHECK, "Contact Manager Service")}


@pytest.mark.parametrize(
    "rules",
    [
        (shutdown("8005"),),
        (shutdown("8005", "8009", "8080", "8443"),),
        (shutdown("8000-8100"),),
        (shutdown("8005"), shutdown("8005", "8009", protocol=6)),
        (fw_rule("anyone", local_ports=("8005",)),),
    ],
)
def test_rules_for_tomcats_own_shutdown_port_are_one_info_in_all(rules: tuple[FirewallRule, ...]) -> None:
    opened = with_rule(CORE, *rules)
    finding = the_finding(opened, CHECK)
    assert (finding.severity.value, finding.component, finding.port) == ("info", "Web Service", 8005)
    assert "listens on this host only" in finding.message
    assert found(opened) == set()
    assert len(finding.remediation.commands) == sum(
        rule.local_ports == ("8005",) or "-" in rule.local_ports[0] for rule in rules
    )


def test_a_shutdown_port_that_is_switched_off_needs_no_rule_and_leaves_no_stale_one() -> None:
    others = tuple(each for each in PORTS["web-service"] if each.purpose != "shutdown")
    off = with_rule(configured(not_listening(CORE, 8005), "web-service", *others), shutdown("8005"))
    finding = the_finding(off, CHECK)
    assert "is switched off" in finding.message
    assert finding.severity.value == "info"
    assert statuses(off)["stale-firewall-rule"] == "pass"


def test_a_shutdown_port_elsewhere_is_the_one_asked_about() -> None:
    others = tuple(each for each in PORTS["web-service"] if each.purpose != "shutdown")
    moved = configured(
        changed_listener(CORE, 8005, port=8105),
        "web-service",
        tcp(8105, purpose="shutdown", address="127.0.0.1"),
        *others,
    )
    assert the_finding(with_rule(moved, shutdown("8105")), CHECK).port == 8105
    assert judge(with_rule(moved, shutdown("8005")), CHECK).findings == ()


@pytest.mark.parametrize(
    "exposed_or_unknown",
    [
        changed_listener(CORE, 8005, address="0.0.0.0"),  # noqa: S104
        not_configured(not_listening(CORE, 8005), "web-service"),
        configured(CORE, "web-service", state=PortState.INVALID, reason="broken"),
    ],
)
def test_a_shutdown_port_that_networks_may_reach_is_not_called_needless(
    exposed_or_unknown: Snapshot,
) -> None:
    assert judge(with_rule(exposed_or_unknown, shutdown("8005")), CHECK).findings == ()


def test_a_listing_without_programs_never_passes() -> None:
    assert judge(all_rules(CORE, program=None, unread=("program",)), CHECK).status == "not-proven"


def test_tomcats_rule_for_every_port_names_none() -> None:
    assert judge(CORE, CHECK).status == "pass"
    assert judge(without_rule(CORE, "CE-tomcat"), CHECK).status == "pass"


@pytest.mark.parametrize("kind", [EvidenceKind.FIREWALL_RULES, EvidenceKind.GPO_POLICY])
def test_without_its_evidence_it_never_passes(kind: EvidenceKind) -> None:
    assert judge(dropped(CORE, kind), CHECK).status == "not-proven"
