"""Which catalogue component an element of a vendor XML file speaks of (contact-expert.md 3.1 and A16).

Names match whole and in any case. A program is known by its file name, and by its directory where two
components share the file name (`TelephonyConnectorServer.TSAPI\\TelephonyConnectorServer.exe`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import msgspec

from scanner.locations import PortLocation
from scanner.parsers.port_names import is_foreign, port_prefix
from scanner.parsers.xml import local_name

if TYPE_CHECKING:
    from lxml.etree import _Element

_NO_FILE_NAME = re.compile(r"""[:"'<>|]""")
_QUALIFIER = re.compile(r"[ _.:-]*(?:web-?services?|ws|tcp|listen(?:er|ing)?|bind|local|orb|iiop)$")
_SEPARATOR = re.compile(r"[\\/]")
_NAMING = re.compile(
    r"(?:.*name|id|.*exe|.*executable|.*path|.*file|program|image|component|server|service|process|application|app"
    r"|.*command|.*cmd|.*command-?line|.*args?|.*arguments|.*parameters|.*params|.*options|title|class|type|key)",
    re.IGNORECASE,
)
_IDENTITY = re.compile(r"(?:name|id|exe|executable|server|service|component|program|path)", re.IGNORECASE)
_CONTAINER = re.compile(
    r"(?:tcp|udp|port|net|network|orb|corba|iiop|tao|listen|listener|bind|end-?point|socket|setting|param|parameter"
    r"|property|properties|entry|item|option|argument|arg|command-?line|add|value|key|config|configuration"
    r"|(?:app|user|application)-?settings)s?",
    re.IGNORECASE,
)


class Names(msgspec.Struct, frozen=True, kw_only=True):
    """The spellings of the components a file may speak of; `alone` is the component of a file of its own."""

    words: dict[str, frozenset[str]]
    programs: dict[str, tuple[tuple[str, str], ...]]  # file name -> (its directory, component)
    alone: str | None = None


class Owner(msgspec.Struct, frozen=True, kw_only=True):
    """The element that names somebody, and whom; `several` = it names components that exclude each other."""

    element: _Element
    components: frozenset[str]
    several: bool = False


Named = dict[object, Owner | None]


def names_of(locations: Sequence[PortLocation]) -> Names:
    """The spellings of all components that `locations`, all of one file, allow."""
    words: dict[str, set[str]] = {}
    programs: dict[str, list[tuple[str, str]]] = {}
    for location in locations:
        for name in location.names:
            *_, directory, file = ("", *name.casefold().split("\\"))
            if file.endswith(".exe"):
                programs.setdefault(file, []).append((directory, location.component))
            else:
                words.setdefault(name.casefold(), set()).add(location.component)
    return Names(
        words={name: frozenset(components) for name, components in words.items()},
        programs={file: tuple(places) for file, places in programs.items()},
        alone=locations[0].component if len(locations) == 1 else None,
    )


def called_by(prefix: str, names: Names) -> frozenset[str]:
    """The components that `prefix` names: "DialerServer" or "DialerServerTcp", before "Port"."""
    word = prefix.casefold()
    return names.words.get(word) or names.words.get(_QUALIFIER.sub("", word)) or frozenset()


def stated(element: _Element) -> Iterator[tuple[str, str]]:
    """What an element says, as (label, text); `<add key="Port" value="1"/>` says (Port, 1) as well."""
    attributes = [(str(name).rpartition("}")[2], str(text)) for name, text in element.attrib.items()]
    yield from attributes
    inner = next((child.text or "" for child in element if local_name(child) == "value"), "")
    text = (element.text or "").strip() or str(element.get("value", inner))
    if text:
        yield local_name(element), text
        yield from ((called, text) for label, called in attributes if label in ("name", "key"))


def owner(element: _Element, names: Names, plainly: bool, known: Named) -> Owner | None:
    """The nearest element, from `element` outwards, that names known components.

    None if somebody else's name is nearer. `plainly` lets only settings-like elements stand between. The root
    of a component's own file speaks of it. `known` keeps what elements name from one call to the next.
    """
    current: _Element | None = element
    while current is not None:
        tag = local_name(current)
        if is_foreign(tag) and tag.casefold() not in names.words:
            return None
        if current not in known:
            known[current] = _named(current, names)
        found = known[current]
        if found is not None:
            return found
        if current.getparent() is None and names.alone:
            return Owner(element=current, components=frozenset({names.alone}))
        plain = _CONTAINER.fullmatch(tag) or port_prefix(tag) is not None
        if _is_somebody(current) or (plainly and not plain):
            return None
        current = current.getparent()
    return None


def _named(element: _Element, names: Names) -> Owner | None:
    """Programs weigh more than words; among equals the components that all of them allow."""
    texts = [local_name(element), *_naming_texts(element)]
    programs = [found for text in texts for found in _programs(text, names)]
    words = [found for text in texts if (found := names.words.get(text.strip().casefold()))]
    for sets in (programs + words, programs):
        common = frozenset.intersection(*sets) if sets else frozenset()
        if common:
            return Owner(element=element, components=common)
    union = frozenset().union(*programs, *words)
    return Owner(element=element, components=union, several=True) if union else None


def _naming_texts(element: _Element) -> Iterator[str]:
    yield from (str(text) for name, text in element.attrib.items() if _NAMING.fullmatch(str(name)))
    leaves = (child for child in element if not len(child) and _NAMING.fullmatch(local_name(child)))
    yield from (leaf.text or "" for leaf in leaves)


def _programs(text: str, names: Names) -> Iterator[frozenset[str]]:
    for directory, file in _program_files(text.casefold()):
        places = names.programs.get(file, ())
        here = frozenset(component for place, component in places if place == directory)
        anywhere = frozenset(component for _, component in places)
        if anywhere:
            yield here or anywhere


def _program_files(text: str) -> Iterator[tuple[str, str]]:
    """Directory ("" if none) and file name of every program in a path or command line."""
    for path in _NO_FILE_NAME.split(text):
        parts = _SEPARATOR.split(path)
        for number, part in enumerate(parts):
            for place, word in enumerate(part.split()):
                if word.endswith(".exe"):
                    yield parts[number - 1] if number and not place else "", word


def _is_somebody(element: _Element) -> bool:
    """True where the element is given a name or program that is not one of ours and no word of settings."""
    identities = (str(text) for name, text in element.attrib.items() if _IDENTITY.fullmatch(str(name)))
    return any(not _is_setting(text) for text in identities)


def _is_setting(text: str) -> bool:
    """A word for a setting, an option or an ordinal, rather than somebody's name."""
    word = _NAMING.fullmatch(text) or _CONTAINER.fullmatch(text)
    return text.isdigit() or text.startswith("-") or port_prefix(text) is not None or word is not None
