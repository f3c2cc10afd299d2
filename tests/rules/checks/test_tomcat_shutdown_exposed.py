"""Tomcat's shutdown port beyond this host."""

import pytest

from rules.checks import tomcat_shutdown_exposed
from scanner.model import Action, EvidenceKind, PortState, Snapshot
from tests.rules.changes import (
    changed_listener,
    changed_rule,
    configured,
    dropped,
    listening,
    not_configured,
    not_listening,
    with_rule,
    without_process,
    without_rule,
)
from tests.rules.hosts import CORE as PORTS
from tests.rules.hosts import core_server, fw_rule, listener, operator_pc, pid_of, tcp
from tests.rules.judging import found, judge, statuses, the_finding

CHECK, TOMCAT = "tomcat-shutdown-exposed", "web-service"
CORE = core_server()


def shutdown(snapshot: Snapshot, address: str | None, port: int = 8005) -> Snapshot:
    """`<Server port=... address=...>`; nothing else changes."""
    others = (found for found in PORTS[TOMCAT] if found.purpose != "shutdown")
    return configured(snapshot, TOMCAT, tcp(port, purpose="shutdown", address=address), *others)


def seeded() -> Snapshot:
    return changed_listener(shutdown(CORE, "0.0.0.0"), 8005, address="0.0.0.0")  # noqa: S104


BLOCKED = with_rule(seeded(), fw_rule("no-8005", action=Action.BLOCK, local_ports=("8005",)))


@pytest.mark.parametrize(
    ("broken", "severity"),
    [
        (seeded(), "high"),
        (shutdown(CORE, "10.1.0.5"), "high"),  # open to the network after the next start
        (shutdown(CORE, "ce01.example.test"), "high"),
        (changed_listener(CORE, 8005, address="::"), "high"),  # still open until the next start
        (listening(CORE, listener(8005, pid_of(TOMCAT), address="10.1.0.5")), "high"),
        (without_process(shutdown(CORE, "10.1.0.5"), TOMCAT), "high"),
        (changed_listener(not_configured(CORE, TOMCAT), 8005, address="10.1.0.5"), "high"),
        (changed_rule(seeded(), "CE-tomcat", remote_addresses=("10.9.9.9",)), "high"),
        (BLOCKED, "medium"),
        (changed_rule(seeded(), "CE-tomcat", local_ports=("8009", "8080", "8443")), "medium"),
    ],
)
def test_a_shutdown_port_beyond_this_host_is_found(broken: Snapshot, severity: str) -> None:
    finding = the_finding(broken, CHECK)
    assert (finding.severity.value, finding.component, finding.port) == (severity, "Web Service", 8005)


@pytest.mark.parametrize("broken", [seeded(), shutdown(CORE, "10.1.0.5")])
def test_it_is_the_one_finding(broken: Snapshot) -> None:
    assert found(broken) == {(CHECK, "Web Service")}


def test_the_finding_says_where_it_is_bound_and_who_lets_it_through() -> None:
    finding = the_finding(seeded(), CHECK)
    assert finding.observed == "bound to 0.0.0.0; Windows Firewall lets other hosts reach it"
    assert any("CE-tomcat" in seen.observed for seen in finding.evidence)
    assert 'port="-1"' in finding.remediation.manual[0]
    assert "only Windows Firewall shuts it" in the_finding(BLOCKED, CHECK).observed


@pytest.mark.parametrize(
    "fine",
    [
        CORE,
        without_rule(CORE, "CE-tomcat"),
        changed_listener(CORE, 8005, address="::1"),
        shutdown(CORE, None),
        without_process(shutdown(CORE, None), TOMCAT),
        without_process(shutdown(CORE, "localhost"), TOMCAT),
        # port="-1": no shutdown listener
        configured(not_listening(CORE, 8005), TOMCAT, *PORTS[TOMCAT][1:]),
        # another connector on the number
        configured(
            changed_listener(CORE, 8005, address="0.0.0.0"),  # noqa: S104
            TOMCAT,
            tcp(8005, purpose="http"),
            *PORTS[TOMCAT][1:],
        ),
    ],
)
def test_a_shutdown_port_on_this_host_or_none_passes(fine: Snapshot) -> None:
    assert statuses(fine)[CHECK] == "pass"


def test_another_port_keeps_its_name() -> None:
    moved = changed_listener(shutdown(CORE, "0.0.0.0", 8105), 8005, port=8105, address="0.0.0.0")  # noqa: S104
    finding = the_finding(moved, CHECK)
    assert finding.port == 8105
    assert finding.subject == the_finding(seeded(), CHECK).subject


def test_what_was_not_read_and_is_not_seen_never_passes() -> None:
    silent = not_listening(CORE, 8005, 8009, 8080, 8443)
    unread = configured(silent, TOMCAT, state=PortState.NOT_DETERMINABLE, reason="port is ${x}")
    for open_question in (not_configured(without_process(CORE, TOMCAT), TOMCAT), unread):
        assert judge(open_question, CHECK).status == "not-proven"


def test_a_host_without_tomcat_is_not_asked() -> None:
    assert statuses(operator_pc())[CHECK] == "not-applicable"


@pytest.mark.parametrize(
    "kind", sorted(tomcat_shutdown_exposed.CHECK.requires | tomcat_shutdown_exposed.CHECK.needs)
)
def test_without_its_evidence_it_never_passes(kind: EvidenceKind) -> None:
    assert judge(dropped(CORE, kind), CHECK).status == "not-proven"
