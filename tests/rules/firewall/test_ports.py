"""Port conditions: spans, keywords by their usual port, the dynamic range (windows-firewall.md 2.4)."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.firewall.decision import Outcome
from rules.firewall.malformed import malformed_reason
from rules.firewall.ports import dynamic_ports, merged, read_ports
from scanner.model import DynamicRange, PortRanges
from tests.rules.firewall.policies import HERE, decided, flow, fw_rule

ALLOWED, BLOCKED, CONDITIONAL = Outcome.ALLOWED, Outcome.BLOCKED, Outcome.CONDITIONAL


@pytest.mark.parametrize(
    ("keyword", "protocol", "port", "other"),
    [
        ("RPC-EPMap", 6, 135, 136),
        ("IPHTTPSIn", 6, 443, 444),
        ("IPTLSIn", 6, 443, 80),
        ("Teredo", 17, 3544, 3545),
        ("Ply2Disc", 17, 1900, 5353),
        ("mDNS", 17, 5353, 1900),
        ("DHCP", 17, 68, 67),
        ("DHCP", 17, 546, 547),
    ],
)
def test_a_keyword_is_its_usual_port_and_says_so(keyword: str, protocol: int, port: int, other: int) -> None:
    allow = fw_rule(f"Action=Allow|Protocol={protocol}|LPort={keyword}")

    answer = decided(flow(port, protocol), allow)

    assert answer.outcome == ALLOWED
    assert answer.notes == (f"{keyword} is read by its usual port",)
    assert decided(flow(other, protocol), allow).outcome == BLOCKED


@pytest.mark.parametrize(
    ("port", "rpc", "outcome"),
    [
        (49152, None, CONDITIONAL),
        (49151, None, BLOCKED),
        (50000, True, ALLOWED),
        (50000, False, BLOCKED),
        (None, None, CONDITIONAL),
    ],
)
def test_rpc_is_open_inside_the_dynamic_range_only(
    port: int | None, rpc: bool | None, outcome: Outcome
) -> None:
    assert decided(flow(port, rpc=rpc), fw_rule("Action=Allow|Protocol=6|LPort=RPC")).outcome == outcome


def test_the_dynamic_range_is_the_hosts_own_in_the_flows_family() -> None:
    ranges = PortRanges(
        dynamic=(
            DynamicRange(protocol="tcp", family="ipv4", start=1025, count=100, origin=HERE),
            DynamicRange(protocol="tcp", family="ipv6", start=5000, count=10, origin=HERE),
            DynamicRange(protocol="udp", family="ipv4", start=9000, count=10, origin=HERE),
        )
    )
    allow = fw_rule("Action=Allow|Protocol=6|LPort=RPC")
    six = {"local_address": "2001:db8::1", "remote_address": "2001:db8::2"}
    unknown = {"local_address": None, "remote_address": None}

    def outcome(port: int, **facts: object) -> Outcome:
        return decided(flow(port, **facts), allow, port_ranges=ranges).outcome

    assert [outcome(port) for port in (1024, 1025, 1124, 1125, 5000, 50000)] == [
        BLOCKED,
        CONDITIONAL,
        CONDITIONAL,
        BLOCKED,
        BLOCKED,
        BLOCKED,
    ]
    assert (outcome(1025, **six), outcome(5009, **six)) == (BLOCKED, CONDITIONAL)
    assert (outcome(1025, **unknown), outcome(9000, **unknown)) == (CONDITIONAL, BLOCKED)
    assert dynamic_ports((), 4) == ((49152, 65535),)


def test_an_unheard_of_keyword_is_unknown_on_every_port() -> None:
    assert decided(flow(443), fw_rule("Action=Allow|Protocol=6|LPort=Novelty")).outcome == CONDITIONAL


@pytest.mark.parametrize(
    ("tokens", "remote_port", "outcome"),
    [
        ("RPort=50000", 50000, ALLOWED),
        ("RPort=50001", 50000, BLOCKED),
        ("RPort=50000", None, CONDITIONAL),
        ("RPort=RPC", 50000, CONDITIONAL),
        ("RPort=50001|LOM=TRUE", 50000, ALLOWED),
        ("RPort=50001|LOM=FALSE", 50000, BLOCKED),
    ],
)
def test_remote_ports(tokens: str, remote_port: int | None, outcome: Outcome) -> None:
    allow = fw_rule(f"Action=Allow|Protocol=6|{tokens}")

    assert decided(flow(443, remote_port=remote_port), allow).outcome == outcome


@pytest.mark.parametrize(
    ("tokens", "part"),
    [
        ("Action=Allow|LPort=443", "neither TCP nor UDP"),
        ("Action=Allow|Protocol=1|RPort=443", "neither TCP nor UDP"),
        ("Action=Allow|Protocol=6|LPort=90-80", "backward"),
        ("Action=Allow|Protocol=6|LPort=70000", "not a port"),
        (f"Action=Allow|Protocol=6|LPort=9{'0' * 3000}", "not a port"),
        ("Action=Allow|Protocol=17|LPort=RPC", "only for TCP"),
        ("Action=Allow|Protocol=17|LPort=RPC-EPMap", "only for TCP"),
        ("Action=Allow|Protocol=6|LPort=Teredo", "only for UDP"),
        ("Action=Allow|Protocol=6|RPort=IPHTTPSOut", "only for outbound"),
        ("Action=Allow|Protocol=6|LPort=RPC|Dir=Out", "only for inbound"),
        ("Action=Allow|Protocol=6|RA4=10.0.0.9-10.0.0.1", "backward"),
        ("Protocol=6|LPort=80", "no readable Action"),
        ("Action=Allow|Dir=Sideways", "no readable Dir"),
    ],
)
def test_a_malformed_rule_takes_no_part_and_says_why(tokens: str, part: str) -> None:
    assert part in malformed_reason(fw_rule(tokens))
    assert decided(flow(443), fw_rule(tokens)).outcome == BLOCKED


@pytest.mark.parametrize(
    "tokens",
    [
        "Action=Allow|Protocol=6|LPort2_10=80-90",
        "Action=Allow|Protocol=6|RPort2_10=IPHTTPSOut|Dir=Out",
        "Action=Allow|Protocol=17|RPort=5353|Dir=Out",
        "Action=Allow|Foo=Bar",
    ],
)
def test_a_sound_rule_is_not_malformed(tokens: str) -> None:
    assert malformed_reason(fw_rule(tokens)) == ""


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)).map(lambda span: (min(span), max(span)))))
def test_merged_spans_hold_the_same_ports_and_do_not_touch(spans: list[tuple[int, int]]) -> None:
    result = merged(spans)

    assert {port for low, high in result for port in range(low, high + 1)} == {
        port for low, high in spans for port in range(low, high + 1)
    }
    assert all(left[1] + 1 < right[0] for left, right in pairwise(result))


def test_overlapping_entries_are_one_condition() -> None:
    ports = read_ports(("80", "70-90", "91", "RPC"))

    assert ports.spans == ((70, 91),)
    assert ports.reach(((49152, 65535),)) == ((70, 91), (49152, 65535))
