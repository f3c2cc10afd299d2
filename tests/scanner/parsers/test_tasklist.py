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
LIST = """
C:\\Users\\a> tasklist /fo:list | more

Image Name:   System Idle Process
PID:          0
Session Name: Services
Session#:     0
Mem Usage:    8 K

Image Name:   Secure System
PID:          72
Session Name: Services
Session#:     0
Mem Usage:    22,332 K

C:\\Users\\a> cd ..
"""
LIST_SVC = """
Abbildname: System
PID:        4
Dienste:    Nicht zutreffend

Abbildname: svchost.exe
PID:        1256
Dienste:    DcomLaunch, PlugPlay,
            Power
            SystemEventsBroker

Abbildname: ce.exe
PID:        2000
Dienste:    Nicht zutreffend
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


def test_a_list_is_read_block_by_block() -> None:
    assert brief(LIST) == [(0, "System Idle Process", ()), (72, "Secure System", ())]
    assert [process.origin.locator for process in read(LIST)[0]] == ["line 4", "line 10"]
    squeezed = "\r\r\n".join(line for line in LIST.splitlines() if line)
    assert brief(squeezed) == brief(LIST)


def test_services_of_a_list_are_read_over_several_lines_and_their_absence_in_any_language() -> None:
    assert brief(LIST_SVC) == [
        (4, "System", ()),
        (1256, "svchost.exe", ("DcomLaunch", "PlugPlay", "Power", "SystemEventsBroker")),
        (2000, "ce.exe", ()),
    ]


@pytest.mark.parametrize(
    "labels",
    [
        "映像名称:      |PID:           |会话名:        |会话#:         |内存使用:      ",
        "イメージ名： |PID：        |セッション名： |セッション#： |メモリ使用量： ",
        "Nom\xa0: |PID\xa0: |Nom de la session\xa0: |Numéro de session\xa0: |Utilisation mémoire\xa0: ",
        "Image Name:   |PID:          |Session Name: |Session#:     |Mem Usage:    |Status: |Window Title: ",
    ],
)
@pytest.mark.parametrize("memory", ["8 K", "8,192 K", "8\u202f192 Ko", "8.192 КБ"])
def test_a_list_is_read_in_any_language_and_with_v(labels: str, memory: str) -> None:
    values = ("tomcat8.exe", "700", "Services", "0", memory, "N/A", "a: b")
    lines = [label + value for label, value in zip(labels.split("|"), values, strict=False)]
    block = "\n".join(lines)
    assert brief(f"\n{block}\n\n{block.replace('700', '701')}\n") == [
        (700, "tomcat8.exe", ()),
        (701, "tomcat8.exe", ()),
    ]


def test_the_modules_of_a_list_are_no_services() -> None:
    assert brief("Image Name: a.exe\nPID:        7\nModules:    ntdll.dll, B.DLL,\n            c.dll\n") == [
        (7, "a.exe", ())
    ]


def test_a_block_without_its_pid_is_a_problem_and_the_others_are_read() -> None:
    processes, (item,) = read(LIST.replace("72\n", "?\n"))
    assert ([process.pid for process in processes], item.origin.locator) == ([0], "line 10")
    assert item.text == "Secure System"
    assert len(read(LIST.replace("PID:          72\n", ""))[1]) == 1


@pytest.mark.parametrize(
    "text",
    [
        "Name        : svchost.exe\nProcessId   : 1256\nCommandLine : x\n",  # Format-List
        "Name : svchost.exe\nId   : 1256\nSI   : 0\n",
        "Name: svchost.exe\nPID: 1256\nPath: C:\\Windows\\svchost.exe\n",
        "HostName:      CE01\nTaskName:      5\nNext Run Time: N/A\n",
        "Host: a\nBuild: 5\nName: b\nCount: x\nMemory: 8 K\n",
    ],
)
def test_blocks_of_other_tools_are_no_list(text: str) -> None:
    assert not looks_like_tasklist(text)


@pytest.mark.parametrize("text", ["", '"channel","port","recorder"\n"12","5004","cmapi"\n', "==== ===="])
def test_other_text_is_refused(text: str) -> None:
    assert not looks_like_tasklist(text)
    with pytest.raises(ParseError):
        list(parse_tasklist(text, ORIGIN))


@given(st.text(max_size=200))
def test_any_text_gives_facts_or_a_parse_error(text: str) -> None:
    for candidate in (
        text,
        TABLE + text,
        SVC + text,
        LIST + text,
        LIST_SVC + text,
        '"a.exe","1","x"\n' + text,
    ):
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
