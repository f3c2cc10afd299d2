"""From what the user names to a snapshot: this host, a folder, a bundle, a saved snapshot, one file."""

from __future__ import annotations

from pathlib import Path

import msgspec

from rules.catalogue.loader import port_locations
from rules.catalogue.model import Catalogue
from scanner.collect import collect_evidence
from scanner.errors import ParseError, SourceError
from scanner.live import collect_host, is_live_host
from scanner.model import SNAPSHOT_SCHEMA, Snapshot

NO_EVIDENCE = (
    "no EVIDENCE given, and this is not a Windows host that could be scanned itself; "
    "name a folder of evidence, a .zip bundle, a snapshot.json or a single evidence file"
)


class _Header(msgspec.Struct):
    schema: str = ""


def load_snapshot(evidence: Path | None, catalogue: Catalogue) -> Snapshot:
    """The facts at `evidence`, or of this host where it is None.

    Raises SourceError where there is nothing to read, ParseError where a saved snapshot is damaged.
    """
    if evidence is None:
        if not is_live_host():
            raise SourceError(NO_EVIDENCE)
        return collect_host(port_locations(catalogue), catalogue.executables)
    return saved_snapshot(evidence) or collect_evidence(evidence, port_locations(catalogue))


def saved_snapshot(path: Path) -> Snapshot | None:
    """The snapshot that `path` holds, or None where it is something else. Raises ParseError where it is
    damaged.
    """
    if path.suffix.casefold() != ".json" or not path.is_file():
        return None
    data = path.read_bytes()
    try:
        if msgspec.json.decode(data, type=_Header).schema != SNAPSHOT_SCHEMA:
            return None
    except (msgspec.DecodeError, RecursionError):  # evidence of another kind, or none
        return None
    try:
        return msgspec.json.decode(data, type=Snapshot)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ParseError(f"{path}: not a {SNAPSHOT_SCHEMA}: {error}") from error
