"""`report`: saved results become the same report again, anywhere."""

from pathlib import Path

import pytest

from tests.ce_audit.command import SAMPLES, Run, run_in

DRIFTED = SAMPLES / "drifted-core"


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    return run_in(capsys)


@pytest.mark.parametrize("sample", ["drifted-core", "half-collected", "operator-prompt-block"])
def test_the_html_of_saved_results_is_that_of_the_scan(run: Run, tmp_path: Path, sample: str) -> None:
    formats = ("-f", "html", "-f", "json", "-f", "csv")
    run("scan", SAMPLES / sample, "-q", "-o", tmp_path / "a", *formats)
    done = run("report", tmp_path / "a" / "results.json", "-o", tmp_path / "b", *formats)
    assert (done.code, done.out) == (0, "")
    assert {path.name for path in (tmp_path / "b").iterdir()} == {
        "report.html",
        "results.json",
        "findings.csv",
    }
    for path in (tmp_path / "b").iterdir():
        assert path.read_bytes() == (tmp_path / "a" / path.name).read_bytes()


def test_the_report_for_people_is_rendered_unless_formats_are_chosen(run: Run, tmp_path: Path) -> None:
    run("scan", DRIFTED, "-q", "-o", tmp_path / "a", "-f", "json")
    done = run("report", tmp_path / "a" / "results.json", "-o", tmp_path / "b", "-v")
    assert done.code == 0
    assert {path.name for path in (tmp_path / "b").iterdir()} == {"report.html", "report.pdf"}
    assert "SRV-CE-02, non-compliant, judged by ce-audit " in done.err


def test_quiet_and_the_environment_twins(run: Run, tmp_path: Path) -> None:
    run("scan", DRIFTED, "-q", "-o", tmp_path / "a", "-f", "json")
    twin = {"CE_AUDIT_FORMAT": "csv", "CE_AUDIT_OUTPUT_DIR": str(tmp_path / "b"), "CE_AUDIT_QUIET": "1"}
    assert run("report", tmp_path / "a" / "results.json", environment=twin) == (0, "", "")
    assert [path.name for path in (tmp_path / "b").iterdir()] == ["findings.csv"]


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"[]", b'{"schema": "ce-audit/results-v1"}', b"\xff\xfe", b"[" * 99_999]
)
def test_what_are_no_results_are_refused_in_one_line(run: Run, tmp_path: Path, data: bytes) -> None:
    (tmp_path / "results.json").write_bytes(data)
    done = run("report", tmp_path / "results.json", "-o", tmp_path / "b")
    assert (done.code, done.out) == (2, "")
    assert "results" in done.error
    assert not (tmp_path / "b").exists()
