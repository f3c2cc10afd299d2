"""From an assessment to the files a reader finds, in a plain folder or a dated one: a set, or nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from ce_audit.delivery.dated import prune, publish, reports, saved_results, stamp
from ce_audit.delivery.lock import locked
from ce_audit.delivery.staging import RESULTS, mend, put_in_place, staged
from ce_audit.delivery.unchanged import says_the_same
from ce_audit.output import Format, Renderings, render_into
from ce_audit.progress import Progress
from rules.model import Results


class Destination(msgspec.Struct, frozen=True, kw_only=True):
    """Where to and how: with `keep` into a dated folder below `folder`, of which so many are kept."""

    folder: Path
    formats: tuple[Format, ...]
    keep: int | None = None
    only_if_changed: bool = False


class Delivered(msgspec.Struct, frozen=True, kw_only=True):
    """What was written into `folder`, and `notes` on it; nothing where `unchanged_since` names a scan."""

    folder: Path
    names: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    unchanged_since: str = ""


@contextmanager
def occupied(folder: Path, now: datetime) -> Iterator[None]:
    """Hold `folder` for this run alone; what a killed run left there is mended first. Raises SourceError."""
    with locked(folder, now):
        mend(folder)
        yield


def deliver(
    results: Results, renderings: Renderings, destination: Destination, now: datetime, progress: Progress
) -> Delivered:
    """Write what `destination` asks for into a folder that is `occupied`. Raises SourceError."""
    last = _last_report(destination) if destination.only_if_changed else None
    said = saved_results(last / RESULTS) if last else None
    if last and said and says_the_same(said, results):
        return Delivered(folder=last, unchanged_since=_since(last, destination))
    with staged(destination.folder) as made:
        rendered = render_into(made, renderings, _formats(destination), destination.folder, progress)
        if destination.keep is None:
            put_in_place(made, destination.folder)
            return Delivered(folder=destination.folder, names=rendered.names, notes=rendered.lacking)
        folder = publish(made, destination.folder, now)
    kept = prune(destination.folder, destination.keep, folder)
    notes = tuple(f"kept {path}: it holds files that no scan wrote" for path in kept)
    return Delivered(folder=folder, names=rendered.names, notes=(*rendered.lacking, *notes))


def _formats(destination: Destination) -> Sequence[Format]:
    """JSON is always among them where later scans must find it: to compare, and to know it as a report."""
    needs_results = destination.keep is not None or destination.only_if_changed
    return (*destination.formats, Format.JSON) if needs_results else destination.formats


def _last_report(destination: Destination) -> Path | None:
    return destination.folder if destination.keep is None else next(iter(reports(destination.folder)), None)


def _since(last: Path, destination: Destination) -> str:
    if destination.keep is not None:
        return last.name
    return stamp(datetime.fromtimestamp((last / RESULTS).stat().st_mtime, UTC))
