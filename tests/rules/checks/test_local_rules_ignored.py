"""CE's rules that are there and count for nothing, because policy says so."""

import pytest

from scanner.model import EvidenceKind, Profile, Snapshot, Store
from tests.rules.changes import all_rules, dropped, with_rule, with_settings
from tests.rules.hosts import DB, DB_RULE, core_server, fw_rule, operator_pc, program, settings
from tests.rules.judging import found, judge, statuses, the_finding

CHECK = "local-rules-ignored"
CORE = core_server()
NO_MERGE = settings(Profile.DOMAIN, Store.GPO, allow_local_rules=False)


@pytest.mark.parametrize(
    "broken",
    [
        with_settings(CORE, NO_MERGE),
        with_settings(CORE, settings(Profile.DOMAIN, block_all_inbound=True)),
        with_settings(CORE, settings(Profile.DOMAIN, Store.GPO, block_all_inbound=True)),
        with_settings(
            CORE,
            settings(Profile.DOMAIN, block_all_inbound=True),
            settings(Profile.DOMAIN, Store.GPO, block_all_inbound=False),  # "on" wins from either store
        ),
        with_settings(operator_pc(), NO_MERGE),
    ],
)
def test_one_policy_that_ignores_the_rules_is_one_finding(broken: Snapshot) -> None:
    assert found(broken) == {(CHECK, "")}
    assert len(judge(broken, CHECK).findings) == 1


def test_it_is_worse_the_more_endpoints_it_shuts() -> None:
    assert the_finding(with_settings(CORE, NO_MERGE), CHECK).severity == "critical"
    assert the_finding(with_settings(operator_pc(), NO_MERGE), CHECK).severity == "high"


def test_the_finding_names_the_setting_and_offers_no_local_command() -> None:
    finding = the_finding(with_settings(CORE, NO_MERGE), CHECK)
    assert "17 CE endpoints cannot be reached" in finding.message
    assert finding.message.startswith(
        "On the Domain profile Windows ignores this host's 15 firewall rules for CE"
    )
    assert finding.impact.startswith("CE servers and agent programs cannot look up")
    assert "AlarmServer on TCP 9903" in finding.impact
    assert "AllowLocalPolicyMerge" in finding.observed
    assert finding.evidence[0].locator == "gpo domain"
    assert finding.remediation.commands == ()
    assert "Group Policy" in finding.remediation.manual[0]


@pytest.mark.parametrize(
    "copy",
    [
        fw_rule(DB_RULE, store=Store.GPO, active=False, program=program(DB), local_ports=("9901",)),
        fw_rule(DB_RULE.upper(), store=Store.GPO, program=program(DB), local_ports=("9999",)),
        fw_rule(
            DB_RULE, store=Store.GPO, program=program(DB), local_ports=("9901",), profiles=(Profile.PUBLIC,)
        ),
    ],
)
def test_a_policy_copy_of_the_same_id_displaces_the_local_rule(copy: object) -> None:
    checks = found(with_rule(CORE, copy))
    assert len(checks) == 1
    assert checks <= {
        (CHECK, ""),
        ("disabled-firewall-rule", "DBConnectorServer"),
        ("wrong-profile-firewall-rule", "DBConnectorServer"),
    }


@pytest.mark.parametrize(
    "fine",
    [
        CORE,
        with_settings(CORE, settings(Profile.DOMAIN, allow_local_rules=False)),  # only policy may say so
        with_settings(CORE, settings(Profile.PUBLIC, Store.GPO, allow_local_rules=False)),
        with_settings(CORE, settings(Profile.STANDARD, Store.GPO, allow_local_rules=False)),
        all_rules(with_settings(CORE, NO_MERGE), store=Store.GPO),
        all_rules(with_settings(CORE, NO_MERGE), store=Store.MDM),
        with_rule(CORE, fw_rule(DB_RULE, store=Store.GPO, program=program(DB), local_ports=("9901",))),
    ],
)
def test_rules_in_a_store_that_counts_pass(fine: Snapshot) -> None:
    assert statuses(fine)[CHECK] == "pass"
    assert found(fine) == set()


def test_an_endpoint_that_policy_itself_permits_is_not_counted() -> None:
    helped = with_rule(
        with_settings(CORE, NO_MERGE),
        fw_rule("GPO-db", store=Store.GPO, program=program(DB), local_ports=("9901",)),
    )
    assert "16 CE endpoints cannot be reached" in the_finding(helped, CHECK).message


def test_a_listing_that_cannot_show_the_setting_leaves_it_open() -> None:
    hidden = settings(Profile.DOMAIN, Store.GPO, unread=("allow_local_rules",))
    assert judge(with_settings(CORE, hidden), CHECK).status == "not-proven"


@pytest.mark.parametrize(
    "kind", [EvidenceKind.GPO_POLICY, EvidenceKind.PROFILE_SETTINGS, EvidenceKind.FIREWALL_RULES]
)
def test_without_its_evidence_it_never_passes(kind: EvidenceKind) -> None:
    assert judge(dropped(CORE, kind), CHECK).status == "not-proven"
