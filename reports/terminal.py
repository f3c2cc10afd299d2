"""The summary a person reads in a terminal: verdict, reasons, worst findings, and what was not proven."""

from __future__ import annotations

import io
import textwrap
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, TextIO

from reports.model import Badge, Report

if TYPE_CHECKING:
    from rich.console import Console

_FINDINGS = 10
_GAPS = 10
_REASONS = 3
_STYLES = {
    "critical": "bold red", "fail": "bold red", "error": "bold red", "high": "red", "medium": "yellow",
    "low": "cyan", "info": "dim", "waived": "dim", "pass": "bold green", "not-proven": "bold magenta",
}  # fmt: skip
# What to write where a console's code page lacks the character.
_PLAIN = {
    "✗": "x", "✓": "+", "◆": "!!", "▲": "!", "■": "*", "▼": "-", "●": ".", "○": "o", "–": "-", "·": "-",
    "“": '"', "”": '"', "’": "'", "…": "...", "→": "->",
}  # fmt: skip
Fit = Callable[[str], str]


def render(report: Report, *, width: int = 100) -> str:
    """The summary as plain text."""
    stream = io.StringIO()
    write(report, stream, color="never", width=width)
    return stream.getvalue()


def write(report: Report, stream: TextIO, *, color: str = "auto", width: int | None = None) -> None:
    """Write the summary to `stream`, with nothing its encoding cannot hold.

    `color` is auto (where `stream` is a terminal and NO_COLOR is unset), always or never; `width` None is the
    terminal's, or 100 where there is none.
    """
    from rich.console import Console  # 100 ms that only this format pays

    console = Console(
        file=stream,
        force_terminal={"always": True, "never": False}.get(color),
        no_color={"always": False, "never": True}.get(color),
        width=width or (None if stream.isatty() else 100),
        markup=False,
        highlight=False,
        emoji=False,
    )
    _summary(console, report, _fitter(getattr(stream, "encoding", None) or "utf-8"))


def _summary(console: Console, report: Report, fit: Fit) -> None:
    _line(console, fit(f"{_symbol(report.verdict)}  {report.host}"), badge=report.verdict)
    _line(console, fit(report.sentence))
    _numbered(console, "Why", [fit(reason) for reason in report.reasons])
    counts = [f"{item.count} {item.badge.word.lower()}" for item in report.severities if item.count]
    _heading(console, fit(f"Findings: {', '.join(counts) or 'none'}"))
    for finding in report.findings[:_FINDINGS]:
        badge = finding.waived or finding.severity
        since = f" ({finding.baseline.word.lower()})" if finding.baseline else ""
        title = fit(f"{finding.label:4} {finding.subject}{since}")
        _line(console, f"{fit(_symbol(badge)):11} {title}", indent=2, badge=badge)
        _line(console, fit(finding.message), indent=6)
    _more(console, len(report.findings) - _FINDINGS)
    _numbered(console, "What the site states", [fit(sentence) for sentence in report.site])
    if report.changes:
        _heading(console, fit(f"Since the baseline: {report.changes.counts}"))
    _exceptions(console, report, fit)
    _numbered(console, "Do next", [fit(action.title) for action in report.actions])
    if report.undecided or report.gaps:
        _unproven(console, report, fit)


def _exceptions(console: Console, report: Report, fit: Fit) -> None:
    if not report.exceptions:
        return
    counts = Counter(item.state.word.lower() for item in report.exceptions)
    _heading(console, fit(f"Exceptions: {', '.join(f'{count} {word}' for word, count in counts.items())}"))
    for item in report.exceptions[:_FINDINGS]:
        answering = f" (until {item.expires}, owner {item.owner}, approved by {item.approver})"
        about = f"{item.subject}{answering if item.approver else ''}"
        _line(console, fit(f"{_symbol(item.state)}  {about}"), indent=2, badge=item.state)
        if item.detail:
            _line(console, fit(f"{item.place}: {item.detail}"), indent=6)
    _more(console, len(report.exceptions) - _FINDINGS)


def _unproven(console: Console, report: Report, fit: Fit) -> None:
    _heading(console, "Not proven")
    for group in report.undecided[:_FINDINGS]:
        names = ", ".join(check.check for check in group.checks)
        _line(console, fit(f"{_symbol(group.status)}  {names}"), indent=2, badge=group.status)
        _line(console, fit(group.reason), indent=6)
    _more(console, len(report.undecided) - _FINDINGS)
    for gap in report.gaps[:_GAPS]:
        reasons = "; ".join(f"{reason.label} {reason.value}".strip() for reason in gap.reasons[:_REASONS])
        _line(console, fit(f"{gap.title}: {reasons}"), indent=2)
        for line in gap.fetch.text.splitlines() if gap.fetch else ():
            console.print(fit(f"      {line}"), soft_wrap=True)  # a command stays one line, to be copied
    _more(console, len(report.gaps) - _GAPS)


def _symbol(badge: Badge) -> str:
    return f"{badge.symbol} {badge.word.upper()}"


def _heading(console: Console, text: str) -> None:
    console.print()
    _line(console, text, style="bold")


def _numbered(console: Console, heading: str, texts: list[str]) -> None:
    if texts:
        _heading(console, heading)
    for number, text in enumerate(texts, start=1):
        _line(console, f"{number}. {text}", indent=2)


def _line(
    console: Console, text: str, *, indent: int = 0, badge: Badge | None = None, style: str = ""
) -> None:
    """One paragraph, wrapped between words; what follows its first line stands four further in."""
    wrapped = textwrap.fill(
        text,
        console.width,
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent + 4 if indent else 0),
        break_long_words=False,
        break_on_hyphens=False,
    )
    console.print(wrapped, style=_STYLES.get(badge.code, "") if badge else style, soft_wrap=True)


def _more(console: Console, count: int) -> None:
    if count > 0:
        console.print(f"  and {count} more")


def _fitter(encoding: str) -> Fit:
    """What makes text fit `encoding`: a plain look-alike where there is one, else an escape."""

    def fit(text: str) -> str:
        return "".join(_fitting(character, encoding) for character in text)

    return fit


def _fitting(character: str, encoding: str) -> str:
    try:
        character.encode(encoding)
    except UnicodeEncodeError:
        return _PLAIN.get(character) or ascii(character)[1:-1]
    return character
