"""Allow rules for CE programs that serve no endpoint of this host."""

import pytest

from scanner.model import Action, EvidenceKind, FirewallRule, PortState, Store
from tests.rules.changes import (
    all_rules,
    changed,
    changed_listener,
    changed_rule,
    configured,
    dropped,
    listening,
    not_configured,
    not_listening,
    removed,
    with_file,
    with_process,
    with_rule,
    without_process,
)
from tests.rules.hosts import (
    DB,
    DB_RULE,
    UDP,
    core_server,
    file,
    fw_rule,
    listener,
    pid_of,
    process,
    program,
    tcp,
)
from tests.rules.judging import found, judge, statuses, the_finding

CHECK = "stale-firewall-rule"
CORE = core_server()


def old(**facts: object) -> FirewallRule:
    return fw_rule("old", **{"program": program(DB), "local_ports": ("9950",), **facts})


@pytest.mark.parametrize(
    ("rule", "component", "why"),
    [
        (old(), "DBConnectorServer", "the component now uses 9901"),
        (old(store=Store.GPO), "DBConnectorServer", "the component now uses 9901"),
        (old(local_ports=("9902-9910",)), "DBConnectorServer", "the component now uses 9901"),
        (
            old(program=program(DB).replace("D:", "C:"), local_ports=("9901",)),
            "DBConnectorServer",
            "installed at D:",
        ),
        (old(program=program("dialer-server"), local_ports=("9905",)), "DialerServer", "not on this host"),
        (old(program=program("dialer-server"), local_ports=()), "DialerServer", "not on this host"),
        (
            old(program=program("chat-server"), local_ports=("9916",)),
            "ChatServer",
            "the component now uses 9915",
        ),
        (
            old(program=program("web-service"), local_ports=("8081",)),
            "Web Service",
            "the component now uses 8005",
        ),
    ],
)
def test_a_door_nobody_uses_is_the_one_finding(rule: FirewallRule, component: str, why: str) -> None:
    opened = with_rule(CORE, rule)
    assert found(opened) == {(CHECK, component)}
    assert why in the_finding(opened, CHECK).message


@pytest.mark.parametrize(
    "rule",
    [
        old(active=False),
        old(action=Action.BLOCK, protocol=UDP),
        old(local_ports=("9901",)),
        old(local_ports=("9900-9902", "9950")),
        old(program="%CE_HOME%" + program(DB)[2:], local_ports=("9901",)),
        old(program=r"D:\CONTAC~1\Servers\DBConnectorServer\DBConnectorServer.exe", local_ports=("9901",)),
        old(program=r"C:\Other\DBConnectorServer.exe"),  # another product's file name is not enough (A16)
        old(program="System"),
        old(program=program("contact-manager-service")),  # unnecessary-firewall-rule's
        old(program=program("email-router-service")),
        old(program=program("web-service"), local_ports=("8005",)),
        old(program=None),
        old(program=program(DB).upper(), local_ports=("9901",)),
    ],
)
def test_a_rule_that_is_closed_in_use_or_not_theirs_is_not_found(rule: FirewallRule) -> None:
    assert judge(with_rule(CORE, rule), CHECK).findings == ()


def test_an_uninstalled_component_leaves_its_rules_behind() -> None:
    left = with_rule(removed(CORE, DB), fw_rule(DB_RULE, program=program(DB), local_ports=("9901",)))
    assert found(left) == {(CHECK, "DBConnectorServer")}


def test_a_stopped_component_still_needs_its_rule() -> None:
    assert statuses(without_process(CORE, DB))[CHECK] == "pass"


def test_the_rule_of_a_port_that_became_dynamic_may_be_right_again() -> None:
    dynamic = configured(
        changed_listener(CORE, 9999, port=50123),
        "naming-service",
        state=PortState.DYNAMIC,
        reason="no option",
    )
    assert found(dynamic) == {("dynamic-port", "Naming Service")}


def test_any_port_of_a_span_is_in_use() -> None:
    spanned = changed_rule(
        configured(CORE, DB, tcp(9901, port_end=9905)), DB_RULE, local_ports=("9901-9905",)
    )
    assert judge(with_rule(spanned, old(local_ports=("9905",))), CHECK).findings == ()
    assert len(judge(with_rule(spanned, old(local_ports=("9906",))), CHECK).findings) == 1


def test_the_rule_of_the_variant_on_disk_that_is_not_in_use_is_left_alone() -> None:
    tsapi, ucma = "telephony-connector-tsapi", "telephony-connector-ucma"
    both = with_process(
        with_file(CORE, file(program(tsapi)), file(program(ucma))), process(pid_of(tsapi), program(tsapi))
    )
    both = listening(both, listener(9910, pid_of(tsapi)))
    assert judge(with_rule(both, old(program=program(ucma), local_ports=("9910",))), CHECK).findings == ()


def test_a_port_nobody_could_read_is_not_held_against_a_rule() -> None:
    unknown = without_process(not_configured(CORE, "chat-server"), "chat-server")
    assert judge(with_rule(unknown, old(program=program("chat-server"))), CHECK).findings == ()


def test_where_nobody_looked_for_programs_the_question_stays_open() -> None:
    blind = with_rule(dropped(CORE, EvidenceKind.EXECUTABLES), old(program=program("dialer-server")))
    result = judge(blind, CHECK)
    assert (result.status.value, result.findings) == ("not-proven", ())
    assert "DialerServer" in result.reason


def test_a_listing_without_programs_never_passes() -> None:
    assert judge(all_rules(CORE, program=None, unread=("program",)), CHECK).status == "not-proven"


WEB = "web-service"
HTTP_ONLY = configured(
    not_listening(CORE, 8009, 8443),
    WEB,
    tcp(8005, purpose="shutdown", address="127.0.0.1"),
    tcp(8080, purpose="http"),
)


@pytest.mark.parametrize(
    ("ports", "severity"),
    [
        (("8443",), "low"),
        (("8009", "8443"), "low"),
        (("8443", "8444"), "medium"),
        (("8444",), "medium"),
        (("RPC",), "medium"),
    ],
)
def test_a_rule_for_a_connector_of_the_vendors_page_that_tomcat_lacks_is_low(
    ports: tuple[str, ...], severity: str
) -> None:
    left = with_rule(HTTP_ONLY, old(program=program(WEB), local_ports=ports))
    assert the_finding(left, CHECK).severity == severity
    assert statuses(HTTP_ONLY)[CHECK] == "pass"


def test_the_default_port_of_a_component_that_moved_is_no_spare_connector() -> None:
    moved = configured(changed_listener(CORE, 9901, port=9950), DB, tcp(9950))
    moved = with_rule(changed_rule(moved, DB_RULE, local_ports=("9950",)), old(local_ports=("9901",)))
    assert the_finding(moved, CHECK).severity == "medium"


def test_what_a_recorder_has_open_now_need_not_be_all_its_channels() -> None:
    recorder = "telephony-recorder-sip"
    control = not_listening(not_configured(CORE, recorder), 20000, 20002, 21000)
    assert judge(control, CHECK).findings == ()


def test_two_old_rules_are_two_findings_with_different_fingerprints() -> None:
    two = with_rule(
        CORE, old(name="one"), fw_rule("older", program=program(DB), local_ports=("9960",), name="two")
    )
    findings = judge(two, CHECK).findings
    assert len({finding.fingerprint for finding in findings}) == 2
    assert found(two) == {(CHECK, "DBConnectorServer")}


@pytest.mark.parametrize(
    "kind", [EvidenceKind.FIREWALL_RULES, EvidenceKind.GPO_POLICY, EvidenceKind.PROCESSES]
)
def test_without_its_evidence_it_never_passes(kind: EvidenceKind) -> None:
    assert judge(dropped(CORE, kind), CHECK).status == "not-proven"


def test_where_nobody_saw_the_components_path_no_rule_is_called_misplaced() -> None:
    nameless = changed(
        all_rules(CORE, active=False),
        services=(),
        executables=(),
        processes=(process(5, None, name="DialerServer.exe"),),
    )
    assert judge(with_rule(nameless, old(program=program("dialer-server"))), CHECK).findings == ()
