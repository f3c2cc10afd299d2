"""The files of a report: rendered on demand, written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from functools import cached_property
from importlib import import_module
from pathlib import Path

import msgspec

from ce_audit.delivery.staging import write_synced
from ce_audit.progress import Progress
from reports import results_json
from reports.model import Report
from rules.model import Results
from scanner.errors import ScannerError, SourceError
from scanner.model import Snapshot


class Format(StrEnum):
    JSON = "json"
    HTML = "html"
    PDF = "pdf"
    CSV = "csv"


DEFAULT_FORMATS = (Format.HTML, Format.PDF, Format.JSON)
_FILES: Mapping[Format, tuple[str, str]] = {
    Format.HTML: ("report.html", "reports.html"),
    Format.PDF: ("report.pdf", "reports.pdf"),
    Format.CSV: ("findings.csv", "reports.findings_csv"),
}
_CSV_WITH_WAIVERS = (_FILES[Format.CSV], ("exceptions.csv", "reports.exceptions_csv"))


class Renderings:
    """The formats of one assessment; the view is built once, and only if some format needs it."""

    def __init__(self, results: Results, snapshot: Snapshot | None) -> None:
        self._results = results
        self._snapshot = snapshot

    @cached_property
    def report(self) -> Report:
        """The view model that every format but JSON renders."""
        from reports.view import build

        return build(self._results)

    def files(self, chosen: Format) -> dict[str, Callable[[], bytes]]:
        """The files of one format by name, each with what renders it."""
        if chosen is Format.JSON:
            files: dict[str, Callable[[], bytes]] = {
                "results.json": lambda: results_json.render(self._results)
            }
            if self._snapshot is not None:
                files["snapshot.json"] = self._snapshot_json
            return files
        if chosen is Format.CSV and self._results.waivers:
            return {name: self._rendered(module) for name, module in _CSV_WITH_WAIVERS}
        name, module = _FILES[chosen]
        return {name: self._rendered(module)}

    def _rendered(self, module: str) -> Callable[[], bytes]:
        return lambda: import_module(module).render(self.report)

    def _snapshot_json(self) -> bytes:
        return snapshot_json(self._snapshot) if self._snapshot else b""


def snapshot_json(snapshot: Snapshot) -> bytes:
    """The canonical `snapshot-v1` text."""
    return msgspec.json.encode(snapshot) + b"\n"


class Rendered(msgspec.Struct, frozen=True, kw_only=True):
    """The names of the files written, in order; `lacking` says of each that cannot be made here why."""

    names: tuple[str, ...] = ()
    lacking: tuple[str, ...] = ()


def render_into(
    made: Path, renderings: Renderings, formats: Iterable[Format], folder: Path, progress: Progress
) -> Rendered:
    """Write the chosen formats into `made`, from where they are to be moved into `folder`.

    A PDF that cannot be made here loses nothing else; any other failure raises.
    """
    names: list[str] = []
    lacking: list[str] = []
    for chosen in dict.fromkeys(formats):
        for name, render in renderings.files(chosen).items():
            try:
                with progress.step(f"writing {name}"):
                    _refuse_folder(folder / name)
                    write_synced(made / name, render())
            except ScannerError as error:
                if chosen is not Format.PDF:
                    raise
                lacking.append(f"no {name}: {error}")
            else:
                names.append(name)
    return Rendered(names=tuple(names), lacking=tuple(lacking))


def _refuse_folder(path: Path) -> None:
    if path.is_dir():
        raise SourceError(f"{path}: cannot be written: Is a directory")


def make_folder(folder: Path) -> None:
    """Create `folder`. Raises SourceError where that cannot be, as where something else has its name."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:
        raise SourceError(f"{folder}: exists and is not a folder") from error
    except OSError as error:
        raise SourceError(f"{folder}: cannot be created: {error.strerror or error}") from error


def write_whole(path: Path, data: bytes) -> None:
    """Replace `path` by `data` in one step: a reader, or a kill, sees the old file or the new one.

    Raises SourceError where it cannot be written.
    """
    try:
        _replace(path, data)
    except OSError as error:
        raise SourceError(f"{path}: cannot be written: {error.strerror or error}") from error


def _replace(path: Path, data: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".ce-audit-")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        Path(name).chmod(0o644)  # mkstemp's 0600 would keep the auditor's colleagues out
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
