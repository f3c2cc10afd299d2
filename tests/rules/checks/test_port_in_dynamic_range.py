"""Static ports inside the ranges that Windows itself uses."""

from typing import Any

import pytest

from rules.model import Severity
from scanner.model import DynamicRange, EvidenceKind, ExcludedRange, PortRanges, Snapshot
from tests.rules.changes import (
    changed,
    changed_listener,
    changed_rule,
    configured,
    dropped,
    listening,
    moved_port,
    not_configured,
    not_listening,
    with_process,
    without_process,
)
from tests.rules.hosts import (
    CONFIGURED_AT,
    DB,
    DB_RULE,
    LATER,
    core_server,
    listener,
    origin,
    pid_of,
    process,
    tcp,
)
from tests.rules.judging import found, judge, the_finding

CHECK = "port-in-dynamic-range"
CORE = core_server()


def dynamic(start: int, count: int, protocol: str = "tcp", family: str | None = None) -> DynamicRange:
    return DynamicRange(
        protocol=protocol, family=family, start=start, count=count, origin=origin(f"dynamic {family} {start}")
    )


def excluded(start: int, end: int, **facts: object) -> ExcludedRange:
    usual: dict[str, Any] = {"protocol": "tcp", "origin": origin(f"excluded {start}")}
    return ExcludedRange(start=start, end=end, **{**usual, **facts})


USUAL = (dynamic(49152, 16384), dynamic(49152, 16384, "udp"))


def on_host(
    snapshot: Snapshot, *excluded_ranges: ExcludedRange, ranges: tuple[DynamicRange, ...] = USUAL
) -> Snapshot:
    return changed(snapshot, port_ranges=PortRanges(dynamic=ranges, excluded=excluded_ranges))


def moved_to(port: int, snapshot: Snapshot = CORE) -> Snapshot:
    """DBConnectorServer is configured for another port, listens there, and the firewall follows."""
    return changed_rule(moved_port(snapshot, 9901, port, DB), DB_RULE, local_ports=(str(port),))


def seeded() -> Snapshot:
    """DBConnectorServer was given a fixed port out of Windows' own range."""
    return moved_to(50901)


@pytest.mark.parametrize(
    ("snapshot", "reported"),
    [
        (seeded(), True),
        (moved_to(49152), True),
        (moved_to(65535), True),
        (moved_to(49151), False),
        (CORE, False),
        # either IP version's range counts
        (
            on_host(moved_to(50901), ranges=(dynamic(1025, 255), dynamic(50900, 255, family="ipv6"))),
            True,
        ),
        # each protocol has its own
        (on_host(moved_to(50901), ranges=(dynamic(1025, 255), dynamic(49152, 16384, "udp"))), False),
        (changed_listener(seeded(), 50901, port=50902), True),
        (configured(without_process(CORE, DB), DB, tcp(50901)), True),
        (configured(CORE, DB, tcp(49150, port_end=49155)), True),
        # reserved by an administrator
        (on_host(moved_to(50901), excluded(50900, 50910, administered=True)), False),
        (on_host(moved_to(50901), excluded(50901, 50901, administered=True, family="ipv4")), False),
        (on_host(moved_to(50901), excluded(50902, 50910, administered=True)), True),
        (on_host(moved_to(50901), excluded(50900, 50910, administered=True, protocol="udp")), True),
        # the component serves IPv4, which that of IPv6 does not keep
        (on_host(moved_to(50901), excluded(50900, 50910, administered=True, family="ipv6")), True),
        (
            on_host(
                changed_listener(moved_to(50901), 50901, address="::"),
                excluded(50900, 50910, administered=True, family="ipv6"),
            ),
            False,
        ),
    ],
)
def test_a_fixed_port_that_windows_may_give_away_is_forecast(snapshot: Snapshot, reported: bool) -> None:
    findings = judge(snapshot, CHECK).findings
    expected = [("DBConnectorServer", Severity.MEDIUM)] if reported else []
    assert [(finding.component, finding.severity) for finding in findings] == expected


def test_it_is_the_one_finding_of_medium_or_above() -> None:
    assert found(seeded()) == {(CHECK, "DBConnectorServer")}


def test_a_port_that_moves_is_not_fixed_and_left_to_dynamic_port() -> None:
    unread = not_configured(changed_listener(CORE, 9901, port=50001), DB)
    assert found(unread) == {("dynamic-port", "DBConnectorServer")}


@pytest.mark.parametrize(
    ("snapshot", "severity"),
    [
        (on_host(CORE, excluded(9899, 9950)), Severity.LOW),  # it has the port all the same
        (on_host(not_listening(CORE, 9901), excluded(9901, 9950)), Severity.HIGH),
        (on_host(without_process(CORE, DB), excluded(9901, 9950)), Severity.HIGH),
        # within the dynamic range too: it is kept from being handed out, and from the component
        (on_host(not_listening(seeded(), 50901), excluded(50900, 50950)), Severity.HIGH),
        (on_host(seeded(), excluded(50900, 50950)), Severity.LOW),
        (on_host(not_listening(CORE, 9901), excluded(9901, 9950, family="ipv4")), Severity.HIGH),
    ],
)
def test_a_port_that_windows_keeps_for_another_is_high_where_the_component_lacks_it(
    snapshot: Snapshot, severity: Severity
) -> None:
    one = [found for found in judge(snapshot, CHECK).findings if found.component == "DBConnectorServer"]
    assert [finding.severity for finding in one] == [severity]


@pytest.mark.parametrize(
    "fine",
    [
        on_host(CORE, excluded(9902, 9902), excluded(9916, 9950)),
        on_host(CORE, excluded(9901, 9901, protocol="udp")),
        on_host(CORE, excluded(9901, 9902), excluded(9901, 9901, administered=True)),
        on_host(not_listening(CORE, 9901), excluded(9901, 9950, family="ipv6")),
    ],
)
def test_a_range_that_is_not_about_the_port_is_no_finding(fine: Snapshot) -> None:
    assert judge(fine, CHECK).findings == ()


def test_a_component_that_cannot_open_its_port_is_told_once() -> None:
    broken = on_host(not_listening(CORE, 9901), excluded(9901, 9902))
    assert found(broken) == {(CHECK, "DBConnectorServer")}
    finding = the_finding(broken, CHECK)
    assert finding.observed == "9901 lies in the excluded range 9901-9902"
    assert "net stop winnat" in finding.remediation.manual[0]


def test_a_restart_that_is_owed_is_told_beside_the_range() -> None:
    moved = configured(changed_listener(CORE, 9901, port=9933), DB, tcp(9901), changed_at=LATER)
    assert found(on_host(moved, excluded(9901, 9902))) == {
        (CHECK, "DBConnectorServer"),
        ("restart-pending", "DBConnectorServer"),
    }
    assert CONFIGURED_AT < LATER


def test_who_holds_the_port_is_told_before_who_keeps_it() -> None:
    other = with_process(changed_listener(CORE, 9901, pid=77), process(77, r"C:\Tools\nat.exe"))
    assert found(on_host(other, excluded(9901, 9902))) == {("foreign-listener", "DBConnectorServer")}


@pytest.mark.parametrize(
    "open_question",
    [
        on_host(changed_listener(CORE, 9901, pid=None), excluded(9901, 9902)),
        on_host(dropped(CORE, EvidenceKind.LISTENERS), excluded(9901, 9902)),
        on_host(CORE, ranges=(dynamic(49152, 16384),)),
    ],
)
def test_what_the_evidence_does_not_show_leaves_the_question_open(open_question: Snapshot) -> None:
    result = judge(open_question, CHECK)
    assert (result.status.value, result.findings) == ("not-proven", ())


WIDE = on_host(CORE, ranges=(dynamic(1025, 60000), dynamic(49152, 16384, "udp")))


def test_a_range_widened_over_the_vendors_ports_is_one_finding() -> None:
    assert found(WIDE) == {(CHECK, "")}
    finding = the_finding(WIDE, CHECK)
    assert finding.subject == "dynamic port range tcp"
    assert "1025-61024" in finding.message
    assert "DBConnectorServer on TCP 9901" in finding.observed
    assert "20000" not in finding.observed  # UDP has its own range
    assert "netsh int ipv4 set dynamicport tcp start=49152 num=16384" in finding.remediation.manual[1]


def test_a_widened_range_and_a_port_of_the_default_range_are_two_causes() -> None:
    both = on_host(seeded(), ranges=WIDE.port_ranges.dynamic)
    assert found(both) == {(CHECK, ""), (CHECK, "DBConnectorServer")}
    wide = next(each for each in judge(both, CHECK).findings if not each.component)
    assert "DBConnectorServer" not in wide.observed


def test_a_widened_range_whose_ports_are_reserved_is_fine() -> None:
    reserved = on_host(
        CORE,
        excluded(8000, 9999, administered=True),
        excluded(19970, 21001, administered=True),
        ranges=WIDE.port_ranges.dynamic,
    )
    assert judge(reserved, CHECK).status == "pass"


def test_the_reservation_names_the_port_and_its_undo_takes_it_back() -> None:
    remediation = the_finding(seeded(), CHECK).remediation
    words = "excludedportrange protocol=tcp startport=50901 numberofports=1 store=persistent"
    assert remediation.commands == (f"netsh int ipv4 add {words}",)
    assert remediation.undo == (f"netsh int ipv4 delete {words}",)
    wide = the_finding(WIDE, CHECK).remediation
    assert (
        "netsh int ipv4 add excludedportrange protocol=tcp startport=9900 numberofports=2 store=persistent"
        in wide.commands
    )


def test_the_reservation_closes_the_finding_for_ipv6_too() -> None:
    only_six = changed_listener(seeded(), 50901, address="2001:db8::5")
    assert the_finding(only_six, CHECK).remediation.commands[0].startswith("netsh int ipv6 add")
    both = listening(only_six, listener(50901, pid_of(DB)))
    assert the_finding(both, CHECK).remediation.commands[0].startswith("netsh int ipv4 add")


@pytest.mark.parametrize(
    "kind", [EvidenceKind.PORT_RANGES, EvidenceKind.CONFIGURED_PORTS, EvidenceKind.EXECUTABLES]
)
def test_without_its_evidence_it_never_passes(kind: EvidenceKind) -> None:
    assert judge(dropped(CORE, kind), CHECK).status == "not-proven"
