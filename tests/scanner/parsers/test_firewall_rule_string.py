"""Rule strings as Windows writes them, as it should not, and as nobody would: read, rendered, read again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.model import Action, Direction, FirewallRule, Origin, Problem, Profile, Store
from scanner.parsers.firewall_rule_string import parse_rule_string, render_rule_string
from tests.corpus import CORPUS, needs_corpus

ORIGIN = Origin(source="policy.reg", locator=r"FirewallPolicy\FirewallRules : x")


def parsed(text: str, store: Store = Store.LOCAL) -> FirewallRule:
    fw_rule = parse_rule_string("x", text, store, ORIGIN)
    assert isinstance(fw_rule, FirewallRule)
    return fw_rule


def with_tokens(*tokens: str, store: Store = Store.LOCAL) -> FirewallRule:
    return parsed("v2.30|" + "".join(f"{token}|" for token in tokens), store)


def extra_of(*tokens: str) -> tuple[tuple[str, str], ...]:
    return with_tokens(*tokens).extra[1:]


def test_every_modelled_token_fills_its_field() -> None:
    text = (
        "v2.10|Action=Allow|Active=TRUE|Dir=In|Protocol=6|Profile=Domain|Profile=Public|LPort=80|LPort2_10=5000-5010"
        "|RPort=49000|LA4=192.168.1.0/255.255.255.0|RA4=LocalSubnet|RA6=LocalSubnet|RA4=10.0.0.1-10.0.0.9"
        r"|App=c:\path\foo.exe|Svc=Foo|Name=Test|Security=Authenticate|Security2_9=An-NoEncap|"
    )
    assert parsed(text) == FirewallRule(
        id="x",
        store=Store.LOCAL,
        active=True,
        action=Action.ALLOW,
        direction=Direction.IN,
        profiles=(Profile.DOMAIN, Profile.PUBLIC),
        protocol=6,
        local_ports=("80", "5000-5010"),
        remote_ports=("49000",),
        local_addresses=("192.168.1.0/255.255.255.0",),
        remote_addresses=("LocalSubnet4", "LocalSubnet6", "10.0.0.1-10.0.0.9"),
        program=r"c:\path\foo.exe",
        service="Foo",
        name="Test",
        extra=(("version", "2.10"), ("Security", "Authenticate"), ("Security2_9", "An-NoEncap")),
        origin=ORIGIN,
    )


def test_absent_conditions_mean_no_condition() -> None:
    fw_rule = with_tokens("Action=Block", "Active=TRUE", "Dir=Out", "Name=all")
    assert (fw_rule.profiles, fw_rule.protocol, fw_rule.local_ports, fw_rule.program, fw_rule.service) == (
        (),
        None,
        (),
        None,
        None,
    )


@pytest.mark.parametrize(
    ("store", "active"),
    [
        (Store.LOCAL, False),
        (Store.GPO, False),
        (Store.APPISO, False),
        (Store.WSH_STATIC, True),
        (Store.WSH_CONFIGURABLE, True),
    ],
)
def test_a_rule_without_active_is_on_in_the_hardening_stores_only(store: Store, active: bool) -> None:
    assert with_tokens("Action=Block", "Dir=In", store=store).active is active


def test_an_odd_active_is_a_condition_nobody_understands_and_not_off() -> None:
    fw_rule = with_tokens("Action=Block", "Active=maybe")
    assert fw_rule.active
    assert ("Active", "maybe") in fw_rule.extra


def test_shipped_strings_that_break_the_grammar_are_read() -> None:
    first = parsed(
        r"V2.0|Action=Block|Dir=out|App=%SystemRoot%\System32\svchost.exe|Svc==Foo|Name=x|", Store.WSH_STATIC
    )
    assert (first.direction, first.service, first.active) == (Direction.OUT, "Foo", True)
    second = parsed(
        r"V2.0|Action=Allow|Dir=Out|rport=3268,389, 80|Protocol=tcp|app=c:\x.exe|LPORT=1024-2048|"
    )
    assert second.remote_ports == ("3268", "389", "80")
    assert (second.protocol, second.local_ports, second.program) == (6, ("1024-2048",), r"c:\x.exe")


@pytest.mark.parametrize("text", ["", "|", "Action=Allow|", "v2|Dir=In|", "vx.y|", "v2.1234|", "wide open"])
def test_a_string_without_a_version_is_a_problem(text: str) -> None:
    problem = parse_rule_string("x", text, Store.LOCAL, ORIGIN)
    assert isinstance(problem, Problem)
    assert problem.origin == ORIGIN


def test_a_missing_or_odd_action_and_direction_are_left_to_the_judge() -> None:
    fw_rule = with_tokens("Action=SecureServer", "Dir=Sideways", "Active=TRUE")
    assert (fw_rule.action, fw_rule.direction) == (None, None)
    assert fw_rule.extra[1:] == (("Action", "SecureServer"), ("Dir", "Sideways"))
    assert with_tokens("Active=TRUE").action is None


@pytest.mark.parametrize(
    ("token", "ports"),
    [
        ("LPort=rpc", ("RPC",)),
        ("LPort=RPC-EPMap", ("RPC-EPMap",)),
        ("LPort2_20=PLY2DISC", ("Ply2Disc",)),
        ("LPort2_24=mDNS", ("mDNS",)),
        ("LPort2_29=TcpCDPSvc", ("TcpCDPSvc",)),
        ("LPort=0080", ("80",)),
        ("LPort2_10=10 - 20", ("10-20",)),
        ("LPort=70000", ("70000",)),
        ("LPort=Whatever", ("Whatever",)),
        ("lport= 80 , 443 ,", ("80", "443")),
    ],
)
def test_ports_are_numbers_spans_keywords_or_kept_as_written(token: str, ports: tuple[str, ...]) -> None:
    assert with_tokens(token).local_ports == ports


@pytest.mark.parametrize(
    ("token", "address"),
    [
        ("RA4=localsubnet", "LocalSubnet4"),
        ("RA6=DNS", "DNS6"),
        ("RA42=IntErnet", "Internet4"),
        ("RA62=IntrAnet", "Intranet6"),
        ("RA42=RmtIntrAnet", "IntranetRemoteAccess4"),
        ("RA62=Ply2Renders", "PlayToDevice6"),
        ("RA42=CaptivePortal", "CaptivePortal4"),
        ("RA4=DefaultGateway", "DefaultGateway4"),
        ("RA6=fe80::/64", "fe80::/64"),
        ("RA4=10.20.0.0/16", "10.20.0.0/16"),
        ("RA42={1b5bd5ff-0000-0000-0000-000000000000}", "{1b5bd5ff-0000-0000-0000-000000000000}"),
    ],
)
def test_address_keywords_get_powershells_spelling_and_their_family(token: str, address: str) -> None:
    assert with_tokens(token).remote_addresses == (address,)


@pytest.mark.parametrize(
    ("value", "protocol"),
    [("17", 17), ("UDP", 17), ("icmpv6", 58), ("0", 0), ("255", 255), ("256", None), ("²", None)],
)
def test_protocols_are_numbers_or_known_names(value: str, protocol: int | None) -> None:
    assert with_tokens(f"Protocol={value}").protocol == protocol


def test_what_is_not_modelled_is_kept_in_order_as_written() -> None:
    tokens = (
        "ICMP4=8:*",
        "Edge=TRUE",
        "defer=User",
        "LUAuth=O:LSD:(A;;CC;;;S-1-5-84)",
        "Foo=Bar=Baz",
        "Platform=2:6:2",
    )
    assert extra_of(*tokens) == tuple(tuple(token.split("=", 1)) for token in tokens)


def test_a_part_without_equals_sign_is_kept_without_a_name() -> None:
    assert extra_of("stray", "=odd=") == (("", "stray"), ("", "odd="))


def test_a_second_value_for_a_single_field_becomes_a_condition_nobody_understands() -> None:
    fw_rule = with_tokens("Action=Allow", "Action=Block", "Name=a", "Name=b")
    assert (fw_rule.action, fw_rule.name) == (Action.ALLOW, "a")
    assert fw_rule.extra[1:] == (("Action", "Block"), ("Name", "b"))


@pytest.mark.parametrize(
    "token", ["Profile=Home", "Profile=Domain,Home", "App=", "Svc==", "LPort=,", "RA4=", "Name="]
)
def test_a_value_that_cannot_be_read_never_widens_the_rule_silently(token: str) -> None:
    assert extra_of(token) == (tuple(token.split("=", 1)),)


def test_profiles_may_come_as_a_comma_list() -> None:
    assert with_tokens("Profile=domain, Public").profiles == (Profile.DOMAIN, Profile.PUBLIC)


def test_rendering_writes_the_canonical_order_and_carriers() -> None:
    fw_rule = FirewallRule(
        id="x",
        store=Store.LOCAL,
        active=False,
        action=Action.BYPASS,
        direction=Direction.IN,
        profiles=(Profile.PRIVATE,),
        protocol=17,
        local_ports=("53", "1-9", "DHCP", "mDNS", "New"),
        remote_ports=("IPHTTPSOut",),
        local_addresses=("::1",),
        remote_addresses=("LocalSubnet", "Internet6", "10.0.0.1", "Novel"),
        program="System",
        service="*",
        name="n",
        extra=(("ICMP4", "8:0"), ("IFType", "Lan"), ("Edge", "TRUE"), ("", "stray"), ("", "a=b")),
        origin=ORIGIN,
    )
    assert render_rule_string(fw_rule) == (
        "v2.24|Action=ByPass|Active=FALSE|Dir=In|Protocol=17|Profile=Private|LPort=53|LPort2_10=1-9|LPort2_20=DHCP"
        "|LPort2_24=mDNS|LPort=New|RPort2_10=IPHTTPSOut|ICMP4=8:0|LA6=::1|RA4=LocalSubnet|RA6=LocalSubnet"
        "|RA62=IntErnet|RA4=10.0.0.1|RA4=Novel|IFType=Lan|App=System|Svc=*|Name=n|Edge=TRUE|stray|=a=b|"
    )


TEXT = st.text(st.characters(exclude_characters="|"), max_size=20)
WORDS = {
    "names": "Action Active Dir Protocol Profile LPort LPort2_10 LPort2_24 RPort LA4 LA6 RA4 RA6 RA42 RA62 "
    "ICMP4 IF IFType App Svc Name Desc Edge version Version Foo aPP rport name active",
    "values": "Allow BLOCK In out TRUE false 6 tcp 256 Domain public 80 1-9 9-1 RPC mdns LocalSubnet "
    "LocalSubnet4 Internet IntErnet IntranetRemoteAccess ply2renders 10.0.0.0/8 fe80::1 a,b =x == , ,= v2.30",
}
NAMES = st.sampled_from(WORDS["names"].split())
VALUES = st.one_of(TEXT, st.sampled_from(WORDS["values"].split()))
TOKENS = st.one_of(
    TEXT, st.builds("{}={}".format, NAMES, VALUES), st.builds("{}={},{}".format, NAMES, VALUES, VALUES)
)


@given(tokens=st.lists(TOKENS, max_size=12), store=st.sampled_from(Store))
def test_rendering_and_reading_again_changes_nothing(tokens: list[str], store: Store) -> None:
    fw_rule = with_tokens(*tokens, store=store)
    assert parsed(render_rule_string(fw_rule), store) == fw_rule


@given(text=st.text())
def test_no_text_raises(text: str) -> None:
    assert isinstance(parse_rule_string("x", text, Store.LOCAL, ORIGIN), FirewallRule | Problem)


def test_a_string_longer_than_the_memory_takes_is_read_alike() -> None:
    long = with_tokens("Action=Allow", "Dir=In", *(f"RA4=10.0.{i // 256}.{i % 256}" for i in range(2000)))
    assert (len(long.remote_addresses), long.remote_addresses[-1]) == (2000, "10.0.7.207")


@needs_corpus
def test_the_strings_of_the_specification_are_read() -> None:
    lines = (CORPUS / "rules_txt" / "spec_and_public_strings.txt").read_text(encoding="utf-8").splitlines()
    assert len([parsed(line) for line in lines if line]) == 7


@needs_corpus
def test_canonical_real_strings_render_to_the_very_same_text() -> None:
    lines = (CORPUS / "wfw" / "luthfina16_firewall.wfw.rules.tsv").read_text(encoding="utf-8").split("\n")
    texts = [
        text
        for store, _, text in (line.split("\t") for line in lines[1:] if line)
        if store == "FirewallRules"
    ]
    assert len(texts) == 412
    assert [render_rule_string(parsed(text)) for text in texts] == texts
