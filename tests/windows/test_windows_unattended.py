"""Unattended scans in a Windows: its own lock, its own renaming, its own Task Scheduler."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ce_audit.delivery.lock import locked
from scanner.errors import SourceError
from scanner.sources.folder import LOCK_FILE
from tests.windows.throwaway import require_throwaway_windows, system

require_throwaway_windows()

SAMPLE = Path(__file__).resolve().parents[2] / "samples" / "drifted-core"
NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
TASKS = Path(os.environ.get("SYSTEMROOT", r"C:\Windows"), "System32", "Tasks")
HOLDER = """
import sys, datetime, pathlib
from ce_audit.delivery.lock import locked
with locked(pathlib.Path(sys.argv[1]), datetime.datetime(2026, 11, 23, 2, tzinfo=datetime.UTC)):
    print("held", flush=True)
    sys.stdin.read()
"""


def ce_audit(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ce_audit", *map(str, arguments)]
    return subprocess.run(command, input="", capture_output=True, text=True, check=False)


def test_a_held_folder_is_refused_with_its_holder_and_a_killed_holder_holds_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLDER, str(tmp_path)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe) as holder:
        assert holder.stdout
        assert holder.stdout.readline().strip() == b"held"
        with (
            pytest.raises(SourceError, match=r"pid [0-9]+, since 2026-11-23T02:00:00Z"),
            locked(tmp_path, NOW),
        ):
            pass
        done = ce_audit("scan", SAMPLE, "-q", "-o", tmp_path, "-f", "json")
        assert (done.returncode, "another run writes there" in done.stderr) == (2, True)
        holder.kill()
    assert (tmp_path / LOCK_FILE).exists()
    with locked(tmp_path, NOW):
        pass
    assert list(tmp_path.iterdir()) == []


def test_dated_reports_are_kept_compared_and_named(tmp_path: Path) -> None:
    scan = ("scan", SAMPLE, "-q", "-o", tmp_path, "-f", "json", "--keep", "1")
    ce_audit(*scan)
    done = ce_audit(*scan)
    assert done.returncode == 1
    latest = (tmp_path / "latest.txt").read_text().strip()
    assert {path.name for path in tmp_path.iterdir()} == {latest, "latest.txt"}
    assert {path.name for path in (tmp_path / latest).iterdir()} == {"results.json", "snapshot.json"}
    assert done.stderr.strip().endswith(f"report in {tmp_path / latest}")
    again = ce_audit(*scan, "--only-if-changed")
    assert (again.returncode, again.stderr.strip().endswith(f"unchanged since {latest}")) == (1, True)


def test_a_plain_folder_is_replaced_file_by_file(tmp_path: Path) -> None:
    for _ in range(2):
        assert ce_audit("scan", SAMPLE, "-q", "-o", tmp_path, "-f", "json", "-f", "csv").returncode == 1
    assert {path.name for path in tmp_path.iterdir()} == {"results.json", "snapshot.json", "findings.csv"}


def test_the_task_is_taken_by_the_task_scheduler_and_given_back() -> None:
    done = ce_audit("schedule", "--daily", "02:00", "--install", "--", "--fail-on", "high")
    assert done.returncode == 0, done
    assert "registered the task" in done.stderr
    assert (TASKS / "ce-audit" / "scan").is_file()
    system("schtasks", "/Delete", "/TN", r"ce-audit\scan", "/F")
    assert not (TASKS / "ce-audit" / "scan").exists()


def test_a_task_that_windows_does_not_take_is_told(tmp_path: Path) -> None:
    from ce_audit.schedule.schtasks import register

    with pytest.raises(SourceError, match=r"the task was not registered: schtasks\.exe ended with [1-9]"):
        register(b"no task")
