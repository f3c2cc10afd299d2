"""A hypothesis strategy for policies whose firewall rules lie on, in and across each other."""

from hypothesis import strategies as st

from scanner.model import FirewallRule, Host, Profile, ProfileSettings, Snapshot, Store
from tests.rules.firewall.policies import fw_rule, interface
from tests.rules.firewall.random_policies import settings

ACTIONS = ("Allow", "Allow", "Allow", "Block")
PORTS = (
    "",
    "",
    "80",
    "81",
    "80-81",
    "79-81",
    "82-90",
    "0-79",
    "82-65535",
    "RPC",
    "49152-65535",
    "TcpNovelty",
)
REMOTES = (
    *("", "", "", "", "RA4=10.0.0.0/25", "RA4=10.0.0.128/25", "RA4=10.0.0.0/24", "RA4=0.0.0.0-9.255.255.255"),
    *(
        "RA4=10.0.1.0-255.255.255.255",
        "RA4=0.0.0.0/0|RA6=::/0",
        "RA6=::/0",
        "RA4=DNS",
        "RA4=10.0.0.7|RA4=DNS",
    ),
    "RA4=LocalSubnet|RA6=LocalSubnet",
)
PROFILES = ("", "", "", "Profile=Domain", "Profile=Private|Profile=Public", "Profile=Public")
PROGRAMS = (
    *("", "", r"App=C:\CE\server.exe", r"App=c:\ce\SERVER.EXE", "App=System"),
    *(r"App=C:\PROGRA~1\CE\server.exe", r"App=%ProgramFiles%\CE\server.exe"),
)
SERVICES = ("", "", "", "", "Svc=x", "Svc=*")
OTHERS = (
    *(
        "",
        "",
        "",
        "",
        "",
        "",
        "Foo=Bar",
        "Edge=TRUE",
        "LOM=TRUE",
        "RPort=50000",
        "RPort=1-60000",
        "LA4=10.0.0.1",
    ),
    *("LA4=10.0.0.0/24", "LA6=2001:db8::1", "Security=Authenticate", "IFType=Lan", "Platform=2:6:2"),
)
STORES = (Store.LOCAL, Store.LOCAL, Store.LOCAL, Store.GPO, Store.WSH_STATIC)
INTERFACES = (
    (),
    (interface("lan", "10.0.0.1/24", "fe80::1/64", profile=Profile.DOMAIN, kind="lan"),),
    (
        interface("lan", "10.0.0.1/24", profile=Profile.DOMAIN, kind="lan"),
        interface("wifi", "192.168.0.1/24", "2001:db8::1/64", profile=Profile.PUBLIC, kind="wireless"),
    ),
)


def _fw_rule(store: Store, number: int, action: str, protocol: str, ports: str, *more: str) -> FirewallRule:
    """Ports need a protocol that has them."""
    tokens = (
        f"Action={action}",
        *((protocol or "Protocol=6", f"LPort={ports}") if ports else (protocol,)),
        *more,
    )
    return fw_rule("|".join(filter(None, tokens)), store=store, rule_id=f"r{number}")


crowded_rules = st.builds(
    _fw_rule,
    st.sampled_from(STORES),
    st.integers(0, 40),
    st.sampled_from(ACTIONS),
    st.sampled_from(("", "Protocol=6", "Protocol=6", "Protocol=6", "Protocol=17")),
    *(st.sampled_from(words) for words in (PORTS, REMOTES, PROFILES, PROGRAMS, SERVICES, OTHERS)),
)


def _policy(
    own_rules: list[FirewallRule], found: list[ProfileSettings], interfaces: tuple, build: str | None
) -> Snapshot:
    own = {(entry.store, entry.id): entry for entry in own_rules}
    keys = {(key.store, key.profile): key for key in found}
    keys.pop((Store.LOCAL, Profile.STANDARD), None)
    return Snapshot(
        firewall_rules=tuple(own.values()),
        profile_settings=tuple(keys.values()),
        interfaces=interfaces,
        host=Host(os_build=build),
    )


crowded = st.builds(
    _policy,
    st.lists(crowded_rules, min_size=3, max_size=12),
    st.one_of(st.just([]), st.just([]), st.lists(settings, max_size=3)),
    st.sampled_from(INTERFACES),
    st.sampled_from((None, "17763")),
)
