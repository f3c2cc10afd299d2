"""Profiles, interfaces and hosts on which Windows Firewall does not filter."""

import pytest

from rules.site import Site
from scanner.model import Action, EvidenceKind, Profile, ProfileSettings, Snapshot, Store
from tests.rules.changes import (
    all_rules,
    changed,
    changed_rule,
    dropped,
    on_networks,
    with_process,
    with_service,
    with_settings,
)
from tests.rules.hosts import DB_RULE, core_server, interface, origin, process, service, settings
from tests.rules.judging import found, judge, statuses, the_finding

CHECK = "firewall-disabled"
CORE = core_server()
DOMAIN = Profile.DOMAIN


@pytest.mark.parametrize(
    "setting",
    [
        settings(DOMAIN, enabled=False),
        settings(DOMAIN, Store.GPO, enabled=False),
        settings(DOMAIN, default_inbound=Action.ALLOW),
        settings(DOMAIN, Store.GPO, default_inbound=Action.ALLOW),
        settings(DOMAIN, disabled_interfaces=("{11111111-2222-3333-4444-555555555555}",)),
    ],
)
def test_a_profile_in_use_that_does_not_filter_is_the_one_finding(setting: ProfileSettings) -> None:
    assert found(with_settings(CORE, setting)) == {(CHECK, "")}
    assert found(all_rules(with_settings(CORE, setting), profiles=())) == {(CHECK, "")}


@pytest.mark.parametrize("lets_all_in", [{"enabled": False}, {"default_inbound": Action.ALLOW}])
def test_rules_that_will_be_missed_once_it_is_on_are_told_beside_it(lets_all_in: dict[str, object]) -> None:
    off = with_settings(CORE, settings(DOMAIN, **{"enabled": True, **lets_all_in}))
    assert found(off) == {(CHECK, "")}
    assert found(changed_rule(off, DB_RULE, active=False)) == {
        (CHECK, ""),
        ("disabled-firewall-rule", "DBConnectorServer"),
    }
    assert judge(off, "missing-firewall-rule").status == "pass"


@pytest.mark.parametrize(
    "fine",
    [
        CORE,
        with_settings(CORE, settings(DOMAIN)),  # nothing stated: Windows' default is on
        with_settings(CORE, settings(DOMAIN, enabled=False), settings(DOMAIN, Store.GPO, enabled=True)),
        changed(CORE, profile_settings=()),
    ],
)
def test_a_profile_in_use_that_filters_passes(fine: Snapshot) -> None:
    assert statuses(fine)[CHECK] == "pass"


def test_every_profile_counts_where_the_network_is_not_known() -> None:
    assert found(
        all_rules(
            on_networks(with_settings(CORE, settings(Profile.PUBLIC, enabled=False)), None), profiles=()
        )
    ) == {(CHECK, "")}


def test_a_profile_that_no_network_is_on_is_a_remark() -> None:
    finding = the_finding(with_settings(CORE, settings(Profile.PUBLIC, enabled=False)), CHECK)
    assert (finding.severity.value, finding.subject) == ("low", "public profile")
    assert finding.impact.startswith("None today")


def test_the_legacy_profile_of_group_policy_is_not_for_the_domain() -> None:
    legacy = with_settings(CORE, settings(Profile.STANDARD, Store.GPO, enabled=False))
    assert {finding.severity.value for finding in judge(legacy, CHECK).findings} == {"low"}
    assert "domain profile" not in {finding.subject for finding in judge(legacy, CHECK).findings}


@pytest.mark.parametrize("expected", [None, Profile.DOMAIN, Profile.PUBLIC])
def test_a_second_network_without_a_firewall_counts_whatever_the_site_expects(
    expected: Profile | None,
) -> None:
    off = on_networks(
        with_settings(CORE, settings(Profile.PUBLIC, enabled=False)), Profile.DOMAIN, Profile.PUBLIC
    )
    finding = the_finding(off, CHECK, Site(expected_profile=expected))
    assert (finding.severity.value, finding.subject) == ("high", "public profile")


def test_an_exempt_interface_is_named_as_the_host_names_it() -> None:
    guid = "{11111111-2222-3333-4444-555555555555}"
    named = changed(CORE, interfaces=(interface("Backup", DOMAIN, "10.1.0.5/24", guid=guid.lower()),))
    finding = the_finding(
        with_settings(named, settings(DOMAIN, Store.GPO, disabled_interfaces=(guid,))), CHECK
    )
    assert "Backup" in finding.message
    assert "Backup" in finding.remediation.manual[0]
    assert finding.evidence[0].locator == "gpo domain"


def test_a_stopped_service_is_found_and_a_running_one_is_proof() -> None:
    assert found(with_service(CORE, service("MpsSvc", state="stopped"))) == {(CHECK, "")}
    assert found(with_service(CORE, service("mpssvc", state="stopped"))) == {(CHECK, "")}
    assert statuses(with_service(CORE, service("MpsSvc")))[CHECK] == "pass"


def test_a_service_whose_state_nobody_saw_proves_nothing() -> None:
    without = changed(CORE, processes=tuple(each for each in CORE.processes if not each.services))
    assert statuses(without)[CHECK] == "pass"  # the service list says it runs
    unknown = with_service(without, service("MpsSvc", state=None))
    assert statuses(unknown)[CHECK] == "not-proven"
    assert statuses(changed(without, services=()))[CHECK] == "not-proven"
    hosted = with_process(
        unknown, process(900, r"C:\Windows\System32\svchost.exe", services=("BFE", "mpssvc"))
    )
    assert statuses(hosted)[CHECK] == "pass"


def test_settings_that_the_evidence_could_not_show_prove_nothing() -> None:
    hidden = ProfileSettings(
        store=Store.LOCAL, profile=DOMAIN, unread=("enabled", "default_inbound"), origin=origin("netsh")
    )
    assert statuses(with_settings(CORE, hidden))[CHECK] == "not-proven"


def test_the_commands_undo_each_other() -> None:
    remediation = the_finding(with_settings(CORE, settings(DOMAIN, enabled=False)), CHECK).remediation
    assert remediation.commands == ("Set-NetFirewallProfile -Name Domain -Enabled True",)
    assert remediation.undo == ("Set-NetFirewallProfile -Name Domain -Enabled False",)


@pytest.mark.parametrize(
    "kind",
    [
        EvidenceKind.PROFILE_SETTINGS,
        EvidenceKind.GPO_POLICY,
        EvidenceKind.INTERFACES,
        EvidenceKind.SERVICES,
        EvidenceKind.FIREWALL_RULES,
    ],
)
def test_without_its_evidence_it_never_passes(kind: EvidenceKind) -> None:
    assert judge(dropped(CORE, kind), CHECK).status == "not-proven"


def test_a_firewall_known_to_be_off_is_found_though_other_evidence_is_missing() -> None:
    off = dropped(with_settings(CORE, settings(DOMAIN, enabled=False)), EvidenceKind.GPO_POLICY)
    result = judge(off, CHECK)
    assert result.status == "fail"
    assert "gpo-policy" in result.reason
