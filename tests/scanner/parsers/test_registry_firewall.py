"""Every store of the firewall's policy, found by its key."""

from datetime import UTC, datetime

import pytest

from scanner.model import Action, FirewallRule, Origin, Problem, Profile, ProfileSettings, Store
from scanner.parsers.reg_file import parse_reg
from scanner.parsers.registry_firewall import firewall_changed_at, firewall_facts, gpo_was_looked_at
from scanner.registry_key import RegistryData, RegistryKey
from tests.corpus import CORPUS, needs_corpus

SHARED = r"HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services\SharedAccess"
LOCAL = rf"{SHARED}\Parameters\FirewallPolicy"
GPO = r"HKEY_LOCAL_MACHINE\SOFTWARE\Policies\Microsoft\WindowsFirewall"
SOURCE = Origin(source="registry/firewall.reg", locator="line 1")
TEXT = "v2.30|Action=Allow|Active=TRUE|Dir=In|Name=x|"


def key(path: str, **values: RegistryData) -> RegistryKey:
    return RegistryKey(path=path, values=tuple(values.items()), origin=SOURCE)


def only_settings(*keys: RegistryKey) -> ProfileSettings:
    (settings,) = firewall_facts(keys)
    assert isinstance(settings, ProfileSettings)
    return settings


@pytest.mark.parametrize(
    ("path", "store", "locator"),
    [
        (rf"{LOCAL}\FirewallRules", Store.LOCAL, r"FirewallPolicy\FirewallRules : id"),
        (rf"{LOCAL}\FIREWALLRULES".swapcase(), Store.LOCAL, r"fIREWALLpOLICY\firewallrules : id"),
        (rf"{GPO}\FirewallRules", Store.GPO, r"WindowsFirewall\FirewallRules : id"),
        (rf"{LOCAL}\Mdm\FirewallRules", Store.MDM, r"FirewallPolicy\Mdm\FirewallRules : id"),
        (
            rf"{LOCAL}\RestrictedServices\Static\System",
            Store.WSH_STATIC,
            r"FirewallPolicy\RestrictedServices\Static\System : id",
        ),
        (
            rf"{LOCAL}\RestrictedServices\Configurable\System",
            Store.WSH_CONFIGURABLE,
            r"FirewallPolicy\RestrictedServices\Configurable\System : id",
        ),
        (
            rf"{LOCAL}\RestrictedServices\AppIso\FirewallRules",
            Store.APPISO,
            r"FirewallPolicy\RestrictedServices\AppIso\FirewallRules : id",
        ),
        (
            rf"{SHARED}\Defaults\FirewallPolicy\FirewallRules",
            Store.DEFAULTS,
            r"Defaults\FirewallPolicy\FirewallRules : id",
        ),
    ],
)
def test_each_store_has_its_key(path: str, store: Store, locator: str) -> None:
    (fw_rule,) = firewall_facts([key(path, id=TEXT)])
    assert isinstance(fw_rule, FirewallRule)
    assert (fw_rule.id, fw_rule.store, fw_rule.active) == ("id", store, True)
    assert fw_rule.origin == Origin(source="registry/firewall.reg", locator=locator)


@pytest.mark.parametrize(
    "path",
    [
        rf"{LOCAL}\ConSecRules",
        rf"{LOCAL}\FirewallRules\Below",
        rf"{SHARED}\Epoch",
        r"HKEY_CURRENT_USER\FirewallRules",
    ],
)
def test_other_keys_hold_no_firewall_rules(path: str) -> None:
    assert list(firewall_facts([key(path, id=TEXT)])) == []


@pytest.mark.parametrize("data", [1, b"v2.30|", ("v2.30|",), "nonsense"])
def test_a_value_that_is_no_rule_string_is_a_problem(data: RegistryData) -> None:
    problem, fw_rule = firewall_facts([key(rf"{LOCAL}\FirewallRules", bad=data, good=TEXT)])
    assert isinstance(problem, Problem)
    assert problem.origin.locator == r"FirewallPolicy\FirewallRules : bad"
    assert isinstance(fw_rule, FirewallRule)


@pytest.mark.parametrize(
    ("path", "store", "profile"),
    [
        (rf"{LOCAL}\DomainProfile", Store.LOCAL, Profile.DOMAIN),
        (rf"{LOCAL}\StandardProfile", Store.LOCAL, Profile.PRIVATE),
        (rf"{LOCAL}\PublicProfile", Store.LOCAL, Profile.PUBLIC),
        (rf"{GPO}\DomainProfile", Store.GPO, Profile.DOMAIN),
        (rf"{GPO}\PrivateProfile", Store.GPO, Profile.PRIVATE),
        (rf"{GPO}\PublicProfile", Store.GPO, Profile.PUBLIC),
        (rf"{GPO}\StandardProfile", Store.GPO, Profile.STANDARD),
        (rf"{LOCAL}\Mdm\DomainProfile", Store.MDM, Profile.DOMAIN),
        (rf"{LOCAL}\Mdm\PrivateProfile", Store.MDM, Profile.PRIVATE),
        (rf"{LOCAL}\Mdm\StandardProfile", Store.MDM, Profile.PRIVATE),
        (rf"{LOCAL}\Mdm\PublicProfile\Logging", Store.MDM, Profile.PUBLIC),
        (rf"{GPO}\PrivateProfile\Services\FileAndPrint", Store.GPO, Profile.PRIVATE),
    ],
)
def test_a_profile_key_counts_though_it_be_empty_or_only_implied(
    path: str, store: Store, profile: Profile
) -> None:
    settings = only_settings(key(path))
    assert (settings.store, settings.profile, settings.enabled) == (store, profile, None)


def test_all_settings_of_a_profile_are_merged_from_its_keys() -> None:
    path = rf"{GPO}\DomainProfile"
    settings = only_settings(
        key(
            path,
            EnableFirewall=1,
            DefaultInboundAction=1,
            DefaultOutboundAction=0,
            DoNotAllowExceptions=0,
            AllowLocalPolicyMerge=0,
            AllowLocalIPsecPolicyMerge=1,
            DisableNotifications=1,
            DisabledInterfaces="{A},{B}",
            DisableStealthMode=1,
        ),
        key(rf"{path}\AuthorizedApplications", AllowUserPrefMerge=0),
        key(rf"{path}\GloballyOpenPorts", AllowUserPrefMerge=1),
        key(
            rf"{path}\Logging",
            LogDroppedPackets=1,
            LogSuccessfulConnections=0,
            LogFileSize=16384,
            LogFilePath="x.log",
        ),
    )
    assert settings == ProfileSettings(
        store=Store.GPO,
        profile=Profile.DOMAIN,
        enabled=True,
        default_inbound=Action.BLOCK,
        default_outbound=Action.ALLOW,
        block_all_inbound=False,
        allow_local_rules=False,
        allow_local_ipsec_rules=True,
        allow_user_apps=False,
        allow_user_ports=True,
        notify_on_listen=False,
        disabled_interfaces=("{A}", "{B}"),
        log_dropped=True,
        log_allowed=False,
        log_file="x.log",
        log_size_kb=16384,
        origin=Origin(source="registry/firewall.reg", locator=r"WindowsFirewall\DomainProfile"),
    )


@pytest.mark.parametrize(
    ("text", "enabled"), [("1", True), ("0x0", False), (" 0x00000001 ", True), ("00", False)]
)
def test_a_number_written_as_text_is_accepted(text: str, enabled: bool) -> None:
    assert only_settings(key(rf"{LOCAL}\DomainProfile", EnableFirewall=text)).enabled is enabled


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("EnableFirewall", "yes"),
        ("EnableFirewall", 2),
        ("EnableFirewall", b"\x01"),
        ("EnableFirewall", "²"),
        ("DefaultInboundAction", 7),
        ("DisableNotifications", ("1",)),
        ("DisabledInterfaces", 1),
    ],
)
def test_garbage_is_a_problem_and_counts_as_absent(name: str, data: RegistryData) -> None:
    problem, settings = firewall_facts([key(rf"{LOCAL}\PublicProfile", **{name: data})])
    assert isinstance(problem, Problem)
    assert problem.origin.locator == rf"FirewallPolicy\PublicProfile : {name}"
    assert settings == only_settings(key(rf"{LOCAL}\PublicProfile"))


def test_a_log_file_that_is_no_text_is_a_problem() -> None:
    problem, _ = firewall_facts([key(rf"{LOCAL}\PublicProfile\Logging", LogFilePath=1)])
    assert isinstance(problem, Problem)


def test_disabled_interfaces_may_be_none_or_a_list() -> None:
    path = rf"{LOCAL}\DomainProfile"
    assert only_settings(key(path, DisabledInterfaces="")).disabled_interfaces == ()
    assert only_settings(key(path, DisabledInterfaces=("{A}", "{B}"))).disabled_interfaces == ("{A}", "{B}")


def test_of_two_values_the_first_stands_and_the_contradiction_is_told() -> None:
    first, second = (
        key(rf"{LOCAL}\DomainProfile", EnableFirewall=1),
        key(rf"{LOCAL}\DomainProfile", EnableFirewall=0),
    )
    problem, settings = firewall_facts([first, second, first])
    assert isinstance(problem, Problem)
    assert isinstance(settings, ProfileSettings)
    assert settings.enabled


def test_the_local_private_profile_key_is_not_one_that_windows_reads() -> None:
    (problem,) = firewall_facts(
        [key(rf"{LOCAL}\PrivateProfile", EnableFirewall=0), key(rf"{LOCAL}\PrivateProfile\X")]
    )
    assert isinstance(problem, Problem)
    assert "StandardProfile" in problem.reason


@pytest.mark.parametrize(
    ("below", "name", "data"),
    [
        ("AuthorizedApplications", r"C:\a.exe", r"C:\a.exe:*:Enabled:A"),
        ("GloballyOpenPorts", "3389:TCP", "3389:TCP:LocalSubNet:Enabled:@xpsp2res.dll,-22009"),
    ],
)
def test_local_legacy_lists_are_told_and_not_evaluated(below: str, name: str, data: str) -> None:
    problem, settings = firewall_facts([key(rf"{LOCAL}\StandardProfile\{below}\List", **{name: data})])
    assert isinstance(problem, Problem)
    assert problem.reason.startswith("legacy entry, not evaluated: ")
    assert name in problem.origin.locator
    assert isinstance(settings, ProfileSettings)


APPS = r"AuthorizedApplications\List"
PORTS = r"GloballyOpenPorts\List"


def test_group_policys_legacy_lists_are_rules_with_an_unknown_condition() -> None:
    facts = list(
        firewall_facts(
            [
                key(
                    rf"{GPO}\StandardProfile\AuthorizedApplications\List", **{"a": r"C:\a.exe:*:Enabled:A:B"}
                ),
                key(
                    rf"{GPO}\DomainProfile\GloballyOpenPorts\List",
                    **{"p": "443:tcp:LocalSubNet,10.0.0.0/8:disabled"},
                ),
                key(rf"{GPO}\DomainProfile\GloballyOpenPorts\List", **{"junk": "443"}),
            ]
        )
    )

    program, port = (fact for fact in facts if isinstance(fact, FirewallRule))
    assert (program.program, program.active, program.name) == (r"C:\a.exe", True, "A:B")
    assert program.profiles == (Profile.PRIVATE, Profile.PUBLIC)
    assert program.extra == (("Legacy", "AuthorizedApplications"),)
    assert (port.protocol, port.local_ports, port.active) == (6, ("443",), False)
    assert port.remote_addresses == ("LocalSubnet", "10.0.0.0/8")
    assert [fact.text for fact in facts if isinstance(fact, Problem)] == ["443"]


def test_a_newer_profile_key_supersedes_the_legacy_lists_of_standard() -> None:
    facts = list(
        firewall_facts(
            [
                key(rf"{GPO}\StandardProfile\AuthorizedApplications\List", **{"a": r"C:\a.exe:*:Enabled:A"}),
                key(rf"{GPO}\PublicProfile"),
            ]
        )
    )

    assert not any(isinstance(fact, FirewallRule) for fact in facts)
    assert any(isinstance(fact, Problem) and "legacy entry" in fact.reason for fact in facts)


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        (r"HKEY_LOCAL_MACHINE\Software\Policies", True),
        (GPO, True),
        (rf"{GPO}\DomainProfile", True),
        (r"HKEY_LOCAL_MACHINE\SOFTWARE\Policies2", False),
        (r"HKEY_LOCAL_MACHINE\SOFTWARE", False),
        (LOCAL, False),
    ],
)
def test_group_policy_was_looked_at_where_its_parent_was(path: str, answer: bool) -> None:
    assert gpo_was_looked_at([key(path)]) is answer


def test_the_last_change_is_that_of_the_local_rules_where_it_is_known() -> None:
    when = datetime(2026, 1, 2, tzinfo=UTC)
    rules_key = RegistryKey(path=rf"{LOCAL}\firewallrules", last_write=when, origin=SOURCE)
    assert firewall_changed_at([key(rf"{LOCAL}\FirewallRules"), rules_key]) == when
    assert firewall_changed_at([key(rf"{LOCAL}\FirewallRules"), key(rf"{GPO}\FirewallRules")]) is None


@needs_corpus
@pytest.mark.parametrize(
    ("file", "encoding", "fw_rules", "profiles"),
    [("gorstak_Firewall.reg", "ascii", 7410, 3), ("yossi_FirewallRules_utf16.reg", "utf-16", 31, 0)],
)
def test_real_exports_give_all_their_rules(file: str, encoding: str, fw_rules: int, profiles: int) -> None:
    found = parse_reg((CORPUS / "reg" / file).read_text(encoding=encoding), SOURCE)
    facts = list(firewall_facts(item for item in found if isinstance(item, RegistryKey)))
    assert sum(isinstance(fact, FirewallRule) and fact.store is Store.LOCAL for fact in facts) == fw_rules
    assert sum(isinstance(fact, ProfileSettings) for fact in facts) == profiles
    assert all("StandardProfile" in fact.reason for fact in facts if isinstance(fact, Problem))
