"""A configuration file of the audited host, and which of several a location means (contact-expert.md A16)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from scanner.model import Origin


class ConfigurationFile(msgspec.Struct, frozen=True, kw_only=True):
    """`path` is the file's path on the host where the evidence shows it, else as much as is known of it."""

    path: str
    data: bytes
    origin: Origin
    changed_at: datetime | None = None


class Match(msgspec.Struct, frozen=True, kw_only=True):
    """The file that a path means, or why none can be named."""

    file: ConfigurationFile | None = None
    reason: str = ""


def folded(path: str) -> str:
    """A path for comparison: backslashes, one case, no trailing separator."""
    return path.replace("/", "\\").rstrip("\\").casefold()


def match_file(path: str, files: Sequence[ConfigurationFile], all_paths: Sequence[str]) -> Match:
    """The file that stands at `path` (below any install directory, or in full).

    `all_paths` are the paths that files may stand for: a bare name that two of them share means neither. Two
    files with different content that both fit are not chosen between.
    """
    wanted = folded(path)
    others = dict.fromkeys(folded(other) for other in all_paths)
    paths = (wanted, *(other for other in others if not _ends(wanted, other)))
    found = [(file, meant) for file in files if wanted in (meant := _stands_for(folded(file.path), paths))]
    if not found:
        return Match(reason="the file is not in the evidence")
    sure = [file for file, meant in found if len(meant) == 1]
    if not sure:
        name = found[0][0].origin.source
        return Match(reason=f"{name} came without its directory, so which file it is cannot be told")
    if len({file.data for file in sure}) > 1:
        places = ", ".join(file.origin.source for file in sure)
        return Match(reason=f"the evidence holds different versions of the file: {places}")
    return Match(file=sure[0])


def _stands_for(path: str, paths: Sequence[str]) -> list[str]:
    """The `paths` that a file known as `path` may be: by its full path, by the tail it shows, by its name.

    A path with a drive is whole, so it is never taken by its name: a copy in a backup folder is not the live
    file.
    """
    below = [other for other in paths if _ends(path, other)]
    if below or ":" in path:
        return below
    tail = [other for other in paths if _ends(other, path)]
    name = path.rpartition("\\")[2]
    return tail or [other for other in paths if other.rpartition("\\")[2] == name]


def _ends(path: str, tail: str) -> bool:
    return f"\\{path}".endswith(f"\\{tail}")
