"""Waivers over results: bound to what was accepted, dated, and in doubt a finding counts."""

from datetime import date, timedelta
from typing import Any

import msgspec
import pytest

from rules.model import CheckResult, Finding, Results, Severity, Status, Summary, Verdict, WaiverRecord
from rules.model import WaiverState as State
from rules.waiver import read_waiver
from rules.waivers import apply_waivers
from scanner.model import Profile, Snapshot
from tests.rules.changes import changed_rule, with_rule
from tests.rules.hosts import DB_RULE, core_server, fw_rule
from tests.rules.judging import assess_all

TODAY = date(2026, 11, 23)
ANSWERS = {"justification": "why", "owner": "Anna", "approver": "Bert", "expires": "2027-06-30"}
WIDE = fw_rule("wide", name="Backup")
BROKEN = changed_rule(core_server(), DB_RULE, active=False)


def finding(print_: str = "f1", **facts: object) -> Finding:
    usual: dict[str, Any] = {
        "fingerprint": print_,
        "condition": f"{print_}-as-it-was",
        "severity": Severity.HIGH,
        "component": "DBConnectorServer",
        "protocol": "tcp",
        "port": 9901,
        "subject": "DBConnectorServer tcp/9901",
        "message": f"{print_} is wrong",
        "observed": f"{print_} seen",
    }
    return Finding(**{**usual, **facts})


def results(*findings: Finding, check: str = "some-check") -> Results:
    status = Status.FAIL if findings else Status.PASS
    checks = (CheckResult(check=check, title="T", status=status, severity=Severity.HIGH, findings=findings),)
    return Results(verdict=Verdict.NON_COMPLIANT, results=checks)


def waive(on: Results, *entries: dict[str, object], today: date = TODAY) -> Results:
    waivers = [read_waiver({**ANSWERS, **each}, f"w.toml:{at}") for at, each in enumerate(entries, start=1)]
    return apply_waivers(on, waivers, today)


def only(found: Results) -> WaiverRecord:
    (record,) = found.waivers
    return record


BOUND = {"fingerprint": "f1", "accepts": "f1-as-it-was"}


def test_what_is_accepted_as_it_was_found_does_not_count_and_stays() -> None:
    found = waive(results(finding()), BOUND)
    record = only(found)
    assert (record.state, record.detail, record.fingerprints) == (State.ACTIVE, "", ("f1",))
    assert found.verdict is Verdict.COMPLIANT
    assert found.summary == Summary(fail=1, waived=1)
    assert found.reasons == ()
    assert found.waived_on == TODAY
    assert found.results[0].findings == (finding(waived=True),)
    assert found.results[0].status is Status.FAIL


def test_another_finding_still_breaks_the_host() -> None:
    found = waive(results(finding(), finding("f2")), BOUND)
    assert found.verdict is Verdict.NON_COMPLIANT
    assert found.reasons == ("f2 is wrong",)
    assert [each.waived for each in found.results[0].findings] == [True, False]


def test_a_waiver_of_another_condition_no_longer_applies_and_says_what_is_there_now() -> None:
    found = waive(results(finding(condition="other", observed="any address")), BOUND)
    record = only(found)
    assert record.state is State.CHANGED
    assert "any address" in record.detail
    assert 'accepts = "other"' in record.detail
    assert found.verdict is Verdict.NON_COMPLIANT
    assert found.summary.waived == 0


@pytest.mark.parametrize(
    ("offset", "state", "detail"),
    [
        (-400, State.EXPIRED, "it expired 400 days ago"),
        (-1, State.EXPIRED, "it expired 1 day ago"),
        (0, State.ACTIVE, "today is its last day"),
        (1, State.ACTIVE, "1 day left"),
        (30, State.ACTIVE, "30 days left"),
        (31, State.ACTIVE, ""),
    ],
)
def test_it_holds_to_the_end_of_its_last_day(offset: int, state: State, detail: str) -> None:
    expires = (TODAY + timedelta(days=offset)).isoformat()
    found = waive(results(finding()), {**BOUND, "expires": expires})
    assert (only(found).state, only(found).detail) == (state, detail)
    assert found.results[0].findings[0].waived is (state is State.ACTIVE)


def test_an_expired_one_that_names_nothing_says_both() -> None:
    record = only(waive(results(), {**BOUND, "expires": "2026-11-20"}))
    assert (record.state, record.detail) == (
        State.EXPIRED,
        "it expired 3 days ago; nothing was found that it names",
    )


@pytest.mark.parametrize(
    "broken",
    [
        {"expires": "soon"},
        {"owner": ""},
        {"approver": "anna"},
        {"justification": " "},
        {"why": "x"},
        {"check": "c"},
    ],
)
def test_a_malformed_entry_waives_nothing_and_the_next_one_does(broken: dict[str, object]) -> None:
    found = waive(results(finding(), finding("f2")), {**BOUND, **broken}, {"fingerprint": "f2"})
    assert [record.state for record in found.waivers] == [State.MALFORMED, State.ACTIVE]
    assert found.waivers[0].detail
    assert found.waivers[0].place == "w.toml:1"
    assert [each.waived for each in found.results[0].findings] == [False, True]


def test_an_unbound_one_applies_to_its_one_finding_and_says_how_to_bind_it() -> None:
    found = waive(results(finding(), finding("f2")), {"fingerprint": "f1"})
    assert only(found).state is State.ACTIVE
    assert "it is not bound to what was accepted" in only(found).detail
    assert 'accepts = "f1-as-it-was"' in only(found).detail


def test_an_unbound_one_that_may_mean_several_means_none() -> None:
    both = (finding(variant="TSAPI"), finding("f2", variant="UCMA"))
    named = {"check": "some-check", "component": "DBConnectorServer", "endpoint": "tcp/9901"}
    found = waive(results(*both), named)
    assert only(found).state is State.MALFORMED
    assert only(found).detail.startswith(
        "it names 2 findings and does not say which it accepts; add one of: "
    )
    assert found.summary.waived == 0
    assert waive(results(*both), {**named, "variant": "UCMA"}).results[0].findings[1].waived
    bound = waive(results(*both), {**named, "accepts": "F2-AS-IT-WAS"})
    assert [each.waived for each in bound.results[0].findings] == [False, True]


def test_one_that_names_nothing_is_unused_and_helps() -> None:
    named = {"check": "some-check", "component": "DBConnectorServer", "endpoint": "tcp/9902"}
    beside = only(waive(results(finding()), named))
    assert beside.state is State.UNUSED
    assert beside.detail.endswith("what that check finds on that component is at tcp/9901")
    nowhere = only(waive(results(finding(protocol="", port=None, subject="s")), named))
    assert nowhere.detail.endswith("is at no endpoint: use the fingerprint")
    mistyped = only(waive(results(finding()), {**named, "check": "some-chek"}))
    assert mistyped.detail == "nothing was found that it names; there is no check 'some-chek'"
    assert mistyped.subject == "some-chek DBConnectorServer tcp/9902"
    assert only(waive(results(), BOUND)).detail == "nothing was found that it names"


def test_of_two_for_one_finding_the_first_valid_one_counts() -> None:
    found = waive(results(finding()), {**BOUND, "owner": ""}, BOUND, {"fingerprint": "f1"})
    assert [record.state for record in found.waivers] == [State.MALFORMED, State.ACTIVE, State.UNUSED]
    assert found.waivers[2].detail == "w.toml:2 waives the same finding already"
    assert found.summary.waived == 1


def test_findings_of_one_fingerprint_and_condition_are_waived_together() -> None:
    assert waive(results(finding(), finding()), BOUND).summary.waived == 2


def test_an_empty_file_changes_nothing_but_says_the_day() -> None:
    found = waive(assess_all(BROKEN))
    assert (found.waivers, found.waived_on) == ((), TODAY)
    assert msgspec.structs.replace(found, waived_on=None) == assess_all(BROKEN)


def test_judging_again_with_the_same_day_gives_the_same() -> None:
    once = waive(results(finding()), BOUND)
    assert waive(results(finding()), BOUND) == once
    assert waive(once, BOUND) == once


def _accepted(snapshot: Snapshot, check: str) -> dict[str, object]:
    (found,) = _findings(snapshot, check)
    return {"fingerprint": found.fingerprint, "accepts": found.condition}


def _findings(snapshot: Snapshot, check: str) -> tuple[Finding, ...]:
    return next(each for each in assess_all(snapshot).results if each.check == check).findings


@pytest.mark.parametrize(
    "scope",
    [
        {"profiles": (Profile.DOMAIN, Profile.PUBLIC)},
        {"remote_addresses": ("10.0.0.0/8",)},
        {"extra": (("Edge", "TRUE"),)},
        {"local_ports": ("1-65000",)},
        {"protocol": None},
    ],
)
def test_a_firewall_rule_of_another_scope_is_not_what_was_accepted(scope: dict[str, object]) -> None:
    check = "over-permissive-firewall-rule"
    before = with_rule(core_server(), WIDE)
    accepted = _accepted(before, check)
    assert only(waive(assess_all(before), accepted)).state is State.ACTIVE
    after = assess_all(changed_rule(before, "wide", **scope))
    assert only(waive(after, accepted)).state in (State.CHANGED, State.UNUSED)
    assert waive(after, accepted).summary.waived == 0


def test_what_a_firewall_rule_only_says_of_itself_is_no_part_of_what_was_accepted() -> None:
    before = with_rule(core_server(), WIDE)
    accepted = _accepted(before, "over-permissive-firewall-rule")
    after = assess_all(changed_rule(before, "wide", extra=(("Desc", "another text"), ("version", "2.31"))))
    assert only(waive(after, accepted)).state is State.ACTIVE


def test_a_real_finding_that_is_waived_leaves_the_host_compliant() -> None:
    accepted = _accepted(BROKEN, "disabled-firewall-rule")
    assert assess_all(BROKEN).verdict is Verdict.NON_COMPLIANT
    assert waive(assess_all(BROKEN), accepted).verdict is Verdict.COMPLIANT
