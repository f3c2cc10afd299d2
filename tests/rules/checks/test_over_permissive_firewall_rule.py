"""Allow rules that open more than the endpoints they serve."""

import pytest

from scanner.model import EvidenceKind, PortState, Profile, Snapshot, Store
from tests.rules.changes import (
    all_rules,
    changed_listener,
    changed_rule,
    configured,
    dropped,
    with_rule,
    with_service,
)
from tests.rules.hosts import DB, DB_RULE, core_server, fw_rule, program, service
from tests.rules.judging import found, judge, statuses, the_finding

CHECK = "over-permissive-firewall-rule"
CORE = core_server()
SERVED = with_service(CORE, service("CEDatabase", path=program(DB)))


@pytest.mark.parametrize(
    ("broken", "severity", "opens"),
    [
        (changed_rule(CORE, DB_RULE, program=None, local_ports=()), "high", "every program on every port"),
        (changed_rule(CORE, DB_RULE, program=None, local_ports=(), protocol=None), "high", "every program"),
        (changed_rule(SERVED, DB_RULE, program=None, service="*", local_ports=()), "high", "every program"),
        (with_rule(CORE, fw_rule("any", store=Store.GPO)), "high", "every program on every port"),
        (with_rule(CORE, fw_rule("lan", remote_addresses=("10.0.0.0/8",))), "high", "every program on every"),
        (with_rule(CORE, fw_rule("lan", protocol=None, remote_addresses=("LocalSubnet",))), "high", "every"),
        (changed_rule(CORE, DB_RULE, program=None, local_ports=("9000-9999",)), "medium", "1000 ports"),
        (changed_rule(CORE, DB_RULE, program=None, local_ports=("9901-9917",)), "medium", "17 ports"),
        (changed_rule(CORE, DB_RULE, program=None, local_ports=("9901-9916",)), "low", "whatever program"),
        (changed_rule(CORE, DB_RULE, program=None), "low", "whatever program takes its port"),
        (changed_rule(CORE, DB_RULE, local_ports=()), "low", "every port that its program ever opens"),
        (changed_rule(CORE, DB_RULE, local_ports=("1-65535",)), "low", "65535 ports of its program"),
    ],
)
def test_a_rule_wider_than_its_endpoint_is_weighed_by_how_much(
    broken: Snapshot, severity: str, opens: str
) -> None:
    finding = the_finding(broken, CHECK)
    assert finding.severity == severity
    assert opens in finding.message
    assert {check for check, _ in found(broken)} == ({CHECK} if severity in ("high", "medium") else set())


def test_a_program_rule_is_as_narrow_as_can_be_where_no_port_can_be_listed() -> None:
    assert statuses(CORE)[CHECK] == "pass"  # Tomcat's applications choose their ports


@pytest.mark.parametrize(
    "fine",
    [
        changed_rule(CORE, DB_RULE, local_ports=("9901-9916",)),
        with_rule(CORE, fw_rule("idle", active=False)),
        with_rule(CORE, fw_rule("monitoring", protocol=None, remote_addresses=("10.1.0.250",))),
        with_rule(CORE, fw_rule("ping", protocol=1, remote_addresses=("10.0.0.0/8",))),
        with_rule(CORE, fw_rule("elsewhere", remote_addresses=("10.0.0.0/8",), profiles=(Profile.PUBLIC,))),
        with_rule(
            CORE, fw_rule("app", remote_addresses=("10.0.0.0/8",), extra=(("PFN", "Contoso.App_8wekyb3"),))
        ),
        with_rule(CORE, fw_rule("web", program=r"C:\other.exe")),
        with_rule(CORE, fw_rule("kernel", program="System", local_ports=("445",))),
        changed_rule(CORE, DB_RULE, profiles=()),
        changed_rule(CORE, DB_RULE, program=None, service="CEDatabase", local_ports=()),
    ],
)
def test_a_rule_that_is_narrow_or_serves_no_endpoint_is_not_found(fine: Snapshot) -> None:
    assert judge(fine, CHECK).findings == ()


def test_a_rule_that_serves_many_components_is_told_once_and_names_them() -> None:
    finding = the_finding(with_rule(CORE, fw_rule("any")), CHECK)
    assert finding.component == ""
    assert "the 15 CE endpoints that it serves" in finding.message
    assert "First make sure" in finding.remediation.manual[0]
    assert finding.remediation.commands == ("Disable-NetFirewallRule -Name 'any'",)


def test_a_rule_of_one_component_carries_its_name() -> None:
    assert the_finding(changed_rule(CORE, DB_RULE, program=None), CHECK).component == "DBConnectorServer"


def test_a_program_rule_that_follows_a_moving_port_is_not_too_wide() -> None:
    moving = configured(
        changed_listener(CORE, 9999, port=50123), "naming-service", state=PortState.DYNAMIC, reason="none"
    )
    assert judge(changed_rule(moving, "CE-naming-service-tcp-9999", local_ports=()), CHECK).findings == ()


def test_a_listing_without_programs_cannot_show_how_wide_a_rule_is() -> None:
    listed = all_rules(CORE, program=None, unread=("program", "service"))
    result = judge(listed, CHECK)
    assert (result.status.value, result.findings) == ("not-proven", ())
    assert "programs" in result.reason


@pytest.mark.parametrize(
    "kind", [EvidenceKind.FIREWALL_RULES, EvidenceKind.GPO_POLICY, EvidenceKind.PROCESSES]
)
def test_without_its_evidence_it_never_passes(kind: EvidenceKind) -> None:
    assert judge(dropped(CORE, kind), CHECK).status == "not-proven"


def test_the_program_of_the_rule_is_in_its_lasting_name() -> None:
    assert program(DB) in the_finding(changed_rule(CORE, DB_RULE, local_ports=()), CHECK).subject
