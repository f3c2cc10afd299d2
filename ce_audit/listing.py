"""Plain text of what the product knows of itself: its checks and its catalogue."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from rules.catalogue.model import Catalogue, CatalogueRow
from rules.check import Check
from scanner.errors import ConfigError

_WIDTH = 100


def checks_table(checks: Iterable[Check]) -> str:
    """One line a check: id, worst severity, the condition it asks for."""
    checks = tuple(checks)
    width = max(len(check.id) for check in checks)
    return "".join(f"{check.id:<{width}}  {check.severity.value:<8}  {check.title}\n" for check in checks)


def explanation(checks: Iterable[Check], wanted: str) -> str:
    """What one check asks, why, what it needs, how it decides and is mended.

    Raises ConfigError where there is no such check.
    """
    by_id = {check.id: check for check in checks}
    check = by_id.get(wanted)
    if check is None:
        near = get_close_matches(wanted, by_id, n=1)
        hint = f"; did you mean {near[0]}?" if near else "; `ce-audit checks` lists them"
        raise ConfigError(f"no check is called {wanted!r}{hint}")
    paragraphs = (
        ("Why", check.rationale),
        ("How it decides", check.decides),
        ("How to mend it", check.mend),
        ("Cannot look without", _kinds(check.requires)),
        ("Cannot pass without", _kinds(check.requires | check.needs)),
        ("Outside controls", "; ".join(check.controls) or "none"),
    )
    head = f"{check.id} (up to {check.severity.value})\n\n{check.title}.\n"
    return head + "".join(f"\n{title}\n{_indented(text)}\n" for title, text in paragraphs)


def catalogue_text(catalogue: Catalogue) -> str:
    """Every row of the catalogue with its ports, sources and the place that defines them."""
    lines = [f"{catalogue.product} {catalogue.version}, from: {catalogue.source}", ""]
    section = ""
    for row in catalogue.rows:
        if row.section != section:
            section = row.section
            lines += [section, "-" * len(section)]
        lines += _row_lines(row)
    lines += ["", *(f"({number}) {text}" for number, text in catalogue.footnotes.items())]
    return "\n".join(lines) + "\n"


def _row_lines(row: CatalogueRow) -> Iterator[str]:
    ports = ", ".join(f"{port.protocol.upper()} {port.port}" for port in row.ports) or row.kind.value
    marks = "".join(f" ({number})" for number in row.footnotes) + (" REMOVED" if row.removed else "")
    yield f"{row.row:>3} {row.title}{marks}: {ports}, from {' and '.join(row.sources)}"
    yield f"      {row.executable}"
    yield from (f"      defined in {text}" for text in row.configuration)
    if row.alternatives:
        yield f"      instead of {', '.join(row.alternatives)}"
    yield _indented(row.impact)


def _kinds(kinds: Iterable[str]) -> str:
    return ", ".join(sorted(kinds)) or "nothing in particular"


def _indented(text: str) -> str:
    return textwrap.fill(" ".join(text.split()), _WIDTH, initial_indent="      ", subsequent_indent="      ")
