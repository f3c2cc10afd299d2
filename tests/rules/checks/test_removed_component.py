"""Remains of the components that CE 6.1 no longer has."""

import pytest

from scanner.model import Action, Direction, EvidenceKind, Snapshot, Store
from tests.rules.changes import (
    all_rules,
    dropped,
    listening,
    with_file,
    with_process,
    with_rule,
    with_service,
)
from tests.rules.hosts import core_server, file, fw_rule, listener, process, program, service
from tests.rules.judging import found, judge, statuses, the_finding

CHECK = "removed-component"
CORE = core_server()
SMS = program("sms-connector-server")
DELIVERY = program("sms-delivery-service")


@pytest.mark.parametrize(
    ("broken", "component", "severity"),
    [
        (with_rule(CORE, fw_rule("SMS", program=SMS, local_ports=("9912",))), "SMSConnectorServer", "medium"),
        (with_rule(CORE, fw_rule("SMS", program=SMS, store=Store.GPO)), "SMSConnectorServer", "medium"),
        (with_rule(CORE, fw_rule("SMS", program=SMS.replace("D:", "C:"))), "SMSConnectorServer", "medium"),
        (with_process(CORE, process(77, SMS)), "SMSConnectorServer", "medium"),
        (
            listening(with_process(CORE, process(77, DELIVERY)), listener(25, 77)),
            "SMS Delivery Service",
            "medium",
        ),
        (with_file(CORE, file(SMS)), "SMSConnectorServer", "low"),
        (
            with_service(CORE, service("SMS", path=f'"{SMS}" -service', state="stopped")),
            "SMSConnectorServer",
            "low",
        ),
    ],
)
def test_what_is_left_of_a_removed_component_is_found_once(
    broken: Snapshot, component: str, severity: str
) -> None:
    finding = the_finding(broken, CHECK)
    assert (finding.component, finding.severity.value) == (component, severity)
    assert found(broken) == ({(CHECK, component)} if severity == "medium" else set())


@pytest.mark.parametrize(
    "fine",
    [
        CORE,
        with_file(CORE, file(SMS, None)),  # looked for, not there
        with_rule(CORE, fw_rule("SMS", program=SMS, active=False)),
        with_rule(CORE, fw_rule("SMS", program=SMS, action=Action.BLOCK)),
        with_rule(CORE, fw_rule("SMS", program=SMS, direction=Direction.OUT)),
        with_rule(CORE, fw_rule("SMS", program=SMS, store=Store.DEFAULTS)),
        # TCP 25 belongs to mail as well (A3)
        listening(with_process(CORE, process(77, r"C:\Mail\smtp.exe")), listener(25, 77)),
        with_rule(CORE, fw_rule("mail", program=r"C:\Mail\smtp.exe", local_ports=("25",))),
    ],
)
def test_what_does_not_open_or_is_not_theirs_passes(fine: Snapshot) -> None:
    assert statuses(fine)[CHECK] == "pass"
    assert found(fine) == set()


def test_everything_that_is_left_is_in_one_finding_with_its_evidence() -> None:
    left = with_rule(CORE, fw_rule("a", program=SMS), fw_rule("b", program=SMS, local_ports=("9912",)))
    left = listening(with_process(with_file(left, file(SMS)), process(77, SMS)), listener(9912, 77))
    left = with_service(left, service("SMS", path=SMS))
    finding = the_finding(left, CHECK)
    assert finding.message == (
        "SMSConnectorServer was removed from CE 6.1, but 2 firewall rules still open every TCP port, TCP "
        "9912 for it, its program still runs, it is still registered as a service and its program is "
        "still on disk"
    )
    assert len(finding.evidence) == 6
    assert finding.remediation.commands == (
        "Disable-NetFirewallRule -Name 'a'",
        "Disable-NetFirewallRule -Name 'b'",
    )
    assert found(left) == {(CHECK, "SMSConnectorServer")}


def test_a_listing_without_programs_cannot_show_that_nothing_is_left() -> None:
    assert judge(all_rules(CORE, program=None, unread=("program",)), CHECK).status == "not-proven"


@pytest.mark.parametrize(
    "kind", [EvidenceKind.FIREWALL_RULES, EvidenceKind.GPO_POLICY, EvidenceKind.EXECUTABLES]
)
def test_without_its_evidence_it_never_passes(kind: EvidenceKind) -> None:
    assert judge(dropped(CORE, kind), CHECK).status == "not-proven"
