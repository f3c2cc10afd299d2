"""The merge law of each profile setting, and which local rules it voids (windows-firewall.md 1.3)."""

import msgspec
import pytest

from rules.firewall.decision import Outcome
from rules.firewall.policy import effective_policy
from rules.firewall.settings import merge_settings
from scanner.model import Action, EvidenceKind, Gap, Profile, Store
from tests.rules.firewall.policies import decided, flow, fw_rule, settings, snapshot

DOMAIN, PRIVATE, PUBLIC, STANDARD = Profile.DOMAIN, Profile.PRIVATE, Profile.PUBLIC, Profile.STANDARD
ALLOWED, BLOCKED, CONDITIONAL = Outcome.ALLOWED, Outcome.BLOCKED, Outcome.CONDITIONAL
OPEN = "Action=Allow|Protocol=6|LPort=443"


def test_policy_goes_before_local_and_says_where_a_value_is_from() -> None:
    merged = merge_settings(
        snapshot(
            settings(Store.LOCAL, DOMAIN, enabled=False, default_inbound=Action.ALLOW),
            settings(Store.GPO, DOMAIN, enabled=True),
        )
    )[DOMAIN]

    assert (merged.enabled.value, merged.enabled.source) == (True, "Group Policy")
    assert (merged.default_inbound.value, merged.default_inbound.source) == (
        Action.ALLOW,
        "the local policy",
    )
    assert (merged.block_all_inbound.value, merged.block_all_inbound.source) == (False, "Windows' default")


def test_gpo_goes_before_mdm_and_the_pair_is_noted() -> None:
    policy = effective_policy(
        snapshot(settings(Store.MDM, DOMAIN, enabled=False), settings(Store.GPO, DOMAIN, enabled=True))
    )

    assert policy.settings[DOMAIN].enabled.value is True
    assert any("MDM" in note for note in policy.notes)


def test_mdm_is_policy_and_its_standard_profile_is_private() -> None:
    merged = merge_settings(
        snapshot(
            settings(Store.LOCAL, PRIVATE, enabled=True),
            settings(Store.MDM, STANDARD, enabled=False, allow_local_rules=False),
        )
    )

    assert (merged[PRIVATE].enabled.value, merged[PRIVATE].allow_local_rules.value) == (False, False)
    assert merged[PUBLIC].enabled.value is True


def test_the_standard_profile_may_not_state_every_setting() -> None:
    standard = settings(
        Store.GPO, STANDARD, enabled=False, allow_local_rules=False, default_inbound=Action.ALLOW
    )
    merged = merge_settings(snapshot(standard))

    assert merged[PUBLIC].enabled.value is False
    assert merged[PUBLIC].allow_local_rules.value is True
    assert merged[PUBLIC].default_inbound.value is Action.BLOCK
    assert merged[DOMAIN].enabled.value is True


def test_the_latest_reading_of_a_key_stands() -> None:
    merged = merge_settings(
        snapshot(settings(Store.LOCAL, DOMAIN, enabled=True), settings(Store.LOCAL, DOMAIN, enabled=False))
    )

    assert merged[DOMAIN].enabled.value is False


def test_a_setting_its_source_cannot_show_is_unknown_unless_another_says_it() -> None:
    unread = settings(Store.LOCAL, DOMAIN, unread=("enabled", "block_all_inbound"))

    merged = merge_settings(snapshot(unread))[DOMAIN]
    shielded = merge_settings(snapshot(unread, settings(Store.GPO, DOMAIN, block_all_inbound=True)))[DOMAIN]
    lowered = merge_settings(snapshot(unread, settings(Store.GPO, DOMAIN, block_all_inbound=False)))[DOMAIN]

    assert (merged.enabled.value, merged.enabled.source) == (None, "not in the evidence")
    assert shielded.block_all_inbound.value is True
    assert lowered.block_all_inbound.value is None


def test_an_unknown_switch_makes_the_decision_conditional_unless_it_cannot_matter() -> None:
    may_be_off = settings(Store.LOCAL, DOMAIN, unread=("enabled",))
    may_be_shielded = settings(Store.LOCAL, DOMAIN, unread=("block_all_inbound",))

    assert decided(flow(443), may_be_off).outcome == CONDITIONAL
    assert decided(flow(443), may_be_off, fw_rule(OPEN)).outcome == ALLOWED
    assert decided(flow(443), may_be_shielded).outcome == BLOCKED
    assert decided(flow(443), may_be_shielded, fw_rule(OPEN)).outcome == CONDITIONAL


def gap(kind: EvidenceKind) -> dict[str, object]:
    return {"gaps": (Gap(kind=kind, reason="not collected"),)}


def test_settings_missing_beside_a_mere_listing_of_rules_are_unknown() -> None:
    listed = msgspec.structs.replace(fw_rule(OPEN), extra=())

    answer = decided(flow(443), listed, **gap(EvidenceKind.PROFILE_SETTINGS))

    assert answer.outcome == CONDITIONAL
    assert decided(flow(80), listed, **gap(EvidenceKind.PROFILE_SETTINGS)).outcome == CONDITIONAL


def test_settings_missing_beside_registry_rules_are_windows_defaults_and_noted() -> None:
    found = snapshot(fw_rule(OPEN), **gap(EvidenceKind.PROFILE_SETTINGS))

    assert decided(flow(80), fw_rule(OPEN), **gap(EvidenceKind.PROFILE_SETTINGS)).outcome == BLOCKED
    assert any("defaults are taken" in note for note in effective_policy(found).notes)
    assert decided(flow(80), **gap(EvidenceKind.PROFILE_SETTINGS)).outcome == BLOCKED, "an empty rules key"


def test_without_rules_and_settings_nothing_is_certain() -> None:
    gaps = tuple(
        Gap(kind=kind, reason="not collected")
        for kind in (EvidenceKind.PROFILE_SETTINGS, EvidenceKind.FIREWALL_RULES)
    )

    assert decided(flow(80), gaps=gaps).outcome == CONDITIONAL
    assert effective_policy(snapshot(gaps=gaps)).settings[DOMAIN].enabled.value is None


def test_without_the_local_rules_nothing_is_certain_unless_policy_ignores_them() -> None:
    missing = gap(EvidenceKind.FIREWALL_RULES)
    by_policy = fw_rule(OPEN, store=Store.GPO)
    ignored = settings(Store.GPO, DOMAIN, allow_local_rules=False)

    assert decided(flow(80), **missing).outcome == CONDITIONAL
    assert decided(flow(443), by_policy, **missing).outcome == CONDITIONAL
    assert decided(flow(443), by_policy, ignored, **missing).outcome == ALLOWED
    assert decided(flow(80), settings(Store.LOCAL, DOMAIN), **missing).outcome == BLOCKED


def test_uncollected_group_policy_is_noted_and_decides_nothing() -> None:
    found = snapshot(fw_rule(OPEN), **gap(EvidenceKind.GPO_POLICY))

    assert any("Group Policy" in note for note in effective_policy(found).notes)
    assert decided(flow(443), fw_rule(OPEN), **gap(EvidenceKind.GPO_POLICY)).outcome == ALLOWED


APP = r"Action=Allow|Protocol=6|App=C:\CE\server.exe"


@pytest.mark.parametrize(
    ("values", "tokens", "outcome"),
    [
        ({"allow_user_apps": False}, APP, BLOCKED),
        ({"allow_user_apps": False}, APP + "|LPort=443", ALLOWED),
        ({"allow_user_apps": False}, APP + "|Svc=*", ALLOWED),
        ({"allow_user_apps": False}, r"Action=Allow|App=C:\CE\server.exe", ALLOWED),
        ({"allow_user_ports": False}, OPEN, BLOCKED),
        ({"allow_user_ports": False}, OPEN + "|LPort=80", ALLOWED),
        ({"allow_user_ports": False}, "Action=Allow|Protocol=6|LPort=IPHTTPSIn", ALLOWED),
        ({"allow_user_ports": False}, APP + "|LPort=443", ALLOWED),
        ({"allow_local_rules": False}, OPEN, BLOCKED),
    ],
)
def test_policy_drops_local_rules_of_one_profile(
    values: dict[str, bool], tokens: str, outcome: Outcome
) -> None:
    policy = settings(Store.GPO, DOMAIN, **values)
    service = {"service": "ce"}

    assert decided(flow(443, **service), fw_rule(tokens), policy).outcome == outcome
    assert decided(flow(443, **service, profile=PUBLIC), fw_rule(tokens), policy).outcome == ALLOWED
    assert decided(flow(443, **service), fw_rule(tokens, store=Store.GPO), policy).outcome == ALLOWED


def test_a_rule_of_an_unnamed_store_may_be_a_local_one() -> None:
    policy = settings(Store.GPO, DOMAIN, allow_local_rules=False)
    unknown = settings(Store.GPO, DOMAIN, unread=("allow_local_rules",))

    assert decided(flow(443), fw_rule(OPEN, store=Store.UNKNOWN), policy).outcome == CONDITIONAL
    assert decided(flow(443), fw_rule(OPEN), unknown).outcome == CONDITIONAL


@pytest.mark.parametrize("hidden", ["program", "service", "local_ports", "protocol"])
def test_a_rule_whose_shape_is_not_shown_may_or_may_not_be_a_user_s(hidden: str) -> None:
    policy = settings(Store.GPO, DOMAIN, allow_user_ports=False)
    listed = msgspec.structs.replace(fw_rule(OPEN), extra=(), unread=(hidden,))

    assert decided(flow(443), listed, policy).outcome == CONDITIONAL
    strict = settings(Store.GPO, DOMAIN, allow_local_rules=False)
    assert decided(flow(443), listed, strict).outcome == BLOCKED
