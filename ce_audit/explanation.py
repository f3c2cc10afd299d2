"""What a check asks, told in full: for `ce-audit explain`, and for docs/checks.md.

The example of each check is a genuine finding about a host with that one defect; `scripts.generate_checks`
writes them to `check_examples.json`, for the hosts live in the tests.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from importlib import resources

import msgspec

from rules.check import Check
from rules.model import Finding
from scanner.errors import ConfigError

EXAMPLES_FILE = "check_examples.json"
_WIDTH = 100

Sections = Iterator[tuple[str, tuple[str, ...]]]


def load_examples() -> Mapping[str, Finding]:
    """An example finding for each check, by its id."""
    packaged = resources.files("ce_audit").joinpath(EXAMPLES_FILE)
    return msgspec.json.decode(packaged.read_bytes(), type=dict[str, Finding])


def explanation(checks: Iterable[Check], examples: Mapping[str, Finding], wanted: str) -> str:
    """One check as plain text. Raises ConfigError where there is no such check."""
    by_id = {check.id: check for check in checks}
    check = by_id.get(wanted)
    if check is None:
        near = get_close_matches(wanted, by_id, n=1)
        hint = f"; did you mean {near[0]}?" if near else "; `ce-audit checks` lists them"
        raise ConfigError(f"no check is called {wanted!r}{hint}")
    parts = [f"{check.id} (up to {check.severity.value})", "", f"{check.title}."]
    for title, lines in _sections(check, examples.get(check.id)):
        parts += ["", title, *map(_indented, lines)]
    return "\n".join(parts) + "\n"


def checks_document(checks: Iterable[Check], examples: Mapping[str, Finding]) -> str:
    """Every check as one Markdown page, with a table of them first."""
    checks = tuple(checks)
    rows = [f"| [{check.id}](#{check.id}) | {check.severity.value} | {check.title} |" for check in checks]
    parts = [_INTRODUCTION, "| check | worst | asks that |", "|---|---|---|", *rows]
    for check in checks:
        parts += ["", f"## {check.id}", "", f"**{check.title}.** Findings are up to {check.severity.value}."]
        for title, lines in _sections(check, examples.get(check.id)):
            parts += ["", f"**{title}**", "", *_markdown(title, lines)]
    return "\n".join(parts) + "\n"


_INTRODUCTION = """# The checks

What each check of ce-audit asks, why it matters in a contact centre, what evidence it needs, how it decides,
what a finding looks like, and how to mend it. `ce-audit explain CHECK` prints the same. Without the evidence
that a check needs it ends *not proven*, never passed. A site file changes a severity or switches a check off,
with a reason that the report prints ([site-file.md](site-file.md)); a waiver accepts one finding for a time
([waivers.md](waivers.md)).

This page is generated (`make checks`); the examples are findings about hosts with exactly that one defect.
"""
_EXAMPLE = "An example"


def _sections(check: Check, example: Finding | None) -> Sections:
    yield "Why it matters", (check.rationale,)
    yield (
        "Evidence",
        (
            f"Cannot look without: {_kinds(check.requires)}.",
            f"Cannot pass without: {_kinds(check.requires | check.needs)}.",
        ),
    )
    yield "How it decides", (check.decides,)
    if example:
        yield _EXAMPLE, tuple(_example(example))
    yield "How to mend it", (check.mend,)
    yield "Outside controls", check.controls


def _example(finding: Finding) -> Iterator[str]:
    yield f"[{finding.severity.value}] {finding.message}"
    remediation = finding.remediation
    told = (
        ("expected", (finding.expected,)),
        ("observed", (finding.observed,)),
        ("impact", (finding.impact,)),
        ("run", remediation.commands),
        ("undo", remediation.undo),
        ("by hand", remediation.manual),
        ("restart", (remediation.restart,)),
    )
    for title, lines in told:
        yield from (f"{title}: {line}" for line in lines if line)


def _kinds(kinds: Iterable[str]) -> str:
    return ", ".join(sorted(kinds)) or "nothing in particular"


def _indented(text: str) -> str:
    text = " ".join(text.split())
    return textwrap.fill(
        text, _WIDTH, initial_indent="      ", subsequent_indent="      ", break_long_words=False
    )


def _markdown(title: str, lines: Iterable[str]) -> Iterator[str]:
    """Examples as they are, for they hold paths and commands; all else as flowing text."""
    if title != _EXAMPLE:
        yield "  \n".join(lines)
        return
    yield "```text"
    yield from (line.replace("```", "'''") for line in lines)
    yield "```"
