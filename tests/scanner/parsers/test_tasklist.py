"""tasklist is read as a table and as CSV, with services, in any language."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.errors import ParseError
from scanner.model import Origin, Problem, Process
from scanner.parsers.tasklist import looks_like_tasklist, parse_tasklist
from scanner.parsers.text import decode
from tests.corpus import CORPUS, needs_corpus

ORIGIN = Origin(source="tasklist.txt")

TABLE = """
Abbildname                     PID Sitzungsname       Sitz.-Nr. Speichernutzung
========================= ======== ================ =========== ===============
System Idle Process              0 Services                   0             8 K
App 2 with a 1.exe           12345 Console                    1         1.468 K
"""
SVC = """
Image Name                     PID Services
========================= ======== ============================================
System Idle Process              0 Nicht zutreffend
System                           4 Nicht zutreffend
svchost.exe                   1256 DcomLaunch, PlugPlay, Power,
                                   SystemEventsBroker
svchost.exe                   1300 RpcEptMapper, RpcSs
ce.exe                        2000 Nicht zutreffend
"""


def read(text: str) -> tuple[list[Process], list[Problem]]:
    facts = list(parse_tasklist(text, ORIGIN))
    processes = [fact for fact in facts if isinstance(fact, Process)]
    return processes, [fact for fact in facts if isinstance(fact, Problem)]


def brief(text: str) -> list[tuple[int, str, tuple[str, ...]]]:
    processes, problems = read(text)
    assert problems == []
    return [(item.pid, item.name, item.services) for item in processes]


def test_a_table_is_read_by_its_ruler() -> None:
    assert brief(TABLE) == [(0, "System Idle Process", ()), (12345, "App 2 with a 1.exe", ())]
    assert read(TABLE)[0][1].origin.locator == "line 5"


def test_a_name_in_wide_characters_shifts_the_columns() -> None:
    text = TABLE + "测试程序.exe              4711 Console                    1         5,000 K\n"
    assert brief(text)[-1] == (4711, "测试程序.exe", ())


def test_services_are_read_over_several_lines_and_their_absence_in_any_language() -> None:
    assert brief(SVC) == [
        (0, "System Idle Process", ()),
        (4, "System", ()),
        (1256, "svchost.exe", ("DcomLaunch", "PlugPlay", "Power", "SystemEventsBroker")),
        (1300, "svchost.exe", ("RpcEptMapper", "RpcSs")),
        (2000, "ce.exe", ()),
    ]


@pytest.mark.parametrize(
    ("cell", "services"),
    [("N/A", ()), ("", ()), ("RpcSs", ("RpcSs",)), ("A,B", ("A", "B")), ("ntdll.dll,kernel32.dll", ())],
)
def test_csv_with_three_columns_names_the_services(cell: str, services: tuple[str, ...]) -> None:
    assert brief(f'"映像名称","PID","服务"\r\n"svchost.exe","1256","{cell}"\r\n') == [
        (1256, "svchost.exe", services)
    ]


def test_csv_without_header_and_with_a_quoted_title_is_read() -> None:
    row = '"a.exe","7","Console","1","1\xa0004 Ko","Running","HOST\\A B","0:00:00","say "hi", "bye""'
    assert brief(row) == [(7, "a.exe", ())]


def test_a_row_without_its_pid_is_a_problem_and_the_others_are_read() -> None:
    text = '"Image Name","PID","Services"\n"a.exe","1","N/A"\n"b.exe","x","N/A"\n"c.exe","2","N/A"\n'
    processes, (item,) = read(text)
    assert ([process.pid for process in processes], item.origin.locator) == ([1, 2], "line 3")


def test_a_table_row_without_its_pid_is_a_problem() -> None:
    processes, (item,) = read(TABLE.rstrip() + "\ngarbled\n")
    assert (len(processes), item.text) == (2, "garbled")


def test_what_follows_a_table_is_not_part_of_it() -> None:
    assert len(brief(TABLE + "\nC:\\>dir\n")) == 2


def test_tables_may_follow_each_other_without_a_blank_line() -> None:
    assert (
        len(
            brief(
                TABLE.rstrip()
                + "\n"
                + TABLE.strip().splitlines()[1]
                + "\na.exe                           5 x"
            )
        )
        == 3
    )


def test_no_matching_task_is_recognised_and_empty() -> None:
    text = "INFO: No tasks are running which match the specified criteria.\r\n"
    assert looks_like_tasklist(text)
    assert brief(text) == []


@pytest.mark.parametrize("text", ["", '"channel","port","recorder"\n"12","5004","cmapi"\n', "==== ===="])
def test_other_text_is_refused(text: str) -> None:
    assert not looks_like_tasklist(text)
    with pytest.raises(ParseError):
        list(parse_tasklist(text, ORIGIN))


@given(st.text(max_size=200))
def test_any_text_gives_facts_or_a_parse_error(text: str) -> None:
    for candidate in (text, TABLE + text, SVC + text, '"a.exe","1","x"\n' + text):
        try:
            read(candidate)
        except ParseError:
            continue


@needs_corpus
@pytest.mark.parametrize(
    ("name", "count"),
    [("en_tasklist.txt", 224), ("en_tasklist_fo_csv.csv", 382), ("en_tasklist_v_fo_csv_utf16.csv", 225)],
)
def test_every_real_listing_gives_its_independent_count(name: str, count: int) -> None:
    processes, problems = read(decode((CORPUS / "tasklist" / name).read_bytes()))
    assert (len(processes), problems) == (count, [])
    assert len({process.pid for process in processes}) == count
