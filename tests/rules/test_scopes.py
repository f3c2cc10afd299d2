"""What of a host may change without a finding becoming another one, and what makes it one."""

import random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.case import Case
from rules.check_list import CHECKS
from rules.engine import run
from rules.model import Finding, Observation, Results, Severity
from rules.scopes import by_origin, scope, scopes
from rules.site import Site
from scanner.model import Action, Direction, Origin, Profile, Snapshot, Store
from tests.rules.hosts import CATALOGUE, core_server, fw_rule, operator_pc
from tests.rules.judging import assess_all
from tests.rules.seeded import seeded

LISTS = (
    "interfaces", "listeners", "processes", "services", "configured_ports", "firewall_rules",
    "profile_settings", "executables",
)  # fmt: skip
WITHIN = ("local_ports", "remote_ports", "local_addresses", "remote_addresses", "profiles")
FULL: dict[str, Any] = {
    "profiles": (Profile.DOMAIN, Profile.PRIVATE),
    "local_ports": ("9901", "9903"),
    "remote_ports": ("1024-65535", "80"),
    "local_addresses": ("10.0.0.1", "10.0.0.2"),
    "remote_addresses": ("10.0.0.0/8", "192.168.0.0/16"),
    "extra": (("Edge", "TRUE"), ("IFType", "Lan")),
}


def identities(results: Results) -> list[tuple[str, str, str]]:
    return sorted(
        (result.check, finding.fingerprint, finding.condition)
        for result in results.results
        for finding in result.findings
    )


def reordered(snapshot: Snapshot, seed: int) -> Snapshot:
    """The same facts in any order, the lists within the firewall rules too."""
    random_ = random.Random(seed)  # noqa: S311 - an order, not a secret

    def mixed(members: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(random_.sample(members, len(members)))

    changed: dict[str, Any] = {name: mixed(getattr(snapshot, name)) for name in LISTS}
    changed["firewall_rules"] = tuple(
        msgspec.structs.replace(each, **{name: mixed(getattr(each, name)) for name in WITHIN})
        for each in changed["firewall_rules"]
    )
    return msgspec.structs.replace(snapshot, **changed)


def renumbered(snapshot: Snapshot, by: int) -> Snapshot:
    """The same host after its programs got other PIDs."""

    def moved(facts: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(
            msgspec.structs.replace(fact, pid=fact.pid + by if fact.pid not in (None, 4) else fact.pid)
            for fact in facts
        )

    return msgspec.structs.replace(
        snapshot,
        listeners=moved(snapshot.listeners),
        processes=moved(snapshot.processes),
        services=moved(snapshot.services),
    )


def renamed(snapshot: Snapshot, name: str) -> Snapshot:
    return msgspec.structs.replace(snapshot, host=msgspec.structs.replace(snapshot.host, name=name))


@pytest.mark.parametrize("check", [check.id for check in CHECKS])
@settings(max_examples=5, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 9999), st.sampled_from(["CE-02", "ce-01.example.org", ""]))
def test_order_pids_and_host_name_make_no_finding_another(check: str, seed: int, by: int, name: str) -> None:
    broken, site = seeded(check)
    before = assess_all(broken, site)
    assert any(result.check == check and result.findings for result in before.results)
    after = assess_all(renamed(renumbered(reordered(broken, seed), by), name), site)
    assert identities(after) == identities(before)


@pytest.mark.parametrize("check", [check.id for check in CHECKS])
def test_another_version_of_the_program_finds_the_same(check: str) -> None:
    broken, site = seeded(check)
    case = Case(broken, CATALOGUE, site)
    assert identities(run(CHECKS, case, "ce-audit 9.9")) == identities(assess_all(broken, site))


@pytest.mark.parametrize("host", [core_server(), operator_pc()], ids=["core", "operator"])
def test_a_dynamic_port_of_another_day_is_the_same_finding(host: Snapshot) -> None:
    assert identities(assess_all(host)) == identities(assess_all(host, Site()))
    broken, _ = seeded("dynamic-port")
    listeners = tuple(
        msgspec.structs.replace(each, port=52345) if each.port == 51234 else each for each in broken.listeners
    )
    tomorrow = msgspec.structs.replace(broken, listeners=listeners)
    assert tomorrow != broken
    assert identities(assess_all(tomorrow)) == identities(assess_all(broken))


@pytest.mark.parametrize(
    "change",
    [
        {"store": Store.GPO},
        {"active": False},
        {"action": Action.BLOCK},
        {"direction": Direction.OUT},
        {"profiles": ()},
        {"protocol": 17},
        {"protocol": None},
        {"local_ports": ("9901",)},
        {"remote_ports": ()},
        {"local_addresses": ("10.0.0.1",)},
        {"remote_addresses": ()},
        {"program": r"C:\other.exe"},
        {"service": "other"},
        {"extra": (("Edge", "FALSE"), ("IFType", "Lan"))},
        {"extra": (("Edge", "TRUE"),)},
        {"unread": ("service",)},
    ],
    ids=str,
)
def test_whatever_decides_is_part_of_the_scope(change: dict[str, object]) -> None:
    assert scope(fw_rule("r", **{**FULL, **change})) != scope(fw_rule("r", **FULL))


@pytest.mark.parametrize(
    "change",
    [
        {"name": "another name"},
        {"origin": Origin(source="elsewhere.reg")},
        {"extra": (*FULL["extra"], ("Desc", "text"), ("EmbedCtxt", "group"), ("version", "2.30"))},
        {name: values[::-1] for name, values in FULL.items()},
    ],
)
def test_name_place_and_order_are_no_part_of_the_scope(change: dict[str, object]) -> None:
    assert scope(fw_rule("r", **{**FULL, **change})) == scope(fw_rule("another-id", **FULL))


def test_the_scopes_of_a_finding_are_those_of_the_firewall_rules_in_its_evidence() -> None:
    one, other = fw_rule("one"), fw_rule("other", local_ports=("1",))
    twin = fw_rule("twin", origin=one.origin, local_ports=("2",))
    seen = Observation(source=one.origin.source, locator=one.origin.locator)
    nothing = Observation(source="netstat.txt", locator="line 1")
    finding = Finding(severity=Severity.LOW, subject="s", message="m", evidence=(seen, seen, nothing))
    found = scopes(finding, by_origin((one, other, twin)))
    assert found == tuple(sorted((scope(one), scope(twin))))
