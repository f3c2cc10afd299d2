"""netstat is read in every switch and language, and only its listeners count."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.errors import ParseError
from scanner.model import Listener, Origin, Problem
from scanner.parsers.netstat import looks_like_netstat, parse_netstat
from scanner.parsers.text import decode
from tests.corpus import CORPUS, needs_corpus

ORIGIN = Origin(source="netstat.txt")
EVERYWHERE = "0.0.0.0"  # noqa: S104 - what netstat prints, nothing is bound


def read(text: str) -> tuple[list[Listener], list[Problem]]:
    facts = list(parse_netstat(text, ORIGIN))
    listeners = [fact for fact in facts if isinstance(fact, Listener)]
    return listeners, [fact for fact in facts if isinstance(fact, Problem)]


def endpoints(text: str) -> list[tuple[str, str, int, int | None, str | None]]:
    return [(item.protocol, item.address, item.port, item.pid, item.image) for item in read(text)[0]]


@pytest.mark.parametrize("state", ["LISTENING", "ABHÖREN", "ESCUCHANDO", "À l'écoute", ""])
def test_a_tcp_listener_is_known_by_its_foreign_port(state: str) -> None:
    text = f"  TCP    0.0.0.0:9901           0.0.0.0:0              {state:<15} 4711\r\n"
    assert endpoints(text) == [("tcp", EVERYWHERE, 9901, 4711, None)]


@pytest.mark.parametrize("state", ["BOUND", "ESTABLISHED", "TIME_WAIT"])
def test_a_socket_in_another_state_does_not_listen(state: str) -> None:
    other = "  UDP    0.0.0.0:1  *:*"
    assert endpoints(f"  TCP    0.0.0.0:50000  0.0.0.0:0  {state}  4\n{other}") == [
        ("udp", EVERYWHERE, 1, None, None)
    ]


def test_a_connection_is_not_a_listener() -> None:
    assert read("  TCP    10.0.0.1:9901    10.0.0.2:50000    ESTABLISHED     1\n") == ([], [])


def test_udp_has_no_state_column() -> None:
    text = "  UDP    [fe80::43d:e812:a09a:d91b%13]:1900  *:*                                    15976\r\n"
    assert endpoints(text) == [("udp", "fe80::43d:e812:a09a:d91b", 1900, 15976, None)]


def test_the_owner_stands_below_its_row() -> None:
    text = (
        "  TCP    0.0.0.0:135            0.0.0.0:0              LISTENING       1712\n"
        "  RpcSs\n [svchost.exe]\n"
        "  TCP    0.0.0.0:445            0.0.0.0:0              LISTENING       4\n"
        " Es konnten keine Besitzerinformationen abgerufen werden.\n"
        "  TCP    [::]:443               [::]:0                 LISTENING       9396\n"
        " [vmware-hostd.exe]\n"
    )
    assert endpoints(text) == [
        ("tcp", EVERYWHERE, 135, 1712, "svchost.exe"),
        ("tcp", EVERYWHERE, 445, 4, None),
        ("tcp", "::", 443, 9396, "vmware-hostd.exe"),
    ]


def test_the_marks_of_select_string_are_not_part_of_the_row() -> None:
    text = ">   TCP    0.0.0.0:22   0.0.0.0:0    LISTENING    1264\n   [sshd.exe]\n"
    assert endpoints(text) == [("tcp", EVERYWHERE, 22, 1264, "sshd.exe")]


@pytest.mark.parametrize("width", [79, 80, 83])
def test_a_row_that_the_console_broke_is_glued(width: int) -> None:
    row = "  UDP    [2001:db8:14c9:cd04:146c:3859:4a7a:9e6a]:62713  *:*" + " " * 20 + "15976"
    assert endpoints(f"{row[:width]}\n{row[width:]}\n  UDP  0.0.0.0:1  *:*  7\n") == [
        ("udp", "2001:db8:14c9:cd04:146c:3859:4a7a:9e6a", 62713, 15976, None),
        ("udp", EVERYWHERE, 1, 7, None),
    ]


def test_what_follows_a_whole_long_row_does_not_touch_its_pid() -> None:
    row = "  UDP    [2001:db8:14c9:cd04:146c:3859:4a7a:9e6a]:62713  *:*" + " " * 20 + "15976"
    assert endpoints(f"{row}\nC:\\>netstat -an\n  TCP  0.0.0.0:1  0.0.0.0:0  LISTENING 2\n")[0][3] == 15976


def test_columns_of_other_switches_do_not_hide_the_pid() -> None:
    text = "  TCP    0.0.0.0:80    0.0.0.0:0    LISTENING    1234    InHost    \n"
    assert endpoints(text) == [("tcp", EVERYWHERE, 80, 1234, None)]


@pytest.mark.parametrize(
    "row",
    [
        "  TCP    0.0.0.0:epmap   HOST:0      LISTENING   1",
        "  TCP    HOST:135        HOST:0      LISTENING   1",
        "  TCP    0.0.0.0:70000   0.0.0.0:0   LISTENING   1",
        "  UDP    0.0.0.0:0       *:*",
        "  UDP    0.0.0.0:53",
    ],
)
def test_a_row_without_numbers_is_a_problem_and_the_others_are_read(row: str) -> None:
    listeners, (item,) = read(f"{row}\n  TCP    0.0.0.0:80    0.0.0.0:0    LISTENING\n")
    assert ([listener.port for listener in listeners], item.text) == ([80], row.strip())
    assert item.origin.locator == "line 1"


@pytest.mark.parametrize("text", ["", "Active Connections\n\n  Proto  Local Address", "tcp 0 0 0.0.0.0:22 x"])
def test_other_text_is_refused(text: str) -> None:
    assert not looks_like_netstat(text)
    with pytest.raises(ParseError):
        list(parse_netstat(text, ORIGIN))


ROW = "  TCP    0.0.0.0:80    0.0.0.0:0    LISTENING\n"


@given(st.text(max_size=200), st.text("TCPUDP:*0123456789.[]% \n", max_size=200))
def test_any_text_beside_a_row_costs_nothing_of_it(text: str, near: str) -> None:
    for candidate in (text, near, f"{ROW}\n{text}", f"{ROW}\n{near}"):
        try:
            found = endpoints(candidate)
        except ParseError:
            continue
        assert not candidate.startswith(ROW) or found[0][:3] == ("tcp", EVERYWHERE, 80)


COUNTS = {
    "en_ano_utf16.txt": (74, 53),
    "es_ano_utf16.txt": (49, 94),
    "fr_an_utf16.txt": (48, 57),
    "ko_ano_utf16.txt": (27, 25),
    "en_an_nopid.txt": (18, 18),
    "jc_netstat-aon.out": (39, 137),
    "jc_netstat-aonb.out": (51, 204),
    "inspec_netstat-anbo.utf8": (34, 15),
}


@needs_corpus
@pytest.mark.parametrize("name", sorted(COUNTS))
def test_every_real_capture_gives_its_independent_count(name: str) -> None:
    listeners, problems = read(decode((CORPUS / "netstat" / name).read_bytes()))
    found = [listener.protocol for listener in listeners]
    assert ((found.count("tcp"), found.count("udp")), problems) == (COUNTS[name], [])
    assert all((listener.pid is None) == (name == "en_an_nopid.txt") for listener in listeners)


@needs_corpus
def test_the_counts_are_those_of_the_index() -> None:
    text = (CORPUS / "INDEX.tsv").read_text(encoding="utf-8")
    for name, (tcp, udp) in COUNTS.items():
        line = next(line for line in text.splitlines() if f"netstat/{name}\t" in line)
        assert line.rpartition("\t")[2].startswith(f"{tcp} ")
        assert f"{udp} UDP" in line


@needs_corpus
def test_an_independent_parser_found_the_same_listeners_and_owners() -> None:
    rows = json.loads((CORPUS / "netstat" / "jc_netstat-aonb.json").read_text(encoding="utf-8"))
    expected = [
        (
            row["proto"].lower(),
            row["local_address"].strip("[]").partition("%")[0],
            int(row["local_port"]),
            row["pid"],
            row["program_name"].strip("[]") if row["program_name"].startswith("[") else None,
        )
        for row in rows
        if row["proto"] == "UDP" or row["state"] == "LISTENING"
    ]
    assert endpoints(decode((CORPUS / "netstat" / "jc_netstat-aonb.out").read_bytes())) == expected
    assert len(expected) == 255
