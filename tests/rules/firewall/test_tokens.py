"""The other tokens of a rule string as conditions (windows-firewall.md 2.3, 2.6, 3.6)."""

import pytest

from rules.firewall.decision import Outcome
from rules.firewall.os_version import build_number
from scanner.model import Host, Profile
from tests.rules.firewall.policies import decided, flow, fw_rule, interface

ALLOWED, BLOCKED, CONDITIONAL = Outcome.ALLOWED, Outcome.BLOCKED, Outcome.CONDITIONAL
LAN = interface("LAN", "10.0.0.1/24", guid="{AAAA}", kind="lan", profile=Profile.DOMAIN)
RADIO = interface("Wi-Fi", "10.1.0.1/24", guid="{BBBB}", kind="wireless", profile=Profile.DOMAIN)
BARE = interface("?", "10.0.0.1/24", profile=Profile.DOMAIN)


@pytest.mark.parametrize(
    "token",
    [
        "Desc=x",
        "EmbedCtxt=x",
        "LSM=TRUE",
        "PCross=TRUE",
        "CAudit=TRUE",
        "DevMode=TRUE",
        "Edge=TRUE",
        "Defer=App",
        "App=",
        "Name=",
        "BtoIf=FALSE",
        "Security=NotRequired",
    ],
)
def test_a_token_that_changes_no_match(token: str) -> None:
    assert decided(flow(443), fw_rule(f"Action=Allow|{token}")).outcome == ALLOWED


@pytest.mark.parametrize(
    "token",
    [
        "Foo=Bar",
        "Foo=",
        "NNm=x",
        "TTK=Proximity",
        "TTK2_22=WFDPrint",
        "SecurityRealmId=S-1-5",
        "ComptId=1",
        "LUAuth=O:LSD:",
        "LUAuth2_24=AAAA",
        "LUOwn=S-1-5-21-1",
        "RMAuth=O:LSD:",
        "BtoIf=TRUE",
        "stray",
        "Profile=Nowhere",
        "Protocol=999",
    ],
)
@pytest.mark.parametrize("action", ["Allow", "Block"])
def test_a_token_nobody_models_makes_the_rule_unknown(action: str, token: str) -> None:
    answer = decided(flow(443), fw_rule(f"Action={action}|{token}"), fw_rule("Action=Allow|Protocol=17"))

    assert answer.outcome == (CONDITIONAL if action == "Allow" else BLOCKED)
    assert decided(flow(443), fw_rule(f"Action={action}|{token}"), fw_rule("Action=Allow")).outcome == (
        ALLOWED if action == "Allow" else CONDITIONAL
    )


@pytest.mark.parametrize(
    ("tokens", "found", "outcome"),
    [
        ("IF={aaaa}", LAN, ALLOWED),
        ("IF={CCCC}", LAN, BLOCKED),
        ("IF={AAAA}", BARE, CONDITIONAL),
        ("IFType=Lan", LAN, ALLOWED),
        ("IFType=Wireless", LAN, BLOCKED),
        ("IFType=Wireless,LAN", LAN, ALLOWED),
        ("IFType=MobileBBand", LAN, CONDITIONAL),
        ("IFType=Lan", BARE, CONDITIONAL),
        ("IFType=Lan", RADIO, CONDITIONAL),
    ],
)
def test_interface_conditions(tokens: str, found: object, outcome: Outcome) -> None:
    """The flow comes to 10.0.0.1, which the Wi-Fi interface does not own."""
    assert decided(flow(443), fw_rule(f"Action=Allow|{tokens}"), found).outcome == outcome


@pytest.mark.parametrize(
    ("tokens", "build", "outcome"),
    [
        ("Platform=2:6:2|Platform2=GTEQ", "17763", ALLOWED),
        ("Platform=2:6:2|Platform2=GTEQ", "10.0.17763.55", ALLOWED),
        ("Platform=2:6:2|Platform2=GTEQ", "7601", BLOCKED),
        ("Platform=2:6:2", "17763", BLOCKED),
        ("Platform=2:10:0", "17763", ALLOWED),
        ("Platform=2:6:1|Platform=2:6:2|Platform2=GTEQ", "7601", ALLOWED),
        ("Platform=2:6:2|Platform2=GTEQ", None, CONDITIONAL),
        ("Platform=odd", "17763", CONDITIONAL),
        ("Platform=2:6:2|Platform2=LESS", "17763", CONDITIONAL),
        ("SkipVer=2.29", "17763", BLOCKED),
        ("SkipVer=2.28", "17763", ALLOWED),
        ("SkipVer=2.28", None, CONDITIONAL),
        ("SkipVer=odd", "17763", CONDITIONAL),
    ],
)
def test_conditions_on_the_windows_version(tokens: str, build: str | None, outcome: Outcome) -> None:
    allow = fw_rule(f"Action=Allow|{tokens}")

    assert decided(flow(443), allow, host=Host(os_build=build)).outcome == outcome


@pytest.mark.parametrize(
    ("text", "build"), [("17763", 17763), ("10.0.17763.1", 17763), ("", None), (None, None), ("2600", None)]
)
def test_the_build_number_in_what_hosts_report(text: str | None, build: int | None) -> None:
    assert build_number(text) == build


@pytest.mark.parametrize(
    ("tokens", "protocol", "outcome"),
    [
        ("Protocol=1", 1, ALLOWED),
        ("Protocol=1|ICMP4=8:*", 1, CONDITIONAL),
        ("Protocol=1|ICMP4=8:*", 6, BLOCKED),
        ("ICMP6=128:*", 1, BLOCKED),
        ("Protocol=6", 256, CONDITIONAL),
        ("", 256, ALLOWED),
    ],
)
def test_icmp_and_an_unstated_protocol(tokens: str, protocol: int, outcome: Outcome) -> None:
    assert decided(flow(None, protocol), fw_rule(f"Action=Allow|{tokens}")).outcome == outcome


def test_bypass_never_admits_plain_traffic_and_a_secured_block_never_stops_it() -> None:
    bypass = fw_rule("Action=ByPass|Security=Authenticate|RMAuth=O:LSD:")
    block = fw_rule("Action=Block|Security=Authenticate")

    assert decided(flow(443), bypass).outcome == BLOCKED
    assert decided(flow(443), block, fw_rule("Action=Allow")).outcome == ALLOWED


def test_the_other_reading_of_authenticate_is_noted_when_a_plain_allow_decides() -> None:
    secured = fw_rule("Action=Allow|Protocol=6|LPort=443|Security=Authenticate|Name=Safe")

    answer = decided(flow(443), secured, fw_rule("Action=Allow"))
    elsewhere = decided(flow(80), secured, fw_rule("Action=Allow"))

    assert answer.outcome == ALLOWED
    assert any("Safe" in note and "unconfirmed" in note for note in answer.notes)
    assert elsewhere.notes == ()
