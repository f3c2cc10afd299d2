"""What a scheduler is to do: when, which program with which arguments, from where, writing to where."""

from __future__ import annotations

import re
from datetime import time
from enum import StrEnum
from pathlib import PurePath, PurePosixPath, PureWindowsPath

import msgspec

from scanner.errors import ConfigError

NAME = "ce-audit-scan"
DESCRIPTION = "Checks the Windows Firewall policy of Contact Expert; reads only."
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_KEPT = "30"
_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)", re.ASCII)


class Platform(StrEnum):
    """The kind of system that is to run the scan."""

    WINDOWS = "windows"
    LINUX = "linux"

    def path(self, text: str) -> PurePath:
        """A path of that kind of system."""
        return PureWindowsPath(text) if self is Platform.WINDOWS else PurePosixPath(text)


# Where the documentation has ce-audit installed for all users: only administrators may write there
INSTALLED = {
    Platform.WINDOWS: r"C:\Program Files\ce-audit\Scripts\ce-audit.exe",
    Platform.LINUX: "/opt/ce-audit/bin/ce-audit",
}


class Occasion(msgspec.Struct, frozen=True, kw_only=True):
    """Every day at a local time, or every week on `day`, one of DAYS."""

    at: time
    day: str = ""


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """A scan and its occasion. Paths are in the way of the system that runs it, and `program` is absolute.

    `output` is the folder that the reports go to, `folder` the one that relative paths start from.
    """

    occasion: Occasion
    program: str
    arguments: tuple[str, ...]
    folder: str
    output: str


def daily(text: str) -> Occasion:
    """From "02:00". Raises ConfigError."""
    match = _TIME.fullmatch(text.strip())
    if match is None:
        raise ConfigError(f"{text!r} is not a time: give HH:MM, from 00:00 to 23:59")
    return Occasion(at=time(int(match[1]), int(match[2])))


def weekly(text: str) -> Occasion:
    """From "mon 02:00"; the day in English, in full or by three letters or more. Raises ConfigError."""
    day, _, at = text.strip().partition(" ")
    found = [name for name in DAYS if len(day) > 2 and name.casefold().startswith(day.casefold())]
    if len(found) != 1:
        raise ConfigError(f'{text!r} does not begin with a day of the week: give for example "mon 02:00"')
    return Occasion(at=daily(at).at, day=found[0])


def default_arguments(output: str) -> tuple[str, ...]:
    """How a scan runs that nobody watches; what the user gives comes after it and so goes before it."""
    return ("scan", "-q", "--no-progress", "-o", output, "--keep", _KEPT, "--only-if-changed")


def refuse_controls(job: Job) -> None:
    """Raises ConfigError for a character that neither a task nor a unit can hold."""
    for text in (job.program, *job.arguments, job.folder, job.output):
        if any(ord(character) < 32 or 127 <= ord(character) < 160 for character in text):
            raise ConfigError(f"{text!r}: a scheduled command can hold no control characters")
