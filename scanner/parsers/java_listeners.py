"""Listeners that the Java machine opens by itself, as its options ask for (contact-expert.md 6.8).

-Dcom.sun.management.jmxremote.port=7091
-agentlib:jdwp=transport=dt_socket,server=y,suspend=n,address=8000
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from scanner.parsers.java_properties import procrun_properties
from scanner.parsers.port_reading import port_number

_JMX = "com.sun.management.jmxremote.port"
_RMI = "com.sun.management.jmxremote.rmi.port"
_DEBUGGER = re.compile(r"\s*-(?:agentlib:|Xrun)jdwp\b(.*)", re.DOTALL)
_SILENT = re.compile(r"\b(?:server=n|transport=dt_shmem)\b")  # calls out, or needs no port
_ADDRESS = re.compile(r"\baddress=(?:[^,]*:)?(\d+)\s*(?:,|\Z)")


def java_listeners(options: Sequence[str]) -> Iterator[str]:
    """What each listener is, with the ports that the options state for it. None is in the vendor's table."""
    properties = procrun_properties(tuple(options))
    if _JMX in properties:
        yield _said("JMX", named_ports(properties.get(name, "") for name in (_JMX, _RMI)))
    for option in options:
        debugger = _DEBUGGER.match(option)
        if debugger and not _SILENT.search(debugger[1]):
            yield _said("debugger", named_ports(_ADDRESS.findall(debugger[1])))


def named_ports(texts: Iterable[str]) -> str:
    """The ports among `texts` as a person would say them: `TCP 7091, 7092`, or nothing."""
    ports = [str(port) for text in texts if (port := port_number(text.strip()))]
    return f"TCP {', '.join(ports)}" if ports else ""


def _said(what: str, ports: str) -> str:
    return f"the Java options open a {what} port as well{f' ({ports})' if ports else ''}"
