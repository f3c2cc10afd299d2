"""The JSON of a bundle: what PowerShell and we write is read, what nobody should write costs only its row."""

import codecs
import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.errors import ParseError
from scanner.model import (
    DynamicRange,
    ExcludedRange,
    Host,
    InstalledFile,
    Interface,
    Listener,
    Origin,
    Problem,
    Process,
    Profile,
    Service,
)
from scanner.parsers.bundle import KeyTime, Manifest, bundle_reader, read_json

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
FILES = (
    "manifest.json",
    "host.json",
    "port-ranges.json",
    "listeners.json",
    "interfaces.json",
    "processes.json",
    "services.json",
    "files.json",
    "key-times.json",
)
LISTENER = {"protocol": "tcp", "address": "0.0.0.0", "port": 9901, "pid": 8}  # noqa: S104


def origin(row: int = 0) -> Origin:
    return Origin(source="x.json", locator=f"row {row}" if row else "")


def raw(name: str, data: bytes) -> list[Any]:
    read = bundle_reader(name)
    assert read is not None
    return list(read(data, origin()))


def read(name: str, content: object) -> list[Any]:
    return raw(name, json.dumps(content).encode())


def test_only_files_of_the_bundle_have_a_reader_whatever_the_case_of_their_name() -> None:
    assert all(bundle_reader(name.upper()) for name in FILES)
    assert bundle_reader("results.json") is None


@pytest.mark.parametrize(
    ("name", "row", "fact"),
    [
        (
            "listeners.json",
            {"protocol": "TCP", "address": "[fe80::1%12]", "port": 9901, "pid": 8},
            Listener(protocol="tcp", address="fe80::1", port=9901, pid=8, origin=origin(1)),
        ),
        (
            "listeners.json",
            {"protocol": "udp", "address": "::", "port": 1, "pid": None},
            Listener(protocol="udp", address="::", port=1, origin=origin(1)),
        ),
        (
            "interfaces.json",
            {"alias": "LAN", "index": 4, "addresses": "10.0.0.1/8", "profile": "DomainAuthenticated"},
            Interface(
                alias="LAN", index=4, addresses=("10.0.0.1/8",), profile=Profile.DOMAIN, origin=origin(1)
            ),
        ),
        (
            "interfaces.json",
            {"alias": "x", "index": 1, "addresses": None, "profile": 0},
            Interface(alias="x", index=1, profile=Profile.PUBLIC, origin=origin(1)),
        ),
        (
            "interfaces.json",
            {"alias": "x", "index": 1, "addresses": [], "profile": None},
            Interface(alias="x", index=1, origin=origin(1)),
        ),
        (
            "processes.json",
            {"pid": 4, "name": "System", "path": "", "started_at": "2026-03-01T12:00:00", "services": None},
            Process(pid=4, name="System", started_at=NOON, origin=origin(1)),
        ),
        (
            "processes.json",
            {"pid": 5, "name": "a.exe", "path": "C:\\a.exe", "services": "Dhcp"},
            Process(pid=5, name="a.exe", path="C:\\a.exe", services=("Dhcp",), origin=origin(1)),
        ),
        (
            "services.json",
            {"name": "A", "state": "Running", "start_mode": "Auto", "sid_type": "NONE", "pid": 3},
            Service(name="A", state="running", start_mode="auto", sid_type="none", pid=3, origin=origin(1)),
        ),
        ("services.json", {"name": "B", "state": None}, Service(name="B", origin=origin(1))),
        (
            "files.json",
            {"path": "C:\\a.exe", "bytes": 7, "modified_at": "2026-03-01T13:00:00+01:00"},
            InstalledFile(path="C:\\a.exe", bytes=7, modified_at=NOON, origin=origin(1)),
        ),
        (
            "files.json",
            {"path": "C:\\b.exe", "bytes": None, "modified_at": None},
            InstalledFile(path="C:\\b.exe", origin=origin(1)),
        ),
        (
            "key-times.json",
            {"key": "HKEY_LOCAL_MACHINE\\X", "last_write": "2026-03-01T12:00:00Z"},
            KeyTime(key="HKEY_LOCAL_MACHINE\\X", last_write=NOON, origin=origin(1)),
        ),
    ],
)
def test_a_row_is_a_fact_with_its_number(name: str, row: dict[str, object], fact: object) -> None:
    assert read(name, [row]) == [fact]
    assert read(name, row) == [fact]  # one element, as Windows PowerShell writes it
    assert read(name, {"value": [row], "Count": 1}) == [fact]


def test_rows_may_be_arrays_in_the_order_of_the_fields() -> None:
    assert read("listeners.json", [["tcp", "::1", 80, 4], ["udp", "10.0.0.1", 53]]) == [
        Listener(protocol="tcp", address="::1", port=80, pid=4, origin=origin(1)),
        Listener(protocol="udp", address="10.0.0.1", port=53, origin=origin(2)),
    ]


@pytest.mark.parametrize("content", [[], None, "", {"value": [], "Count": 0}])
def test_nothing_is_nothing(content: object) -> None:
    assert read("listeners.json", content) == []


BAD = [
    7,
    None,
    "tcp",
    [],
    ["tcp"],
    {},
    {**LISTENER, "port": "9901"},
    {**LISTENER, "port": 0},
    {**LISTENER, "port": 65536},
    {**LISTENER, "port": None},
    {**LISTENER, "port": []},
    {**LISTENER, "protocol": "icmp"},
    {**LISTENER, "address": "localhost"},
    {**LISTENER, "pid": "four"},
    {**LISTENER, "protocol": [[[]]]},
]


@pytest.mark.parametrize("row", BAD)
def test_a_bad_row_is_a_problem_with_its_number_and_the_others_are_read(row: object) -> None:
    before, problem, after = read("listeners.json", [LISTENER, row, LISTENER])
    assert isinstance(before, Listener)
    assert isinstance(after, Listener)
    assert isinstance(problem, Problem)
    assert problem.origin == origin(2)
    assert problem.text == json.dumps(row)[:200]
    assert problem.reason.startswith("not a row of protocol, address, port, pid: ")


def test_text_that_no_json_of_ours_can_hold_costs_its_row() -> None:
    good, problem = read("processes.json", [{"pid": 1, "name": "a"}, {"pid": 2, "name": "\ud800"}])
    assert isinstance(good, Process)
    assert isinstance(problem, Problem)
    assert problem.text == '{"pid": 2, "name": "\\ud800"}'
    problem.reason.encode()


def test_a_long_bad_row_is_cut() -> None:
    (problem,) = read("listeners.json", [{"x": "y" * 1000}])
    assert len(problem.text) == 200


def test_the_first_moment_there_is_means_no_time() -> None:
    row = {"path": "C:\\a", "bytes": 1, "modified_at": "0001-01-01T00:00:00+01:00"}
    assert read("files.json", [row]) == [InstalledFile(path="C:\\a", bytes=1, origin=origin(1))]


def test_the_host_is_read_with_utc_times_and_a_build_that_may_be_a_number() -> None:
    (host,) = read("host.json", {"name": "A", "os_build": 17763, "boot_time": "2026-03-01T12:00:00"})
    assert host == Host(name="A", os_build="17763", boot_time=NOON)
    assert read("host.json", {"collected_at": "2026-03-01T07:00:00-05:00"}) == [Host(collected_at=NOON)]


def test_the_manifest_gives_the_host_and_the_steps_that_failed() -> None:
    steps = [{"name": "a", "ms": 3, "error": None}, {"name": "b", "error": "denied"}, {"error": "x"}]
    content = {"host": "A", "collector": "c 1", "elevated": True, "collected_at": "2026-03-01T12:00:00Z"}
    assert read("manifest.json", {**content, "steps": steps}) == [
        Manifest(
            host=Host(name="A", collector="c 1", elevated=True, collected_at=NOON),
            failed=(("b", "denied"), ("", "x")),
        )
    ]


def test_port_ranges_are_read_for_each_transport() -> None:
    content = {
        "dynamic": {"tcp4": [49152, 16384], "udp6": [1024, 64511], "tcp6": None},
        "excluded": {"tcp4": [[5357, 5357, False], [50000, 50059, True]], "udp4": None, "udp6": [[1, 2]]},
    }
    assert read("port-ranges.json", content) == [
        DynamicRange(protocol="tcp", family="ipv4", start=49152, count=16384, origin=origin()),
        DynamicRange(protocol="udp", family="ipv6", start=1024, count=64511, origin=origin()),
        ExcludedRange(protocol="tcp", family="ipv4", start=5357, end=5357, origin=origin()),
        ExcludedRange(
            protocol="tcp", family="ipv4", start=50000, end=50059, administered=True, origin=origin()
        ),
        ExcludedRange(protocol="udp", family="ipv6", start=1, end=2, origin=origin()),
    ]


@pytest.mark.parametrize(
    "content",
    [
        {"dynamic": {"tcp4": [0, 0]}},
        {"dynamic": {"tcp4": [60000, 10000]}},
        {"dynamic": {"tcp4": [-1, 5]}},
        {"dynamic": {"sctp4": [1, 5]}},
        {"excluded": {"tcp4": [[5, 4, False]]}},
        {"excluded": {"tcp4": [[5, 70000, False]]}},
        {"excluded": {"x": [[5, 6, False]]}},
    ],
)
def test_a_range_that_is_none_is_a_problem(content: object) -> None:
    (problem,) = read("port-ranges.json", content)
    assert isinstance(problem, Problem)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("listeners.json", 7),
        ("listeners.json", {"value": 7, "Count": 1}),
        ("host.json", []),
        ("host.json", {"name": 7}),
        ("host.json", {"name": "\ud800"}),
        ("manifest.json", []),
        ("manifest.json", {"steps": [1]}),
        ("port-ranges.json", {"dynamic": []}),
        ("port-ranges.json", {"excluded": {"tcp4": [["a", "b"]]}}),
    ],
)
def test_a_file_of_the_wrong_shape_is_unreadable(name: str, content: object) -> None:
    with pytest.raises(ParseError, match=r"^x\.json: "):
        read(name, content)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("data", [b"{", b"\xff\xfe{", b"\x80", b"[1,", b"nonsense", b"[" * 100_000])
def test_what_is_no_json_is_unreadable(name: str, data: bytes) -> None:
    with pytest.raises(ParseError, match=r"^x\.json: not JSON: "):
        raw(name, data)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_every_encoding_of_windows_is_read(encoding: str) -> None:
    data = json.dumps([{"pid": 1, "name": "Zoë"}], ensure_ascii=False).encode(encoding)
    (process,) = raw("processes.json", data)
    assert process.name == "Zoë"
    assert read_json(codecs.BOM_UTF8 + b"{}", origin()) == {}


@pytest.mark.parametrize("depth", [10, 100, *range(880, 1000, 3)])
@pytest.mark.parametrize("field", ["protocol", "address", "port", "extra"])
def test_deep_nesting_is_a_problem_or_unreadable_and_no_more(depth: int, field: str) -> None:
    nested = "[" * depth + "]" * depth
    data = f'[{{"protocol": "tcp", "address": "::", "port": 1, "{field}": {nested}}}]'.encode()
    try:
        found = raw("listeners.json", data)
    except ParseError:
        return
    assert len(found) == 1


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["tcp", "::", "0001-01-01T00:00:00+05:00", "9999-12-31T23:59:59-05:00", "\ud800"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "protocol",
                    "address",
                    "port",
                    "pid",
                    "name",
                    "path",
                    "services",
                    "alias",
                    "key",
                    "last_write",
                    "bytes",
                ]
            )
            | st.text(max_size=3),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


@pytest.mark.parametrize("name", FILES)
@given(content=JSON)
def test_no_json_raises_anything_but_a_parse_error(name: str, content: object) -> None:
    with suppress(ParseError):
        read(name, content)
