"""Plain text of what the product knows of itself: its checks and its catalogue."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator

from rules.catalogue.model import Catalogue, CatalogueRow
from rules.check import Check

_WIDTH = 100


def checks_table(checks: Iterable[Check]) -> str:
    """One line a check: id, worst severity, the condition it asks for."""
    checks = tuple(checks)
    width = max(len(check.id) for check in checks)
    return "".join(f"{check.id:<{width}}  {check.severity.value:<8}  {check.title}\n" for check in checks)


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


def _indented(text: str) -> str:
    return textwrap.fill(" ".join(text.split()), _WIDTH, initial_indent="      ", subsequent_indent="      ")
