"""Ports that registry values define: TAO options and plain numbers (contact-expert.md 3.4, 4.1 and A13)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from scanner.locations import LocationKind, PortLocation
from scanner.model import (
    ConfiguredEndpoint,
    ConfiguredPorts,
    EvidenceKind,
    Fault,
    FaultCode,
    Gap,
    Origin,
    PortState,
)
from scanner.parsers.port_reading import PortReading, port_number
from scanner.parsers.tao_options import parse_tao_options
from scanner.registry_index import RegistryIndex
from scanner.registry_key import AbsentKey, RegistryData, RegistryKey

_SOFTWARE = "SOFTWARE\\"
_WOW = "SOFTWARE\\WOW6432Node\\"
_NOT_WHOLE = "the value is not set, or among those of its key that could not be read"


class _View(msgspec.Struct, frozen=True, kw_only=True):
    """One registry view of a location: the keys found there, else what proves that there is none."""

    bits: int
    path: str
    keys: tuple[RegistryKey, ...]
    proof: RegistryKey | AbsentKey | None

    def holders(self, value: str) -> tuple[RegistryKey, ...]:
        return tuple(key for key in self.keys if key.value(value) is not None)


def registry_ports(location: PortLocation, index: RegistryIndex) -> Iterator[ConfiguredPorts | Gap]:
    """What the value says, read in the view that the program reads.

    A key without the value, or one that is proven to be absent, says "not set"; where neither is in the
    evidence it is a gap.
    """
    right, wrong = _view(location, index, location.view), _view(location, index, 96 - location.view)
    holders = right.holders(location.value)
    misplaced = wrong.holders(location.value)
    if right.proof is None:
        yield _gap(location, right)
    if holders:
        yield _ports(location, _read(location, holders), holders[0])
    elif misplaced:
        yield _ports(location, _misplaced(location, wrong, right), misplaced[0])
    elif right.proof:
        is_whole = all(key.whole for key in right.keys)
        yield _ports(location, _missing(location) if is_whole else _unknown(_NOT_WHOLE), right.proof)


def _view(location: PortLocation, index: RegistryIndex, bits: int) -> _View:
    key = location.key.replace(_SOFTWARE, _WOW, 1) if bits == 32 else location.key
    path = f"HKEY_LOCAL_MACHINE\\{key}"
    keys = tuple(index.at(path))
    return _View(bits=bits, path=path, keys=keys, proof=keys[0] if keys else index.absence(path))


def texts_at(location: PortLocation, index: RegistryIndex) -> Iterator[tuple[Origin, str]]:
    """Every text that the value holds in the view that the program reads, with where it stands."""
    for key in _view(location, index, location.view).holders(location.value):
        text = _text(key.value(location.value))
        if text is not None:
            yield _origin(location, key), text


def _ports(location: PortLocation, reading: PortReading, key: RegistryKey | AbsentKey) -> ConfiguredPorts:
    return ConfiguredPorts(
        component=location.component,
        location=location.text,
        state=reading.state,
        endpoints=reading.endpoints,
        reason=reading.text,
        changed_at=key.last_write if isinstance(key, RegistryKey) else None,
        faults=reading.faults,
        origin=_origin(location, key),
    )


def _origin(location: PortLocation, key: RegistryKey | AbsentKey) -> Origin:
    place = key.path if isinstance(key, AbsentKey) else f"{key.path}\\{location.value}"
    return Origin(source=key.origin.source, locator=place)


def _read(location: PortLocation, holders: Sequence[RegistryKey]) -> PortReading:
    data = {key.value(location.value) for key in holders}
    if len(data) > 1:
        sources = ", ".join(key.origin.source for key in holders)
        return _unknown(f"the evidence holds different values: {sources}")
    value = next(iter(data))
    return _tao(value) if location.kind == LocationKind.TAO else _number(value)


def _tao(value: RegistryData | None) -> PortReading:
    text = _text(value)
    return _unknown("the value is not text") if text is None else parse_tao_options(text)


def _text(value: RegistryData | None) -> str | None:
    """The program takes a value of any type as text; one that is none is not guessed at."""
    if isinstance(value, tuple):
        return " ".join(value)
    return value if isinstance(value, str) else None


def _number(value: RegistryData | None) -> PortReading:
    """REG_DWORD, or decimal REG_SZ; the type that the product writes is not known."""
    port = port_number(str(value).strip()) if isinstance(value, str | int) else None
    if not port:
        return PortReading(state=PortState.INVALID, reason="the value is not a number from 1 to 65535")
    return PortReading(state=PortState.STATIC, endpoints=(ConfiguredEndpoint(protocol="tcp", port=port),))


def _missing(location: PortLocation) -> PortReading:
    if location.kind == LocationKind.TAO:
        return parse_tao_options("")
    return _unknown("the value is not set, and what the program does without it is not known")


def _misplaced(location: PortLocation, wrong: _View, right: _View) -> PortReading:
    """A fault in any case (A13); where the right view was not looked at, its gap says so as well."""
    text = f"found only in the {wrong.bits}-bit view, which the program does not read"
    unseen = "" if right.proof else f"; the {right.bits}-bit view is not in the evidence"
    held = _held(_read(location, wrong.holders(location.value)))
    fault = Fault(code=FaultCode.MISPLACED, text=f"{location.value} is {text}{held}{unseen}")
    return PortReading(state=PortState.NOT_DETERMINABLE, reason=f"{text}{unseen}", faults=(fault,))


def _held(reading: PortReading) -> str:
    """The ports that a value nobody reads would give; nothing where it holds none."""
    ports = [
        f"{endpoint.protocol.upper()} {endpoint.port}"
        + (f"-{endpoint.port_end}" if endpoint.port_end else "")
        + (f" on {endpoint.address}" if endpoint.address else "")
        for endpoint in reading.endpoints
    ]
    return f"; there it says {', '.join(ports)}" if ports else ""


def _unknown(reason: str) -> PortReading:
    return PortReading(state=PortState.NOT_DETERMINABLE, reason=reason)


def _gap(location: PortLocation, view: _View) -> Gap:
    key = view.path.replace("HKEY_LOCAL_MACHINE", "HKLM", 1)
    file = key.rpartition("\\")[2].casefold()
    return Gap(
        kind=EvidenceKind.CONFIGURED_PORTS,
        subject=location.component,
        reason=f"the registry key of {location.text} is not in the evidence",
        fetch=f'reg export "{key}" {file}.reg /y',
    )
