"""Components whose port Windows chooses at every start."""

import pytest

from scanner.model import EvidenceKind, PortState, Snapshot
from tests.rules.changes import (
    all_listeners,
    changed,
    changed_listener,
    changed_rule,
    configured,
    dropped,
    listening,
    not_configured,
    not_listening,
    without_rule,
)
from tests.rules.hosts import DB, core_server, tcp
from tests.rules.judging import found, judge, statuses, the_finding

CHECK = "dynamic-port"
CORE = core_server()
NAMING = "CE-naming-service-tcp-9999"


def dynamic(snapshot: Snapshot, port: int = 50123) -> Snapshot:
    """The naming service without an endpoint option."""
    away = changed_listener(snapshot, 9999, port=port)
    return configured(away, "naming-service", state=PortState.DYNAMIC, reason="no endpoint option")


def unread(port: int) -> Snapshot:
    """A file of unknown schema names no port, and the program listens on `port`."""
    away = changed_listener(CORE, 9901, port=port)
    return configured(away, DB, state=PortState.NOT_DETERMINABLE, reason="names no port")


@pytest.mark.parametrize(
    ("broken", "component"),
    [
        (dynamic(CORE), "Naming Service"),
        (without_rule(dynamic(CORE), NAMING), "Naming Service"),
        (not_listening(dynamic(CORE), 50123), "Naming Service"),
        (unread(50000), "DBConnectorServer"),
        (unread(49152), "DBConnectorServer"),
        (not_configured(changed_listener(CORE, 9901, port=65535), DB), "DBConnectorServer"),
    ],
)
def test_a_port_that_will_change_is_the_one_finding(broken: Snapshot, component: str) -> None:
    assert found(broken) == {(CHECK, component)}


def test_a_program_wide_rule_follows_it_which_is_less_bad() -> None:
    assert the_finding(dynamic(CORE), CHECK).severity == "high"
    followed = changed_rule(dynamic(CORE), NAMING, local_ports=())
    assert the_finding(followed, CHECK).severity == "medium"
    assert found(followed) == {(CHECK, "Naming Service")}


def test_a_configuration_that_stops_the_service_says_so() -> None:
    broken = configured(
        not_listening(CORE, 9999),
        "naming-service",
        state=PortState.INVALID,
        reason="the service will not start",
    )
    assert found(broken) == {(CHECK, "Naming Service")}
    assert the_finding(broken, CHECK).message.endswith("the service will not start")


def test_the_remedy_sets_the_port_before_the_cmdlets_run() -> None:
    remediation = the_finding(dynamic(CORE), CHECK).remediation
    assert remediation.manual[0].startswith("First set the port to 9999 in HKEY_LOCAL_MACHINE")
    assert remediation.commands[-2:] == ("Remove-CEFirewallRules", "Add-CEFirewallRules")
    assert remediation.undo


def test_a_static_port_inside_the_dynamic_range_is_fixed_all_the_same() -> None:
    high = configured(changed_listener(CORE, 9901, port=50000), DB, tcp(50000))
    assert statuses(high)[CHECK] == "pass"


def test_just_below_the_dynamic_range_nothing_is_said_of_dynamic() -> None:
    result = judge(unread(49151), CHECK)
    assert (result.status.value, result.findings) == ("not-proven", ())


def test_a_range_moved_down_over_the_vendors_ports_accuses_nobody_on_his_own_port() -> None:
    ranges = changed(
        CORE.port_ranges,
        dynamic=tuple(changed(found, start=1025, count=60000) for found in CORE.port_ranges.dynamic),
    )
    at_default = found(not_configured(changed(CORE, port_ranges=ranges), DB))
    assert at_default == {("port-in-dynamic-range", "")}  # of the components that are configured
    assert found(changed(unread(9933), port_ranges=ranges)) == {*at_default, (CHECK, "DBConnectorServer")}


def test_an_unlisted_component_with_a_rule_for_its_program_may_move() -> None:
    chat = not_configured(changed_listener(CORE, 9915, port=50001), "chat-server")
    assert found(chat) == {(CHECK, "ChatServer")}
    followed = changed_rule(chat, "CE-chat-server-tcp-9915", local_ports=())
    assert found(followed) == set()
    assert statuses(followed)[CHECK] == "not-proven"


def chat_without_port(snapshot: Snapshot) -> Snapshot:
    """Its file was read and states no port; the firewall rule is for the whole program."""
    unstated = configured(snapshot, "chat-server", state=PortState.NOT_DETERMINABLE, reason="states no port")
    return changed_rule(unstated, "CE-chat-server-tcp-9915", local_ports=())


def test_nobody_asks_for_the_port_of_an_unlisted_component_whose_program_is_let_through() -> None:
    asked = (CHECK, "tao-endpoint", "listener-mismatch", "port-conflict", "missing-firewall-rule")
    for host in (CORE, not_listening(CORE, 9915), changed_listener(CORE, 9915, port=50001)):
        unstated = chat_without_port(host)
        assert found(unstated) == set()
        assert [statuses(unstated)[check] for check in asked] == ["pass"] * len(asked)


def test_a_rule_for_the_port_of_today_settles_nothing_for_an_unlisted_component() -> None:
    today = changed_rule(chat_without_port(CORE), "CE-chat-server-tcp-9915", local_ports=("9915",))
    assert statuses(today)[CHECK] == "not-proven"


def test_a_port_of_both_address_families_is_named_once() -> None:
    either = next(found for found in unread(50001).listeners if found.port == 50001)
    both = listening(unread(50001), changed(either, address="::"))
    assert "(it listens on 50001 now)" in the_finding(both, CHECK).message


def test_a_switched_off_connector_and_a_recorder_without_channels_pass() -> None:
    no_ajp = configured(
        not_listening(CORE, 8009),
        "web-service",
        *(tcp(8005, purpose="shutdown", address="127.0.0.1"), tcp(8080, purpose="http")),
        tcp(8443, purpose="https"),
    )
    no_channels = configured(
        not_listening(CORE, 20000, 20002, 21000, 21001),
        "telephony-recorder-sip",
        state=PortState.DISABLED,
        reason="no channel",
    )
    assert statuses(no_ajp)[CHECK] == "pass"
    assert statuses(no_channels)[CHECK] == "pass"
    assert found(no_ajp) == set()


@pytest.mark.parametrize(
    "kind",
    [
        EvidenceKind.CONFIGURED_PORTS,
        EvidenceKind.EXECUTABLES,
        EvidenceKind.LISTENERS,
        EvidenceKind.PROCESSES,
        EvidenceKind.RECORDING_CHANNELS,
    ],
)
def test_without_its_evidence_it_never_passes(kind: EvidenceKind) -> None:
    assert judge(dropped(CORE, kind), CHECK).status == "not-proven"


def test_one_component_whose_configuration_was_not_collected_leaves_it_open() -> None:
    result = judge(not_configured(CORE, DB), CHECK)
    assert result.status == "not-proven"
    assert "DBConnectorServer" in result.reason


def test_where_nothing_says_who_listens_nothing_is_called_dynamic() -> None:
    assert found(all_listeners(not_configured(CORE, DB), pid=None)) == set()
