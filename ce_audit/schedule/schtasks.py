"""The one place that changes a host, and only when told to: `schedule --install` registers a task."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from ce_audit.schedule.task_xml import TASK_NAME
from reports.visible import one_line
from scanner.errors import SourceError

REMOVAL = f'schtasks /Delete /TN "{TASK_NAME}" /F'
_NO_WINDOW = 0x08000000 if sys.platform == "win32" else 0
_SECONDS = 60


class Answer(msgspec.Struct, frozen=True):
    """What schtasks.exe said: its exit code and all its output."""

    code: int
    said: str


Schtasks = Callable[[Sequence[str]], Answer]


def registration(path: str) -> tuple[str, ...]:
    """The arguments by which schtasks.exe registers the task file at `path`, in place of an earlier task."""
    return ("/Create", "/TN", TASK_NAME, "/XML", path, "/F")


def schtasks(arguments: Sequence[str]) -> Answer:
    """Run Windows' own schtasks.exe. Raises SourceError where it cannot be started or does not end."""
    program = Path(os.environ.get("SYSTEMROOT", r"C:\Windows"), "System32", "schtasks.exe")
    try:
        # into a file: a pipe stays open as long as a service lives that may be started on the way
        with tempfile.TemporaryFile() as output:
            done = subprocess.run(  # noqa: S603 - by its full path, and no shell
                [program, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=_SECONDS,
                check=False,
                creationflags=_NO_WINDOW,
            )
            output.seek(0)
            return Answer(done.returncode, output.read().decode(errors="replace"))
    except subprocess.TimeoutExpired as error:
        raise SourceError(f"schtasks.exe did not end within {_SECONDS} seconds") from error
    except OSError as error:
        raise SourceError(f"schtasks.exe cannot be started: {error.strerror or error}") from error


def register(task: bytes, run: Schtasks = schtasks) -> None:
    """Register `task`, the content of a task file. Raises SourceError where Windows does not take it."""
    with tempfile.TemporaryDirectory(prefix="ce-audit-") as folder:
        file = Path(folder, "task.xml")
        file.write_bytes(task)
        answer = run(registration(str(file)))
    if answer.code:
        raise SourceError(
            f"the task was not registered: schtasks.exe ended with {answer.code}: "
            f"{one_line(answer.said, 300)}; an administrator may register it"
        )
