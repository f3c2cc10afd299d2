"""What differs between two assessments, findings, checks, endpoints and verdict; the `diff-v1` record."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import msgspec

from rules.baseline import gone
from rules.model import CheckResult, EndpointRow, Finding, Results
from scanner.differences import snapshot_differences
from scanner.differing import Change, Fact, FactDifference, differing, field_changes
from scanner.model import Snapshot

DIFF_SCHEMA = "ce-audit/diff-v1"
NEW, RESOLVED, UNDECIDED, CHANGED, UNCHANGED = "new", "resolved", "undecided", "changed", "unchanged"
STATES = (NEW, UNDECIDED, CHANGED, RESOLVED, UNCHANGED)  # in the order in which they are told
_FINDING_FIELDS = ("severity", "waived", "port", "expected", "observed", "condition")


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """One of the two that are compared. `name` is what the user called it."""

    name: str
    host: str
    tool: str = ""
    collected_at: datetime | None = None


class FindingDifference(msgspec.Struct, frozen=True, kw_only=True):
    """A finding of either side and what became of it: new | undecided | changed | resolved | unchanged.

    `undecided` was there and is not found again, by a check that could not be decided this time.
    """

    state: str
    check: str
    fingerprint: str
    severity: str
    waived: bool
    subject: str
    message: str
    changes: tuple[Change, ...] = ()


class Differences(msgspec.Struct, frozen=True, kw_only=True):
    """`diff-v1`: two assessments or two snapshots of one kind (`results` | `snapshot`).

    `findings` holds the unchanged ones too; `notes` say what was not compared. `different` is false where
    nothing but the notes differs.
    """

    schema: str = DIFF_SCHEMA
    kind: str
    different: bool
    old: Side
    new: Side
    notes: tuple[str, ...] = ()
    verdict: tuple[Change, ...] = ()
    findings: tuple[FindingDifference, ...] = ()
    checks: tuple[FactDifference, ...] = ()
    endpoints: tuple[FactDifference, ...] = ()
    facts: tuple[FactDifference, ...] = ()


def of_results(old: Results, new: Results, names: tuple[str, str]) -> Differences:
    """Findings are the same where their fingerprint is; the order of anything is no difference."""
    findings = tuple(sorted(_findings(old, new), key=_order))
    checks = _differing("checks", map(_check, old.results), map(_check, new.results))
    endpoints = _differing("endpoints", map(_row, old.endpoints), map(_row, new.endpoints))
    verdict = field_changes({"verdict": old.verdict}, {"verdict": new.verdict})
    sides = tuple(
        Side(name=name, host=each.host.name, tool=each.tool, collected_at=each.host.collected_at)
        for name, each in zip(names, (old, new), strict=True)
    )
    moved = any(finding.state != UNCHANGED for finding in findings)
    return Differences(
        kind="results",
        different=bool(moved or checks or endpoints or verdict),
        old=sides[0],
        new=sides[1],
        notes=tuple(_notes(*sides)),
        verdict=verdict,
        findings=findings,
        checks=checks,
        endpoints=endpoints,
    )


def of_snapshots(old: Snapshot, new: Snapshot, names: tuple[str, str]) -> Differences:
    """As `scanner.differences` compares them."""
    found = snapshot_differences(old, new)
    sides = tuple(
        Side(
            name=name, host=host.name or "unknown", tool=host.collector or "", collected_at=host.collected_at
        )
        for name, host in zip(names, (old.host, new.host), strict=True)
    )
    return Differences(
        kind="snapshot",
        different=bool(found.facts),
        old=sides[0],
        new=sides[1],
        notes=(*_notes(*sides), *found.notes),
        facts=found.facts,
    )


def _notes(old: Side, new: Side) -> Iterator[str]:
    if old.host.casefold() != new.host.casefold():
        yield f"the two are of different hosts: {old.host} and {new.host}"
    if old.tool != new.tool:
        tools = [side.tool or "one that is not stated" for side in (old, new)]
        yield f"they were made by different programs: {tools[0]} and {tools[1]}"


def _findings(old: Results, new: Results) -> Iterator[FindingDifference]:
    before, after = _numbered(old), _numbered(new)
    open_ones = {finding.fingerprint for finding in gone(new, old)[1]}
    for key, (check, finding) in before.items():
        if key not in after:
            yield _difference(UNDECIDED if finding.fingerprint in open_ones else RESOLVED, check, finding)
    for key, (check, finding) in after.items():
        if key not in before:
            yield _difference(NEW, check, finding)
            continue
        changes = _changes(before[key][1], finding)
        yield _difference(CHANGED if changes else UNCHANGED, check, finding, changes)


def _numbered(results: Results) -> dict[tuple[str, int], tuple[str, Finding]]:
    """Findings by fingerprint; where several share one, by their condition among themselves."""
    pairs = [(result.check, finding) for result in results.results for finding in result.findings]
    pairs.sort(key=lambda pair: (pair[1].fingerprint, pair[1].condition))
    found: dict[tuple[str, int], tuple[str, Finding]] = {}
    for check, finding in pairs:
        number = 0
        while (finding.fingerprint, number) in found:
            number += 1
        found[finding.fingerprint, number] = (check, finding)
    return found


def _changes(old: Finding, new: Finding) -> tuple[Change, ...]:
    """What counts of a finding. Where only the condition differs, the scope of a firewall rule does.

    Results of an earlier version of this program hold no condition: nobody knows whether it differs.
    """
    unknown = () if old.condition and new.condition else ("condition",)
    names = [name for name in _FINDING_FIELDS if name not in unknown]
    before, after = ({name: getattr(each, name) for name in names} for each in (old, new))
    return field_changes(before, after)


def _difference(
    state: str, check: str, finding: Finding, changes: tuple[Change, ...] = ()
) -> FindingDifference:
    return FindingDifference(
        state=state,
        check=check,
        fingerprint=finding.fingerprint,
        severity=finding.severity.value,
        waived=finding.waived,
        subject=finding.subject,
        message=finding.message,
        changes=changes,
    )


def _order(difference: FindingDifference) -> tuple[int, str, str, str]:
    return STATES.index(difference.state), difference.check, difference.subject, difference.fingerprint


def _check(result: CheckResult) -> Fact:
    return Fact(key=(result.check,), name=result.check, fields={"status": result.status})


def _row(row: EndpointRow) -> Fact:
    """A rule that decides is known by its name here: the vendor's cmdlets give new ids at every run."""
    documented = "/".join(map(str, row.documented))
    return Fact(
        key=(row.component, row.variant, row.protocol, documented),
        name=" ".join(filter(None, (row.component, row.variant, row.protocol, documented))),
        fields={
            "configured": row.configured,
            "configured_state": row.configured_state,
            "listening": row.listening,
            "from CE servers": row.permitted.server,
            "from clients": row.permitted.client,
            "state": row.state,
            "note": row.note,
            "decided by": tuple({f"{by.name or by.id} ({by.store}, {by.action})" for by in row.decided_by}),
        },
    )


def _differing(kind: str, old: Iterator[Fact], new: Iterator[Fact]) -> tuple[FactDifference, ...]:
    return tuple(difference for _, difference in differing(kind, old, new))
