"""A scan as a task of the Windows Task Scheduler: its XML, by the schema of [MS-TSCH] 2.5."""

from __future__ import annotations

import re
from subprocess import list2cmdline

from lxml import etree

from ce_audit import __version__
from ce_audit.schedule.job import DESCRIPTION, Job, Occasion, refuse_controls
from scanner.errors import ConfigError

TASK_NAME = r"ce-audit\scan"
_NAMESPACE = "http://schemas.microsoft.com/windows/2004/02/mit/task"
_SYSTEM = "S-1-5-18"  # who may read all policy stores, and needs no password
_LONGEST_PATH = 260  # MS-TSCH pathType
_FIRST_DAY = "2024-01-01"  # any day that is past: the time of day is what counts, and it is local time
# Task Scheduler puts values in place of these, whatever the quotes, and knows no way to write them plainly
_REPLACED = re.compile(r"%[^%]+%|\$\(")
_SETTINGS = {
    "MultipleInstancesPolicy": "IgnoreNew",
    "DisallowStartIfOnBatteries": "false",
    "StopIfGoingOnBatteries": "false",
    "AllowHardTerminate": "true",
    "StartWhenAvailable": "true",  # a host that was off at the time is scanned when it is back
    "RunOnlyIfNetworkAvailable": "false",
    "AllowStartOnDemand": "true",
    "Enabled": "true",
    "Hidden": "false",
    "RunOnlyIfIdle": "false",
    "WakeToRun": "false",
    "ExecutionTimeLimit": "PT1H",
    "Priority": "7",  # below normal: the contact centre goes first
}


def task_file(job: Job) -> bytes:
    """The XML as schtasks.exe reads it from a file: UTF-16 with a byte order mark. Raises ConfigError."""
    declared = '<?xml version="1.0" encoding="UTF-16"?>\n'
    return f"{declared}{_body(job)}".encode("utf-16")


def task_text(job: Job) -> str:
    """The same in ASCII and without a named encoding: true in whatever encoding a shell redirects it.

    Raises ConfigError.
    """
    return f'<?xml version="1.0"?>\n{_body(job)}'


def _body(job: Job) -> str:
    return etree.tostring(_task(job), encoding="ascii", xml_declaration=False, pretty_print=True).decode()


def _task(job: Job) -> etree._Element:
    _check(job)
    task = etree.fromstring(f'<Task version="1.2" xmlns="{_NAMESPACE}"/>')
    about = _add(task, "RegistrationInfo")
    _add(about, "Author", f"ce-audit {__version__}")
    _add(about, "Description", DESCRIPTION)
    _add(about, "URI", f"\\{TASK_NAME}")
    _trigger(_add(_add(task, "Triggers"), "CalendarTrigger"), job.occasion)
    principal = _add(_add(task, "Principals"), "Principal", id="System")
    _add(principal, "UserId", _SYSTEM)
    _add(principal, "RunLevel", "HighestAvailable")
    settings = _add(task, "Settings")
    for name, value in _SETTINGS.items():
        _add(settings, name, value)
    action = _add(_add(task, "Actions", Context="System"), "Exec")
    _add(action, "Command", job.program)
    _add(action, "Arguments", list2cmdline(job.arguments))
    _add(action, "WorkingDirectory", job.folder)
    return task


def _trigger(trigger: etree._Element, occasion: Occasion) -> None:
    _add(trigger, "StartBoundary", f"{_FIRST_DAY}T{occasion.at.isoformat()}")
    if not occasion.day:
        _add(_add(trigger, "ScheduleByDay"), "DaysInterval", "1")
        return
    week = _add(trigger, "ScheduleByWeek")
    _add(week, "WeeksInterval", "1")
    _add(_add(week, "DaysOfWeek"), occasion.day)


def _check(job: Job) -> None:
    refuse_controls(job)
    for path in (job.program, job.folder):
        if len(path) > _LONGEST_PATH:
            raise ConfigError(f"{path}: longer than the {_LONGEST_PATH} characters that a task can hold")
    for text in (job.program, *job.arguments, job.folder):
        if _REPLACED.search(text):
            raise ConfigError(f"{text}: Task Scheduler would put a value in place of %...% or $(...)")


def _add(parent: etree._Element, name: str, text: str | None = None, **attributes: str) -> etree._Element:
    element = etree.SubElement(parent, _tag(name), attributes)
    element.text = text
    return element


def _tag(name: str) -> str:
    return f"{{{_NAMESPACE}}}{name}"
