"""Group Policy reports say what the registry of their GPO would hold, and no more."""

import pytest

from scanner.errors import ParseError
from scanner.model import Action, Direction, FirewallRule, Origin, Problem, Profile, ProfileSettings, Store
from scanner.parsers.gpreport import looks_like_gpreport, parse_gpreport
from scanner.parsers.registry_firewall import firewall_facts, gpo_was_looked_at
from scanner.parsers.registry_pol import parse_registry_pol
from scanner.parsers.text import decode
from scanner.registry_key import RegistryKey
from scanner.registry_paths import GPO_FIREWALL_POLICY
from tests.corpus import CORPUS, needs_corpus

SETTINGS = "http://www.microsoft.com/GroupPolicy/Settings"
RULE = (
    "<q1:Version>2.10</q1:Version><q1:Action>Allow</q1:Action><q1:Name>CE DB</q1:Name><q1:Dir>In</q1:Dir>"
    "<q1:App>C:\\CE\\db.exe</q1:App><q1:Protocol>6</q1:Protocol><q1:LPort>9901</q1:LPort>"
    "<q1:LPort>9902</q1:LPort><q1:Profile>Domain</q1:Profile><q1:Active>true</q1:Active><q1:Desc/>"
)
PROFILE = (
    "<q1:DomainProfile><q1:EnableFirewall><q1:Value>false</q1:Value></q1:EnableFirewall>"
    "<q1:LogFilePath><q1:Value>%systemroot%\\x.log</q1:Value></q1:LogFilePath></q1:DomainProfile>"
)


def gpo(firewall: str, computer: str = "<Enabled>true</Enabled>") -> str:
    return (
        '<?xml version="1.0" encoding="utf-16"?>\r\n'
        f'<GPO xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns="{SETTINGS}"><Name>x</Name>'
        f"<Computer>{computer}<ExtensionData>"
        f'<Extension xmlns:q1="{SETTINGS}/WindowsFirewall" xsi:type="q1:WindowsFirewallSettings">{firewall}'
        "</Extension></ExtensionData></Computer></GPO>"
    )


def weighed(precedence: int, value: str) -> str:
    """A setting as gpresult writes it."""
    return (
        f'<q1:EnableFirewall><GPO xmlns="{SETTINGS}/Base"><Identifier>g</Identifier></GPO>'
        f'<Precedence xmlns="{SETTINGS}/Base">{precedence}</Precedence><q1:Value>{value}</q1:Value>'
        "</q1:EnableFirewall>"
    )


def result(firewall: str) -> str:
    inner = gpo(firewall).partition("<ExtensionData>")[2].partition("</Computer>")[0]
    return (
        '<?xml version="1.0"?><Rsop xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        'xmlns="http://www.microsoft.com/GroupPolicy/Rsop"><ComputerResults><ExtensionData>'
        f"{inner}</ComputerResults></Rsop>"
    )


def read(text: str) -> list[RegistryKey | Problem]:
    return list(parse_gpreport(text, Origin(source="gpreport.xml")))


def keys(text: str) -> list[RegistryKey]:
    return [item for item in read(text) if isinstance(item, RegistryKey)]


def facts(text: str) -> list[object]:
    return list(firewall_facts(keys(text)))


@pytest.mark.parametrize("text", [gpo(""), result(""), gpo("").partition("?>")[2]])
def test_a_report_is_known_by_its_root(text: str) -> None:
    assert looks_like_gpreport(text)
    assert read(text) == []


@pytest.mark.parametrize(
    "text", ["", "<GPO/>", "<x/>", f'<GPOs xmlns="{SETTINGS}"/>', '<GPO xmlns="urn:x"/>', "<" * 100_000]
)
def test_other_xml_is_none(text: str) -> None:
    assert not looks_like_gpreport(text)
    with pytest.raises(ParseError, match="not a report"):
        read(text)


def test_a_profile_becomes_its_keys() -> None:
    domain, logging = keys(gpo(PROFILE))
    assert (domain.path, domain.values) == (rf"{GPO_FIREWALL_POLICY}\DomainProfile", (("EnableFirewall", 0),))
    assert logging.path == rf"{GPO_FIREWALL_POLICY}\DomainProfile\Logging"
    assert logging.values == (("LogFilePath", r"%systemroot%\x.log"),)
    assert domain.one_gpo
    assert not gpo_was_looked_at([domain, logging])


def test_a_rule_is_read_as_the_registry_holds_it() -> None:
    (fw_rule,) = facts(gpo(f"<q1:InboundFirewallRules>{RULE}</q1:InboundFirewallRules>"))
    assert isinstance(fw_rule, FirewallRule)
    assert (fw_rule.store, fw_rule.id, fw_rule.name) == (Store.GPO, "gpreport-1", "CE DB")
    assert (fw_rule.active, fw_rule.action, fw_rule.direction) == (True, Action.ALLOW, Direction.IN)
    assert (fw_rule.protocol, fw_rule.local_ports) == (6, ("9901", "9902"))
    assert (fw_rule.program, fw_rule.profiles) == (r"C:\CE\db.exe", (Profile.DOMAIN,))


def test_a_condition_we_do_not_know_stays_with_the_rule() -> None:
    (fw_rule,) = facts(gpo(f"<q1:InboundFirewallRules>{RULE}<q1:New>x</q1:New></q1:InboundFirewallRules>"))
    assert isinstance(fw_rule, FirewallRule)
    assert ("New", "x") in fw_rule.extra


def test_a_value_cannot_smuggle_in_a_condition() -> None:
    evil = RULE.replace("CE DB", "CE|Action=Block")
    (problem,) = read(gpo(f"<q1:InboundFirewallRules>{evil}</q1:InboundFirewallRules>"))
    assert isinstance(problem, Problem)
    assert problem.origin.locator == "line 2"
    assert "no firewall rule has a bar" in problem.reason


def test_of_a_result_only_what_prevails_counts() -> None:
    firewall = f"<q1:DomainProfile>{weighed(1, 'true')}{weighed(2, 'false')}</q1:DomainProfile>" + "".join(
        f'<q1:InboundFirewallRules><Precedence xmlns="{SETTINGS}/Base">{precedence}</Precedence>{RULE}'
        "</q1:InboundFirewallRules>"
        for precedence in (1, 2, 20)
    )
    fw_rule, settings = facts(result(firewall))
    assert isinstance(fw_rule, FirewallRule)
    assert isinstance(settings, ProfileSettings)
    assert settings.enabled is True


def test_a_gpo_whose_computer_half_is_off_sets_nothing() -> None:
    (problem,) = read(gpo(PROFILE, "<Enabled>false</Enabled>"))
    assert isinstance(problem, Problem)
    assert "switched off" in problem.reason


def test_a_setting_without_its_value_is_a_problem() -> None:
    problem, key = read(gpo("<q1:DomainProfile><q1:EnableFirewall/></q1:DomainProfile>"))
    assert isinstance(problem, Problem)
    assert isinstance(key, RegistryKey)
    assert (problem.text, key.values) == ("EnableFirewall", ())


def test_a_report_on_several_gpos_is_refused_with_what_to_run_instead() -> None:
    several = f"<report>{gpo(PROFILE).partition('?>')[2]}</report>"
    assert looks_like_gpreport(several)
    with pytest.raises(ParseError, match="gpresult /x"):
        read(several)


@pytest.mark.parametrize("text", [gpo(PROFILE)[:-9], gpo("&x;")])
def test_broken_xml_is_refused(text: str) -> None:
    with pytest.raises(ParseError, match=r"gpreport\.xml: not well-formed XML"):
        read(text)


def test_entities_are_not_believed() -> None:
    text = gpo(PROFILE).replace("\r\n<GPO", '\r\n<!DOCTYPE GPO [<!ENTITY x "y">]><GPO')
    assert not looks_like_gpreport(text)


@needs_corpus
def test_the_corpus_report_says_what_the_gpos_registry_file_says() -> None:
    folder = CORPUS / "gpo"
    report = keys(decode((folder / "nsacyber_firewall_gpreport.xml").read_bytes()))
    policy = parse_registry_pol((folder / "nsacyber_firewall_registry.pol").read_bytes(), Origin(source="x"))
    told = {(key.path, value) for key in report for value in key.values}
    stored = {(key.path, value) for key in policy if isinstance(key, RegistryKey) for value in key.values}
    assert len(told) == 23
    assert stored - told == {(GPO_FIREWALL_POLICY, ("PolicyVersion", 538))}
    assert told <= stored
