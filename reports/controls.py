"""Outside controls in the report: what the checks that serve each of them say, document by document."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from reports.model import Badge, CheckLine, ControlGroup, ControlLine, Link
from reports.visible import one_line
from reports.wording import NOT_JUDGED, SEVERITY, STATUS
from rules.controls import FRAMEWORKS, Control, read_control
from rules.model import Results, Status

_WORST_FIRST = (Status.FAIL, Status.ERROR, Status.NOT_PROVEN, Status.PASS, Status.NOT_APPLICABLE)
_RANK = {STATUS[status].word: rank for rank, status in enumerate(_WORST_FIRST)}
_SHADES = [badge.code for badge in SEVERITY.values()]  # of a failed check, worst first
_PROFILES = ("domain", "private", "public")
_OTHER = "Other documents"


def control_groups(results: Results, checks: Sequence[CheckLine]) -> tuple[ControlGroup, ...]:
    """Every control that a check serves, with its worst answer. `checks` stand worst first."""
    serving: dict[Control, list[CheckLine]] = defaultdict(list)
    by_id = {result.check: result for result in results.results}
    for line in checks:
        for quoted in dict.fromkeys(by_id[line.check].controls):
            serving[read_control(one_line(quoted))].append(line)
    groups: dict[str, list[ControlLine]] = defaultdict(list)
    for control in sorted(serving, key=_place):
        groups[control.framework].append(_line(control, serving[control], results.host.profiles))
    return tuple(
        ControlGroup(framework=framework or _OTHER, controls=tuple(lines))
        for framework, lines in groups.items()
    )


def in_short(controls: Iterable[str]) -> str:
    """The controls on one line, each document named once: `PCI DSS v4.0 1.2.5, 1.2.7; ISO/IEC ...`."""
    numbers: dict[str, list[str]] = defaultdict(list)
    for control in sorted((read_control(one_line(quoted)) for quoted in controls), key=_place):
        numbers[control.framework].append(_current(control))
    return "; ".join(f"{name} {', '.join(each)}".strip() for name, each in numbers.items())


def _line(control: Control, serving: Sequence[CheckLine], judged: Sequence[str]) -> ControlLine:
    unseen = _profile(control) not in ("", *judged) if judged else False
    return ControlLine(
        number=control.number,
        asks=control.asks,
        status=NOT_JUDGED if unseen else _worst(serving),
        checks=tuple(Link(id=f"c-{line.check}", text=line.check, badge=line.status) for line in serving),
    )


def _worst(serving: Sequence[CheckLine]) -> Badge:
    return min((line.status for line in serving), key=_rank)


def _rank(status: Badge) -> tuple[int, int]:
    return _RANK[status.word], _SHADES.index(status.code) if status.code in _SHADES else len(_SHADES)


def _profile(control: Control) -> str:
    """The firewall profile that it is about, "" for all: an item about another one was not looked at."""
    words = control.asks.casefold().replace(":", " ").split()
    return next((profile for profile in _PROFILES if profile in words), "")


def _current(control: Control) -> str:
    """Its number without the older one."""
    return control.number.partition(",")[0]


def _place(control: Control) -> tuple[int, tuple[tuple[int, str], ...]]:
    """Documents in our order, numbers as people count them: 1.2.7 before 10.2."""
    known = FRAMEWORKS.index(control.framework) if control.framework else len(FRAMEWORKS)
    parts = _current(control).replace("(", ".").replace(")", "").replace("-", ".").split(".")
    return known, tuple((int(part), "") if part.isdecimal() else (0, part) for part in parts)
