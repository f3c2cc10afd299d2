"""Judge and render again, and say where what was saved differs from what this program makes of the same."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from ce_audit.bundle.sealed import Failure
from ce_audit.output import Format, Renderings
from reports import results_json
from reports.visible import one_line
from rules.model import Results

COMPARED = (Format.HTML, Format.CSV)
MOST_DIFFERENCES = 10
_LONGEST = 120  # characters of a value
_ABSENT = "nothing"


def differences(saved: bytes, now: Results) -> tuple[Failure, ...]:
    """The first MOST_DIFFERENCES places where `saved` is not what `now` is written as; none where byte for
    byte the same. `saved` is JSON.
    """
    again = results_json.render(now)
    if saved == again:
        return ()
    try:
        found = tuple(islice(_unlike("", json.loads(saved), json.loads(again)), MOST_DIFFERENCES))
    except RecursionError:
        return (_whole("nested too deep to be compared"),)
    return found or (_whole("the content is the same, and it is written differently"),)


def _whole(detail: str) -> Failure:
    return Failure(kind="differs", subject="results", detail=detail)


def report_differences(saved: Results, folder: Path) -> tuple[Failure, ...]:
    """The reports in `folder` that are not what this program renders from `saved`; a PDF is not compared,
    which fonts and library versions change.
    """
    renderings = Renderings(saved, None)
    detail = "not what this program renders from the results beside it"
    return tuple(
        Failure(kind="differs", subject=name, detail=detail)
        for chosen in COMPARED
        for name, render in renderings.files(chosen).items()
        if (folder / name).is_file() and (folder / name).read_bytes() != render()
    )


def _unlike(at: str, saved: Any, now: Any) -> Iterator[Failure]:  # noqa: ANN401 - JSON is anything
    if isinstance(saved, dict) and isinstance(now, dict):
        for key in {**saved, **now}:
            inner = f"{at}.{key}" if at else key
            yield from _member(inner, key in saved, key in now, saved.get(key), now.get(key))
    elif isinstance(saved, list) and isinstance(now, list):
        for number in range(max(len(saved), len(now))):
            had, has = number < len(saved), number < len(now)
            pair = (saved[number] if had else None, now[number] if has else None)
            yield from _member(f"{at}[{number}]", had, has, *pair)
    elif saved != now or type(saved) is not type(now):
        yield _differs(at, _shown(saved), _shown(now))


def _member(at: str, had: bool, has: bool, saved: Any, now: Any) -> Iterator[Failure]:  # noqa: ANN401
    if had and has:
        yield from _unlike(at, saved, now)
    else:
        yield _differs(at, _shown(saved) if had else _ABSENT, _shown(now) if has else _ABSENT)


def _differs(at: str, saved: str, now: str) -> Failure:
    return Failure(kind="differs", subject=at, detail=f"saved {saved}; judged again {now}")


def _shown(value: object) -> str:
    return one_line(json.dumps(value, ensure_ascii=False), _LONGEST)
