"""From what the user names to a snapshot: this host, a folder, a bundle, a saved snapshot, one file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from scanner.collect import collect_evidence
from scanner.errors import ParseError, SourceError
from scanner.live import collect_host, is_live_host
from scanner.model import SNAPSHOT_SCHEMA, Snapshot

if TYPE_CHECKING:
    from ce_audit.site.terms import Terms

NO_EVIDENCE = (
    "no EVIDENCE given, and this is not a Windows host that could be scanned itself; "
    "name a folder of evidence, a .zip bundle, a snapshot.json or a single evidence file"
)


class _Header(msgspec.Struct):
    schema: str = ""


def load_snapshot(evidence: Path | None, terms: Terms) -> Snapshot:
    """The facts at `evidence`, or of this host where it is None, read where `terms` say that ports stand.

    Raises SourceError where there is nothing to read, ParseError where a saved snapshot is damaged.
    """
    if evidence is None:
        if not is_live_host():
            raise SourceError(NO_EVIDENCE)
        places = terms.site.install_directories.values()
        return collect_host(terms.locations, terms.catalogue.executables, terms.channels, places)
    return saved_snapshot(evidence) or collect_evidence(evidence, terms.locations, terms.channels)


def unheeded(evidence: Path | None, terms: Terms) -> str:
    """What to tell the user where the site file speaks of evidence that was read already, else ""."""
    if evidence is None or not terms.reading or not _is_snapshot(evidence):
        return ""
    keys = " and ".join(terms.reading)
    return f"{evidence} was collected already: {keys} of the site file mean nothing to it"


def saved_snapshot(path: Path) -> Snapshot | None:
    """The snapshot that `path` holds, or None where it is something else. Raises ParseError where it is
    damaged.
    """
    if not _is_snapshot(path):
        return None
    try:
        return msgspec.json.decode(path.read_bytes(), type=Snapshot)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ParseError(f"{path}: not a {SNAPSHOT_SCHEMA}: {error}") from error


def _is_snapshot(path: Path) -> bool:
    return schema_of(path) == SNAPSHOT_SCHEMA


def schema_of(path: Path) -> str:
    """The schema that a JSON file says it follows, "" for anything else."""
    if path.suffix.casefold() != ".json" or not path.is_file():
        return ""
    try:
        return msgspec.json.decode(path.read_bytes(), type=_Header).schema
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):  # evidence of another kind, or none
        return ""
