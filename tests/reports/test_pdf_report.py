"""The PDF: the same content, numbered, with bookmarks, and the same bytes each time."""

import io
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pypdf
import pytest

from reports import pdf, results_json
from reports.model import Report
from reports.view import build
from scanner.errors import ScannerError
from tests.reports.sample_results import hostile, sample

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def report() -> Report:
    return build(sample())


@pytest.fixture(scope="module")
def data(report: Report) -> bytes:
    try:
        return pdf.render(report)
    except ScannerError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def reader(data: bytes) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(data))


def titles(outline: list[Any]) -> Iterator[str]:
    for item in outline:
        yield from titles(item) if isinstance(item, list) else (item.title,)


def test_verdict_reasons_and_steps_are_on_page_one(reader: pypdf.PdfReader) -> None:
    first = reader.pages[0].extract_text()
    for part in (
        "CE-CORE01",
        "Not compliant",
        "agents cannot log in",
        "Let Contact Expert write its firewall rules again",
    ):
        assert part in first


def test_every_page_has_its_number_and_the_running_title(reader: pypdf.PdfReader) -> None:
    for number, page in enumerate(reader.pages, start=1):
        text = page.extract_text()
        assert f"Page {number} of {len(reader.pages)}" in text
        assert "CE-CORE01 · Windows Firewall policy of Contact Expert 6.1" in text


def test_bookmarks_name_the_sections_and_the_findings(reader: pypdf.PdfReader, report: Report) -> None:
    names = list(titles(reader.outline))
    assert [section.title for section in report.sections.values() if section.title in names] == [
        section.title for section in report.sections.values()
    ]
    assert "F1 Naming Service TCP 10999" in names


def test_all_findings_commands_and_hashes_are_in_it(reader: pypdf.PdfReader, report: Report) -> None:
    text = "".join("".join(page.extract_text().split()) for page in reader.pages)
    for finding in report.findings:
        assert finding.fingerprint in text
        assert "".join(finding.subject.split()) in text
    for row in report.evidence:
        assert row.sha256 in text
    assert "reg.exeexport" in text


def test_the_heads_of_a_table_are_repeated(reader: pypdf.PdfReader) -> None:
    matrix = [page.extract_text() for page in reader.pages if page.mediabox.width > page.mediabox.height]
    assert len(matrix) > 1
    assert all("Documented" in text and "From clients" in text for text in matrix)


def test_it_is_tagged_titled_and_dated_by_the_evidence(reader: pypdf.PdfReader) -> None:
    assert reader.metadata is not None
    assert reader.metadata.title == "Not compliant: CE-CORE01 - Windows Firewall policy of Contact Expert 6.1"
    assert reader.metadata.author == "ce-audit 0.1.0"
    assert str(reader.metadata.get("/CreationDate")).startswith("D:20250304101542")
    root: Any = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "en"


def test_another_process_writes_the_same_bytes(data: bytes) -> None:
    code = (
        "import sys; from reports import pdf, results_json, view; "
        "sys.stdout.buffer.write(pdf.render(view.build(results_json.parse(sys.stdin.buffer.read()))))"
    )
    again = subprocess.run(
        [sys.executable, "-c", code],
        input=results_json.render(sample()),
        capture_output=True,
        check=True,
        cwd=ROOT,
    )
    assert again.stdout == data


@pytest.mark.usefixtures("data")
def test_host_text_is_inert_and_complete() -> None:
    reader = pypdf.PdfReader(io.BytesIO(pdf.render(build(hostile()))))
    text = "".join("".join(page.extract_text().split()) for page in reader.pages)
    assert "<script>alert(1)</script>" in text
    assert "{{7*7}}{%raw%}" in text
    assert r"\u202egpj.exe" in text
    assert "/JavaScript" not in str(reader.trailer["/Root"])


def test_no_text_starts_beyond_the_edge_of_a_page(reader: pypdf.PdfReader) -> None:
    for page in reader.pages:
        starts: list[float] = []
        page.extract_text(
            visitor_text=lambda text, *at, starts=starts: starts.append(left(*at)) if text.strip() else None
        )
        assert min(starts) > 0
        assert max(starts) < float(page.mediabox.width) - 30


def left(page_matrix: list[float], text_matrix: list[float], *_: object) -> float:
    return page_matrix[0] * text_matrix[4] + page_matrix[4]


@pytest.mark.parametrize(
    "error",
    [
        ImportError("No module named 'weasyprint'"),
        OSError("cannot load library 'libgobject-2.0-0': error 0x7e\nadditional text"),
        OSError(),
    ],
)
def test_a_missing_engine_says_what_to_install(report: Report, error: Exception) -> None:
    def absent(_: str) -> object:
        raise error

    with pytest.raises(ScannerError, match=r"no PDF: .*pip install weasyprint.*Pango") as caught:
        pdf.render(report, load=absent)
    assert "\n" not in str(caught.value)


@pytest.mark.usefixtures("data")
def test_the_page_asks_for_nothing(caplog: pytest.LogCaptureFixture) -> None:
    pdf.render(build(hostile()))
    assert caplog.messages == []


@pytest.mark.usefixtures("data")
def test_whatever_a_page_asks_for_is_refused(report: Report, caplog: pytest.LogCaptureFixture) -> None:
    """The engine as we set it up, given a page that does ask: each address is refused unopened."""
    urls = ["http://192.0.2.1/x.png", (ROOT / "pyproject.toml").as_uri(), "data:image/png;base64,AAAA"]
    engine = import_module("weasyprint")

    class Asking:
        urls = engine.urls

        @staticmethod
        def HTML(string: str, **options: Any) -> Any:  # noqa: ANN401 - the engine's own shape
            images = "".join(f'<img src="{url}">' for url in urls)
            return engine.HTML(string=string.replace("<main", f"{images}<main"), **options)

    pdf.render(report, load=lambda _: Asking)
    assert [message for message in caplog.messages if "disallowed protocol" not in message] == []
    assert len(caplog.messages) == len(urls)
