"""Sockets, processes, services and the system's own programs, asked of a Windows API."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from scanner.errors import SourceError
from scanner.live import FACTS, collect_host_evidence
from scanner.model import Problem, Process
from scanner.sources.document import Document
from scanner.sources.live_commands import CONNECTION_PROFILES, PORT_RANGES, Command, ask_system
from scanner.sources.live_system import (
    read_host,
    read_interfaces,
    read_listeners,
    read_processes,
    read_services,
)
from tests.windows.throwaway import require_throwaway_windows, system

require_throwaway_windows()

# opens a TCP and a UDP socket on each address, says which ports it got, and waits for the end of its input
SERVER = r"""
import socket, sys
opened = []
for address in ("127.0.0.1", "0.0.0.0", "::1", "::"):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        each = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, kind)
        each.bind((address, 0))
        if kind == socket.SOCK_STREAM:
            each.listen()
        opened.append(each)
        print("udp" if kind == socket.SOCK_DGRAM else "tcp", address, each.getsockname()[1])
print(flush=True)
sys.stdin.read()
"""
Sockets = set[tuple[str, str, int]]


@pytest.fixture
def server() -> Iterator[tuple[int, Sockets]]:
    """Another process, by its PID, with the sockets that it has open."""
    command = [sys.executable, "-c", SERVER]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        rows = [line.split() for line in iter(process.stdout.readline, "\n")]
        yield process.pid, {(protocol, address, int(port)) for protocol, address, port in rows}
        process.communicate("")


def test_every_socket_of_another_process_is_found_and_none_has_owner_0(server: tuple[int, Sockets]) -> None:
    pid, opened = server
    found = [each for each in read_listeners() if (each.protocol, each.address, each.port) in opened]
    assert {(each.protocol, each.address, each.port) for each in found} == opened
    assert len(opened) == len(found) == 8
    assert {each.pid for each in found} <= {pid, None}  # Wine does not always know; 0 would be a lie


def test_a_connection_is_no_listener() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = listening.getsockname()
        with socket.create_connection(address) as client:
            ports = [each.port for each in read_listeners()]
            assert client.getsockname()[1] not in ports
    assert ports.count(address[1]) == 1


def test_processes_are_read_though_the_system_names_none_of_them(server: tuple[int, Sockets]) -> None:
    """Wine 8 answers the question for a name with a plain OSError (WinError 87)."""
    items = list(read_processes())
    found = [item for item in items if isinstance(item, Process)]
    assert {os.getpid(), server[0]} <= {process.pid for process in found}
    assert all(process.started_at for process in found if process.pid == os.getpid())
    nameless = [process for process in found if not process.name]
    problems = [item for item in items if isinstance(item, Problem)]
    assert [problem.reason for problem in problems] == (
        [f"the system does not name {len(nameless)} of its processes"] if nameless else []
    )


def test_a_service_is_read_with_its_command_line() -> None:
    command = r'"D:\Contact Expert\Tomcat\bin\tomcat8.exe" //RS//Tomcat8'
    system("sc", "create", "CeTest", "binPath=", command, "start=", "auto", "DisplayName=", "CE test")
    try:
        found = {service.name: service for service in read_services()}
    finally:
        system("sc", "delete", "CeTest")
    service = found["CeTest"]
    assert (service.display_name, service.path, service.state) == ("CE test", command, "stopped")
    assert (service.start_mode, service.pid) == ("auto", None)
    assert len(found) > 1


def test_the_host_says_its_name_when_it_started_and_that_we_are_administrator() -> None:
    host = read_host("a collector")
    assert host.name
    assert host.elevated is True
    assert host.boot_time
    assert host.boot_time < datetime.now(tz=UTC) + timedelta(minutes=1)


def test_an_interface_has_its_addresses_and_no_prefix_that_windows_does_not_tell() -> None:
    (loopback,) = (found for found in read_interfaces() if "127.0.0.1/8" in found.addresses)
    assert "::1" in loopback.addresses


CMD = "cmd.exe"


def test_an_answer_of_a_system_program_comes_as_it_is() -> None:
    command = Command(program=CMD, arguments=("/c", "echo", "49152"), seconds=20)
    assert ask_system(command).strip() == b"49152"


@pytest.mark.parametrize(
    ("program", "arguments", "reason"),
    [
        (CMD, ("/c", "exit 3"), "it failed with exit code 3"),
        (CMD, ("/c", "rem"), "it answered with nothing"),
        ("no such.exe", (), "it cannot be started: "),
    ],
)
def test_a_system_program_that_tells_nothing_is_an_error(
    program: str, arguments: tuple[str, ...], reason: str
) -> None:
    with pytest.raises(SourceError, match=reason):
        ask_system(Command(program=program, arguments=arguments, seconds=20))


def test_a_system_program_that_does_not_end_is_given_up() -> None:
    started = time.monotonic()
    with pytest.raises(SourceError, match="no answer within 1 seconds"):
        ask_system(Command(program=CMD, arguments=("/c", "for /L %i in (0,0,1) do @rem"), seconds=1))
    assert time.monotonic() - started < 20


@pytest.mark.parametrize("command", [*PORT_RANGES, CONNECTION_PROFILES], ids=str)
def test_a_stub_that_succeeds_without_a_word_is_no_answer(command: Command) -> None:
    with pytest.raises(SourceError, match="it answered with nothing"):
        ask_system(command)


def test_each_kind_of_evidence_is_a_document_or_a_problem_that_names_it(
    server: tuple[int, Sockets],  # so that there is a socket
) -> None:
    items = list(collect_host_evidence((), ()))
    documents = {item.source for item in items if isinstance(item, Document)}
    missing = {item.origin.source for item in items if isinstance(item, Problem)}
    assert {"host.json", *FACTS, "registry/live.reg", "registry/key-times.json"} == documents
    assert {"network/port-ranges.txt", "network/connection-profiles.json", "files.json"} <= missing
