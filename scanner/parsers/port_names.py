"""Which names in a file of unknown schema plainly mean a port that the program itself listens on.

`Port`, `TcpPort`, `listen-port`, `WS_PORT` do; `Support` and `transport` are other words; `DatabasePort` and
`proxyPort` are somebody else's ports.
"""

from __future__ import annotations

import re

_PORT = re.compile(r"(?P<prefix>.*)(?P<port>port)(?:_?number|no)?", re.IGNORECASE)
_RUN_TOGETHER = (
    "tcp",
    "udp",
    "listen",
    "server",
    "local",
    "http",
    "https",
    "ws",
    "orb",
    "iiop",
    "bind",
    "service",
)
_FOREIGN = re.compile(
    r"remote|proxy|target|dest|database|^db|sql|redirect|peer|client|connect|upstream|outbound|naming|depend|primary"
    r"|secondary|referen|forward",
    re.IGNORECASE,
)


def port_prefix(name: str) -> str | None:
    """What stands before "port" in a name that plainly means a port ("" = nothing); None for other names."""
    found = _PORT.fullmatch(name.strip())
    if found is None:
        return None
    prefix = found["prefix"]
    new_word = found["port"] == "Port" or not prefix[-1:].isalnum()
    return prefix.rstrip("_.:- ") if new_word or prefix.casefold() in _RUN_TOGETHER else None


def is_foreign(name: str) -> bool:
    """True where a name speaks of another program's end of a connection."""
    return _FOREIGN.search(name) is not None
