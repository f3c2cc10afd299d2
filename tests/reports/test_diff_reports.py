"""Differences as text, JSON and HTML: the same facts in each, inert, on one page that asks for nothing."""

import json

import jsonschema
import pytest
from lxml import html as lxml_html

from reports import diff_html, diff_json, diff_text, schemas
from reports.diff_view import build
from rules.differences import Differences, of_results, of_snapshots
from rules.model import CheckResult, Finding, Results, Severity, Status, Verdict
from scanner.model import Origin, Process, Snapshot
from tests.reports.sample_results import HOSTILE, sample

NAMES = ("old.json", "new.json")


def finding(name: str, **facts: object) -> Finding:
    usual: dict[str, object] = {"severity": Severity.HIGH, "subject": name, "message": f"{name} is wrong"}
    return Finding(fingerprint=name, **{**usual, **facts})  # type: ignore[arg-type]


def results(*findings: Finding, status: Status = Status.FAIL) -> Results:
    one = CheckResult(check="k", title="T", status=status, severity=Severity.HIGH, findings=findings)
    verdict = Verdict.NON_COMPLIANT if findings else Verdict.COMPLIANT
    return Results(verdict=verdict, results=(one,))


MIXED = of_results(
    results(
        finding("gone"), finding("same"), finding("other", condition="1"), finding("scope", condition="1")
    ),
    results(
        finding("same"),
        finding("other", condition="2", observed="any address", waived=True),
        finding("scope", condition="2"),
        finding("fresh"),
    ),
    NAMES,
)


def hostile() -> Differences:
    started = tuple(
        Process(pid=1, name=name, path=name, services=(name,), origin=Origin(source="s")) for name in HOSTILE
    )
    return of_snapshots(Snapshot(), Snapshot(processes=started), (HOSTILE[0], HOSTILE[5]))


def test_text_tells_what_changed_and_counts_what_did_not() -> None:
    assert diff_text.render(build(MIXED)).splitlines() == [
        "old: old.json (unknown)",
        "new: new.json (unknown)",
        "findings: 1 new, 2 changed, 1 resolved, 1 unchanged",
        "",
        "Findings: 1 new, 2 changed, 1 resolved, 1 unchanged",
        "  + new [high] k: fresh",
        "      fresh is wrong",
        "  ~ changed [high] k: other (waived)",
        "      other is wrong",
        "      waived: no -> yes",
        "      observed: none -> any address",
        "  ~ changed [high] k: scope",
        "      scope is wrong",
        "      condition: 1 -> 2",
        "  - resolved [high] k: gone",
        "      gone is wrong",
    ]


def test_verdict_and_checks_are_told() -> None:
    told = diff_text.render(build(of_results(results(finding("a")), results(status=Status.PASS), NAMES)))
    assert "  ~ changed non-compliant -> compliant" in told
    assert "      status: fail -> pass" in told


@pytest.mark.parametrize("found", [MIXED, hostile(), of_results(sample(), sample(), NAMES)])
def test_json_follows_its_schema(found: Differences) -> None:
    document = json.loads(diff_json.render(found))
    jsonschema.validate(document, json.loads(schemas.render("diff-v1")))
    assert document["schema"] == "ce-audit/diff-v1"


def test_without_a_difference_every_format_says_so() -> None:
    same = of_results(sample(), sample(), NAMES)
    assert "No difference." in diff_text.render(build(same))
    assert "No difference" in diff_html.render(build(same)).decode()
    assert json.loads(diff_json.render(same))["different"] is False


def test_the_page_holds_every_difference_as_text() -> None:
    page = lxml_html.document_fromstring(diff_html.render(build(MIXED)).decode())
    shown = " ".join(page.text_content().split())
    for part in ("k: fresh", "New", "Changed", "Resolved", "waived: no -> yes", "old.json"):
        assert part in shown


def test_hostile_names_stay_text() -> None:
    data = diff_html.render(build(hostile())).decode()
    page = lxml_html.document_fromstring(data)
    assert page.xpath("//script | //img | //link | //*[@src]") == []
    assert HOSTILE[0] in page.text_content()
    assert not {"\x1b", "\u202e", "\ud800"} & set(data)
    assert not {"\x1b", "\u202e"} & set(diff_text.render(build(hostile())))
    (policy,) = page.xpath("//meta[@http-equiv]/@content")
    assert policy.startswith("default-src 'none'")


def test_a_page_shows_so_many_and_says_how_many_there_are() -> None:
    many = tuple(Process(pid=1, name=f"{number}.exe", origin=Origin(source="s")) for number in range(501))
    data = diff_html.render(build(of_snapshots(Snapshot(), Snapshot(processes=many), NAMES))).decode()
    assert "The first 500 of 501 are shown here" in data
    assert data.count(".exe</b>") == 500
