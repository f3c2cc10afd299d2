"""Sockets, processes, services and interfaces of the machine we run on, through psutil; read only."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from ipaddress import ip_interface
from typing import TypeVar

from scanner.errors import SourceError
from scanner.model import Host, Interface, Listener, Origin, Process, Service

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


def read_processes() -> Iterator[Process]:
    """Every process; what the system refuses to tell of one (path, start) stays unstated."""
    import psutil

    for process in psutil.process_iter():
        started = _or_none(process.create_time)
        yield Process(
            pid=process.pid,
            name=_or_none(process.name) or "",
            path=_or_none(process.exe) or None,
            started_at=datetime.fromtimestamp(int(started), tz=UTC) if started else None,
            origin=_ORIGIN,
        )


def read_services() -> Iterator[Service]:
    """Every Windows service; nothing on another system."""
    if sys.platform != "win32":
        return
    import psutil

    for service in psutil.win_service_iter():
        found = _or_none(service.as_dict)
        if found:
            yield Service(
                name=found["name"],
                display_name=found["display_name"],
                path=found["binpath"],
                state=found["status"],
                start_mode=_START_MODES.get(found["start_type"], found["start_type"]),
                pid=found["pid"],
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

    return Host(
        name=socket.gethostname().partition(".")[0],
        boot_time=datetime.fromtimestamp(int(psutil.boot_time()), tz=UTC),
        collector=collector,
        collected_at=datetime.now(tz=UTC).replace(microsecond=0),
    )


_START_MODES = {"automatic": "auto"}


def _or_none(ask: Callable[[], _T]) -> _T | None:
    """What the system answers, or None where it refuses or the process is gone; Windows may also say plain
    OSError.
    """
    import psutil

    try:
        return ask()
    except (psutil.Error, OSError):
        return None


def _cidr(address: str, netmask: str | None) -> str:
    text = address.partition("%")[0]
    try:
        return str(ip_interface(f"{text}/{netmask}" if netmask else text))
    except ValueError:
        return ""
