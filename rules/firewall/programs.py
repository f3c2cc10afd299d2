"""The program condition: which process a path in a firewall rule means (windows-firewall.md 3.5 and 3.9).

Windows compares whole paths without regard to case. Off line, a short (8.3) name, a device or network path,
an environment variable nobody captured, or a bare file name can only be shown not to fit.
"""

from __future__ import annotations

import re
from functools import lru_cache

import msgspec

from rules.firewall.truth import FALSE, TRUE, UNKNOWN, Truth

SYSTEM = "system"  # the kernel, PID 4

_DEFAULTS = {
    "systemdrive": "c:",
    "systemroot": r"c:\windows",
    "windir": r"c:\windows",
    "programfiles": r"c:\program files",
    "programw6432": r"c:\program files",
    "programfiles(x86)": r"c:\program files (x86)",
    "commonprogramfiles": r"c:\program files\common files",
    "commonprogramw6432": r"c:\program files\common files",
    "commonprogramfiles(x86)": r"c:\program files (x86)\common files",
    "programdata": r"c:\programdata",
    "allusersprofile": r"c:\programdata",
    "public": r"c:\users\public",
}
_OF_A_USER = frozenset(
    {"userprofile", "localappdata", "appdata", "temp", "tmp", "homepath", "homedrive", "username", "onedrive"}
)
_VARIABLE = re.compile(r"%([^%\\]+)%")
_PREFIXES = ("\\\\?\\", "\\??\\", "\\\\.\\")
_SHORT = re.compile(r"(?=[^.]{1,8}(?:\.|$))([^.~]{1,6})~(\d{1,6})(?:\.([^.]{0,3}))?")
_SHORT_STEM = 8
_HASHED = re.compile(r"(.{2})[0-9a-f]{4}")
_DROPPED_IN_SHORT = re.compile(r"[ .]")
_REPLACED_IN_SHORT = re.compile(r"[+,;=\[\]]")


class Program(msgspec.Struct, frozen=True):
    """A path ready to compare. `root` is a drive ("c:"), or None where the beginning of the path is unknown.

    `exact` means two such programs are the same only if their keys are; `nobody` that the path matches no
    process.
    """

    key: str
    root: str | None
    parts: tuple[str, ...]
    exact: bool
    nobody: bool = False
    note: str = ""

    @property
    def is_service_host(self) -> bool:
        return self.parts[-1:] == ("svchost.exe",)

    @property
    def is_packaged(self) -> bool:
        return "windowsapps" in self.parts


@lru_cache(maxsize=65536)
def read_program(text: str) -> Program:
    """`text` normalised: quotes, prefixes, slashes, environment variables, dots and case."""
    path = _without_prefix(text.strip().strip('"').strip().replace("/", "\\").casefold())
    if path == SYSTEM:
        return Program(SYSTEM, "", (SYSTEM,), True)
    expanded = _VARIABLE.sub(_expand, path)
    left = _VARIABLE.findall(expanded)
    if any(name in _OF_A_USER for name in left):
        return Program(
            expanded,
            None,
            (),
            True,
            True,
            f"{text}: a service expands a user's variable, no user's program matches",
        )
    root, parts = _split(expanded)
    exact = root is not None and not any(_SHORT.fullmatch(part) for part in parts)
    key = "\\".join((root, *parts)) if root is not None else expanded
    note = f"{text} is read as {key}" if expanded != path and not left else ""
    return Program(key, root, parts, exact, False, note)


def match_program(wanted: Program, found: Program) -> Truth:
    """Whether the path of a firewall rule is the path of a process."""
    if wanted.nobody or found.nobody:
        return FALSE
    if wanted.key == found.key:
        return TRUE
    if wanted.exact and found.exact:
        return FALSE
    return UNKNOWN if _may_be_one(wanted, found) else FALSE


def _expand(variable: re.Match[str]) -> str:
    return _DEFAULTS.get(variable[1], variable[0])


def _without_prefix(path: str) -> str:
    for prefix in _PREFIXES:
        path = path.removeprefix(prefix)
    if path.startswith("unc\\"):
        return "\\\\" + path.removeprefix("unc\\")
    if path.startswith("\\systemroot\\"):
        return "%systemroot%" + path.removeprefix("\\systemroot")
    return path


def _split(path: str) -> tuple[str | None, tuple[str, ...]]:
    """Drive and components; a device, share or unresolved variable may be any place and is dropped."""
    parts = _collapsed(path)
    if path.startswith("\\\\") or (path.startswith("\\device\\") and len(parts) > 1):
        return None, parts[2:]
    unresolved = [place for place, part in enumerate(parts) if _VARIABLE.search(part)]
    if unresolved:
        return None, parts[unresolved[-1] + 1 :]
    if parts and re.fullmatch(r"[a-z]:", parts[0]):
        return parts[0], parts[1:]
    return None, parts


def _collapsed(path: str) -> tuple[str, ...]:
    kept: list[str] = []
    for part in path.split("\\"):
        if part == "..":
            del kept[max(1, len(kept) - 1) :]  # never above the root
        elif part not in ("", "."):
            kept.append(part)
    return tuple(kept)


def _may_be_one(one: Program, other: Program) -> bool:
    rooted = one.root is not None and other.root is not None
    if rooted and (one.root != other.root or len(one.parts) != len(other.parts)):
        return False
    shorter, longer = sorted((one, other), key=lambda program: len(program.parts))
    if shorter.root is not None and longer.root is None and len(shorter.parts) < len(longer.parts):
        return False
    tails = zip(reversed(shorter.parts), reversed(longer.parts), strict=False)
    return all(mine == yours or _fits_short(mine, yours) or _fits_short(yours, mine) for mine, yours in tails)


def _fits_short(short: str, long: str) -> bool:
    """Whether the 8.3 name `short` may stand for the component `long`."""
    name = _SHORT.fullmatch(short)
    if name is None:
        return False
    stem, _, extension = long.rpartition(".") if "." in long else (long, "", "")
    stem, extension = _short_letters(stem), _short_letters(extension)[:3]
    hashed = _HASHED.fullmatch(name[1])
    if hashed is not None and stem.startswith(hashed[1]):
        begins = True
    elif len(name[1]) + 1 + len(name[2]) == _SHORT_STEM:
        begins = stem.startswith(name[1])
    else:
        begins = stem == name[1]
    return begins and (name[3] or "") == extension


def _short_letters(text: str) -> str:
    return _REPLACED_IN_SHORT.sub("_", _DROPPED_IN_SHORT.sub("", text))
