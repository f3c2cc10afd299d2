"""Endpoint options of TAO that do not give one port on every address."""

import pytest

from rules.checks import tao_endpoint
from scanner.model import EvidenceKind, Fault, FaultCode, PortState, Snapshot
from tests.rules.changes import (
    changed_listener,
    changed_rule,
    configured,
    dropped,
    not_configured,
    not_listening,
    without_process,
    without_rule,
)
from tests.rules.hosts import DB, DB_RULE, core_server, tcp, udp
from tests.rules.judging import found, judge, statuses, the_finding

CHECK, NAMING = "tao-endpoint", "naming-service"
CORE = core_server()
RULE = "CE-naming-service-tcp-9999"
REFUSED = Fault(code=FaultCode.TAO_REFUSED, text="the service will not start: TAO knows no option '-ORBFoo'")
COLON = Fault(code=FaultCode.TAO_COLON_MISSING, text="the colon before the port is missing in 'iiop://9999'")


def faulty(snapshot: Snapshot, fault: Fault, row_id: str = NAMING) -> Snapshot:
    return configured(snapshot, row_id, state=PortState.INVALID, reason=fault.text, faults=(fault,))


def colon_missing(row_id: str = NAMING, port: int = 9999) -> Snapshot:
    return faulty(changed_listener(CORE, port, port=51234), COLON, row_id)


def local(address: str, snapshot: Snapshot = CORE) -> Snapshot:
    return configured(snapshot, NAMING, tcp(9999, address=address))


LOOPBACK = changed_listener(local("127.0.0.1"), 9999, address="127.0.0.1")
SPAN = changed_rule(configured(CORE, NAMING, tcp(9999, port_end=10003)), RULE, local_ports=("9999-10003",))


def seeded() -> Snapshot:
    return colon_missing()


COLON_MISSING, STOPPED, BOUND = (
    "the colon before the port is missing",
    "will not start",
    "bound to this host alone",
)

CODES = {COLON_MISSING: "colon-missing", STOPPED: "refused", BOUND: "loopback"}


@pytest.mark.parametrize(
    ("broken", "words", "component"),
    [
        (seeded(), COLON_MISSING, "Naming Service"),
        (without_rule(seeded(), RULE), COLON_MISSING, "Naming Service"),
        (colon_missing(DB, 9901), COLON_MISSING, "DBConnectorServer"),
        (faulty(not_listening(CORE, 9999), REFUSED), STOPPED, "Naming Service"),
        (faulty(without_process(CORE, NAMING), REFUSED), STOPPED, "Naming Service"),
        (
            faulty(without_process(CORE, "ivr-connector-webservices"), REFUSED, "ivr-connector-webservices"),
            STOPPED,
            "IVRConnector",
        ),
        (LOOPBACK, BOUND, "Naming Service"),
        (without_rule(LOOPBACK, RULE), BOUND, "Naming Service"),
        (changed_listener(local("::1"), 9999, address="::1"), BOUND, "Naming Service"),
        (local("localhost", without_process(CORE, NAMING)), BOUND, "Naming Service"),
        (local("127.0.0.1"), BOUND, "Naming Service"),  # after the next start
        # a name that stands for the loopback address
        (
            changed_listener(local("ce01.example.test"), 9999, address="127.0.0.1"),
            BOUND,
            "Naming Service",
        ),
        (
            configured(changed_listener(CORE, 9901, address="127.0.0.1"), DB, tcp(9901, address="127.0.0.1")),
            BOUND,
            "DBConnectorServer",
        ),
    ],
)
def test_each_mistake_is_the_one_finding_in_its_own_words(
    broken: Snapshot, words: str, component: str
) -> None:
    assert found(broken) == {(CHECK, component)}
    finding = the_finding(broken, CHECK)
    assert finding.severity == "high"
    assert words in finding.message
    assert finding.code == CODES[words]


def test_a_span_of_ports_is_a_low_finding() -> None:
    finding = the_finding(SPAN, CHECK)
    assert "takes the first free port of TCP 9999-10003" in finding.message
    assert (finding.severity.value, finding.observed) == ("low", "any port of 9999-10003")
    assert finding.code == "portspan"
    assert found(SPAN) == set()
    assert found(changed_listener(SPAN, 9999, port=10003)) == set()
    assert found(changed_listener(SPAN, 9999, port=10004)) == {("listener-mismatch", "Naming Service")}


def test_a_span_of_another_component_is_found_as_well() -> None:
    spanned = changed_rule(
        configured(CORE, DB, tcp(9901, port_end=9902)), DB_RULE, local_ports=("9901-9902",)
    )
    assert the_finding(spanned, CHECK).component == "DBConnectorServer"


def test_a_good_endpoint_beside_a_bad_one_does_not_hide_it_and_is_not_blamed_twice() -> None:
    mixed = configured(
        changed_rule(changed_listener(CORE, 9999, port=10999), RULE, local_ports=("10999",)),
        NAMING,
        tcp(10999),
        state=PortState.INVALID,
        reason=COLON.text,
        faults=(COLON,),
    )
    assert found(mixed) == {(CHECK, "Naming Service")}
    two = configured(mixed, NAMING, tcp(10999), tcp(11999, address="127.0.0.1"))
    findings = judge(two, CHECK).findings
    assert [words in finding.message for finding, words in zip(findings, (COLON_MISSING, BOUND), strict=True)]
    assert len({finding.fingerprint for finding in findings}) == 2


def test_of_two_mistakes_the_one_that_stops_the_service_is_told() -> None:
    both = configured(
        not_listening(CORE, 9999), NAMING, state=PortState.INVALID, reason="x", faults=(COLON, REFUSED)
    )
    finding = the_finding(both, CHECK)
    assert STOPPED in finding.message
    assert finding.observed == f"{COLON.text}; {REFUSED.text}"


def test_the_remedy_gives_the_option_and_then_runs_the_cmdlets() -> None:
    remediation = the_finding(seeded(), CHECK).remediation
    assert "-ORBListenEndpoints iiop://:9999" in remediation.manual[0]
    assert remediation.commands[-2:] == ("Remove-CEFirewallRules", "Add-CEFirewallRules")
    assert remediation.undo


@pytest.mark.parametrize(
    "fine",
    [
        CORE,
        local("10.1.0.5", changed_listener(CORE, 9999, address="10.1.0.5")),
        local("ce01.example.test"),
        # loopback beside an address of the network
        configured(CORE, NAMING, tcp(9999, address="127.0.0.1"), tcp(9999, address="10.1.0.5")),
        # the multicast responder and a TLS port (contact-expert.md 4.7, 4.5)
        configured(CORE, NAMING, tcp(9999), udp(10013, address="224.9.9.2", purpose="multicast")),
        without_process(CORE, NAMING),
        # bound to this host although the options do not say so: listener-mismatch
        changed_listener(CORE, 9999, address="127.0.0.1"),
        # Tomcat's connectors are bound on purpose
        changed_listener(CORE, 8080, address="127.0.0.1"),
        # a port left to Windows: dynamic-port
        configured(changed_listener(CORE, 9999, port=51234), NAMING, state=PortState.DYNAMIC, reason="x"),
    ],
)
def test_options_that_give_one_port_pass(fine: Snapshot) -> None:
    assert statuses(fine)[CHECK] == "pass"


@pytest.mark.parametrize("row_id", [NAMING, DB])
def test_options_that_nobody_read_never_pass(row_id: str) -> None:
    result = judge(not_configured(CORE, row_id), CHECK)
    assert (result.status.value, result.findings) == ("not-proven", ())
    unread = configured(CORE, row_id, state=PortState.NOT_DETERMINABLE, reason="an environment variable")
    assert "environment variable" in judge(unread, CHECK).reason


def test_an_unread_value_without_options_is_not_its_matter() -> None:
    assert statuses(not_configured(CORE, "ucma-recorder-recorder-port"))[CHECK] == "pass"


@pytest.mark.parametrize("kind", sorted(tao_endpoint.CHECK.requires | tao_endpoint.CHECK.needs))
def test_without_its_evidence_it_never_passes(kind: EvidenceKind) -> None:
    assert judge(dropped(CORE, kind), CHECK).status == "not-proven"
