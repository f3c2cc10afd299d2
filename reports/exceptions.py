"""Waivers as the report shows them: the list of exceptions, and the entry that would waive a finding."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from reports.model import Script, WaiverLine
from reports.order import Placed, subject
from reports.visible import one_line
from reports.wording import WAIVER_STATE
from rules.model import Results, WaiverRecord, WaiverState
from rules.waiver import endpoints

_ORDER = (
    WaiverState.MALFORMED, WaiverState.CHANGED, WaiverState.EXPIRED, WaiverState.UNUSED, WaiverState.ACTIVE
)  # fmt: skip
_FIELD = 500


def exceptions(results: Results, findings: Sequence[Placed]) -> tuple[WaiverLine, ...]:
    """Every entry: first those that do not apply and need somebody, then as they stand in their file."""
    ordered = sorted(results.waivers, key=lambda record: _ORDER.index(record.state))
    return tuple(_line(record, findings) for record in ordered)


def by_anchor(lines: Sequence[WaiverLine]) -> Mapping[str, WaiverLine]:
    """Which entry waives a finding, by the anchor of that finding."""
    return {link.id: line for line in lines for link in line.findings}


def stub(item: Placed) -> Script | None:
    """The entry that accepts a finding as it was found, to be filled in; None where it is waived already.

    Blank answers make it malformed, so that nothing is waived by pasting it.
    """
    finding = item.finding
    if finding.waived or not finding.fingerprint:
        return None
    lines = [
        f"# {one_line(f'{item.result.check}: {subject(finding)}', _FIELD)}",
        "[[waiver]]",
        f"fingerprint = {_text(finding.fingerprint)}",
        *_readable(item),
        *([f"accepts = {_text(finding.condition)}"] if finding.condition else ()),
        'justification = ""',
        'owner = ""',
        'approver = ""  # somebody else',
        'expires = ""  # its last day, such as 2027-01-31',
    ]
    return Script(label="Entry for a waiver file (TOML)", text="\n".join(lines))


def _readable(item: Placed) -> Sequence[str]:
    """The other way to name the finding, as comments: an entry names it one way only."""
    finding, at = item.finding, endpoints(item.finding)
    if not (finding.component and at):
        return ()
    keys = {"check": item.result.check, "component": finding.component, "variant": finding.variant}
    pairs = [f"# {key} = {_text(value)}" for key, value in {**keys, "endpoint": at[0]}.items() if value]
    return ("# Or, in place of the fingerprint:", *pairs)


def _text(value: str) -> str:
    """A TOML string; what JSON escapes, TOML escapes alike, and the rest has been made visible."""
    return json.dumps(value, ensure_ascii=False)


def _line(record: WaiverRecord, findings: Sequence[Placed]) -> WaiverLine:
    links = [
        item.link
        for item in findings
        if item.finding.waived and item.finding.fingerprint in record.fingerprints
    ]
    return WaiverLine(
        state=WAIVER_STATE[record.state],
        subject=one_line(record.subject, _FIELD) or "names no finding",
        place=one_line(record.place, 200),
        detail=one_line(record.detail),
        justification=one_line(record.justification),
        owner=one_line(record.owner, _FIELD),
        approver=one_line(record.approver, _FIELD),
        expires=one_line(record.expires, 80),
        findings=tuple(links),
    )
