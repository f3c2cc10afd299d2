"""What of the firewall rules behind a finding a waiver accepts: their scope, not their name or place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rules.model import Finding
from scanner.model import FirewallRule, Origin

# Tokens that describe a firewall rule and decide nothing (windows-firewall.md 2.2).
_DESCRIBING = {"version", "name", "desc", "embedctxt"}

ByOrigin = Mapping[Origin, tuple[FirewallRule, ...]]


def by_origin(fw_rules: Iterable[FirewallRule]) -> ByOrigin:
    """Firewall rules by the place they were read from, which evidence names."""
    found: dict[Origin, tuple[FirewallRule, ...]] = {}
    for fw_rule in fw_rules:
        found[fw_rule.origin] = (*found.get(fw_rule.origin, ()), fw_rule)
    return found


def scopes(finding: Finding, fw_rules: ByOrigin) -> tuple[str, ...]:
    """The scope of every firewall rule in the evidence of `finding`, in an order that no run changes."""
    origins = {Origin(source=seen.source, locator=seen.locator) for seen in finding.evidence}
    return tuple(sorted({scope(fw_rule) for origin in origins for fw_rule in fw_rules.get(origin, ())}))


def scope(fw_rule: FirewallRule) -> str:
    """All that a firewall rule lets through or keeps out, as one text; the order of its values is no part."""
    parts = (
        (fw_rule.store, str(fw_rule.active), fw_rule.action or "", fw_rule.direction or ""),
        (str(fw_rule.protocol), fw_rule.program or "", fw_rule.service or ""),
        sorted(fw_rule.profiles),
        sorted(fw_rule.local_ports),
        sorted(fw_rule.remote_ports),
        sorted(fw_rule.local_addresses),
        sorted(fw_rule.remote_addresses),
        sorted(f"{name}={value}" for name, value in fw_rule.extra if name.casefold() not in _DESCRIBING),
        sorted(fw_rule.unread),
    )
    return "\x1e".join("\x1d".join(part) for part in parts)
