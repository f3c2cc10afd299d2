"""A scan as a systemd service and the timer that starts it (systemd.service(5), systemd.timer(5))."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ce_audit.schedule.job import DESCRIPTION, NAME, Job, refuse_controls
from scanner.errors import ConfigError

STATE = "/var/lib/ce-audit"  # made by systemd, as StateDirectory
_PLAIN = re.compile(r"[\w./:=@,+-]+", re.ASCII)
# It reads what root may read and writes where it must; nothing else is left of what root may do.
_CONFINED = """\
StateDirectory=ce-audit
CacheDirectory=ce-audit
Environment=XDG_CACHE_HOME=/var/cache/ce-audit
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=read-only
PrivateDevices=yes
PrivateNetwork=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectControlGroups=yes
RestrictSUIDSGID=yes
RestrictRealtime=yes
LockPersonality=yes
"""


def units(job: Job) -> Mapping[str, str]:
    """The text of both units by their file names. Raises ConfigError for what a unit cannot hold."""
    refuse_controls(job)
    return {f"{NAME}.service": _service(job), f"{NAME}.timer": _timer(job)}


def _service(job: Job) -> str:
    # a finished scan with findings exits with 1 and fails the unit: `systemctl --failed` shows it
    program = _quoted(_escaped(job.program), job.program)
    arguments = (_quoted(_escaped(each).replace("$", "$$"), each) for each in job.arguments)
    return (
        f"[Unit]\nDescription={DESCRIPTION}\n\n"
        f"[Service]\nType=oneshot\n"
        f"ExecStart={' '.join((program, *arguments))}\n"
        f"WorkingDirectory={job.folder.replace('%', '%%')}\n"
        f"TimeoutStartSec=1h\nNice=10\n"
        f"{_CONFINED}{_writable(job.output)}"
    )


def _timer(job: Job) -> str:
    day = f"{job.occasion.day[:3]} " if job.occasion.day else ""
    return (
        f"[Unit]\nDescription={DESCRIPTION}\n\n"
        f"[Timer]\nOnCalendar={day}*-*-* {job.occasion.at.isoformat()}\nPersistent=true\n\n"
        f"[Install]\nWantedBy=timers.target\n"
    )


def is_made_by_systemd(output: str) -> bool:
    """True for a folder that the service may write to and that need not exist before."""
    return output.startswith(f"{STATE}/") and ".." not in output.split("/")


def _writable(output: str) -> str:
    if is_made_by_systemd(output):
        return ""
    if '"' in output or "\\" in output:
        raise ConfigError(f"{output}: a unit cannot name a folder to write to with a quote or backslash")
    return f'ReadWritePaths="{output.replace("%", "%%")}"\n'


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")


def _quoted(escaped: str, text: str) -> str:
    return escaped if _PLAIN.fullmatch(text) else f'"{escaped}"'
