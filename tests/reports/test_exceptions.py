"""Waivers and baselines in every format: said in words, and inert whatever a file or a host puts in them."""

import csv
import io
import tomllib
from datetime import UTC, date, datetime

import msgspec
import pytest
from lxml import html as lxml_html

from reports import exceptions_csv, findings_csv, html, results_json, terminal
from reports.view import Report, build
from rules.baseline import compare
from rules.model import AssessedHost, CheckResult, Finding, Results, Severity, Status, Verdict, WaiverState
from rules.waiver import read_waiver
from rules.waivers import apply_waivers
from tests.reports.sample_results import HOSTILE, sample

TODAY = date(2026, 11, 23)
ANSWERS = {
    "justification": "ReportWorks moves in June",
    "owner": "Anna",
    "approver": "Bert",
    "expires": "2027-06-30",
}


def finding(name: str = "f1", **facts: object) -> Finding:
    usual: dict[str, object] = {
        "fingerprint": name,
        "condition": f"{name}-was",
        "severity": Severity.HIGH,
        "component": "DBConnectorServer",
        "variant": "TSAPI",
        "protocol": "tcp",
        "port": 9901,
        "subject": "DBConnectorServer tcp/9901",
        "message": f"{name} is wrong",
    }
    return Finding(**{**usual, **facts})  # type: ignore[arg-type]


def results(*findings: Finding, host: str = "CE-01", status: Status = Status.FAIL) -> Results:
    one = CheckResult(check="some-check", title="T", status=status, severity=Severity.HIGH, findings=findings)
    when = datetime(2026, 1, 2, tzinfo=UTC)
    return Results(
        verdict=Verdict.NON_COMPLIANT,
        tool="ce-audit 1",
        host=AssessedHost(name=host, collected_at=when),
        results=(one,),
    )


def waived(on: Results, *entries: dict[str, object]) -> Results:
    read = [read_waiver({**ANSWERS, **entry}, f"w.toml:{at}") for at, entry in enumerate(entries, start=1)]
    return apply_waivers(on, read, TODAY)


def page(report: Report) -> lxml_html.HtmlElement:
    return lxml_html.document_fromstring(html.render(report).decode())


def text(element: lxml_html.HtmlElement) -> str:
    return " ".join(element.text_content().split())


def rows(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


EVERY = waived(
    results(finding(), finding("f2"), finding("f3")),
    {"fingerprint": "f1", "accepts": "f1-was"},
    {"fingerprint": "f2", "accepts": "something-else"},
    {"fingerprint": "f3", "expires": "2026-01-01"},
    {"fingerprint": "f4"},
    {"fingerprint": "f3", "owner": ""},
)


def test_every_state_is_a_word_in_every_format() -> None:
    report = build(EVERY)
    words = ["Malformed", "Changed", "Expired", "Unused", "Active"]
    assert [item.state.word for item in report.exceptions] == words
    section = page(report).get_element_by_id("exceptions")
    for part in (
        *words,
        "w.toml:2",
        "Owner Anna",
        "approved by Bert",
        "until 2027-06-30",
        "owner missing or empty",
    ):
        assert part in text(section)
    told = terminal.render(report)
    assert "Exceptions: 1 malformed, 1 changed, 1 expired, 1 unused, 1 active" in told
    assert "w.toml:3: it expired 326 days ago" in told
    assert [row["state"] for row in rows(exceptions_csv.render(report))] == [word.lower() for word in words]


def test_a_waived_finding_stays_and_says_who_answers_for_it() -> None:
    report = build(EVERY)
    block = next(item for item in report.findings if item.fingerprint == "f1")
    article = page(report).get_element_by_id(block.id)
    accepted = "Waived until 2027-06-30, owner Anna, approved by Bert. ReportWorks moves in June w.toml:1"
    assert accepted in text(article)
    assert article.xpath(".//details") == []
    (row,) = [row for row in rows(findings_csv.render(report)) if row["fingerprint"] == "f1"]
    assert (row["waived"], row["waiver_owner"], row["waiver_approver"]) == ("yes", "Anna", "Bert")
    assert (row["waiver_expires"], row["waiver_justification"]) == ("2027-06-30", "ReportWorks moves in June")
    assert {count.badge.word: count.count for count in report.severities}["Waived"] == 1


def test_a_compliant_verdict_that_rests_on_waivers_says_so() -> None:
    both = waived(results(finding(), finding("f2")), {"fingerprint": "f1"}, {"fingerprint": "f2"})
    assert build(both).sentence.endswith("Left out of this: 2 waived findings that would break it.")
    assert "Left out" not in build(results_of_nothing()).sentence


def results_of_nothing() -> Results:
    return apply_waivers(results(status=Status.PASS), (), TODAY)


def test_without_waivers_and_baseline_there_is_no_such_section() -> None:
    report = build(sample())
    assert {"exceptions", "changes"}.isdisjoint(report.sections)
    assert page(report).xpath("//section[@id='exceptions' or @id='changes']") == []
    assert "Exceptions" not in terminal.render(report)


def test_the_stub_of_a_finding_waives_it_once_it_is_filled_in() -> None:
    found = results(finding())
    stub = build(found).findings[0].waiver_stub
    assert stub is not None
    (entry,) = tomllib.loads(stub.text)["waiver"]
    assert read_waiver(entry, "w.toml:1").faults == (
        "justification, owner, approver, expires missing or empty",
    )
    assert waived(found, {**entry, **ANSWERS}).summary.waived == 1
    named = stub.text.replace("# check", "check").replace("# comp", "comp").replace("# var", "var")
    named = named.replace("# endp", "endp").replace("fingerprint =", "# fingerprint =")
    (by_name,) = tomllib.loads(named)["waiver"]
    assert by_name["variant"] == "TSAPI"
    assert waived(found, {**by_name, **ANSWERS}).summary.waived == 1


@pytest.mark.parametrize("hostile", HOSTILE, ids=ascii)
def test_a_stub_is_toml_whatever_the_host_calls_its_rules(hostile: str) -> None:
    name = f'{hostile}\n[[waiver]]\nfingerprint = "x"\u201d""" tcp/1'
    found = results(
        finding(component=name, variant=name, subject=name), finding("f2", component="", subject=name)
    )
    for block in build(found).findings:
        assert block.waiver_stub is not None
        (entry,) = tomllib.loads(block.waiver_stub.text)["waiver"]
        assert entry["fingerprint"] == block.fingerprint


def test_a_finding_without_identity_has_no_stub() -> None:
    assert build(results(finding(""))).findings[0].waiver_stub is None
    assert "accepts" not in build(results(finding(condition=""))).findings[0].waiver_stub.text  # type: ignore[union-attr]


def test_the_stub_is_on_the_screen_only() -> None:
    report = build(results(finding()))
    assert "<details" in html.page(report)
    assert "<details" not in html.page(report, printed=True)


def test_hostile_waivers_stay_text_in_every_format() -> None:
    entries = [
        {"fingerprint": "f1", "owner": text_, "justification": text_, "check ": text_} for text_ in HOSTILE
    ]
    entries.append({"fingerprint": "f1", "owner": HOSTILE[0], "justification": HOSTILE[3]})
    found = waived(results(finding()), *entries)
    saved = results_json.parse(results_json.render(found))
    report = build(saved)
    shown = page(report)
    assert len(shown.xpath("//script")) == 1
    assert shown.xpath("//img") == []
    assert HOSTILE[0] in text(shown.get_element_by_id("exceptions"))
    for data in (exceptions_csv.render(report), findings_csv.render(report)):
        cells = [cell for row in rows(data) for cell in row.values()]
        assert not [cell for cell in cells if cell.lstrip().startswith(("=", "+", "-", "@"))]
        assert any(cell.startswith("'=cmd") for cell in cells)
    assert "\x1b" not in terminal.render(report)
    assert "\u202e" not in html.page(report)


def test_changes_since_the_baseline_stand_near_the_top() -> None:
    earlier = results(finding(), finding("gone"))
    report = build(compare(results(finding(), finding("f2")), earlier))
    assert report.changes is not None
    assert report.changes.counts == "1 new, 1 known, 1 resolved"
    assert list(report.sections)[:2] == ["unproven", "changes"]
    shown = text(page(report).get_element_by_id("changes"))
    for part in ("CE-01", "2026-01-02 00:00:00 UTC", "ce-audit 1", "Resolved (1)", "gone is wrong"):
        assert part in shown
    assert "The two hosts" not in shown
    chips = {item.fingerprint: item.baseline.word for item in report.findings if item.baseline}
    assert chips == {"f1": "Known", "f2": "New"}
    told = terminal.render(report)
    assert "Since the baseline: 1 new, 1 known, 1 resolved" in told
    assert "(known)" in told
    assert {row["baseline"] for row in rows(findings_csv.render(report))} == {"new", "known"}


def test_a_baseline_of_another_host_and_what_could_not_be_decided_are_said() -> None:
    blind = results(status=Status.NOT_PROVEN)
    report = build(compare(blind, results(finding(), host="CE-02")))
    shown = text(page(report).get_element_by_id("changes"))
    assert "The two hosts are not the same" in shown
    assert "0 new, 0 known, 0 resolved, 1 not decided this time" in shown
    assert "Not decided this time (1)" in shown


def test_the_same_results_with_waivers_and_baseline_render_the_same() -> None:
    found = compare(EVERY, results(finding("gone")))
    again = results_json.parse(results_json.render(found))
    assert html.render(build(again)) == html.render(build(found))


def test_the_states_are_defined_where_they_are_used() -> None:
    found = build(compare(EVERY, results()))
    defined = {item.badge.word for items in found.definitions.values() for item in items}
    assert {"Active", "Expired", "Changed", "Malformed", "Unused", "New", "Known"} <= defined
    assert len(WaiverState) == len(found.definitions["States of a waiver"])
    assert "States of a waiver" not in build(msgspec.structs.replace(EVERY, waivers=())).definitions
