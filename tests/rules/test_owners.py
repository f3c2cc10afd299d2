"""Who owns a listening socket, as far as the evidence tells."""

import pytest

from rules.owners import Owners
from scanner.model import Listener, PortProxy, Process, Snapshot
from tests.rules.hosts import DB, executable, listener, origin, process, program

HERE = program(DB)
SVCHOST = r"C:\Windows\System32\svchost.exe"


def owners(*facts: Listener | Process) -> Owners:
    return Owners(
        Snapshot(
            listeners=tuple(each for each in facts if isinstance(each, Listener)),
            processes=tuple(each for each in facts if isinstance(each, Process)),
        )
    )


@pytest.mark.parametrize(
    ("socket", "running", "owned"),
    [
        (listener(9901, 5), process(5, HERE), True),
        (listener(9901, 5), process(5, HERE.upper()), True),
        (listener(9901, 5), process(5, HERE.replace("DBConnectorServer.exe", "Child.exe")), True),
        (listener(9901, 5), process(5, r"C:\other.exe"), False),
        (listener(9901, 5), process(5, HERE.replace("D:", "E:")), False),
        (listener(9901, 5), process(5, None, name="other.exe"), False),
        (listener(9901, 5), process(5, None, name="dbconnectorserver.EXE"), None),
        (listener(9901, 5), process(6, HERE), None),
        (listener(9901, None), process(5, HERE), None),
        (listener(9901, None, image="DBConnectorServer.exe"), process(5, HERE), None),
        (listener(9901, None, image="svchost.exe"), process(5, HERE), False),
        (listener(9901, 4), process(4, None), False),
    ],
)
def test_ownership_is_told_by_the_whole_path_or_not_at_all(
    socket: Listener, running: Process, owned: bool | None
) -> None:
    assert owners(socket, running).is_owned_by(socket, HERE, executable(DB)) is owned


def test_without_an_install_directory_the_path_below_it_must_fit() -> None:
    socket = listener(9901, 5)
    assert owners(socket, process(5, HERE)).is_owned_by(socket, None, executable(DB)) is True
    assert (
        owners(socket, process(5, r"C:\DBConnectorServer.exe")).is_owned_by(socket, None, executable(DB))
        is False
    )


FORWARDED = PortProxy(
    family="v4tov4",
    listen_address="*",
    listen_port=9901,
    connect_address="10.0.0.9",
    connect_port=1433,
    origin=origin("portproxy"),
)


@pytest.mark.parametrize(
    ("socket", "running", "proxies", "forwards"),
    [
        (listener(9901, 5), process(5, SVCHOST, services=("iphlpsvc",)), None, True),
        (listener(9901, 5), process(5, SVCHOST, services=("Dnscache", "IPHLPSVC")), (), True),
        # its services are known, and none of them forwards
        (listener(9901, 5), process(5, SVCHOST, services=("TermService",)), (FORWARDED,), False),
        (listener(9901, 5), process(5, HERE), (FORWARDED,), False),
        (listener(9901, 4), process(4, None), (FORWARDED,), False),
        # what a service host runs is not shown: what was set up tells
        (listener(9901, 5), process(5, SVCHOST), (FORWARDED,), True),
        (listener(9901, None, image="SVCHOST.EXE"), process(5, HERE), (FORWARDED,), True),
        (listener(9901, None), process(5, HERE), (FORWARDED,), True),
        (listener(9902, 5), process(5, SVCHOST), (FORWARDED,), False),
        (listener(9901, 5, protocol="udp"), process(5, SVCHOST), (FORWARDED,), False),
        (listener(9901, 5), process(5, SVCHOST), None, None),
        (listener(9901, None), process(5, HERE), None, None),
    ],
)
def test_a_forwarding_is_told_by_its_service_or_by_what_was_set_up(
    socket: Listener, running: Process, proxies: tuple[PortProxy, ...] | None, forwards: bool | None
) -> None:
    known = Owners(Snapshot(listeners=(socket,), processes=(running,), port_proxies=proxies))
    assert known.is_port_proxy(socket) is forwards


def test_pid_4_is_the_system_whatever_the_list_says() -> None:
    assert owners(process(4, r"C:\x.exe")).name(listener(80, 4)) == "System"


def test_sockets_are_found_by_port_and_by_process() -> None:
    mine, other, udp = listener(9901, 5), listener(9902, 6), listener(9901, 5, protocol="udp")
    known = owners(mine, other, udp, process(5, HERE))
    assert known.on_port("tcp", 9901) == (mine,)
    assert known.on_port("tcp", 1) == ()
    assert known.of_process(process(5, HERE)) == (mine, udp)
    assert known.of_process(process(7, HERE)) == ()
