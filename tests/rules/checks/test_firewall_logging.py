"""The firewall log would not show what was dropped."""

import pytest

from rules.site import Site
from scanner.model import EvidenceKind, Profile, Snapshot, Store
from tests.rules.changes import changed, dropped, on_networks, with_settings
from tests.rules.hosts import LOGGING, core_server, settings
from tests.rules.judging import assess_all, judge, the_finding

CHECK = "firewall-logging"
CORE = core_server()


def local(**facts: object) -> Snapshot:
    return with_settings(CORE, settings(Profile.DOMAIN, enabled=True, **facts))


def policy(**facts: object) -> Snapshot:
    return with_settings(local(), settings(Profile.DOMAIN, Store.GPO, **facts))


def seeded() -> Snapshot:
    """Windows as it is shipped: it logs nothing."""
    return local()


def test_what_nobody_set_is_windows_default_and_an_info() -> None:
    finding = the_finding(seeded(), CHECK)
    assert finding.severity.value == "info"
    assert "dropped packets are not logged" in finding.observed
    assert "4096 KB (Windows' default)" in finding.observed
    assert finding.evidence
    assert assess_all(seeded()).verdict.value == "compliant"


@pytest.mark.parametrize(
    ("host", "lacking"),
    [
        (local(log_dropped=False, log_size_kb=16384), "dropped packets"),
        (local(log_dropped=True, log_size_kb=16383), "16383 KB"),
        (local(log_dropped=True, log_size_kb=0), "0 KB"),
        (local(log_dropped=True), "4096 KB"),
        (local(**LOGGING, log_file=" "), "no log file"),
        (policy(log_dropped=True, log_size_kb=1024), "1024 KB (Group Policy)"),
        (policy(log_dropped=False, log_size_kb=20000), "not logged (Group Policy)"),
    ],
)
def test_each_setting_that_falls_short_is_named(host: Snapshot, lacking: str) -> None:
    assert lacking in the_finding(host, CHECK).observed


@pytest.mark.parametrize(
    "host",
    [
        CORE,
        local(**LOGGING, log_file=r"%SystemRoot%\System32\logfiles\firewall\domainfw.log"),
        local(log_dropped=True, log_size_kb=32767),
        policy(**LOGGING),
        # ON wins from either store; of the size, the policy's counts
        with_settings(
            local(log_dropped=True, log_size_kb=1),
            settings(Profile.DOMAIN, Store.GPO, log_dropped=False, log_size_kb=16384),
        ),
    ],
)
def test_a_log_that_serves_passes(host: Snapshot) -> None:
    assert judge(host, CHECK).status == "pass"


def test_only_profiles_in_force_are_asked_about() -> None:
    silent = [settings(profile) for profile in (Profile.PRIVATE, Profile.PUBLIC)]
    assert judge(with_settings(CORE, *silent), CHECK).status == "pass"
    both = on_networks(with_settings(CORE, *silent), Profile.PRIVATE, Profile.PUBLIC)
    assert [each.subject for each in judge(both, CHECK).findings] == [
        "private profile log",
        "public profile log",
    ]
    three = on_networks(with_settings(CORE, *silent), Profile.DOMAIN, Profile.PUBLIC)
    assert judge(three, CHECK, Site(expected_profile=Profile.DOMAIN)).status == "pass"


def test_it_is_set_where_it_was_set_and_given_back() -> None:
    remediation = the_finding(local(log_size_kb=1024), CHECK).remediation
    command = "Set-NetFirewallProfile -Name Domain"
    assert remediation.commands == (f"{command} -LogBlocked True -LogMaxSizeKilobytes 16384",)
    assert remediation.undo == (f"{command} -LogBlocked False -LogMaxSizeKilobytes 1024",)
    named = the_finding(local(**LOGGING, log_file=""), CHECK).remediation
    assert r"-LogFileName '%SystemRoot%\System32\logfiles\firewall\domainfw.log'" in named.commands[0]
    by_policy = the_finding(policy(log_dropped=False, log_size_kb=16384), CHECK).remediation
    assert by_policy.commands == ()
    assert "Group Policy" in by_policy.manual[0]


def test_what_a_source_cannot_show_stays_open() -> None:
    unread = local(unread=("log_dropped", "log_size_kb", "log_file"))
    assert (judge(unread, CHECK).status, judge(unread, CHECK).findings) == ("not-proven", ())
    half = local(log_size_kb=16384, unread=("log_dropped",))
    assert judge(half, CHECK).status == "not-proven"


def test_where_nothing_of_the_firewall_was_read_nothing_is_claimed() -> None:
    nothing = changed(CORE, profile_settings=(), firewall_rules=())
    assert (judge(nothing, CHECK).status, judge(nothing, CHECK).findings) == ("not-proven", ())


@pytest.mark.parametrize(
    "kind", [EvidenceKind.PROFILE_SETTINGS, EvidenceKind.GPO_POLICY, EvidenceKind.INTERFACES]
)
def test_without_its_evidence_it_never_passes(kind: EvidenceKind) -> None:
    assert judge(dropped(CORE, kind), CHECK).status != "pass"
