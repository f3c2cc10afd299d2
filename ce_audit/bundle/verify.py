"""`verify`: is a bundle as it was sealed, are results of that evidence, does judging again give them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import msgspec

from ce_audit.assess import assess
from ce_audit.bundle.reperform import differences, report_differences
from ce_audit.bundle.sealed import MANIFEST, Failure, Seal, manifest_failures, read_sealed, seal_failures
from ce_audit.bundle.signing import SIGNATURE, public_key, signature_fault
from ce_audit.evidence import load_snapshot, saved_snapshot
from ce_audit.review import Review, reviewed
from ce_audit.site.terms import Terms
from reports import results_json
from reports.visible import encodable
from rules.model import RESULTS_SCHEMA, Results
from scanner.errors import ConfigError, ParseError, SourceError
from scanner.model import Problem
from scanner.sources.folder import read_evidence

SCHEMA = "ce-audit/verify-v1"
_RESULTS = "results.json"
_SNAPSHOT = "snapshot.json"


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked beyond the hashes. `key` is the file of the public key whose signature must be there."""

    results: Path | None = None
    reperform: bool = False
    key: Path | None = None
    review: Review = Review()


class Verification(msgspec.Struct, frozen=True, kw_only=True):
    """`checked` says in words what was compared, `notes` what was not; intact where nothing failed."""

    schema: str = SCHEMA
    subject: str
    intact: bool
    checked: tuple[str, ...]
    notes: tuple[str, ...]
    failures: tuple[Failure, ...]


class _Header(msgspec.Struct):
    schema: str = ""


def verify(subject: Path, request: Request, terms: Terms) -> Verification:
    """Verify a bundle (`.zip` or folder), or a results.json with the bundle or snapshot beside it.

    Raises SourceError where `subject` is neither, ConfigError where what is asked for is not there to be
    compared, or where the key cannot be used.
    """
    evidence, results = _parties(subject, request)
    record = _Record()
    if evidence is not None and saved_snapshot(evidence) is None:
        _verify_bundle(evidence, request, record, required=results is None)
    elif request.key is not None:
        raise ConfigError(f"{subject}: only a bundle can be signed, and there is none to verify")
    elif results is None:
        raise SourceError(f"{subject}: not a bundle: a snapshot bears no hashes; name its results.json")
    elif evidence is not None:
        record.notes.append(f"{evidence.name} is not sealed: only a bundle shows what the host delivered")
    if results is not None:
        _verify_results(results, evidence, request, record, terms)
    return Verification(
        subject=encodable(str(subject)),
        intact=not record.failures,
        checked=tuple(map(encodable, record.checked)),
        notes=tuple(map(encodable, record.notes)),
        failures=tuple(map(_storable, record.failures)),
    )


class _Record:
    """What was checked, what was not and what failed, as it comes."""

    def __init__(self) -> None:
        self.checked: list[str] = []
        self.notes: list[str] = []
        self.failures: list[Failure] = []


def _verify_bundle(path: Path, request: Request, record: _Record, *, required: bool) -> None:
    key = public_key(request.key) if request.key else None
    sealed = read_sealed(path)
    record.failures += sealed.refused
    if sealed.manifest is not None:
        record.checked.append(f"{len(sealed.files)} files of {path} against its {MANIFEST}")
        record.failures += manifest_failures(sealed, sealed.manifest)
    elif sealed.refused:
        return
    else:
        if required or key is not None:
            raise SourceError(f"{path}: not a bundle: no {MANIFEST} at its top")
        record.notes.append(f"{path} has no {MANIFEST}: only what the results say of its files is compared")
    if key is not None:
        record.checked.append(f"the signature of the manifest against {request.key}")
        fault = signature_fault(sealed.manifest or b"", sealed.signature, key)
        record.failures += [Failure(kind="signature", subject=SIGNATURE, detail=fault)] if fault else []
    elif sealed.signature is not None:
        record.notes.append("the bundle is signed; --require-signature PUBKEYFILE checks by whom")
    elif sealed.manifest is not None:
        record.notes.append("the manifest is not signed: files that were changed together with it pass")


def _verify_results(
    path: Path, evidence: Path | None, request: Request, record: _Record, terms: Terms
) -> None:
    data = path.read_bytes()
    record.checked.append(f"{path} against {RESULTS_SCHEMA}")
    try:
        saved = results_json.parse(data)
    except ParseError as error:
        record.failures.append(Failure(kind="results", subject=path.name, detail=str(error)))
        return
    if evidence is None:
        record.notes.append("no evidence beside the results: its hashes are not checked")
    elif any(failure.kind == "refused" for failure in record.failures):
        record.notes.append("evidence that is refused is neither compared with the results nor judged")
    else:
        record.checked.append(f"the {len(saved.evidence)} files the results rest on against {evidence}")
        record.failures += _ledger_failures(saved, evidence)
        if request.reperform:
            record.checked.append(
                f"{path} against {evidence}, judged again, and the reports beside it, byte for byte"
            )
            now = assess(load_snapshot(evidence, terms), terms.catalogue, terms.site)
            if saved.site and not now.site:
                raise ConfigError("the results were judged with a site file; name it with --site")
            record.failures += differences(data, _reviewed(saved, now, request.review, record))
            record.failures += report_differences(saved, path.absolute().parent)


def _reviewed(saved: Results, now: Results, review: Review, record: _Record) -> Results:
    """`now` with waivers and baseline as `saved` had them, by the day on which it had them."""
    if saved.waived_on is not None and review.waivers is None:
        raise ConfigError("the results were judged with waivers; name their file with --waivers")
    if saved.baseline is not None and review.baseline is None:
        raise ConfigError("the results were compared with a baseline; name it with --baseline")
    if saved.waived_on is None and review.waivers is not None:
        record.notes.append("the results were judged without waivers: those named are not applied")
        review = msgspec.structs.replace(review, waivers=None)
    if saved.baseline is None and review.baseline is not None:
        record.notes.append("the results were compared with no baseline: the one named is not used")
        review = msgspec.structs.replace(review, baseline=None)
    return reviewed(now, review, saved.waived_on or date.min)


def _ledger_failures(saved: Results, evidence: Path) -> Iterator[Failure]:
    promised = {row.source: Seal(row.sha256, row.bytes) for row in saved.evidence}
    snapshot = saved_snapshot(evidence)
    if snapshot is not None:
        found = {source.source: Seal(source.sha256, source.bytes) for source in snapshot.evidence}
    else:
        documents = [item for item in read_evidence(evidence) if not isinstance(item, Problem)]
        found = {document.source: Seal(document.sha256, document.size) for document in documents}
    return seal_failures(found, promised, "the ledger of the results")


def _parties(subject: Path, request: Request) -> tuple[Path | None, Path | None]:
    """The evidence and the results that `subject` and the options name, or that lie beside it."""
    if not subject.exists():
        raise SourceError(f"{subject}: no such file or folder")
    if _is_results(subject):
        if request.results is not None:
            raise ConfigError(f"{subject}: --results goes with a bundle, and this is itself results")
        evidence = _evidence_beside(subject)
        if request.reperform and evidence is None:
            raise ConfigError(
                f"{subject}: no evidence beside it to judge again; name the bundle, and --results"
            )
        return evidence, subject
    if request.results is not None or not request.reperform:
        return subject, request.results
    beside = subject.absolute().parent / _RESULTS
    if not beside.is_file():
        raise ConfigError(f"{subject}: no {_RESULTS} beside it to compare with; name it with --results")
    return subject, beside


def _is_results(path: Path) -> bool:
    """True for `results-v1`, and for a `.json` file too damaged to say what it is."""
    if path.suffix.casefold() != ".json" or not path.is_file():
        return False
    try:
        return msgspec.json.decode(path.read_bytes(), type=_Header).schema == RESULTS_SCHEMA
    except msgspec.ValidationError:
        return False
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return True


def _evidence_beside(results: Path) -> Path | None:
    """The one `.zip` in the folder of the results, else the snapshot that `scan` wrote there."""
    folder = results.absolute().parent
    bundles = [found for found in folder.iterdir() if found.suffix.casefold() == ".zip"]
    if len(bundles) == 1:
        return bundles[0]
    snapshot = folder / _SNAPSHOT
    return snapshot if snapshot.is_file() else None


def _storable(failure: Failure) -> Failure:
    return msgspec.structs.replace(
        failure, subject=encodable(failure.subject), detail=encodable(failure.detail)
    )
