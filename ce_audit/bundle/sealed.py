"""A sealed bundle as it lies on disk, and what its manifest says of it (`bundle-v1`, design.md section 5)."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from ce_audit.bundle.signing import SIGNATURE
from scanner.errors import ParseError, SourceError
from scanner.model import Origin
from scanner.parsers.bundle import read_json
from scanner.sources.archive import is_zip, read_zip
from scanner.sources.document import Document
from scanner.sources.folder import MAX_FILE_BYTES

BUNDLE_SCHEMA = "ce-audit/bundle-v1"
MANIFEST = "manifest.json"
_KEPT = (MANIFEST, SIGNATURE)  # all others are sealed by their hash


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is not as it was sealed. `kind` is changed | missing | unlisted | refused | manifest |
    signature | results | differs; `subject` the file, or the place in the results.
    """

    kind: str
    subject: str
    detail: str


class Seal(msgspec.Struct, frozen=True):
    """The SHA-256 (lower case, hexadecimal) and size in bytes of one file."""

    sha256: str
    bytes: int


class Sealed(msgspec.Struct, frozen=True, kw_only=True):
    """What lies there: a seal for each file, the manifest and the signature as bytes, None where absent."""

    files: dict[str, Seal]
    manifest: bytes | None = None
    signature: bytes | None = None
    refused: tuple[Failure, ...] = ()


class _File(msgspec.Struct):
    path: str
    sha256: str
    bytes: int


class _Manifest(msgspec.Struct):
    files: list[_File]


def read_sealed(path: Path) -> Sealed:
    """Read the bundle at `path`, a `.zip` or a folder.

    Of an archive that is hostile or damaged only the reason is told. Raises SourceError where `path` is
    neither, or cannot be read.
    """
    if not path.exists():
        raise SourceError(f"{path}: no such file or folder")
    if path.is_dir():
        return _sealed(_folder_documents(path))
    if path.stat().st_size > MAX_FILE_BYTES:
        raise SourceError(f"{path}: larger than {MAX_FILE_BYTES >> 20} MiB, which no bundle is")
    document = Document(source=path.name, data=path.read_bytes())
    if not is_zip(document):
        raise SourceError(f"{path}: not a bundle: neither a folder nor a .zip archive")
    try:
        return _sealed(read_zip(document))
    except SourceError as error:
        return Sealed(files={}, refused=(Failure(kind="refused", subject=path.name, detail=str(error)),))


def manifest_failures(sealed: Sealed, manifest: bytes) -> Iterator[Failure]:
    """Every file that is not as `manifest` has it, and every one of which it does not tell.

    Raises SourceError where this is the manifest of something else.
    """
    try:
        listed = _listed(manifest)
    except ParseError as error:
        yield Failure(kind="manifest", subject=MANIFEST, detail=str(error).removeprefix(f"{MANIFEST}: "))
        return
    for name, count in Counter(file.path for file in listed.files).items():
        if count > 1:
            yield Failure(kind="manifest", subject=name, detail=f"listed {count} times")
    seals = {file.path: Seal(file.sha256.lower(), file.bytes) for file in listed.files}
    yield from seal_failures(sealed.files, seals, "the manifest")


def seal_failures(found: dict[str, Seal], promised: dict[str, Seal], promiser: str) -> Iterator[Failure]:
    """Where the files `found` are not those `promised`: changed, missing, or more than promised."""
    for name, seal in promised.items():
        if name not in found:
            yield Failure(kind="missing", subject=name, detail=f"{promiser} lists it, and it is not there")
        elif found[name] != seal:
            yield Failure(kind="changed", subject=name, detail=_change(found[name], seal, promiser))
    for name in found:
        if name not in promised:
            yield Failure(
                kind="unlisted", subject=name, detail=f"it is there, and {promiser} does not list it"
            )


def _change(found: Seal, promised: Seal, promiser: str) -> str:
    if found.bytes != promised.bytes:
        return f"{found.bytes} bytes; {promiser} says {promised.bytes}"
    return f"SHA-256 {found.sha256}; {promiser} says {promised.sha256[:64]}"


def _listed(manifest: bytes) -> _Manifest:
    content = read_json(manifest, Origin(source=MANIFEST))
    schema = content.get("schema") if isinstance(content, dict) else None
    if schema != BUNDLE_SCHEMA:
        raise SourceError(f"not a bundle: its manifest.json is not {BUNDLE_SCHEMA}")
    try:
        return msgspec.convert(content, type=_Manifest)
    except msgspec.ValidationError as error:
        raise ParseError(f"does not follow {BUNDLE_SCHEMA}: {error}") from error


def _folder_documents(folder: Path) -> Iterator[Document | Failure]:
    root = folder.resolve()
    for found in sorted(root.rglob("*")):
        name = found.relative_to(root).as_posix()
        if found.resolve() != found:  # links and junctions: what they lead to was never sealed
            yield Failure(kind="refused", subject=name, detail="a link, which no collector writes")
        elif found.is_file():
            yield _file_document(found, name)
        elif not found.is_dir():
            yield Failure(kind="refused", subject=name, detail="neither a file nor a folder")


def _file_document(path: Path, name: str) -> Document | Failure:
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            return Failure(
                kind="refused", subject=name, detail=f"larger than {MAX_FILE_BYTES >> 20} MiB, not read"
            )
        return Document(source=name, data=path.read_bytes())
    except OSError as error:
        return Failure(kind="refused", subject=name, detail=f"cannot be read: {error.strerror or error}")


def _sealed(items: Iterable[Document | Failure]) -> Sealed:
    files: dict[str, Seal] = {}
    kept: dict[str, bytes] = {}
    refused: list[Failure] = []
    for item in items:
        if isinstance(item, Failure):
            refused.append(item)
        elif item.source in _KEPT:
            kept[item.source] = item.data
        else:
            files[item.source] = Seal(hashlib.sha256(item.data).hexdigest(), item.size)
    return Sealed(
        files=files, manifest=kept.get(MANIFEST), signature=kept.get(SIGNATURE), refused=tuple(refused)
    )
