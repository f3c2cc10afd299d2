"""Processes of the product that are not the program on disk."""

from __future__ import annotations

from collections.abc import Iterator

from rules.case import Case
from rules.catalogue.model import CatalogueRow
from rules.causes import Cause
from rules.check import Check, Unproven
from rules.evidence_sets import ENDPOINTS
from rules.joined import CORE
from rules.model import Finding, Observation, Remediation, Severity
from rules.paths import ends_with, file_name, folded, same_path
from scanner.model import EvidenceKind, InstalledFile, Process


def find(case: Case) -> Iterator[Finding | Unproven]:
    files = {folded(file.path): file for file in case.snapshot.executables}
    rows = {row.executable: row for row in reversed(case.catalogue.rows) if not row.removed}
    for row in reversed(rows.values()):
        for process in case.installed(row).processes:
            path = process.path or case.installed(row).program
            if path and (file := files.get(folded(path))):
                yield from _outdated(case, row, process, file)
        yield from _elsewhere(case, row)


def _outdated(
    case: Case, row: CatalogueRow, process: Process, file: InstalledFile
) -> Iterator[Finding | Unproven]:
    """The file is gone, or newer than the process that runs it."""
    if file.bytes is None:
        yield _finding(
            case,
            row,
            message=f"{row.component} runs although its program is not on disk any more",
            expected=f"{file.path} on disk",
            observed="the file is gone",
            evidence=_seen(case, process, file),
        )
    elif process.started_at is None or file.modified_at is None:
        yield Unproven(
            subject=row.component, reason="when it started, or when its file was written, is not known"
        )
    elif file.modified_at > process.started_at and not _has_restart_finding(case, row):
        yield _finding(
            case,
            row,
            message=f"{row.component} was started before its program file was last written: the old program "
            "still runs",
            expected=f"started after {file.modified_at.isoformat()}",
            observed=f"the file was written {file.modified_at.isoformat()}, after the process started",
            evidence=_seen(case, process, file),
        )


def _elsewhere(case: Case, row: CatalogueRow) -> Iterator[Finding]:
    """A copy from another directory runs while the one that is installed does not."""
    found = case.installed(row)
    if found.file is None or found.processes or _is_told(case, row):
        return
    for process in case.sightings.processes[file_name(row.executable).casefold()]:
        if ends_with(process.path, row.executable) and not same_path(process.path, found.file.path):
            yield _finding(
                case,
                row,
                message=f"{row.component} runs from {process.path} and not from where it is installed",
                expected=found.file.path,
                observed=process.path or "",
                evidence=_seen(case, process, found.file),
            )


def _has_restart_finding(case: Case, row: CatalogueRow) -> bool:
    """True where restart-pending asks for the same restart; it is for application servers only."""
    causes = {
        each.cause for endpoint, each in case.port_diagnoses if endpoint.row.executable == row.executable
    }
    return Cause.RESTART in causes and case.role in (CORE, "")


def _is_told(case: Case, row: CatalogueRow) -> bool:
    """True where the copy's socket, or a firewall rule for it, is a finding already."""
    told = (Cause.FOREIGN, Cause.CONFLICT, Cause.WRONG_PROGRAM)
    return any(
        diagnosis.cause in told
        for diagnoses in (case.port_diagnoses, case.firewall_diagnoses)
        for endpoint, diagnosis in diagnoses
        if endpoint.row.executable == row.executable
    )


def _finding(
    case: Case,
    row: CatalogueRow,
    *,
    message: str,
    expected: str,
    observed: str,
    evidence: tuple[Observation, ...],
) -> Finding:
    return Finding(
        severity=Severity.MEDIUM,
        component=row.component,
        subject=row.executable,
        message=message,
        expected=expected,
        observed=observed,
        impact="What was installed is not what runs. A fault that the update mended is still there, and at "
        "the next restart the component may behave, and listen, differently.",
        evidence=evidence,
        remediation=Remediation(
            manual=("Restart it when few calls come in, then look whether it listens where it should.",),
            restart=row.component,
        ),
    )


def _seen(case: Case, process: Process, file: InstalledFile) -> tuple[Observation, ...]:
    started = process.started_at.isoformat() if process.started_at else "at an unknown time"
    written = file.modified_at.isoformat() if file.modified_at else "at an unknown time"
    state = "absent" if file.bytes is None else f"written {written}"
    return case.observe_all(
        [
            (process.origin, f"process {process.path or process.name} (PID {process.pid}) started {started}"),
            (file.origin, f"file {file.path} {state}"),
        ]
    )


CHECK = Check(
    id="stale-process",
    title="Every CE process runs the program that is installed",
    severity=Severity.MEDIUM,
    requires=frozenset({EvidenceKind.PROCESSES}),
    needs=ENDPOINTS,
    rationale="After an upgrade without a restart the old program goes on. It looks healthy, and nobody sees "
    "that the next restart will be the first start of the new one, perhaps in the busiest hour.",
    decides="Compares the start of each process of the catalogue with the time its file was last written; "
    "looks for processes whose file is gone, or that run from another directory than the installed one. A "
    "setup may give a file the time it was built, so not every upgrade shows.",
    mend="Restart the component, on an application server the whole server, in a maintenance window.",
    controls=(
        "NIST SP 800-53 r5 CM-3",
        "ISO/IEC 27001:2022 A.8.32",
    ),
    find=find,
)
