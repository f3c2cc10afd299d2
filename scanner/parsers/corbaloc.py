"""Where CORBA references say the naming service is (contact-expert.md 4.6).

-ORBInitRef NameService=corbaloc:iiop:ce01.example.test:9999/NameService
-ORBDefaultInitRef corbaloc::ce01,iiop:1.2@ce02:9999
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from scanner.parsers.port_reading import port_number

_REFERENCE = re.compile(
    r"""(?:(?P<name>\w{1,64})=)?corbaloc:(?P<addresses>[^/\s"'<>;]{1,2048})(?:/(?P<key>[^\s"'<>;]{0,256}))?""",
    re.IGNORECASE,
)
_ADDRESS = re.compile(
    r"""(?:iiop)?:(?:\d\.\d@)?(?P<host>\[[0-9a-f:.%]{2,64}\]|[\w.-]{1,253})(?::(?P<port>\d{1,8}))?""",
    re.IGNORECASE,
)
_NAMING = "nameservice"
_DEFAULT_PORT = 2809


def naming_addresses(text: str) -> Iterator[tuple[str, int]]:
    """Host (IPv6 without brackets) and port of every address that `text` gives for the naming service.

    A reference to another service, and an address of another protocol or one that is none, is passed over.
    """
    for found in _REFERENCE.finditer(text):
        if _is_naming(found["name"], found["key"]):
            for address in found["addresses"].split(","):
                yield from _address(address)


def _is_naming(name: str | None, key: str | None) -> bool:
    """By the key that it asks for; without one, by the name it is given, if it is given any."""
    if key:
        return key.casefold() == _NAMING
    return name is None or name.casefold().endswith(_NAMING)


def _address(text: str) -> Iterator[tuple[str, int]]:
    found = _ADDRESS.fullmatch(text)
    if found:
        port = port_number(found["port"]) if found["port"] else _DEFAULT_PORT
        if port:
            yield found["host"].strip("[]"), port
