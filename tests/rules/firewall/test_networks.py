"""What a whole network meets is what each of its addresses meets."""

from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from rules.firewall.addresses import Span
from rules.firewall.decision import decide
from rules.firewall.flow import TCP, Flow
from rules.firewall.networks import met_by
from rules.firewall.policy import effective_policy
from rules.firewall.ports import merged
from rules.firewall.regions import on_axis
from rules.firewall.verdict import Outcome
from scanner.model import Action, FirewallRule, Profile, Snapshot
from tests.rules.hosts import fw_rule, interface

FIRST = 10 << 24 | 8 << 16  # 10.8.0.0
SIZE = 32
NETWORK = on_axis(4, (FIRST, FIRST + SIZE - 1))
CALLERS = range(FIRST + 1, FIRST + SIZE - 1)
ANYWHERE = "0.0.0.0"  # noqa: S104 - what a listener shows
FLOW = Flow(protocol=TCP, local_port=9901, program=r"C:\ce\x.exe")


def address(number: int) -> str:
    return ".".join(str(number >> shift & 255) for shift in (24, 16, 8, 0))


def scope(ends: tuple[int, int]) -> str:
    low, high = sorted(ends)
    return f"{address(FIRST + low)}-{address(FIRST + high)}"


SCOPES = st.tuples(st.integers(-3, SIZE + 3), st.integers(-3, SIZE + 3)).map(scope)
RULES = st.builds(
    lambda action, scopes, more: {"action": action, "remote_addresses": tuple(scopes), **more},
    st.sampled_from([Action.ALLOW, Action.ALLOW, Action.BLOCK]),
    st.lists(st.one_of(SCOPES, st.sampled_from(["LocalSubnet", "DNS"])), max_size=3),
    st.sampled_from(
        [{}, {"program": FLOW.program}, {"program": r"C:\other.exe"}, {"extra": (("Foo", "x"),)}]
    ),
)


def host(rules: list[dict[str, object]], own: str = "10.8.0.5/28") -> Snapshot:
    found: tuple[FirewallRule, ...] = tuple(
        fw_rule(f"r{number}", local_ports=("9901",), **facts) for number, facts in enumerate(rules)
    )
    return Snapshot(firewall_rules=found, interfaces=(interface("Ethernet", Profile.DOMAIN, own),))


def decided(snapshot: Snapshot, number: int) -> Outcome:
    flow = Flow(
        protocol=TCP,
        local_port=9901,
        program=FLOW.program,
        local_address=ANYWHERE,
        remote_address=address(number),
    )
    return decide(effective_policy(snapshot), flow).outcome


@hypothesis_settings(max_examples=150, deadline=None)
@given(st.lists(RULES, max_size=5))
def test_each_part_speaks_for_each_of_its_addresses(rules: list[dict[str, object]]) -> None:
    snapshot = host(rules)
    parts = list(met_by(effective_policy(snapshot), FLOW, (ANYWHERE,), [NETWORK]))
    spoken: list[Span] = []
    for caller, part, (decision,) in parts:
        assert caller == NETWORK
        assert part is not None
        spoken.append(part)
        for number in CALLERS:
            if part[0] <= number <= part[1] and number != FIRST + 5:  # itself, which is never filtered
                assert decided(snapshot, number) is decision.outcome
    left = {number for number in CALLERS if not any(low <= number <= high for low, high in merged(spoken))}
    assert left <= {FIRST + 5}


@hypothesis_settings(max_examples=100, deadline=None)
@given(st.lists(RULES, max_size=5))
def test_of_a_caller_of_whom_nothing_is_known_nothing_is_claimed(rules: list[dict[str, object]]) -> None:
    snapshot = host(rules)
    ((_, part, (decision,)),) = met_by(effective_policy(snapshot), FLOW, (ANYWHERE,), [None])
    assert part is None
    outcomes = {decided(snapshot, number) for number in CALLERS if number != FIRST + 5}
    if decision.outcome is not Outcome.CONDITIONAL:
        assert outcomes == {decision.outcome}


def test_blocked_parts_come_with_what_they_missed() -> None:
    snapshot = host([{"remote_addresses": ("10.8.0.16/28",)}])
    (_, first, (blocked,)), (_, second, (allowed,)) = met_by(
        effective_policy(snapshot), FLOW, (ANYWHERE,), [NETWORK]
    )
    assert (first, second) == ((FIRST, FIRST + 15), (FIRST + 16, FIRST + 31))
    assert [miss.failed for miss in blocked.near_misses] == [("remote-address",)]
    assert allowed.outcome is Outcome.ALLOWED
