"""What to do next: each step once, in an order that can be followed."""

import pytest

from reports.actions import next_actions
from reports.model import Action
from reports.order import placed
from rules.model import CheckResult, Finding, Remediation, Results, Severity, Status, Verdict
from scanner.model import EvidenceKind, Gap
from tests.reports.sample_results import sample

CMDLETS = Remediation(commands=("Remove-CEFirewallRules", "Add-CEFirewallRules"), restart="the whole server")


def steps(
    *findings: tuple[str, Severity, Remediation],
    verdict: Verdict = Verdict.NON_COMPLIANT,
    gaps: tuple[Gap, ...] = (),
) -> tuple[Action, ...]:
    results = Results(
        verdict=verdict,
        gaps=gaps,
        results=tuple(
            CheckResult(
                check=check,
                title=f"Title of {check}",
                status=Status.FAIL,
                severity=severity,
                findings=(Finding(severity=severity, subject=str(number), message="m", remediation=remedy),),
            )
            for number, (check, severity, remedy) in enumerate(findings)
        ),
    )
    return next_actions(results, placed(results))


def hows(actions: tuple[Action, ...]) -> list[str]:
    return [action.how for action in actions]


def test_configuration_comes_before_the_cmdlets_and_the_restart_after_everything() -> None:
    actions = next_actions(sample(), placed(sample()))
    assert hows(actions) == [
        "By hand",
        "Vendor's cmdlets",
        "PowerShell",
        "PowerShell",
        "Restart",
        "Collect",
        "Verify",
    ]
    assert [action.number for action in actions] == list(range(1, 8))


def test_the_cmdlets_run_once_in_the_vendors_order_for_all_who_ask() -> None:
    turned = Remediation(commands=("add-cefirewallrules", "Remove-CEFirewallRules -Verbose"))
    actions = steps(("a", Severity.HIGH, CMDLETS), ("b", Severity.LOW, turned))
    scripts = [action.script.text for action in actions if action.script]
    assert scripts == ["Remove-CEFirewallRules\nAdd-CEFirewallRules"]
    assert [link.text for link in actions[0].findings] == ["F1", "F2"]


def test_commands_of_one_check_are_one_step_and_each_line_stands_once() -> None:
    first, second = Remediation(commands=("one", "shared")), Remediation(commands=("two", "shared"))
    actions = steps(("same", Severity.HIGH, first), ("same", Severity.HIGH, second))
    assert hows(actions) == ["PowerShell", "Verify"]
    assert actions[0].script is not None
    assert actions[0].script.text == "one\nshared\ntwo"


def test_one_remedy_for_two_checks_is_one_step_under_the_worse() -> None:
    remedy = Remediation(manual=("do it",))
    actions = steps(("low", Severity.LOW, remedy), ("high", Severity.HIGH, remedy))
    assert [action.title for action in actions][:1] == ["Make sure: Title of high"]
    assert [link.text for link in actions[0].findings] == ["F1", "F2"]


def test_commands_beside_the_cmdlets_are_marked_as_perhaps_done_by_them() -> None:
    alone = steps(("a", Severity.HIGH, Remediation(commands=("x",))))
    beside = steps(("a", Severity.HIGH, Remediation(commands=("x",))), ("b", Severity.HIGH, CMDLETS))
    assert (alone[0].text, beside[1].text) == ("", "Only where the cmdlets did not put it right already.")


def test_a_backup_stays_before_the_cmdlets_and_what_follows_them_after() -> None:
    first = Remediation(commands=("export", "Remove-CEFirewallRules", "Add-CEFirewallRules", "check"))
    second = Remediation(commands=("export", "note", "Remove-CEFirewallRules", "Add-CEFirewallRules"))
    actions = steps(("a", Severity.HIGH, first), ("b", Severity.LOW, second))
    assert actions[0].script is not None
    assert actions[0].script.text.split("\n") == [
        "export",
        "note",
        "Remove-CEFirewallRules",
        "Add-CEFirewallRules",
        "check",
    ]
    assert hows(actions) == ["Vendor's cmdlets", "Verify"]


def test_what_all_remedies_say_by_hand_stands_after_what_only_one_says() -> None:
    remedies = [
        Remediation(commands=CMDLETS.commands, manual=(f"set {name}", "run as admin")) for name in "xy"
    ]
    actions = steps(*(("a", Severity.HIGH, remedy) for remedy in remedies))
    assert actions[0].steps == ("set x", "set y", "run as admin")


def test_one_restart_is_named_and_several_are_listed() -> None:
    whole = ("a", Severity.HIGH, CMDLETS)
    sentence = ("b", Severity.LOW, Remediation(restart="Restart Tomcat."))
    assert [action.title for action in steps(whole, whole)][1] == "Restart the whole server"
    several = [action for action in steps(whole, sentence) if action.how == "Restart"]
    assert [(action.title, action.steps) for action in several] == [
        ("Restart what was changed", ("Restart the whole server.", "Restart Tomcat."))
    ]


@pytest.mark.parametrize(
    ("verdict", "order"),
    [
        (Verdict.NOT_PROVEN, ["Collect", "By hand", "Verify"]),
        (Verdict.NON_COMPLIANT, ["By hand", "Collect", "Verify"]),
    ],
)
def test_missing_evidence_comes_first_where_it_decides_the_verdict(
    verdict: Verdict, order: list[str]
) -> None:
    gap = Gap(kind=EvidenceKind.HOST, reason="r")
    assert hows(steps(("a", Severity.LOW, Remediation(manual=("x",))), verdict=verdict, gaps=(gap,))) == order


def test_waived_findings_ask_for_nothing() -> None:
    waived = Finding(severity=Severity.HIGH, subject="s", message="m", remediation=CMDLETS, waived=True)
    result = CheckResult(check="c", title="t", status=Status.FAIL, severity=Severity.HIGH, findings=(waived,))
    results = Results(verdict=Verdict.COMPLIANT, results=(result,))
    assert next_actions(results, placed(results)) == ()


def test_a_step_for_very_many_findings_names_the_first() -> None:
    actions = steps(*[("a", Severity.HIGH, CMDLETS)] * 11)
    assert (len(actions[0].findings), actions[0].more) == (8, "and 3 more")


def test_an_empty_command_is_no_cmdlet() -> None:
    assert hows(steps(("a", Severity.HIGH, Remediation(commands=("", "x"))))) == ["PowerShell", "Verify"]


def test_a_remark_for_information_asks_for_no_step() -> None:
    assert steps(("a", Severity.INFO, Remediation(manual=("nothing, if on purpose",)))) == ()
