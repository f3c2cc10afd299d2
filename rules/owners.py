"""Who owns a listening socket: the path of its process, as far as the evidence tells."""

from __future__ import annotations

from collections import defaultdict

from rules.paths import directory, ends_with, file_name
from scanner.model import Listener, Process, Snapshot

_IP_HELPER, _SERVICE_HOST = "iphlpsvc", "svchost.exe"
SYSTEM_PID = 4  # kernel-mode listeners, HTTP.sys among them (windows-firewall.md 3.5)


class Owners:
    """Processes by PID and listeners by port: the join costs listeners + endpoints, not their product."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._processes = {process.pid: process for process in snapshot.processes}
        proxies = snapshot.port_proxies
        self._forwarded = None if proxies is None else {proxy.listen_port for proxy in proxies}
        self._by_port: dict[tuple[str, int], list[Listener]] = defaultdict(list)
        self._by_pid: dict[int, list[Listener]] = defaultdict(list)
        for listener in snapshot.listeners:
            self._by_port[(listener.protocol, listener.port)].append(listener)
            if listener.pid is not None:
                self._by_pid[listener.pid].append(listener)

    def on_port(self, protocol: str, port: int) -> tuple[Listener, ...]:
        """Every socket open on this port, on whichever address."""
        return tuple(self._by_port.get((protocol, port), ()))

    def of_process(self, process: Process) -> tuple[Listener, ...]:
        """Every socket this process has open."""
        return tuple(self._by_pid.get(process.pid, ()))

    def process(self, listener: Listener) -> Process | None:
        """The process that holds the socket, where both its PID and the process list are known."""
        return None if listener.pid is None else self._processes.get(listener.pid)

    def name(self, listener: Listener) -> str | None:
        """The owner as the evidence names it: a full path, a bare file name, "System", or None."""
        if listener.pid == SYSTEM_PID:
            return "System"
        process = self.process(listener)
        if process is not None:
            return process.path or process.name
        return listener.image

    def is_port_proxy(self, listener: Listener) -> bool | None:
        """Whether the socket is the IP Helper's, as a port proxy's is (windows-firewall.md 1.1).

        Where the evidence does not show which services a service host runs, the collected forwardings tell;
        None = cannot tell.
        """
        process, name = self.process(listener), self.name(listener)
        if process is not None and process.services:
            return any(service.casefold() == _IP_HELPER for service in process.services)
        if name is not None and file_name(name).casefold() != _SERVICE_HOST:
            return False
        if self._forwarded is None:
            return None
        return listener.protocol == "tcp" and listener.port in self._forwarded

    def is_owned_by(self, listener: Listener, program: str | None, executable: str) -> bool | None:
        """Whether the component at `program` (or ending in `executable`) holds the socket; None = cannot
        tell.

        A program in the component's own directory counts as the component: whether a `*Loader.exe` or its
        child opens the socket is not documented (contact-expert.md 1.9).
        """
        name = self.name(listener)
        if name is None:
            return None
        if "\\" not in name:
            return None if name.casefold() == file_name(executable).casefold() else False
        if program is None:
            return ends_with(name, executable)
        return directory(name) == directory(program)
