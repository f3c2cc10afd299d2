"""The spreadsheet: every finding, whole cells, no formula."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports import findings_csv
from reports.view import build
from rules.model import CheckResult, Finding, Observation, Results, Severity, Status, Verdict
from tests.reports.sample_results import crowded, hostile, sample


def rows(results: Results) -> list[dict[str, str]]:
    text = findings_csv.render(build(results)).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def one(message: str, **rest: object) -> Results:
    found = Finding(severity=Severity.LOW, subject="s", message=message, **rest)  # type: ignore[arg-type]
    result = CheckResult(check="c", title="t", status=Status.FAIL, severity=Severity.LOW, findings=(found,))
    return Results(verdict=Verdict.COMPLIANT, results=(result,))


def test_it_is_what_excel_reads_as_utf8() -> None:
    data = findings_csv.render(build(sample()))
    assert data.startswith(b"\xef\xbb\xbfhost,label,severity,")
    assert data.endswith(b"\r\n")
    assert data == findings_csv.render(build(sample()))


def test_all_findings_are_there_with_what_identifies_and_mends_them() -> None:
    found = {row["label"]: row for row in rows(sample())}
    assert len(found) == 9
    assert (found["F3"]["component"], found["F3"]["protocol"], found["F3"]["port"]) == (
        "TelephonyServer",
        "tcp",
        "9911",
    )
    assert found["F3"]["commands"] == "Enable-NetFirewallRule -Name 'CE-TelephonyServer-In'"
    assert found["F3"]["undo"].startswith("Disable-NetFirewallRule")
    assert found["F1"]["evidence"].count("\n") == 2
    assert (found["F9"]["waived"], found["F1"]["waived"]) == ("yes", "no")
    assert found["F6"]["port"] == ""


def test_no_row_is_cut_off() -> None:
    assert len(rows(crowded())) == 450


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "＝", "＋", "－", "＠"])
def test_a_cell_that_looks_like_a_formula_is_text(start: str) -> None:
    assert rows(one(f"{start}1+1"))[0]["message"] == f"'{start}1+1"


@given(st.text(st.sampled_from("=+-@\t\r\n a'\"")))
def test_no_cell_can_start_a_formula_even_after_blanks(message: str) -> None:
    row = rows(one(message, component=message, fingerprint=message))[0]
    assert not any(cell.lstrip().startswith(("=", "+", "-", "@")) for cell in row.values())


def test_hostile_names_are_inert_and_whole() -> None:
    found = {row["check"]: row for row in rows(hostile())}
    assert found["check-3"]["message"].startswith("'=cmd|")
    assert found["check-4"]["message"] == r"\x1b[31mred\x1b[0m\x07"
    assert found["check-5"]["message"] == r"\u202egpj.exe"


def test_a_cell_never_exceeds_what_a_spreadsheet_holds() -> None:
    seen = tuple(Observation(source="x" * 1900, locator="y" * 1900) for _ in range(20))
    assert len(rows(one("m", evidence=seen))[0]["evidence"]) <= 32_001
