"""The minimum test vectors of windows-firewall.md section 8, one test each and in its order."""

import pytest

from rules.firewall.decision import Outcome
from scanner.model import Direction, FirewallRule, Profile, Store
from tests.rules.firewall.policies import decided, flow, fw_rule, raw_rule, settings

ALLOWED, BLOCKED = Outcome.ALLOWED, Outcome.BLOCKED
CONDITIONAL, NOT_EXPOSED = Outcome.CONDITIONAL, Outcome.NOT_EXPOSED


def test_vector_1_a_block_from_one_address_beats_an_allow_from_any() -> None:
    allow = fw_rule("Action=Allow|Protocol=6|LPort=443")
    block = fw_rule("Action=Block|Protocol=6|LPort=443|RA4=10.0.0.5")

    refused = decided(flow(443, remote_address="10.0.0.5"), allow, block)
    others = decided(flow(443, remote_address="10.0.0.6"), allow, block)

    assert (refused.outcome, refused.decided_by) == (BLOCKED, (block,))
    assert (others.outcome, others.decided_by) == (ALLOWED, (allow,))


def test_vector_2_a_local_query_user_block_beats_a_gpo_allow_unless_local_rules_are_ignored() -> None:
    allow = fw_rule("Action=Allow|Protocol=17|LPort=5060", store=Store.GPO)
    block = fw_rule(r"Action=Block|Protocol=17|App=C:\sip.exe", rule_id=r"UDP Query User{1}C:\sip.exe")
    asked = flow(5060, 17, program=r"c:\SIP.exe")
    merge_off = settings(Store.GPO, Profile.DOMAIN, allow_local_rules=False)

    assert decided(asked, allow, block).decided_by == (block,)
    assert decided(asked, allow, block).outcome == BLOCKED
    assert decided(asked, allow, block, merge_off).outcome == ALLOWED


def test_vector_3_a_local_allow_local_policy_merge_is_ignored() -> None:
    allow = fw_rule("Action=Allow|Protocol=6|LPort=443")

    answer = decided(flow(443), allow, settings(Store.LOCAL, Profile.DOMAIN, allow_local_rules=False))

    assert answer.outcome == ALLOWED


def test_vector_4_absent_tokens_mean_all_profiles_disabled_and_any_protocol() -> None:
    any_profile = fw_rule("Action=Allow|Protocol=6|LPort=443")
    no_active = raw_rule("v2.10|Action=Allow|Dir=In|Protocol=6|LPort=443|Name=x|")
    any_protocol = fw_rule(r"Action=Allow|App=C:\CE\server.exe")

    for profile in (Profile.DOMAIN, Profile.PRIVATE, Profile.PUBLIC):
        assert decided(flow(443, profile=profile), any_profile).outcome == ALLOWED
    assert decided(flow(443), no_active).outcome == BLOCKED
    assert decided(flow(None, 47), any_protocol).outcome == ALLOWED


def test_vector_5_an_ipv4_only_allow_never_admits_ipv6() -> None:
    allow = fw_rule("Action=Allow|Protocol=6|LPort=443|RA4=0.0.0.0-255.255.255.255")

    answer = decided(flow(443, local_address="::", remote_address="2001:db8::5"), allow)

    assert answer.outcome == BLOCKED
    assert answer.decided_by == ()


def test_vector_6_shields_up_wins_from_either_store() -> None:
    answer = decided(
        flow(443),
        fw_rule("Action=Allow|Protocol=6|LPort=443"),
        settings(Store.LOCAL, Profile.DOMAIN, block_all_inbound=True),
        settings(Store.GPO, Profile.DOMAIN, block_all_inbound=False),
    )

    assert answer.outcome == BLOCKED
    assert "shields up" in answer.reason


def test_vector_7_the_gpo_standard_profile_is_ignored_beside_a_newer_key() -> None:
    standard = settings(Store.GPO, Profile.STANDARD, enabled=False)
    public_key = settings(Store.GPO, Profile.PUBLIC)

    assert decided(flow(443, profile=Profile.PUBLIC), standard).outcome == ALLOWED
    assert decided(flow(443, profile=Profile.PUBLIC), standard, public_key).outcome == BLOCKED
    assert decided(flow(443, profile=Profile.PRIVATE), standard, public_key).outcome == BLOCKED


def test_vector_8_a_loopback_listener_is_not_exposed() -> None:
    answer = decided(flow(6379, local_address="127.0.0.1", remote_address=None), fw_rule("Action=Allow"))

    assert answer.outcome == NOT_EXPOSED


def test_vector_9_an_ipv6_wildcard_does_not_listen_on_ipv4() -> None:
    answer = decided(flow(8080, local_address="::", remote_address="10.0.0.9"), fw_rule("Action=Allow"))

    assert answer.outcome == NOT_EXPOSED


def test_vector_10_http_sys_is_opened_for_system_and_not_for_w3wp() -> None:
    worker = fw_rule(r"Action=Allow|Protocol=6|App=%SystemRoot%\System32\inetsrv\w3wp.exe")
    kernel = fw_rule("Action=Allow|Protocol=6|App=System")

    assert decided(flow(443, program="System"), worker).outcome == BLOCKED
    assert decided(flow(443, program="System"), kernel).outcome == ALLOWED


@pytest.mark.parametrize(
    ("program", "outcome"),
    [(r"c:\PROGRAM FILES\x\A.EXE", ALLOWED), (r"C:\Program Files (x86)\X\a.exe", BLOCKED)],
)
def test_vector_11_program_files_is_the_64_bit_folder(program: str, outcome: Outcome) -> None:
    allow = fw_rule(r"Action=Allow|App=%ProgramFiles%\X\a.exe")

    assert decided(flow(443, program=program), allow).outcome == outcome


def test_vector_12_rpc_never_covers_a_fixed_port_and_port_entries_are_alternatives() -> None:
    rpc = fw_rule("Action=Allow|Protocol=6|LPort=RPC")
    either = fw_rule("Action=Allow|Protocol=6|LPort2_10=5000-5010|LPort=80")

    assert decided(flow(5555), rpc).outcome == BLOCKED
    assert decided(flow(5555, rpc=True), rpc).outcome == BLOCKED
    assert [decided(flow(port), either).outcome for port in (80, 5000, 5010, 5011)] == [
        ALLOWED,
        ALLOWED,
        ALLOWED,
        BLOCKED,
    ]


def test_vector_13_an_authenticate_rule_does_not_admit_plain_traffic() -> None:
    answer = decided(flow(443), fw_rule("Action=Allow|Protocol=6|LPort=443|Security=Authenticate"))

    assert answer.outcome == BLOCKED
    assert answer.near_misses[0].failed == ("security",)


def test_vector_14_an_unknown_token_makes_an_allow_conditional() -> None:
    allow = fw_rule("Action=Allow|Protocol=6|LPort=443|Foo=Bar")

    answer = decided(flow(443), allow)

    assert (answer.outcome, answer.decided_by) == (CONDITIONAL, (allow,))
    assert "foo" in answer.unknowns[0]


def test_vector_15_a_setting_that_is_not_configured_takes_the_default() -> None:
    """`Enabled:2` of a profile reaches the model as None; of a rule as inactive."""
    not_configured = settings(Store.GPO, Profile.DOMAIN, enabled=None)
    disabled = fw_rule("Action=Allow|Protocol=6|LPort=443|Active=FALSE")

    assert decided(flow(443), not_configured).outcome == BLOCKED
    assert decided(flow(443), disabled).outcome == BLOCKED


def test_vector_16_a_disabled_gpo_copy_replaces_the_enabled_local_rule_of_the_same_id() -> None:
    local = fw_rule("Action=Allow|Protocol=6|LPort=443", rule_id="Web")
    policy = fw_rule("Action=Allow|Protocol=6|LPort=443|Active=FALSE", store=Store.GPO, rule_id="WEB")

    answer = decided(flow(443), local, policy)

    assert answer.outcome == BLOCKED
    assert {near.fw_rule.store: near.failed for near in answer.near_misses} == {
        Store.LOCAL: ("policy-store",),
        Store.GPO: ("active",),
    }


@pytest.mark.parametrize(("port", "outcome"), [(443, ALLOWED), (444, BLOCKED)])
def test_vector_17_service_hardening_passes_what_it_allows_and_drops_the_rest(
    port: int, outcome: Outcome
) -> None:
    hardening = (
        raw_rule(
            r"v2.0|Action=Allow|Dir=In|App=%SystemRoot%\system32\svchost.exe|Svc=X|LPort=443|Protocol=6|",
            store=Store.WSH_STATIC,
        ),
        raw_rule(
            r"v2.0|Action=Block|Dir=In|App=%SystemRoot%\system32\svchost.exe|Svc=X|", store=Store.WSH_STATIC
        ),
    )
    asked = flow(port, program=r"C:\Windows\System32\svchost.exe", service="x")

    assert decided(asked, fw_rule("Action=Allow"), *hardening).outcome == outcome
    assert decided(asked, *hardening).outcome == BLOCKED, "hardening grants nothing by itself"


@pytest.mark.parametrize(
    "text",
    [
        r"V2.0|Action=Block|Dir=out|App=%SystemRoot%\system32\svchost.exe|Svc==Foo|Name=x|",
        r"V2.0|Action=Allow|Dir=Out|Protocol=tcp|rport=3268,389|App=%SystemRoot%\system32\svchost.exe|",
    ],
)
def test_vector_18_odd_shipped_strings_are_read_and_disturb_nothing(text: str) -> None:
    odd = raw_rule(text, store=Store.WSH_STATIC)

    assert isinstance(odd, FirewallRule)
    assert odd.direction is Direction.OUT
    assert decided(flow(443), odd, fw_rule("Action=Allow")).outcome == ALLOWED
