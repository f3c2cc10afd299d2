"""The diagnosis of `doctor` as text, for a reader, and as JSON."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator

import msgspec

from ce_audit.answers.doctor import Diagnosis, Holding
from reports.visible import one_line, visible

_WIDTH = 110
_LONGEST = 300  # characters of a reason
_MOST_SOURCES = 4


def render_json(found: Diagnosis) -> str:
    """The diagnosis as `doctor-v1`."""
    return msgspec.json.format(msgspec.json.encode(found), indent=2).decode() + "\n"


def render_text(found: Diagnosis) -> str:
    """Abilities, a table of the kinds of evidence, what is missing with its commands, then the checks."""
    lines = [found.subject]
    for each in found.machine:
        lines += _wrapped(f"  {'yes' if each.available else 'no':<4} {each.name}: ", each.note)
    lines += ["", f"  {'evidence':<20} {'found':<9} {'facts':>6}  from"]
    for holding in found.evidence:
        lines.append(
            f"  {holding.kind.value:<20} {holding.state:<9} {holding.facts:>6}  {_sources(holding)}".rstrip()
        )
    for holding in found.evidence:
        lines += _block(holding)
    lines += ["", *_wrapped("checks that can be decided: ", _names(found.decidable))]
    lines += _wrapped("checks that may find, and cannot pass: ", _names(found.cannot_pass))
    lines += _wrapped("checks that cannot look: ", _names(found.cannot_look))
    if found.unread:
        lines += _wrapped("not recognised as evidence: ", _names(found.unread))
    return visible("".join(f"{line}\n" for line in lines))


def _block(holding: Holding) -> Iterator[str]:
    """What the evidence serves, why it is short, and the commands, each on one line to be copied."""
    yield ""
    yield f"{holding.kind.value}: {holding.state}"
    if holding.required_by:
        yield from _wrapped("  cannot look without it: ", _names(holding.required_by))
    if holding.needed_by:
        yield from _wrapped("  cannot pass without it: ", _names(holding.needed_by))
    for reason in holding.reasons:
        yield from _wrapped("  because: ", one_line(reason, _LONGEST))
    yield from (f"  fetch: {one_line(command)}" for command in holding.fetch)


def _sources(holding: Holding) -> str:
    shown = _names(one_line(source, _LONGEST) for source in holding.sources[:_MOST_SOURCES])
    more = len(holding.sources) - _MOST_SOURCES
    if more > 0:
        return f"{shown} and {more} more"
    return shown if holding.sources else ""


def _wrapped(label: str, text: str) -> list[str]:
    return textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=label,
        subsequent_indent=" " * 6,
        break_on_hyphens=False,
        break_long_words=False,
    ) or [label.rstrip()]


def _names(names: Iterable[str]) -> str:
    return ", ".join(names) or "none"
