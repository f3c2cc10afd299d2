"""Several sources of one kind tell of one host: nothing counts twice, nothing gets lost."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from scanner.merge import (
    merged_host,
    merged_interfaces,
    merged_listeners,
    merged_processes,
    merged_services,
    richest_rules,
)
from scanner.model import (
    Action,
    Direction,
    FirewallRule,
    Host,
    Interface,
    Listener,
    Origin,
    Process,
    Profile,
    Service,
    Store,
)

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def listener(source: str, port: int = 80, pid: int | None = None, image: str | None = None) -> Listener:
    origin = Origin(source=source)
    return Listener(protocol="tcp", address="::", port=port, pid=pid, image=image, origin=origin)


def told(*listeners: Listener) -> list[tuple[int, int | None, str | None, str]]:
    return [
        (found.port, found.pid, found.image, found.origin.source) for found in merged_listeners(listeners)
    ]


def test_programs_that_share_a_port_all_stay() -> None:
    assert told(listener("a", pid=4), listener("a", pid=5), listener("a", pid=4)) == [
        (80, 4, None, "a"),
        (80, 5, None, "a"),
        (80, 4, None, "a"),
    ]


def test_a_second_source_tells_of_the_same_sockets_and_adds_what_it_knows() -> None:
    first = (listener("a", pid=4), listener("a", pid=5), listener("a", port=81))
    second = (listener("b", pid=5, image="x.exe"), listener("b", port=81, pid=6), listener("b", port=82))
    assert told(*first, *second) == [
        (80, 4, None, "a"),
        (80, 5, "x.exe", "a"),
        (81, 6, None, "a"),
        (82, None, None, "b"),
    ]


def test_a_source_without_owners_adds_no_socket_that_is_known() -> None:
    assert len(told(listener("a", pid=4), listener("a", pid=5), listener("b"), listener("b"))) == 2
    assert len(told(listener("a", pid=4), listener("b"), listener("b"))) == 2


def test_sources_that_contradict_each_other_both_stay() -> None:
    assert told(listener("a", pid=4), listener("b", pid=5)) == [(80, 4, None, "a"), (80, 5, None, "b")]


PORTS = st.integers(1, 3)
PIDS = st.none() | st.integers(1, 2)
LISTENERS = st.lists(st.builds(listener, st.sampled_from("abc"), PORTS, PIDS), max_size=12)


@given(LISTENERS)
def test_every_socket_told_is_among_the_merged(listeners: list[Listener]) -> None:
    merged = merged_listeners(listeners)
    for found in listeners:
        assert any(found.port == kept.port and found.pid in (None, kept.pid) for kept in merged)
    most = max((sum(found.origin.source == source for found in listeners) for source in "abc"), default=0)
    assert most <= len(merged) <= len(listeners)


def test_processes_and_services_are_one_each_with_all_that_is_known() -> None:
    a, b = Origin(source="a"), Origin(source="b")
    (process,) = merged_processes(
        (
            Process(pid=4, name="x", services=("S",), origin=a),
            Process(pid=4, name="X.exe", path="p", started_at=NOON, origin=b),
        )
    )
    assert process == Process(pid=4, name="X.exe", path="p", started_at=NOON, services=("S",), origin=b)
    (service,) = merged_services(
        (Service(name="S", pid=3, origin=a), Service(name="s", path="p", pid=9, origin=b))
    )
    assert service == Service(name="s", path="p", pid=9, origin=b)


def test_the_richer_telling_wins_whichever_comes_first_and_of_equals_the_first() -> None:
    a, b, c = (Origin(source=name) for name in "abc")
    poor = Service(name="S", path="old", origin=a)
    rich = Service(name="S", path="new", state="running", pid=9, origin=b)
    assert merged_services((poor, rich)) == merged_services((rich, poor)) == (rich,)
    alike = Service(name="S", path="other", origin=c)
    assert merged_services((poor, alike)) == (poor,)
    assert merged_services((alike, poor)) == (alike,)


def test_nothing_of_another_program_that_had_the_same_pid_is_mixed_in() -> None:
    a, b = Origin(source="a"), Origin(source="b")
    gone = Process(pid=700, name="notepad.exe", services=("Old",), origin=a)
    now = Process(pid=700, name="tomcat8.exe", path=r"C:\CE\tomcat8.exe", started_at=NOON, origin=b)
    assert merged_processes((gone, now)) == merged_processes((now, gone)) == (now,)


def test_the_first_source_that_states_a_fact_of_the_host_wins() -> None:
    assert merged_host((Host(name="A"), Host(name="B", elevated=False, domain="d"))) == Host(
        name="A", elevated=False, domain="d"
    )
    assert merged_host(()) == Host()


def fw_rule(rule_id: str, source: str, store: Store = Store.LOCAL, **more: object) -> FirewallRule:
    base = FirewallRule(
        id=rule_id,
        store=store,
        active=True,
        action=Action.ALLOW,
        direction=Direction.IN,
        origin=Origin(source=source, locator=source),
    )
    return FirewallRule(**{name: getattr(base, name) for name in base.__struct_fields__} | more)


def test_the_source_that_shows_most_of_a_store_speaks_for_it() -> None:
    registry = (fw_rule("{1}", "a.reg"), fw_rule("{2}", "a.reg"))
    netsh = (fw_rule("netsh-1", "rules.txt", unread=("service",)), fw_rule("netsh-2", "rules.txt"))
    gpo = fw_rule("netsh-3", "rules.txt", Store.GPO)
    assert richest_rules((*netsh, *registry, gpo)) == (*registry, gpo)
    assert richest_rules(netsh) == netsh  # one badly told rule does not cost the others of its source


def test_a_rule_that_two_sources_tell_alike_is_one() -> None:
    same = (fw_rule("{1}", "a.reg"), fw_rule("{1}", "SYSTEM"))
    assert richest_rules(same) == same[:1]


def test_a_rule_that_two_sources_tell_differently_stays_twice() -> None:
    differing = (fw_rule("{1}", "a.reg"), fw_rule("{1}", "SYSTEM", active=False))
    assert richest_rules(differing) == differing


def interface(
    alias: str, *addresses: str, profile: Profile | None = None, index: int | None = None
) -> Interface:
    origin = Origin(source="a")
    return Interface(alias=alias, index=index, addresses=addresses, profile=profile, origin=origin)


def test_an_interface_has_the_addresses_and_the_profile_of_every_source() -> None:
    found = merged_interfaces(
        [
            interface("LAN", "10.0.0.1/8"),
            interface("lan", profile=Profile.DOMAIN, index=3),
            interface("Wi-Fi"),
            interface("LAN", "10.0.0.1/8", "fe80::1/64"),
        ]
    )
    assert found == (
        interface("lan", "10.0.0.1/8", "fe80::1/64", profile=Profile.DOMAIN, index=3),
        interface("Wi-Fi"),
    )


def test_a_source_with_ids_speaks_before_one_without_and_windows_own_string_before_both() -> None:
    netsh = (fw_rule("netsh-1", "rules.txt"),)
    powershell = (fw_rule("{1}", "rules.json", unread=("interfaces",)), fw_rule("{2}", "rules.json"))
    registry = (fw_rule("{1}", "a.reg", extra=(("version", "2.30"),)),)

    assert richest_rules((*netsh, *powershell)) == powershell
    assert richest_rules((*netsh, *powershell, *registry)) == registry


def test_a_listing_without_stores_adds_nothing_to_one_of_the_local_store() -> None:
    com = (fw_rule("osquery-1", "osquery.json", Store.UNKNOWN, unread=("security", "package")),)
    local = (fw_rule("{1}", "rules.json"),)

    assert richest_rules((*com, *local)) == local
    assert richest_rules(com) == com
