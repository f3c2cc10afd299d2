"""Near misses: which, in which order, and in words."""

import pytest

from rules.firewall.decision import Outcome
from scanner.model import Profile, Store
from tests.rules.firewall.policies import decided, flow, fw_rule, interface, settings

OPEN = "Action=Allow|Protocol=6|LPort=443"


@pytest.mark.parametrize(
    ("tokens", "failed", "words"),
    [
        (
            f"{OPEN}|Profile=Private|Profile=Public",
            "profile",
            "the rule says Private, Public, the network is Domain",
        ),
        (f"{OPEN}|Active=FALSE", "active", "the rule is disabled"),
        (
            rf"{OPEN}|App=C:\other.exe",
            "program",
            r"the rule says C:\other.exe, the traffic has C:\CE\server.exe",
        ),
        (f"{OPEN}|Svc=X", "service", "the rule says service X, the traffic has no such service"),
        ("Action=Allow|Protocol=17|LPort=443", "protocol", "the rule says UDP, the traffic has TCP"),
        (
            r"Action=Allow|Protocol=6|LPort=80|App=C:\CE\server.exe",
            "local-port",
            "port 80, the traffic has port 443",
        ),
        (f"{OPEN}|RPort=1", "remote-port", "remote port 1"),
        (f"{OPEN}|RA4=10.5.0.0/16", "remote-address", "10.5.0.0/16, the traffic has 10.0.0.9"),
        (f"{OPEN}|LA4=10.0.0.2", "local-address", "10.0.0.2, the traffic has 10.0.0.1"),
        (f"{OPEN}|Security=Authenticate", "security", "IPsec"),
        (f"{OPEN}|IF={{C}}", "interface", "other network interfaces"),
        (f"{OPEN}|IFType=Wireless", "interface-type", "other kinds of interface"),
        (f"{OPEN}|ICMP4=8:*", "icmp", "ICMP"),
    ],
)
def test_one_missing_condition_is_named_and_explained(tokens: str, failed: str, words: str) -> None:
    lan = interface("LAN", "10.0.0.1/24", guid="{A}", kind="lan")

    (near,) = decided(flow(443), fw_rule(tokens), lan).near_misses

    assert near.failed == (failed,)
    assert words in near.explanation


def test_a_rule_voided_by_policy_names_the_setting() -> None:
    (near,) = decided(
        flow(443), fw_rule(OPEN), settings(Store.GPO, Profile.DOMAIN, allow_local_rules=False)
    ).near_misses

    assert near.failed == ("policy-store",)
    assert "AllowLocalPolicyMerge=0" in near.explanation


def test_the_least_missing_comes_first_and_the_hopeless_not_at_all() -> None:
    twice = fw_rule(f"{OPEN}|Profile=Public|Active=FALSE")
    once = fw_rule(f"{OPEN}|Profile=Public")
    hopeless = fw_rule(f"{OPEN}|Profile=Public|Active=FALSE|RA4=8.8.8.8")
    elsewhere = fw_rule(r"Action=Allow|Protocol=6|LPort=1|App=C:\x.exe")
    packaged = fw_rule("Action=Allow|PFN=Some.App_1")

    found = decided(flow(443), twice, hopeless, elsewhere, packaged, once).near_misses

    assert [near.fw_rule for near in found] == [once, twice]
    assert found[1].explanation == (
        "would have matched but for the profile: "
        "the rule is disabled; the rule says Public, the network is Domain"
    )


def test_an_allow_that_a_block_beats_is_shown_as_overruled() -> None:
    answer = decided(flow(443), fw_rule(OPEN), fw_rule("Action=Block|Protocol=6|LPort=443|Name=No"))

    assert [near.failed for near in answer.near_misses] == [("overruled",)]
    assert 'overruled: blocked by the Block rule "No"' in answer.near_misses[0].explanation


def test_an_allowed_flow_shows_the_blocks_it_escaped() -> None:
    block = fw_rule("Action=Block|Protocol=6|LPort=443|Profile=Public")

    answer = decided(flow(443), fw_rule(OPEN), block)

    assert answer.outcome == Outcome.ALLOWED
    assert [(near.fw_rule, near.failed) for near in answer.near_misses] == [(block, ("profile",))]


def test_a_flow_without_port_or_program_still_finds_the_unconditional_rules() -> None:
    (near,) = decided(
        flow(None, program=None), fw_rule("Action=Allow|Active=FALSE"), fw_rule(f"{OPEN}|Active=FALSE")
    ).near_misses

    assert near.failed == ("active",)


def test_at_most_ten_are_shown() -> None:
    disabled = [fw_rule(f"{OPEN}|Active=FALSE", rule_id=str(number)) for number in range(20)]

    assert len(decided(flow(443), *disabled).near_misses) == 10
