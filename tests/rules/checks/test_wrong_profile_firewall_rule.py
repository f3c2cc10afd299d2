"""A rule that does not apply on the network the host is on."""

import pytest

from rules.site import Site
from scanner.model import EvidenceKind, Profile, Snapshot
from tests.rules.changes import (
    all_listeners,
    all_rules,
    changed,
    changed_listener,
    changed_rule,
    dropped,
    on_networks,
)
from tests.rules.hosts import DB_RULE, core_server, interface, operator_pc
from tests.rules.judging import found, judge, statuses, the_finding

CHECK = "wrong-profile-firewall-rule"
CORE = core_server()


def test_a_rule_for_another_network_is_the_one_finding() -> None:
    broken = changed_rule(CORE, DB_RULE, profiles=(Profile.PRIVATE, Profile.PUBLIC))
    assert found(broken) == {(CHECK, "DBConnectorServer")}
    finding = the_finding(broken, CHECK)
    assert "the network is Domain" in finding.observed
    assert finding.remediation.commands == (
        f"Set-NetFirewallRule -Name '{DB_RULE}' -Profile Private,Public,Domain",
    )
    assert finding.remediation.undo == (f"Set-NetFirewallRule -Name '{DB_RULE}' -Profile Private,Public",)


@pytest.mark.parametrize("fallen_to", [Profile.PUBLIC, Profile.PRIVATE])
def test_a_domain_server_that_fell_off_its_domain_loses_every_endpoint(fallen_to: Profile) -> None:
    fallen = on_networks(CORE, fallen_to)
    assert {check for check, _ in found(fallen)} == {CHECK}
    assert len(judge(fallen, CHECK).findings) == 17


def test_an_operator_pc_at_home_is_found_too() -> None:
    assert found(on_networks(operator_pc(), Profile.PUBLIC)) == {(CHECK, "AgentClientApp")}


@pytest.mark.parametrize(
    "fine",
    [
        CORE,
        changed_rule(CORE, DB_RULE, profiles=()),
        changed_rule(CORE, DB_RULE, profiles=tuple(Profile)[:3]),
    ],
)
def test_a_rule_for_this_network_among_others_passes(fine: Snapshot) -> None:
    assert statuses(fine)[CHECK] == "pass"


def test_a_second_network_that_the_rules_do_not_cover_leaves_the_question_open() -> None:
    two = on_networks(CORE, Profile.DOMAIN, Profile.PUBLIC)
    assert found(two) == set()
    result = judge(two, CHECK)
    assert result.status == "not-proven"
    assert "allowed under Domain, blocked under Public" in result.reason


def test_the_site_can_say_which_network_counts() -> None:
    two = on_networks(CORE, Profile.DOMAIN, Profile.PUBLIC)
    assert statuses(two, Site(expected_profile=Profile.DOMAIN))[CHECK] == "pass"
    assert {check for check, _ in found(two, Site(expected_profile=Profile.PUBLIC))} == {CHECK}


DOMAIN = Site(expected_profile=Profile.DOMAIN)


def test_a_host_off_the_profile_that_the_site_expects_is_one_finding_about_its_network() -> None:
    fallen = on_networks(CORE, Profile.PUBLIC)
    assert found(fallen, DOMAIN) == {(CHECK, "")}
    finding = the_finding(fallen, CHECK, DOMAIN)
    assert finding.severity == "high"
    assert "expects this host on the Domain profile, but its network is Public" in finding.message
    assert "Server Agent, Naming Service, UCMA Recorder Service and " in finding.message


def test_where_the_rules_cover_the_unexpected_network_it_is_a_remark() -> None:
    anywhere = on_networks(all_rules(CORE, profiles=()), Profile.PUBLIC)
    assert the_finding(anywhere, CHECK, DOMAIN).severity == "low"
    assert judge(on_networks(CORE, None), CHECK, DOMAIN).status == "pass"


def test_a_disconnected_adapter_without_addresses_does_not_count() -> None:
    both = (*CORE.interfaces, interface("Ethernet 2", None))
    assert found(changed(CORE, interfaces=both)) == set()
    assert statuses(changed(CORE, interfaces=both))[CHECK] == "pass"


def test_a_socket_on_one_address_is_judged_by_the_network_of_that_address() -> None:
    two = on_networks(CORE, Profile.DOMAIN, Profile.PUBLIC)

    def bound(address: str) -> Snapshot:
        return changed_listener(all_listeners(two, address=address), 8005, address="127.0.0.1")

    assert found(bound("10.1.0.5")) == set()
    assert {check for check, _ in found(bound("10.2.0.5"))} == {CHECK}


def test_an_unknown_network_never_passes() -> None:
    assert judge(dropped(CORE, EvidenceKind.INTERFACES), CHECK).status == "not-proven"
    assert judge(on_networks(CORE, None), CHECK).status == "not-proven"
