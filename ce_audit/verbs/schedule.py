"""`schedule`: a scan by the clock, as a task of Windows or as units of systemd."""

from __future__ import annotations

import sys
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated

import typer

from ce_audit.output import make_folder, write_whole
from ce_audit.schedule.job import Job, Platform
from reports.visible import visible
from scanner.errors import ConfigError

HERE = Platform.WINDOWS if sys.platform == "win32" else Platform.LINUX
# what is no option of `schedule` is one of `scan`; a wrong one is found when its arguments are checked
SETTINGS = {"ignore_unknown_options": True}


def schedule(
    scan_arguments: Annotated[
        list[str] | None,
        typer.Argument(metavar="[-- SCAN ARGUMENTS...]", help="Evidence and options of `ce-audit scan`."),
    ] = None,
    daily: Annotated[str | None, typer.Option("--daily", metavar="HH:MM", help="Local time.")] = None,
    weekly: Annotated[
        str | None, typer.Option("--weekly", metavar="'DAY HH:MM'", help='For example "mon 02:00".')
    ] = None,
    platform: Annotated[
        Platform, typer.Option("--for", help="The system that is to run it; this one if omitted.")
    ] = HERE,
    program: Annotated[
        str | None,
        typer.Option("--program", help="Where ce-audit is on another system that is to run it."),
    ] = None,
    output_dir: Annotated[
        Path | None, typer.Option("-o", "--output-dir", help="Write files there instead of printing them.")
    ] = None,
    install: Annotated[
        bool, typer.Option("--install", help="On Windows: register the task. Nothing else changes a host.")
    ] = False,
) -> None:
    """Print a task for Windows, or a service and timer for systemd, that scans unattended.

    It runs `scan -q --no-progress -o FOLDER --keep 30 --only-if-changed` and what is given after `--`.
    """
    from ce_audit.schedule.scheduling import Wish, commands, files, job_of, printed

    wish = Wish(
        daily=daily,
        weekly=weekly,
        platform=platform,
        here=HERE,
        program=program,
        arguments=tuple(scan_arguments or ()),
    )
    job = job_of(wish)
    if install:
        _install(job, platform)
    elif output_dir is None:
        if isinstance(sys.stdout, TextIOWrapper):
            sys.stdout.reconfigure(encoding="utf-8")  # as systemd reads it; a task is printed in ASCII
        sys.stdout.write(printed(job, platform))
    else:
        make_folder(output_dir)
        for name, data in files(job, platform).items():
            write_whole(output_dir / name, data)
            _say(f"wrote {output_dir / name}")
        folder = str(output_dir.absolute()) if platform is HERE else "."
        register, remove = commands(job, platform, folder)
        _say(f"register it: {register}")
        _say(f"remove it:   {remove}")


def _install(job: Job, platform: Platform) -> None:
    from ce_audit.schedule.scheduling import commands
    from ce_audit.schedule.schtasks import REMOVAL, register
    from ce_audit.schedule.task_xml import TASK_NAME, task_file

    if HERE is not Platform.WINDOWS or platform is not Platform.WINDOWS:
        raise ConfigError(
            "--install works on Windows, for Windows; here write the files with -o DIR, and then: "
            f"{commands(job, platform, 'DIR')[0]}"
        )
    register(task_file(job))
    _say(f"registered the task {TASK_NAME}: it runs as SYSTEM, and its reports go to {job.output}")
    _say(f"it runs {job.program}: see that only administrators may write to that folder")
    _say(f"remove it: {REMOVAL}")


def _say(message: str) -> None:
    sys.stderr.write(f"{visible(message)}\n")
