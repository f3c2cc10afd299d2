"""Two assessments side by side: findings, checks, endpoints and verdict."""

import msgspec
import pytest

from rules.differences import (
    CHANGED,
    NEW,
    RESOLVED,
    UNCHANGED,
    UNDECIDED,
    Differences,
    of_results,
    of_snapshots,
)
from rules.model import (
    AssessedHost,
    CheckResult,
    DecidedBy,
    EndpointRow,
    Finding,
    Permitted,
    Results,
    Severity,
    Status,
    Verdict,
)
from scanner.differing import Change
from tests.rules.changes import changed_rule, moved_port
from tests.rules.hosts import DB, DB_RULE, core_server
from tests.rules.judging import assess_all

NAMES = ("old.json", "new.json")
CORE = core_server()
BROKEN = changed_rule(CORE, DB_RULE, active=False)


def finding(name: str, condition: str = "c", **facts: object) -> Finding:
    usual: dict[str, object] = {"severity": Severity.HIGH, "subject": name, "message": name}
    return Finding(fingerprint=name, condition=condition, **{**usual, **facts})  # type: ignore[arg-type]


def results(
    *findings: Finding, status: Status = Status.FAIL, rows: tuple[EndpointRow, ...] = (), host: str = "CE-01"
) -> Results:
    one = CheckResult(check="k", title="T", status=status, severity=Severity.HIGH, findings=findings)
    return Results(
        verdict=Verdict.NON_COMPLIANT if findings else Verdict.COMPLIANT,
        host=AssessedHost(name=host),
        results=(one,),
        endpoints=rows,
    )


def states(found: Differences) -> dict[str, str]:
    return {each.fingerprint: each.state for each in found.findings}


def test_every_finding_of_either_has_its_state() -> None:
    old = results(finding("gone"), finding("same"), finding("other"), finding("lighter"), finding("accepted"))
    new = results(
        finding("same", message="worded anew"),
        finding("other", condition="d", observed="any address"),
        finding("lighter", severity=Severity.LOW),
        finding("accepted", waived=True),
        finding("fresh"),
    )
    found = of_results(old, new, NAMES)
    assert states(found) == {
        "gone": RESOLVED,
        "same": UNCHANGED,
        "other": CHANGED,
        "lighter": CHANGED,
        "accepted": CHANGED,
        "fresh": NEW,
    }
    changes = {each.fingerprint: each.changes for each in found.findings}
    assert changes["lighter"] == (Change(field="severity", old="high", new="low"),)
    assert changes["accepted"] == (Change(field="waived", old="no", new="yes"),)
    assert {change.field for change in changes["other"]} == {"observed", "condition"}
    assert found.different


def test_what_nobody_could_decide_again_is_not_resolved() -> None:
    found = of_results(results(finding("old")), results(status=Status.NOT_PROVEN), NAMES)
    assert states(found) == {"old": UNDECIDED}
    assert [(each.name, each.changes[0].new) for each in found.checks] == [("k", "not-proven")]


def test_the_same_results_do_not_differ_in_any_order() -> None:
    one, two = finding("a"), finding("b")
    found = of_results(results(one, two), results(two, one), NAMES)
    assert not found.different
    assert (found.checks, found.endpoints, found.verdict, found.notes) == ((), (), (), ())


def test_findings_of_one_fingerprint_are_matched_by_their_condition() -> None:
    pair = (finding("a", "x"), finding("a", "y"))
    assert not of_results(results(*pair), results(*pair[::-1]), NAMES).different
    found = of_results(results(*pair), results(pair[0]), NAMES)
    assert found.different


def test_a_condition_that_an_earlier_version_did_not_write_is_no_difference() -> None:
    found = of_results(results(finding("a", condition="")), results(finding("a")), NAMES)
    assert (found.different, states(found)) == (False, {"a": UNCHANGED})


def test_a_change_of_verdict_is_told() -> None:
    found = of_results(results(finding("a")), results(status=Status.PASS), NAMES)
    assert found.verdict == (Change(field="verdict", old="non-compliant", new="compliant"),)


def row(**facts: object) -> EndpointRow:
    usual: dict[str, object] = {
        "component": "DBConnectorServer",
        "protocol": "tcp",
        "documented": (9901,),
        "configured": (9901,),
        "permitted": Permitted(server="allowed"),
        "decided_by": (DecidedBy(id="{1}", name="CE DB", store="local", action="allow"),),
    }
    return EndpointRow(**{**usual, **facts})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("facts", "changes"),
    [
        ({}, {}),
        ({"decided_by": (DecidedBy(id="{2}", name="CE DB", store="local", action="allow"),)}, {}),
        ({"configured": (9921,)}, {"configured": ("9901", "9921")}),
        ({"permitted": Permitted(server="blocked")}, {"from CE servers": ("allowed", "blocked")}),
        ({"decided_by": ()}, {"decided by": ("CE DB (local, allow)", "none")}),
    ],
)
def test_a_row_of_the_endpoint_matrix_differs_in_what_it_says(
    facts: dict[str, object], changes: dict[str, tuple[str, str]]
) -> None:
    found = of_results(results(rows=(row(),)), results(rows=(row(**facts),)), NAMES)
    told = {each.field: (each.old, each.new) for one in found.endpoints for each in one.changes}
    assert told == changes
    assert found.different is bool(changes)


def test_a_row_may_come_and_go() -> None:
    found = of_results(results(rows=(row(),)), results(rows=(row(component="Other"),)), NAMES)
    assert [(each.state, each.name) for each in found.endpoints] == [
        ("removed", "DBConnectorServer tcp 9901"),
        ("added", "Other tcp 9901"),
    ]


def test_other_hosts_and_other_programs_are_noted_and_no_difference() -> None:
    other = msgspec.structs.replace(results(host="CE-02"), tool="ce-audit 2")
    found = of_results(results(), other, NAMES)
    assert not found.different
    assert found.notes == (
        "the two are of different hosts: CE-01 and CE-02",
        "they were made by different programs: one that is not stated and ce-audit 2",
    )
    assert of_results(results(), results(host="ce-01"), NAMES).notes == ()


def test_a_real_defect_shows_as_one_new_finding_and_mended_as_one_resolved() -> None:
    sound, broken = assess_all(CORE), assess_all(BROKEN)
    there = of_results(sound, broken, NAMES)
    back = of_results(broken, sound, NAMES)
    assert [each.check for each in there.findings if each.state == NEW] == ["disabled-firewall-rule"]
    assert [each.check for each in back.findings if each.state == RESOLVED] == ["disabled-firewall-rule"]
    assert not of_results(broken, assess_all(BROKEN), NAMES).different


def test_a_moved_port_shows_in_its_row_and_among_the_facts() -> None:
    moved = moved_port(CORE, 9901, 9951, DB)
    rows = of_results(assess_all(CORE), assess_all(moved), NAMES).endpoints
    assert [each.name for each in rows] == ["DBConnectorServer tcp 9901"]
    facts = of_snapshots(CORE, moved, NAMES)
    assert ("configured ports", "changed") in {(each.kind, each.state) for each in facts.facts}
    assert (facts.kind, facts.different, facts.old.host) == ("snapshot", True, "CE-01")
