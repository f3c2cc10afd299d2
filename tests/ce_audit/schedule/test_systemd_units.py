"""The service and the timer, held to what systemd itself says of them."""

import configparser
import os
import shutil
import subprocess
import sys
from datetime import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ce_audit.schedule.job import DAYS, Job, Occasion
from ce_audit.schedule.systemd_units import is_made_by_systemd, units
from scanner.errors import ConfigError

JOB = Job(
    occasion=Occasion(at=time(2, 0)),
    program=sys.executable,
    arguments=("-I", "-m", "ce_audit", "scan", "/srv/evidence", "-o", "/var/lib/ce-audit/reports"),
    folder="/srv",
    output="/var/lib/ce-audit/reports",
)
needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed"
)


def section(job: Job, unit: str, name: str) -> configparser.SectionProxy:
    parser = configparser.RawConfigParser(strict=True, delimiters=("=",))
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(units(job)[f"ce-audit-scan.{unit}"])
    return parser[name]


def split(line: str) -> list[str]:
    """A command line as systemd.service(5) says it is read: quotes, C escapes, then %% and $$."""
    words: list[str] = []
    word, quoted, begun = "", False, False
    characters = iter(f"{line} ")
    for character in characters:
        if character == "\\":
            word, begun = word + next(characters), True
        elif character == '"':
            quoted, begun = not quoted, True
        elif character == " " and not quoted:
            words += [word] if begun else []
            word, begun = "", False
        else:
            word, begun = word + character, True
    return [words[0].replace("%%", "%"), *(each.replace("%%", "%").replace("$$", "$") for each in words[1:])]


@needs_systemd
@pytest.mark.parametrize("day", ["", *DAYS])
@pytest.mark.parametrize(
    "job",
    [
        JOB,
        replace(JOB, output="/srv/reports of 100% here", folder="/srv/a b%n"),
        replace(
            JOB, arguments=("scan", "", "a b", 'q"q', "$HOME", "%n", "back\\slash", ";", "'", "{x}", "ü検")
        ),
    ],
)
def test_systemd_finds_nothing_wrong(tmp_path: Path, job: Job, day: str) -> None:
    for name, text in units(replace(job, occasion=Occasion(at=time(23, 59), day=day))).items():
        (tmp_path / name).write_text(text, "utf-8")
    command = ["systemd-analyze", "verify", *sorted(map(str, tmp_path.iterdir()))]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, "SYSTEMD_LOG_LEVEL": "info"}
    )
    said = [line for line in (done.stdout + done.stderr).splitlines() if "ce-audit" in line]
    assert (done.returncode, said) == (0, []), done


@needs_systemd
@pytest.mark.parametrize("job", [replace(JOB, program="/nowhere/python"), replace(JOB, folder="srv")])
def test_systemd_would_find_it_if_it_were_wrong(tmp_path: Path, job: Job) -> None:
    for name, text in units(job).items():
        (tmp_path / name).write_text(text)
    command = ["systemd-analyze", "verify", *sorted(map(str, tmp_path.iterdir()))]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "ce-audit-scan.service" in done.stdout + done.stderr


@needs_systemd
@pytest.mark.parametrize(
    ("occasion", "normal"),
    [
        (Occasion(at=time(2, 0)), "*-*-* 02:00:00"),
        (Occasion(at=time(23, 5), day="Sunday"), "Sun *-*-* 23:05:00"),
    ],
)
def test_systemd_reads_the_time_that_was_meant(occasion: Occasion, normal: str) -> None:
    written = section(replace(JOB, occasion=occasion), "timer", "Timer")["OnCalendar"]
    done = subprocess.run(
        ["systemd-analyze", "calendar", written], capture_output=True, text=True, check=True
    )
    assert f"Normalized form: {normal}" in done.stdout


WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]))


@given(st.lists(WORDS))
def test_any_argument_comes_out_as_it_went_in(arguments: list[str]) -> None:
    job = replace(JOB, program="/opt/100% sure/$x/ce-audit", arguments=tuple(arguments))
    (line,) = (
        line for line in units(job)["ce-audit-scan.service"].split("\n") if line.startswith("ExecStart=")
    )
    assert split(line.removeprefix("ExecStart=")) == [job.program, *arguments]


def test_a_missed_scan_is_made_up_for_and_the_service_is_confined() -> None:
    assert section(JOB, "timer", "Timer")["Persistent"] == "true"
    service = section(JOB, "service", "Service")
    assert service["Type"] == "oneshot"
    assert service["ProtectSystem"] == "strict"
    assert service["PrivateNetwork"] == "yes"
    assert service["WorkingDirectory"] == "/srv"
    assert section(JOB, "timer", "Install")["WantedBy"] == "timers.target"


@pytest.mark.parametrize(
    ("output", "made"),
    [
        ("/var/lib/ce-audit/reports", True),
        ("/var/lib/ce-audit", False),
        ("/var/lib/ce-audit/../x", False),
        ("/srv/x", False),
    ],
)
def test_it_may_write_where_the_reports_go_and_nowhere_else(output: str, made: bool) -> None:
    service = section(replace(JOB, output=output), "service", "Service")
    assert is_made_by_systemd(output) is made
    assert service.get("ReadWritePaths") == (None if made else f'"{output}"')


@pytest.mark.parametrize(
    "job",
    [
        replace(JOB, output='/srv/"x"'),
        replace(JOB, output="/srv/back\\slash"),
        replace(JOB, folder="/srv/a\nExecStartPre=/bin/x"),
        replace(JOB, arguments=("a\x1bb",)),
    ],
)
def test_what_a_unit_cannot_say_is_refused(job: Job) -> None:
    with pytest.raises(ConfigError):
        units(job)
