"""Whole hosts of any shape: nothing is found on a compliant one, and one defect is found as itself."""

import pytest
from hypothesis import assume, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from rules.model import Severity, Verdict
from tests.rules.defects import DEFECTS, Defect
from tests.rules.generated_hosts import Built, hosts
from tests.rules.judging import assess_all, found

MANY = hypothesis_settings(max_examples=150, deadline=None)
SOME = hypothesis_settings(max_examples=40, deadline=None)


@MANY
@given(hosts())
def test_a_compliant_host_of_any_shape_has_no_finding_that_matters(host: Built) -> None:
    assert found(host.snapshot) == set()
    assert assess_all(host.snapshot).verdict is Verdict.COMPLIANT


@pytest.mark.parametrize("defect", DEFECTS, ids=repr)
@SOME
@given(st.data())
def test_one_defect_on_any_host_is_found_as_itself_and_as_nothing_else(
    defect: Defect, data: st.DataObject
) -> None:
    host = data.draw(hosts())
    places = [row_id for row_id in host.recipe.rows if defect.applies(host, row_id)]
    assume(places)
    row_id = data.draw(st.sampled_from(places))
    floor = Severity.INFO if defect.low else Severity.MEDIUM
    before = found(host.snapshot, floor=floor)
    assert found(defect.seed(host, row_id), floor=floor) - before == {
        (defect.check, defect.component(host, row_id))
    }
