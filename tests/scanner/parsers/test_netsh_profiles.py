"""`netsh advfirewall show allprofiles` is read in any language; an unknown word is named, not guessed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.errors import ParseError
from scanner.model import Action, Origin, Problem, Profile, ProfileSettings, Store
from scanner.parsers.netsh_profiles import looks_like_netsh_profiles, parse_netsh_profiles
from scanner.parsers.text import decode
from tests.corpus import CORPUS, needs_corpus

ORIGIN = Origin(source="profiles.txt")
UNREAD = ("allow_local_rules", "allow_local_ipsec_rules")


def section(
    heading: str, state: str = "State  ON", policy: str = "Firewall Policy  BlockInbound,AllowOutbound"
) -> str:
    return f"\r\n{heading}\r\n{'-' * 70}\r\n{state}\r\n{policy}\r\n\r\nLogging:\r\nMaxFileSize      4096\r\n"


def read(text: str) -> tuple[list[ProfileSettings], list[Problem]]:
    facts = list(parse_netsh_profiles(text, ORIGIN))
    settings = [fact for fact in facts if isinstance(fact, ProfileSettings)]
    return settings, [fact for fact in facts if isinstance(fact, Problem)]


@pytest.mark.parametrize(
    "headings",
    [
        ("Domain Profile Settings:", "Private Profile Settings:", "Public Profile Settings:"),
        ("域配置文件 设置:", "专用配置文件 设置:", "公用配置文件 设置:"),
        ("Bat:", "Bi:", "Hiru:"),
    ],
)
def test_three_sections_are_domain_private_and_public(headings: tuple[str, ...]) -> None:
    settings, problems = read("".join(map(section, headings)) + "\r\nOk.\r\n")
    assert [item.profile for item in settings] == [Profile.DOMAIN, Profile.PRIVATE, Profile.PUBLIC]
    assert {(item.store, item.unread, item.log_size_kb) for item in settings} == {(Store.LOCAL, UNREAD, 4096)}
    assert problems == []


@pytest.mark.parametrize(
    ("state", "enabled"),
    [("State  ON", True), ("Status   AUS", False), ("État    Actif", True), ("状态    关闭", False)],
)
def test_the_state_is_read_in_known_languages(state: str, enabled: bool) -> None:
    (item,), problems = read(section("Public Profile Settings:", state))
    assert (item.enabled, problems) == (enabled, [])


def test_an_unknown_state_is_named_and_not_guessed() -> None:
    (item,), (unknown,) = read(section("Public Profile Settings:", "Egoera    Piztuta"))
    assert (item.enabled, item.default_inbound) == (None, Action.BLOCK)
    assert (unknown.text, unknown.reason) == ("Piztuta", "not a known word for Egoera")
    assert unknown.origin.locator == "line 4"


@pytest.mark.parametrize(
    ("policy", "inbound", "outbound", "shields_up"),
    [
        ("BlockInbound,AllowOutbound", Action.BLOCK, Action.ALLOW, False),
        ("BlockInboundAlways,BlockOutbound", Action.BLOCK, Action.BLOCK, True),
        ("AllowInbound,AllowOutbound", Action.ALLOW, Action.ALLOW, False),
        ("NotConfigured,NotConfigured", None, None, None),
    ],
)
def test_the_policy_gives_the_default_actions(
    policy: str, inbound: Action | None, outbound: Action | None, shields_up: bool | None
) -> None:
    (item,), _ = read(section("Domain Profile Settings:", policy=f"Pol   {policy}"))
    assert (item.default_inbound, item.default_outbound, item.block_all_inbound) == (
        inbound,
        outbound,
        shields_up,
    )


def test_a_lone_profile_of_unknown_name_is_a_problem() -> None:
    settings, (unnamed,) = read(section("Hiru:"))
    assert (settings, unnamed.text) == ([], "Hiru:")


def test_a_setting_that_is_not_configured_is_no_problem() -> None:
    assert read(section("Public Profile Settings:", "State  Not Configured"))[1] == []


def test_the_state_alone_is_enough() -> None:
    text = f"\nDomain Profile Settings:\n{'-' * 70}\nState                                 OFF\nOk.\n"
    (item,), _ = read(text)
    assert (item.enabled, item.default_inbound, item.block_all_inbound) == (False, None, None)


@pytest.mark.parametrize("text", ["", "Rule Name: x\n" + "-" * 70 + "\nEnabled:      Yes\n"])
def test_other_text_is_refused(text: str) -> None:
    assert not looks_like_netsh_profiles(text)
    with pytest.raises(ParseError):
        list(parse_netsh_profiles(text, ORIGIN))


@given(st.text(max_size=300), st.text(max_size=30))
def test_any_text_gives_facts_or_a_parse_error(text: str, heading: str) -> None:
    for candidate in (text, section(heading, text)):
        try:
            read(candidate)
        except ParseError:
            continue


@needs_corpus
@pytest.mark.parametrize(
    ("name", "profile"),
    [("en_show_currentprofile_public.txt", Profile.PUBLIC), ("fr_show_allprofiles_part.txt", Profile.DOMAIN)],
)
def test_the_real_outputs_give_one_profile_each(name: str, profile: Profile) -> None:
    (item,), problems = read(decode((CORPUS / "netsh" / name).read_bytes()))
    assert (item.profile, item.enabled, item.block_all_inbound) == (profile, True, False)
    assert (item.log_dropped, item.log_allowed, item.notify_on_listen) == (False, False, True)
    assert (item.log_size_kb, problems) == (4096, [])
    assert item.log_file == r"%systemroot%\system32\LogFiles\Firewall\pfirewall.log"


def test_a_state_word_nobody_knows_is_unread_rather_than_on() -> None:
    text = (
        "\nDomain Profile Settings: \n" + "-" * 70 + "\n"
        "State                                 Zork\n"
        "Firewall Policy                       BlockInbound,AllowOutbound\n"
    )

    facts = list(parse_netsh_profiles(text, ORIGIN))

    settings = next(fact for fact in facts if isinstance(fact, ProfileSettings))
    assert settings.enabled is None
    assert "enabled" in settings.unread
    assert any(isinstance(fact, Problem) for fact in facts)
