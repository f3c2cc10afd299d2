"""The vendor's own XML files, whose schema nothing public shows (contact-expert.md 3.1, design.md section 3).

Where the site file gives an XPath, that is read. Else two readings, in this order: TAO options anywhere, tied
to the nearest element that names a known component; then an attribute or element that is plainly
a port, on or plainly below an element that names the component. Whatever is less plain is
`NOT_DETERMINABLE`: never a guess, and never "dynamic" because nothing was found.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import msgspec

from scanner.locations import PortLocation
from scanner.model import ConfiguredEndpoint, Origin, PortState
from scanner.parsers.ce_names import Named, Names, Owner, names_of, owner, stated
from scanner.parsers.port_names import is_foreign, port_prefix
from scanner.parsers.port_reading import PortReading, Remark, gather, port_number
from scanner.parsers.site_xpath import xpath_reading
from scanner.parsers.tao_endpoints import parse_endpoint_set
from scanner.parsers.tao_options import has_endpoint_option, parse_tao_options
from scanner.parsers.xml import parse_xml

if TYPE_CHECKING:
    from lxml.etree import _Element

_BARE_ENDPOINT = re.compile(r"\s*(?:iiop|ssliop|htiop|diop)://", re.IGNORECASE)
_LISTENING = re.compile(r"end-?point|listen|bind", re.IGNORECASE)
_NO_NUMBER = "what stands for its port is not a number from 1 to 65535"
_SEVERAL = "an element that states a port names several components"
_NOTHING = "the file states no port for it in a form that is known"
_DISAGREE = "the file states ports for it in several places, and they disagree"


class _Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """What is stated for somebody; `plain` = a bare number, not TAO options."""

    owner: Owner
    plain: bool
    reading: PortReading


def parse_vendor_xml(
    data: bytes, locations: Sequence[PortLocation], origin: Origin
) -> dict[str, PortReading]:
    """For every component of `locations` (all of this one file) what the file says about its ports.

    Raises ParseError as `parse_xml` does. Reasons quote nothing of the file but port expressions.
    """
    root = parse_xml(data, origin)
    names = names_of(locations)
    # a file that defines one row only is that row's own: TAO options in it need name nobody
    sole = frozenset({locations[0].component}) if len(locations) == 1 else None
    candidates = list(_candidates(root, names, sole))
    return {
        location.component: xpath_reading(root, location.xpath, location.count)
        if location.xpath
        else _reading(
            [found for found in candidates if location.component in found.owner.components], location.count
        )
        for location in locations
    }


def _candidates(root: _Element, names: Names, sole: frozenset[str] | None) -> Iterator[_Candidate]:
    known: Named = {}
    for element in root.iter():
        for label, text in stated(element):
            reading = _tao_reading(label, text)
            plain = reading is None
            if plain:
                reading = _plain_reading(label, text, names)
            whose = _owner(element, label, names, plain, known) if reading else None
            if reading and not whose and sole and not plain:
                whose = Owner(element=element, components=sole)
            if reading and whose:
                yield _Candidate(owner=whose, plain=plain, reading=reading)


def _owner(element: _Element, label: str, names: Names, plain: bool, known: Named) -> Owner | None:
    """`<add key="DialerServerPort"/>` names its component itself."""
    called = names.words.get((port_prefix(label) or "").casefold()) if plain else None
    if called:
        return Owner(element=element, components=called)
    return owner(element, names, plainly=plain, known=known)


def _tao_reading(label: str, text: str) -> PortReading | None:
    """Options with an endpoint, or an endpoint set alone under a name that speaks of listening."""
    if "-orb" in text.casefold() and has_endpoint_option(text):
        return parse_tao_options(text)
    if _BARE_ENDPOINT.match(text) and _LISTENING.search(label) and not is_foreign(label):
        return gather(parse_endpoint_set(text.strip()), nothing="the endpoints fix no port")
    return None


def _plain_reading(label: str, text: str, names: Names) -> PortReading | None:
    prefix = port_prefix(label)
    if prefix is None or (is_foreign(prefix) and prefix.casefold() not in names.words):
        return None
    port = port_number(text.strip())
    if not port:
        return _unknown(_NO_NUMBER)
    return PortReading(state=PortState.STATIC, endpoints=(ConfiguredEndpoint(protocol="tcp", port=port),))


def _reading(candidates: Sequence[_Candidate], count: int) -> PortReading:
    """TAO options before plain numbers; places that disagree, or too many numbers, prove nothing."""
    told = [candidate for candidate in candidates if not candidate.plain] or candidates
    if not told:
        return _unknown(_NOTHING)
    if any(candidate.owner.several for candidate in told):
        return _unknown(_SEVERAL)
    places: dict[object, list[PortReading]] = {}
    for candidate in told:
        places.setdefault(candidate.owner.element, []).append(candidate.reading)
    first, *others = [_joined(readings) for readings in places.values()]
    if any(_meaning(other) != _meaning(first) for other in others):
        return _unknown(_DISAGREE)
    if told[0].plain and len(first.endpoints) > count:
        return _unknown(f"the file states {len(first.endpoints)} ports for it, more than can be told apart")
    return first


def _meaning(reading: PortReading) -> tuple[PortState, frozenset[ConfiguredEndpoint]]:
    return reading.state, frozenset(reading.endpoints)


def _joined(readings: Sequence[PortReading]) -> PortReading:
    """Everything that one element states for one component, with what is wrong with any of it."""
    pieces: list[ConfiguredEndpoint | Remark] = []
    for reading in readings:
        pieces += [*reading.endpoints, *(Remark(text=note) for note in reading.notes)]
        if reading.state != PortState.STATIC:
            pieces.append(Remark(state=reading.state, text=reading.reason))
    faults = dict.fromkeys(fault for reading in readings for fault in reading.faults)
    return msgspec.structs.replace(gather(pieces, nothing=_NOTHING), faults=tuple(faults))


def _unknown(reason: str) -> PortReading:
    return PortReading(state=PortState.NOT_DETERMINABLE, reason=reason)
