"""`collect`: the facts as JSON, or a sealed bundle that holds the raw evidence too (`bundle-v1`, design.md
5).
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from ce_audit.assess import TOOL
from ce_audit.bundle.sealed import BUNDLE_SCHEMA, MANIFEST
from ce_audit.bundle.signing import SIGNATURE, private_key, signature
from ce_audit.evidence import NO_EVIDENCE, load_snapshot, saved_snapshot
from ce_audit.output import make_folder, snapshot_json, write_whole
from ce_audit.site.terms import Terms
from scanner.collect import Collection
from scanner.errors import ConfigError, ParseError, SourceError
from scanner.live import collect_host_evidence, is_live_host
from scanner.masked_export import masked_export
from scanner.masking import masked
from scanner.model import Origin, Problem, Snapshot
from scanner.parsers.bundle import read_json
from scanner.readers import CONFIGURATION, HIVE, REGISTRY_EXPORT, UNRECOGNISED
from scanner.sources.archive import NO_DATE
from scanner.sources.document import Document
from scanner.sources.folder import read_evidence

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_MASKS: Mapping[str | None, Callable[[bytes], bytes]] = {
    CONFIGURATION: masked,
    UNRECOGNISED: masked,
    REGISTRY_EXPORT: masked_export,
}


def write_collection(evidence: Path | None, output: Path, terms: Terms, sign: Path | None = None) -> Snapshot:
    """Write the snapshot (`.json`) or the bundle (`.zip`) of `evidence`, or of this host, to `output`.

    With `sign`, a private key file, the bundle bears a signature. Raises ConfigError for another ending or a
    key that cannot be used, SourceError where there is nothing to collect.
    """
    ending = output.suffix.casefold()
    if sign is not None and ending != ".zip":
        raise ConfigError(f"{output}: only a bundle (.zip) can be signed")
    key = private_key(sign) if sign else None  # before the work, and before anything is written
    make_folder(output.parent)
    if ending == ".json":
        snapshot = load_snapshot(evidence, terms)
        write_whole(output, snapshot_json(snapshot))
        return snapshot
    if ending != ".zip":
        raise ConfigError(f"{output}: the output must end in .json (snapshot) or .zip (bundle)")
    items = _items(evidence, terms)
    collection = Collection(terms.locations, terms.channels)
    for item in items:
        collection.add(item)
    if not collection.is_evidence:
        raise SourceError(f"{evidence}: holds nothing that can be read as evidence")
    snapshot = collection.snapshot()
    write_whole(output, bundle(items, snapshot, key))
    return snapshot


def bundle(
    items: Iterable[Document | Problem], snapshot: Snapshot, key: Ed25519PrivateKey | None = None
) -> bytes:
    """A zip of the documents with a manifest that names and hashes each; configuration files and registry
    exports lose their secrets.

    The manifest keeps what an earlier collector said in its own (who, when), and names every step that
    failed.
    """
    kinds = {source.source: source.kind for source in snapshot.evidence}
    sealed: dict[str, bytes] = {}
    failed: list[dict[str, object]] = []
    for item in items:
        if isinstance(item, Problem):
            failed.append(_step(item.origin.locator or item.origin.source, item.reason))
        else:
            sealed[item.source] = _without_secrets(item, kinds.get(item.source))
    earlier, *damage = _earlier_manifest(sealed.pop(MANIFEST, b"{}"))
    sealed.pop(SIGNATURE, None)  # it was made over the earlier manifest
    failed += damage
    manifest = _manifest(earlier, sealed, kinds, snapshot, failed)
    signed = {SIGNATURE: signature(manifest, key)} if key else {}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in {**sealed, MANIFEST: manifest, **signed}.items():
            entry = zipfile.ZipInfo(name, NO_DATE)  # the same evidence makes the same bytes
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, data)
    return buffer.getvalue()


def _without_secrets(document: Document, kind: str | None) -> bytes:
    """The document as it may leave the host: as it came, where it holds no secret that we know."""
    mask = _MASKS.get(kind)
    plain = mask(document.data) if mask else document.data
    return document.raw if plain == document.data else plain


def sealed_unmasked(snapshot: Snapshot) -> tuple[str, ...]:
    """The sources that a bundle of this evidence holds as they are, whatever secrets are in them: hives."""
    return tuple(found.source for found in snapshot.evidence if found.kind == HIVE)


def _items(evidence: Path | None, terms: Terms) -> list[Document | Problem]:
    if evidence is None:
        if not is_live_host():
            raise SourceError(NO_EVIDENCE)
        places = terms.site.install_directories.values()
        return list(collect_host_evidence(terms.locations, terms.catalogue.executables, directories=places))
    if saved_snapshot(evidence) is not None:
        raise SourceError(
            f"{evidence}: a snapshot holds no raw evidence to bundle; give the folder or .zip it came from"
        )
    return list(read_evidence(evidence))


def _earlier_manifest(data: bytes) -> list[dict[str, Any]]:
    """What an earlier collector said of its run; where it cannot be read, a failed step that says so."""
    try:
        said = read_json(data, Origin(source=MANIFEST))
    except ParseError as error:
        return [{}, _step(MANIFEST, str(error))]
    return [said if isinstance(said, dict) else {}]


def _step(name: str, error: str) -> dict[str, Any]:
    return {"name": name, "ms": None, "error": error}


def _manifest(
    earlier: Mapping[str, Any],
    sealed: Mapping[str, bytes],
    kinds: Mapping[str, str],
    snapshot: Snapshot,
    failed: list[dict[str, object]],
) -> bytes:
    host = snapshot.host
    steps = earlier.get("steps")
    manifest = {
        **earlier,
        "schema": BUNDLE_SCHEMA,
        "host": earlier.get("host") or host.name,
        "collected_at": earlier.get("collected_at") or _iso(host.collected_at),
        "collector": earlier.get("collector") or TOOL,
        "elevated": earlier.get("elevated", host.elevated),
        "files": [
            {
                "path": name,
                "kind": kinds.get(name, ""),
                "sha256": hashlib.sha256(data).hexdigest(),
                "bytes": len(data),
            }
            for name, data in sealed.items()
        ],
        "steps": [*(steps if isinstance(steps, list) else ()), *failed],
    }
    return msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n"


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
