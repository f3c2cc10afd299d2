"""What must hold of the judgement whatever the evidence: no false comfort, one cause one finding."""

from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.check_list import CHECKS
from rules.model import Severity, Verdict
from scanner.model import Action, ConfiguredEndpoint, EvidenceKind, Gap, Profile, Snapshot, Store
from tests.rules.changes import (
    all_rules,
    changed,
    changed_listener,
    changed_rule,
    dropped,
    moved_port,
    not_configured,
    not_listening,
    on_networks,
    with_process,
    with_rule,
    without_rule,
)
from tests.rules.hosts import CORE as PORTS
from tests.rules.hosts import OPERATOR, core_server, fw_rule, operator_pc, process, program, rule_id
from tests.rules.judging import assess_all, found

CORE, PC = core_server(), operator_pc()
KINDS = [kind for kind in EvidenceKind if any(kind in check.requires | check.needs for check in CHECKS)]

# Tomcat has one rule for all its ports; every other endpoint has a rule of its own to break.
Target = tuple[str, ConfiguredEndpoint]
TARGETS: list[Target] = [
    (row_id, endpoint)
    for row_id, endpoints in PORTS.items()
    for endpoint in endpoints
    if row_id != "web-service"
]


def _rule(seed: Callable[[Snapshot, Target, str], Snapshot]) -> Callable[[Snapshot, Target], Snapshot]:
    return lambda snapshot, target: seed(snapshot, target, rule_id(*target))


def _blocked(snapshot: Snapshot, target: Target) -> Snapshot:
    row_id, endpoint = target
    block = fw_rule(
        f"block {row_id} {endpoint.port}",
        action=Action.BLOCK,
        program=program(row_id),
        protocol=17 if endpoint.protocol == "udp" else 6,
        local_ports=(str(endpoint.port),),
    )
    return with_rule(snapshot, block)


def _stolen(snapshot: Snapshot, target: Target) -> Snapshot:
    thief = process(4000 + target[1].port, r"C:\Tools\thief.exe")
    return with_process(changed_listener(snapshot, target[1].port, pid=thief.pid), thief)


DEFECTS: dict[str, Callable[[Snapshot, Target], Snapshot]] = {
    "missing-firewall-rule": _rule(lambda snapshot, _, name: without_rule(snapshot, name)),
    "disabled-firewall-rule": _rule(lambda snapshot, _, name: changed_rule(snapshot, name, active=False)),
    "wrong-profile-firewall-rule": _rule(
        lambda snapshot, _, name: changed_rule(snapshot, name, profiles=(Profile.PUBLIC, Profile.PRIVATE))
    ),
    "wrong-program-firewall-rule": _rule(
        lambda snapshot, target, name: changed_rule(
            snapshot, name, program=program(target[0]).replace("D:", "C:")
        )
    ),
    "blocked-by-firewall-rule": _blocked,
    "foreign-listener": _stolen,
    "listener-mismatch": lambda snapshot, target: not_listening(snapshot, target[1].port),
    "cmdlets-not-rerun": lambda snapshot, target: moved_port(
        snapshot, target[1].port, target[1].port + 20000, target[0]
    ),
    "stale-firewall-rule": lambda snapshot, target: with_rule(
        snapshot, fw_rule(f"old {target}", program=program(target[0]), local_ports=("7777",))
    ),
}


def component(target: Target) -> str:
    case = assess_all(CORE).endpoints
    by_port = {(row.protocol, *row.configured): row.component for row in case}
    return by_port[target[1].protocol, target[1].port]


NAMES = {target: component(target) for target in TARGETS}


@pytest.mark.parametrize("check_id", DEFECTS)
@pytest.mark.parametrize("target", TARGETS, ids=lambda target: f"{target[0]}-{target[1].port}")
def test_one_defect_anywhere_is_found_by_its_check_and_by_no_other(check_id: str, target: Target) -> None:
    broken = DEFECTS[check_id](CORE, target)
    assert found(broken) == {(check_id, NAMES[target])}
    assert assess_all(broken).verdict is Verdict.NON_COMPLIANT


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(sorted(DEFECTS)), st.sampled_from(TARGETS)),
        min_size=2,
        max_size=4,
        # one for each program: two of one may explain each other
        unique_by=lambda defect: program(defect[1][0]),
    )
)
def test_several_defects_are_found_apart_and_none_hides_another(defects: list[tuple[str, Target]]) -> None:
    broken = CORE
    for check_id, target in defects:
        broken = DEFECTS[check_id](broken, target)
    assert found(broken) == {(check_id, NAMES[target]) for check_id, target in defects}


def test_the_hosts_the_tests_start_from_are_compliant_with_nothing_but_remarks() -> None:
    for host in (CORE, PC):
        results = assess_all(host)
        assert results.verdict is Verdict.COMPLIANT
        findings = [finding for result in results.results for finding in result.findings]
        assert {finding.severity for finding in findings} <= {Severity.INFO}
        assert results.reasons == ()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("host", [CORE, PC], ids=["core", "operator"])
def test_without_a_kind_of_evidence_no_check_that_asks_for_it_passes(
    host: Snapshot, kind: EvidenceKind
) -> None:
    results = {result.check: result for result in assess_all(dropped(host, kind)).results}
    asking = [results[check.id] for check in CHECKS if kind in check.requires | check.needs]
    assert {result.status.value for result in asking} <= {"not-proven", "fail", "not-applicable"}
    assert all(result.reason for result in asking)


@settings(max_examples=80, deadline=None)
@given(st.sets(st.sampled_from(KINDS), min_size=1))
def test_whatever_is_missing_the_host_is_not_compliant(kinds: set[EvidenceKind]) -> None:
    poorer = CORE
    for kind in sorted(kinds):
        poorer = dropped(poorer, kind)
    results = assess_all(poorer)
    assert results.verdict is not Verdict.COMPLIANT
    assert results.reasons
    assert results.summary.error == 0


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(KINDS), st.sampled_from(sorted(DEFECTS)), st.sampled_from(TARGETS))
def test_missing_evidence_never_accuses_anybody_else(
    kind: EvidenceKind, check_id: str, target: Target
) -> None:
    accused = {name for _, name in found(dropped(DEFECTS[check_id](CORE, target), kind))}
    assert accused <= {NAMES[target], ""}


@pytest.mark.parametrize("row_id", PORTS)
def test_one_unread_configuration_leaves_the_host_not_proven(row_id: str) -> None:
    results = assess_all(not_configured(CORE, row_id))
    assert results.verdict is Verdict.NOT_PROVEN
    assert [gap.subject for gap in results.gaps] == [row_id]
    assert found(not_configured(CORE, row_id)) == set()


def test_every_configuration_unread_is_not_proven_and_accuses_nobody() -> None:
    for host, rows in ((CORE, PORTS), (PC, OPERATOR)):
        unread = not_configured(host, *rows)
        assert found(unread) == set()
        assert assess_all(unread).verdict is Verdict.NOT_PROVEN


BUSY = with_rule(
    _stolen(
        moved_port(all_rules(CORE, of="chat", active=False), 9901, 9951, "db-connector-server"), TARGETS[0]
    ),
    fw_rule("old", program=program("license-server"), local_ports=("7777",)),
    fw_rule("older", program=program("license-server"), local_ports=("7778",)),
    fw_rule("any", profiles=()),
    fw_rule("GPO", store=Store.GPO, program=program("sms-connector-server")),
)
FACTS = (
    "interfaces",
    "listeners",
    "processes",
    "services",
    "configured_ports",
    "firewall_rules",
    "profile_settings",
    "executables",
)


@settings(max_examples=60, deadline=None)
@given(
    st.randoms(use_true_random=False),
    st.sampled_from([CORE, PC, BUSY, on_networks(BUSY, Profile.DOMAIN, None)]),
)
def test_the_order_of_the_facts_changes_no_byte_of_the_results(random: object, host: Snapshot) -> None:
    def shuffled(name: str) -> tuple[object, ...]:
        facts = list(getattr(host, name))
        random.shuffle(facts)  # type: ignore[attr-defined]
        return tuple(facts)

    other = changed(host, **{name: shuffled(name) for name in FACTS})
    assert msgspec.json.encode(assess_all(other)) == msgspec.json.encode(assess_all(host))


@settings(max_examples=40, deadline=None)
@given(st.sets(st.sampled_from([each.id for each in CORE.firewall_rules if each.id.startswith("CE-")])))
def test_taking_rules_away_never_makes_a_host_look_better(ids: set[str]) -> None:
    verdict = assess_all(without_rule(CORE, *ids)).verdict
    assert verdict is (Verdict.NON_COMPLIANT if ids else Verdict.COMPLIANT)


def test_a_gap_nobody_gave_a_kind_of_ours_changes_nothing_but_is_kept() -> None:
    unasked = next(kind for kind in EvidenceKind if kind not in KINDS)
    results = assess_all(changed(CORE, gaps=(Gap(kind=unasked, reason="r"),)))
    assert results.verdict is Verdict.COMPLIANT
    assert [gap.kind for gap in results.gaps] == [unasked]
