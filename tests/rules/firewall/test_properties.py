"""Laws that hold for every policy and every flow, and agreement with the naive decision."""

import msgspec
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from rules.firewall.decision import Decision, Outcome, decide
from rules.firewall.flow import Flow
from rules.firewall.policy import effective_policy
from scanner.model import Action, FirewallRule, Snapshot, Store
from tests.rules.firewall.naive import naive_decision
from tests.rules.firewall.random_policies import flows, fw_rules, policies

OPENNESS = {Outcome.BLOCKED: 0, Outcome.CONDITIONAL: 1, Outcome.ALLOWED: 2}
ORDINARY = (Store.LOCAL, Store.GPO)

thorough = hypothesis_settings(max_examples=400, deadline=None)


def answer(policy: Snapshot, asked: Flow) -> Decision:
    return decide(effective_policy(policy), asked)


def with_rules(policy: Snapshot, fw_rules_now: tuple[FirewallRule, ...]) -> Snapshot:
    return msgspec.structs.replace(policy, firewall_rules=fw_rules_now)


def added(policy: Snapshot, extra: FirewallRule, action: Action) -> Snapshot:
    """`policy` with one more rule, under an id of its own so that it displaces nothing."""
    store = extra.store if extra.store in ORDINARY else Store.LOCAL
    new = msgspec.structs.replace(extra, id="added", action=action, store=store)
    return with_rules(policy, (*policy.firewall_rules, new))


@thorough
@given(policies, flows)
def test_indexed_and_naive_decisions_agree(policy: Snapshot, asked: Flow) -> None:
    assert answer(policy, asked).outcome == naive_decision(policy, asked)


@thorough
@given(policies, flows, st.randoms(use_true_random=False))
def test_the_order_of_firewall_rules_never_matters(policy: Snapshot, asked: Flow, order: object) -> None:
    shuffled = list(policy.firewall_rules)
    order.shuffle(shuffled)  # type: ignore[attr-defined]

    one, other = (
        decide(effective_policy(now), asked, trace=True)
        for now in (policy, with_rules(policy, tuple(shuffled)))
    )

    assert one == other


@thorough
@given(policies, fw_rules, flows)
def test_one_more_block_never_allows_more(policy: Snapshot, extra: FirewallRule, asked: Flow) -> None:
    before = answer(policy, asked).outcome
    after = answer(added(policy, extra, Action.BLOCK), asked).outcome

    assert OPENNESS.get(after, 3) <= OPENNESS.get(before, 3)


@thorough
@given(policies, fw_rules, flows)
def test_one_more_allow_never_blocks_more(policy: Snapshot, extra: FirewallRule, asked: Flow) -> None:
    before = answer(policy, asked).outcome
    after = answer(added(policy, extra, Action.ALLOW), asked).outcome

    assert OPENNESS.get(after, 3) >= OPENNESS.get(before, 3)


@thorough
@given(policies.filter(lambda policy: policy.firewall_rules), flows, st.data())
def test_disabling_a_rule_equals_removing_it(policy: Snapshot, asked: Flow, data: st.DataObject) -> None:
    """A Group Policy copy is left out of it: disabled, it still replaces the local rule of its id (3.3)."""
    chosen = data.draw(st.sampled_from(policy.firewall_rules))
    twins = [
        fw_rule for fw_rule in policy.firewall_rules if fw_rule.id == chosen.id and fw_rule is not chosen
    ]
    rest = tuple(
        fw_rule for fw_rule in policy.firewall_rules if fw_rule is not chosen and fw_rule not in twins
    )
    disabled = msgspec.structs.replace(chosen, active=False)

    assert answer(with_rules(policy, (*rest, disabled)), asked).outcome == (
        answer(with_rules(policy, rest), asked).outcome
    )


@thorough
@given(policies, flows)
def test_the_deciding_rules_alone_give_the_same_outcome(policy: Snapshot, asked: Flow) -> None:
    full = answer(policy, asked)

    alone = answer(with_rules(policy, full.decided_by), asked)

    assert alone.outcome == full.outcome
    assert set(alone.decided_by) == set(full.decided_by)


@thorough
@given(policies, flows)
def test_a_decision_with_one_profile_never_names_a_rule_that_does_not_bear_on_it(
    policy: Snapshot, asked: Flow
) -> None:
    """Removing all deciding rules of an allowing or blocking decision leaves it to something else."""
    full = answer(policy, asked)
    rest = tuple(fw_rule for fw_rule in policy.firewall_rules if fw_rule not in full.decided_by)

    without = answer(with_rules(policy, rest), asked)

    assert not full.decided_by or without.decided_by != full.decided_by


@thorough
@given(policies, flows)
def test_near_misses_failed_something_and_come_least_missing_first(policy: Snapshot, asked: Flow) -> None:
    full = decide(effective_policy(policy), asked, trace=True)

    assert all(near.failed and near.explanation for near in full.near_misses)
    assert not {id(near.fw_rule) for near in full.near_misses} & {id(fw_rule) for fw_rule in full.decided_by}
    counts = [len(near.failed) for near in full.near_misses if near.failed != ("overruled",)]
    assert counts == sorted(counts)
