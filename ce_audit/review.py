"""What a site knows beyond one assessment: the findings it has accepted, and those of an earlier scan."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import msgspec

from ce_audit.progress import Progress
from ce_audit.waiver_file import read_waivers
from reports import results_json
from reports.visible import one_line
from rules.baseline import compare
from rules.model import Results, WaiverState
from rules.waiver import Waiver
from rules.waivers import apply_waivers
from scanner.errors import ParseError

_LONGEST = 400


class Review(msgspec.Struct, frozen=True, kw_only=True):
    """None where there is no such file."""

    waivers: tuple[Waiver, ...] | None = None
    baseline: Results | None = None


def read_review(waivers: Path | None, baseline: Path | None) -> Review:
    """What the files hold. Raises ConfigError, ParseError or OSError where they are not to be read."""
    return Review(
        waivers=read_waivers(waivers) if waivers else None,
        baseline=read_results(baseline) if baseline else None,
    )


def read_results(path: Path) -> Results:
    """The `results-v1` at `path`, or in the report folder `path`. Raises ParseError that names the file."""
    if path.is_dir():
        path = path / "results.json"
    try:
        return results_json.parse(path.read_bytes())
    except ParseError as error:
        raise ParseError(f"{path}: {error}") from error


def reviewed(results: Results, review: Review, today: date) -> Results:
    """`results` in the light of the waivers, by the day `today`, and of the baseline."""
    if review.waivers is not None:
        results = apply_waivers(results, review.waivers, today)
    if review.baseline is not None:
        results = compare(results, review.baseline)
    return results


def say_reviewed(results: Results, progress: Progress) -> None:
    """A line for each waiver that does not do what its author thinks, and for a baseline of another host."""
    for waiver in results.waivers:
        if waiver.state not in (WaiverState.ACTIVE, WaiverState.UNUSED):
            said = (f"waiver {waiver.state.value}", waiver.place, waiver.subject, waiver.detail)
            progress.say(one_line(": ".join(filter(None, said)), _LONGEST))
    earlier = results.baseline
    if earlier and earlier.host.casefold() != results.host.name.casefold():
        progress.say(f"the baseline is of another host: {one_line(earlier.host, _LONGEST)}")
