"""Objects that PowerShell wrote as JSON are read in every shape it gives them."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.errors import ParseError
from scanner.facts import Fact
from scanner.model import Interface, Listener, Origin, Problem, Process, Profile, Service
from scanner.parsers.powershell_json import looks_like_powershell_json, parse_powershell_json
from scanner.parsers.text import decode
from tests.corpus import CORPUS, needs_corpus

ORIGIN = Origin(source="facts.json")
EVERYWHERE = "0.0.0.0"  # noqa: S104 - what Windows reports, nothing is bound
FIRST = Origin(source="facts.json", locator="item 1")
TCP = {"LocalAddress": EVERYWHERE, "LocalPort": 9901, "RemotePort": 0, "State": 2, "OwningProcess": 4711}
NOISE = {"CimClass": "ROOT/StandardCimv2:MSFT_NetUDPEndpoint", "PSComputerName": None}
UDP = {"LocalAddress": "fe80::1%13", "LocalPort": 5060, "OwningProcess": 4711}
PROCESS = {"ProcessId": 4711, "Name": "db.exe", "ExecutablePath": "C:\\CE\\db.exe", "CreationDate": None}
LISTENER = Listener(protocol="tcp", address=EVERYWHERE, port=9901, pid=4711, origin=FIRST)


def read(data: object, source: str = "facts.json") -> list[Fact]:
    return list(parse_powershell_json(json.dumps(data), Origin(source=source)))


@pytest.mark.parametrize("data", [TCP, [TCP], {"value": [TCP], "Count": 1}], ids=["bare", "array", "value"])
def test_one_object_may_come_bare_in_an_array_or_wrapped(data: object) -> None:
    assert read(data) == [LISTENER]


@pytest.mark.parametrize(
    ("state", "listens"),
    [(2, True), ("Listen", True), ("2", True), (5, False), (100, False), ("Bound", False)],
)
def test_only_a_listening_connection_is_a_listener(state: object, listens: bool) -> None:
    assert read({**TCP, "State": state}) == ([LISTENER] if listens else [])


@pytest.mark.parametrize(
    ("row", "source"),
    [
        ({**UDP, "OwningProcess": "4711", **NOISE}, "x.json"),
        ({**UDP, **NOISE}, "x.json"),
        ({**UDP, "CommunicationStatus": None}, "x.json"),
        (UDP, "Get-NetUDPEndpoint.json"),
    ],
)
def test_a_udp_endpoint_is_a_listener(row: dict[str, Any], source: str) -> None:
    (listener,) = read(row, source)
    origin = Origin(source=source, locator="item 1")
    assert listener == Listener(protocol="udp", address="fe80::1", port=5060, pid=4711, origin=origin)


def test_three_columns_alone_do_not_say_the_protocol() -> None:
    (item,) = read(UDP)
    assert isinstance(item, Problem)
    assert item.reason.startswith("says neither TCP nor UDP")


@pytest.mark.parametrize(
    ("date", "started_at"),
    [
        ("/Date(1700000000000)/", datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)),
        (
            {"value": "/Date(1700000000000)/", "DisplayHint": 2},
            datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC),
        ),
        ("2026-03-01T09:00:00.1234567+01:00", datetime(2026, 3, 1, 8, 0, 0, 123456, tzinfo=UTC)),
        ("20260301090000.000000+060", datetime(2026, 3, 1, 8, tzinfo=UTC)),
        ("2026-03-01T09:00:00", None),
        ("/Date(999999999999999)/", None),
        ("20261301090000.000000+060", None),
        (None, None),
    ],
)
def test_a_process_started_in_utc_or_at_no_stated_time(date: object, started_at: datetime | None) -> None:
    assert read({**PROCESS, "CreationDate": date}) == [
        Process(pid=4711, name="db.exe", path="C:\\CE\\db.exe", started_at=started_at, origin=FIRST)
    ]


def test_get_process_leaves_the_extension_to_the_path() -> None:
    rows = [
        {"Id": 7, "ProcessName": "db", "Path": "C:\\CE\\db.exe", "StartTime": "/Date(0)/"},
        {"Id": 4, "ProcessName": "System", "Path": None},
    ]
    assert [(item.pid, item.name, item.path) for item in read(rows) if isinstance(item, Process)] == [
        (7, "db.exe", "C:\\CE\\db.exe"),
        (4, "System", None),
    ]


def test_a_service_that_does_not_run_has_no_process() -> None:
    row = {"Name": "CEService", "DisplayName": "CE", "PathName": '"C:\\CE\\s.exe" -k', "State": "Stopped"}
    assert read([{**row, "StartMode": "Auto", "ProcessId": 0}]) == [
        Service(
            name="CEService",
            display_name="CE",
            path='"C:\\CE\\s.exe" -k',
            state="stopped",
            start_mode="auto",
            origin=FIRST,
        )
    ]


@pytest.mark.parametrize(
    ("category", "profile"),
    [(0, Profile.PUBLIC), ("Private", Profile.PRIVATE), (2, Profile.DOMAIN)],
)
def test_a_connection_profile_says_which_firewall_profile_an_interface_is_in(
    category: object, profile: Profile
) -> None:
    assert read({"InterfaceAlias": "LAN", "InterfaceIndex": 7, "NetworkCategory": category}) == [
        Interface(alias="LAN", index=7, profile=profile, origin=FIRST)
    ]


def test_an_address_carries_its_prefix() -> None:
    row = {"InterfaceAlias": "LAN", "InterfaceIndex": 7, "IPAddress": "fe80::1%7", "PrefixLength": 64}
    assert read(row) == [Interface(alias="LAN", index=7, addresses=("fe80::1/64",), origin=FIRST)]


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        (TCP, {**TCP, "LocalPort": 0}),
        (TCP, {**TCP, "LocalAddress": "HOST"}),
        (TCP, "text"),
        (PROCESS, {"ProcessId": None}),
        ({"Name": "a", "StartMode": "Auto"}, {"Name": ""}),
        ({"InterfaceAlias": "a", "NetworkCategory": 0}, {"InterfaceAlias": "b", "NetworkCategory": 9}),
        ({"InterfaceAlias": "a", "NetworkCategory": 0}, {"NetworkCategory": 0}),
        (
            {"InterfaceAlias": "a", "IPAddress": "::1", "PrefixLength": 128},
            {"InterfaceAlias": "a", "IPAddress": "1.2.3.4", "PrefixLength": 64},
        ),
    ],
)
def test_a_bad_object_is_a_problem_and_the_good_one_is_read(good: object, bad: object) -> None:
    fact, item = read([good, bad])
    assert not isinstance(fact, Problem)
    assert isinstance(item, Problem)
    assert item.origin.locator == "item 2"


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", "12", '"x"', "[1]", "{", "{}\n{", '[{"pid": 1}]', "[" * 100_000]
)
def test_other_text_is_refused(text: str) -> None:
    assert not looks_like_powershell_json(text)
    with pytest.raises(ParseError):
        list(parse_powershell_json(text, ORIGIN))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=5,
)
SOCKET = {**TCP, "Laddr.IP": 1, "Laddr.Port": 1, "Type": 1, "Status": 1}
OTHERS = {"StartMode": 1, "PathName": 1, "Id": 1, "ProcessName": 1, "Path": 1, "InterfaceAlias": 1}
ADDRESS = {"NetworkCategory": 1, "IPAddress": 1, "PrefixLength": 1}
PROPERTIES = st.sampled_from(sorted({**SOCKET, **PROCESS, **OTHERS, **ADDRESS}))


@given(st.lists(st.dictionaries(PROPERTIES, JSON, max_size=12), max_size=3), st.text(max_size=100))
def test_any_values_give_facts_or_a_parse_error(rows: list[dict[str, Any]], text: str) -> None:
    for candidate in (json.dumps(rows), "\n".join(map(json.dumps, rows)), text):
        try:
            list(parse_powershell_json(candidate, ORIGIN))
        except ParseError:
            continue


@needs_corpus
def test_the_real_connections_are_read() -> None:
    text = decode((CORPUS / "powershell" / "get-net-tcpconnection.json").read_bytes())
    listeners = [item for item in parse_powershell_json(text, ORIGIN) if isinstance(item, Listener)]
    assert [(item.address, item.port, item.pid) for item in listeners] == [
        ("::", 135, None),
        ("192.168.10.157", 135, None),
    ]


@needs_corpus
def test_velociraptor_names_the_path_of_each_listener() -> None:
    text = decode((CORPUS / "netstat" / "velociraptor_NetstatEnriched.jsonl").read_bytes())
    facts = list(parse_powershell_json(text, ORIGIN))
    listeners = [item for item in facts if isinstance(item, Listener)]
    assert len(listeners) == len(facts)
    assert sum(item.protocol == "tcp" for item in listeners) == 18
    assert sum(item.protocol == "udp" for item in listeners) == text.count('"Type":"UDP"')
    first = listeners[0]
    assert (first.port, first.pid, first.image) == (135, 568, r"C:\Windows\System32\svchost.exe")


CONFIGURATION = {
    "InterfaceAlias": "Ethernet0",
    "InterfaceIndex": 12,
    "NetProfile": {"Name": "corp.example", "NetworkCategory": 2},
    "IPv6LinkLocalAddress": {"IPAddress": "fe80::1%12", "PrefixLength": 64},
    "IPv4Address": [
        {"IPAddress": "10.1.2.3", "PrefixLength": 24},
        {"IPAddress": "10.1.2.4", "PrefixLength": 24},
    ],
    "DNSServer": [{"ServerAddresses": ["10.1.2.10"]}],
}


def test_an_ip_configuration_is_the_interface_with_its_network_and_addresses() -> None:
    assert read(CONFIGURATION) == [
        Interface(
            alias="Ethernet0",
            index=12,
            addresses=("fe80::1/64", "10.1.2.3/24", "10.1.2.4/24"),
            profile=Profile.DOMAIN,
            origin=FIRST,
        )
    ]


@pytest.mark.parametrize("network", [None, "MSFT_NetConnectionProfile", {}, {"NetworkCategory": None}])
def test_an_ip_configuration_without_a_network_has_no_profile(network: object) -> None:
    (found,) = read({**CONFIGURATION, "NetProfile": network, "IPv6LinkLocalAddress": ""})
    assert isinstance(found, Interface)
    assert found.profile is None
    assert found.addresses == ("10.1.2.3/24", "10.1.2.4/24")


def test_addresses_that_json_cut_short_are_problems_that_say_what_to_do() -> None:
    problem, found = read({**CONFIGURATION, "IPv4Address": ['MSFT_NetIPAddress (Name = "x")']})
    assert isinstance(problem, Problem)
    assert isinstance(found, Interface)
    assert "-Depth 5" in problem.reason
    assert found.addresses == ("fe80::1/64",)
