"""A row of osquery's windows_firewall_rules, which is COM's view of a rule (windows-firewall.md 4.6).

`*` in ports and addresses, and an empty program or service, mean any. The protocol is TCP, UDP or Any;
everything else is "", which is not Any, and then ports are left out as well.
"""

from __future__ import annotations

from collections.abc import Mapping

from scanner.model import Action, Direction, FirewallRule, Origin, Profile, Store
from scanner.parsers.netfirewall_words import address_of, port_of, words_of

# What the table has no column for; `interfaces` are the single ones that a rule may be bound to.
_HIDDEN = ("interface_types", "interfaces", "security", "package", "user")
_PROTOCOLS = {"tcp": 6, "udp": 17, "any": None}
_ACTIONS = {"allow": Action.ALLOW, "block": Action.BLOCK}
_DIRECTIONS = {"in": Direction.IN, "inbound": Direction.IN, "out": Direction.OUT, "outbound": Direction.OUT}
_PROFILES = {
    "profile_domain": Profile.DOMAIN,
    "profile_private": Profile.PRIVATE,
    "profile_public": Profile.PUBLIC,
}


def read_firewall_rule(row: Mapping[str, str], ordinal: int, origin: Origin) -> FirewallRule:
    """The rule of a row under the id `osquery-<ordinal>`, of a store nobody knows.

    A column that was not selected leaves its condition unread.
    """
    protocol = row.get("protocol", "").strip().lower()
    ports = protocol in ("tcp", "udp")
    read = {
        "local_ports": _list(row, "local_ports") if ports else (),
        "remote_ports": _list(row, "remote_ports") if ports else (),
        "local_addresses": _list(row, "local_addresses"),
        "remote_addresses": _list(row, "remote_addresses"),
    }
    unread = [name for name, found in read.items() if found is None]
    unread += ["protocol"] if protocol not in _PROTOCOLS else []
    unread += ["program"] if "app_name" not in row else []
    unread += ["service"] if "service_name" not in row else []
    flags = {profile: row.get(name) for name, profile in _PROFILES.items()}
    named = tuple(profile for profile, flag in flags.items() if flag == "1")
    doubt = [] if named else [("Profile", "")]  # a rule for no profile, or columns left out
    enabled = row.get("enabled", "").strip()
    return FirewallRule(
        id=f"osquery-{ordinal}",
        store=Store.UNKNOWN,
        active=enabled != "0",
        action=_ACTIONS.get(row.get("action", "").strip().lower()),
        direction=_DIRECTIONS.get(row.get("direction", "").strip().lower()),
        profiles=named,
        protocol=_PROTOCOLS.get(protocol),
        program=row.get("app_name", "").strip() or None,
        service=row.get("service_name", "").strip() or None,
        name=row.get("name", ""),
        extra=(*doubt, *([] if enabled in ("0", "1") else [("Enabled", enabled)])),
        unread=(*unread, *_HIDDEN),
        origin=origin,
        local_ports=tuple(map(port_of, read["local_ports"] or ())),
        remote_ports=tuple(map(port_of, read["remote_ports"] or ())),
        local_addresses=tuple(map(address_of, read["local_addresses"] or ())),
        remote_addresses=tuple(map(address_of, read["remote_addresses"] or ())),
    )


def _list(row: Mapping[str, str], name: str) -> tuple[str, ...] | None:
    return words_of(row.get(name))
