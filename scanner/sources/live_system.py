"""Sockets, processes, services and interfaces of the machine we run on, through psutil; read only."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from ipaddress import ip_address
from typing import TYPE_CHECKING, TypeVar

from scanner.errors import SourceError
from scanner.model import Host, Interface, Listener, Origin, Problem, Process, Service

if TYPE_CHECKING:
    import psutil

_T = TypeVar("_T")
_ORIGIN = Origin(source="this machine")
_IP_FAMILIES = (socket.AF_INET, socket.AF_INET6)


def read_listeners() -> Iterator[Listener]:
    """Every listening TCP socket and every bound UDP socket; PID 0 or none means the owner is not known.

    Raises SourceError where the system refuses the whole list.
    """
    import psutil

    try:
        connections = psutil.net_connections(kind="inet")
    except (psutil.Error, OSError) as error:
        raise SourceError(f"the system does not list its sockets: {error}") from error
    for connection in connections:
        is_udp = connection.type == socket.SOCK_DGRAM
        if not connection.laddr or (not is_udp and connection.status != psutil.CONN_LISTEN):
            continue
        yield Listener(
            protocol="udp" if is_udp else "tcp",
            address=connection.laddr.ip.partition("%")[0],
            port=connection.laddr.port,
            pid=connection.pid or None,
            origin=_ORIGIN,
        )


def read_processes(named: Callable[[int], psutil.Process] | None = None) -> Iterator[Process | Problem]:
    """Every process; what the system refuses to tell of one (path, start) stays unstated.

    One that has ended meanwhile is none. Where the system tells not even a name, a Problem says of which.
    `named` is what psutil makes of a PID.
    """
    import psutil

    nameless = []
    for pid in psutil.pids():
        found = _process(pid, _or_none(partial(named or psutil.Process, pid)))
        if found.name:
            yield found
        elif psutil.pid_exists(pid):
            nameless.append(str(pid))
            yield found
    if nameless:
        text = f"PID {', '.join(nameless)}"[:200]
        reason = f"the system does not name {len(nameless)} of its processes"
        yield Problem(
            origin=Origin(source=_ORIGIN.source, locator="processes.json"), text=text, reason=reason
        )


def _process(pid: int, process: psutil.Process | None) -> Process:
    name = _or_none(process.name) if process else None
    path = _or_none(process.exe) if process else None
    started = _or_none(process.create_time) if process else None
    return Process(
        pid=pid,
        name=_clean(name) or "",
        path=_clean(path) if path and os.sep in path else None,  # Windows says "Registry" of its own ones
        started_at=datetime.fromtimestamp(int(started), tz=UTC) if started else None,
        origin=_ORIGIN,
    )


def read_services() -> Iterator[Service]:
    """Every Windows service, whatever the system refuses to tell of it; nothing on another system."""
    if sys.platform != "win32":
        return
    import psutil

    for service in psutil.win_service_iter():
        start_mode = _or_none(service.start_type)
        yield Service(  # asked one by one: as_dict gives nothing where only the description is broken
            name=service.name(),
            display_name=service.display_name(),
            path=_clean(_or_none(service.binpath)),
            state=_or_none(service.status),
            start_mode=_START_MODES.get(start_mode, start_mode) if start_mode else None,
            pid=_or_none(service.pid),
            origin=_ORIGIN,
        )


def read_interfaces() -> Iterator[Interface]:
    """Every interface with its IP addresses; psutil does not know which firewall profile is active on it."""
    import psutil

    for alias, addresses in psutil.net_if_addrs().items():
        cidr = (_cidr(found.address, found.netmask) for found in addresses if found.family in _IP_FAMILIES)
        yield Interface(alias=alias, addresses=tuple(filter(None, cidr)), origin=_ORIGIN)


def read_host(collector: str) -> Host:
    """Name, start time and the moment of collection; the one place where facts look at the clock."""
    import psutil

    booted = _or_none(psutil.boot_time)
    return Host(
        name=socket.gethostname().partition(".")[0],
        boot_time=datetime.fromtimestamp(int(booted), tz=UTC) if booted else None,
        elevated=_is_elevated(),
        collector=collector,
        collected_at=datetime.now(tz=UTC).replace(microsecond=0),
    )


_START_MODES = {"automatic": "auto"}


def _is_elevated() -> bool | None:
    if sys.platform != "win32":
        return None
    import ctypes

    return bool(ctypes.windll.shell32.IsUserAnAdmin())


def _or_none(ask: Callable[[], _T]) -> _T | None:
    """What the system answers, or None where it refuses or the process is gone; Windows may also say plain
    OSError.
    """
    import psutil

    try:
        return ask()
    except (psutil.Error, OSError):
        return None


def _clean(text: str | None) -> str | None:
    """Text as JSON can hold it: whoever names a program may use half a character."""
    return text and text.encode("utf-8", "replace").decode()


def _cidr(address: str, netmask: str | None) -> str:
    """The address with its prefix length, without where the system keeps that to itself: Windows does for
    IPv6.
    """
    try:
        own = str(ip_address(address.partition("%")[0]))
        return f"{own}/{int(ip_address(netmask)).bit_count()}" if netmask else own
    except ValueError:
        return ""
