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
from scanner.parsers.ce_names import Named, Names, Owner, called_by, names_of, owner, stated
from scanner.parsers.port_names import is_foreign, port_prefix
from scanner.parsers.port_reading import PortReading, Remark, gather, port_number
from scanner.parsers.site_xpath import xpath_reading
from scanner.parsers.tao_endpoints import parse_endpoint_set
from scanner.parsers.tao_options import has_endpoint_option, parse_tao_options
from scanner.parsers.xml import local_name, parse_xml

if TYPE_CHECKING:
    from lxml.etree import _Element

_BARE_ENDPOINT = re.compile(r"\s*(?:iiop|ssliop|htiop|diop)://", re.IGNORECASE)
_OPTIONS = re.compile(
    r"[ _.:-]*(?:command-?line|cmd-?line|arguments|args?|options|parameters|params|end-?points?)$",
    re.IGNORECASE,
)
_PORTS = re.compile(r"(?:(?:tcp|static|fixed|server|listen)[_-]?)?ports", re.IGNORECASE)
_EVERYWHERE = re.compile(
    r"\s*(?:tcp://)?(?:0\.0\.0\.0|\[::\]|[*+])?:(?P<port>[0-9]{1,5})/?\s*", re.IGNORECASE
)
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
        else _reading(_about(location.component, candidates), location.count)
        for location in locations
    }


def _about(component: str, candidates: Sequence[_Candidate]) -> Sequence[_Candidate]:
    """What is stated for it by name; only else what is stated for all who share a name with it."""
    told = [found for found in candidates if component in found.owner.components]
    return [found for found in told if len(found.owner.components) == 1] or told


def _candidates(root: _Element, names: Names, sole: frozenset[str] | None) -> Iterator[_Candidate]:
    known: Named = {}
    for element in root.iter():
        for label, text in stated(element):
            reading = _tao_reading(label, _with_value(element, text))
            plain = reading is None
            if plain:
                reading = _plain_reading(label, text, names) or _listed_reading(element, label, text, names)
            whose = _owner(element, label, names, plain, known) if reading else None
            if reading and not whose and sole and not plain:
                whose = Owner(element=element, components=sole)
            if reading and whose:
                yield _Candidate(owner=whose, plain=plain, reading=reading)


def _owner(element: _Element, label: str, names: Names, plain: bool, known: Named) -> Owner | None:
    """`<add key="DialerServerPort"/>` names its component itself, and so does `DialerServerArguments`."""
    prefix = port_prefix(label) if plain else _OPTIONS.sub("", label)
    if called := called_by(label if prefix is None else prefix, names):
        return Owner(element=element, components=called)
    return owner(element, names, plainly=plain, known=known)


def _with_value(element: _Element, text: str) -> str:
    """An option alone may have its value in the next element: `<arg>-ORBEndpoint</arg><arg>iiop://:1</arg>`."""
    following = element.getnext()
    if not _is_lone_option(text) or following is None or following.tag != element.tag:
        return text
    return f"{text} {following.text or following.get('value') or ''}".strip()


def _is_lone_option(text: str) -> bool:
    return len(text.split()) == 1 and "://" not in text


def _tao_reading(label: str, text: str) -> PortReading | None:
    """Options with an endpoint, or an endpoint set alone under a name that speaks of listening.

    An option without its value is no statement: the schema may keep the value anywhere.
    """
    if "-orb" in text.casefold() and not _is_lone_option(text) and has_endpoint_option(text):
        return parse_tao_options(text)
    if _BARE_ENDPOINT.match(text) and _LISTENING.search(label) and not is_foreign(label):
        return gather(parse_endpoint_set(text.strip()), nothing="the endpoints fix no port")
    return None


def _plain_reading(label: str, text: str, names: Names) -> PortReading | None:
    """A number under a name that is plainly a port; or `listen="0.0.0.0:9900"`, which is nobody else's."""
    own = _EVERYWHERE.fullmatch(text) if _LISTENING.search(label) and not is_foreign(label) else None
    if own and (everywhere := port_number(own["port"])):
        return _static(everywhere)
    prefix = port_prefix(label)
    if prefix is None or (is_foreign(prefix) and not called_by(prefix, names)):
        return None
    port = port_number(text.strip())
    if not port:
        return _unknown(_NO_NUMBER)
    return _static(port)


def _listed_reading(element: _Element, label: str, text: str, names: Names) -> PortReading | None:
    """An entry of a list of ports that names its component: `<Ports><SDServer>9904</SDServer></Ports>`."""
    listed = element.getparent()
    if listed is None or not _PORTS.fullmatch(local_name(listed)) or not names.words.get(label.casefold()):
        return None
    port = port_number(text.strip())
    return _static(port) if port else None


def _static(port: int) -> PortReading:
    return PortReading(state=PortState.STATIC, endpoints=(ConfiguredEndpoint(protocol="tcp", port=port),))


def _reading(candidates: Sequence[_Candidate], count: int) -> PortReading:
    """TAO options before plain numbers; places that disagree, or too many numbers, prove nothing."""
    told = [candidate for candidate in candidates if not candidate.plain] or candidates
    if not told:
        return _unknown(_NOTHING)
    if any(candidate.owner.several for candidate in told):
        return _unknown(_SEVERAL)
    places: dict[object, list[PortReading]] = {}
    together = _is_list(told, count)
    for candidate in told:
        places.setdefault(together or candidate.owner.element, []).append(candidate.reading)
    first, *others = [_joined(readings) for readings in places.values()]
    if any(_meaning(other) != _meaning(first) for other in others):
        return _unknown(_DISAGREE)
    if told[0].plain and len(first.endpoints) > count:
        return _unknown(f"the file states {len(first.endpoints)} ports for it, more than can be told apart")
    return first


def _is_list(told: Sequence[_Candidate], count: int) -> bool:
    """True where entries side by side each state one of the several ports that the component has."""
    elements = {candidate.owner.element for candidate in told if candidate.plain}
    parents = {element.getparent() for element in elements}
    ports = {endpoint for candidate in told for endpoint in candidate.reading.endpoints}
    return 1 < len(elements) <= count and len(parents) == 1 and len(ports) == len(elements)


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
