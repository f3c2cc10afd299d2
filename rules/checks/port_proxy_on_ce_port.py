"""Forwardings of the IP Helper service on CE ports, and those that lead to them (windows-firewall.md 1.1)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rules.case import Case
from rules.causes import Cause
from rules.check import Check, Unproven
from rules.endpoints import Endpoint
from rules.evidence_sets import ENDPOINTS, SOCKETS
from rules.exposure import can_be_reached
from rules.findings import place, seen_listeners, subject
from rules.firewall.flow import TCP, Flow
from rules.model import Finding, Observation, Remediation, Severity
from rules.this_host import is_this_host
from scanner.model import PortProxy

_IP_HELPER = r"%SystemRoot%\System32\svchost.exe"
# What netsh takes for an address or a host name, and PowerShell and cmd.exe for a plain word. No leading
# hyphen: that begins an option.
_NAMES_A_PLACE = re.compile(r"[0-9A-Za-z:][0-9A-Za-z.:_-]*|\*")


def find(case: Case) -> Iterator[Finding | Unproven]:
    proxies = case.snapshot.port_proxies
    taken: set[PortProxy] = set()
    for endpoint, diagnosis in case.port_diagnoses:
        on_port = [proxy for proxy in proxies or () if _covers(endpoint, proxy.listen_port)]
        taken.update(on_port)
        if on_port or diagnosis.cause is Cause.PORT_PROXY:
            yield _on_port(case, endpoint, on_port)
        elif any(case.owners.is_port_proxy(each) is None for each in (*endpoint.foreign, *endpoint.unowned)):
            yield Unproven(
                subject=subject(endpoint),
                reason="whether the IP Helper service holds its port is not known",
            )
    for proxy in proxies or ():
        behind = [endpoint for endpoint in case.endpoints if _covers(endpoint, proxy.connect_port)]
        if proxy not in taken and behind and is_this_host(case, proxy.connect_address):
            yield _second_door(case, behind[0], proxy)


def _covers(endpoint: Endpoint, port: int) -> bool:
    first, last = endpoint.span
    return endpoint.slot.protocol == "tcp" and bool(endpoint.port) and first <= port <= last


def _shown(proxy: PortProxy) -> str:
    return (
        f"{proxy.family} {proxy.listen_address}:{proxy.listen_port} -> "
        f"{proxy.connect_address}:{proxy.connect_port}"
    )


def _seen(case: Case, proxies: list[PortProxy]) -> tuple[Observation, ...]:
    return case.observe_all((proxy.origin, f"port forwarding {_shown(proxy)}") for proxy in proxies)


def _on_port(case: Case, endpoint: Endpoint, proxies: list[PortProxy]) -> Finding:
    holders = [each for each in endpoint.foreign if case.owners.is_port_proxy(each)]
    return Finding(
        severity=Severity.HIGH,
        component=endpoint.row.component,
        variant=endpoint.row.variant,
        protocol=endpoint.slot.protocol,
        port=endpoint.port,
        subject=subject(endpoint),
        message=f"A port forwarding of Windows takes the connections to {place(endpoint)} and hands them on"
        f"{_whereto(proxies)}",
        expected=f"{endpoint.installed.program or endpoint.row.executable} alone on its port",
        observed=", ".join(map(_shown, proxies)) or "the IP Helper service listens on the port",
        impact=endpoint.row.impact,
        evidence=_seen(case, proxies) + seen_listeners(case, *holders),
        remediation=_remediation(proxies),
    )


def _whereto(proxies: list[PortProxy]) -> str:
    places = dict.fromkeys(f"{proxy.connect_address} port {proxy.connect_port}" for proxy in proxies)
    return f" to {' and '.join(places)}" if places else ""


def _second_door(case: Case, endpoint: Endpoint, proxy: PortProxy) -> Finding:
    reached = _is_reached(case, proxy)
    words = "Windows Firewall lets other hosts use it" if reached else "Windows Firewall keeps them out"
    return Finding(
        severity=Severity.MEDIUM if reached else Severity.LOW,
        component=endpoint.row.component,
        variant=endpoint.row.variant,
        protocol=endpoint.slot.protocol,
        port=proxy.listen_port,
        subject=f"port forwarding to {subject(endpoint)} from {proxy.listen_address}:{proxy.listen_port}",
        message=f"A port forwarding on TCP {proxy.listen_port} leads to {place(endpoint)}, and {words}",
        expected=f"{place(endpoint)} reached at its own port only",
        observed=f"{_shown(proxy)}; {words}",
        impact=f"CE works. But there is a second door to {endpoint.title} that none of CE's firewall rules "
        "shows, and whoever comes through it looks like this host itself.",
        evidence=_seen(case, [proxy]),
        remediation=_remediation([proxy]),
    )


def _is_reached(case: Case, proxy: PortProxy) -> bool:
    anywhere = "::" if proxy.family.startswith("v6") else "0.0.0.0"  # noqa: S104 - what netsh's * stands for
    asked = Flow(
        protocol=TCP,
        local_port=proxy.listen_port,
        program=_IP_HELPER,
        service="iphlpsvc",
        profile=case.asked_profile,
    )
    return can_be_reached(case, asked, [anywhere if proxy.listen_address == "*" else proxy.listen_address])


def _remediation(proxies: list[PortProxy]) -> Remediation:
    """Delete what can be named safely; an undo adds it again."""
    if not proxies or not all(map(_is_nameable, proxies)):
        return Remediation(
            manual=(
                (
                    "List the forwardings with `netsh interface portproxy show all`, note the one on this "
                    "port, and delete it with `netsh interface portproxy delete`."
                ),
            )
        )
    return Remediation(
        commands=tuple(f"netsh interface portproxy delete {_listens(proxy)}" for proxy in proxies),
        netsh=tuple(f"netsh interface portproxy delete {_listens(proxy)}" for proxy in proxies),
        undo=tuple(
            f"netsh interface portproxy add {_listens(proxy)} connectport={proxy.connect_port} "
            f"connectaddress={proxy.connect_address}"
            for proxy in proxies
        ),
        manual=("First find out who set the forwarding up, and for whom.",),
    )


def _listens(proxy: PortProxy) -> str:
    return f"{proxy.family} listenport={proxy.listen_port} listenaddress={proxy.listen_address}"


def _is_nameable(proxy: PortProxy) -> bool:
    words = (proxy.family, proxy.listen_address, proxy.connect_address)
    return all(_NAMES_A_PLACE.fullmatch(word) for word in words)


CHECK = Check(
    id="port-proxy-on-ce-port",
    title="No port forwarding of Windows sits on a CE port, and none that was collected leads to one",
    severity=Severity.HIGH,
    requires=SOCKETS,
    needs=ENDPOINTS,
    rationale="`netsh interface portproxy` hands connections on to any place. On a CE port it takes what the "
    "firewall lets through for CE; in front of one it opens a door that no CE rule shows.",
    decides="A CE port is held by the IP Helper service, or a collected forwarding listens on it: high. A "
    "collected forwarding leads from another port to a CE endpoint of this host: medium where Windows "
    "Firewall lets hosts reach that port, else low. Where the forwardings were not collected, the owners "
    "of the sockets show that none is active on a CE port; that none leads to one is then not proven.",
    mend="Delete the forwarding with netsh interface portproxy delete, after asking who set it up.",
    controls=(
        "NIST SP 800-53 r5 AC-4",
        "NIST SP 800-53 r5 CM-7",
        "PCI DSS v4.0 1.2.5",
        "PCI DSS v4.0 2.2.4",
    ),
    find=find,
)
