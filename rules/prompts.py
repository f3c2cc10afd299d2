"""The rules that Windows' own "allow this app?" prompt leaves behind (windows-firewall.md 2.1)."""

from __future__ import annotations

from scanner.model import FirewallRule

_QUERY = " query user{"
_ORDINALS = ("netsh-", "osquery-")  # what the parsers of listings without ids give instead


def is_prompt_rule(fw_rule: FirewallRule) -> bool:
    """True for a rule that the prompt made: `TCP Query User{GUID}C:\\path\\app.exe`.

    Only the registry and PowerShell tell ids; a netsh listing does not show where a rule came from.
    """
    return _QUERY in fw_rule.id.casefold()


def has_id(fw_rule: FirewallRule) -> bool:
    """False where the evidence shows no ids, so that it cannot tell who made the rule."""
    return not fw_rule.id.startswith(_ORDINALS)
