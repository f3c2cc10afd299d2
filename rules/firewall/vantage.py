"""Through which interfaces, and so under which profiles, a flow arrives (windows-firewall.md 3.4, 3.6)."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from rules.firewall.addresses import Address, is_loopback, own_addresses
from rules.firewall.flow import ANY_PROTOCOL, Flow
from rules.firewall.query import Ends
from rules.firewall.settings import PROFILES
from rules.firewall.tokens import bare_guid
from scanner.model import Interface, Profile


class Vantage(msgspec.Struct, frozen=True):
    """One profile to decide for, and the interfaces that may carry the flow under it (empty if unknown)."""

    profile: Profile
    interfaces: tuple[Interface, ...] = ()


def vantages(flow: Flow, ends: Ends, interfaces: tuple[Interface, ...]) -> tuple[Vantage, ...]:
    """The profiles to decide for.

    The flow's own profile if it states one; else that of the interface it names or whose address it comes to;
    else, for a socket on all addresses, those of every interface if the evidence shows them; else all three
    (3.9).
    """
    carriers = _carriers(flow, ends, interfaces)
    if flow.profile is not None:
        fitting = tuple(carrier for carrier in carriers if _profile(carrier, interfaces) is flow.profile)
        pinned = ends.specific is not None or flow.interface is not None
        return (Vantage(flow.profile, carriers if pinned else fitting),)
    found = {_profile(carrier, interfaces) for carrier in carriers}
    if not found or None in found:
        return tuple(Vantage(profile, carriers) for profile in PROFILES)
    return tuple(
        Vantage(profile, tuple(carrier for carrier in carriers if _profile(carrier, interfaces) is profile))
        for profile in PROFILES
        if profile in found
    )


def profiles_in_force(interfaces: tuple[Interface, ...]) -> tuple[Profile, ...]:
    """The profiles of the networks this host is on; all three where the evidence does not show them (3.9)."""
    anything = Flow(protocol=ANY_PROTOCOL, local_port=None)
    return tuple(found.profile for found in vantages(anything, Ends(None, None), interfaces))


def is_own(address: Address, interfaces: Iterable[Interface]) -> bool:
    return any(address in own_addresses(interface) for interface in interfaces)


def _carriers(flow: Flow, ends: Ends, interfaces: tuple[Interface, ...]) -> tuple[Interface, ...]:
    if flow.interface is not None:
        return tuple(interface for interface in interfaces if _is_named(interface, flow.interface))
    if ends.specific is not None:
        return tuple(interface for interface in interfaces if ends.specific in own_addresses(interface))
    return tuple(interface for interface in interfaces if _is_on_network(interface, ends))


def _is_named(interface: Interface, name: str) -> bool:
    names = (interface.alias.casefold(), bare_guid(interface.guid or ""))
    return name.strip().casefold() in names or bare_guid(name) in names


def _is_on_network(interface: Interface, ends: Ends) -> bool:
    """False for the loopback pseudo-interface and for one without an address of the flow's family."""
    addresses = own_addresses(interface)
    if not addresses:
        return interface.profile is not None
    return any(not is_loopback(address) and address[0] in ends.families for address in addresses)


def _profile(interface: Interface, interfaces: tuple[Interface, ...]) -> Profile | None:
    """An interface without a connection profile is Public (3.4), if the evidence shows profiles at all."""
    if interface.profile in PROFILES:
        return interface.profile
    return Profile.PUBLIC if any(other.profile in PROFILES for other in interfaces) else None
