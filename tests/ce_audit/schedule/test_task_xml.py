"""The task that Windows' Task Scheduler is given, held to the rules of its schema."""

import copy
import ctypes
import sys
from collections.abc import Callable
from datetime import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from msgspec.structs import replace

from ce_audit.schedule.job import DAYS, Job, Occasion
from ce_audit.schedule.task_xml import task_file, task_text
from scanner.errors import ConfigError

SCHEMA = etree.XMLSchema(file=str(Path(__file__).with_name("task-schema.xsd")))
NS = {"t": "http://schemas.microsoft.com/windows/2004/02/mit/task"}
JOB = Job(
    occasion=Occasion(at=time(2, 0)),
    program=r"C:\Program Files\ce-audit\Scripts\python.exe",
    arguments=("-I", "-m", "ce_audit", "scan", "-o", r"D:\CE reports"),
    folder=r"C:\Windows\System32",
    output=r"D:\CE reports",
)


def read(job: Job) -> etree._Element:
    task = etree.fromstring(task_file(job))
    SCHEMA.assertValid(task)
    return task


def text(task: etree._Element, path: str) -> str | None:
    return task.findtext("/".join(f"t:{name}" for name in path.split("/")), namespaces=NS)


def split(line: str) -> list[str]:
    """A command line as Windows' own programs part it, by the rules that Microsoft documents for C."""
    words: list[str] = []
    word, quoted, slashes, begun = "", False, 0, False
    for character in f"{line} ":
        if character == "\\":
            slashes, begun = slashes + 1, True
            continue
        if character == '"':
            word += "\\" * (slashes // 2)
            literal = slashes % 2
            quoted, word, slashes, begun = (quoted if literal else not quoted), word + '"' * literal, 0, True
            continue
        word, slashes = word + "\\" * slashes, 0
        if character in " \t" and not quoted:
            words += [word] if begun else []
            word, begun = "", False
        else:
            word, begun = word + character, True
    return words


@pytest.mark.parametrize("day", ["", *DAYS])
def test_the_task_follows_the_schema_whenever_it_runs(day: str) -> None:
    task = read(replace(JOB, occasion=Occasion(at=time(23, 59), day=day)))
    start = text(task, "Triggers/CalendarTrigger/StartBoundary")
    assert start
    assert start.endswith("T23:59:00")  # no zone: the host's local time
    named = [each.tag.rpartition("}")[2] for each in task.iterfind(".//t:DaysOfWeek/*", NS)]
    assert named == ([day] if day else [])
    assert (text(task, "Triggers/CalendarTrigger/ScheduleByDay/DaysInterval") == "1") == (not day)


def test_it_runs_as_system_once_at_a_time_and_later_where_it_was_missed() -> None:
    task = read(JOB)
    assert text(task, "Principals/Principal/UserId") == "S-1-5-18"
    assert text(task, "Principals/Principal/RunLevel") == "HighestAvailable"
    settings = {each.tag.rpartition("}")[2]: each.text for each in task.iterfind("t:Settings/*", NS)}
    expected = {
        "MultipleInstancesPolicy": "IgnoreNew",
        "StartWhenAvailable": "true",
        "RunOnlyIfIdle": "false",
        "DisallowStartIfOnBatteries": "false",
        "ExecutionTimeLimit": "PT1H",
        "Enabled": "true",
    }
    assert expected.items() <= settings.items()


def test_the_command_is_split_as_it_was_meant() -> None:
    task = read(JOB)
    assert text(task, "Actions/Exec/Command") == JOB.program
    assert text(task, "Actions/Exec/WorkingDirectory") == JOB.folder
    assert split(text(task, "Actions/Exec/Arguments") or "") == list(JOB.arguments)


WORDS = st.text(st.characters(codec="utf-8", exclude_characters="%", exclude_categories=["C", "Zl", "Zp"]))


@given(st.lists(WORDS.filter(lambda word: "$(" not in word)))
def test_any_argument_comes_out_as_it_went_in(arguments: list[str]) -> None:
    task = read(replace(JOB, arguments=tuple(arguments)))
    line = text(task, "Actions/Exec/Arguments") or ""
    assert split(line) == arguments
    if sys.platform == "win32":
        assert windows_split(line) == arguments


def windows_split(line: str) -> list[str]:
    count = ctypes.c_int()
    api = ctypes.windll.shell32.CommandLineToArgvW  # type: ignore[attr-defined,unused-ignore]
    api.restype = ctypes.POINTER(ctypes.c_wchar_p)
    found = api(f"x {line}", ctypes.byref(count))
    return [found[index] for index in range(1, count.value)]


def test_the_file_is_utf_16_with_its_mark_and_the_text_is_ascii() -> None:
    job = replace(JOB, arguments=("-o", "D:\\Prüfberichte\\検査 <&>"))
    data = task_file(job)
    assert data[:2] in (b"\xff\xfe", b"\xfe\xff")
    assert data.decode("utf-16").startswith('<?xml version="1.0" encoding="UTF-16"?>')
    printed = task_text(job)
    assert printed.isascii()
    read_back = [etree.fromstring(printed.encode(encoding)) for encoding in ("ascii", "utf-8", "utf-16")]
    assert {etree.tostring(each) for each in (*read_back, etree.fromstring(data))} == {
        etree.tostring(read(job))
    }


@pytest.mark.parametrize(
    ("job", "said"),
    [
        (replace(JOB, arguments=("%TEMP%\\x",)), "put a value in place"),
        (replace(JOB, arguments=("$(Arg0)",)), "put a value in place"),
        (replace(JOB, folder="D:\\%a b%"), "put a value in place"),
        (replace(JOB, program="C:\\" + "x" * 260), "260 characters"),
        (replace(JOB, arguments=("a\nb",)), "control characters"),
    ],
)
def test_what_a_task_cannot_say_is_refused(job: Job, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        task_file(job)
    with pytest.raises(ConfigError, match=said):
        task_text(job)


def test_one_percent_sign_is_only_itself() -> None:
    assert text(read(replace(JOB, arguments=("100%",))), "Actions/Exec/Arguments") == "100%"


def turned(task: etree._Element) -> None:
    action = task.find("t:Actions/t:Exec", NS)
    assert action is not None
    action[:] = action[::-1]


def unknown(task: etree._Element) -> None:
    etree.SubElement(task.find("t:Settings", NS), f"{{{NS['t']}}}Quick").text = "true"  # type: ignore[arg-type,unused-ignore]


def no_principal(task: etree._Element) -> None:
    task.find("t:Actions", NS).set("Context", "Nobody")  # type: ignore[union-attr,unused-ignore]


@pytest.mark.parametrize("damage", [turned, unknown, no_principal])
def test_the_schema_is_strict_enough_to_tell(damage: Callable[[etree._Element], None]) -> None:
    task = copy.deepcopy(read(JOB))
    damage(task)
    assert not SCHEMA.validate(task)
