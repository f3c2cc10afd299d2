"""Dated reports: one folder a scan, named by when it began, of which the newest are kept; `latest.txt` names
the newest.

Folders that this program did not write, and links, are left alone.
"""

from __future__ import annotations

import os
import re
from datetime import datetime
from pathlib import Path

from ce_audit.delivery.staging import FILES, RESULTS, discard, is_real_folder, move, staged, write_synced
from reports import results_json
from rules.model import Results
from scanner.errors import ScannerError

LATEST = "latest.txt"
_NAME = re.compile(r"(\d{4}-\d{2}-\d{2}T\d{6}Z)(?:-(\d+))?", re.ASCII)
_STAMP = "%Y-%m-%dT%H%M%SZ"


def stamp(moment: datetime) -> str:
    """`moment`, in UTC, as a folder's name can hold it: 2026-11-23T020000Z."""
    return moment.strftime(_STAMP)


def saved_results(path: Path) -> Results | None:
    """The results that `path` holds, or None where there are none that can be read, or it is a link."""
    if path.is_symlink():
        return None
    try:
        return results_json.parse(path.read_bytes())
    except (OSError, ScannerError):
        return None


def reports(folder: Path) -> list[Path]:
    """The complete dated reports in `folder`, newest first."""
    found = [path for path in folder.iterdir() if _NAME.fullmatch(path.name) and is_real_folder(path)]
    found.sort(key=_order, reverse=True)
    return [path for path in found if saved_results(path / RESULTS)]


def publish(made: Path, folder: Path, now: datetime) -> Path:
    """Give the staged set its dated name, in one step, and return it. Raises SourceError."""
    target = _free(folder, stamp(now))
    move(made, target)
    with staged(folder) as aside:
        write_synced(aside / LATEST, f"{target.name}\n".encode())
        move(aside / LATEST, folder / LATEST)
    return target


def prune(folder: Path, keep: int, newest: Path) -> list[Path]:
    """Remove all but the `keep` newest reports and return those kept beyond it, as they hold other files.

    `newest` stays whatever its name: a clock may have been set back. Raises SourceError.
    """
    surplus = [path for path in reports(folder)[keep:] if path != newest]
    foreign = [path for path in surplus if not {each.name for each in path.iterdir()} <= set(FILES)]
    for path in surplus:
        if path not in foreign:
            discard(path)
    return foreign


def _free(folder: Path, name: str) -> Path:
    found, number = folder / name, 1
    while os.path.lexists(found):
        number += 1
        found = folder / f"{name}-{number}"
    return found


def _order(path: Path) -> tuple[str, int]:
    match = _NAME.fullmatch(path.name)
    return (match[1], int(match[2] or 1)) if match else ("", 0)
