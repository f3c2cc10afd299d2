"""What a site changes about the judgement: severities, checks that are off, and that the results say so."""

import msgspec

from rules.case import Case
from rules.catalogue.lint import lint
from rules.check_list import CHECKS
from rules.engine import run
from rules.model import Results, Severity, Status, Verdict
from rules.site import Site
from scanner.model import Snapshot
from tests.rules.hosts import CATALOGUE, core_server
from tests.rules.judging import assess_all, judge


def one_rule_less() -> Snapshot:
    """A core server that lacks the firewall rule of one endpoint."""
    whole = core_server()
    kept = tuple(found for found in whole.firewall_rules if "license-server" not in found.id)
    assert len(kept) < len(whole.firewall_rules)
    return msgspec.structs.replace(whole, firewall_rules=kept)


def assessed(site: Site) -> Results:
    return run(CHECKS, Case(one_rule_less(), CATALOGUE, site), "ce-audit test")


def test_another_severity_is_that_of_the_check_and_of_its_findings() -> None:
    usual = judge(one_rule_less(), "missing-firewall-rule")
    mild = judge(
        one_rule_less(), "missing-firewall-rule", Site(severities={"missing-firewall-rule": Severity.LOW})
    )
    assert usual.severity is not Severity.LOW
    assert {mild.severity, *(finding.severity for finding in mild.findings)} == {Severity.LOW}
    assert mild.status is Status.FAIL
    kept = [(finding.fingerprint, finding.condition, finding.message) for finding in usual.findings]
    assert [(finding.fingerprint, finding.condition, finding.message) for finding in mild.findings] == kept


def test_a_low_severity_takes_the_check_out_of_the_verdict_and_the_results_say_so() -> None:
    assert assessed(Site()).verdict is Verdict.NON_COMPLIANT
    results = assessed(Site(severities={"missing-firewall-rule": Severity.LOW}))
    assert results.verdict is Verdict.COMPLIANT
    (sentence,) = results.site
    assert sentence.startswith(
        "Findings of missing-firewall-rule count as low; without the site file, up to "
    )


def test_a_check_that_is_off_is_not_applicable_with_the_reason() -> None:
    results = assessed(Site(off={"missing-firewall-rule": "we use another firewall"}))
    (result,) = [found for found in results.results if found.check == "missing-firewall-rule"]
    assert (result.status, result.findings) == (Status.NOT_APPLICABLE, ())
    assert result.reason == "switched off by the site: we use another firewall"
    assert results.site == ("The check missing-firewall-rule is switched off: we use another firewall",)
    assert results.summary.not_applicable == assessed(Site()).summary.not_applicable + 1


def test_what_else_the_site_states_is_passed_on() -> None:
    assert assessed(Site(statements=("One thing.", "Another."))).site == ("One thing.", "Another.")
    assert assess_all(core_server()).site == ()


def test_a_row_that_the_site_states_needs_no_other_place_that_defines_its_port() -> None:
    rows = tuple(
        msgspec.structs.replace(row, defined_in=None) if row.id == "license-server" else row
        for row in CATALOGUE.rows
    )
    bare = msgspec.structs.replace(CATALOGUE, rows=rows)
    assert lint(bare) == ("license-server: static without a place that defines the port",)
    assert lint(bare, stated=("license-server",)) == ()
