"""The JSON files of a `bundle-v1` (design.md section 5), written by our collectors.

Each file is an array of objects (or of arrays in the order of the fields), UTF-8 with or without a BOM:

    network/listeners.json   [{"protocol": "tcp", "address": "0.0.0.0", "port": 9998, "pid": 2344}, ...]
    registry/key-times.json  [{"key": "HKEY_LOCAL_MACHINE\\...", "last_write": "2026-03-01T08:00:00Z"}, ...]

The fields carry the names of the facts in `scanner.model`, so a row is converted as it stands after tidying.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Any, TypeVar

import msgspec

from scanner.errors import ParseError
from scanner.facts import Fact
from scanner.model import (
    DynamicRange,
    ExcludedRange,
    Host,
    InstalledFile,
    Interface,
    Listener,
    Origin,
    Problem,
    Process,
    Profile,
    Service,
)


class KeyTime(msgspec.Struct, frozen=True, kw_only=True):
    """When a registry key was last written; `.reg` text itself does not say."""

    key: str
    last_write: datetime
    origin: Origin


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What the collector says about its own run; `failed` holds (step, error) of what it could not do.

    `files` are the paths it wrote, below its own folder.
    """

    host: Host
    files: tuple[str, ...] = ()
    failed: tuple[tuple[str, str], ...] = ()


class _Step(msgspec.Struct):
    name: str = ""
    error: str | None = None


class _ManifestFile(msgspec.Struct):
    host: str | None = None
    collector: str | None = None
    elevated: bool | None = None
    collected_at: datetime | None = None
    files: Any = ()
    steps: list[_Step] = []


class _Exclusion(msgspec.Struct, array_like=True):
    start: int
    end: int
    administered: bool = False


class _PortRangesFile(msgspec.Struct):
    dynamic: dict[str, tuple[int, int] | None] = {}
    excluded: dict[str, list[_Exclusion] | None] = {}


BundleItem = Fact | KeyTime | Manifest
BundleReader = Callable[[bytes, Origin], Iterator[BundleItem]]
_Row = dict[str, Any]
_T = TypeVar("_T")
_PORTS = 65536
_TRANSPORTS = {
    f"{protocol}{version}": (protocol, f"ipv{version}") for protocol in ("tcp", "udp") for version in (4, 6)
}
_S = TypeVar("_S", bound=msgspec.Struct)

# Windows' own words and numbers for a network category beside ours (windows-firewall.md 3.4)
_PROFILES = {
    "domain": Profile.DOMAIN,
    "domainauthenticated": Profile.DOMAIN,
    "2": Profile.DOMAIN,
    "private": Profile.PRIVATE,
    "1": Profile.PRIVATE,
    "public": Profile.PUBLIC,
    "0": Profile.PUBLIC,
}


def bundle_reader(file_name: str) -> BundleReader | None:
    """The reader of the bundle file called `file_name` (last part of its path), or None.

    A reader raises ParseError where the file is not the JSON it should be; a bad row alone is a Problem.
    """
    return _READERS.get(file_name.casefold())


def _manifest(data: bytes, origin: Origin) -> Iterator[BundleItem]:
    content = _converted(read_json(data, origin), _ManifestFile, origin)
    yield Manifest(
        host=Host(
            name=content.host,
            collector=content.collector,
            elevated=content.elevated,
            collected_at=_utc(content.collected_at),
        ),
        files=tuple(_paths(content.files)),
        failed=tuple((step.name, step.error) for step in content.steps if step.error),
    )


def _paths(files: Any) -> Iterator[str]:  # noqa: ANN401 - `verify` judges the list, here it only helps
    for row in files if isinstance(files, list) else ():
        if isinstance(row, dict) and isinstance(row.get("path"), str):
            yield row["path"]


def _host(data: bytes, origin: Origin) -> Iterator[BundleItem]:
    content = read_json(data, origin)
    if isinstance(content, dict) and isinstance(content.get("os_build"), int):
        content["os_build"] = str(content["os_build"])
    host = _converted(content, Host, origin)
    yield msgspec.structs.replace(host, boot_time=_utc(host.boot_time), collected_at=_utc(host.collected_at))


def _port_ranges(data: bytes, origin: Origin) -> Iterator[BundleItem]:
    content = _converted(read_json(data, origin), _PortRangesFile, origin)
    for name, pair in content.dynamic.items():
        if pair:
            yield _dynamic_range(name, *pair, origin)
    for name, spans in content.excluded.items():
        for span in spans or ():
            yield _excluded_range(name, span, origin)


def _dynamic_range(name: str, start: int, count: int, origin: Origin) -> DynamicRange | Problem:
    transport = _TRANSPORTS.get(name.casefold())
    if transport is None or not 0 <= start < start + count <= _PORTS:
        return _no_range(origin, f"dynamic {name}: {start}, {count}")
    return DynamicRange(protocol=transport[0], family=transport[1], start=start, count=count, origin=origin)


def _excluded_range(name: str, span: _Exclusion, origin: Origin) -> ExcludedRange | Problem:
    transport = _TRANSPORTS.get(name.casefold())
    if transport is None or not 0 <= span.start <= span.end < _PORTS:
        return _no_range(origin, f"excluded {name}: {span.start} to {span.end}")
    return ExcludedRange(
        protocol=transport[0],
        family=transport[1],
        start=span.start,
        end=span.end,
        administered=span.administered,
        origin=origin,
    )


def _no_range(origin: Origin, text: str) -> Problem:
    return Problem(origin=origin, text=text[:200], reason="not a range of ports of a transport we know")


def _tidy_listener(row: _Row) -> None:
    row["protocol"] = str(row["protocol"]).casefold()
    row["address"] = str(ip_address(str(row["address"]).split("%")[0].strip("[]")))
    if row["protocol"] not in ("tcp", "udp") or not 0 < int(row["port"]) < _PORTS:
        raise ValueError("not a port of TCP or UDP")


def _tidy_interface(row: _Row) -> None:
    row["addresses"] = _many(row.get("addresses"))
    row["profile"] = _PROFILES.get(str(row.get("profile")).casefold())


def _tidy_process(row: _Row) -> None:
    row["path"] = row.get("path") or None
    row["services"] = _many(row.get("services"))


def _tidy_service(row: _Row) -> None:
    for name in ("state", "start_mode", "sid_type"):
        if row.get(name) is not None:
            row[name] = str(row[name]).casefold()


def _as_it_is(row: _Row) -> None:
    """Nothing to tidy."""


def _rows(fields: str, kind: type[BundleItem], tidy: Callable[[_Row], None]) -> BundleReader:
    """A reader for an array of rows of one kind; a bad row is a Problem, the others are read."""
    names = fields.split()

    def read(data: bytes, origin: Origin) -> Iterator[BundleItem]:
        for number, row in enumerate(_array(data, origin), start=1):
            place = Origin(source=origin.source, locator=f"row {number}")
            try:
                named = dict(zip(names, row, strict=False)) if isinstance(row, list) else dict(row)
                tidy(named)
                yield _storable(_in_utc(msgspec.convert({**named, "origin": place}, type=kind)))
            except (KeyError, TypeError, ValueError, RecursionError) as error:
                reason = f"not a row of {', '.join(names)}: {_first_line(error)}"
                yield Problem(origin=place, text=_shown(row), reason=reason)

    return read


def _storable(item: _T) -> _T:
    """The item itself. Raises ValueError where no JSON of ours can hold it: half a surrogate pair."""
    msgspec.json.encode(item)
    return item


def _first_line(error: Exception) -> str:
    return ascii(str(error).partition("\n")[0])[1:-1][:200]


def _shown(row: Any) -> str:  # noqa: ANN401 - whatever stood in the array
    try:
        return json.dumps(row)[:200]
    except RecursionError:
        return "a row nested too deep to show"


def _array(data: bytes, origin: Origin) -> list[Any]:
    content = read_json(data, origin)
    if isinstance(
        content, dict
    ):  # Windows PowerShell writes one element bare, and some arrays as value/Count
        content = content["value"] if set(content) == {"value", "Count"} else [content]
    if content in (None, ""):
        return []
    if not isinstance(content, list):
        raise ParseError(f"{origin.source}: holds no array")
    return content


def read_json(data: bytes, origin: Origin) -> Any:  # noqa: ANN401 - JSON is anything
    """The content of JSON in UTF-8 or UTF-16, with or without a BOM. Raises ParseError where it is none."""
    try:
        return json.loads(data.decode(json.detect_encoding(data)).removeprefix("\ufeff"))
    except (ValueError, RecursionError) as error:
        raise ParseError(f"{origin.source}: not JSON: {error}") from error


def _converted(content: Any, kind: type[_T], origin: Origin) -> _T:  # noqa: ANN401
    try:
        return _storable(msgspec.convert(content, type=kind))
    except (ValueError, RecursionError) as error:
        raise ParseError(f"{origin.source}: {_first_line(error)}") from error


def _many(value: Any) -> Any:  # noqa: ANN401 - a scalar where PowerShell unrolled an array
    if value in (None, ""):
        return ()
    return (value,) if isinstance(value, str) else value


def _in_utc(item: _S) -> _S:
    times = {
        name: _utc(moment)
        for name in ("started_at", "modified_at", "last_write")
        if (moment := getattr(item, name, None)) is not None
    }
    return msgspec.structs.replace(item, **times) if times else item


def _utc(moment: datetime | None) -> datetime | None:
    """Times are UTC by contract; one without a zone is taken at its word."""
    if moment is None or moment.tzinfo is None:
        return moment and moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC)
    except OverflowError:  # .NET writes the first moment there is where it means none
        return None


_READERS: dict[str, BundleReader] = {
    "manifest.json": _manifest,
    "host.json": _host,
    "port-ranges.json": _port_ranges,
    "listeners.json": _rows("protocol address port pid", Listener, _tidy_listener),
    "interfaces.json": _rows("alias index addresses profile", Interface, _tidy_interface),
    "processes.json": _rows("pid name path started_at services", Process, _tidy_process),
    "services.json": _rows("name display_name path state start_mode pid sid_type", Service, _tidy_service),
    "files.json": _rows("path bytes modified_at", InstalledFile, _as_it_is),
    "key-times.json": _rows("key last_write", KeyTime, _as_it_is),
}
