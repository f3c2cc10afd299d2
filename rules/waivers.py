"""Waivers over results: which findings a site has accepted, and what became of every entry of its file.

A waiver is bound to what was accepted: where the finding's condition is another one, it no longer applies. An
entry that says nothing of the condition applies only where it can mean one finding alone, and says so. In
doubt a finding counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import msgspec

from rules.engine import concluded
from rules.model import CheckResult, Finding, Results, WaiverRecord, WaiverState
from rules.waiver import Waiver, endpoints, expiry

_SOON = 30  # days before its end from which a waiver says how many it has left
_SHOWN = 200


class _Found(msgspec.Struct, frozen=True):
    """A finding at its place in the results."""

    result: int
    number: int
    check: str
    finding: Finding


class _Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one entry."""

    state: WaiverState
    detail: str
    waived: tuple[_Found, ...] = ()


_Taken = dict[tuple[int, int], str]  # place of a finding -> place of the waiver that waives it


def apply_waivers(results: Results, waivers: Sequence[Waiver], today: date) -> Results:
    """`results` with the accepted findings waived, a record of every entry, and the verdict that follows.

    A waived finding stays where it is and is counted, but decides neither verdict nor exit code. `today` is
    the day by which entries are valid or expired.
    """
    found = [
        _Found(at, number, result.check, finding)
        for at, result in enumerate(results.results)
        for number, finding in enumerate(result.findings)
    ]
    taken: _Taken = {}
    records = []
    for waiver in waivers:
        named = tuple(each for each in found if waiver.names(each.check, each.finding))
        outcome = _outcome(waiver, named, taken, today) or _unused(waiver, results, found)
        taken.update({(each.result, each.number): waiver.place for each in outcome.waived})
        records.append(_record(waiver, named, outcome))
    return concluded(
        msgspec.structs.replace(
            results,
            results=tuple(_waived(at, result, taken) for at, result in enumerate(results.results)),
            waivers=tuple(records),
            waived_on=today,
        )
    )


def _waived(at: int, result: CheckResult, taken: _Taken) -> CheckResult:
    findings = tuple(
        msgspec.structs.replace(finding, waived=(at, number) in taken)
        for number, finding in enumerate(result.findings)
    )
    return msgspec.structs.replace(result, findings=findings)


def _outcome(waiver: Waiver, named: tuple[_Found, ...], taken: _Taken, today: date) -> _Outcome | None:
    """None where nothing was found that it names."""
    until = expiry(waiver.expires)
    if waiver.faults or until is None:
        return _Outcome(state=WaiverState.MALFORMED, detail="; ".join(waiver.faults))
    if until < today:
        ago = _days((today - until).days)
        missing = "" if named else "; nothing was found that it names"
        return _Outcome(state=WaiverState.EXPIRED, detail=f"it expired {ago} ago{missing}")
    if not named:
        return None
    if not waiver.accepts:
        return _unbound(named, taken, until, today)
    accepted = [each for each in named if each.finding.condition == waiver.accepts.casefold()]
    return _active(accepted, taken, _left(until, today)) if accepted else _changed(named)


def _unbound(named: tuple[_Found, ...], taken: _Taken, until: date, today: date) -> _Outcome:
    if len(named) > 1:
        lines = ", ".join(_line(each.finding) for each in named)
        return _Outcome(
            state=WaiverState.MALFORMED,
            detail=f"it names {len(named)} findings and does not say which it accepts; add one of: {lines}",
        )
    note = (
        "it is not bound to what was accepted: it would go on to apply if that changed; "
        f"bind it with {_line(named[0].finding)}"
    )
    return _active(named, taken, "; ".join(filter(None, (_left(until, today), note))))


def _active(accepted: Sequence[_Found], taken: _Taken, detail: str) -> _Outcome:
    free = tuple(each for each in accepted if (each.result, each.number) not in taken)
    if not free:
        first = taken[accepted[0].result, accepted[0].number]
        return _Outcome(state=WaiverState.UNUSED, detail=f"{first} waives the same finding already")
    return _Outcome(state=WaiverState.ACTIVE, detail=detail, waived=free)


def _changed(named: tuple[_Found, ...]) -> _Outcome:
    now = "; ".join(
        f"now: {each.finding.observed[:_SHOWN] or each.finding.message[:_SHOWN]}" for each in named
    )
    again = ", ".join(_line(each.finding) for each in named)
    return _Outcome(
        state=WaiverState.CHANGED,
        detail=f"what it accepted is not what was found ({now}); accepted anew it would say {again}",
    )


def _unused(waiver: Waiver, results: Results, found: Sequence[_Found]) -> _Outcome:
    """Why nothing is what it names, as far as that can be told."""
    detail = "nothing was found that it names"
    checks = {result.check.casefold() for result in results.results}
    if waiver.check and waiver.check.casefold() not in checks:
        detail += f"; there is no check {waiver.check[:_SHOWN]!r}"
    beside = [each for each in found if _is_beside(waiver, each)]
    if beside:
        at = ", ".join(dict.fromkeys(name for each in beside for name in endpoints(each.finding)[:1]))
        detail += (
            f"; what that check finds on that component is at {at or 'no endpoint: use the fingerprint'}"
        )
    return _Outcome(state=WaiverState.UNUSED, detail=detail)


def _is_beside(waiver: Waiver, each: _Found) -> bool:
    written = (waiver.check.casefold(), waiver.component.casefold())
    return bool(waiver.component) and written == (each.check.casefold(), each.finding.component.casefold())


def _record(waiver: Waiver, named: tuple[_Found, ...], outcome: _Outcome) -> WaiverRecord:
    fingerprints = dict.fromkeys(each.finding.fingerprint for each in outcome.waived)
    about = dict.fromkeys(f"{each.check}: {each.finding.subject}" for each in named)
    return WaiverRecord(
        subject="; ".join(about) or waiver.subject,
        place=waiver.place,
        state=outcome.state,
        detail=outcome.detail,
        justification=waiver.justification,
        owner=waiver.owner,
        approver=waiver.approver,
        expires=waiver.expires,
        fingerprints=tuple(fingerprints),
    )


def _left(until: date, today: date) -> str:
    left = (until - today).days
    if left > _SOON:
        return ""
    return f"{_days(left)} left" if left else "today is its last day"


def _days(count: int) -> str:
    return f"{count} day{'' if count == 1 else 's'}"


def _line(finding: Finding) -> str:
    return f'accepts = "{finding.condition}"'
