"""The firewall's log: what came in and was dropped is counted by port, and nothing else is."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.errors import ParseError
from scanner.model import DroppedPackets, Origin, Problem
from scanner.parsers.pfirewall_log import looks_like_pfirewall_log, parse_pfirewall_log

FIELDS = (
    "#Fields: date time action protocol src-ip dst-ip src-port dst-port size tcpflags tcpsyn tcpack tcpwin "
    "icmptype icmpcode info path"
)
HEAD = f"#Version: 1.5\n#Software: Microsoft Windows Firewall\n#Time Format: Local\n{FIELDS}\n\n"
DROP = "2026-03-01 08:05:57 DROP TCP 10.1.1.5 10.1.2.3 52133 9901 52 S 1640769051 0 65535 - - - RECEIVE"


def read(text: str) -> list[DroppedPackets | Problem]:
    return list(parse_pfirewall_log(text, Origin(source="pfirewall.log")))


def drops(*lines: str, head: str = HEAD) -> list[DroppedPackets]:
    found = [item for item in read(head + "\n".join(lines)) if isinstance(item, DroppedPackets)]
    assert len(found) == len(read(head + "\n".join(lines)))
    return found


def line(**changed: str) -> str:
    names = ["day", "clock", "action", "protocol", "source", "target", "from_port", "port"]
    words = dict(zip([*names, "rest"], DROP.split(maxsplit=8), strict=True)) | changed
    return " ".join(words.values())


def test_it_is_known_by_its_header() -> None:
    assert looks_like_pfirewall_log(HEAD)
    assert looks_like_pfirewall_log("#Software: Microsoft Windows Firewall\n")
    assert not looks_like_pfirewall_log(
        "#Software: Microsoft Internet Information Services 6.0\n#Fields: date\n"
    )
    assert not looks_like_pfirewall_log("")
    with pytest.raises(ParseError, match="header is missing"):
        read(DROP)


def test_a_log_without_drops_tells_nothing() -> None:
    assert read(HEAD) == []


def test_drops_are_counted_by_protocol_and_port() -> None:
    assert drops(
        DROP,
        line(clock="09:00:00", source="fe80::1"),
        line(clock="07:00:00"),
        line(protocol="UDP"),
        line(port="9902"),
    ) == [
        DroppedPackets(
            protocol="tcp",
            port=9901,
            count=3,
            first_seen="2026-03-01T07:00:00",
            last_seen="2026-03-01T09:00:00",
            source_count=2,
            sources=("10.1.1.5", "fe80::1"),
            origin=Origin(source="pfirewall.log", locator="tcp 9901"),
        ),
        *drops(line(port="9902")),
        *drops(line(protocol="UDP")),
    ]


@pytest.mark.parametrize(
    "other",
    [
        line(action="ALLOW"),
        line(action="OPEN"),
        line(rest="52 - - - - - - - SEND"),
        line(rest="52 - - - - - - - FORWARD"),
        line(protocol="ICMP", from_port="-", port="-"),
        line(protocol="2", from_port="-", port="-"),
        "",
    ],
)
def test_what_was_not_dropped_on_its_way_in_is_passed_over(other: str) -> None:
    assert drops(DROP, other) == drops(DROP)


def test_carriage_returns_and_a_header_written_again_do_no_harm() -> None:
    assert drops(f"{DROP}\r", *HEAD.splitlines(), DROP)[0].count == 2


def test_the_header_says_where_the_fields_stand() -> None:
    head = HEAD.replace("action protocol", "protocol action").replace(" path", " path pid")
    (found,) = drops(f"{line(action='TCP', protocol='DROP')} 1712", head=head)
    assert (found.protocol, found.port, found.count) == ("tcp", 9901, 1)


def test_utc_is_said_where_the_header_says_it() -> None:
    (found,) = drops(DROP, head=HEAD.replace("Local", "UTC"))
    assert (found.first_seen, found.last_seen) == ("2026-03-01T08:05:57Z",) * 2


def test_the_most_frequent_sources_are_named_and_all_are_counted() -> None:
    rare = [line(source=f"10.2.0.{number}") for number in range(200)]
    (found,) = drops(*rare, *(line(source="10.9.9.9") for _ in range(2)))
    assert (found.count, found.source_count, len(found.sources)) == (202, 201, 20)
    assert found.sources[0] == "10.9.9.9"


@pytest.mark.parametrize(
    "broken",
    [
        line(port="70000"),
        line(port="x"),
        line(source="nobody"),
        line(day="01.03.2026"),
        line(clock="8:05"),
        "2026-03-01 08:05:57 DROP TCP",
        line(rest="52 -"),
    ],
)
def test_lines_that_cannot_be_read_are_one_problem_with_the_first(broken: str) -> None:
    found, problem = read(f"{HEAD}{DROP}\n{broken}\n{broken}\n")
    assert isinstance(found, DroppedPackets)
    assert isinstance(problem, Problem)
    assert found.count == 1
    assert problem.origin.locator == "line 7"
    assert problem.text == broken.strip()
    assert problem.reason.startswith("2 lines could not be read")


def test_a_header_without_the_direction_makes_every_line_unreadable() -> None:
    (problem,) = read(HEAD.replace(" path", "") + DROP)
    assert isinstance(problem, Problem)


def test_lost_events_are_said() -> None:
    lost = "2026-03-01 08:06:00 INFO-EVENTS-LOST - - - - - - - - - - - - 23 -"
    found, problem = read(f"{HEAD}{DROP}\n{lost}\n{lost}")
    assert isinstance(found, DroppedPackets)
    assert isinstance(problem, Problem)
    assert problem.reason.startswith("the firewall lost events 2 times")


@given(st.lists(st.text(max_size=60), max_size=8))
def test_no_line_is_an_exception(lines: list[str]) -> None:
    for item in read(HEAD + "\n".join(f"x DROP {text}" for text in lines)):
        assert isinstance(item, DroppedPackets | Problem)


def test_a_large_log_takes_linear_time() -> None:
    def seconds(count: int) -> float:
        text = HEAD + "".join(
            f"{line(source=f'10.1.{at % 250}.1', port=str(at % 60000))}\n" for at in range(count)
        )
        started = time.perf_counter()
        assert sum(item.count for item in read(text) if isinstance(item, DroppedPackets)) == count
        return time.perf_counter() - started

    small, large = min(seconds(4_000) for _ in range(3)), seconds(64_000)
    assert large < 16 * 6 * small + 0.5
