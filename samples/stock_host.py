"""The processes, services and sockets that any Windows has, as a listing of a live host would show them."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import msgspec

TABLE = Path(__file__).with_name("stock_host.txt")
SYSTEM32 = r"C:\Windows\system32"
SVCHOST = rf"{SYSTEM32}\svchost.exe"
ANY = "0.0.0.0"  # noqa: S104 - a socket of the sample host

Socket = tuple[str, str, int]  # protocol, address, port


class Program(msgspec.Struct, frozen=True, kw_only=True):
    """A process, at first without a PID. `path` is None where Windows does not tell it (System)."""

    path: str | None
    started_at: datetime
    image: str = ""
    services: tuple[str, ...] = ()
    sockets: tuple[Socket, ...] = ()
    pid: int | None = None

    @property
    def name(self) -> str:
        """The image name, with its extension."""
        return self.image or (self.path or "").rpartition("\\")[2]


class ServiceEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the service manager's database; the state follows from the processes."""

    name: str
    display_name: str
    path: str
    start_mode: str = "Auto"
    sid_type: str = "NONE"


def both(protocol: str, port: int) -> tuple[Socket, Socket]:
    """A dual-stack socket: one endpoint per family (windows-firewall.md 3.6)."""
    return (protocol, ANY, port), (protocol, "::", port)


def stock_programs(boot: datetime, address: str, kind: str) -> tuple[Program, ...]:
    """Everything that runs on a Windows of `kind` (server | client) with one network card."""
    return (
        Program(image="System Idle Process", path=None, started_at=boot, pid=0),
        Program(image="System", path=None, started_at=boot, pid=4, sockets=_system_sockets(address)),
        *(_native(boot, *row) for row in _table("native")),
        *(_svchost(boot, 8 + number, row[0], row[4]) for number, row in enumerate(_table("svchost"))),
        Program(
            path=r"C:\Program Files\Windows Defender\MsMpEng.exe",
            started_at=boot + timedelta(seconds=35),
            services=("WinDefend",),
        ),
        *(_client_extras(boot) if kind == "client" else ()),
    )


def stock_services() -> tuple[ServiceEntry, ...]:
    """The services behind them, and some that are stopped."""
    hosted = (
        ServiceEntry(
            name=name, display_name=shown, path=f"{SVCHOST} -k {group}", start_mode=mode, sid_type=sid
        )
        for name, group, mode, sid, _, shown in _table("svchost")
    )
    others = (
        ServiceEntry(name=name, display_name=shown, path=path, start_mode=mode, sid_type=sid)
        for name, mode, sid, path, shown in _table("service")
    )
    return (*hosted, *others)


def numbered(programs: tuple[Program, ...], seed: str) -> tuple[Program, ...]:
    """The same with PIDs: multiples of four, growing with the time of start."""
    random, last, result = Random(seed), 88, []  # noqa: S311 - a repeatable sample, not a secret
    for program in sorted(programs, key=lambda each: each.started_at):
        last += 4 * random.randint(3, 40) if program.pid is None else 0
        result.append(msgspec.structs.replace(program, pid=last if program.pid is None else program.pid))
    return tuple(result)


def _table(kind: str) -> list[list[str]]:
    rows = (line.split("|") for line in TABLE.read_text(encoding="ascii").splitlines())
    return [[cell.strip() for cell in row[1:]] for row in rows if row[0].strip() == kind]


def _native(boot: datetime, path: str, after: str, services: str, sockets: str) -> Program:
    return Program(
        path=rf"{SYSTEM32}\{path}",
        started_at=boot + timedelta(seconds=int(after)),
        services=tuple(services.split(",")) if services else (),
        sockets=_sockets(sockets),
    )


def _svchost(boot: datetime, after: int, service: str, sockets: str) -> Program:
    return Program(
        path=SVCHOST,
        started_at=boot + timedelta(seconds=after),
        services=(service,),
        sockets=_sockets(sockets),
    )


def _sockets(text: str) -> tuple[Socket, ...]:
    pairs = (item.split(":") for item in text.split(",") if item)
    return tuple(socket for protocol, port in pairs for socket in both(protocol, int(port)))


def _system_sockets(address: str) -> tuple[Socket, ...]:
    """The kernel's: NetBIOS on the card's address, SMB and HTTP.sys (WinRM) everywhere."""
    lan: tuple[Socket, ...] = (("tcp", address, 139), ("udp", address, 137), ("udp", address, 138))
    return (*lan, *_sockets("tcp:445,tcp:5985,tcp:47001"))


def _client_extras(boot: datetime) -> tuple[Program, ...]:
    devices = Program(
        path=SVCHOST,
        started_at=boot + timedelta(seconds=52),
        services=("CDPSvc",),
        sockets=(("tcp", ANY, 5040), ("udp", ANY, 5050)),
    )
    return (
        devices,
        _svchost(boot, 125, "DoSvc", "tcp:7680"),
        Program(path=r"C:\Windows\explorer.exe", started_at=boot + timedelta(seconds=310)),
    )
