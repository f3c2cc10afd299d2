"""From the two things that `diff` names to what differs between them."""

from __future__ import annotations

from pathlib import Path

from ce_audit.bundle.sealed import MANIFEST
from ce_audit.evidence import load_snapshot, schema_of
from ce_audit.review import read_results
from ce_audit.site.terms import Terms
from rules.differences import Differences, of_results, of_snapshots
from rules.model import RESULTS_SCHEMA, Results
from scanner.errors import ConfigError, ParseError, SourceError
from scanner.model import SNAPSHOT_SCHEMA, Snapshot

_OURS = "ce-audit/"
_RESULTS, _SNAPSHOT = "results.json", "snapshot.json"


def compared(old: Path, new: Path, terms: Terms) -> Differences:
    """What differs between two results, or between two snapshots; evidence is read as its snapshot.

    Raises ConfigError where one is results and the other is not; SourceError or ParseError where one is
    neither.
    """
    before, after = _load(old, terms), _load(new, terms)
    names = (str(old), str(new))
    if isinstance(before, Results) and isinstance(after, Results):
        return of_results(before, after, names)
    if isinstance(before, Snapshot) and isinstance(after, Snapshot):
        return of_snapshots(before, after, names)
    results, snapshot = (old, new) if isinstance(before, Results) else (new, old)
    raise ConfigError(
        f"{results} holds results and {snapshot} facts: only two results or two snapshots can be compared"
    )


def _load(path: Path, terms: Terms) -> Results | Snapshot:
    if not path.exists():
        raise SourceError(f"{path}: no such file or folder")
    if _is_report(path):
        path = path / _RESULTS
    schema = schema_of(path)
    if schema == RESULTS_SCHEMA:
        return read_results(path)
    if schema.startswith(_OURS) and schema != SNAPSHOT_SCHEMA:
        raise ParseError(f"{path}: this is {schema[:80]!r}, neither results nor a snapshot")
    return load_snapshot(path, terms)


def _is_report(path: Path) -> bool:
    """True for the folder of a report; evidence may lie beside results too, and is then what is meant."""
    return (path / _RESULTS).is_file() and not (path / MANIFEST).exists() and (path / _SNAPSHOT).is_file()
