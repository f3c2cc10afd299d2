r"""The registry keys that are read from a host, wherever its registry comes from (windows-firewall.md 1.1).

Paths are below HKEY_LOCAL_MACHINE; the 32-bit view is spelled `SOFTWARE\WOW6432Node`.
"""

from __future__ import annotations

import re

import msgspec

HKLM = "HKEY_LOCAL_MACHINE"
CONTROL_SET = rf"{HKLM}\SYSTEM\CurrentControlSet"
SERVICES = rf"{CONTROL_SET}\Services"
FIREWALL_POLICY = rf"{SERVICES}\SharedAccess\Parameters\FirewallPolicy"
FIREWALL_DEFAULTS = rf"{SERVICES}\SharedAccess\Defaults\FirewallPolicy"
POLICIES = rf"{HKLM}\SOFTWARE\Policies"
GPO_FIREWALL_POLICY = rf"{POLICIES}\Microsoft\WindowsFirewall"
COMPUTER_NAME = rf"{CONTROL_SET}\Control\ComputerName\ComputerName"
PORT_PROXY = rf"{SERVICES}\PortProxy"
TIME_ZONE = rf"{CONTROL_SET}\Control\TimeZoneInformation"
PROCRUN = rf"{HKLM}\SOFTWARE\WOW6432Node\Apache Software Foundation\ProcRun 2.0"
WINDOWS_VERSION = rf"{HKLM}\SOFTWARE\Microsoft\Windows NT\CurrentVersion"

_FIREWALL = re.compile(r"\\(?:SharedAccess|WindowsFirewall)(?:\\|\Z)", re.IGNORECASE)
WHOLE_TREE = 32  # deeper than any key we know; a corrupt hive may be deeper still


class KeyOfInterest(msgspec.Struct, frozen=True, kw_only=True):
    """A key to read, with the keys down to `depth` levels below it; `values` None = all of its values."""

    path: str
    depth: int = 0
    values: frozenset[str] | None = None  # lower case


KEYS_OF_INTEREST = (
    KeyOfInterest(path=FIREWALL_POLICY, depth=WHOLE_TREE),
    KeyOfInterest(path=FIREWALL_DEFAULTS, depth=WHOLE_TREE),
    KeyOfInterest(path=PORT_PROXY, depth=WHOLE_TREE),
    KeyOfInterest(
        path=SERVICES,
        depth=1,
        values=frozenset({"imagepath", "displayname", "start", "servicesidtype", "type"}),
    ),
    KeyOfInterest(path=COMPUTER_NAME),
    KeyOfInterest(path=TIME_ZONE),
    KeyOfInterest(path=GPO_FIREWALL_POLICY, depth=WHOLE_TREE),
    KeyOfInterest(path=rf"{HKLM}\SOFTWARE\ACE\TAO", depth=WHOLE_TREE),
    KeyOfInterest(path=rf"{HKLM}\SOFTWARE\WOW6432Node\ACE\TAO", depth=WHOLE_TREE),
    KeyOfInterest(path=rf"{HKLM}\SOFTWARE\Geomant Call Center Solutions", depth=WHOLE_TREE),
    KeyOfInterest(path=rf"{HKLM}\SOFTWARE\WOW6432Node\Geomant Call Center Solutions", depth=WHOLE_TREE),
    KeyOfInterest(path=PROCRUN, depth=WHOLE_TREE),
    KeyOfInterest(path=WINDOWS_VERSION, values=frozenset({"productname", "currentbuild", "ubr"})),
    KeyOfInterest(path=rf"{WINDOWS_VERSION}\NetworkList\Profiles", depth=WHOLE_TREE),
)


def is_firewall_key(path: str) -> bool:
    """True for the firewall's own keys, in any control set: nothing in them is a program's secret."""
    return _FIREWALL.search(path) is not None
