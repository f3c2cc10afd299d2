"""PowerShell's words and numbers for the properties of a firewall rule (windows-firewall.md 4.3).

`ConvertTo-Json` writes enums as numbers unless the collector cast them; a list may be a scalar, an array,
`{"value": [...], "Count": n}` or joined text; "Any" is no condition.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from scanner.model import Action, Direction, Profile

Row = Mapping[str, Any]  # an object by property name in lower case

_TYPE_NAME = re.compile(r"System\.(?:String|Object|UInt16|Int32)\[\]|@\{.*\}", re.DOTALL)
_BETWEEN = re.compile(r"[,;\s]+")
_ANY = frozenset({"any", "*"})
_EVERY_PROFILE = 0x7FFF_FFFF  # COM's mask for all
_PROFILE_BITS = {Profile.DOMAIN: 1, Profile.PRIVATE: 2, Profile.PUBLIC: 4}
_INTERFACE_BITS = {"Lan": 1, "Wireless": 2, "RemoteAccess": 4}
_INTERFACE_WORDS = {
    "wired": "Lan",
    "lan": "Lan",
    "wireless": "Wireless",
    "remoteaccess": "RemoteAccess",
    "ras": "RemoteAccess",
}

TRUE_WORDS = ("1", "true")
ENABLED = {"1": True, "true": True, "2": False, "false": False}  # a rule's; a profile's differ
DIRECTIONS = {"1": Direction.IN, "inbound": Direction.IN, "2": Direction.OUT, "outbound": Direction.OUT}
ACTIONS = {
    "2": Action.ALLOW,
    "allow": Action.ALLOW,
    "3": Action.BYPASS,
    "allowbypass": Action.BYPASS,
    "4": Action.BLOCK,
    "block": Action.BLOCK,
}
_PROTOCOLS = {"tcp": 6, "udp": 17, "icmpv4": 1, "icmpv6": 58}
_LAST_PROTOCOL = 255
ANY_PROTOCOL = 256

_PORT_KEYWORDS = {
    word.replace("-", "").lower(): word
    for word in (
        *("RPC", "RPC-EPMap", "Teredo", "IPTLSIn", "IPTLSOut", "IPHTTPSIn", "IPHTTPSOut", "DHCP"),
        *("Ply2Disc", "mDNS", "CortanaOut", "TcpCDPSvc"),
    )
} | {"playtodiscovery": "Ply2Disc"}
_ADDRESS_KEYWORDS = {
    word.lower() + family: word + family
    for word in (
        *("LocalSubnet", "DNS", "DHCP", "WINS", "DefaultGateway", "Internet", "Intranet"),
        *("IntranetRemoteAccess", "PlayToDevice", "CaptivePortal"),
    )
    for family in ("", "4", "6")
}


def lowered(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row with its property names in lower case; the first of names that differ only by case."""
    found: dict[str, Any] = {}
    for name, value in row.items():
        found.setdefault(name.strip().lower(), value)
    return found


def unwrapped(value: object) -> list[Any]:
    """What a collection holds, however it was written; "" is PowerShell 5.1's empty one."""
    if isinstance(value, dict) and "value" in value:
        value = value["value"]
    if value is None or value == "":
        return []
    return list(value) if isinstance(value, (list, tuple)) else [value]


def text_of(value: object) -> str | None:
    """The text of a scalar; None for nothing, and for a type name, which stands where an array was cut."""
    items = unwrapped(value)
    text = str(items[0]).strip() if len(items) == 1 and isinstance(items[0], (str, int)) else ""
    return None if not text or _TYPE_NAME.fullmatch(text) else text


def word_of(value: object) -> str:
    """An enum's number or word in lower case; "" where there is none."""
    return (text_of(value) or "").lower()


def words_of(value: object) -> tuple[str, ...] | None:
    """The entries of a list of ports or addresses; () for any, None where the value does not say."""
    texts = [str(item) for item in unwrapped(value)]
    if any(_TYPE_NAME.fullmatch(text.strip()) for text in texts):
        return None
    words = tuple(word for text in texts for word in _BETWEEN.split(text) if word)
    return (() if any(word.lower() in _ANY for word in words) else words) if words else None


def texts_of(value: object) -> tuple[str, ...] | None:
    """The same for names, which may hold blanks and commas."""
    texts = tuple(text for item in unwrapped(value) if (text := text_of(item)))
    return (() if any(text.lower() in _ANY for text in texts) else texts) if texts else None


def port_of(word: str) -> str:
    """A port, a range, or a keyword in the registry's spelling."""
    return _PORT_KEYWORDS.get(word.replace("-", "").lower(), word)


def address_of(word: str) -> str:
    return _ADDRESS_KEYWORDS.get(word.lower(), word)


def protocol_of(value: object) -> int | None:
    """The number, `ANY_PROTOCOL` for any; None where the word is not known."""
    word = word_of(value)
    if word in _ANY or word == str(ANY_PROTOCOL):
        return ANY_PROTOCOL
    if word.isascii() and word.isdecimal() and len(word) <= 3 and int(word) <= _LAST_PROTOCOL:
        return int(word)
    return _PROTOCOLS.get(word)


def profiles_of(value: object) -> tuple[Profile, ...] | None:
    """The profiles of a bit mask or of words, () for all; None where it is neither (NotApplicable)."""
    word = word_of(value)
    if word in _ANY or word in ("0", str(_EVERY_PROFILE), "all"):
        return ()
    if word.isascii() and word.isdecimal():
        mask = int(word[:10])
        known = 0 < mask <= sum(_PROFILE_BITS.values())
        return tuple(profile for profile, bit in _PROFILE_BITS.items() if mask & bit) if known else None
    words = words_of(value) or ()
    named = [profile for profile in _PROFILE_BITS for word in words if word.lower() == profile.value]
    return tuple(named) if named and len(named) == len(words) else None


def interface_types_of(value: object) -> Iterator[str]:
    """The registry's IFType words, nothing for any; an unknown word stays as it is."""
    word = word_of(value)
    if word.isascii() and word.isdecimal() and int(word[:10]) <= sum(_INTERFACE_BITS.values()):
        mask = int(word)
        yield from (name for name, bit in _INTERFACE_BITS.items() if mask & bit)
    else:
        yield from (_INTERFACE_WORDS.get(word.lower(), word) for word in words_of(value) or ())
