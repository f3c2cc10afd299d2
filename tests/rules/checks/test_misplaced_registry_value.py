"""A port in the registry view that its program does not read."""

import pytest

from rules.checks import misplaced_registry_value
from scanner.model import EvidenceKind, Fault, FaultCode, PortState, Snapshot
from tests.rules.changes import (
    changed_listener,
    changed_rule,
    configured,
    dropped,
    not_configured,
    not_listening,
    without_process,
    without_rule,
)
from tests.rules.hosts import core_server, operator_pc
from tests.rules.judging import found, judge, statuses, the_finding

CHECK = "misplaced-registry-value"
RECORDER, NAMING = "ucma-recorder-application-port", "naming-service"
CORE = core_server()
TEXT = "Lync_Recorder_ApplicationPort is found only in the 32-bit view, which the program does not read"


def misplaced(
    snapshot: Snapshot, row_id: str = RECORDER, state: PortState = PortState.NOT_DETERMINABLE
) -> Snapshot:
    fault = Fault(code=FaultCode.MISPLACED, text=TEXT)
    return configured(snapshot, row_id, state=state, reason=TEXT, faults=(fault,))


def seeded() -> Snapshot:
    return misplaced(changed_listener(CORE, 9100, port=51234))


@pytest.mark.parametrize(
    ("broken", "component"),
    [
        (seeded(), "UCMA Recorder Service"),
        (misplaced(CORE), "UCMA Recorder Service"),
        (misplaced(without_process(CORE, RECORDER)), "UCMA Recorder Service"),
        (misplaced(not_listening(CORE, 9100)), "UCMA Recorder Service"),
        # what follows from it is not told again
        (
            without_rule(seeded(), "CE-ucma-recorder-application-port-tcp-9100"),
            "UCMA Recorder Service",
        ),
        (misplaced(changed_listener(CORE, 9100, port=9101)), "UCMA Recorder Service"),
        (misplaced(changed_listener(CORE, 9999, port=51234), NAMING), "Naming Service"),
        (
            misplaced(changed_listener(CORE, 9999, port=51234), NAMING, PortState.DYNAMIC),
            "Naming Service",
        ),
    ],
)
def test_a_value_in_the_wrong_view_is_the_one_finding(broken: Snapshot, component: str) -> None:
    assert found(broken) == {(CHECK, component)}
    assert the_finding(broken, CHECK).severity == "medium"


def test_a_rule_that_follows_the_program_is_not_called_too_wide_meanwhile() -> None:
    followed = changed_rule(seeded(), "CE-ucma-recorder-application-port-tcp-9100", local_ports=())
    assert judge(followed, "over-permissive-firewall-rule").findings == ()


def test_the_remedy_copies_the_value_into_the_view_the_program_reads() -> None:
    key = r"SOFTWARE\Geomant Call Center Solutions\GeoCampaign"
    wrong = key.replace("SOFTWARE", r"SOFTWARE\WOW6432Node")
    finding = the_finding(seeded(), CHECK)
    assert finding.observed == TEXT
    copy = finding.remediation.commands[1]
    assert copy == (
        rf"Copy-ItemProperty -LiteralPath 'HKLM:\{wrong}' "
        rf"-Name 'Lync_Recorder_ApplicationPort' -Destination 'HKLM:\{key}'"
    )
    assert finding.remediation.undo[-1].startswith(rf"Remove-ItemProperty -LiteralPath 'HKLM:\{key}'")
    assert finding.remediation.commands[-1] == "Add-CEFirewallRules"


def test_the_naming_service_reads_the_32_bit_view() -> None:
    create, copy, *_ = the_finding(misplaced(CORE, NAMING), CHECK).remediation.commands
    assert r"-LiteralPath 'HKLM:\SOFTWARE\ACE\TAO'" in copy
    assert copy.endswith(r"-Destination 'HKLM:\SOFTWARE\WOW6432Node\ACE\TAO'")
    assert create.startswith(r"if (-not (Test-Path -LiteralPath 'HKLM:\SOFTWARE\WOW6432Node\ACE\TAO'))")


@pytest.mark.parametrize("fine", [CORE, operator_pc(), not_configured(CORE, "chat-server")])
def test_values_where_they_belong_pass(fine: Snapshot) -> None:
    assert statuses(fine)[CHECK] == "pass"


def test_a_value_of_one_program_says_nothing_of_another() -> None:
    assert {finding.subject for finding in judge(seeded(), CHECK).findings} == {
        "UCMA Recorder Service (Application port) tcp/9100"
    }


@pytest.mark.parametrize("row_id", [RECORDER, NAMING])
def test_a_value_nobody_read_never_passes(row_id: str) -> None:
    result = judge(not_configured(CORE, row_id), CHECK)
    assert (result.status.value, result.findings) == ("not-proven", ())
    unset = configured(CORE, row_id, state=PortState.NOT_DETERMINABLE, reason="the value is not set")
    assert "the value is not set" in judge(unset, CHECK).reason


@pytest.mark.parametrize(
    "kind", sorted(misplaced_registry_value.CHECK.requires | misplaced_registry_value.CHECK.needs)
)
def test_without_its_evidence_it_never_passes(kind: EvidenceKind) -> None:
    assert judge(dropped(CORE, kind), CHECK).status == "not-proven"
