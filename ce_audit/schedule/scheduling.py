"""From what the user asks of `schedule` to a job, and from a job to what a scheduler reads."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path

import msgspec
import typer

from ce_audit.schedule.job import INSTALLED, NAME, Job, Occasion, Platform, daily, default_arguments, weekly
from ce_audit.schedule.schtasks import REMOVAL, registration
from ce_audit.schedule.systemd_units import STATE, is_made_by_systemd, units
from ce_audit.schedule.task_xml import task_file, task_text
from ce_audit.verbs.scan import scan
from scanner.errors import ConfigError

_UNITS = "/etc/systemd/system"
_PATHS = ("evidence", "output_dir", "site", "waivers", "baseline")  # what `scan` takes that names a file


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """The options of `schedule`; `here` is the system it runs on, `arguments` are those of `scan`."""

    daily: str | None
    weekly: str | None
    platform: Platform
    here: Platform
    program: str | None
    arguments: tuple[str, ...]


def job_of(wish: Wish) -> Job:
    """The job that `wish` describes.

    Raises ConfigError for what cannot be scheduled, click's UsageError for arguments that `scan` refuses.
    """
    program, first = _program(wish)
    folder = str(Path.cwd()) if wish.platform is wish.here else str(wish.platform.path(program).parent)
    arguments = (*default_arguments(_default_output(wish)), *wish.arguments)
    said = _read_by_scan(arguments)
    if said["evidence"] is None and wish.platform is Platform.LINUX:
        raise ConfigError(
            "no EVIDENCE given, and only Windows hosts are scanned themselves: name it after --"
        )
    output = wish.platform.path(folder) / str(said["output_dir"])
    for name in _PATHS:
        _refuse_relative(wish, str(said[name] or output))
    return Job(
        occasion=_occasion(wish),
        program=program,
        arguments=(*first, *arguments),
        folder=folder,
        output=str(output),
    )


def files(job: Job, platform: Platform) -> Mapping[str, bytes]:
    """What the scheduler reads, by file name. Raises ConfigError for what it cannot be told."""
    if platform is Platform.WINDOWS:
        return {f"{NAME}.xml": task_file(job)}
    return {name: text.encode() for name, text in units(job).items()}


def printed(job: Job, platform: Platform) -> str:
    """The same to read, and for a shell to redirect. Raises ConfigError."""
    if platform is Platform.WINDOWS:
        return task_text(job)
    return "\n".join(f"# {_UNITS}/{name}\n{text}" for name, text in units(job).items())


def commands(job: Job, platform: Platform, folder: str) -> tuple[str, str]:
    """What registers the files in `folder`, and what takes the registration back; for an administrator."""
    if platform is Platform.WINDOWS:
        path = str(platform.path(folder) / f"{NAME}.xml")
        words = (
            f'"{word}"' if word in (path, registration(path)[2]) else word for word in registration(path)
        )
        return f"schtasks {' '.join(words)}", REMOVAL
    both = " ".join(shlex.quote(f"{folder}/{name}") for name in units(job))
    made = "" if is_made_by_systemd(job.output) else f"sudo mkdir -p {shlex.quote(job.output)} && "
    placed = " ".join(f"{_UNITS}/{name}" for name in units(job))
    enabled = f"sudo systemctl daemon-reload && sudo systemctl enable --now {NAME}.timer"
    return (
        f"{made}sudo cp {both} {_UNITS}/ && {enabled}",
        f"sudo systemctl disable --now {NAME}.timer && sudo rm {placed}",
    )


def _occasion(wish: Wish) -> Occasion:
    if wish.daily is not None and wish.weekly is None:
        return daily(wish.daily)
    if wish.weekly is not None and wish.daily is None:
        return weekly(wish.weekly)
    raise ConfigError('say when: either --daily HH:MM or --weekly "mon HH:MM"')


def _program(wish: Wish) -> tuple[str, tuple[str, ...]]:
    """The program and its first arguments; -I keeps Python from importing out of the working directory."""
    if wish.program is None and wish.platform is wish.here:
        return sys.executable, ("-I", "-m", "ce_audit")
    program = wish.program or INSTALLED[wish.platform]
    if not wish.platform.path(program).is_absolute():
        raise ConfigError(f"--program {program}: give the full path")
    return program, ()


def _default_output(wish: Wish) -> str:
    if wish.platform is Platform.LINUX:
        return f"{STATE}/reports"
    data = os.environ.get("PROGRAMDATA") if wish.here is Platform.WINDOWS else None
    return str(wish.platform.path(data or r"C:\ProgramData") / "ce-audit" / "reports")


def _read_by_scan(arguments: tuple[str, ...]) -> Mapping[str, object]:
    """What `scan` makes of its arguments: a mistake is told now, and not to nobody at night."""
    app = typer.Typer(rich_markup_mode=None)
    app.command()(scan)
    name, *rest = arguments
    return typer.main.get_command(app).make_context(name, rest).params


def _refuse_relative(wish: Wish, path: str) -> None:
    if wish.platform is not wish.here and not wish.platform.path(path).is_absolute():
        raise ConfigError(f"{path}: for another system give full paths")
