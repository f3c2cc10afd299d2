"""Ports that differ from the vendor's default."""

import pytest

from rules.model import Severity
from scanner.model import EvidenceKind, PortState, Snapshot
from tests.rules.changes import (
    changed_listener,
    changed_rule,
    configured,
    dropped,
    moved_port,
    not_configured,
    without_process,
)
from tests.rules.hosts import DB, DB_RULE, core_server, operator_pc, tcp
from tests.rules.judging import found, judge, statuses, the_finding

CHECK = "non-default-port"
CORE = core_server()


def seeded() -> Snapshot:
    """DBConnectorServer was moved, and the firewall follows."""
    return changed_rule(moved_port(CORE, 9901, 9951, DB), DB_RULE, local_ports=("9951",))


@pytest.mark.parametrize(
    ("moved", "component", "port"),
    [
        (seeded(), "DBConnectorServer", 9951),
        (not_configured(changed_listener(CORE, 9901, port=9951), DB), "DBConnectorServer", 9951),
        (configured(without_process(CORE, DB), DB, tcp(9951)), "DBConnectorServer", 9951),
        (configured(CORE, DB, tcp(9902, port_end=9905)), "DBConnectorServer", 9902),
        (moved_port(CORE, 19970, 19971, "ivr-connector-webservices"), "IVRConnector", 19971),
        (moved_port(CORE, 8080, 8081, "web-service"), "Web Service", 8081),
        (moved_port(operator_pc(), 19960, 19961, "agent-client-app"), "AgentClientApp", 19961),
    ],
)
def test_a_port_the_page_does_not_list_is_told_for_information(
    moved: Snapshot, component: str, port: int
) -> None:
    finding = the_finding(moved, CHECK)
    assert (finding.component, finding.port, finding.severity) == (component, port, Severity.INFO)


def test_it_is_the_only_finding_where_the_firewall_follows() -> None:
    assert found(seeded()) == set()
    told = found(seeded(), floor=Severity.INFO) - found(CORE, floor=Severity.INFO)
    assert told == {(CHECK, "DBConnectorServer")}


@pytest.mark.parametrize(
    "usual",
    [
        CORE,
        operator_pc(),
        configured(CORE, DB, tcp(9900, port_end=9905)),  # the default is one of the span
        # a port beside the documented ones replaces none of them
        configured(CORE, DB, tcp(9901), tcp(9951)),
        # no default to differ from
        moved_port(CORE, 9915, 9916, "chat-server"),
        moved_port(CORE, 20000, 20010, "telephony-recorder-sip"),
        # its own finding: it has no fixed port
        not_configured(changed_listener(CORE, 9901, port=50001), DB),
        configured(CORE, "naming-service", state=PortState.DYNAMIC, reason="no option"),
    ],
)
def test_defaults_and_ports_without_one_are_not_told(usual: Snapshot) -> None:
    assert judge(usual, CHECK).findings == ()


@pytest.mark.parametrize(
    ("moved", "words"),
    [
        (seeded(), "must open 9951 and no longer 9901"),
        (moved_port(CORE, 9999, 9989, "naming-service"), "Server Port"),
        (moved_port(CORE, 9100, 9101, "ucma-recorder-application-port"), "Skype for Business topology"),
    ],
)
def test_the_impact_says_who_else_must_follow(moved: Snapshot, words: str) -> None:
    assert words in the_finding(moved, CHECK).impact


def test_only_the_portal_keeps_the_naming_services_port_and_only_the_topology_that_of_applications() -> None:
    assert "Server Port" not in the_finding(seeded(), CHECK).impact
    assert (
        "topology"
        not in the_finding(moved_port(CORE, 9971, 9972, "ucma-recorder-recorder-port"), CHECK).impact
    )


def test_the_finding_keeps_its_name_when_the_port_moves_on() -> None:
    further = changed_rule(moved_port(CORE, 9901, 9952, DB), DB_RULE, local_ports=("9952",))
    first, second = the_finding(seeded(), CHECK), the_finding(further, CHECK)
    assert first.fingerprint == second.fingerprint
    assert first.condition != second.condition


def test_a_port_nobody_could_read_leaves_the_question_open() -> None:
    assert judge(not_configured(CORE, DB), CHECK).status == "not-proven"
    assert statuses(not_configured(CORE, "chat-server"))[CHECK] == "pass"  # the page lists none


@pytest.mark.parametrize(
    "kind", [EvidenceKind.CONFIGURED_PORTS, EvidenceKind.PROCESSES, EvidenceKind.EXECUTABLES]
)
def test_without_its_evidence_it_never_passes(kind: EvidenceKind) -> None:
    assert judge(dropped(CORE, kind), CHECK).status == "not-proven"
