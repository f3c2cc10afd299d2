"""The appendix of outside controls: each with its worst answer and the checks that give it."""

import csv
import io
from typing import Any

import msgspec
import pytest
from lxml.html import document_fromstring

from reports import findings_csv, html
from reports.controls import in_short
from reports.model import ControlLine, Report
from reports.view import build
from rules.model import (
    AssessedHost,
    CheckResult,
    Finding,
    Remediation,
    Results,
    Severity,
    Status,
    Verdict,
)
from tests.reports.sample_results import sample

REVIEW, NEED = "PCI DSS v4.0 1.2.7", "PCI DSS v4.0 1.2.5"


def result(name: str, status: Status, *controls: str, finding: Finding | None = None) -> CheckResult:
    return CheckResult(
        check=name,
        title=name,
        status=status,
        severity=Severity.HIGH,
        findings=(finding,) if finding else (),
        controls=controls,
    )


def controls(*results: CheckResult, profiles: tuple[str, ...] = ()) -> dict[str, ControlLine]:
    host = AssessedHost(name="CE-01", role="core-server", profiles=profiles)
    report = build(Results(verdict=Verdict.COMPLIANT, host=host, results=results))
    return {line.number: line for group in report.controls for line in group.controls}


def found(severity: Severity, **rest: object) -> Finding:
    return Finding(severity=severity, subject="s", message="m", **rest)  # type: ignore[arg-type]


def test_a_control_has_the_worst_answer_of_its_checks_and_names_them_worst_first() -> None:
    lines = controls(
        result("a", Status.PASS, REVIEW, NEED),
        result("b", Status.NOT_PROVEN, REVIEW, NEED),
        result("c", Status.FAIL, REVIEW, finding=found(Severity.HIGH)),
        result("d", Status.NOT_APPLICABLE, "PCI DSS v4.0 10.2"),
    )
    assert {number: line.status.word for number, line in lines.items()} == {
        "1.2.5": "Not proven",
        "1.2.7": "Fail",
        "10.2": "Not applicable",
    }
    assert [(link.text, link.id, link.badge.word) for link in lines["1.2.7"].checks] == [
        ("c", "c-c", "Fail"),
        ("b", "c-b", "Not proven"),
        ("a", "c-a", "Pass"),
    ]
    assert lines["1.2.7"].asks == "Rule sets reviewed every six months"


@pytest.mark.parametrize(
    ("finding", "code"),
    [
        (found(Severity.INFO), "info"),
        (found(Severity.CRITICAL), "critical"),
        (found(Severity.CRITICAL, waived=True), "waived"),
    ],
)
def test_a_failed_check_has_the_colour_of_its_worst_finding_that_counts(finding: Finding, code: str) -> None:
    report = build(
        Results(verdict=Verdict.COMPLIANT, results=(result("a", Status.FAIL, NEED, finding=finding),))
    )
    assert (report.checks[0].status.word, report.checks[0].status.code) == ("Fail", code)
    assert report.controls[0].controls[0].status.code == code


def test_an_item_about_a_profile_that_was_not_looked_at_is_never_a_pass() -> None:
    cis = "CIS Windows Server 2022 v3 9.{}.1 (Windows Firewall: {}: Firewall state)"
    quoted = (
        cis.format(1, "Domain"),
        cis.format(3, "Public"),
        "DISA STIG Windows Firewall V2R2 WNFWA-000003",
    )
    check = result("firewall-disabled", Status.PASS, *quoted)
    words = {number: line.status.word for number, line in controls(check, profiles=("domain",)).items()}
    assert words == {"9.1.1": "Pass", "9.3.1": "Not judged", "WNFWA-000003": "Not judged"}
    assert {line.status.word for line in controls(check).values()} == {"Pass"}


def test_documents_stand_in_order_and_numbers_as_people_count() -> None:
    quoted = ("PCI DSS v4.0 10.2", "NIST SP 800-53 r5 SC-7(12)", "NIST SP 800-53 r5 SC-7(5)", REVIEW, "Own 1")
    report = build(Results(verdict=Verdict.COMPLIANT, results=(result("a", Status.PASS, *quoted),)))
    assert [(group.framework, [line.number for line in group.controls]) for group in report.controls] == [
        ("NIST SP 800-53 r5", ["SC-7(5)", "SC-7(12)"]),
        ("PCI DSS v4.0", ["1.2.7", "10.2"]),
        ("Other documents", ["Own 1"]),
    ]
    assert in_short(quoted) == "NIST SP 800-53 r5 SC-7(5), SC-7(12); PCI DSS v4.0 1.2.7, 10.2; Own 1"


def test_results_without_controls_have_no_such_section() -> None:
    report = build(Results(verdict=Verdict.COMPLIANT, results=(result("a", Status.PASS),)))
    assert report.controls == ()
    assert "controls" not in report.sections


def parsed(report: Report, *, printed: bool) -> Any:  # noqa: ANN401 - lxml types an XPath by none
    return document_fromstring(html.page(report, printed=printed))


def quoting(*controls: str) -> Results:
    """The sample with these controls for the check of its first finding."""
    results = sample()
    first = msgspec.structs.replace(results.results[0], controls=controls)
    return msgspec.structs.replace(results, results=(first, *results.results[1:]))


@pytest.mark.parametrize("printed", [False, True])
def test_page_and_print_show_the_controls_of_a_finding_a_check_and_in_the_appendix(printed: bool) -> None:
    page = parsed(build(quoting(NEED, REVIEW)), printed=printed)
    text = {
        "finding": page.xpath('string(//article[@id="f1"]//p[@class="controls"])'),
        "check": page.xpath('string(//tr[@id="c-missing-firewall-rule"]//small[@class="controls"])'),
        "control": page.xpath('string(//section[@id="controls"]//tbody/tr[2])'),
    }
    assert text["finding"] == "Controls: PCI DSS v4.0 1.2.5, 1.2.7"
    assert text["check"] == "PCI DSS v4.0 1.2.5, 1.2.7"
    assert [word in text["control"] for word in ("1.2.7", "Fail", "missing-firewall-rule")] == [True] * 3
    assert page.xpath('//section[@id="controls"]//a/@href') == ["#c-missing-firewall-rule"] * 2


def test_the_spreadsheet_quotes_them_whole_in_its_last_column() -> None:
    text = findings_csv.render(build(quoting(NEED, REVIEW))).decode("utf-8-sig")
    row = next(csv.DictReader(io.StringIO(text, newline="")))
    assert (list(row)[-1], row["controls"]) == ("controls", f"{NEED}\n{REVIEW}")


@pytest.mark.parametrize("severity", list(Severity))
def test_on_a_screen_only_advice_is_folded_and_on_paper_nothing(severity: Severity) -> None:
    advice = found(severity, remediation=Remediation(manual=("do it",)))
    report = build(
        Results(verdict=Verdict.COMPLIANT, results=(result("a", Status.FAIL, NEED, finding=advice),))
    )
    folds = [
        parsed(report, printed=printed).xpath('//details[@class="fold"]//li') for printed in (False, True)
    ]
    assert [len(each) for each in folds] == [int(severity in (Severity.LOW, Severity.INFO)), 0]
