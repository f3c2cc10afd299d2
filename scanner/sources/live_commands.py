"""What no interface of Python tells of the Windows we run on: its own programs are asked; none changes
anything.

They are started by their full path below the Windows directory, without a window, and given up after a while.
A program that answers with an error, or with nothing though it reports success, has told nothing.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec

from scanner.errors import SourceError

_SYSTEM = "System32"
# subprocess.CREATE_NO_WINDOW, which only Windows has
_NO_WINDOW = 0x08000000 if sys.platform == "win32" else 0


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """A question: `program` is below System32, `seconds` how long its answer may take."""

    program: str
    arguments: tuple[str, ...]
    seconds: float

    def __str__(self) -> str:
        """As a person would type it."""
        name = self.program.rpartition("\\")[2].removesuffix(".exe")
        return " ".join((name, *self.arguments))


Ask = Callable[[Command], bytes]

# windows-firewall.md 5: the ranges differ by transport and by IP version; the registry does not hold them
PORT_RANGES = tuple(
    Command(program="netsh.exe", arguments=("int", family, "show", *what, transport), seconds=10)
    for family in ("ipv4", "ipv6")
    for what, transport in (
        (("dynamicport",), "tcp"),
        (("dynamicport",), "udp"),
        (("excludedportrange",), "protocol=tcp"),
        (("excludedportrange",), "protocol=udp"),
    )
)
# windows-firewall.md 3.4: the registry lists the known networks, not which of them an interface is on now
_SCRIPT = (
    "[Console]::OutputEncoding = [Text.Encoding]::UTF8; "
    "Get-NetConnectionProfile | Select-Object InterfaceAlias,InterfaceIndex,NetworkCategory | ConvertTo-Json"
)
CONNECTION_PROFILES = Command(
    program=r"WindowsPowerShell\v1.0\powershell.exe",
    arguments=("-NoProfile", "-NonInteractive", "-Command", _SCRIPT),
    seconds=30,
)


def ask_system(command: Command) -> bytes:
    """What the program writes to its output, in the encoding of its choice.

    Raises SourceError where it cannot be started, takes too long, fails, or says nothing.
    """
    path = Path(os.environ.get("SYSTEMROOT", r"C:\Windows"), _SYSTEM, command.program)
    try:
        done = subprocess.run(  # noqa: S603 - a constant command, by its full path
            [path, *command.arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=command.seconds,
            check=False,
            creationflags=_NO_WINDOW,
        )
    except subprocess.TimeoutExpired as error:
        raise SourceError(f"no answer within {command.seconds:g} seconds") from error
    except OSError as error:
        raise SourceError(f"it cannot be started: {error.strerror or error}") from error
    if done.returncode:
        raise SourceError(f"it failed with exit code {done.returncode}")
    if not done.stdout.strip():
        raise SourceError("it answered with nothing")
    return done.stdout
