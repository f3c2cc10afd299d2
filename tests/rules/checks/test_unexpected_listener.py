"""Sockets of the product's programs that nothing documents or configures."""

import pytest
from msgspec.structs import replace

from rules.model import Severity
from rules.site import Site
from scanner.model import (
    EvidenceKind,
    Fault,
    FaultCode,
    Gap,
    Listener,
    PortState,
    Profile,
    Snapshot,
)
from tests.rules.changes import (
    changed_listener,
    changed_rule,
    configured,
    dropped,
    listening,
    not_configured,
    not_listening,
    on_networks,
    removed,
    with_file,
    with_process,
    with_rule,
    without_process,
)
from tests.rules.hosts import CORE as PORTS
from tests.rules.hosts import (
    DB,
    INSTALL,
    LATER,
    STARTED,
    core_server,
    file,
    fw_rule,
    listener,
    operator_pc,
    pid_of,
    process,
    program,
    settings,
    tcp,
    udp,
)
from tests.rules.judging import found, judge, the_finding

CHECK = "unexpected-listener"
CORE, PC = core_server(), operator_pc()
TOMCAT, SIP, LICENSE = "web-service", "telephony-recorder-sip", "license-server"
JMX = "the Java options open a JMX port as well (TCP 9010)"


def opens(row_id: str, port: int, **facts: object) -> Listener:
    return listener(port, pid_of(row_id), **facts)


def seeded() -> Snapshot:
    """Somebody left Java's remote console on; Tomcat's own rule lets everybody in."""
    return configured(
        listening(CORE, opens(TOMCAT, 9010)),
        TOMCAT,
        *PORTS[TOMCAT],
        faults=(Fault(code=FaultCode.JAVA_LISTENER, text=JMX),),
    )


def child(path: str, *listeners: Listener, snapshot: Snapshot = CORE) -> Snapshot:
    """A program of PID 77 below the install directory, with sockets."""
    return with_process(listening(snapshot, *listeners), process(77, f"{INSTALL}\\{path}"))


def test_a_console_of_java_that_the_firewall_lets_through_is_the_one_finding() -> None:
    assert found(seeded()) == {(CHECK, "Web Service")}
    finding = the_finding(seeded(), CHECK)
    assert JMX in finding.message
    assert "take over Tomcat" in finding.impact
    assert finding.subject == r"Tomcat\bin\tomcat8.exe tcp/9010"
    assert [seen.locator for seen in finding.evidence] == ["listener 9010", r"FirewallRules\CE-tomcat"]


@pytest.mark.parametrize(
    ("snapshot", "component", "severity"),
    [
        (listening(CORE, opens(TOMCAT, 9010)), "Web Service", Severity.MEDIUM),
        (listening(CORE, opens(DB, 5555)), "DBConnectorServer", Severity.LOW),
        (listening(CORE, opens(DB, 5555, address="10.1.0.5")), "DBConnectorServer", Severity.LOW),
        (listening(CORE, opens(DB, 9901, protocol="udp")), "DBConnectorServer", Severity.LOW),
        (listening(CORE, opens(DB, 49999)), "DBConnectorServer", Severity.LOW),
        (
            with_rule(listening(CORE, opens(DB, 5555)), fw_rule("all", program=program(DB))),
            "DBConnectorServer",
            Severity.MEDIUM,
        ),
        (
            with_rule(
                listening(CORE, opens(DB, 5555)),
                fw_rule("some", local_ports=("5555",), remote_addresses=("10.9.0.0/16",)),
            ),
            "DBConnectorServer",
            Severity.MEDIUM,
        ),
        (listening(CORE, opens("chat-server", 5555)), "ChatServer", Severity.LOW),
        (listening(CORE, opens(SIP, 5060, protocol="udp")), "TelephonyRecorder", Severity.LOW),
        (listening(CORE, opens("naming-service", 10013, protocol="udp")), "Naming Service", Severity.LOW),
        (listening(PC, opens("agent-client-app", 5555)), "AgentClientApp", Severity.LOW),
        # a component that uses no ports
        (
            with_process(
                listening(CORE, opens("contact-manager-service", 5555)),
                process(pid_of("contact-manager-service"), program("contact-manager-service")),
            ),
            "Contact Manager Service",
            Severity.LOW,
        ),
        # another program in the component's own directory is the component
        (child(r"Servers\AlarmServer\AlarmServer.exe", listener(5555, 77)), "AlarmServer", Severity.LOW),
        # a program that the page does not know
        (child(r"Servers\Extra\extra.exe", listener(5555, 77)), "", Severity.LOW),
        (
            with_rule(
                child(r"Servers\Extra\extra.exe", listener(5555, 77)),
                fw_rule("extra", program=INSTALL + r"\Servers\Extra\extra.exe"),
            ),
            "",
            Severity.MEDIUM,
        ),
        (child(r"Tools\jre\java.exe", listener(5555, 77)), "", Severity.LOW),
    ],
)
def test_a_socket_nobody_expects_is_medium_where_it_can_be_reached(
    snapshot: Snapshot, component: str, severity: Severity
) -> None:
    finding = the_finding(snapshot, CHECK)
    assert (finding.component, finding.severity) == (component, severity)


@pytest.mark.parametrize(
    "fine",
    [
        CORE,
        PC,
        listening(CORE, opens(DB, 5555, address="127.0.0.1"), opens(DB, 5556, address="::1")),
        listening(CORE, opens(DB, 9901, address="::")),
        # documented, though not configured
        configured(CORE, TOMCAT, *PORTS[TOMCAT][2:]),
        # Tomcat's applications choose their ports (A10), on whichever address
        listening(CORE, opens(TOMCAT, 49712), opens(TOMCAT, 49712, address="::")),
        # components without listed ports, and media of UCMA (7.4)
        listening(CORE, opens("chat-server", 50001)),
        listening(CORE, opens("ucma-recorder-recorder-port", 50001)),
        listening(CORE, opens(SIP, 50001)),
        # a client's UDP socket looks like a server's
        listening(CORE, opens(DB, 50001, protocol="udp")),
        # RTCP beside the media
        listening(CORE, opens(SIP, 20001, protocol="udp")),
        # what the configuration names
        configured(listening(CORE, opens(DB, 5555)), DB, tcp(9901), tcp(5555)),
        configured(listening(CORE, opens(DB, 9950)), DB, tcp(9901), tcp(9949, port_end=9952)),
        configured(
            listening(CORE, opens("naming-service", 10013, protocol="udp")),
            "naming-service",
            tcp(9999),
            udp(10013, purpose="multicast", address="224.9.9.2"),
        ),
        configured(
            listening(CORE, opens("naming-service", 50001)),
            "naming-service",
            tcp(9999),
            state=PortState.DYNAMIC,
            reason="one more endpoint without a port",
        ),
        # other programs, and those of removed components
        with_process(listening(CORE, listener(5555, 77)), process(77, r"C:\Tools\other.exe")),
        listening(CORE, listener(445, 4)),
        with_process(
            listening(CORE, listener(9912, 77), listener(5555, 77)),
            process(77, program("sms-connector-server")),
        ),
        # a nameless program is not of the product because it may be
        with_process(listening(CORE, listener(5555, 77)), process(77, None, name="svchost.exe")),
    ],
)
def test_known_sockets_and_those_of_others_are_no_finding(fine: Snapshot) -> None:
    result = judge(fine, CHECK)
    assert (result.status.value, result.findings) == ("pass", ())


@pytest.mark.parametrize(
    ("elsewhere", "check"),
    [
        (changed_listener(CORE, 9901, port=9933), "listener-mismatch"),
        (
            configured(
                changed_listener(CORE, 9999, port=50123),
                "naming-service",
                state=PortState.DYNAMIC,
                reason="r",
            ),
            "dynamic-port",
        ),
        (
            configured(changed_listener(CORE, 9901, port=9933), DB, tcp(9901), changed_at=LATER),
            "restart-pending",
        ),
        (configured(CORE, DB, tcp(9900)), "port-conflict"),
        (changed_listener(CORE, 9901, pid=pid_of(LICENSE)), "port-conflict"),
        (
            with_process(
                listening(changed_listener(CORE, 9901, pid=77), opens(DB, 9933)),
                process(77, r"C:\Tools\x.exe"),
            ),
            "foreign-listener",
        ),
    ],
)
def test_a_socket_that_another_finding_explains_is_left_to_it(elsewhere: Snapshot, check: str) -> None:
    assert {name for name, _ in found(elsewhere)} == {check}
    assert judge(elsewhere, CHECK).findings == ()
    assert LATER > STARTED


def test_a_mismatch_does_not_hide_what_the_configuration_of_tomcat_says() -> None:
    both = not_listening(seeded(), 8443)
    assert found(both) == {(CHECK, "Web Service"), ("listener-mismatch", "Web Service")}


def test_a_console_among_the_ports_of_the_applications_is_found_by_its_number() -> None:
    hidden = configured(
        listening(CORE, opens(TOMCAT, 50010)),
        TOMCAT,
        *PORTS[TOMCAT],
        faults=(Fault(code=FaultCode.JAVA_LISTENER, text=JMX.replace("9010", "50010")),),
    )
    assert "JMX" in the_finding(hidden, CHECK).message
    other = configured(hidden, TOMCAT, *PORTS[TOMCAT], faults=seeded_faults())
    assert judge(other, CHECK).findings == ()


def seeded_faults() -> tuple[Fault, ...]:
    return next(each for each in seeded().configured_ports if each.component == TOMCAT).faults


def test_the_ucma_recorder_may_listen_anywhere_because_no_place_defines_its_ports() -> None:
    row_id = "telephony-recorder-ucma"
    running = with_process(
        with_file(listening(CORE, opens(row_id, 5555)), file(program(row_id))),
        process(pid_of(row_id), program(row_id)),
    )
    assert judge(running, CHECK).findings == ()


def test_one_port_on_several_addresses_is_one_finding_and_two_ports_are_two() -> None:
    twice = listening(CORE, opens(DB, 5555), opens(DB, 5555, address="::"), opens(DB, 5556))
    findings = judge(twice, CHECK).findings
    assert [finding.port for finding in findings] == [5555, 5556]
    assert len(findings[0].evidence) == 2


def test_ports_that_windows_chose_are_one_finding_whose_name_survives_a_restart() -> None:
    first = the_finding(listening(CORE, opens(DB, 50001), opens(DB, 50002)), CHECK)
    after = the_finding(listening(CORE, opens(DB, 60003)), CHECK)
    assert (first.port, first.subject) == (
        None,
        r"Servers\DBConnectorServer\DBConnectorServer.exe tcp/dynamic",
    )
    assert (first.fingerprint, first.condition) == (after.fingerprint, after.condition)


def test_ports_beside_the_channel_list_are_one_finding_that_doubts_the_list() -> None:
    short = configured(CORE, SIP, *PORTS[SIP][:2])
    findings = judge(listening(short, opens(SIP, 20010, protocol="udp")), CHECK).findings
    assert [(finding.protocol, finding.port) for finding in findings] == [("tcp", None), ("udp", None)]
    assert "UDP 20002, 20010" in findings[1].message
    assert "perhaps out of date" in findings[1].message


def test_a_channel_list_that_was_read_in_part_accuses_nobody() -> None:
    short = configured(CORE, SIP, *PORTS[SIP][:2])
    gap = Gap(kind=EvidenceKind.RECORDING_CHANNELS, reason="perhaps not all of it was read", partial=True)
    result = judge(replace(short, gaps=(gap,)), CHECK)
    assert (result.status.value, result.findings) == ("not-proven", ())
    assert judge(replace(listening(CORE, opens(DB, 5555)), gaps=(gap,)), CHECK).findings


def test_a_child_of_tomcat_is_tomcat() -> None:
    java = process(77, r"C:\Java\bin\java.exe")
    childless = with_process(
        changed_process_of_tomcat(listening(CORE, listener(49800, 77), listener(9010, 77))), java
    )
    assert [finding.component for finding in judge(childless, CHECK).findings] == ["Web Service"]


def changed_process_of_tomcat(snapshot: Snapshot) -> Snapshot:
    """Its sockets are those of a child java.exe."""
    pid = pid_of(TOMCAT)
    moved = tuple(replace(each, pid=77) if each.pid == pid else each for each in snapshot.listeners)
    child_fault = Fault(code=FaultCode.CHILD_PROCESS, text="StartMode is exe")
    return configured(replace(snapshot, listeners=moved), TOMCAT, *PORTS[TOMCAT], faults=(child_fault,))


def test_a_process_without_a_path_is_known_by_a_name_that_only_one_component_has() -> None:
    nameless = replace(
        CORE,
        processes=tuple(
            replace(each, path=None) if each.pid == pid_of(DB) else each for each in CORE.processes
        ),
    )
    finding = the_finding(listening(nameless, opens(DB, 5555)), CHECK)
    assert (finding.component, finding.severity) == ("DBConnectorServer", Severity.LOW)
    unpid = listening(CORE, listener(5555, None, image="LicenseServer.exe"))
    assert the_finding(unpid, CHECK).component == "LicenseServer"


def test_where_the_firewall_is_off_it_can_be_reached() -> None:
    off = replace(
        listening(CORE, opens(DB, 5555)),
        profile_settings=(settings(Profile.DOMAIN, enabled=False),),
    )
    assert the_finding(off, CHECK).severity is Severity.MEDIUM


def test_where_the_firewall_is_not_known_it_is_low() -> None:
    blind = dropped(listening(CORE, opens(DB, 5555)), EvidenceKind.FIREWALL_RULES)
    assert the_finding(blind, CHECK).severity is Severity.LOW


def test_the_sites_profile_decides_whether_it_can_be_reached() -> None:
    both = on_networks(listening(CORE, opens(TOMCAT, 9010)), Profile.DOMAIN, Profile.PUBLIC)
    assert the_finding(both, CHECK, Site(expected_profile=Profile.DOMAIN)).severity is Severity.MEDIUM
    assert the_finding(both, CHECK, Site(expected_profile=Profile.PUBLIC)).severity is Severity.LOW


@pytest.mark.parametrize(
    "open_question",
    [
        listening(CORE, listener(5555, 4711)),  # a process that the list does not have
        listening(CORE, listener(5555, None)),
        # which ports it should have is not known
        not_configured(listening(CORE, opens(DB, 5555)), DB),
        not_configured(CORE, SIP),
        not_configured(listening(CORE, opens("chat-server", 5555)), "chat-server"),
    ],
)
def test_what_the_evidence_does_not_show_leaves_the_question_open(open_question: Snapshot) -> None:
    result = judge(open_question, CHECK)
    assert (result.status.value, result.findings) == ("not-proven", ())


def test_a_component_whose_configuration_is_not_known_but_listens_on_its_default_passes() -> None:
    assert judge(not_configured(CORE, DB), CHECK).status == "pass"


def test_where_the_install_directory_is_not_known_paths_decide() -> None:
    nothing = removed(without_process(PC, "agent-client-app"), "agent-client-app")
    stranger = with_process(listening(nothing, listener(5555, 77)), process(77, r"C:\CE\x.exe"))
    assert judge(stranger, CHECK).findings == ()


@pytest.mark.parametrize(
    "kind",
    [EvidenceKind.LISTENERS, EvidenceKind.PROCESSES, EvidenceKind.CONFIGURED_PORTS, EvidenceKind.EXECUTABLES],
)
def test_without_its_evidence_it_never_passes(kind: EvidenceKind) -> None:
    assert judge(dropped(CORE, kind), CHECK).status == "not-proven"
    assert Gap(kind=kind, reason="not there") in dropped(CORE, kind).gaps


def test_the_rule_that_lets_it_through_is_in_the_evidence() -> None:
    ruled = changed_rule(listening(CORE, opens(DB, 5555)), "CE-db-connector-server-tcp-9901", local_ports=())
    assert the_finding(ruled, CHECK).evidence[-1].locator.endswith("CE-db-connector-server-tcp-9901")
