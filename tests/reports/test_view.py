"""The view model: the words, the order and the counts that every format shows."""

from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest

from reports import results_json
from reports.order import placed
from reports.view import Report, build
from reports.wording import EVIDENCE_KIND
from rules.model import (
    AssessedHost,
    CheckResult,
    EndpointRow,
    Finding,
    LedgerRow,
    Observation,
    Results,
    Severity,
    Status,
    Verdict,
)
from scanner.model import EvidenceKind, Gap
from tests.reports.sample_results import crowded, hostile, sample


def bare(verdict: Verdict = Verdict.COMPLIANT, **rest: object) -> Results:
    return Results(verdict=verdict, **rest)  # type: ignore[arg-type]


def check(status: Status, reason: str = "", *findings: Finding) -> CheckResult:
    return CheckResult(
        check=f"c-{status}",
        title="Title",
        status=status,
        severity=Severity.HIGH,
        reason=reason,
        findings=findings,
    )


def finding(severity: Severity, **rest: object) -> Finding:
    return Finding(severity=severity, subject="s", message=f"{severity} message", **rest)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def report() -> Report:
    return build(sample())


def test_saved_results_give_the_same_report_again(report: Report) -> None:
    assert build(results_json.parse(results_json.render(sample()))) == report


def test_findings_stand_worst_first_and_waived_ones_last(report: Report) -> None:
    assert [item.severity.word for item in report.findings] == [
        "Critical",
        "High",
        "High",
        "High",
        "High",
        "Medium",
        "Low",
        "Info",
        "Medium",
    ]
    assert [item.label for item in report.findings] == [f"F{number}" for number in range(1, 10)]
    assert [bool(item.waived) for item in report.findings] == [False] * 8 + [True]
    assert (report.findings[-1].kind, report.findings[0].kind) == ("waived", "critical")


def test_the_order_of_findings_does_not_depend_on_the_order_of_checks() -> None:
    turned = msgspec.structs.replace(sample(), results=tuple(reversed(sample().results)))
    assert [item.finding for item in placed(turned)] == [item.finding for item in placed(sample())]


def test_severities_count_open_findings_and_waived_ones_apart(report: Report) -> None:
    assert {count.badge.word: count.count for count in report.severities} == {
        "Critical": 1,
        "High": 4,
        "Medium": 1,
        "Low": 1,
        "Info": 1,
        "Waived": 1,
    }
    assert {count.badge.word: count.count for count in report.statuses} == {
        "Pass": 5,
        "Fail": 6,
        "Not proven": 1,
        "Error": 1,
        "Not applicable": 1,
    }


def test_a_host_that_breaks_the_policy_is_told_by_how_much(report: Report) -> None:
    assert report.title == "Not compliant: CE-CORE01"
    assert "6 findings break" in report.sentence
    assert report.sentence.endswith("1 critical, 4 high, 1 medium.")
    assert (
        report.outlook == "Compliant once they are mended and the 2 checks that are not proven are decided."
    )


def test_a_single_finding_and_no_open_check_read_as_such() -> None:
    view = build(bare(Verdict.NON_COMPLIANT, results=(check(Status.FAIL, "", finding(Severity.MEDIUM)),)))
    assert "1 finding breaks" in view.sentence
    assert view.outlook == "Compliant once they are mended."


def test_not_proven_is_never_worded_as_a_pass() -> None:
    view = build(
        bare(Verdict.NOT_PROVEN, results=(check(Status.NOT_PROVEN, "no listeners"), check(Status.PASS)))
    )
    assert view.verdict.word == "Not proven"
    assert "1 applicable check lacks evidence. This is not a pass." in view.sentence
    assert view.reasons == ("Title: no listeners",)
    assert "1 check that is not proven is decided" in view.outlook
    assert [line.check for group in view.undecided for line in group.checks] == ["c-not-proven"]


def test_compliant_says_how_many_checks_were_decided() -> None:
    view = build(bare(results=(check(Status.PASS), check(Status.FAIL, "", finding(Severity.LOW)))))
    assert "2 applicable checks were all decided" in view.sentence
    assert view.reasons == ()
    assert "Nothing: every applicable check was decided" in view.sections["unproven"].intro


def test_reasons_are_the_engines_or_else_the_worst_findings() -> None:
    findings = tuple(finding(severity) for severity in Severity)
    assert build(bare(Verdict.NON_COMPLIANT, results=(check(Status.FAIL, "", *findings),))).reasons == (
        "critical message",
        "high message",
        "medium message",
    )
    assert build(bare(reasons=("a", "b", "c", "d"))).reasons == ("a", "b", "c")


def test_checks_stand_with_what_needs_attention_first(report: Report) -> None:
    words = [line.status.word for line in report.checks]
    assert words == ["Fail"] * 6 + ["Error", "Not proven"] + ["Pass"] * 5 + ["Not applicable"]
    assert [link.text for link in report.checks[0].findings] == ["F1", "F5"]


def test_a_check_with_very_many_findings_links_to_the_first_and_counts_the_rest() -> None:
    line = build(crowded()).checks[0]
    assert (len(line.findings), line.more) == (12, "and 438 more")


def test_checks_open_for_the_same_reason_are_told_together() -> None:
    reasons = ("no listeners", "no rules", "no listeners")
    view = build(
        bare(Verdict.NOT_PROVEN, results=tuple(check(Status.NOT_PROVEN, reason) for reason in reasons))
    )
    assert [(group.reason, len(group.checks)) for group in view.undecided] == [
        ("no listeners", 2),
        ("no rules", 1),
    ]


def test_one_command_stands_once_for_all_gaps_that_it_closes(report: Report) -> None:
    assert [gap.title for gap in report.gaps] == [
        "Firewall policy set by Group Policy",
        "Ports configured for CE components",
        "Recording channels",
    ]
    assert [fact.label for fact in report.gaps[1].reasons] == ["IVRConnector", "AgentFactory"]
    assert report.gaps[1].fetch is not None
    assert report.gaps[2].fetch is None


def test_a_command_that_closes_gaps_of_two_kinds_names_both() -> None:
    kinds = (EvidenceKind.FIREWALL_RULES, EvidenceKind.PROFILE_SETTINGS)
    view = build(bare(gaps=tuple(Gap(kind=kind, reason="r", fetch="f") for kind in kinds)))
    assert [gap.title for gap in view.gaps] == [
        "Windows Firewall rules of the host; Firewall profile settings"
    ]


def test_evidence_of_a_finding_points_into_the_ledger(report: Report) -> None:
    assert [seen.ledger for seen in report.findings[0].evidence] == ["e2", "e3", "e1"]


def test_evidence_that_is_not_in_the_ledger_points_nowhere() -> None:
    seen = Observation(source="elsewhere")
    view = build(bare(results=(check(Status.FAIL, "", finding(Severity.LOW, evidence=(seen,))),)))
    assert view.findings[0].evidence[0].ledger == ""


def test_a_source_read_twice_is_anchored_once_each_and_linked_to_the_first() -> None:
    rows = (
        LedgerRow(kind="a", source="same", sha256="1", bytes=1),
        LedgerRow(kind="b", source="same", sha256="1", bytes=1),
    )
    view = build(
        bare(
            evidence=rows,
            results=(check(Status.FAIL, "", finding(Severity.LOW, evidence=(Observation(source="same"),))),),
        )
    )
    assert [line.id for line in view.evidence] == ["e1", "e2"]
    assert view.findings[0].evidence[0].ledger == "e1"


def test_very_many_observations_are_cut_with_a_note() -> None:
    seen = tuple(Observation(source=str(number)) for number in range(25))
    block = build(bare(results=(check(Status.FAIL, "", finding(Severity.LOW, evidence=seen)),))).findings[0]
    assert (len(block.evidence), block.evidence_note) == (20, "5 more observations are in results.json.")


def test_a_finding_without_component_is_named_by_its_subject() -> None:
    assert build(bare(results=(check(Status.FAIL, "", finding(Severity.LOW)),))).findings[0].subject == "s"


def test_tables_that_a_page_cuts_say_so_and_keep_all_rows_for_other_formats() -> None:
    view = build(crowded())
    assert view.sections["findings"].note == "The first 200 of 450 are shown here; results.json holds all."
    assert len(view.findings) == 450
    assert view.sections["checks"].note == ""


@pytest.mark.parametrize(
    ("moment", "shown"),
    [
        (datetime(2025, 3, 4, 12, 0, tzinfo=timezone(timedelta(hours=2))), "2025-03-04 10:00:00 UTC"),
        (datetime(2025, 3, 4, 12, 0, tzinfo=UTC), "2025-03-04 12:00:00 UTC"),
        (datetime(2025, 3, 4, 12, 0), "2025-03-04 12:00:00 (no time zone given)"),  # noqa: DTZ001 - a saved file may
        (None, "not stated"),
    ],
)
def test_times_are_shown_in_utc_and_never_guessed(moment: datetime | None, shown: str) -> None:
    assert build(bare(host=AssessedHost(collected_at=moment))).collected == shown


@pytest.mark.parametrize(
    ("elevated", "shown"), [(True, "elevated"), (False, "not elevated"), (None, "not stated")]
)
def test_how_the_evidence_was_collected_is_said(elevated: bool | None, shown: str) -> None:
    facts = {fact.label: fact.value for fact in build(bare(host=AssessedHost(elevated=elevated))).facts}
    assert shown in facts["Collected with"]


def test_no_text_of_the_report_holds_an_unseen_character() -> None:
    text = msgspec.json.encode(build(hostile())).decode()
    assert "\u202e" not in text
    assert "\\u001b" not in text
    assert r"\\x1b[31mred" in text


def test_the_digest_is_that_of_the_json(report: Report) -> None:
    import hashlib

    assert report.digest == hashlib.sha256(results_json.render(sample())).hexdigest()


def test_empty_results_still_make_a_report() -> None:
    view = build(bare(endpoints=(EndpointRow(component="x", protocol="tcp"),)))
    assert (view.findings, view.actions, view.gaps) == ((), (), ())


def test_every_kind_of_evidence_has_its_words() -> None:
    assert set(EVIDENCE_KIND) == set(EvidenceKind)
