"""Dynamic and excluded ranges are read in any language, with the IP version only where it is said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.errors import ParseError
from scanner.model import DynamicRange, ExcludedRange, Origin, Problem
from scanner.parsers.port_ranges import looks_like_port_ranges, parse_port_ranges
from scanner.parsers.text import decode
from tests.corpus import CORPUS, needs_corpus

ORIGIN = Origin(source="ranges.txt")
DYNAMIC = """
协议 udp 动态端口范围
---------------------------------
启动端口      : 49152
端口数        : 16384
"""
EXCLUDED = """
Protokoll tcp Portausschlussbereiche

Startport    Endport
----------    --------
        80          80
     50000       50059     *

* - Verwaltete Portausschlüsse.
"""


def read(text: str) -> tuple[list[tuple[object, ...]], list[Problem]]:
    facts = list(parse_port_ranges(text, ORIGIN))
    rows: list[tuple[object, ...]] = []
    for fact in facts:
        if isinstance(fact, DynamicRange):
            rows.append(("dynamic", fact.protocol, fact.family, fact.start, fact.count))
        elif isinstance(fact, ExcludedRange):
            rows.append((fact.protocol, fact.family, fact.start, fact.end, fact.administered))
    return rows, [fact for fact in facts if isinstance(fact, Problem)]


def test_a_dynamic_range_is_two_numbers_in_order() -> None:
    assert read(DYNAMIC) == ([("dynamic", "udp", None, 49152, 16384)], [])


def test_an_exclusion_knows_whether_an_administrator_made_it() -> None:
    assert read(EXCLUDED) == (
        [("tcp", None, 80, 80, False), ("tcp", None, 50000, 50059, True)],
        [],
    )


def test_the_ip_version_comes_from_an_echoed_command_and_goes_with_its_section() -> None:
    commands = ("C:\\>netsh int ipv6 show dynamicport udp", "C:\\>netsh int ipv4 show dynamicport udp")
    text = f"{commands[0]}\n{DYNAMIC}\n{EXCLUDED}{commands[1]}\n{DYNAMIC}"
    assert [row[:3] for row in read(text)[0]] == [
        ("dynamic", "udp", "ipv6"),
        ("tcp", None, 80),
        ("tcp", None, 50000),
        ("dynamic", "udp", "ipv4"),
    ]


def test_an_empty_table_is_recognised_and_holds_nothing() -> None:
    empty = "".join(line for line in EXCLUDED.splitlines(keepends=True) if not line.startswith("     "))
    assert looks_like_port_ranges(empty)
    assert read(empty) == ([], [])


def test_a_range_beyond_the_last_port_is_a_problem() -> None:
    rows, (item,) = read(DYNAMIC.replace("49152", "65000") + EXCLUDED)
    assert (len(rows), item.reason, item.origin.locator) == (2, "not a range of ports", "line 3")


def test_an_exclusion_that_ends_before_it_starts_is_a_problem() -> None:
    assert len(read(EXCLUDED.replace("50059", "49999"))[1]) == 1


@pytest.mark.parametrize("text", [DYNAMIC.replace("udp", "?"), EXCLUDED.replace("tcp", "?")])
def test_a_range_without_its_protocol_is_a_problem(text: str) -> None:
    other = DYNAMIC if text.startswith("\nProtokoll") else EXCLUDED
    _, problems = read(text + "\n" + other)
    assert {item.reason.rpartition(" of ")[2] for item in problems} == {"neither tcp nor udp"}


@pytest.mark.parametrize("text", ["", "tcp", "tcp\n-----------\nx : 1\n", DYNAMIC.replace("udp", "sctp")])
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(ParseError):
        list(parse_port_ranges(text, ORIGIN))


@given(st.text(max_size=200), st.text("tcp ipv64-:*0123456789\n", max_size=200))
def test_any_text_gives_facts_or_a_parse_error(text: str, near: str) -> None:
    for candidate in (text, near, DYNAMIC + text, EXCLUDED + near):
        try:
            read(candidate)
        except ParseError:
            continue


@needs_corpus
@pytest.mark.parametrize(
    ("name", "tcp", "udp", "administered"),
    [
        ("en_dynamicport_1024.txt", 1, 0, 0),
        ("en_excluded_tcp_and_administered.txt", 4, 0, 1),
        ("en_excluded_tcp_udp_ci.txt", 5, 2, 0),
    ],
)
def test_every_real_output_gives_its_independent_count(
    name: str, tcp: int, udp: int, administered: int
) -> None:
    rows, problems = read(decode((CORPUS / "ports" / name).read_bytes()))
    assert sum("tcp" in row for row in rows) == tcp
    assert sum("udp" in row for row in rows) == udp
    assert sum(row[-1] is True for row in rows) == administered
    assert problems == []
