"""The rows of the endpoint matrix, each tied to the findings about it; rows with the worst findings first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from reports.model import Badge, EndpointLine
from reports.order import Placed
from reports.visible import one_line
from reports.wording import DECISION
from rules.model import DecidedBy, EndpointRow

_DECIDERS = 3
_RUN = 3  # from here on, consecutive ports are written as a span


def endpoint_lines(rows: Sequence[EndpointRow], findings: Sequence[Placed]) -> tuple[EndpointLine, ...]:
    """One line for each row; equal in severity, they keep the order of the catalogue."""
    by_component: dict[str, list[Placed]] = defaultdict(list)
    for item in findings:
        by_component[item.finding.component].append(item)
    ranked = [_line(row, by_component) for row in rows]
    return tuple(line for _, line in sorted(ranked, key=lambda pair: pair[0]))


def ports(numbers: Sequence[int]) -> str:
    """Ports as a person writes them: `9901, 9903–9907`."""
    runs: list[list[int]] = []
    for number in sorted(set(numbers)):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return one_line(", ".join(_run(run) for run in runs), 200)


def _run(run: Sequence[int]) -> str:
    return f"{run[0]}–{run[-1]}" if len(run) >= _RUN else ", ".join(map(str, run))


def _line(row: EndpointRow, findings: Mapping[str, Sequence[Placed]]) -> tuple[int, EndpointLine]:
    about = [item for item in findings.get(row.component, ()) if _concerns(item, row)]
    counting = [item for item in about if not item.finding.waived]
    line = EndpointLine(
        component=one_line(row.component, 120),
        variant=one_line(row.variant, 120),
        protocol=row.protocol.upper(),
        documented=ports(row.documented),
        configured=ports(row.configured),
        configured_state=row.configured_state.replace("-", " "),
        listening=ports(row.listening),
        server=_decision(row.permitted.server),
        client=_decision(row.permitted.client),
        state=one_line(row.state),
        note=one_line(row.note),
        decided_by=_deciders(row.decided_by),
        findings=tuple(item.link for item in about),
        worst=counting[0].finding.severity.value if counting else "none",
    )
    return (counting[0].rank if counting else 99), line


def _concerns(item: Placed, row: EndpointRow) -> bool:
    finding = item.finding
    known = {*row.documented, *row.configured, *row.listening}
    return (
        finding.variant in ("", row.variant)
        and finding.protocol.casefold() in ("", row.protocol.casefold())
        and (finding.port is None or not known or finding.port in known)
    )


def _decision(word: str) -> Badge:
    return DECISION.get(word) or Badge(code="other", symbol="·", word=one_line(word, 80))


def _deciders(deciders: Sequence[DecidedBy]) -> tuple[str, ...]:
    named = [f"{one_line(by.name or by.id, 120)} ({by.store}, {by.action})" for by in deciders[:_DECIDERS]]
    return (*named, f"and {len(deciders) - _DECIDERS} more") if len(deciders) > _DECIDERS else tuple(named)
