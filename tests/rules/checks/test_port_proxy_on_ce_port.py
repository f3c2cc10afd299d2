"""Forwardings of Windows on CE ports, and those that lead to them."""

import pytest

from scanner.model import Action, EvidenceKind, PortProxy, Process, Snapshot
from tests.rules.changes import (
    changed,
    changed_listener,
    configured,
    dropped,
    listening,
    not_configured,
    with_process,
    with_rule,
    without_process,
)
from tests.rules.hosts import DB, core_server, fw_rule, listener, operator_pc, origin, process, tcp
from tests.rules.judging import found, judge, statuses, the_finding

CHECK = "port-proxy-on-ce-port"
CORE = core_server()
EVERYWHERE = "0.0.0.0"  # noqa: S104
SVCHOST = r"C:\Windows\System32\svchost.exe"
IP_HELPER = process(77, SVCHOST, services=("iphlpsvc",))
OPEN_8800 = fw_rule("door", local_ports=("8800",))


def proxy(
    port: int = 9901,
    to: tuple[str, int] = ("10.0.0.9", 1433),
    at: str = EVERYWHERE,
    family: str = "v4tov4",
) -> PortProxy:
    return PortProxy(
        family=family,
        listen_address=at,
        listen_port=port,
        connect_address=to[0],
        connect_port=to[1],
        origin=origin(f"PortProxy {at}/{port}"),
    )


def forwarding(snapshot: Snapshot, *proxies: PortProxy) -> Snapshot:
    return changed(snapshot, port_proxies=proxies)


def held(snapshot: Snapshot, by: Process = IP_HELPER) -> Snapshot:
    """The IP Helper has the port; the component runs and has none."""
    return with_process(changed_listener(snapshot, 9901, pid=by.pid), by)


def seeded() -> Snapshot:
    return held(forwarding(CORE, proxy()))


@pytest.mark.parametrize(
    "broken",
    [
        seeded(),
        held(CORE),
        held(without_process(forwarding(CORE, proxy()), "license-server")),
        forwarding(CORE, proxy()),  # beside the component's own socket
        forwarding(CORE, proxy(at="*")),
        forwarding(CORE, proxy(at="10.1.0.5", to=("127.0.0.1", 9901))),
        forwarding(without_process(CORE, DB), proxy()),
        # whose services the service host runs is not shown: what was set up tells
        held(forwarding(CORE, proxy()), process(77, SVCHOST)),
        with_process(listening(forwarding(CORE, proxy()), listener(9901, 77, address="10.1.0.5")), IP_HELPER),
    ],
)
def test_a_forwarding_on_a_ce_port_is_the_one_finding(broken: Snapshot) -> None:
    assert found(broken) == {(CHECK, "DBConnectorServer")}
    assert the_finding(broken, CHECK).severity == "high"


def test_a_span_is_a_ce_port_throughout() -> None:
    spanned = configured(CORE, DB, tcp(9901, port_end=9902))
    assert judge(forwarding(spanned, proxy(9902)), CHECK).findings
    assert not judge(forwarding(spanned, proxy(9913)), CHECK).findings


def test_the_remedy_deletes_it_and_the_undo_adds_it_again() -> None:
    finding = the_finding(seeded(), CHECK)
    assert finding.observed == "v4tov4 0.0.0.0:9901 -> 10.0.0.9:1433"
    assert finding.remediation.commands == (
        "netsh interface portproxy delete v4tov4 listenport=9901 listenaddress=0.0.0.0",
    )
    assert finding.remediation.undo == (
        (
            "netsh interface portproxy add v4tov4 listenport=9901 listenaddress=0.0.0.0 connectport=1433 "
            "connectaddress=10.0.0.9"
        ),
    )
    assert {seen.locator for seen in finding.evidence} == {"PortProxy 0.0.0.0/9901", "listener 9901"}


def test_what_was_not_collected_is_deleted_by_hand() -> None:
    finding = the_finding(held(CORE), CHECK)
    assert finding.observed == "the IP Helper service listens on the port"
    assert finding.remediation.commands == ()
    assert "portproxy show all" in finding.remediation.manual[0]


def test_the_order_in_which_they_were_read_changes_nothing() -> None:
    some = (proxy(), proxy(at="10.1.0.5"), proxy(8800, ("127.0.0.1", 9900)), proxy(8801, ("127.0.0.1", 9900)))
    one, other = (judge(forwarding(CORE, *each), CHECK) for each in (some, some[::-1]))
    assert one == other
    assert len(one.findings) == 3


@pytest.mark.parametrize("hostile", ["10.0.0.9; Remove-Item x", "$(calc)", "a b", "-x", "%TEMP%", ""])
def test_no_text_of_the_host_gets_into_a_command_unless_it_is_an_address(hostile: str) -> None:
    finding = the_finding(forwarding(CORE, proxy(to=(hostile, 1433))), CHECK)
    assert finding.remediation.commands == ()


@pytest.mark.parametrize(
    ("door", "severity"),
    [
        (with_rule(forwarding(CORE, proxy(8800, ("127.0.0.1", 9901))), OPEN_8800), "medium"),
        (with_rule(forwarding(CORE, proxy(8800, ("10.1.0.5", 9901))), OPEN_8800), "medium"),
        (with_rule(forwarding(CORE, proxy(8800, ("CE-01", 9901))), OPEN_8800), "medium"),
        (with_rule(forwarding(CORE, proxy(8800, ("localhost", 9901), at="*")), OPEN_8800), "medium"),
        (
            with_rule(forwarding(CORE, proxy(8800, ("127.0.0.1", 9901), at="*", family="v6tov4")), OPEN_8800),
            "medium",
        ),
        (
            with_rule(
                forwarding(CORE, proxy(8800, ("127.0.0.1", 9901))), fw_rule("svchost", program=SVCHOST)
            ),
            "medium",
        ),
        (forwarding(CORE, proxy(8800, ("127.0.0.1", 9901))), "low"),
        (
            with_rule(
                forwarding(CORE, proxy(8800, ("127.0.0.1", 9901))),
                OPEN_8800,
                fw_rule("shut", action=Action.BLOCK, local_ports=("8800",)),
            ),
            "low",
        ),
        (with_rule(forwarding(CORE, proxy(8800, ("127.0.0.1", 9901), at="127.0.0.1")), OPEN_8800), "low"),
    ],
)
def test_a_second_door_to_a_component_weighs_by_who_gets_to_it(door: Snapshot, severity: str) -> None:
    finding = the_finding(door, CHECK)
    assert (finding.severity.value, finding.component, finding.port) == (severity, "DBConnectorServer", 8800)
    assert {name for name, _ in found(door)} == ({CHECK} if severity == "medium" else set())


@pytest.mark.parametrize(
    "fine",
    [
        CORE,
        operator_pc(),
        forwarding(CORE),
        forwarding(CORE, proxy(8800)),
        forwarding(CORE, proxy(8800, ("10.1.0.6", 9901))),  # another host's DBConnectorServer
        forwarding(CORE, proxy(20000)),  # a UDP port of CE
    ],
)
def test_other_forwardings_and_none_pass(fine: Snapshot) -> None:
    assert statuses(fine)[CHECK] == "pass"


def test_a_stranger_in_a_service_host_of_known_services_is_no_forwarding() -> None:
    other = held(CORE, process(77, SVCHOST, services=("TermService",)))
    assert found(other) == {("foreign-listener", "DBConnectorServer")}


@pytest.mark.parametrize(
    "open_question", [changed_listener(CORE, 9901, pid=None), held(CORE, process(77, SVCHOST))]
)
def test_an_owner_nobody_knows_never_passes(open_question: Snapshot) -> None:
    result = judge(open_question, CHECK)
    assert (result.status.value, result.findings) == ("not-proven", ())
    # where the forwardings were collected, none of them is there
    assert judge(forwarding(open_question), CHECK).status == "pass"


def test_where_a_component_listens_is_a_ce_port_though_its_configuration_was_not_read() -> None:
    assert judge(forwarding(not_configured(CORE, DB), proxy()), CHECK).findings


@pytest.mark.parametrize(
    "kind",
    [EvidenceKind.LISTENERS, EvidenceKind.PROCESSES, EvidenceKind.CONFIGURED_PORTS, EvidenceKind.EXECUTABLES],
)
def test_without_its_evidence_it_never_passes(kind: EvidenceKind) -> None:
    assert judge(dropped(CORE, kind), CHECK).status == "not-proven"
