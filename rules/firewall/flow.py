"""The question put to the firewall: one kind of inbound traffic to one socket."""

from __future__ import annotations

import msgspec

from scanner.model import Profile

TCP = 6
UDP = 17
ANY_PROTOCOL = 256  # a flow whose protocol is not stated

_NAMES = {None: "any protocol", 1: "ICMPv4", TCP: "TCP", UDP: "UDP", 58: "ICMPv6"}


TRANSPORTS = {"tcp": TCP, "udp": UDP}
_BY_NUMBER = {number: name for name, number in TRANSPORTS.items()}


class Flow(msgspec.Struct, frozen=True, kw_only=True):
    """Inbound traffic. None means unknown, and a condition on it is then unknown too (windows-firewall.md
    3.9).

    `protocol` is the IP protocol number, or ANY_PROTOCOL. `local_address` is what the socket is bound to
    ("0.0.0.0" or "::" for all of a family). `program` is a path, or "System" for the kernel. `service` "" is
    the same as None. `interface` is an interface GUID or alias. `rpc` says whether the port was handed out to
    an RPC server at run time.
    """

    name: str = ""
    protocol: int
    local_port: int | None
    remote_port: int | None = None
    local_address: str | None = None
    remote_address: str | None = None
    program: str | None = None
    service: str | None = None
    profile: Profile | None = None
    interface: str | None = None
    rpc: bool | None = None


def protocol_name(number: int | None) -> str:
    """An IP protocol as a person names it; None is a firewall rule's "any"."""
    return _NAMES.get(number, f"protocol {number}")


def transport(number: int | None) -> str:
    """The transport as facts and findings write it; "" for any other protocol, and for "any"."""
    return _BY_NUMBER.get(number or 0, "")
