"""The catalogue against the vendor's own text, parsed here without any code of ours."""

import re
from pathlib import Path

import pytest

from rules.catalogue.loader import load_catalogue
from rules.catalogue.model import CatalogueRow, Section

PAGE = Path(__file__).resolve().parents[4] / "shared" / "spec" / "ce-6.1-firewall-policies.txt"
pytestmark = pytest.mark.skipif(not PAGE.is_file(), reason="the vendor's page is not beside this checkout")

SOURCES = ("Server", "Client")
ROOT = re.compile(r"\[ ?CE Install Directory ?\]\\")


def squeezed(text: str) -> str:
    return re.sub(r"\s*\\\s*", r"\\", text).strip()


def below_root(text: str) -> str:
    return ROOT.sub("", squeezed(text))


def core_lines() -> list[str]:
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    start = lines.index("Configuration file", lines.index("CE Core Server Rules")) + 1
    joined: list[str] = []
    for line in lines[start : next(n for n, text in enumerate(lines) if text.startswith("(1)\\"))]:
        if joined and joined[-1].rstrip().endswith("\\"):
            joined[-1] += " " + line
        else:
            joined.append(line)
    return joined


def is_configuration(line: str) -> bool:
    return (
        line in ("-", "no ports used")
        or line.startswith(("HKEY", "[CE Web Admin GUI]"))
        or "CE Install" in line
    )


def page_core_rows() -> list[dict[str, object]]:
    """A row is: [REMOVED] name [(variant)] [path] ports* sources+ configuration+."""
    lines, rows, at = core_lines(), [], 0
    while at < len(lines):
        row: dict[str, object] = {"removed": lines[at] == "REMOVED"}
        at += lines[at] == "REMOVED"
        name = re.sub(r" \(\d\)(\(\d\))*$", "", lines[at])
        at += 1
        if lines[at].startswith("(") and lines[at].endswith(")"):
            name += " " + lines[at]
            at += 1
        row["name"] = name
        row["path"] = None
        if lines[at].endswith(".exe"):
            row["path"] = below_root(lines[at])
            at += 1
        ports: list[str] = []
        while lines[at] not in SOURCES:
            ports.append(lines[at])
            at += 1
        sources: list[str] = []
        while lines[at] in SOURCES:
            sources.append(lines[at].lower())
            at += 1
        cells: list[str] = []
        while at < len(lines) and is_configuration(lines[at]):
            cells.append(squeezed(lines[at]))
            at += 1
        rows.append({**row, "ports": ports, "sources": sources, "configuration": cells})
    return rows


def page_operator_rows() -> list[dict[str, object]]:
    rows = []
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) > 4 and cells[1].endswith(".exe"):
            name, path, port, source, configuration, *_ = cells
            rows.append(
                {
                    "removed": False,
                    "name": name,
                    "path": below_root(path),
                    "ports": [port],
                    "sources": [source.lower()],
                    "configuration": [squeezed(configuration)],
                }
            )
    return rows


def printed_ports(row: CatalogueRow) -> list[str]:
    words = {"no-default": ["no default ports"], "no-ports": ["no ports used"], "unlisted": []}
    return words.get(row.kind, [f"{port.protocol.upper()} {port.port}" for port in row.ports])


def printed(row: CatalogueRow) -> dict[str, object]:
    return {
        "removed": row.removed,
        "name": row.title,
        "path": row.executable,
        "ports": printed_ports(row),
        "sources": list(row.sources),
        "configuration": [squeezed(cell) for cell in row.configuration],
    }


def with_row_spans(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    """A blank path stands for the path of the row above (contact-expert.md A7)."""
    filled: list[dict[str, object]] = []
    for row in rows:
        filled.append({**row, "path": row["path"] or filled[-1]["path"]})
    return filled


def test_the_page_has_33_core_rows_two_of_them_without_a_path_and_two_operator_rows() -> None:
    core = page_core_rows()

    assert len(core) == 33
    assert [number for number, row in enumerate(core, start=1) if row["path"] is None] == [4, 20]
    assert len(page_operator_rows()) == 2


def test_every_core_row_says_what_the_page_prints() -> None:
    catalogue = load_catalogue()

    assert [printed(row) for row in catalogue.of_section(Section.CORE_SERVER)] == with_row_spans(
        page_core_rows()
    )


def test_every_operator_row_says_what_the_page_prints() -> None:
    catalogue = load_catalogue()

    assert [printed(row) for row in catalogue.of_section(Section.OPERATOR_PC)] == page_operator_rows()


def test_the_place_that_is_read_is_the_place_the_page_names() -> None:
    for row in load_catalogue().rows:
        cells = [below_root(cell) for cell in row.configuration]
        defined = row.defined_in
        if defined is None:
            assert cells[0] in ("-", "no ports used"), row.id
        elif defined.path:
            assert cells == [defined.path], row.id
        elif defined.key:
            assert cells == [
                f"HKEY_LOCAL_MACHINE\\{defined.key}\\{defined.value} ({defined.view}-bit registry)"
            ]
        else:
            assert all("Recording > Channels" in cell for cell in cells), row.id


def test_both_footnotes_are_the_pages_own() -> None:
    text = PAGE.read_text(encoding="utf-8").replace("\\ ", " ")
    catalogue = load_catalogue()

    for number, footnote in catalogue.footnotes.items():
        assert f"({number}) {footnote}" in text
    assert [row.footnotes for row in catalogue.rows if row.component == "Web Service"] == [(1, 2)]
