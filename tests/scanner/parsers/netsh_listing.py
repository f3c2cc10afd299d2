"""Firewall rules as `netsh advfirewall firewall show rule name=all verbose` prints them, in English."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from scanner.model import Action, Direction, FirewallRule

_PROTOCOLS = {None: "Any", 1: "ICMPv4", 6: "TCP", 17: "UDP", 58: "ICMPv6"}
_ACTIONS = {Action.ALLOW: "Allow", Action.BLOCK: "Block", Action.BYPASS: "Bypass"}
_TYPES = {"Lan": "LAN", "Wireless": "Wireless", "RemoteAccess": "RAS"}
_PORTS = {"IPHTTPSIn": "IPHTTPS", "IPHTTPSOut": "IPHTTPS"}
_FAMILY = re.compile("(?<=[a-zA-Z])[46]$")  # of a keyword: LocalSubnet4, which netsh prints without
# windows-firewall.md 4.1 knows no line for these
_NO_LINE = {"LOM", "PFN", "LUAuth", "Foo", "AppPkgId", "LUOwn"}


def can_list(fw_rule: FirewallRule) -> bool:
    """Whether netsh's listing shows every condition of the rule."""
    return (
        fw_rule.action is not None
        and fw_rule.service != "*"
        and "TcpNovelty" not in fw_rule.local_ports
        and (fw_rule.protocol in (6, 17) or not (fw_rule.local_ports or fw_rule.remote_ports))
        and not any(name in _NO_LINE for name, _ in fw_rule.extra)
        and not any(map(_FAMILY.search, fw_rule.remote_addresses))
    )


def listing(fw_rules: Iterable[FirewallRule]) -> str:
    """The whole text, with the closing line of an English Windows."""
    blocks = ("\r\n".join(_lines(fw_rule)) for fw_rule in fw_rules)
    return "\r\n" + "\r\n\r\n".join(blocks) + "\r\n\r\nOk.\r\n\r\n"


def _lines(fw_rule: FirewallRule) -> Iterator[str]:
    yield _line("Rule Name", fw_rule.name or fw_rule.id)
    yield "-" * 70
    for label, value in _fields(fw_rule):
        yield _line(label, value)


def _fields(fw_rule: FirewallRule) -> Iterator[tuple[str, str]]:
    tokens = dict(fw_rule.extra)
    types = [_TYPES[text] for name, text in fw_rule.extra if name == "IFType"]
    yield "Enabled", "Yes" if fw_rule.active else "No"
    yield "Direction", "In" if fw_rule.direction is Direction.IN else "Out"
    yield "Profiles", ",".join(found.title() for found in fw_rule.profiles) or "Domain,Private,Public"
    yield "Grouping", ""
    yield "LocalIP", _many(fw_rule.local_addresses)
    yield "RemoteIP", _many(fw_rule.remote_addresses)
    yield "Protocol", _PROTOCOLS.get(fw_rule.protocol, str(fw_rule.protocol))
    if fw_rule.protocol in (6, 17):
        yield "LocalPort", _many(_PORTS.get(port, port) for port in fw_rule.local_ports)
        yield "RemotePort", _many(_PORTS.get(port, port) for port in fw_rule.remote_ports)
    yield "Edge traversal", "Yes" if "Edge" in tokens else "No"
    yield "Program", fw_rule.program or ""
    yield "Service", fw_rule.service or ""
    yield "InterfaceTypes", _many(types)
    yield "Security", "Authenticate" if "Security" in tokens else "NotRequired"
    yield "Rule source", "Local Setting"
    yield "Action", _ACTIONS[fw_rule.action or Action.ALLOW]


def _many(values: Iterable[str]) -> str:
    return ",".join(values) or "Any"


def _line(label: str, value: str) -> str:
    return f"{label + ':':<38}{value}"
