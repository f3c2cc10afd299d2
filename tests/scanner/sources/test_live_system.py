"""The machine we run on, asked for real: a socket that the test opens is found, and nothing crashes."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_interface

import msgspec
import psutil
import pytest

from scanner.model import Listener, Problem, Process
from scanner.sources.live_system import (
    read_host,
    read_interfaces,
    read_listeners,
    read_processes,
    read_services,
)


@contextmanager
def bound(family: socket.AddressFamily, kind: socket.SocketKind, address: str) -> Iterator[int]:
    with socket.socket(family, kind) as opened:
        try:
            opened.bind((address, 0))
        except OSError:
            pytest.skip(f"this machine has no {address}")
        if kind is socket.SOCK_STREAM:
            opened.listen()
        yield opened.getsockname()[1]


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0", "::1", "::"])  # noqa: S104
@pytest.mark.parametrize(
    ("kind", "protocol"), [(socket.SOCK_STREAM, "tcp"), (socket.SOCK_DGRAM, "udp")], ids=["tcp", "udp"]
)
def test_an_open_socket_is_found_with_its_owner(kind: socket.SocketKind, protocol: str, address: str) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with bound(family, kind, address) as port:
        found = [each for each in read_listeners() if each.port == port and each.pid == os.getpid()]
    assert [(each.protocol, each.address) for each in found] == [(protocol, address)]


def test_a_closed_socket_and_a_connection_are_no_listeners() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        address = server.getsockname()
        with socket.create_connection(address) as client:
            local = client.getsockname()[1]
            ports = [each.port for each in read_listeners() if each.pid == os.getpid()]
    assert ports.count(address[1]) == 1
    assert local not in ports
    assert address[1] not in [each.port for each in read_listeners() if each.pid == os.getpid()]


def test_this_process_is_among_the_processes_with_its_path_and_start() -> None:
    processes = (each for each in read_processes() if isinstance(each, Process))
    (this,) = (found for found in processes if found.pid == os.getpid())
    assert this.path
    assert os.path.samefile(this.path, os.path.realpath(sys.executable))  # noqa: PTH121
    assert this.started_at
    assert timedelta() <= datetime.now(tz=UTC) - this.started_at < timedelta(days=1)


def test_processes_that_the_system_names_none_of_are_kept_with_a_problem_that_counts_them() -> None:
    def refuse(pid: int) -> psutil.Process:
        if pid != os.getpid():
            return psutil.Process(pid)
        raise OSError(22, "Invalid parameter", None, 87)  # what Windows may say, psutil knows nothing of it

    *found, problem = read_processes(refuse)
    (this,) = (process for process in found if isinstance(process, Process) and process.pid == os.getpid())
    assert (this.name, this.path, this.started_at) == ("", None, None)
    assert isinstance(problem, Problem)
    assert problem.text == f"PID {os.getpid()}"
    assert problem.reason == "the system does not name 1 of its processes"
    assert problem.origin.locator == "processes.json"


def test_a_process_that_ends_meanwhile_is_none() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:

        def end(pid: int) -> psutil.Process:
            if pid == child.pid:
                child.communicate(b"\n")
            return psutil.Process(pid)

        found = list(read_processes(end))
    assert child.pid not in [process.pid for process in found if isinstance(process, Process)]
    assert os.getpid() in [process.pid for process in found if isinstance(process, Process)]


def test_every_process_has_a_pid_once_and_can_be_written_down() -> None:
    found = [each for each in read_processes() if isinstance(each, Process)]
    assert len({process.pid for process in found}) == len(found) > 1
    msgspec.json.encode(found)


def test_interfaces_have_addresses_with_their_prefix() -> None:
    found = list(read_interfaces())
    addresses = [address for interface in found for address in interface.addresses]
    assert any(ip_interface(address).ip.is_loopback for address in addresses)
    assert "127.0.0.1/8" in addresses
    assert "::1/128" in addresses or not any(":" in address for address in addresses)
    assert all("/" in address and "%" not in address for address in addresses)
    assert all(interface.profile is None for interface in found)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has services")
def test_another_system_has_no_windows_services() -> None:
    assert list(read_services()) == []


def test_the_host_says_when_it_started_and_when_it_was_asked() -> None:
    host = read_host("a collector")
    assert host.name
    assert "." not in host.name
    assert host.collector == "a collector"
    assert host.boot_time
    assert host.collected_at
    assert host.boot_time < host.collected_at <= datetime.now(tz=UTC)


def test_all_of_it_can_be_written_down_and_read_again() -> None:
    found = list(read_listeners())
    assert msgspec.json.decode(msgspec.json.encode(found), type=list[Listener]) == found
