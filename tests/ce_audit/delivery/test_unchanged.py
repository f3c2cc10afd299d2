"""What counts as news about a host, and what varies by itself."""

from datetime import UTC, date, datetime

import pytest
from msgspec.structs import replace

from ce_audit.delivery.unchanged import says_the_same
from rules.model import (
    AssessedHost,
    BaselineRecord,
    CheckResult,
    EndpointRow,
    Finding,
    LedgerRow,
    Results,
    Severity,
    Status,
    Verdict,
    WaiverRecord,
    WaiverState,
)
from scanner.model import EvidenceKind, Gap, Origin, Problem

NOW = datetime(2026, 11, 23, tzinfo=UTC)
FINDING = Finding(fingerprint="f", condition="c", severity=Severity.HIGH, subject="s", message="m")
CHECK = CheckResult(check="x", title="t", status=Status.FAIL, severity=Severity.HIGH, findings=(FINDING,))
ENDPOINT = EndpointRow(component="DBConnectorServer", protocol="tcp", listening=(9901,))
BASE = Results(
    verdict=Verdict.NON_COMPLIANT,
    host=AssessedHost(name="CE-CORE01"),
    results=(CHECK,),
    endpoints=(ENDPOINT,),
    baseline=BaselineRecord(host="CE-CORE01", tool="ce-audit 0.1.0"),
)


def with_finding(**changed: object) -> Results:
    return replace(BASE, results=(replace(CHECK, findings=(replace(FINDING, **changed),)),))


def with_host(**changed: object) -> Results:
    return replace(BASE, host=replace(BASE.host, **changed))


@pytest.mark.parametrize(
    "other",
    [
        replace(BASE, tool="ce-audit 9", catalogue="ce-9"),
        with_host(collected_at=NOW, boot_time=NOW, collector="other"),
        replace(BASE, evidence=(LedgerRow(kind="k", source="s", sha256="0", bytes=1, modified_at=NOW),)),
        replace(BASE, waived_on=date(2026, 11, 23)),
        with_finding(message="other words", impact="other words"),
        replace(BASE, results=(replace(CHECK, title="other words"),)),
        replace(BASE, endpoints=(replace(ENDPOINT, note="other words", sources=("elsewhere",)),)),
        replace(BASE, reasons=("other words",)),
    ],
)
def test_what_varies_by_itself_is_no_news(other: Results) -> None:
    assert says_the_same(BASE, other)
    assert says_the_same(other, BASE)


@pytest.mark.parametrize(
    "other",
    [
        replace(BASE, verdict=Verdict.NOT_PROVEN),
        with_host(name="CE-CORE02"),
        with_host(elevated=False),
        with_finding(fingerprint="g"),
        with_finding(condition="d"),
        with_finding(severity=Severity.MEDIUM),
        with_finding(waived=True),
        with_finding(baseline="new"),
        replace(BASE, results=()),
        replace(BASE, results=(replace(CHECK, status=Status.NOT_PROVEN),)),
        replace(BASE, results=(replace(CHECK, reason="no sockets"),)),
        replace(BASE, endpoints=(replace(ENDPOINT, listening=(9902,)),)),
        replace(BASE, gaps=(Gap(kind=EvidenceKind.LISTENERS, reason="denied"),)),
        replace(BASE, problems=(Problem(origin=Origin(source="a.reg"), text="", reason="cut"),)),
        replace(BASE, waivers=(WaiverRecord(subject="f", state=WaiverState.EXPIRED),)),
        replace(BASE, baseline=None),
        replace(BASE, baseline=BaselineRecord(host="CE-CORE01", tool="", resolved=(FINDING,))),
        replace(BASE, site=("check x is off",)),
    ],
)
def test_what_a_reader_would_want_to_know_is_news(other: Results) -> None:
    assert not says_the_same(BASE, other)
    assert not says_the_same(other, BASE)


def test_order_is_no_news() -> None:
    two = replace(BASE, results=(CHECK, replace(CHECK, check="y")))
    assert says_the_same(two, replace(two, results=two.results[::-1]))
