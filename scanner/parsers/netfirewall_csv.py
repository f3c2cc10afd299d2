r"""Firewall rules as CSV: `Export-Csv` of rules with their filters' properties (windows-firewall.md 4.3).

    "Name";"DisplayName";"Enabled";"Profile";"Direction";"Action";"Protocol";"LocalPort";"Program"
    "CE-1";"Naming";"True";"Domain, Private";"Inbound";"Allow";"TCP";"9999";"C:\CE\naming.exe"

The header names the properties in any order; comma, semicolon or tab between them. A cell that holds
`System.String[]` or nothing leaves its condition unread. The JSON of the same properties means the same.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

from scanner.errors import ParseError
from scanner.facts import Fact
from scanner.model import Origin
from scanner.parsers.lines import at_line, problem
from scanner.parsers.netfirewall_conditions import settles_a_condition
from scanner.parsers.netfirewall_json import NetFilter, listing_of, read_listing
from scanner.parsers.netfirewall_rules import is_rule_row
from scanner.parsers.netfirewall_words import lowered

_DELIMITERS = (",", ";", "\t")
_TYPE_LINE = "#TYPE "  # Windows PowerShell 5.1 without -NoTypeInformation
_LONGEST_HEADER = 10_000


def looks_like_netfirewall_csv(text: str) -> bool:
    """Whether the first line names the properties of firewall rules, or of their filters by InstanceID."""
    names = _names(_header(text)[1])
    row = dict.fromkeys(names, "")
    return is_rule_row(row) or (
        "instanceid" in row and "owningprocess" not in row and settles_a_condition(row)
    )


def parse_netfirewall_csv(text: str, origin: Origin) -> Iterator[Fact | NetFilter]:
    """The rules in order, then what could not be read; a row with too few or too many cells is a problem.

    Raises ParseError where the header is not that of firewall rules.
    """
    if not looks_like_netfirewall_csv(text):
        raise ParseError(f"{origin.source}: not a CSV of firewall rules")
    rows: list[tuple[dict[str, Any], str]] = []
    for row, place in _rows(text):
        if isinstance(row, str):
            yield problem(Origin(source=origin.source, locator=place), row, "not as many cells as the header")
        else:
            rows.append((row, place))
    yield from read_listing(listing_of(rows), origin)


def _header(text: str) -> tuple[int, str]:
    """The number of the first line that is not PowerShell's type line, and that line."""
    for number, line in enumerate(text[:_LONGEST_HEADER].split("\n")[:3], 1):
        if line.strip() and not line.startswith(_TYPE_LINE):
            return number, line.strip()
    return 1, ""


def _delimiter(header: str) -> str:
    return max(_DELIMITERS, key=header.count)


def _names(header: str) -> list[str]:
    try:
        cells = next(csv.reader([header], delimiter=_delimiter(header)), [])
    except csv.Error:
        return []
    return [cell.strip().lower() for cell in cells]


def _rows(text: str) -> Iterator[tuple[dict[str, Any] | str, str]]:
    """Every row below the header with the line it begins on; its text where it does not fit the header."""
    first, header = _header(text)
    names = _names(header)
    body = "\n".join(text.split("\n")[first:])
    reader = csv.reader(io.StringIO(body, newline=""), delimiter=_delimiter(header))
    begins = first + 1
    try:
        for cells in reader:
            place = at_line(Origin(source=""), begins).locator
            begins = first + reader.line_num + 1
            if len(cells) == len(names):
                yield lowered(dict(zip(names, cells, strict=True))), place
            elif any(cells):
                yield ",".join(cells), place
    except csv.Error as error:
        yield f"{error}", at_line(Origin(source=""), begins).locator
