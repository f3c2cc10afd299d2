"""`schedule`: what it prints, writes and refuses; what Windows is asked to register."""

import os
import shlex
import sys
from collections.abc import Sequence
from datetime import time
from pathlib import Path

import pytest
from lxml import etree

from ce_audit.schedule.job import Occasion, Platform, daily, weekly
from ce_audit.schedule.scheduling import Wish, commands, files, job_of, printed
from ce_audit.schedule.schtasks import Answer, register, schtasks
from ce_audit.verbs.schedule import HERE
from scanner.errors import ConfigError, SourceError
from tests.ce_audit.command import CORE, Run, run_in, run_process
from tests.ce_audit.schedule.test_task_xml import NS, SCHEMA

on_linux = pytest.mark.skipif(HERE is not Platform.LINUX, reason="the paths are those of Linux")


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    return run_in(capsys)


def wish(
    *arguments: str, platform: Platform = HERE, here: Platform = HERE, program: str | None = None
) -> Wish:
    return Wish(
        daily="02:00", weekly=None, platform=platform, here=here, program=program, arguments=arguments
    )


@pytest.mark.parametrize(("text", "at"), [("02:00", time(2)), ("23:59", time(23, 59)), (" 00:00 ", time())])
def test_a_time_of_day(text: str, at: time) -> None:
    assert daily(text) == Occasion(at=at)


@pytest.mark.parametrize("text", ["", "2", "2:00", "24:00", "02:60", "02:00:00", "-2:00", "0２:00", "noon"])
def test_what_is_no_time_of_day(text: str) -> None:
    with pytest.raises(ConfigError, match="is not a time"):
        daily(text)


@pytest.mark.parametrize("text", ["mon 02:00", "Monday 02:00", " MON  02:00"])
def test_a_day_and_a_time(text: str) -> None:
    assert weekly(text) == Occasion(at=time(2), day="Monday")


@pytest.mark.parametrize(
    "text", ["02:00", "mon", "t 02:00", "montag 02:00", "", "mon 25:00", "tue,thu 02:00"]
)
def test_what_is_no_day_and_time(text: str) -> None:
    with pytest.raises(ConfigError):
        weekly(text)


def test_a_task_for_windows_is_printed_anywhere(run: Run) -> None:
    done = run("schedule", "--daily", "02:00", "--for", "windows")
    assert (done.code, done.err) == (0, "")
    task = etree.fromstring(done.out.encode())
    SCHEMA.assertValid(task)
    if HERE is not Platform.WINDOWS:
        assert task.findtext(".//t:Command", None, NS) == r"C:\Program Files\ce-audit\Scripts\ce-audit.exe"
        assert task.findtext(".//t:Arguments", None, NS) == (
            r"scan -q --no-progress -o C:\ProgramData\ce-audit\reports --keep 30 --only-if-changed"
        )


@on_linux
def test_units_are_printed_and_written_alike(run: Run, tmp_path: Path) -> None:
    scan = ("--", CORE, "--fail-on", "high", "-o", "/srv/reports")
    shown = run("schedule", "--weekly", "sun 03:30", *scan)
    done = run("schedule", "--weekly", "sun 03:30", "-o", tmp_path, *scan)
    assert (shown.code, done.code, done.out) == (0, 0, "")
    service = (tmp_path / "ce-audit-scan.service").read_text()
    timer = (tmp_path / "ce-audit-scan.timer").read_text()
    assert service in shown.out
    assert timer in shown.out
    assert "OnCalendar=Sun *-*-* 03:30:00" in timer
    assert f"ExecStart={sys.executable} -I -m ce_audit scan -q " in service
    assert 'ReadWritePaths="/srv/reports"' in service
    assert "sudo mkdir -p /srv/reports && sudo cp" in done.err
    assert "remove it:   sudo systemctl disable --now ce-audit-scan.timer" in done.err


def test_a_task_file_is_written_as_schtasks_wants_it(run: Run, tmp_path: Path) -> None:
    done = run("schedule", "--daily", "02:00", "--for", "windows", "-o", tmp_path)
    assert done.code == 0
    data = (tmp_path / "ce-audit-scan.xml").read_bytes()
    assert data[:2] in (b"\xff\xfe", b"\xfe\xff")
    SCHEMA.assertValid(etree.fromstring(data))
    assert r'schtasks /Create /TN "ce-audit\scan" /XML "' in done.err


def test_arguments_of_scan_need_no_dashes_where_they_are_not_ours(run: Run) -> None:
    options = ("schedule", "--daily", "02:00", "--for", "windows", "--fail-on", "high")
    assert "--only-if-changed --fail-on high</Arguments>" in run(*options).out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--daily", "25:00", CORE), "'25:00' is not a time"),
        ((CORE,), "say when"),
        (("--daily", "02:00", "--weekly", "mon 02:00", CORE), "say when"),
        (("--daily", "02:00", "--for", "linux"), "no EVIDENCE given, and only Windows hosts"),
        (("--daily", "02:00", "--program", "python", CORE), "give the full path"),
        (("--daily", "02:00", "--for", "windows", "--", "-o", "%TEMP%\\a"), None),
    ],
)
def test_what_cannot_be_scheduled_is_refused_now(
    run: Run, arguments: tuple[object, ...], said: str | None
) -> None:
    done = run("schedule", *arguments)
    assert (done.code, done.out) == (2, "")
    assert (said or "") in done.error


@pytest.mark.parametrize("option", [("--nope",), ("--fail-on", "x"), ("--keep", "0"), ("--daily2", "02:00")])
def test_arguments_that_scan_would_refuse_at_night_are_refused_now(run: Run, option: tuple[str, ...]) -> None:
    done = run("schedule", "--daily", "02:00", "--", CORE, *option)
    assert (done.code, done.out) == (2, "")
    assert done.err.splitlines()[-1].startswith("Error: ")


@on_linux
def test_for_another_system_paths_are_full(run: Run) -> None:
    for path in (("evidence",), ("-o", "reports"), ("--site", "s.toml"), ("--waivers", "w.toml")):
        done = run("schedule", "--daily", "02:00", "--for", "windows", "--", *path)
        assert "for another system give full paths" in done.error
    given = wish("C:\\Evidence", platform=Platform.WINDOWS, program="D:\\ce\\ce-audit.exe")
    assert job_of(given).folder == "D:\\ce"


@on_linux
def test_install_is_refused_elsewhere_with_the_commands_to_run(run: Run) -> None:
    done = run("schedule", "--daily", "02:00", "--install", CORE)
    assert done.code == 2
    assert "sudo systemctl enable --now ce-audit-scan.timer" in done.error
    done = run("schedule", "--daily", "02:00", "--install", "--for", "windows")
    assert r'schtasks /Create /TN "ce-audit\scan" /XML' in done.error


@on_linux
@pytest.mark.parametrize("folder", ["relative", "/srv/a b"])
def test_relative_paths_mean_what_they_meant_when_it_was_scheduled(folder: str) -> None:
    job = job_of(wish("evidence", "-o", folder))
    assert job.folder == str(Path.cwd())
    assert job.output == str(Path.cwd() / folder)
    register_it, remove_it = commands(job, Platform.LINUX, "/tmp/x y")  # noqa: S108
    assert shlex.split(register_it)[:4] == ["sudo", "mkdir", "-p", job.output]
    assert "/tmp/x y/ce-audit-scan.service" in shlex.split(register_it)  # noqa: S108
    assert "rm" in remove_it


def test_on_windows_reports_go_where_programs_keep_their_data() -> None:
    job = job_of(wish(platform=Platform.WINDOWS, here=Platform.WINDOWS))
    data = os.environ.get("PROGRAMDATA", r"C:\ProgramData")
    assert job.output.endswith(rf"{data}\ce-audit\reports")
    assert list(files(job, Platform.WINDOWS)) == ["ce-audit-scan.xml"]
    assert printed(job, Platform.WINDOWS).isascii()


@on_linux
@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_any_code_page_takes_what_is_printed(encoding: str) -> None:
    done = run_process(
        "schedule",
        "--daily",
        "02:00",
        "--",
        CORE,
        "-o",
        "/srv/検査",
        environment={"PYTHONIOENCODING": encoding},
    )
    assert (done.code, done.err) == (0, "")


def test_windows_is_asked_to_register_a_file_with_the_task_in_it() -> None:
    seen: list[tuple[list[str], bytes]] = []

    def run(arguments: Sequence[str]) -> Answer:
        seen.append((list(arguments), Path(arguments[4]).read_bytes()))
        return Answer(0, "SUCCESS")

    register(b"the task", run)
    ((arguments, data),) = seen
    assert arguments[:4] == ["/Create", "/TN", r"ce-audit\scan", "/XML"]
    assert arguments[5:] == ["/F"]
    assert data == b"the task"
    assert not Path(arguments[4]).exists()


def test_what_windows_says_against_it_is_passed_on() -> None:
    with pytest.raises(SourceError, match=r"ended with 1: ERROR: Access is denied\.; an administrator may"):
        register(b"", lambda _: Answer(1, "ERROR: Access is denied.\r\n"))


@pytest.mark.skipif(os.name == "nt", reason="there is one")
def test_without_schtasks_nothing_is_claimed() -> None:
    with pytest.raises(SourceError, match=r"schtasks\.exe cannot be started"):
        schtasks(("/Query",))
