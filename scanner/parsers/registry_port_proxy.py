r"""The forwardings of `netsh interface portproxy`, in the registry (windows-firewall.md 1.1).

[HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services\PortProxy\v4tov4\tcp]
"0.0.0.0/9999"="10.20.0.5/9999"
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from scanner.model import Origin, PortProxy, Problem
from scanner.parsers.port_reading import port_number
from scanner.registry_key import RegistryData, RegistryKey
from scanner.registry_paths import PORT_PROXY

FAMILIES = ("v4tov4", "v4tov6", "v6tov4", "v6tov6")
_KEYS = {rf"{PORT_PROXY}\{family}\tcp".casefold(): family for family in FAMILIES}
_UNREADABLE = "not a port proxy: name and data are each an address, a slash and a port from 1 to 65535"


def port_proxies(keys: Iterable[RegistryKey]) -> Iterator[PortProxy | Problem]:
    """One for each value below PortProxy, in order; a value that states none is a Problem."""
    for key in keys:
        family = _KEYS.get(key.path.casefold())
        for name, data in key.values if family else ():
            if not name and not data:
                continue  # the key's default value, left empty
            origin = Origin(source=key.origin.source, locator=f"{key.path} : {name}")
            found = _port_proxy(family or "", name, data, origin)
            yield found or Problem(origin=origin, text=f"{name} = {data!r}"[:200], reason=_UNREADABLE)


def _port_proxy(family: str, name: str, data: RegistryData, origin: Origin) -> PortProxy | None:
    listen = _address_and_port(name)
    connect = _address_and_port(data) if isinstance(data, str) else None
    if listen is None or connect is None:
        return None
    return PortProxy(
        family=family,
        listen_address=listen[0],
        listen_port=listen[1],
        connect_address=connect[0],
        connect_port=connect[1],
        origin=origin,
    )


def _address_and_port(text: str) -> tuple[str, int] | None:
    address, _, port_text = text.strip().rpartition("/")
    port = port_number(port_text)
    return (address, port) if address and "/" not in address and port else None
