"""Objects as `Export-Clixml` writes them, reduced to rows like those of JSON (windows-firewall.md 4.3).

    <Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/powershell/2004/04">
      <Obj RefId="0"><TN RefId="0"><T>...#root/standardcimv2/MSFT_NetFirewallRule</T></TN>
        <Props><S N="InstanceID">CE-1</S><U16 N="Enabled">1</U16></Props>
        <MS><Obj N="Direction" RefId="1"><ToString>Inbound</ToString><I32>1</I32></Obj></MS></Obj></Objs>

An object becomes its properties by name, with its first type name as `CimClass`; a list or a dictionary
becomes one; an enum its word; anything else its text. What a row means is for the readers of the JSON.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from scanner.facts import Fact
from scanner.model import Origin
from scanner.parsers.netfirewall_json import NetFilter, from_objects, read_listing
from scanner.parsers.powershell_json import read_objects
from scanner.parsers.xml import local_name, parse_xml

if TYPE_CHECKING:
    from lxml.etree import _Element

_HEAD = re.compile(
    r"\A\s*(?:<\?xml[^>]{0,200}\?>)?\s*<Objs\s[^>]{0,300}schemas\.microsoft\.com/powershell/2004/04"
)
_DECLARATION = re.compile(r"\A\s*<\?xml[^>]{0,200}\?>")
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_LISTS = frozenset({"LST", "IE", "STK", "QUE"})
_MEMBERS = ("Props", "MS")
_NUMBERS = frozenset({"I32", "I64", "U32", "U64", "I16", "U16", "By", "SB"})
_TYPE = "type "  # type names are numbered apart from objects
_DEEPEST = 40  # levels; PowerShell writes two unless told otherwise


def looks_like_clixml(text: str) -> bool:
    """Whether the text begins as Export-Clixml's output, of whatever class."""
    return _HEAD.match(text) is not None


def parse_clixml(text: str, origin: Origin) -> Iterator[Fact | NetFilter]:
    """The facts of the objects: firewall rules, filters and profiles, processes, services, sockets, networks.

    Raises ParseError where the text is not well-formed, or its first object is of no known class.
    """
    data = _objects(text, origin)
    listing = from_objects(data)
    yield from read_objects(data, origin) if listing is None else read_listing(listing, origin)


def _objects(text: str, origin: Origin) -> Any:  # noqa: ANN401 - whatever was exported
    """The exported objects; the one hashtable or list that stands alone instead of it."""
    root = parse_xml(_DECLARATION.sub("", text).strip().encode("utf-8", "replace"), origin)
    known: dict[str, Any] = {}
    rows = [_value(child, known, 0) for child in root if isinstance(child.tag, str)]
    alone = rows[0] if len(rows) == 1 else None
    if isinstance(alone, list):
        return alone
    return alone if isinstance(alone, dict) and "rules" in {name.lower() for name in alone} else rows


def _value(element: _Element, known: dict[str, Any], depth: int) -> Any:  # noqa: ANN401
    """What an element stands for; `known` holds the objects that a later `Ref` may mean."""
    name = local_name(element)
    if name == "Nil" or depth > _DEEPEST:
        return None
    if name == "Ref":
        return known.get(element.get("RefId", ""))
    if name == "Obj":
        found = _object(element, known, depth + 1)
        known[element.get("RefId", "")] = found
        return found
    return _plain(name, _unescaped(element.text or ""))


def _object(element: _Element, known: dict[str, Any], depth: int) -> Any:  # noqa: ANN401
    parts = {local_name(child): child for child in element}
    for name, part in parts.items():
        if name in _LISTS:
            return [_value(child, known, depth) for child in part]
    if "DCT" in parts:
        return dict(_entries(parts["DCT"], known, depth))
    members = [child for name in _MEMBERS if name in parts for child in parts[name]]
    if "ToString" in parts and not _NUMBERS.isdisjoint(parts):  # an enum: its word is plainer than its number
        return _unescaped(parts["ToString"].text or "")
    if not members:
        return _simple(parts)
    row = {_unescaped(child.get("N", "")): _value(child, known, depth) for child in members}
    return {"CimClass": _type_name(parts, known), **row}


def _simple(parts: dict[str, _Element]) -> str | None:
    """A value that carries a type or note properties and no members of its own."""
    text = next((part.text for name, part in parts.items() if name not in ("TN", "TNRef", "ToString")), None)
    if text is None and "ToString" in parts:
        text = parts["ToString"].text
    return None if text is None else _unescaped(text)


def _entries(dictionary: _Element, known: dict[str, Any], depth: int) -> Iterator[tuple[str, Any]]:
    for entry in dictionary:
        by_role = {child.get("N"): child for child in entry}
        if "Key" in by_role and "Value" in by_role:
            yield str(_value(by_role["Key"], known, depth)), _value(by_role["Value"], known, depth)


def _plain(name: str, text: str) -> Any:  # noqa: ANN401
    if name in _NUMBERS and re.fullmatch(r"-?\d{1,19}", text, re.ASCII):
        return int(text)
    return text.lower() == "true" if name == "B" else text


def _type_name(parts: dict[str, _Element], known: dict[str, Any]) -> str:
    """The first of an object's type names, which later objects of the class only refer to."""
    if "TNRef" in parts:
        return str(known.get(_TYPE + parts["TNRef"].get("RefId", ""), ""))
    if "TN" not in parts:
        return ""
    name = next((child.text or "" for child in parts["TN"]), "")
    known[_TYPE + parts["TN"].get("RefId", "")] = name
    return name


def _unescaped(text: str) -> str:
    """`_x000A_` is how a character that XML cannot hold is written."""
    plain = _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)
    return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")  # halves of a pair join
