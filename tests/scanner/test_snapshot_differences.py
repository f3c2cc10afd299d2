"""Two snapshots side by side: what was added, removed, changed; and what cannot be compared."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.differences import snapshot_differences
from scanner.differing import Change, Fact, differing, field_changes, in_words
from scanner.model import (
    Action,
    ConfiguredEndpoint,
    ConfiguredPorts,
    Direction,
    DynamicRange,
    EvidenceKind,
    ExcludedRange,
    Fault,
    FaultCode,
    FirewallRule,
    Gap,
    Host,
    InstalledFile,
    Interface,
    Listener,
    NamingReference,
    Origin,
    PortProxy,
    PortRanges,
    PortState,
    Process,
    Profile,
    ProfileSettings,
    Service,
    Snapshot,
    Store,
)

AT = Origin(source="evidence.json")
THEN = datetime(2026, 1, 2, tzinfo=UTC)


def rule(rule_id: str = "{1}", **facts: object) -> FirewallRule:
    usual: dict[str, Any] = {
        "store": Store.LOCAL,
        "active": True,
        "action": Action.ALLOW,
        "direction": Direction.IN,
        "protocol": 6,
        "local_ports": ("9901", "9903"),
        "name": "CE DB",
        "origin": AT,
    }
    return FirewallRule(id=rule_id, **{**usual, **facts})


def listener(**facts: object) -> Listener:
    usual: dict[str, Any] = {"protocol": "tcp", "address": "0.0.0.0", "port": 9901, "pid": 10, "origin": AT}  # noqa: S104
    return Listener(**{**usual, **facts})


def configured(**facts: object) -> ConfiguredPorts:
    usual: dict[str, Any] = {
        "component": "db",
        "location": "db.xml",
        "state": PortState.STATIC,
        "endpoints": (ConfiguredEndpoint(protocol="tcp", port=9901),),
        "changed_at": THEN,
        "origin": AT,
    }
    return ConfiguredPorts(**{**usual, **facts})


HOST = Snapshot(
    host=Host(name="CE-01", boot_time=THEN, collected_at=THEN, firewall_changed_at=THEN, collector="c"),
    interfaces=(
        Interface(alias="LAN", index=3, profile=Profile.DOMAIN, addresses=("10.0.0.1/8",), origin=AT),
    ),
    listeners=(listener(), listener(port=445, pid=4), listener(address="::", image="x.exe", pid=None)),
    processes=(
        Process(pid=10, name="db.exe", path=r"C:\CE\db.exe", started_at=THEN, origin=AT),
        Process(pid=11, name="svchost.exe", services=("a",), origin=AT),
        Process(pid=12, name="svchost.exe", services=("b",), origin=AT),
    ),
    services=(Service(name="MpsSvc", state="running", pid=11, origin=AT),),
    configured_ports=(configured(),),
    firewall_rules=(rule(), rule("{1}", store=Store.GPO, name="{1}")),
    profile_settings=(
        ProfileSettings(store=Store.LOCAL, profile=Profile.DOMAIN, enabled=True, origin=AT),
        ProfileSettings(store=Store.GPO, profile=Profile.DOMAIN, enabled=True, origin=AT),
    ),
    port_ranges=PortRanges(
        dynamic=(DynamicRange(protocol="tcp", start=49152, count=16384, origin=AT),),
        excluded=(ExcludedRange(protocol="tcp", family="ipv4", start=1, end=2, origin=AT),),
    ),
    executables=(InstalledFile(path=r"C:\CE\db.exe", bytes=1, modified_at=THEN, origin=AT),),
    port_proxies=(
        PortProxy(
            family="v4tov4", listen_address="*", listen_port=1, connect_address="h", connect_port=2, origin=AT
        ),
    ),
    naming_references=(NamingReference(host="CE-01", port=9999, origin=AT),) * 2,
)


def with_(snapshot: Snapshot = HOST, **facts: Any) -> Snapshot:  # noqa: ANN401
    return msgspec.structs.replace(snapshot, **facts)


def each(snapshot: Snapshot, name: str, number: int = 0, **facts: object) -> Snapshot:
    members = list(getattr(snapshot, name))
    members[number] = msgspec.structs.replace(members[number], **facts)
    return with_(snapshot, **{name: tuple(members)})


def told(old: Snapshot, new: Snapshot) -> list[tuple[str, str, str, tuple[Change, ...]]]:
    return [(f.kind, f.state, f.name, f.changes) for f in snapshot_differences(old, new).facts]


def change(field: str, old: str, new: str) -> tuple[Change, ...]:
    return (Change(field=field, old=old, new=new),)


@pytest.mark.parametrize(
    ("new", "difference"),
    [
        (
            each(HOST, "firewall_rules", 0, local_ports=("9901",)),
            ("firewall rules", "changed", "local CE DB ({1})", change("local_ports", "9901, 9903", "9901")),
        ),
        (
            each(HOST, "firewall_rules", 1, active=False),
            ("firewall rules", "changed", "gpo {1}", change("active", "yes", "no")),
        ),
        (
            each(HOST, "firewall_rules", 0, extra=(("Edge", "TRUE"),)),
            ("firewall rules", "changed", "local CE DB ({1})", change("Edge", "not stated", "TRUE")),
        ),
        (
            with_(firewall_rules=HOST.firewall_rules[1:]),
            ("firewall rules", "removed", "local CE DB ({1})", ()),
        ),
        (
            with_(listeners=HOST.listeners[1:]),
            ("listeners", "removed", "tcp 0.0.0.0:9901 db.exe", ()),
        ),
        (
            with_(listeners=(*HOST.listeners, listener(protocol="udp"))),
            ("listeners", "added", "udp 0.0.0.0:9901 db.exe", ()),
        ),
        (
            with_(processes=(*HOST.processes, Process(pid=99, name="new.exe", origin=AT))),
            ("processes", "added", "new.exe", ()),
        ),
        (
            each(HOST, "processes", 2, services=("b", "c")),
            ("processes", "changed", "svchost.exe", change("services", "a, b", "a, b, c")),
        ),
        (
            each(HOST, "services", 0, state="stopped"),
            ("services", "changed", "MpsSvc", change("state", "running", "stopped")),
        ),
        (
            each(HOST, "configured_ports", 0, endpoints=(ConfiguredEndpoint(protocol="tcp", port=1),)),
            (
                "configured ports",
                "changed",
                "db in db.xml",
                change("endpoints", "protocol=tcp port=9901", "protocol=tcp port=1"),
            ),
        ),
        (
            each(HOST, "configured_ports", 0, faults=(Fault(code=FaultCode.TAO_REFUSED, text="t"),)),
            (
                "configured ports",
                "changed",
                "db in db.xml",
                change("faults", "none", "code=tao-refused text=t"),
            ),
        ),
        (
            each(HOST, "profile_settings", 0, enabled=False),
            ("profile settings", "changed", "local domain", change("enabled", "yes", "no")),
        ),
        (
            with_(port_ranges=msgspec.structs.replace(HOST.port_ranges, excluded=())),
            ("port ranges", "removed", "excluded tcp ipv4 1-2", ()),
        ),
        (
            each(HOST, "executables", 0, bytes=2),
            ("executables", "changed", r"C:\CE\db.exe", change("bytes", "1", "2")),
        ),
        (
            each(HOST, "interfaces", 0, profile=Profile.PUBLIC),
            ("interfaces", "changed", "LAN", change("profile", "domain", "public")),
        ),
        (
            each(HOST, "port_proxies", 0, connect_port=3),
            ("port proxies", "changed", "v4tov4 *:1", change("forwards to", "h:2", "h:3")),
        ),
        (
            with_(naming_references=()),
            ("naming references", "removed", "CE-01:9999", ()),
        ),
        (
            with_(host=msgspec.structs.replace(HOST.host, os_build="20348")),
            ("host", "changed", "the host", change("os_build", "not stated", "20348")),
        ),
        (
            with_(gaps=(Gap(kind=EvidenceKind.SERVICES, reason="partly", partial=True),)),
            ("missing evidence", "added", "services", ()),
        ),
    ],
)  # fmt: skip
def test_each_kind_of_fact_is_compared(new: Snapshot, difference: tuple[object, ...]) -> None:
    assert told(HOST, new) == [difference]
    assert len(told(new, HOST)) == 1


def test_a_program_that_moved_is_the_same_listener_at_another_path() -> None:
    moved = each(HOST, "processes", 0, path=r"C:\CE 6.1\db.exe")
    found = [each_ for each_ in told(HOST, moved) if each_[0] == "listeners"]
    changes = change("program", r"C:\CE\db.exe", r"C:\CE 6.1\db.exe")
    assert found == [("listeners", "changed", "tcp 0.0.0.0:9901 db.exe", changes)]


def test_what_differs_between_any_two_collections_is_no_difference() -> None:
    later = THEN + timedelta(days=1)
    again = Snapshot(
        **{
            **{name: getattr(HOST, name) for name in HOST.__struct_fields__},
            "host": msgspec.structs.replace(HOST.host, collected_at=later, collector="other"),
            "listeners": tuple(
                msgspec.structs.replace(each_, pid=each_.pid and each_.pid + (each_.pid != 4) * 100)
                for each_ in HOST.listeners
            ),
            "processes": tuple(
                msgspec.structs.replace(
                    each_, pid=each_.pid + 100, started_at=later, origin=Origin(source="other")
                )
                for each_ in HOST.processes
            ),
            "interfaces": tuple(msgspec.structs.replace(each_, index=9) for each_ in HOST.interfaces),
        }
    )
    assert snapshot_differences(HOST, again).facts == ()
    assert snapshot_differences(HOST, again).notes == ()


def test_a_start_and_a_write_in_between_are_noted() -> None:
    later = THEN + timedelta(days=1)
    host = msgspec.structs.replace(HOST.host, boot_time=later, firewall_changed_at=later)
    found = snapshot_differences(HOST, each(with_(host=host), "configured_ports", 0, changed_at=later))
    assert found.facts == ()
    assert found.notes == (
        "the host was started 2026-01-02T00:00:00+00:00, then 2026-01-03T00:00:00+00:00",
        "local firewall rules were last written 2026-01-02T00:00:00+00:00, then 2026-01-03T00:00:00+00:00",
        "configured ports: the sources of 1 were written in between",
    )


@pytest.mark.parametrize(
    ("emptied", "gap"),
    [
        ({"services": ()}, Gap(kind=EvidenceKind.SERVICES, reason="r")),
        ({"firewall_rules": HOST.firewall_rules[:1], "profile_settings": HOST.profile_settings[:1]},
         Gap(kind=EvidenceKind.GPO_POLICY, reason="r")),
        ({"firewall_rules": HOST.firewall_rules[1:]}, Gap(kind=EvidenceKind.FIREWALL_RULES, reason="r")),
        ({"configured_ports": ()}, Gap(kind=EvidenceKind.CONFIGURED_PORTS, reason="r", subject="db")),
    ],
)  # fmt: skip
def test_what_was_not_collected_was_not_removed(emptied: dict[str, object], gap: Gap) -> None:
    blind = with_(**emptied, gaps=(gap,))
    for old, new, state in ((HOST, blind, "added"), (blind, HOST, "removed")):
        found = snapshot_differences(old, new)
        assert {(each_.kind, each_.state) for each_ in found.facts} == {("missing evidence", state)}
        assert found.notes
        assert all("not compared" in note for note in found.notes)


def test_without_the_processes_of_one_side_listeners_are_compared_by_their_sockets() -> None:
    blind = with_(processes=(), gaps=(Gap(kind=EvidenceKind.PROCESSES, reason="r"),))
    assert {kind for kind, *_ in told(HOST, blind)} == {"missing evidence"}


def test_port_proxies_that_one_side_did_not_collect_are_noted() -> None:
    notes = snapshot_differences(HOST, with_(port_proxies=None)).notes
    assert notes == ("port proxies: not compared, NEW does not show them",)
    assert snapshot_differences(with_(port_proxies=None), with_(port_proxies=None)).notes == ()


def test_fields_that_one_source_cannot_show_are_not_compared() -> None:
    netsh = each(HOST, "firewall_rules", 0, program=None, unread=("program",))
    assert told(each(HOST, "firewall_rules", 0, program="x"), netsh) == []


@given(st.randoms(use_true_random=False))
def test_order_is_no_difference(source: random.Random) -> None:
    def mixed(name: str) -> tuple[Any, ...]:
        members = getattr(HOST, name)
        return tuple(source.sample(members, len(members)))

    names = ("listeners", "processes", "firewall_rules", "profile_settings", "services")
    found = snapshot_differences(HOST, with_(**{name: mixed(name) for name in names}))
    assert (found.facts, found.notes) == ((), ())


def fact(key: str, **fields: object) -> Fact:
    return Fact(key=(key,), name=key, fields=fields)


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 3)), max_size=6).flatmap(
    lambda pairs: st.tuples(st.just(pairs), st.permutations(pairs))
))  # fmt: skip
def test_things_of_one_name_cancel_out_in_any_order(
    sides: tuple[list[tuple[str, int]], list[tuple[str, int]]],
) -> None:
    old, new = ([fact(name, n=number) for name, number in side] for side in sides)
    assert list(differing("k", old, new)) == []


def test_of_several_of_one_name_only_what_is_left_over_differs() -> None:
    old, new = [fact("a", n=1), fact("a", n=2)], [fact("a", n=2), fact("a", n=3), fact("a", n=4)]
    found = [(each_.state, each_.changes) for _, each_ in differing("k", old, new)]
    assert sorted(found, key=str) == [("added", ()), ("changed", change("n", "1", "3"))]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "not stated"),
        ("", "none"),
        ((), "none"),
        (0, "0"),
        (True, "yes"),
        (False, "no"),
        (("b", "a"), "a, b"),
        ((("k", "v"),), "k=v"),
        (Profile.DOMAIN, "domain"),
        (THEN, "2026-01-02T00:00:00+00:00"),
    ],
)
def test_values_are_told_in_words(value: object, words: str) -> None:
    assert in_words(value) == words


def test_unread_fields_are_left_out() -> None:
    assert field_changes({"a": 1, "b": 1}, {"a": 2, "b": 2}, frozenset({"a"})) == change("b", "1", "2")
