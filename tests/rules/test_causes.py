"""One cause, one finding: which check is nearest to what is wrong with an endpoint."""

import pytest

from rules.causes import Cause, Diagnosis
from rules.check_list import CHECKS
from rules.firewall_causes import firewall_cause
from rules.port_causes import is_switched_off, port_cause
from scanner.model import Action, EvidenceKind, Fault, FaultCode, PortState, Profile, Snapshot, Store
from tests.rules.changes import (
    changed_listener,
    changed_rule,
    configured,
    dropped,
    listening,
    moved_port,
    not_configured,
    not_listening,
    on_networks,
    with_process,
    with_rule,
    with_settings,
    without_process,
    without_rule,
)
from tests.rules.hosts import (
    DB,
    DB_RULE,
    LATER,
    core_server,
    fw_rule,
    listener,
    pid_of,
    process,
    program,
    settings,
    tcp,
)
from tests.rules.judging import case_of

CORE = core_server()
NO_MERGE = with_settings(CORE, settings(Profile.DOMAIN, Store.GPO, allow_local_rules=False))
BLOCKED = with_rule(CORE, fw_rule("B", action=Action.BLOCK, program=program(DB)))


def diagnoses(snapshot: Snapshot, row_id: str = DB) -> tuple[Diagnosis, Diagnosis]:
    case = case_of(snapshot)
    endpoint = next(each for each in case.endpoints if each.row.id == row_id)
    return port_cause(case, endpoint), firewall_cause(case, endpoint)


def test_every_cause_but_two_is_the_id_of_a_check() -> None:
    assert {cause.value for cause in Cause} - {check.id for check in CHECKS} == {"none", "undecided"}


@pytest.mark.parametrize(
    ("snapshot", "cause"),
    [
        (CORE, Cause.NONE),
        (with_process(changed_listener(CORE, 9901, pid=77), process(77, r"C:\x.exe")), Cause.FOREIGN),
        (
            with_process(
                changed_listener(CORE, 9901, pid=77), process(77, r"C:\svchost.exe", services=("iphlpsvc",))
            ),
            Cause.PORT_PROXY,
        ),
        (
            configured(CORE, DB, tcp(9901), faults=(Fault(code=FaultCode.MISPLACED, text="x"),)),
            Cause.MISPLACED,
        ),
        (configured(CORE, DB, tcp(9901), faults=(Fault(code=FaultCode.TAO_REFUSED, text="x"),)), Cause.TAO),
        (configured(CORE, DB, tcp(9901, address="127.0.0.1")), Cause.TAO),
        (configured(CORE, DB, state=PortState.DYNAMIC, reason="x"), Cause.DYNAMIC),
        (not_configured(changed_listener(CORE, 9901, port=50000), DB), Cause.DYNAMIC),
        (configured(CORE, DB, state=PortState.DISABLED, reason="x"), Cause.NONE),
        (changed_listener(CORE, 9901, address="127.0.0.1"), Cause.MISMATCH),
        (not_configured(CORE, DB), Cause.UNDECIDED),
        (not_listening(CORE, 9901), Cause.MISMATCH),
        (configured(not_listening(CORE, 9901), DB, tcp(9901), changed_at=LATER), Cause.RESTART),
        (without_process(CORE, DB), Cause.NONE),
        (changed_listener(CORE, 9901, pid=None), Cause.NONE),
        (dropped(CORE, EvidenceKind.LISTENERS), Cause.NONE),
    ],
)
def test_what_is_wrong_with_the_port(snapshot: Snapshot, cause: Cause) -> None:
    assert diagnoses(snapshot)[0].cause is cause


@pytest.mark.parametrize(
    ("snapshot", "cause"),
    [
        (CORE, Cause.NONE),
        (configured(CORE, DB, state=PortState.DYNAMIC, reason="x"), Cause.DYNAMIC),
        (
            without_rule(
                configured(CORE, DB, tcp(9901), faults=(Fault(code=FaultCode.MISPLACED, text="x"),)), DB_RULE
            ),
            Cause.MISPLACED,
        ),
        (configured(CORE, DB, state=PortState.DISABLED, reason="x"), Cause.NONE),
        (with_rule(NO_MERGE, fw_rule("G", store=Store.GPO, action=Action.BLOCK)), Cause.BLOCKED),
        (BLOCKED, Cause.BLOCKED),
        (with_settings(BLOCKED, settings(Profile.DOMAIN, block_all_inbound=True)), Cause.IGNORED),
        (NO_MERGE, Cause.IGNORED),
        (changed_rule(NO_MERGE, DB_RULE, active=False), Cause.MISSING),
        (changed_rule(CORE, DB_RULE, active=False), Cause.DISABLED),
        (changed_rule(CORE, DB_RULE, profiles=(Profile.PUBLIC,)), Cause.WRONG_PROFILE),
        (changed_rule(CORE, DB_RULE, program=program(DB).replace("D:", "C:")), Cause.WRONG_PROGRAM),
        (moved_port(CORE, 9901, 9951, DB), Cause.NOT_RERUN),
        (without_rule(CORE, DB_RULE), Cause.MISSING),
        (changed_rule(CORE, DB_RULE, remote_addresses=("10.9.9.9",)), Cause.UNDECIDED),
        (without_rule(changed_listener(CORE, 9901, address="127.0.0.1"), DB_RULE), Cause.NONE),
        (without_rule(without_process(not_configured(CORE, DB), DB), DB_RULE), Cause.UNDECIDED),
        (without_process(not_configured(CORE, DB), DB), Cause.NONE),  # the vendor's default is let through
    ],
)
def test_why_the_firewall_shuts_it(snapshot: Snapshot, cause: Cause) -> None:
    assert diagnoses(snapshot)[1].cause is cause


def test_of_two_explanations_the_one_easiest_to_mend_is_given() -> None:
    both = with_rule(
        changed_rule(CORE, DB_RULE, profiles=(Profile.PUBLIC,)),
        fw_rule("twin", active=False, program=program(DB), local_ports=("9901",)),
    )
    _, by_firewall = diagnoses(both)
    assert by_firewall.cause is Cause.DISABLED
    assert [miss.fw_rule.id for miss in by_firewall.near_misses] == ["twin"]


def test_the_shutdown_port_never_needs_the_network() -> None:
    assert diagnoses(without_rule(CORE, "CE-tomcat"), "web-service")[1].cause is Cause.NONE


def test_doubt_is_put_in_words() -> None:
    assert diagnoses(not_configured(CORE, DB))[0].reason == "its configuration was not collected"
    assert "token foo" in diagnoses(changed_rule(CORE, DB_RULE, extra=(("Foo", "x"),)))[1].reason
    unread = configured(CORE, DB, state=PortState.NOT_DETERMINABLE, reason="two elements name a port")
    assert diagnoses(unread)[0].reason == "two elements name a port"


def test_a_socket_bound_to_two_addresses_of_two_networks_is_in_doubt() -> None:
    two = on_networks(CORE, Profile.DOMAIN, Profile.PUBLIC)
    on_domain = changed_listener(two, 9901, address="10.1.0.5")
    _, by_firewall = diagnoses(listening(on_domain, listener(9901, pid_of(DB), address="10.2.0.5")))
    assert by_firewall.cause is Cause.UNDECIDED
    assert by_firewall.reason.startswith("domain: allowed; public: blocked; which of its networks is CE's")


def test_a_component_without_channels_is_switched_off() -> None:
    case = case_of(configured(CORE, "telephony-recorder-sip", state=PortState.DISABLED, reason="none"))
    assert [is_switched_off(each) for each in case.endpoints if each.row.variant == "SIP"] == [True]
