"""Tomcat's server.xml: the sockets it opens (contact-expert.md section 6).

    <Server port="8005" shutdown="SHUTDOWN">
      <Service name="Catalina"><Connector port="8080" redirectPort="8443"/></Service>
    </Server>

`redirectPort` and `proxyPort` open nothing; what stands in comments opens nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import msgspec

from scanner.errors import ParseError
from scanner.model import ConfiguredEndpoint, FaultCode, Origin, PortState
from scanner.parsers.java_listeners import named_ports
from scanner.parsers.java_properties import substitute
from scanner.parsers.port_reading import PortReading, Remark, gather, quoted
from scanner.parsers.xml import local_name, parse_xml

if TYPE_CHECKING:
    from lxml.etree import _Element

_LOOPBACK = "127.0.0.1"
_AJP_NOTE = (
    "the AJP connector names no address: Tomcat before 7.0.100, 8.5.51 and 9.0.31 listens on all interfaces,"
    " later ones on loopback only"
)
_DEFAULT_NOTE = "a default inside ${...} is used, which Tomcat 8.0 and early 8.5 do not know"
_CLUSTER_NOTE = "a <Cluster> opens listeners of its own (by default TCP 4000-4100 and UDP 45564)"
_JMX_NOTE = "a JMX remote listener opens ports of its own"

Piece = ConfiguredEndpoint | Remark


class _Value(msgspec.Struct, frozen=True, kw_only=True):
    """An attribute after substitution; `problem` says why there is no `text`."""

    text: str = ""
    problem: Remark | None = None
    notes: tuple[Remark, ...] = ()


def parse_server_xml(data: bytes, properties: Mapping[str, str], origin: Origin) -> PortReading:
    """The listeners of the shutdown port and of every connector of every service.

    `properties` are the Java system properties that `${name}` stands for: the -D options, overwritten by
    catalina.properties. Raises ParseError where the document is not XML or no Tomcat configuration.
    """
    root = parse_xml(data, origin)
    if local_name(root) != "Server":
        raise ParseError(f"{origin.source}: not a Tomcat configuration (its root element is not <Server>)")
    return gather(_pieces(root, properties), nothing="neither a shutdown port nor a connector is configured")


def _pieces(root: _Element, properties: Mapping[str, str]) -> Iterator[Piece]:
    offset = _attribute(root, "portOffset", "0", properties)
    number = _integer(offset.text)
    if offset.problem or number is None or number < 0:
        yield offset.problem or _bad_number("portOffset", offset.text)
        number = None
    yield from _shutdown(root, number, properties)
    for service in _children(root, "Service"):
        for connector in _children(service, "Connector"):
            yield from _connector(connector, number, properties)
    yield from _other_listeners(root)


def _children(element: _Element, name: str) -> Iterator[_Element]:
    return (child for child in element if local_name(child) == name)


def _shutdown(root: _Element, offset: int | None, properties: Mapping[str, str]) -> Iterator[Piece]:
    """Tomcat's own defaults are port 8005 on localhost; a port of -1 opens nothing (6.1)."""
    value = _attribute(root, "port", "8005", properties)
    if _integer(value.text) == -1:
        return
    address = _attribute(root, "address", _LOOPBACK, properties)
    yield from _listener("the shutdown port", value, address, offset, "shutdown")


def _connector(connector: _Element, offset: int | None, properties: Mapping[str, str]) -> Iterator[Piece]:
    if connector.get("unixDomainSocketPath"):
        return
    protocol = _attribute(connector, "protocol", "HTTP/1.1", properties)
    ajp = "ajp" in protocol.text.casefold()
    address = _attribute(connector, "address", "", properties)
    if ajp and not address.text and not address.problem:
        yield Remark(text=_AJP_NOTE)
    purpose = "ajp" if ajp else _http_purpose(connector)
    guarded = _guarded(connector, properties) if ajp else None
    port = _attribute(connector, "port", "", properties)
    yield from _listener("a connector's port", port, address, offset, purpose, guarded)


def _guarded(connector: _Element, properties: Mapping[str, str]) -> bool | None:
    """Whether AJP peers must know a secret (6.7); its text goes nowhere.

    None where the connector states neither: older releases then let anybody in, newer ones do not start.
    """
    if any(connector.get(name, "").strip() for name in ("secret", "requiredSecret")):
        return True
    required = _attribute(connector, "secretRequired", "", properties)
    return False if required.text.casefold() == "false" else None


def _http_purpose(connector: _Element) -> str:
    """TLS shows in SSLEnabled, else in the scheme; the number proves nothing (6.3)."""
    stated = connector.get("SSLEnabled")
    tls = stated.strip().casefold() == "true" if stated else connector.get("scheme", "").casefold() == "https"
    return "https" if tls else "http"


def _listener(
    what: str,
    port: _Value,
    address: _Value,
    offset: int | None,
    purpose: str,
    guarded: bool | None = None,
) -> Iterator[Piece]:
    yield from (*port.notes, *address.notes)
    number = _integer(port.text)
    problem = port.problem or address.problem
    if port.problem or number is None or not 0 <= number + (offset or 0) <= 65535 or number < 0:
        yield port.problem or _bad_number(what, port.text)
    elif number == 0:  # no offset is added to 0 (6.2)
        yield Remark(state=PortState.DYNAMIC, text=f"{what} is 0: Windows picks one at every start")
    elif problem:
        yield problem
    elif offset is not None:
        yield ConfiguredEndpoint(
            protocol="tcp",
            port=number + offset,
            address=address.text or None,
            purpose=purpose,
            guarded=guarded,
        )


def _attribute(element: _Element, name: str, default: str, properties: Mapping[str, str]) -> _Value:
    raw = element.get(name, default)
    value = substitute(raw, properties)
    if value.missing is not None:
        return _Value(problem=_unresolved(name, value.missing))
    return _Value(text=value.text.strip(), notes=(Remark(text=_DEFAULT_NOTE),) if value.defaulted else ())


def _unresolved(attribute: str, name: str) -> Remark:
    undefined = "which neither catalina.properties nor the service's -D options define"
    return Remark(state=PortState.NOT_DETERMINABLE, text=f"{attribute} is ${{{name[:60]}}}, {undefined}")


def _integer(text: str) -> int | None:
    digits = text.removeprefix("-")
    return int(text) if digits.isascii() and digits.isdigit() and len(digits) <= 6 else None


def _bad_number(what: str, text: str) -> Remark:
    shown = quoted(text) if text else "missing"
    return Remark(state=PortState.INVALID, text=f"{what} is {shown}, not a port number")


def _other_listeners(root: _Element) -> Iterator[Remark]:
    for element in root.iter():
        if local_name(element) == "Cluster":
            receiver = _ports_of(element, "Receiver", "port", "securePort")
            text = f"{_CLUSTER_NOTE}; its receiver is set to {receiver}" if receiver else _CLUSTER_NOTE
            yield Remark(text=text, code=FaultCode.JAVA_LISTENER)
        elif local_name(element) == "Listener" and "JmxRemote" in element.get("className", ""):
            ports = _ports_of(element, "Listener", "rmiRegistryPortPlatform", "rmiServerPortPlatform")
            text = f"{_JMX_NOTE}: {ports}" if ports else _JMX_NOTE
            yield Remark(text=text, code=FaultCode.JAVA_LISTENER)


def _ports_of(element: _Element, called: str, *attributes: str) -> str:
    """The ports that the element, or those in it, of this name state; placeholders are left aside."""
    found = (inner for inner in element.iter() if local_name(inner) == called)
    return named_ports(inner.get(name, "") for inner in found for name in attributes)
