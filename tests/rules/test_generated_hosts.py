"""Whole hosts of any shape: nothing is found on a compliant one, and one defect is found as itself."""

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from rules.check_list import CHECKS
from rules.model import Severity, Status, Verdict
from scanner.model import EvidenceKind
from tests.rules.changes import dropped
from tests.rules.defects import DEFECTS, Defect, name_of_row
from tests.rules.generated_hosts import Built, hosts
from tests.rules.hosts import executable
from tests.rules.judging import assess_all, found

MANY = hypothesis_settings(max_examples=150, deadline=None)
SOME = hypothesis_settings(max_examples=40, deadline=None)


@MANY
@given(hosts())
def test_a_compliant_host_of_any_shape_has_no_finding_that_matters(host: Built) -> None:
    assert found(host.snapshot) == set()
    assert assess_all(host.snapshot).verdict is Verdict.COMPLIANT


def named(defect: Defect, host: Built, row_id: str) -> set[tuple[str, str]]:
    """What the seeded host has found on it beyond what the host as it was has."""
    floor = Severity.INFO if defect.low else Severity.MEDIUM
    before = found(host.snapshot, defect.site, floor)
    after = found(defect.seed(host, row_id), defect.site, floor)
    return {(check, component if defect.component else "") for check, component in after - before}


def places(defect: Defect, host: Built) -> list[str]:
    return [row_id for row_id in host.recipe.rows if defect.applies(host, row_id)]


@pytest.mark.parametrize("defect", DEFECTS, ids=repr)
@SOME
@given(st.data())
def test_one_defect_on_any_host_is_found_as_itself_and_as_nothing_else(
    defect: Defect, data: st.DataObject
) -> None:
    host = data.draw(hosts(defect.rows).filter(lambda host: bool(places(defect, host))))
    row_id = data.draw(st.sampled_from(places(defect, host)))
    whom = defect.component(host, row_id) if defect.component else ""
    assert named(defect, host, row_id) == {(defect.check, whom)}


def test_every_check_has_a_defect_on_whole_hosts_or_says_why_not() -> None:
    elsewhere = {
        "non-default-port",  # a choice, no defect
        "server-port-open-to-clients",  # the generated rules let everybody in
    }
    assert {defect.check for defect in DEFECTS} | elsewhere == {check.id for check in CHECKS}


# What concerns the whole host may explain a second defect away, and a port fought over has two sides.
APART = [
    defect
    for defect in DEFECTS
    if defect.component and not defect.low and defect.check not in ("port-conflict", "removed-component")
]


@hypothesis_settings(max_examples=200, deadline=None)
@given(st.data())
def test_two_defects_of_two_components_are_both_found(data: st.DataObject) -> None:
    host = data.draw(hosts().filter(lambda host: len(programs(host)) > 1))
    first = data.draw(st.sampled_from([each for each in APART if places(each, host)]))
    row_id = data.draw(st.sampled_from(places(first, host)))
    broken = msgspec.structs.replace(host, snapshot=first.seed(host, row_id))
    others = [
        (defect, other)
        for defect in APART
        for other in places(defect, host)
        if executable(other) != executable(row_id) and defect.site == first.site
    ]
    assume(others)
    second, other = data.draw(st.sampled_from(others))
    assert found(second.seed(broken, other), first.site) == {
        (first.check, name_of_row(host, row_id)),
        (second.check, name_of_row(host, other)),
    }


@MANY
@given(st.data())
def test_a_firewall_that_is_off_hides_nothing_that_is_wrong_with_its_rules(data: st.DataObject) -> None:
    host = data.draw(hosts())
    (off,) = (defect for defect in DEFECTS if defect.check == "firewall-disabled")
    defect = data.draw(st.sampled_from([each for each in APART if places(each, host)]))
    row_id = data.draw(st.sampled_from(places(defect, host)))
    broken = msgspec.structs.replace(host, snapshot=off.seed(host, row_id))
    assert found(defect.seed(broken, row_id), defect.site) == {
        ("firewall-disabled", ""),
        (defect.check, name_of_row(host, row_id)),
    }


def programs(host: Built) -> set[str]:
    return {executable(row_id) for row_id in host.recipe.rows}


@MANY
@given(hosts(), st.sampled_from(sorted(EvidenceKind)))
def test_without_a_kind_of_evidence_no_check_on_any_host_that_asks_for_it_passes(
    host: Built, kind: EvidenceKind
) -> None:
    asking = {check.id for check in CHECKS if kind in check.requires | check.needs}
    results = assess_all(dropped(host.snapshot, kind)).results
    assert {result.check for result in results if result.status is Status.PASS}.isdisjoint(asking)


@SOME
@given(hosts())
def test_a_second_run_gives_the_same_bytes(host: Built) -> None:
    first, second = (msgspec.json.encode(assess_all(host.snapshot)) for _ in range(2))
    assert first == second
