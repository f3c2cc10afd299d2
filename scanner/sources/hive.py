"""Registry hives as files: SYSTEM, SOFTWARE and `.wfw` policy exports (windows-firewall.md 1.1)."""

from __future__ import annotations

from collections.abc import Iterator

from scanner.errors import ParseError
from scanner.model import Origin, Problem
from scanner.registry_key import AbsentKey, RegistryKey
from scanner.registry_paths import CONTROL_SET, FIREWALL_POLICY, GPO_FIREWALL_POLICY, HKLM, KEYS_OF_INTEREST
from scanner.sources.document import Document
from scanner.sources.hive_cells import Hive, HiveKey
from scanner.sources.registry_tree import read_tree

_SIGNATURE = b"regf"
_PRIMARY = bytes(4)  # the header's file type; transaction logs have another
_POLICY_KEYS = {"firewallrules", "domainprofile", "privateprofile", "publicprofile", "standardprofile"}


def is_hive(data: bytes) -> bool:
    """True for a registry hive; its transaction logs, which open alike, are none."""
    return data[:4] == _SIGNATURE and data[28:32] == _PRIMARY


def read_hive(document: Document) -> Iterator[RegistryKey | AbsentKey | Problem]:
    """The keys of interest in a hive, under the paths they have on the running host, which are the locators.

    What the hive is, its content says: a SYSTEM hive (the control set that Select names stands for
    CurrentControlSet), a SOFTWARE hive, or a policy key with FirewallRules or profiles at its root, as in
    `.wfw` files. Whatever is broken becomes a Problem and the rest is read. Raises ParseError, at the first
    step, where the root itself cannot be read.
    """
    hive = Hive(document.data)
    try:
        root = hive.root()
    except ParseError as error:
        raise ParseError(f"{document.source}: the registry hive cannot be read: {error}") from error
    children = list(root.children())
    broken = (str(child) for child in children if not isinstance(child, HiveKey))
    for reason in (*hive.doubts(), *broken):
        yield Problem(origin=Origin(source=document.source), text=root.name, reason=reason)
    mounted = _mount(root, {child.name.casefold(): child for child in children if isinstance(child, HiveKey)})
    if mounted is None:
        reason = "a registry hive, but neither SYSTEM nor SOFTWARE nor a firewall policy"
        yield Problem(origin=Origin(source=document.source), text=root.name, reason=reason)
    else:
        yield from read_tree(mounted, document.source, KEYS_OF_INTEREST)


def _mount(root: HiveKey, children: dict[str, HiveKey]) -> HiveKey | None:
    """The key of the running host that the hive holds; None for a hive of no interest."""
    if _POLICY_KEYS & children.keys():
        # a saved key keeps its name; the root of a `.wfw` is called by a GUID and holds the local store
        saved_gpo = root.name.casefold() == "windowsfirewall"
        return root.at(GPO_FIREWALL_POLICY if saved_gpo else FIREWALL_POLICY)
    control_set = children.get(_current_control_set(children.get("select")), children.get("controlset001"))
    if control_set:
        return control_set.at(CONTROL_SET)
    return root.at(rf"{HKLM}\SOFTWARE") if "microsoft" in children else None


def _current_control_set(select: HiveKey | None) -> str:
    found = (value for value in (select.values() if select else ()) if isinstance(value, tuple))
    number = next((data for name, data in found if name.casefold() == "current"), 1)
    return f"controlset{number:03}" if isinstance(number, int) else ""
