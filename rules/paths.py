"""Windows paths as the judges compare them: without case, whole components, never touching a file system."""

from __future__ import annotations

import re

# A service's command line: a quoted path, or everything up to the first `.exe`.
_COMMAND = re.compile(r'^\s*"(?P<quoted>[^"]+)"|^\s*(?P<bare>.+?\.exe)\b', re.IGNORECASE)


def folded(path: str) -> str:
    """The spelling two equal paths share."""
    return path.replace("/", "\\").removeprefix("\\\\?\\").removeprefix("\\??\\").strip('"').casefold()


def same_path(left: str | None, right: str | None) -> bool:
    """True where both are stated and name the same file."""
    return left is not None and right is not None and folded(left) == folded(right)


def ends_with(path: str | None, below: str) -> bool:
    """True where `path` ends in the components of `below`, e.g. an executable below an install directory."""
    return path is not None and f"\\{folded(path)}".endswith(f"\\{folded(below)}")


def directory_above(path: str, below: str) -> str | None:
    """`path` less the components of `below`, as written; None where it does not end so."""
    return path[: -len(below) - 1] if ends_with(path, below) and len(path) > len(below) else None


def file_name(path: str) -> str:
    """The last component, as written."""
    return path.replace("/", "\\").rsplit("\\", 1)[-1]


def directory(path: str) -> str:
    """Everything before the last component, folded for comparison."""
    return folded(path).rpartition("\\")[0]


def program_of_command(command: str | None) -> str | None:
    """The executable of a service's command line (`"C:\\x\\a.exe" -k y`), or None."""
    match = _COMMAND.match(command or "")
    return (match["quoted"] or match["bare"]) if match else None
