"""Profile settings of Get-NetFirewallProfile, whose numbers are not those of rules or of the registry."""

import json

import pytest

from rules.firewall.settings import merge_settings
from scanner.model import Action, Origin, Problem, Profile, ProfileSettings, Snapshot, Store
from scanner.parsers.netfirewall_json import parse_netfirewall_json

WHOLE = {
    "Name": "Domain",
    "Enabled": 1,
    "DefaultInboundAction": 4,
    "DefaultOutboundAction": 2,
    "AllowInboundRules": 1,
    "AllowLocalFirewallRules": 0,
    "AllowLocalIPsecRules": 2,
    "AllowUserApps": 2,
    "AllowUserPorts": 2,
    "NotifyOnListen": 0,
    "DisabledInterfaceAliases": {"value": ["NotConfigured"], "Count": 1},
    "LogBlocked": 1,
    "LogAllowed": 0,
    "LogFileName": r"%windir%\pf.log",
    "LogMaxSizeKilobytes": 16384,
}


def read(**more: object) -> ProfileSettings:
    (settings,) = parse_netfirewall_json(json.dumps([{**WHOLE, **more}]), Origin(source="p.json"))
    assert isinstance(settings, ProfileSettings)
    return settings


def test_every_setting_is_read() -> None:
    assert read() == ProfileSettings(
        store=Store.LOCAL,
        profile=Profile.DOMAIN,
        enabled=True,
        default_inbound=Action.BLOCK,
        default_outbound=Action.ALLOW,
        block_all_inbound=False,
        allow_local_rules=False,
        notify_on_listen=False,
        log_dropped=True,
        log_allowed=False,
        log_file=r"%windir%\pf.log",
        log_size_kb=16384,
        origin=Origin(source="p.json", locator="item 1"),
    )


@pytest.mark.parametrize(
    ("value", "enabled"),
    [(0, False), (1, True), (2, None), ("False", False), ("True", True), ("NotConfigured", None)],
)
def test_enabled_two_is_not_configured_for_a_profile(value: object, enabled: bool | None) -> None:
    assert (read(Enabled=value).enabled, read(Enabled=value).unread) == (enabled, ())


def test_vector_15_a_profile_that_is_not_configured_is_on_by_default() -> None:
    merged = merge_settings(Snapshot(profile_settings=(read(Enabled=2, DefaultInboundAction=0),)))

    assert merged[Profile.DOMAIN].enabled.value is True
    assert merged[Profile.DOMAIN].default_inbound.value is Action.BLOCK


@pytest.mark.parametrize(
    ("value", "action"),
    [(2, Action.ALLOW), (4, Action.BLOCK), (0, None), ("Block", Action.BLOCK), ("NotConfigured", None)],
)
def test_actions_are_not_the_registry_s_numbers(value: object, action: Action | None) -> None:
    assert read(DefaultInboundAction=value).default_inbound is action


def test_shields_up_is_the_opposite_of_allowing_rules() -> None:
    assert read(AllowInboundRules="False").block_all_inbound is True
    assert read(AllowInboundRules=2).block_all_inbound is None


@pytest.mark.parametrize("value", [7, "Perhaps", None])
def test_a_value_nobody_knows_is_unread(value: object) -> None:
    assert read(Enabled=value).unread == ("enabled",)
    assert read(DefaultInboundAction=value).unread == ("default_inbound",)


def test_a_property_that_was_not_selected_is_unread() -> None:
    row = {"Name": "Public", "Enabled": 1, "DefaultInboundAction": 4}
    (settings,) = parse_netfirewall_json(json.dumps(row), Origin(source="p.json"))

    assert isinstance(settings, ProfileSettings)
    assert "allow_local_rules" in settings.unread
    assert "enabled" not in settings.unread


def test_an_alias_does_not_say_which_interface_the_registry_means() -> None:
    assert read(DisabledInterfaceAliases=["Ethernet 2"]).unread == ("disabled_interfaces",)
    assert read(DisabledInterfaceAliases=["Any"]).disabled_interfaces == ()
    assert read(DisabledInterfaceAliases="").unread == ()


def test_a_profile_of_another_name_is_a_problem() -> None:
    (item,) = parse_netfirewall_json(json.dumps({**WHOLE, "Name": "Foo"}), Origin(source="p.json"))

    assert isinstance(item, Problem)


def test_settings_in_force_go_before_what_any_store_says() -> None:
    local = read(Enabled=1, AllowLocalFirewallRules=1)
    active = ProfileSettings(
        store=Store.UNKNOWN,
        profile=Profile.DOMAIN,
        enabled=False,
        allow_local_rules=False,
        origin=local.origin,
    )
    merged = merge_settings(Snapshot(profile_settings=(local, active)))[Profile.DOMAIN]

    assert (merged.enabled.value, merged.allow_local_rules.value) == (False, False)
    assert merged.enabled.source.startswith("the policy in force")
