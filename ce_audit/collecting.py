"""`collect`: the facts as JSON, or a sealed bundle that holds the raw evidence too (`bundle-v1`, design.md
5).
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from ce_audit.assess import TOOL
from ce_audit.evidence import NO_EVIDENCE, load_snapshot, saved_snapshot
from ce_audit.output import make_folder, snapshot_json, write_whole
from rules.catalogue.loader import port_locations
from rules.catalogue.model import Catalogue
from scanner.collect import Collection
from scanner.errors import ConfigError, SourceError
from scanner.live import collect_host_evidence, is_live_host
from scanner.masking import masked
from scanner.model import Problem, Snapshot
from scanner.readers import CONFIGURATION
from scanner.sources.archive import NO_DATE
from scanner.sources.document import Document
from scanner.sources.folder import read_evidence

BUNDLE_SCHEMA = "ce-audit/bundle-v1"
_MANIFEST = "manifest.json"


def write_collection(evidence: Path | None, output: Path, catalogue: Catalogue) -> Snapshot:
    """Write the snapshot (`.json`) or the bundle (`.zip`) of `evidence`, or of this host, to `output`.

    Raises ConfigError for another ending, SourceError where there is nothing to collect.
    """
    make_folder(output.parent)
    ending = output.suffix.casefold()
    if ending == ".json":
        snapshot = load_snapshot(evidence, catalogue)
        write_whole(output, snapshot_json(snapshot))
        return snapshot
    if ending != ".zip":
        raise ConfigError(f"{output}: the output must end in .json (snapshot) or .zip (bundle)")
    items = _items(evidence, catalogue)
    collection = Collection(port_locations(catalogue))
    for item in items:
        collection.add(item)
    if not collection.is_evidence:
        raise SourceError(f"{evidence}: holds nothing that can be read as evidence")
    snapshot = collection.snapshot()
    write_whole(output, bundle(items, snapshot))
    return snapshot


def bundle(items: Iterable[Document | Problem], snapshot: Snapshot) -> bytes:
    """A zip of the documents with a manifest that names and hashes each; configuration files lose their
    secrets.

    The manifest keeps what an earlier collector said in its own (who, when), and names every step that
    failed.
    """
    kinds = {source.source: source.kind for source in snapshot.evidence}
    sealed: dict[str, bytes] = {}
    failed: list[dict[str, object]] = []
    for item in items:
        if isinstance(item, Problem):
            failed.append({"name": item.origin.source, "ms": None, "error": item.reason})
        else:
            is_configuration = kinds.get(item.source) == CONFIGURATION
            sealed[item.source] = masked(item.data) if is_configuration else item.raw
    earlier = sealed.pop(_MANIFEST, b"{}")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in {**sealed, _MANIFEST: _manifest(earlier, sealed, kinds, snapshot, failed)}.items():
            entry = zipfile.ZipInfo(name, NO_DATE)  # the same evidence makes the same bytes
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, data)
    return buffer.getvalue()


def _items(evidence: Path | None, catalogue: Catalogue) -> list[Document | Problem]:
    if evidence is None:
        if not is_live_host():
            raise SourceError(NO_EVIDENCE)
        return list(collect_host_evidence(port_locations(catalogue), catalogue.executables))
    if saved_snapshot(evidence) is not None:
        raise SourceError(
            f"{evidence}: a snapshot holds no raw evidence to bundle; give the folder or .zip it came from"
        )
    return list(read_evidence(evidence))


def _manifest(
    earlier: bytes,
    sealed: Mapping[str, bytes],
    kinds: Mapping[str, str],
    snapshot: Snapshot,
    failed: list[dict[str, object]],
) -> bytes:
    said: dict[str, Any] = msgspec.json.decode(earlier)
    host = snapshot.host
    manifest = {
        **said,
        "schema": BUNDLE_SCHEMA,
        "host": said.get("host") or host.name,
        "collected_at": said.get("collected_at") or _iso(host.collected_at),
        "collector": said.get("collector") or TOOL,
        "elevated": said.get("elevated", host.elevated),
        "files": [
            {
                "path": name,
                "kind": kinds.get(name, ""),
                "sha256": hashlib.sha256(data).hexdigest(),
                "bytes": len(data),
            }
            for name, data in sealed.items()
        ],
        "steps": [*said.get("steps", ()), *failed],
    }
    return msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n"


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
