"""Hypothesis strategies for small, nasty policies and for flows that come near them."""

from typing import Any

from hypothesis import strategies as st

from rules.firewall.flow import Flow
from scanner.model import Action, FirewallRule, Profile, ProfileSettings, Snapshot, Store
from tests.rules.firewall.policies import HERE, raw_rule

EVERY_IPV4 = "0.0.0.0"  # noqa: S104 - what a listener shows, not what we bind
PROFILES = (Profile.DOMAIN, Profile.PRIVATE, Profile.PUBLIC)
PORTS = ("80", "443", "135", "1900", "5353", "49200", "50000", "0-65535", "440-450", "80-443", "66-1")
KEYWORDS = ("RPC", "RPC-EPMap", "IPHTTPSIn", "Teredo", "Ply2Disc", "mDNS", "DHCP", "TcpNovelty")
PROGRAMS = (
    r"C:\CE\server.exe",
    r"c:\ce\SERVER.EXE",
    r"%ProgramFiles%\CE\server.exe",
    r"C:\PROGRA~1\CE\server.exe",
    r"%SystemRoot%\System32\svchost.exe",
    r"C:\CE\lib\..\server.exe",
    r"%LOCALAPPDATA%\server.exe",
    "System",
)
FLOW_PROGRAMS = (
    None,
    r"C:\CE\server.exe",
    r"C:\Program Files\CE\server.exe",
    r"C:\Windows\System32\svchost.exe",
    "System",
)
LOCAL = ("LA4=10.0.0.1", "LA4=10.0.0.0/24", "LA6=2001:db8::1")
REMOTE = (
    "RA4=10.0.0.9",
    "RA4=10.0.0.77/255.255.255.0",
    "RA4=10.0.0.1-10.0.0.20",
    "RA4=10.0.0.20-10.0.0.1",
    "RA6=2001:db8::/64",
    "RA4=LocalSubnet",
    "RA6=LocalSubnet",
    "RA42=IntErnet",
)
OTHERS = (
    "Foo=Bar",
    "Security=Authenticate",
    "PFN=Some.App_1",
    "LUAuth=O:LSD:",
    "Edge=TRUE",
    "LOM=TRUE",
    "IFType=Lan",
)
STORES = (Store.LOCAL, Store.LOCAL, Store.GPO, Store.WSH_STATIC)


def _some(words: tuple[str, ...], prefix: str = "", most: int = 2) -> st.SearchStrategy[str]:
    """Up to `most` of `words` as tokens, mostly none."""
    chosen = st.one_of(st.just([]), st.lists(st.sampled_from(words), max_size=most))
    return chosen.map(lambda found: "".join(f"{prefix}{word}|" for word in found))


fw_rules: st.SearchStrategy[FirewallRule] = st.builds(
    lambda store, number, *tokens: raw_rule("v2.30|" + "".join(tokens), store=store, rule_id=f"r{number}"),
    st.sampled_from(STORES),
    st.integers(0, 9),
    st.sampled_from(("Action=Allow|", "Action=Allow|", "Action=Block|", "Action=ByPass|", "")),
    st.sampled_from(("Active=TRUE|", "Active=TRUE|", "Active=TRUE|", "Active=FALSE|", "")),
    st.sampled_from(("Dir=In|", "Dir=In|", "Dir=In|", "Dir=In|", "Dir=Out|")),
    st.sampled_from(("", "Protocol=6|", "Protocol=6|", "Protocol=17|", "Protocol=1|")),
    _some(tuple(profile.title() for profile in PROFILES), "Profile="),
    _some(PORTS, "LPort="),
    st.one_of(st.just(""), st.just(""), _some(KEYWORDS, "LPort=", 1)),
    st.one_of(st.just(""), st.just(""), _some(("50000", "1-1024"), "RPort=", 1)),
    _some(LOCAL, most=1),
    _some(REMOTE),
    _some(PROGRAMS, "App=", 1),
    _some(("*", "X", "y"), "Svc=", 1),
    st.one_of(st.just(""), st.just(""), _some(OTHERS, most=1)),
)


def _setting(*values: object) -> st.SearchStrategy[Any]:
    return st.sampled_from((None, None, *values))


settings: st.SearchStrategy[ProfileSettings] = st.builds(
    ProfileSettings,
    store=st.sampled_from((Store.LOCAL, Store.GPO)),
    profile=st.sampled_from((*PROFILES, Profile.STANDARD)),
    enabled=_setting(None, None, True, False),
    default_inbound=_setting(Action.ALLOW, Action.BLOCK),
    block_all_inbound=_setting(None, None, True, False),
    allow_local_rules=_setting(True, False),
    allow_user_apps=_setting(True, False),
    disabled_interfaces=_setting(None, None, None, (), ("{1}",)),
    origin=st.just(HERE),
)


def _policy(own_rules: list[FirewallRule], found: list[ProfileSettings]) -> Snapshot:
    """A rule id occurs once a store, a settings key once; only GPO has a StandardProfile."""
    own = {(fw_rule.store, fw_rule.id): fw_rule for fw_rule in own_rules}
    keys = {(key.store, key.profile): key for key in found}
    keys.pop((Store.LOCAL, Profile.STANDARD), None)
    return Snapshot(firewall_rules=tuple(own.values()), profile_settings=tuple(keys.values()))


policies: st.SearchStrategy[Snapshot] = st.builds(
    _policy, st.lists(fw_rules, max_size=8), st.one_of(st.just([]), st.lists(settings, max_size=4))
)

flows: st.SearchStrategy[Flow] = st.builds(
    Flow,
    protocol=st.sampled_from((6, 6, 6, 17, 17, 1, 47)),
    local_port=st.sampled_from((None, 80, 443, 443, 135, 1900, 5353, 546, 3544, 49200, 5555)),
    remote_port=st.sampled_from((None, 50000, 700)),
    local_address=st.sampled_from(
        (None, "10.0.0.1", "10.0.0.2", EVERY_IPV4, "::", "2001:db8::1", "127.0.0.1")
    ),
    remote_address=st.sampled_from(
        (None, "10.0.0.9", "10.0.0.1", "8.8.8.8", "2001:db8::5", "::1", "127.0.0.1")
    ),
    program=st.sampled_from(FLOW_PROGRAMS),
    service=st.sampled_from((None, "", "x", "Y")),
    profile=st.sampled_from((None, *PROFILES, *PROFILES)),
)
