"""Who looks for the naming service at another port than its own."""

import pytest

from rules.checks import naming_port_mismatch
from rules.site import Site
from scanner.model import EvidenceKind, NamingReference, Origin, PortState, Snapshot
from tests.rules.changes import (
    changed,
    changed_listener,
    changed_rule,
    configured,
    dropped,
    not_configured,
    without_process,
)
from tests.rules.hosts import core_server, operator_pc, tcp
from tests.rules.judging import found, judge, statuses, the_finding

CHECK, NAMING = "naming-port-mismatch", "naming-service"
CORE, PC = core_server(), operator_pc()
AGENT = "config/D/Contact Expert/Servers/ServerAgent/ServerAgent.Config.xml"
PORTAL = Site(naming_port=9999)


def reference(port: int, host: str = "ce-01", source: str = AGENT) -> NamingReference:
    return NamingReference(host=host, port=port, origin=Origin(source=source, locator="/config/@args"))


def looking(snapshot: Snapshot, *references: NamingReference) -> Snapshot:
    return changed(snapshot, naming_references=references)


def seeded() -> Snapshot:
    return looking(CORE, reference(9998))


MOVED = changed_rule(
    configured(changed_listener(CORE, 9999, port=9989), NAMING, tcp(9989)),
    "CE-naming-service-tcp-9999",
    local_ports=("9989",),
)
SPAN = changed_rule(
    configured(CORE, NAMING, tcp(9999, port_end=10003)),
    "CE-naming-service-tcp-9999",
    local_ports=("9999-10003",),
)


@pytest.mark.parametrize(
    ("broken", "site"),
    [
        (seeded(), Site()),
        (looking(CORE, reference(2809, "localhost")), Site()),
        (looking(CORE, reference(9998, "other.example.test")), Site()),
        (looking(without_process(CORE, NAMING), reference(9998)), Site()),
        (looking(not_configured(CORE, NAMING), reference(9998)), Site()),  # where it listens is seen
        (CORE, Site(naming_port=9998)),
        (MOVED, PORTAL),
        (looking(MOVED, reference(9999)), Site(naming_port=9989)),
        (looking(SPAN, reference(10004)), Site()),
        (looking(PC, reference(9998)), PORTAL),
        # two configurations of one PC, neither of which is known to be right
        (looking(PC, reference(9999), reference(9998, source="AgentClientApp.config.xml")), Site()),
        (looking(PC, reference(9999, "CE01"), reference(9998, "ce01")), Site()),
    ],
)
def test_a_port_that_does_not_agree_is_the_one_finding(broken: Snapshot, site: Site) -> None:
    assert found(broken, site) == {(CHECK, "Naming Service")}
    assert the_finding(broken, CHECK, site).severity == "high"


@pytest.mark.parametrize(
    ("fine", "site"),
    [
        (CORE, PORTAL),
        (looking(CORE, reference(9999)), Site()),
        (looking(CORE, reference(9999), reference(9999, "other")), PORTAL),
        (MOVED, Site(naming_port=9989)),
        (looking(SPAN, reference(10003)), PORTAL),
        (looking(PC, reference(9999)), PORTAL),
        # a second endpoint, and one for another purpose
        (
            looking(configured(CORE, NAMING, tcp(9999), tcp(10999)), reference(10999)),
            Site(),
        ),
    ],
)
def test_ports_that_agree_pass(fine: Snapshot, site: Site) -> None:
    assert statuses(fine, site)[CHECK] == "pass"


def test_each_place_that_is_wrong_is_a_finding_of_its_own() -> None:
    two = looking(CORE, reference(9998), reference(9997), reference(9998, source="x/AgentFactory.config"))
    findings = judge(two, CHECK, Site(naming_port=9990)).findings
    assert [finding.subject for finding in findings] == [
        "portal Server Port",
        "naming reference in AgentFactory.config",
        "naming reference in ServerAgent.Config.xml",
    ]
    assert len({finding.fingerprint for finding in findings}) == 3
    assert findings[2].observed == "ce-01:9997, ce-01:9998"


def test_two_files_of_one_name_are_told_together() -> None:
    one, two = (reference(9998, source=f"{folder}/AgentClientApp.config.xml") for folder in ("a", "b"))
    assert len(the_finding(looking(PC, one, two), CHECK, PORTAL).evidence) == 2


def test_a_configuration_that_was_not_collected_may_look_elsewhere() -> None:
    result = judge(looking(not_configured(CORE, "license-server"), reference(9999)), CHECK)
    assert result.status == "not-proven"
    assert "LicenseServer" in result.reason


def test_the_finding_says_both_ports_and_where_each_stands() -> None:
    finding = the_finding(seeded(), CHECK)
    assert "ce-01:9998" in finding.message
    assert "TCP 9999" in finding.message
    assert [seen.source for seen in finding.evidence] == [AGENT]
    assert "TaoNamingServiceOptions" in finding.remediation.manual[0]
    portal = the_finding(CORE, CHECK, Site(naming_port=9998))
    assert "naming_port" in portal.message
    assert "9999" in portal.evidence[0].observed


@pytest.mark.parametrize(
    ("snapshot", "site"),
    [
        (CORE, Site()),
        (PC, Site()),
        (PC, PORTAL),
        (looking(PC, reference(9998, "ce01.example.test")), Site()),
        # two hosts may serve two domains at two ports
        (looking(PC, reference(9999, "ce01"), reference(9998, "ce02")), Site()),
    ],
)
def test_where_nothing_can_be_compared_it_says_what_would_help(snapshot: Snapshot, site: Site) -> None:
    result = judge(snapshot, CHECK, site)
    assert result.status == "not-applicable"
    assert "naming_port" in result.reason or site.naming_port


def test_a_port_that_is_not_fixed_is_told_by_its_own_check_and_compared_with_nothing() -> None:
    dynamic = configured(
        changed_listener(CORE, 9999, port=51234), NAMING, state=PortState.DYNAMIC, reason="x"
    )
    result = judge(dynamic, CHECK, PORTAL)
    assert (result.status.value, result.findings) == ("not-proven", ())
    # what the portal says is still enough to know that a reference is wrong
    assert the_finding(looking(dynamic, reference(9998)), CHECK, PORTAL).observed == "ce-01:9998"
    unknown = without_process(not_configured(CORE, NAMING), NAMING)
    assert judge(looking(unknown, reference(9999)), CHECK).status == "not-proven"


@pytest.mark.parametrize(
    "kind", sorted(naming_port_mismatch.CHECK.requires | naming_port_mismatch.CHECK.needs)
)
def test_without_its_evidence_it_never_passes(kind: EvidenceKind) -> None:
    assert judge(dropped(looking(CORE, reference(9999)), kind), CHECK).status == "not-proven"


def test_where_no_configuration_was_collected_it_is_not_proven_rather_than_not_applicable() -> None:
    assert judge(dropped(CORE, EvidenceKind.CONFIGURED_PORTS), CHECK).status == "not-proven"
