"""Get-NetFirewallRule printed for the eye, which lacks what a decision needs (windows-firewall.md 4.3).

    DisplayName : Network Discovery (UPnP-Out)
    Direction   : Outbound
    Action      : Allow

Ports, addresses, programs and services are other objects in PowerShell, and Format-Table cuts what is left.
Such a listing must not be read as rules without conditions, so it is recognised only to be refused.
"""

from __future__ import annotations

import re

_LIST = re.compile(r"^(\w+) +: ", re.MULTILINE)
_TABLE = re.compile(
    r"^(?=.*\bDirection\b)(?=.*\bAction\b)(?=.*\bName\b|.*\bDisplayName\b)[\w ]+\r?\n[- ]+\r?$", re.M
)
_OF_A_RULE = frozenset({"DisplayName", "Direction", "Action"})
_START = 20_000  # characters; a listing shows its properties from the first object on


def looks_like_powershell_dump(text: str) -> bool:
    """Whether the text begins as Format-List or Format-Table output of Get-NetFirewallRule."""
    start = text[:_START]
    return _OF_A_RULE.issubset(_LIST.findall(start)) or _TABLE.search(start) is not None


def refusal() -> str:
    """Why it is not read, and the commands that fetch what it lacks."""
    return (
        "a listing of Get-NetFirewallRule for the eye: it has no ports, addresses, programs or services. "
        'Run instead: reg export "HKLM\\SYSTEM\\CurrentControlSet\\Services\\SharedAccess\\Parameters'
        '\\FirewallPolicy" firewall.reg /y'
        " (or: netsh advfirewall firewall show rule name=all verbose > rules.txt)"
    )
