"""What changed since an earlier assessment; nothing is called resolved that nobody looked at."""

from datetime import UTC, datetime

import msgspec
import pytest

from rules.baseline import compare
from rules.engine import SWITCHED_OFF
from rules.model import AssessedHost, CheckResult, Finding, Results, Severity, Status, Verdict
from rules.site import Site
from scanner.model import EvidenceKind
from tests.rules.changes import changed_rule, with_gap
from tests.rules.hosts import DB_RULE, core_server
from tests.rules.judging import assess_all

WHEN = datetime(2026, 1, 2, tzinfo=UTC)
CORE = core_server()
BROKEN = changed_rule(CORE, DB_RULE, active=False)
CHECK = "disabled-firewall-rule"


def finding(name: str, **facts: object) -> Finding:
    return Finding(fingerprint=name, severity=Severity.HIGH, subject=name, message=name, **facts)  # type: ignore[arg-type]


def results(status: Status, *names: str, reason: str = "", check: str = "c") -> Results:
    findings = tuple(map(finding, names))
    one = CheckResult(
        check=check, title="T", status=status, severity=Severity.HIGH, reason=reason, findings=findings
    )
    host = AssessedHost(name="CE-01", collected_at=WHEN)
    return Results(verdict=Verdict.NON_COMPLIANT, tool="ce-audit 1", host=host, results=(one,))


def test_findings_are_new_or_known_by_their_fingerprint() -> None:
    found = compare(results(Status.FAIL, "a", "b", "c"), results(Status.FAIL, "b"))
    assert [each.baseline for each in found.results[0].findings] == ["new", "known", "new"]
    record = found.baseline
    assert record is not None
    assert (record.new, record.known, record.resolved, record.undecided) == (2, 1, (), ())
    assert (record.host, record.tool, record.collected_at) == ("CE-01", "ce-audit 1", WHEN)


@pytest.mark.parametrize(
    ("status", "reason", "resolved"),
    [
        (Status.PASS, "", True),
        (Status.NOT_APPLICABLE, "there is no such component", True),
        (Status.NOT_APPLICABLE, f"{SWITCHED_OFF}: not ours", False),
        (Status.NOT_PROVEN, "no netstat", False),
        (Status.ERROR, "it crashed", False),
        (Status.FAIL, "", True),
        (Status.FAIL, "listeners: no netstat", False),
    ],
)
def test_only_a_check_that_decided_resolves(status: Status, reason: str, resolved: bool) -> None:
    found = compare(results(status, reason=reason), results(Status.FAIL, "old")).baseline
    assert found is not None
    assert (found.resolved if resolved else found.undecided) == (finding("old"),)
    assert (found.undecided if resolved else found.resolved) == ()


def test_a_check_that_is_no_longer_run_resolves_nothing() -> None:
    found = compare(results(Status.PASS, check="another"), results(Status.FAIL, "old")).baseline
    assert found is not None
    assert (found.resolved, found.undecided) == ((), (finding("old"),))


def test_the_verdict_and_the_counts_stay_as_they_are() -> None:
    now = assess_all(BROKEN)
    found = compare(now, now)
    assert (found.verdict, found.reasons, found.summary) == (now.verdict, now.reasons, now.summary)
    assert found.verdict is Verdict.NON_COMPLIANT


def test_a_baseline_that_had_one_itself_is_read_for_its_findings_alone() -> None:
    earlier = compare(results(Status.FAIL, "old"), results(Status.FAIL, "older"))
    record = compare(results(Status.PASS), earlier).baseline
    assert record is not None
    assert record.resolved == (finding("old"),)


def test_a_mended_host_resolves_its_finding_and_a_blind_scan_does_not() -> None:
    earlier = assess_all(BROKEN)
    (broken,) = next(each for each in earlier.results if each.check == CHECK).findings
    mended = compare(assess_all(CORE), earlier).baseline
    blind = compare(assess_all(with_gap(CORE, EvidenceKind.FIREWALL_RULES)), earlier).baseline
    assert mended is not None
    assert blind is not None
    assert broken in mended.resolved
    assert broken in blind.undecided
    assert blind.resolved == ()
    off = compare(assess_all(CORE, Site(off={CHECK: "not ours"})), earlier).baseline
    assert off is not None
    assert broken in off.undecided


def test_another_host_name_finds_the_same() -> None:
    other = msgspec.structs.replace(BROKEN, host=msgspec.structs.replace(BROKEN.host, name="CE-99"))
    record = compare(assess_all(other), assess_all(BROKEN)).baseline
    assert record is not None
    assert (record.new, record.resolved, record.undecided) == (0, (), ())
    assert record.known > 0
