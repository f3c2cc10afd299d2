"""The engine: one result for every check, missing evidence never passes, and a verdict that says so."""

from collections.abc import Iterator

import msgspec
import pytest

from rules.case import Case
from rules.check import Check, Unproven
from rules.check_list import CHECKS
from rules.engine import fingerprint, run, verdict
from rules.model import CheckResult, Finding, Results, Severity, Status, Verdict
from rules.site import Site
from scanner.model import EvidenceKind, Profile, Snapshot
from tests.rules.changes import (
    all_rules,
    changed,
    changed_rule,
    dropped,
    moved_port,
    removed,
    with_file,
    with_gap,
    with_rule,
    with_settings,
    without_rule,
)
from tests.rules.hosts import CORE as PORTS
from tests.rules.hosts import DB, DB_RULE, core_server, file, fw_rule, operator_pc, program, settings
from tests.rules.judging import assess_all, case_of, found, statuses

CORE = core_server()
BARE = msgspec.structs.replace(
    CORE, processes=(), executables=(), services=(), listeners=(), configured_ports=(), firewall_rules=()
)
NOTHING_SEEN = "no Contact Expert component was seen on this host"


def finding(severity: Severity = Severity.HIGH, subject: str = "it", *, waived: bool = False) -> Finding:
    return Finding(severity=severity, subject=subject, message=f"{subject} is wrong", waived=waived)


def check(*found: Finding | Unproven, check_id: str = "some-check", **facts: object) -> Check:
    usual: dict[str, object] = {
        "title": "Something is right",
        "severity": Severity.HIGH,
        "requires": frozenset(),
        "rationale": "r",
        "decides": "d",
        "mend": "m",
        "find": lambda _: iter(found),
    }
    return Check(id=check_id, **{**usual, **facts})


def crash(_: Case) -> Iterator[Finding]:
    raise ValueError("boom")
    yield


def result_of(one: Check, snapshot: Snapshot = CORE) -> CheckResult:
    return run((one,), case_of(snapshot), "test").results[0]


def test_a_check_that_finds_nothing_with_all_its_evidence_passes() -> None:
    result = result_of(check(needs=frozenset(EvidenceKind)))
    assert (result.status, result.reason, result.findings) == (Status.PASS, "", ())


def test_findings_fail_and_carry_a_fingerprint() -> None:
    result = result_of(check(finding()))
    assert result.status is Status.FAIL
    assert result.findings[0].fingerprint == fingerprint("some-check", finding())


def test_an_open_question_is_not_proven_with_its_reason() -> None:
    result = result_of(
        check(Unproven(subject="DB", reason="nobody looked"), Unproven(subject="DB", reason="nobody looked"))
    )
    assert (result.status, result.reason) == (Status.NOT_PROVEN, "DB: nobody looked")


def test_findings_and_open_questions_fail_and_keep_the_questions() -> None:
    result = result_of(check(finding(), Unproven(subject="DB", reason="nobody looked")))
    assert (result.status, result.reason) == (Status.FAIL, "DB: nobody looked")


def test_without_what_it_requires_a_check_does_not_even_look() -> None:
    gapped = with_gap(CORE, EvidenceKind.LISTENERS, reason="no netstat")
    result = result_of(check(find=crash, requires=frozenset({EvidenceKind.LISTENERS})), gapped)
    assert (result.status, result.reason) == (Status.NOT_PROVEN, "listeners: no netstat")


def test_without_what_it_needs_a_check_may_find_but_not_pass() -> None:
    gapped = with_gap(CORE, EvidenceKind.LISTENERS, reason="no netstat")
    needs = frozenset({EvidenceKind.LISTENERS})
    assert result_of(check(needs=needs), gapped).status is Status.NOT_PROVEN
    assert result_of(check(finding(), needs=needs), gapped).status is Status.FAIL
    assert result_of(check(needs=frozenset({EvidenceKind.HOST})), gapped).status is Status.PASS


def test_a_gap_about_one_component_is_left_to_the_check() -> None:
    gapped = with_gap(CORE, EvidenceKind.CONFIGURED_PORTS, subject="dialer-server")
    assert result_of(check(needs=frozenset({EvidenceKind.CONFIGURED_PORTS})), gapped).status is Status.PASS


def test_a_check_that_does_not_apply_says_why() -> None:
    result = result_of(check(find=crash, not_applicable=lambda _: "not here"))
    assert (result.status, result.reason) == (Status.NOT_APPLICABLE, "not here")


def refuse(_: Case) -> str:
    raise KeyError("gone")


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (check(find=crash), "the check failed: ValueError: boom"),
        (check(not_applicable=refuse), "the check failed: KeyError: 'gone'"),
    ],
)
def test_a_check_that_crashes_is_an_error_and_the_host_never_compliant(broken: Check, reason: str) -> None:
    results = run((check(), broken, check()), case_of(CORE), "test")
    assert [each.status for each in results.results] == [Status.PASS, Status.ERROR, Status.PASS]
    assert results.results[1].reason == reason
    assert (results.verdict, results.summary.error) == (Verdict.NOT_PROVEN, 1)


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        ([], Verdict.NOT_PROVEN),
        ([(Status.PASS, ())], Verdict.COMPLIANT),
        ([(Status.NOT_APPLICABLE, ())], Verdict.NOT_PROVEN),
        ([(Status.NOT_APPLICABLE, ()), (Status.PASS, ())], Verdict.COMPLIANT),
        ([(Status.FAIL, (Severity.LOW, Severity.INFO))], Verdict.COMPLIANT),
        ([(Status.FAIL, (Severity.MEDIUM,))], Verdict.NON_COMPLIANT),
        ([(Status.FAIL, (Severity.CRITICAL,)), (Status.NOT_PROVEN, ())], Verdict.NON_COMPLIANT),
        ([(Status.FAIL, (Severity.LOW,)), (Status.NOT_PROVEN, ())], Verdict.NOT_PROVEN),
        ([(Status.PASS, ()), (Status.ERROR, ())], Verdict.NOT_PROVEN),
    ],
)
def test_the_verdict_is_decided_by_medium_and_worse_then_by_doubt(
    results: list[tuple[Status, tuple[Severity, ...]]], expected: Verdict
) -> None:
    assert verdict(_result(status, *map(finding, severities)) for status, severities in results) is expected


def test_a_site_that_switches_every_check_off_has_shown_nothing() -> None:
    results = assess_all(CORE, Site(off={check.id: "no time" for check in CHECKS}))
    assert results.verdict is Verdict.NOT_PROVEN
    assert results.reasons == ("no check was judged: each is switched off or does not apply",)


def _result(status: Status, *findings: Finding) -> CheckResult:
    return CheckResult(check="c", title="t", status=status, severity=Severity.HIGH, findings=findings)


def test_a_waived_finding_decides_nothing_and_stays_counted() -> None:
    assert verdict([_result(Status.FAIL, finding(waived=True))]) is Verdict.COMPLIANT
    results = run((check(finding(waived=True)),), case_of(CORE), "test")
    assert (results.summary.waived, results.summary.fail, results.reasons) == (1, 1, ())


def test_the_reasons_are_the_three_worst_and_no_low_one() -> None:
    severities = [Severity.LOW, Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL, Severity.MEDIUM]
    results = run((check(*(finding(each, each.value) for each in severities)),), case_of(CORE), "test")
    assert results.reasons == ("critical is wrong", "high is wrong", "medium is wrong")


def test_without_findings_the_reasons_say_what_is_not_proven_once() -> None:
    reasons = assess_all(with_gap(CORE, EvidenceKind.GPO_POLICY, reason="no SOFTWARE hive")).reasons
    assert len(reasons) == 1
    assert "no SOFTWARE hive" in reasons[0]


def test_the_summary_counts_every_check_once() -> None:
    results = assess_all(operator_pc())
    summary = results.summary
    assert summary.passed + summary.fail + summary.not_applicable + summary.not_proven + summary.error == len(
        CHECKS
    )
    assert summary.not_applicable == 8  # what only servers have, or only a site file can say
    assert summary.not_proven == summary.error == 0
    assert [each.check for each in results.results] == [each.id for each in CHECKS]


def test_the_record_says_who_judged_what() -> None:
    results = assess_all(CORE)
    assert (results.tool, results.catalogue) == ("ce-audit test", "Contact Expert 6.1")
    assert (results.host.name, results.host.role, results.host.profiles) == (
        "CE-01",
        "core-server",
        ("domain",),
    )
    assert results.host.os == "Microsoft Windows Server 2019 Standard build 17763"
    assert [row.sha256 for row in results.evidence] == ["ab" * 32]
    assert assess_all(operator_pc()).host.role == "operator-pc"
    assert assess_all(Snapshot()).host.name == "unknown"


def test_only_gaps_about_components_of_this_host_are_told() -> None:
    gapped = with_gap(
        with_gap(CORE, EvidenceKind.CONFIGURED_PORTS, subject="dialer-server"), EvidenceKind.HOST
    )
    gapped = with_gap(gapped, EvidenceKind.CONFIGURED_PORTS, subject=DB)
    assert [gap.subject for gap in assess_all(gapped).gaps] == ["", DB]


# --- a host on which nothing of the product was seen ---


@pytest.mark.parametrize("site", [Site(), Site(role="core-server"), Site(role="operator-pc")])
@pytest.mark.parametrize("empty", [BARE, Snapshot(), with_file(BARE, file(program("sms-server"), None))])
def test_a_host_without_a_component_is_never_compliant(empty: Snapshot, site: Site) -> None:
    results = assess_all(empty, site)
    assert results.verdict is Verdict.NOT_PROVEN
    assert {each.status for each in results.results} == {Status.NOT_PROVEN}
    assert all(NOTHING_SEEN in each.reason for each in results.results)
    assert any(NOTHING_SEEN in reason for reason in results.reasons)


def test_what_is_wrong_with_such_a_host_is_found_all_the_same() -> None:
    off = with_settings(BARE, settings(Profile.DOMAIN, enabled=False))
    assert found(off) == {("firewall-disabled", "")}
    assert assess_all(off).verdict is Verdict.NON_COMPLIANT
    left = with_rule(BARE, fw_rule("old", program=program(DB), local_ports=("9901",)))
    assert found(left) == {("stale-firewall-rule", "DBConnectorServer")}


def test_what_is_left_of_removed_components_makes_no_contact_expert_host() -> None:
    assert assess_all(with_file(BARE, file(program("sms-server")))).verdict is Verdict.NOT_PROVEN


@pytest.mark.parametrize(
    "seen",
    [
        with_file(BARE, file(program("contact-manager-service"))),
        with_file(BARE, file(program("server-manager"))),
        changed(dropped(BARE, EvidenceKind.EXECUTABLES), configured_ports=CORE.configured_ports),
    ],
)
def test_any_sight_of_a_component_is_enough(seen: Snapshot) -> None:
    assert all(NOTHING_SEEN not in each.reason for each in assess_all(seen).results)


def test_a_missing_registry_value_is_no_sight_of_a_component() -> None:
    unset = changed(
        dropped(BARE, EvidenceKind.EXECUTABLES),
        configured_ports=tuple(
            msgspec.structs.replace(each, endpoints=(), state="dynamic", reason="not set")
            for each in CORE.configured_ports
            if each.component == "naming-service"
        ),
    )
    assert found(unset) == set()
    assert assess_all(unset).verdict is Verdict.NOT_PROVEN


# --- fingerprints ---


def fingerprints(snapshot: Snapshot) -> list[str]:
    return [each.fingerprint for result in assess_all(snapshot).results for each in result.findings]


SHUT = with_rule(
    all_rules(CORE, active=False),
    fw_rule("a", program=program(DB), local_ports=("9950",)),
    fw_rule("any", profiles=()),
)


def test_distinct_endpoints_have_distinct_fingerprints() -> None:
    nothing_allowed = without_rule(
        CORE, *(each.id for each in CORE.firewall_rules if each.id.startswith("CE-"))
    )
    seen = fingerprints(nothing_allowed)
    assert len(seen) == len(set(seen)) == sum(len(ports) for ports in PORTS.values()) - 1  # but for 8005


def test_rules_of_one_name_that_open_different_doors_have_distinct_fingerprints() -> None:
    wide = with_rule(
        CORE,
        fw_rule("t", name="Wide", program=program(DB)),
        fw_rule("u", name="Wide", program=program(DB), protocol=None),
    )
    seen = fingerprints(wide)
    assert len(seen) == len(set(seen)) >= 2


@pytest.mark.parametrize(
    "same",
    [
        changed(SHUT, firewall_rules=SHUT.firewall_rules[::-1], listeners=SHUT.listeners[::-1]),
        changed(SHUT, host=msgspec.structs.replace(SHUT.host, name="OTHER", domain="b.test")),
        changed(SHUT, evidence=(), processes=SHUT.processes[::-1], executables=SHUT.executables[::-1]),
    ],
)
def test_fingerprints_survive_another_order_name_or_ledger(same: Snapshot) -> None:
    assert sorted(fingerprints(same)) == sorted(fingerprints(SHUT))
    assert fingerprints(SHUT)


def test_a_finding_stays_itself_when_the_port_moves_again() -> None:
    once, twice = moved_port(CORE, 9901, 9951, DB), moved_port(CORE, 9901, 9952, DB)
    assert fingerprints(once) == fingerprints(twice)


def test_a_finding_stays_itself_in_another_install_directory() -> None:
    elsewhere = msgspec.json.decode(
        msgspec.json.encode(without_rule(CORE, DB_RULE)).replace(b"D:\\\\Contact Expert", b"E:\\\\CE"),
        type=Snapshot,
    )
    assert fingerprints(elsewhere) == fingerprints(without_rule(CORE, DB_RULE))


def test_the_same_snapshot_gives_the_same_bytes() -> None:
    again = msgspec.json.decode(msgspec.json.encode(SHUT), type=Snapshot)
    assert msgspec.json.encode(assess_all(again)) == msgspec.json.encode(assess_all(SHUT))


def test_results_survive_their_json() -> None:
    results = assess_all(changed_rule(CORE, DB_RULE, active=False))
    assert msgspec.json.decode(msgspec.json.encode(results), type=Results) == results


def test_a_removed_component_is_asked_nothing() -> None:
    without = removed(CORE, DB)
    assert found(without) == set()
    assert set(statuses(without).values()) == {"pass", "not-applicable"}
