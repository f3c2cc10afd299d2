"""Rules without a program for CE's port numbers that nothing uses any more."""

import pytest

from scanner.model import EvidenceKind, Snapshot
from tests.rules.changes import (
    all_rules,
    dropped,
    listening,
    moved_port,
    not_configured,
    removed,
    with_process,
    with_rule,
)
from tests.rules.hosts import DB, core_server, fw_rule, listener, process, program
from tests.rules.judging import found, judge, the_finding

CORE = core_server()
STALE, REMOVED = "stale-firewall-rule", "removed-component"


def door(port: str = "9905", name: str = "Contact Expert DialerServer", **facts: object) -> Snapshot:
    """The compliant host with a rule for a port of a component that is not installed on it."""
    return with_rule(CORE, fw_rule("left", name=name, local_ports=(port,), **facts))


def test_a_door_named_for_ce_that_nobody_uses_is_the_one_finding() -> None:
    assert found(door()) == {(STALE, "DialerServer")}
    assert "still opens TCP 9905 for DialerServer" in the_finding(door(), STALE).message


@pytest.mark.parametrize("name", ["Rule 17", "", "Backup"])
def test_a_number_alone_is_a_sign_and_no_proof(name: str) -> None:
    assert the_finding(door(name=name), STALE).severity == "low"


def test_a_door_of_a_removed_component_is_told_with_it() -> None:
    open_door = door("9912", name="SMS")
    assert found(open_door) == {(REMOVED, "SMSConnectorServer")}
    assert "9912" in the_finding(open_door, REMOVED).message


def test_the_old_door_of_a_component_that_moved_and_has_its_new_one_is_found() -> None:
    moved = moved_port(CORE, 9901, 9951, DB)
    follows = with_rule(
        moved,
        fw_rule("new", program=program(DB), local_ports=("9951",)),
        fw_rule("old", name="CE DBConnectorServer", local_ports=("9901",)),
    )
    told = {(check, component) for check, component in found(follows)}
    assert (STALE, "DBConnectorServer") in told


@pytest.mark.parametrize(
    "fine",
    [
        door("9901"),  # in use
        door("25", name="SMTP"),
        door("9100", name="Printer"),
        door("9905,9906"),  # no single port
        door("9900-9999"),
        door("7777", name="Contact Expert"),
        door(active=False),
        door(protocol=17),
        door(service="spooler"),
        with_process(listening(door(), listener(9905, 4711)), process(4711, r"C:\Program Files\Other\x.exe")),
        # a variant of it is here
        door("9909", name="IVRConnector"),
    ],
)
def test_what_is_used_or_may_be_meant_for_others_is_left_in_peace(fine: Snapshot) -> None:
    assert not judge(fine, STALE).findings
    assert not judge(fine, REMOVED).findings


@pytest.mark.parametrize(
    "unknown",
    [
        dropped(door(), EvidenceKind.LISTENERS),
        dropped(door(), EvidenceKind.EXECUTABLES),
        not_configured(with_rule(CORE, fw_rule("left", local_ports=("9901",))), DB),
    ],
)
def test_nothing_is_claimed_without_the_evidence(unknown: Snapshot) -> None:
    assert not judge(unknown, STALE).findings


def test_a_port_rule_whose_component_moved_away_unheard_is_told_by_the_missing_one_alone() -> None:
    by_port = all_rules(CORE, of=DB, program=None)
    moved = moved_port(by_port, 9901, 9951, DB)
    assert found(moved) == {("missing-firewall-rule", "DBConnectorServer")}


def test_a_component_that_was_uninstalled_leaves_its_port_rule() -> None:
    gone = removed(CORE, DB)
    left = with_rule(gone, fw_rule("left", name="CE DBConnectorServer", local_ports=("9901",), profiles=()))
    assert found(left) == {(STALE, "DBConnectorServer")}
