r"""Exception lists in the XP/2003 format, which Windows still honours from Group Policy (windows-firewall.md
1.2).

...\WindowsFirewall\DomainProfile\AuthorizedApplications\List    "C:\x.exe" = "C:\x.exe:*:Enabled:X"
...\WindowsFirewall\StandardProfile\GloballyOpenPorts\List       "3389:TCP" =
"3389:TCP:LocalSubNet:Enabled:RDP"
"""

from __future__ import annotations

import re

from scanner.model import Action, Direction, FirewallRule, Origin, Problem, Profile, Store

_ENTRY = re.compile(
    r"(?P<what>.+?):(?P<scope>[^:]*):(?P<state>Enabled|Disabled)(?::(?P<name>.*))?", re.I | re.S
)
_PORT = re.compile(r"(\d{1,5}):(TCP|UDP)", re.IGNORECASE | re.ASCII)
_PROTOCOLS = {"tcp": 6, "udp": 17}
LEGACY_TOKEN = "Legacy"  # noqa: S105 - how such a list is merged today is UNCONFIRMED: the judge sees an unknown token


def parse_legacy_exception(
    value_name: str, text: str, profiles: tuple[Profile, ...], origin: Origin
) -> FirewallRule | Problem:
    """One entry of a Group Policy list as an inbound allow rule that carries an unknown condition.

    Its `extra` names the list's kind, so that a decision resting on it is conditional: whether current
    Windows still enforces it cannot be known off line.
    """
    entry = _ENTRY.fullmatch(text.strip())
    if entry is None:
        return Problem(origin=origin, text=text[:200], reason="not an exception in the XP/2003 format")
    port = _PORT.fullmatch(entry["what"])
    return FirewallRule(
        id=value_name,
        store=Store.GPO,
        active=entry["state"].casefold() == "enabled",
        action=Action.ALLOW,
        direction=Direction.IN,
        profiles=profiles,
        protocol=_PROTOCOLS[port[2].casefold()] if port else None,
        local_ports=(port[1],) if port else (),
        program=None if port else entry["what"],
        remote_addresses=_scope(entry["scope"]),
        name=entry["name"] or value_name,
        extra=((LEGACY_TOKEN, "GloballyOpenPorts" if port else "AuthorizedApplications"),),
        origin=origin,
    )


def _scope(text: str) -> tuple[str, ...]:
    """`*` is everybody; else keywords and addresses with masks, separated by commas."""
    parts = tuple(part.strip() for part in text.split(",") if part.strip())
    if "*" in parts or not parts:
        return ()
    return tuple("LocalSubnet" if part.casefold() == "localsubnet" else part for part in parts)
