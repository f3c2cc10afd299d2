"""No rule lets connections reach an endpoint, and nothing nearer explains it."""

import pytest

from rules.site import Site
from scanner.model import Direction, EvidenceKind, Profile, Snapshot
from tests.rules.changes import (
    all_rules,
    changed_listener,
    changed_rule,
    configured,
    dropped,
    not_configured,
    not_listening,
    on_networks,
    with_file,
    with_rule,
    without_process,
    without_rule,
)
from tests.rules.hosts import DB, DB_RULE, UDP, core_server, file, fw_rule, program, tcp
from tests.rules.judging import found, judge, statuses, the_finding

CHECK = "missing-firewall-rule"
CORE = core_server()


@pytest.mark.parametrize(
    ("broken", "component"),
    [
        (without_rule(CORE, DB_RULE), "DBConnectorServer"),
        (without_rule(without_process(CORE, DB), DB_RULE), "DBConnectorServer"),
        (without_rule(CORE, "CE-chat-server-tcp-9915"), "ChatServer"),
        # the program's other rules serve its other ports: none of them is an old one
        (without_rule(CORE, "CE-ivr-connector-webservices-tcp-19970"), "IVRConnector"),
        (without_rule(CORE, "CE-ucma-recorder-application-port-tcp-9100"), "UCMA Recorder Service"),
        (without_rule(CORE, "CE-telephony-recorder-sip-udp-20002"), "TelephonyRecorder"),
        (changed_rule(CORE, "CE-tomcat", local_ports=("8009", "8080")), "Web Service"),
        # rules that look right and are not
        (changed_rule(CORE, DB_RULE, protocol=UDP), "DBConnectorServer"),
        (changed_rule(CORE, DB_RULE, direction=Direction.OUT), "DBConnectorServer"),
        (changed_rule(CORE, DB_RULE, service="OtherService"), "DBConnectorServer"),
        (changed_rule(CORE, DB_RULE, extra=(("Security", "Authenticate"),)), "DBConnectorServer"),
        (changed_rule(CORE, DB_RULE, program=r"%SystemDrive%\tools\other.exe"), "DBConnectorServer"),
        (changed_rule(CORE, DB_RULE, local_ports=("RPC",)), "DBConnectorServer"),
        # a row that nobody can list ports for needs a rule for its program (A4)
        (with_file(CORE, file(program("telephony-recorder-ucma"))), "TelephonyRecorder"),
    ],
)
def test_an_endpoint_that_nothing_lets_through_is_the_one_finding(broken: Snapshot, component: str) -> None:
    assert found(broken) == {(CHECK, component)}


@pytest.mark.parametrize(
    "fine",
    [
        CORE,
        changed_rule(CORE, DB_RULE, local_ports=("80", "9901", "9950")),
        changed_rule(CORE, DB_RULE, local_ports=("9895-9905",)),
        changed_rule(CORE, DB_RULE, protocol=None, local_ports=()),
        changed_rule(CORE, DB_RULE, profiles=()),
        changed_rule(CORE, DB_RULE, program=program(DB).upper()),
        all_rules(on_networks(CORE, None), profiles=()),
        all_rules(
            on_networks(CORE, Profile.DOMAIN, Profile.PUBLIC), profiles=(Profile.DOMAIN, Profile.PUBLIC)
        ),
        with_rule(
            with_file(CORE, file(program("telephony-recorder-ucma"))),
            fw_rule("CE-media", program=program("telephony-recorder-ucma"), protocol=None),
        ),
    ],
)
def test_whatever_lets_every_endpoint_through_passes(fine: Snapshot) -> None:
    assert statuses(fine)[CHECK] == "pass"


@pytest.mark.parametrize(
    "open_question",
    [
        changed_rule(CORE, DB_RULE, remote_addresses=("LocalSubnet",)),
        changed_rule(CORE, DB_RULE, extra=(("Foo", "bar"),)),
        changed_rule(CORE, DB_RULE, program=r"D:\CONTAC~1\Servers\DBConnectorServer\DBConnectorServer.exe"),
        on_networks(CORE, None),
        on_networks(CORE, Profile.DOMAIN, Profile.PUBLIC),
        changed_listener(CORE, 9901, address="::"),
        all_rules(CORE, program=None, unread=("program", "service")),
    ],
)
def test_what_the_evidence_leaves_open_never_passes(open_question: Snapshot) -> None:
    result = judge(open_question, CHECK)
    assert (result.status.value, result.findings) == ("not-proven", ())
    assert result.reason


def test_the_last_port_of_a_range_is_in_it_and_the_next_is_not() -> None:
    assert found(changed_rule(CORE, DB_RULE, local_ports=("9890-9901",))) == set()
    assert found(changed_rule(CORE, DB_RULE, local_ports=("9890-9900",))) == {
        ("cmdlets-not-rerun", "DBConnectorServer")
    }


def test_every_port_of_a_configured_span_must_be_open() -> None:
    spanned = configured(CORE, DB, tcp(9901, port_end=9903))
    assert found(spanned) == {(CHECK, "DBConnectorServer")}
    assert "TCP 9901-9903" in the_finding(spanned, CHECK).message
    assert found(changed_rule(spanned, DB_RULE, local_ports=("9901-9903",))) == set()
    assert found(changed_rule(spanned, DB_RULE, local_ports=("9901-9902",))) == {(CHECK, "DBConnectorServer")}


def test_a_caller_the_site_names_must_get_through_even_where_others_do() -> None:
    scoped = changed_rule(CORE, DB_RULE, remote_addresses=("10.1.0.6", "10.1.0.9"))
    assert found(scoped, Site(servers=("10.1.0.6",), clients=("10.1.0.9",))) == set()
    assert found(scoped, Site(servers=("10.1.0.6", "10.1.0.7"), clients=("10.1.0.9",))) == {
        ("scope-too-narrow", "DBConnectorServer")
    }
    assert judge(scoped, CHECK).status == "not-proven"


def test_where_the_port_is_not_known_but_seen_an_absent_rule_is_still_found() -> None:
    assert found(without_rule(not_configured(CORE, DB), DB_RULE)) == {(CHECK, "DBConnectorServer")}


def test_where_the_port_is_neither_known_nor_seen_nothing_is_claimed() -> None:
    unseen = without_rule(without_process(not_configured(CORE, DB), DB), DB_RULE)
    assert found(unseen) == set()
    assert statuses(unseen)[CHECK] == "not-proven"


def test_a_component_seen_on_another_port_is_missing_its_rule_once() -> None:
    moved = not_configured(changed_listener(CORE, 9901, port=9933), DB)
    assert found(moved) == {(CHECK, "DBConnectorServer")}


@pytest.mark.parametrize(
    "kind",
    [
        EvidenceKind.FIREWALL_RULES,
        EvidenceKind.GPO_POLICY,
        EvidenceKind.PROFILE_SETTINGS,
        EvidenceKind.INTERFACES,
        EvidenceKind.RECORDING_CHANNELS,
        EvidenceKind.CONFIGURED_PORTS,
        EvidenceKind.EXECUTABLES,
        EvidenceKind.PROCESSES,
    ],
)
def test_without_its_evidence_it_never_passes(kind: EvidenceKind) -> None:
    assert judge(dropped(CORE, kind), CHECK).status != "pass"


def test_the_finding_says_what_a_person_needs() -> None:
    finding = the_finding(without_rule(CORE, DB_RULE), CHECK)
    assert (finding.severity.value, finding.protocol, finding.port) == ("high", "tcp", 9901)
    assert program(DB) in finding.expected
    assert "blocks by default" in finding.observed
    assert {seen.sha256 for seen in finding.evidence} == {"ab" * 32}
    assert f"-Program '{program(DB)}'" in finding.remediation.commands[0]
    assert "-LocalPort 9901" in finding.remediation.commands[0]


def test_a_socket_nobody_opened_does_not_hide_the_missing_rule() -> None:
    closed = not_listening(without_rule(CORE, DB_RULE), 9901)
    assert found(closed) == {(CHECK, "DBConnectorServer"), ("listener-mismatch", "DBConnectorServer")}
