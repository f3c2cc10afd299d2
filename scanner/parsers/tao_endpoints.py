"""Endpoint sets of ACE/TAO: `iiop://:9999/portspan=5;iiop://:9998` (contact-expert.md 4.4 and 4.5)."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from itertools import combinations

import msgspec

from scanner.model import ConfiguredEndpoint, FaultCode, PortState
from scanner.parsers.port_reading import Remark, port_number, quoted

_TRANSPORT = {"iiop": "tcp", "ssliop": "tcp", "htiop": "tcp", "diop": "udp"}
_SAME_MACHINE = ("uiop", "shmiop")  # local sockets and shared memory
_VERSION = re.compile(r"\d\.\d@")
_NO_EFFECT = ("hostname_in_ior", "reuse_addr")
_LAST_PORT = 65535
_SSL_NOTE = "TAO knows ssl_port only where SSLIOP is loaded; without it the service will not start"

Piece = ConfiguredEndpoint | Remark


class _Options(msgspec.Struct, frozen=True, kw_only=True):
    """The options of one endpoint that decide where it listens."""

    span: int = 1
    ssl_port: int | None = None
    remarks: tuple[Remark, ...] = ()


def refused(why: str) -> Remark:
    """TAO rejects the whole option string, so the process ends at once."""
    text = f"the service will not start: {why}"
    return Remark(state=PortState.INVALID, fatal=True, text=text, code=FaultCode.TAO_REFUSED)


def parse_endpoint_set(value: str) -> Iterator[Piece]:
    """The listeners that one endpoint option asks for, with a remark wherever it does not fix a port.

    An empty item is an error of the whole set [TAO source params.cpp].
    """
    for item in value.split(";"):
        if item:
            yield from _endpoint(item)
        else:
            yield refused("the endpoint set holds an empty item (a leading, trailing or doubled ';')")


def overlaps(endpoints: list[ConfiguredEndpoint]) -> Iterator[Remark]:
    """A note for each pair that may ask for the same port on the same address."""
    for one, other in combinations(endpoints, 2):
        same_ports = one.port <= _last(other) and other.port <= _last(one)
        if same_ports and one.protocol == other.protocol and _same_place(one.address, other.address):
            yield Remark(text=f"the endpoints {_shown(one)} and {_shown(other)} overlap")


def _same_place(one: str | None, other: str | None) -> bool:
    """Equal, or one of them is every IPv4 interface while the other is no IPv6 address."""
    return one == other or (None in (one, other) and ":" not in f"{one}{other}")


def _last(endpoint: ConfiguredEndpoint) -> int:
    return endpoint.port_end or endpoint.port


def _shown(endpoint: ConfiguredEndpoint) -> str:
    return f"{endpoint.port}-{endpoint.port_end}" if endpoint.port_end else str(endpoint.port)


def _endpoint(item: str) -> Iterator[Piece]:
    scheme, separator, rest = item.partition("://")
    protocol = scheme.casefold()
    if not separator:
        yield refused(f"{quoted(item)} is not an endpoint (no '://')")
    elif protocol in _SAME_MACHINE:
        yield Remark(state=PortState.DISABLED, text=f"{protocol}:// opens no network port")
    elif protocol not in _TRANSPORT:
        yield Remark(
            state=PortState.NOT_DETERMINABLE, text=f"the ports of the protocol {quoted(scheme)} are not known"
        )
    else:
        yield from _network_endpoint(item, protocol, rest)


def _network_endpoint(item: str, protocol: str, rest: str) -> Iterator[Piece]:
    addresses, _, option_text = rest.partition("/")
    options = _options(option_text)
    yield from options.remarks
    if protocol not in ("iiop", "ssliop"):
        yield Remark(text=f"{protocol}:// listens only if its protocol factory is loaded")
    for address in addresses.split(","):
        yield from _address(item, _TRANSPORT[protocol], _VERSION.sub("", address, count=1), options)


def _options(text: str) -> _Options:
    span, ssl_port = 1, None
    remarks: list[Remark] = []
    for name, _, value in (option.partition("=") for option in text.split("&") if option):
        number = port_number(value)
        if name == "portspan" and number:
            span = number
        elif name == "ssl_port" and number is not None:
            ssl_port = number
            remarks.append(Remark(text=_SSL_NOTE))
        elif name not in _NO_EFFECT:
            remarks.append(_bad_option(name))
    return _Options(span=span, ssl_port=ssl_port, remarks=tuple(remarks))


def _bad_option(name: str) -> Remark:
    if name == "priority":
        return refused("the endpoint option 'priority' is refused (only very old releases of TAO accept it)")
    if name in ("portspan", "ssl_port"):
        return refused(f"the value of the endpoint option '{name}' is not a number from 1 to {_LAST_PORT}")
    return refused(f"unknown endpoint option {quoted(name)}")


def _address(item: str, protocol: str, address: str, options: _Options) -> Iterator[Piece]:
    parts = _host_and_port(address)
    if parts is None:
        yield refused(f"{quoted(item)} holds no IPv6 address between its brackets")
        return
    host, port_text = parts
    if port_text is None and host.isdigit():
        text = _colon_missing(item, host)
        yield Remark(state=PortState.INVALID, text=text, code=FaultCode.TAO_COLON_MISSING)
    elif port_text in (None, "", "0"):
        yield Remark(
            state=PortState.DYNAMIC,
            text=f"{quoted(item)} leaves the port to Windows, which picks one at every start",
        )
    else:
        yield from _fixed(item, protocol, host, port_text or "", options.span)
    yield from _ssl(item, host, options.ssl_port)


def _colon_missing(item: str, host: str) -> str:
    return (
        f"the colon before the port is missing in {quoted(item)}: {quoted(host)} is taken as a host name"
        " and the port is not fixed"
    )


def _host_and_port(address: str) -> tuple[str, str | None] | None:
    """Host and port text (None = no colon); None for brackets around something else than IPv6."""
    if not address.startswith("["):
        host, colon, port = address.partition(":")
        return host, port if colon else None
    inner, closing, rest = address[1:].partition("]")
    if not closing or not _is_ipv6(inner) or rest[:1] not in ("", ":"):
        return None
    return inner, rest[1:] if rest else None


def _is_ipv6(text: str) -> bool:
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return True


def _fixed(item: str, protocol: str, host: str, port_text: str, span: int) -> Iterator[Piece]:
    port = port_number(port_text)
    if port is None and port_text.isdigit():
        yield refused(f"the port in {quoted(item)} is not below 65536")
    elif port is None:
        yield Remark(
            state=PortState.NOT_DETERMINABLE,
            text=f"the port in {quoted(item)} is a service name, which the host's services file decides",
        )
    elif port == 0:
        yield Remark(state=PortState.DYNAMIC, text=f"{quoted(item)} leaves the port to Windows")
    else:
        end = min(port + span - 1, _LAST_PORT)
        yield ConfiguredEndpoint(
            protocol=protocol, port=port, port_end=end if end > port else None, address=host or None
        )


def _ssl(item: str, host: str, ssl_port: int | None) -> Iterator[Piece]:
    if ssl_port == 0:
        yield Remark(state=PortState.DYNAMIC, text=f"{quoted(item)} leaves the TLS port to Windows")
    elif ssl_port:
        yield ConfiguredEndpoint(protocol="tcp", port=ssl_port, address=host or None, purpose="ssl")
