"""Every check finds the one defect that its documentation shows, and nobody else speaks of it."""

import pytest

from rules.model import Severity
from tests.rules.judging import assess_all, found, judge
from tests.rules.seeded import CORE, IDS, seeded


@pytest.mark.parametrize("check_id", IDS)
def test_the_seeded_defect_is_found_by_its_check_alone(check_id: str) -> None:
    snapshot, site = seeded(check_id)
    assert judge(snapshot, check_id, site).findings
    others = found(snapshot, site) - found(CORE, site)
    assert {name for name, _ in others} <= {check_id}


@pytest.mark.parametrize("check_id", IDS)
def test_nothing_is_left_once_the_defect_is_mended(check_id: str) -> None:
    _, site = seeded(check_id)
    for result in assess_all(CORE, site).results:
        assert not [each for each in result.findings if each.severity.at_least(Severity.MEDIUM)], result
