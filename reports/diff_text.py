"""Differences for a terminal: a line each, what changed indented below it."""

from __future__ import annotations

from collections.abc import Iterator

from reports.diff_view import DiffGroup, DiffReport


def render(report: DiffReport) -> str:
    """Everything that differs; unchanged findings are only counted."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: DiffReport) -> Iterator[str]:
    yield f"old: {report.old}"
    yield f"new: {report.new}"
    yield report.sentence
    for note in report.notes:
        yield f"note: {note}"
    for group in report.groups:
        yield from _group(group)


def _group(group: DiffGroup) -> Iterator[str]:
    yield ""
    yield f"{group.title}: {group.counts}"
    for line in group.lines:
        if line.state.word == "Unchanged":
            continue
        severity = f" [{line.severity.word.lower()}]" if line.severity else ""
        yield f"  {line.state.symbol} {line.state.word.lower()}{severity} {line.title}"
        if line.text:
            yield f"      {line.text}"
        for detail in line.details:
            yield f"      {detail}"
