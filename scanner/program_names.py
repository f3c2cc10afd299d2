"""What two sources must both say for a program to be the same: spelling differs by tool, never the file."""

from __future__ import annotations

import re

_EXTENSION = re.compile(r"\.(?:e|ex|exe)?$")  # whole, or as tasklist cuts it off
_TASKLIST_NAME = 21  # of the 25 columns tasklist has, without the extension
_WIDE_NAME = 12  # characters of double width that fit there
_PROGRAM = re.compile(r'"([^"]+)"|(.+?\.exe)(?=[\s"]|$)|(\S+)', re.IGNORECASE)
_NOT_SPELLED_OUT = re.compile(r"[%~]")  # a variable of the host, or an 8.3 name
_WINDOWS = re.compile(r"^(?:%systemroot%|%windir%|\\systemroot|[a-z]:\\windows)\\|^(?=system32\\)")
_DEVICE = re.compile(r"^\\(?:\\\?|\?\?|\\\.)\\")
_FROM_A_DRIVE = re.compile(r"[a-z]:\\")


def name_key(image: str) -> str:
    """The same for every spelling of one image name or path: Get-Process leaves out the extension and
    tasklist's table cuts long names (windows-firewall.md 4.5).
    """
    name = _EXTENSION.sub("", image.strip().rpartition("\\")[2].casefold())
    return name[: _TASKLIST_NAME if name.isascii() else _WIDE_NAME]


def path_key(path: str) -> str:
    """The same for every spelling of one full path; empty where it cannot be compared."""
    key = _DEVICE.sub("", path.strip().casefold())
    return "" if _NOT_SPELLED_OUT.search(key) or not _FROM_A_DRIVE.match(key) else key


def service_key(command: str) -> str:
    """The same for every spelling of the program of a service's command line, arguments left out.

    Windows' own directory goes by several names in the registry. Empty where it cannot be compared.
    """
    match = _PROGRAM.match(command.strip())
    if match is None:
        return ""
    program = _DEVICE.sub("", (match[1] or match[2] or match[3]).strip().casefold())
    key = _WINDOWS.sub("<windows>\\\\", program)
    if _NOT_SPELLED_OUT.search(key):
        return ""
    return key if key.startswith("<windows>") or _FROM_A_DRIVE.match(key) else ""
