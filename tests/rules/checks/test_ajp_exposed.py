"""AJP connectors that other hosts can reach."""

import pytest

from rules.checks import ajp_exposed
from rules.site import Site
from rules.tomcat import is_open_to_ghostcat
from scanner.model import Action, ConfiguredEndpoint, EvidenceKind, PortState, Profile, Snapshot
from tests.rules.changes import (
    changed_listener,
    changed_rule,
    configured,
    dropped,
    not_configured,
    not_listening,
    on_networks,
    with_rule,
    without_process,
    without_rule,
)
from tests.rules.hosts import CORE as PORTS
from tests.rules.hosts import core_server, fw_rule, operator_pc, tcp
from tests.rules.judging import found, judge, statuses, the_finding

CHECK, TOMCAT = "ajp-exposed", "web-service"
CORE = core_server()
SITE = Site(tomcat_version="8.5.50")


def ajp(snapshot: Snapshot, *connectors: ConfiguredEndpoint) -> Snapshot:
    """These AJP connectors in server.xml, beside its other sockets."""
    others = (found for found in PORTS[TOMCAT] if found.purpose != "ajp")
    return configured(snapshot, TOMCAT, *others, *connectors)


def seeded() -> Snapshot:
    return ajp(CORE, tcp(8009, purpose="ajp", guarded=False))


OPEN = seeded()
GUARDED = ajp(CORE, tcp(8009, purpose="ajp", guarded=True))


@pytest.mark.parametrize(
    ("snapshot", "version", "severity"),
    [
        (OPEN, "8.5.50", "high"),
        (OPEN, "8.5.51", "info"),
        (OPEN, "8.0.53", "high"),
        (OPEN, "9.0.0.M1", "high"),
        (OPEN, "9.0.30", "high"),
        (OPEN, "9.0.31", "info"),
        (OPEN, "7.0.99", "high"),
        (OPEN, "7.0.100", "info"),
        (OPEN, None, "low"),
        (OPEN, "8.5", "low"),
        (OPEN, "eight", "low"),
        (ajp(CORE, tcp(8009, purpose="ajp")), "8.5.50", "high"),
        (ajp(CORE, tcp(8009, purpose="ajp", address="10.1.0.5")), "8.5.50", "high"),
        (ajp(CORE, tcp(8009, purpose="ajp", address="ce01.example.test")), "8.5.50", "high"),
        # configured for this host, but the socket is open to the network until Tomcat is restarted
        (ajp(CORE, tcp(8009, purpose="ajp", address="127.0.0.1")), "8.5.50", "high"),
        (without_process(OPEN, TOMCAT), "8.5.50", "high"),
        (not_configured(CORE, TOMCAT), "8.5.50", "high"),
        (on_networks(OPEN, Profile.DOMAIN, Profile.PUBLIC), "8.5.50", "high"),
    ],
)
def test_a_connector_that_others_reach_weighs_as_much_as_its_release(
    snapshot: Snapshot, version: str | None, severity: str
) -> None:
    finding = the_finding(snapshot, CHECK, Site(tomcat_version=version))
    assert (finding.severity.value, finding.component, finding.port) == (severity, "Web Service", 8009)


@pytest.mark.parametrize(
    ("version", "affected"),
    [
        ("Apache Tomcat/8.5.32", True),
        ("8.0", True),
        ("10.1.5", False),
        ("11.0.0-M1", False),
        ("6.0.53", None),
        ("7.0", None),
        ("", None),
    ],
)
def test_the_release_is_read_as_people_write_it(version: str, affected: bool | None) -> None:
    assert is_open_to_ghostcat(version) is affected


def test_it_is_the_one_finding() -> None:
    assert found(OPEN, SITE) == {(CHECK, "Web Service")}
    assert found(OPEN) == set()


def test_an_unknown_release_says_what_would_settle_it() -> None:
    finding = the_finding(OPEN, CHECK)
    assert "is not known" in finding.message
    assert "server.xml" in finding.remediation.manual[0]
    assert "State Tomcat's release as tomcat_version in the site file." in finding.remediation.manual
    assert "8.5.50" in the_finding(OPEN, CHECK, SITE).message


LOCAL = changed_listener(ajp(CORE, tcp(8009, purpose="ajp", address="127.0.0.1")), 8009, address="127.0.0.1")


@pytest.mark.parametrize(
    "fine",
    [
        GUARDED,
        LOCAL,
        changed_listener(LOCAL, 8009, address="::1"),
        ajp(not_listening(CORE, 8009), tcp(8009, purpose="ajp", address="localhost")),
        ajp(not_listening(CORE, 8009)),
        without_rule(OPEN, "CE-tomcat"),
        changed_rule(OPEN, "CE-tomcat", local_ports=("8080", "8443")),
        with_rule(OPEN, fw_rule("no-ajp", action=Action.BLOCK, local_ports=("8009",))),
        # a connector of another kind on the number
        ajp(CORE, tcp(8009, purpose="http")),
    ],
)
def test_a_connector_that_nobody_else_reaches_passes(fine: Snapshot) -> None:
    assert statuses(fine, SITE)[CHECK] == "pass"


def test_a_mended_release_binds_a_connector_without_an_address_to_this_host() -> None:
    stopped = not_listening(OPEN, 8009)
    assert statuses(stopped, Site(tomcat_version="8.5.51"))[CHECK] == "pass"
    assert judge(stopped, CHECK, SITE).findings


def test_hosts_that_only_some_may_come_from_are_others_all_the_same() -> None:
    scoped = changed_rule(OPEN, "CE-tomcat", remote_addresses=("10.9.9.9",))
    assert the_finding(scoped, CHECK, SITE).severity == "high"


def test_each_of_two_connectors_is_a_finding_of_its_own() -> None:
    two = ajp(CORE, tcp(8009, purpose="ajp"), tcp(8010, purpose="ajp"))
    findings = judge(two, CHECK).findings
    assert {finding.port for finding in findings} == {8009, 8010}
    assert len({finding.fingerprint for finding in findings}) == 2


def test_what_was_not_read_and_is_not_seen_never_passes() -> None:
    unseen = without_process(not_configured(CORE, TOMCAT), TOMCAT)
    unread = configured(unseen_core(), TOMCAT, state=PortState.NOT_DETERMINABLE, reason="port is ${ajp}")
    for open_question in (unseen, unread):
        assert judge(open_question, CHECK).status == "not-proven"


def unseen_core() -> Snapshot:
    return not_listening(CORE, 8005, 8009, 8080, 8443)


def test_a_host_without_tomcat_is_not_asked() -> None:
    assert statuses(operator_pc())[CHECK] == "not-applicable"


@pytest.mark.parametrize("kind", sorted(ajp_exposed.CHECK.requires | ajp_exposed.CHECK.needs))
def test_without_its_evidence_it_never_passes(kind: EvidenceKind) -> None:
    assert judge(dropped(LOCAL, kind), CHECK).status == "not-proven"
