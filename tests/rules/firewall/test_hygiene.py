"""Rules that never decide: each kind by example, and that all of them can go."""

import itertools
import random
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from rules.catalogue.loader import load_catalogue, port_locations
from rules.firewall.decision import decide
from rules.firewall.flow import TCP, UDP, Flow
from rules.firewall.hygiene import Idle, Idleness, never_deciding
from rules.firewall.policy import Policy, effective_policy
from rules.firewall.settings import PROFILES
from scanner.collect import collect_evidence
from scanner.model import (
    Action,
    FirewallRule,
    Host,
    InstalledFile,
    Interface,
    Process,
    Profile,
    ProfileSettings,
    Service,
    Snapshot,
    Store,
)
from tests.corpus import CORPUS, needs_corpus
from tests.rules.firewall.crowded_policies import crowded
from tests.rules.firewall.policies import HERE, fw_rule, interface, raw_rule, settings, snapshot
from tests.rules.firewall.probes import UNNAMED_PROGRAM, UNNAMED_SERVICE, ports, remotes
from tests.rules.firewall.random_policies import policies
from tests.rules.firewall.test_surface import REAL

TOGETHER = (Idleness.DUPLICATE, Idleness.REDUNDANT, Idleness.SHADOWED, Idleness.VOID)
WHO = tuple(
    itertools.product(
        (r"C:\CE\server.exe", r"C:\Program Files\CE\server.exe", "System", UNNAMED_PROGRAM),
        (None, "x", "y", UNNAMED_SERVICE),
    )
)
LOCALS = {4: ("10.0.0.1", "10.0.0.77", "9.9.9.9"), 6: ("2001:db8::1", "fe80::77")}
ALLOW = "Action=Allow|Protocol=6"
BLOCK = "Action=Block|Protocol=6"
PROBES = 80
SEED = 61


def idle(*facts: FirewallRule | ProfileSettings | Interface, **more: object) -> tuple[Idle, ...]:
    found = snapshot(*facts, **more)
    return never_deciding(effective_policy(found), found)


def told(
    *facts: FirewallRule | ProfileSettings | Interface, **more: object
) -> list[tuple[str, str, list[str]]]:
    """Id, kind, and the ids of the rules that make it so."""
    return [
        (entry.fw_rule.id, entry.kind.value, [fw.id for fw in entry.because_of])
        for entry in idle(*facts, **more)
    ]


def allow(rule_id: str, tokens: str = "LPort=80", *, store: Store = Store.LOCAL) -> FirewallRule:
    return fw_rule("|".join(filter(None, (ALLOW, tokens))), rule_id=rule_id, store=store)


def block(rule_id: str, tokens: str = "LPort=80", *, store: Store = Store.LOCAL) -> FirewallRule:
    return fw_rule("|".join(filter(None, (BLOCK, tokens))), rule_id=rule_id, store=store)


def without(facts: Snapshot, gone: list[FirewallRule]) -> Policy:
    ids = {id(entry) for entry in gone}
    left = tuple(entry for entry in facts.firewall_rules if id(entry) not in ids)
    return effective_policy(msgspec.structs.replace(facts, firewall_rules=left))


def assert_nothing_changes(facts: Snapshot, chance: random.Random, probes: int, *, each: bool) -> None:
    """With every such rule gone, and with any one gone, each wholly known flow is decided as before."""
    policy = effective_policy(facts)
    found = [entry.fw_rule for entry in never_deciding(policy, facts) if entry.kind in TOGETHER]
    variants = [without(facts, gone) for gone in ([found] if found else [])]
    variants += [without(facts, [entry]) for entry in (found if each else ())]
    local_ports, elsewhere = ports(policy), remotes(policy)
    for _ in range(probes if variants else 0):
        asked = _flow(chance, chance.choice(local_ports), chance.choice(elsewhere))
        before = decide(policy, asked).outcome
        assert [decide(variant, asked).outcome for variant in variants] == [before] * len(variants), asked


def _flow(chance: random.Random, port: int, remote: str) -> Flow:
    program, service = chance.choice(WHO)
    protocol = chance.choice((TCP, TCP, UDP, 1))
    return Flow(
        protocol=protocol,
        local_port=port if protocol in (TCP, UDP) else None,
        remote_port=chance.choice((50000, 700)),
        local_address=chance.choice(LOCALS[6 if ":" in remote else 4]),
        remote_address=remote,
        program=program,
        service=service,
        profile=chance.choice(PROFILES),
        rpc=chance.choice((True, False)),
    )


@hypothesis_settings(max_examples=200, deadline=None)
@given(crowded, st.randoms(use_true_random=False))
def test_idle_rules_of_crowded_policies_can_go(policy: Snapshot, chance: random.Random) -> None:
    assert_nothing_changes(policy, chance, PROBES, each=True)


@hypothesis_settings(max_examples=100, deadline=None)
@given(policies, st.randoms(use_true_random=False))
def test_idle_rules_of_odd_policies_can_go(policy: Snapshot, chance: random.Random) -> None:
    assert_nothing_changes(policy, chance, PROBES, each=True)


@needs_corpus
@pytest.mark.parametrize("name", REAL)
def test_idle_rules_of_real_policies_can_go(name: str) -> None:
    found = collect_evidence(CORPUS / name, port_locations(load_catalogue()))

    assert_nothing_changes(found, random.Random(SEED), 300, each=False)  # noqa: S311


def test_each_sample_keeps_its_decisions_without_its_idle_rules() -> None:
    for name in ("drifted-core", "gpo-ignores-local"):
        folder = Path(__file__).resolve().parents[3] / "samples" / name
        found = collect_evidence(folder, port_locations(load_catalogue()))
        assert_nothing_changes(found, random.Random(SEED), 300, each=False)  # noqa: S311


# -- duplicate ---------------------------------------------------------------------------------------------


def test_the_same_conditions_make_a_duplicate_however_they_are_written() -> None:
    one = allow("a", r"LPort=80|LPort=81|RA4=10.0.0.0/255.255.255.0|App=%ProgramFiles%\a.exe")
    other = allow("b", r"LPort2_10=80-81|RA4=10.0.0.0-10.0.0.255|App=c:\program files\A.EXE|Name=other")

    assert told(one, other) == [("b", "duplicate", ["a"])]


def test_every_port_written_out_is_no_condition() -> None:
    assert told(allow("a", ""), allow("b", "LPort2_10=0-65535")) == [("b", "duplicate", ["a"])]


def test_of_duplicates_the_one_a_policy_brings_stays() -> None:
    assert told(allow("a"), allow("z", store=Store.GPO)) == [("a", "duplicate", ["z"])]


def test_a_group_policy_rule_that_keeps_a_local_one_out_is_never_idle() -> None:
    displaced = block("x", "LPort=80")

    found = told(displaced, allow("x", store=Store.GPO), allow("a", store=Store.GPO))

    assert found == [("a", "redundant", ["x"]), ("x", "void", ["x"])]


def test_a_rule_that_displaces_another_but_never_matches_covers_nothing() -> None:
    displaced = block("x", "LPort=90")
    dead = allow("x", "Platform=2:6:1", store=Store.GPO)
    nowhere = allow("x", "LA4=10.0.0.1|RA6=::1", store=Store.GPO)
    host = Host(os_build="17763")

    assert told(displaced, dead, allow("a"), host=host) == [("x", "void", ["x"])]
    assert told(displaced, nowhere, allow("a"), host=host) == [("x", "void", ["x"])]


# -- redundant ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wider",
    ["", "LPort2_10=79-81", "LPort=80", "LPort=80|RA4=10.0.0.0/8", "LPort=80|RA4=LocalSubnet|RA4=10.0.0.7"],
)
def test_a_rule_inside_another_is_redundant(wider: str) -> None:
    inner = allow("in", r"LPort=80|RA4=10.0.0.7|App=C:\a.exe|Profile=Domain")

    assert told(inner, allow("out", wider)) == [("in", "redundant", ["out"])]


@pytest.mark.parametrize(
    ("inner", "outer"),
    [
        ("LPort=80", "LPort=81"),
        ("LPort=80", "LPort=80|RA4=0.0.0.0/0"),  # not IPv6
        ("LPort=80", "LPort=80|Profile=Domain|Profile=Private"),
        ("LPort=80", r"LPort=80|App=C:\a.exe"),
        ("LPort=80", "LPort=80|Svc=*"),
        ("LPort=80", "LPort=80|RPort=1-65535"),
        ("LPort=80", "LPort=80|LA4=10.0.0.1"),
        ("LPort=80", "LPort=80|Foo=Bar"),
        ("LPort=80|Foo=Baz", "LPort=80|Foo=Bar"),
        ("LPort=80", "LPort=80|IFType=Lan"),
        ("LPort=80", "LPort=80|Security=Authenticate"),
        ("LPort=80|Edge=TRUE", "LPort=80"),
        ("LPort=80|RA4=DNS", "LPort=80|RA4=DHCP"),
        ("LPort=RPC", "LPort2_10=1-65535"),
        ("LPort=TcpNovelty", "LPort=RPC"),
        (r"LPort=80|App=C:\PROGRA~1\a.exe", r"LPort=80|App=C:\Program Files\a.exe"),
        ("LPort=80|Platform=2:6:2", "LPort=80|Platform=2:6:2|Platform2=GTEQ"),
    ],
)
def test_nothing_is_claimed_where_a_condition_of_the_other_is_narrower_or_unknown(
    inner: str, outer: str
) -> None:
    assert ("in", "redundant", ["out"]) not in told(allow("in", inner), allow("out", outer))


@pytest.mark.parametrize(
    ("inner", "outer"),
    [
        ("LPort=80|Foo=Bar", "LPort=80"),
        ("LPort=80|Foo=Bar|RA4=10.0.0.1", "LPort=80|Foo=Bar"),
        ("LPort=RPC", ""),
        ("LPort=RPC|RA4=10.0.0.1", "LPort=RPC"),
        ("LPort=80|RA4=DNS", "LPort=80|RA4=DNS|RA4=10.0.0.0/8"),
        ("LPort=80|RA4=DNS", "LPort=80|RA4=0.0.0.0/0"),
        ("LPort=80|RA4=10.0.0.7|LA6=::1|LA4=10.0.0.1", "LPort=80|RA4=10.0.0.0/8|LA4=10.0.0.0/8|LA6=::/64"),
        ("LPort=80|Svc=x", "LPort=80|Svc=*"),
        ("LPort=80|RPort=50000", "LPort=80|RPort=1-60000"),
        ("LPort=80", "LPort=80|Edge=TRUE"),
        ("LPort=80|RA4=1.2.3.4", "LPort=80|LOM=TRUE|RA4=5.6.7.8"),
        (r"LPort=80|RA4=10.0.0.7|App=C:\PROGRA~1\a.exe", r"LPort=80|App=C:\PROGRA~1\a.exe"),
    ],
)
def test_words_count_as_equal_only_to_themselves_and_are_inside_no_condition(inner: str, outer: str) -> None:
    assert told(allow("in", inner), allow("out", outer)) == [("in", "redundant", ["out"])]


def test_several_rules_cover_one_together_and_only_the_needed_are_named() -> None:
    found = told(
        allow("whole", "LPort2_10=80-99"),
        allow("low", "LPort2_10=70-90|RA4=0.0.0.0/0"),
        allow("low6", "LPort2_10=70-90|RA6=::/0"),
        allow("high", "LPort2_10=91-110"),
        allow("beside", "LPort2_10=98-120"),
    )

    assert found == [("whole", "redundant", ["high", "low", "low6"])]


def test_a_rule_that_the_others_make_unneeded_is_not_named() -> None:
    spans = {"a": ("70-85", "200-250"), "b": ("80-95", "300-350"), "c": ("90-110", "400-450")}
    overlapping = [
        allow(name, "|".join(f"LPort2_10={span}" for span in both)) for name, both in spans.items()
    ]

    assert told(allow("whole", "LPort2_10=80-99"), *overlapping) == [("whole", "redundant", ["b", "c"])]


def test_a_long_list_of_covering_rules_is_given_as_it_is() -> None:
    parts = [allow(f"p{port}", f"LPort={port}|LPort={port + 1000}") for port in range(100, 130)]

    (found,) = idle(allow("whole", "LPort2_10=100-129"), *parts)

    assert [fw.id for fw in found.because_of] == [part.id for part in parts]


def test_a_hole_of_one_port_or_one_address_or_one_profile_is_seen() -> None:
    whole = allow("whole", "LPort2_10=80-99|RA4=10.0.0.0/24")

    assert told(whole, allow("a", "LPort2_10=80-88"), allow("b", "LPort2_10=90-99")) == []
    halves = [allow("a", "RA4=10.0.0.0-10.0.0.99"), allow("b", "RA4=10.0.0.101-10.0.0.255")]
    assert told(whole, *halves) == []
    assert told(whole, allow("a", "Profile=Domain"), allow("b", "Profile=Public")) == []
    split = [allow("a", "Profile=Domain"), allow("b", "Profile=Public"), allow("c", "Profile=Private")]
    assert told(whole, *split) == [("whole", "redundant", ["a", "b", "c"])]


def test_rules_that_cover_each_other_are_not_both_called_redundant() -> None:
    found = told(allow("a", "LPort2_10=1-2"), allow("b", "LPort2_10=2-3"), allow("c", "LPort=1|LPort=3"))

    assert len(found) == 1


def test_a_block_inside_another_block_is_redundant_but_not_inside_an_allow() -> None:
    assert told(block("in", "LPort=80"), block("out", "")) == [("in", "redundant", ["out"])]
    assert told(block("in", "LPort=80"), allow("out", "")) == []


# -- shadowed ----------------------------------------------------------------------------------------------


def test_an_allow_under_sure_blocks_is_shadowed() -> None:
    parts = [block("a", "LPort2_10=1-80"), block("b", "LPort2_10=81-90")]

    assert told(allow("x", "LPort2_10=75-85|Foo=Bar"), *parts) == [("x", "shadowed", ["a", "b"])]
    assert told(allow("x", "LPort2_10=75-91"), *parts) == []


@pytest.mark.parametrize(
    "doubt", ["Foo=Bar", "RPort=5", "LUAuth=O:LSD:", r"App=C:\PROGRA~1\a.exe", "RA4=DNS"]
)
def test_a_block_that_may_not_match_shadows_nothing(doubt: str) -> None:
    assert told(allow("x", r"LPort=80|App=C:\Program Files\a.exe"), block("b", f"LPort=80|{doubt}")) == []


# -- void --------------------------------------------------------------------------------------------------


def test_what_policy_takes_out_is_void_with_the_setting() -> None:
    ignored = [settings(Store.GPO, profile, allow_local_rules=False) for profile in PROFILES]
    apps = [settings(Store.GPO, profile, allow_user_apps=False) for profile in PROFILES]

    (merge,) = idle(*ignored, allow("a"))
    (user_app,) = idle(*apps, fw_rule(rf"{ALLOW}|App=C:\a.exe", rule_id="a"))

    assert (merge.kind, merge.reason) == (Idleness.VOID, "local rules are ignored (AllowLocalPolicyMerge=0)")
    assert user_app.reason == "local program rules are ignored (AllowUserApps=0)"


@pytest.mark.parametrize(
    ("tokens", "more", "reason"),
    [
        ("LPort=80|Platform=2:6:1", {"host": Host(os_build="17763")}, "it is for another Windows version"),
        (
            "LPort=80|Svc=X",
            {"services": (Service(name="x", sid_type="none", origin=HERE),)},
            "the service X has no SID that a rule could match",
        ),
        (
            "LPort=80|LA4=10.0.0.1|RA6=::1",
            {},
            "its addresses resolve to nothing, or local and remote are never of one family",
        ),
        ("LPort=90-80", {}, "Windows rejects it: the port range 90-80 runs backward"),
    ],
)
def test_what_cannot_match_is_void_with_the_reason(tokens: str, more: dict[str, Any], reason: str) -> None:
    (found,) = idle(allow("a", tokens), **more)

    assert (found.kind, found.reason) == (Idleness.VOID, reason)


def test_what_the_profiles_settle_by_themselves_is_void() -> None:
    off = [settings(Store.LOCAL, Profile.DOMAIN, enabled=False)]
    up = [settings(Store.LOCAL, Profile.PUBLIC, block_all_inbound=True)]
    default = [settings(Store.LOCAL, Profile.PRIVATE, default_inbound=Action.ALLOW)]
    everywhere = allow("x", "LPort=80")

    assert told(*off, *up, *default, everywhere) == [("x", "void", [])]
    assert told(*off, *up, everywhere) == []
    assert told(*default, block("b", "LPort=80|Profile=Private")) == []


# -- the rest ----------------------------------------------------------------------------------------------


def test_a_program_is_missing_only_if_it_was_looked_for() -> None:
    path = r"C:\CE\a.exe"
    opened = allow("a", rf"LPort=80|App={path}")
    absent = InstalledFile(path=path.upper(), origin=HERE)
    runs = Process(pid=9, name="a.exe", path=path, origin=HERE)

    (found,) = idle(opened, executables=(absent,))

    assert (found.kind, found.reason) == (Idleness.PROGRAM_MISSING, rf"{path} is not on the host")
    assert idle(opened) == ()
    assert idle(opened, executables=(absent,), processes=(runs,)) == ()
    assert idle(opened, executables=(msgspec.structs.replace(absent, bytes=5),)) == ()


def test_a_profile_is_out_of_force_only_if_the_networks_are_known() -> None:
    opened = allow("a", "LPort=80|Profile=Public|Profile=Private")
    lan = interface("lan", "10.0.0.1/24", profile=Profile.DOMAIN)

    (found,) = idle(opened, lan)

    assert (found.kind, found.reason) == (
        Idleness.PROFILE_NOT_IN_FORCE,
        "the host's networks are Domain now",
    )
    assert idle(opened) == ()


def test_nothing_is_claimed_of_rules_whose_conditions_the_evidence_hides() -> None:
    hidden = msgspec.structs.replace(allow("a"), unread=("program",))

    assert told(hidden, msgspec.structs.replace(hidden, id="b"), allow("c")) == []


def test_disabled_outbound_and_bypass_rules_are_not_judged() -> None:
    assert (
        told(
            allow("a"),
            allow("b", "LPort=80|Active=FALSE"),
            raw_rule("v2.30|Action=Allow|Active=TRUE|Dir=Out|Protocol=6|", rule_id="c"),
            fw_rule("Action=ByPass|Protocol=6|LPort=80|Security=Authenticate|RMAuth=O:", rule_id="d"),
        )
        == []
    )


def test_the_order_of_the_rules_does_not_matter() -> None:
    facts = [allow(f"r{number}", f"LPort2_10={number}-{number + number % 3}") for number in range(1, 40)]

    assert told(*facts) == told(*reversed(facts))
