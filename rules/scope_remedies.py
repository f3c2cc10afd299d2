"""Commands that change whom a firewall rule speaks of, with their undo (windows-firewall.md 6.1, 6.2)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from rules.case import Case
from rules.firewall.addresses import read_span
from rules.model import Remediation
from rules.powershell import fits_cmd, is_quotable, quoted, wildcard_free
from rules.remedies import by_hand, is_nameable, restart
from scanner.model import FirewallRule

_ANY = ("Any",)
_INTERFACE_TYPES = {"lan": "Wired", "wireless": "Wireless", "remoteaccess": "RemoteAccess"}


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """One condition of a rule to be set anew: its names for PowerShell and netsh, and its values."""

    cmdlet: str
    netsh: str
    before: tuple[str, ...]
    after: tuple[str, ...]


def remote_scope(fw_rule: FirewallRule, addresses: Iterable[str]) -> Scope:
    """Only these remote addresses; () for any."""
    return Scope(
        cmdlet="RemoteAddress",
        netsh="remoteip",
        before=fw_rule.remote_addresses or _ANY,
        after=tuple(dict.fromkeys(addresses)) or _ANY,
    )


def without_scope(fw_rule: FirewallRule, condition: str) -> Scope | None:
    """The condition (a near miss's name for it) lifted; None where no command can lift and restore it."""
    before = {
        "local-address": ("LocalAddress", "localip", fw_rule.local_addresses),
        "remote-port": ("RemotePort", "remoteport", fw_rule.remote_ports),
        "interface-type": ("InterfaceType", "interfacetype", _interface_types(fw_rule)),
    }.get(condition)
    if before is None or not before[2]:
        return None
    return Scope(cmdlet=before[0], netsh=before[1], before=before[2], after=_ANY)


def set_scopes(case: Case, fw_rule: FirewallRule, scopes: Sequence[Scope]) -> Remediation:
    """Give a rule these scopes; undo gives it its own. A rule no command can name is changed by hand."""
    values = [value for scope in scopes for value in (*scope.before, *scope.after)]
    if not (is_nameable(fw_rule) and all(map(is_quotable, values))):
        wanted = ", ".join(f"its {scope.cmdlet} to {', '.join(scope.after)}" for scope in scopes)
        return Remediation(manual=(by_hand(fw_rule, f"set {wanted}"),), restart=restart(case))
    command = f"Set-NetFirewallRule -Name {wildcard_free(fw_rule.id)}"
    return Remediation(
        commands=(" ".join([command, *(_option(scope, scope.after) for scope in scopes)]),),
        netsh=tuple(_netsh(fw_rule, scopes)),
        undo=(" ".join([command, *(_option(scope, scope.before) for scope in scopes)]),),
        restart=restart(case),
    )


def _option(scope: Scope, values: Iterable[str]) -> str:
    return f"-{scope.cmdlet} {','.join(map(quoted, values))}"


def _netsh(fw_rule: FirewallRule, scopes: Sequence[Scope]) -> Iterable[str]:
    """The same for netsh, where it can name the rule and knows every value."""
    plain = all(value in _ANY or read_span(value) for scope in scopes for value in scope.after)
    if plain and fits_cmd(fw_rule.name) and not fw_rule.name.startswith("@"):
        new = " ".join(f"{scope.netsh}={','.join(scope.after).lower()}" for scope in scopes)
        yield f'netsh advfirewall firewall set rule name="{fw_rule.name}" dir=in new {new}'


def _interface_types(fw_rule: FirewallRule) -> tuple[str, ...]:
    words = (value.strip().casefold() for name, value in fw_rule.extra if name.casefold() == "iftype")
    return tuple(_INTERFACE_TYPES[word] for word in words if word in _INTERFACE_TYPES)
