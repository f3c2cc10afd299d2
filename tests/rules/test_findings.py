"""What the firewall's log shows stands behind the findings of endpoints that are not let through."""

import msgspec
import pytest

from rules.findings import counted, listed, opened
from rules.model import Finding
from scanner.model import DroppedPackets, EvidenceSource, Origin, Profile, ProfileSettings, Snapshot, Store
from tests.rules.changes import changed_rule, without_rule
from tests.rules.hosts import DB_RULE, core_server, fw_rule
from tests.rules.judging import assess_all, the_finding

CORE = core_server()
DROPS = DroppedPackets(
    protocol="tcp",
    port=9901,
    count=1204,
    first_seen="2026-03-01T08:05:57",
    last_seen="2026-03-02T09:00:00",
    source_count=5,
    sources=("10.1.1.5", "10.1.1.6", "10.1.1.7", "10.1.1.8", "10.1.1.9"),
    origin=Origin(source="pfirewall.log", locator="tcp 9901"),
)
LINE = (
    "the firewall log shows 1,204 dropped packets to TCP 9901 from 5 sources "
    "(10.1.1.5, 10.1.1.6, 10.1.1.7, ...) between 2026-03-01T08:05:57 and 2026-03-02T09:00:00"
)


def logged(snapshot: Snapshot, *drops: DroppedPackets) -> Snapshot:
    ledger = EvidenceSource(kind="firewall-log", source="pfirewall.log", sha256="ab" * 32, bytes=1)
    return msgspec.structs.replace(snapshot, dropped_packets=drops, evidence=(*snapshot.evidence, ledger))


def shown(finding: Finding) -> list[str]:
    return [seen.observed for seen in finding.evidence if seen.source == "pfirewall.log"]


@pytest.mark.parametrize(
    ("snapshot", "check"),
    [
        (without_rule(CORE, DB_RULE), "missing-firewall-rule"),
        (changed_rule(CORE, DB_RULE, active=False), "disabled-firewall-rule"),
        (changed_rule(CORE, DB_RULE, profiles=(Profile.PUBLIC,)), "wrong-profile-firewall-rule"),
    ],
)
def test_drops_support_the_finding_of_a_blocked_endpoint(snapshot: Snapshot, check: str) -> None:
    finding = the_finding(logged(snapshot, DROPS), check)
    assert shown(finding) == [LINE]
    (seen,) = [each for each in finding.evidence if each.source == "pfirewall.log"]
    assert (seen.locator, seen.sha256) == ("tcp 9901", "ab" * 32)
    before = the_finding(snapshot, check)
    assert finding.evidence[:-1] == before.evidence
    assert finding.fingerprint == before.fingerprint


def test_one_packet_from_one_source_reads_as_such() -> None:
    once = msgspec.structs.replace(DROPS, count=1, source_count=1, sources=("10.1.1.5",))
    finding = the_finding(logged(without_rule(CORE, DB_RULE), once), "missing-firewall-rule")
    (line,) = shown(finding)
    assert "1 dropped packet to TCP 9901 from 1 source (10.1.1.5) between" in line


@pytest.mark.parametrize("change", [{"port": 9902}, {"protocol": "udp"}])
def test_drops_at_other_ports_do_not(change: dict[str, object]) -> None:
    other = msgspec.structs.replace(DROPS, **change)
    assert not shown(the_finding(logged(without_rule(CORE, DB_RULE), other), "missing-firewall-rule"))


def test_every_endpoint_that_policy_shuts_is_supported_by_its_own_drops() -> None:
    merge_off = ProfileSettings(
        store=Store.GPO, profile=Profile.DOMAIN, allow_local_rules=False, origin=Origin(source="x")
    )
    snapshot = msgspec.structs.replace(CORE, profile_settings=(*CORE.profile_settings, merge_off))
    finding = the_finding(
        logged(snapshot, DROPS, msgspec.structs.replace(DROPS, port=9998)), "local-rules-ignored"
    )
    assert len(shown(finding)) == 2


def test_a_log_alone_changes_no_verdict() -> None:
    before, after = assess_all(CORE), assess_all(logged(CORE, DROPS))
    assert after.results == before.results
    assert after.verdict == before.verdict


@pytest.mark.parametrize(
    ("rest", "words"),
    [
        ({"protocol": 6, "local_ports": ("9901", "9903-9905")}, "TCP 9901, 9903-9905"),
        ({"protocol": 17}, "every UDP port"),
        ({"protocol": None}, "every port"),
        ({"protocol": 6, "unread": ("local_ports",)}, "TCP ports"),
    ],
)
def test_what_a_rule_opens_is_said_in_a_sentence(rest: dict[str, object], words: str) -> None:
    assert opened(fw_rule("r", **rest)) == words


def test_words_are_counted_and_listed_as_people_do() -> None:
    assert [counted(number, "firewall rule") for number in (1, 2)] == ["1 firewall rule", "2 firewall rules"]
    assert [listed(list("abc")[:number]) for number in range(4)] == ["", "a", "a and b", "a, b and c"]
