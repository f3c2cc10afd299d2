"""Ports that two components of the product want."""

import pytest

from scanner.model import EvidenceKind, Snapshot
from tests.rules.changes import (
    changed,
    changed_listener,
    changed_rule,
    configured,
    dropped,
    listening,
    not_configured,
    not_listening,
    with_file,
    with_process,
    with_rule,
    without_process,
)
from tests.rules.hosts import (
    DB,
    DB_RULE,
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

CHECK = "port-conflict"
CORE = core_server()
LICENSE = "license-server"
TSAPI, UCMA = "telephony-connector-tsapi", "telephony-connector-ucma"
THIEF = process(4711, r"C:\Tools\thief.exe")


def seeded() -> Snapshot:
    """DBConnectorServer was given the port of LicenseServer, restarted and could not open it."""
    return configured(not_listening(CORE, 9901), DB, tcp(9900))


def both_variants(*more: str) -> Snapshot:
    return with_process(
        with_file(CORE, file(program(TSAPI)), file(program(UCMA))),
        *(process(pid_of(row_id), program(row_id)) for row_id in (TSAPI, UCMA, *more)),
    )


BOTH_LISTEN = listening(
    both_variants(), listener(9910, pid_of(TSAPI)), listener(9910, pid_of(UCMA), address="10.1.0.5")
)


@pytest.mark.parametrize(
    ("broken", "component"),
    [
        (seeded(), "DBConnectorServer"),
        # not restarted yet: it still has its old port
        (configured(CORE, DB, tcp(9900)), "DBConnectorServer"),
        # neither runs: the later one of the page
        (
            configured(without_process(without_process(CORE, DB), LICENSE), DB, tcp(9900)),
            "DBConnectorServer",
        ),
        (configured(without_process(CORE, LICENSE), LICENSE, tcp(9901)), "LicenseServer"),
        # the other has it although it is configured for another
        (changed_listener(CORE, 9901, pid=pid_of(LICENSE)), "DBConnectorServer"),
        (
            listening(without_process(CORE, DB), listener(9901, pid_of("web-service"))),
            "DBConnectorServer",
        ),
        (configured(not_listening(CORE, 9901), DB, tcp(9900, address="10.1.0.5")), "DBConnectorServer"),
        (configured(not_listening(CORE, 9901), DB, tcp(9900, port_end=9905)), "DBConnectorServer"),
        # two ports of one program
        (
            configured(not_listening(CORE, 9971), "ucma-recorder-recorder-port", tcp(9100)),
            "UCMA Recorder Service",
        ),
        (
            configured(
                not_listening(CORE, 8443, 8005, 8009),
                "web-service",
                tcp(8080, purpose="http"),
                tcp(8080, purpose="https"),
            ),
            "Web Service",
        ),
        (configured(without_process(CORE, "chat-server"), "chat-server", tcp(9903)), "ChatServer"),
    ],
)
def test_one_port_that_two_want_is_one_finding_at_the_one_without_it(
    broken: Snapshot, component: str
) -> None:
    assert found(broken) == {(CHECK, component)}
    assert the_finding(broken, CHECK).severity == "high"


def test_two_variants_that_both_run_fight_for_one_port() -> None:
    about_ports = {"port-conflict", "foreign-listener", "listener-mismatch", "unexpected-listener"}
    assert {pair for pair in found(BOTH_LISTEN) if pair[0] in about_ports} == {
        (CHECK, "TelephonyConnectorServer")
    }
    finding = the_finding(BOTH_LISTEN, CHECK)
    assert finding.variant == "UCMA"
    assert finding.observed == (
        "TelephonyConnectorServer (TSAPI) and TelephonyConnectorServer (UCMA) both want TCP 9910; "
        "TelephonyConnectorServer (TSAPI) and TelephonyConnectorServer (UCMA) have it now"
    )


@pytest.mark.parametrize(
    "fine",
    [
        CORE,
        # each on an address of its own
        configured(
            configured(CORE, DB, tcp(9901, address="10.1.0.5")), LICENSE, tcp(9900, address="10.1.0.6")
        ),
        configured(
            configured(
                without_process(without_process(CORE, LICENSE), DB), DB, tcp(9900, address="10.1.0.5")
            ),
            LICENSE,
            tcp(9900, address="10.1.0.6"),
        ),
        # a span gives way: it has another of its ports
        configured(CORE, DB, tcp(9901, port_end=9903)),
        # the variant that is not in use
        with_file(CORE, file(program("ivr-connector"))),
        listening(
            with_process(
                with_file(CORE, file(program(TSAPI)), file(program(UCMA))),
                process(pid_of(TSAPI), program(TSAPI)),
            ),
            listener(9910, pid_of(TSAPI)),
        ),
        # another program is a matter of foreign-listener, whoever else wants the port
        with_process(changed_listener(CORE, 9901, pid=4711), THIEF),
        with_process(
            changed_listener(configured(not_listening(CORE, 9901), DB, tcp(9900)), 9900, pid=4711), THIEF
        ),
        # one socket that is merely seen stands for no more than one port of its program
        not_configured(
            changed_listener(not_listening(CORE, 9971), 9100, port=9500),
            "ucma-recorder-application-port",
            "ucma-recorder-recorder-port",
        ),
    ],
)
def test_ports_that_differ_or_belong_to_others_are_no_conflict(fine: Snapshot) -> None:
    assert judge(fine, CHECK).findings == ()


def test_the_finding_names_both_and_who_has_it() -> None:
    finding = the_finding(seeded(), CHECK)
    assert (
        finding.observed == "LicenseServer and DBConnectorServer both want TCP 9900; LicenseServer has it now"
    )
    assert (finding.port, finding.subject) == (9900, "DBConnectorServer tcp/9901")
    assert "default of DBConnectorServer is 9901" in finding.remediation.manual[0]
    assert "Remove-CEFirewallRules" in finding.remediation.commands
    squatter = the_finding(changed_listener(CORE, 9901, pid=pid_of(LICENSE)), CHECK)
    assert squatter.observed == "DBConnectorServer wants TCP 9901; LicenseServer has it now"
    assert "default of" not in squatter.remediation.manual[0]


def test_a_program_that_wants_one_port_twice_is_told_as_one() -> None:
    twice = configured(not_listening(CORE, 9971), "ucma-recorder-recorder-port", tcp(9100))
    assert the_finding(twice, CHECK).observed == (
        "UCMA Recorder Service (Application port) and UCMA Recorder Service (Recorder port) both want "
        "TCP 9100; UCMA Recorder Service has it now"
    )


def test_three_that_want_one_port_are_one_finding() -> None:
    three = configured(seeded(), "chat-server", tcp(9900))
    finding = the_finding(three, CHECK)
    assert finding.component == "ChatServer"
    assert "LicenseServer and DBConnectorServer and ChatServer want TCP 9900" in finding.message


def test_two_connectors_on_one_port_are_told_as_such() -> None:
    doubled = configured(
        without_process(CORE, "web-service"),
        "web-service",
        tcp(8443, purpose="http"),
        tcp(8443, purpose="https"),
    )
    finding = the_finding(doubled, CHECK)
    assert finding.observed == "2 endpoints of Web Service https want TCP 8443; nobody has it now"


def test_without_the_sockets_nobody_is_said_to_have_the_port() -> None:
    blind = dropped(seeded(), EvidenceKind.LISTENERS)
    assert the_finding(blind, CHECK).observed.endswith("which of them has it is not known")


@pytest.mark.parametrize(
    "squatted",
    [
        # the old rule of the one that has to move, the missing rule of its new port
        seeded(),
        configured(listening(not_listening(CORE, 9901), listener(9950, pid_of(LICENSE))), DB, tcp(9950)),
    ],
)
def test_the_firewall_is_settled_after_the_port(squatted: Snapshot) -> None:
    assert {check for check, _ in found(squatted)} == {CHECK}


def test_an_old_rule_of_the_one_that_has_the_port_is_still_stale() -> None:
    old = with_rule(seeded(), fw_rule("old", program=program(LICENSE), local_ports=("7777",)))
    assert found(old) == {(CHECK, "DBConnectorServer"), ("stale-firewall-rule", "LicenseServer")}


def test_a_component_that_has_its_port_and_shares_it_is_judged_by_the_firewall_too() -> None:
    shared = changed_rule(
        configured(CORE, LICENSE, tcp(9901)), DB_RULE, active=False
    )  # DBConnectorServer has the port
    assert found(shared) == {(CHECK, "LicenseServer"), ("disabled-firewall-rule", "DBConnectorServer")}


def test_the_fingerprint_does_not_hang_on_the_port_they_fight_for() -> None:
    other = configured(not_listening(CORE, 9901), DB, tcp(9903))
    assert the_finding(seeded(), CHECK).fingerprint == the_finding(other, CHECK).fingerprint
    assert the_finding(seeded(), CHECK).condition != the_finding(other, CHECK).condition


def test_a_port_nobody_could_read_or_whose_holder_is_not_shown_leaves_the_question_open() -> None:
    stopped = not_configured(without_process(CORE, DB), DB)
    assert judge(stopped, CHECK).status == "not-proven"
    assert judge(not_configured(CORE, DB), CHECK).status == "pass"  # its socket is on its own port
    assert judge(changed_listener(CORE, 9901, pid=None), CHECK).status == "not-proven"


@pytest.mark.parametrize(
    "kind",
    [EvidenceKind.LISTENERS, EvidenceKind.PROCESSES, EvidenceKind.CONFIGURED_PORTS, EvidenceKind.EXECUTABLES],
)
def test_without_its_evidence_it_never_passes(kind: EvidenceKind) -> None:
    assert judge(dropped(CORE, kind), CHECK).status == "not-proven"


def test_the_order_of_the_evidence_decides_nothing() -> None:
    turned = changed(seeded(), configured_ports=tuple(reversed(seeded().configured_ports)))
    assert the_finding(turned, CHECK) == the_finding(seeded(), CHECK)
    assert statuses(CORE)[CHECK] == "pass"
