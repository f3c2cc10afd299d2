"""CIM objects as `ConvertTo-Json` writes them: sockets, processes, networks (windows-firewall.md 4.3 to 4.5).

    {"LocalAddress": "::", "LocalPort": 135, "RemotePort": 0, "State": 2, "OwningProcess": 1712}
    {"ProcessId": 4, "Name": "System", "ExecutablePath": null, "CreationDate": "/Date(1700000000000)/"}

One object stands bare, several in an array or in `{"value": [...], "Count": n}`; enums are numbers unless the
collector cast them; the CIM noise around the properties is ignored. Property names are not translated, so the
first object says what the artefact is. Velociraptor's NetstatEnriched, an object a line, is read here too.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec

from scanner.computer_names import computer_names
from scanner.errors import ParseError
from scanner.facts import Fact
from scanner.model import Interface, Listener, Origin, Process, Profile, Service
from scanner.parsers.lines import problem, whole_number

_Row = Mapping[str, Any]
_Reader = Callable[[_Row, Origin], Iterator[Fact]]

_LISTEN = ("2", "listen")  # windows-firewall.md 4.5
_PROFILES = {
    "0": Profile.PUBLIC,
    "public": Profile.PUBLIC,
    "1": Profile.PRIVATE,
    "private": Profile.PRIVATE,
    "2": Profile.DOMAIN,
    "domainauthenticated": Profile.DOMAIN,
}
_ADDRESS_LISTS = ("IPv6Address", "IPv6TemporaryAddress", "IPv6LinkLocalAddress", "IPv4Address")
_DATE_MS = re.compile(r"/Date\((-?\d{1,15})(?:[+-]\d{4})?\)/")
_DATE_CIM = re.compile(r"(\d{14})\.(\d{6})([+-]\d{3})")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_PORT = 65535


def looks_like_powershell_json(text: str) -> bool:
    """Whether the text is JSON whose first object has the properties of one of the known classes."""
    try:
        return _reader(_rows(text)) is not None
    except ParseError:
        return False


def parse_powershell_json(text: str, origin: Origin) -> Iterator[Fact]:
    """The facts of every object in order; one that lacks what it should have is a problem. Then the names of
    the computers that the objects are of.

    Raises ParseError where the text is not JSON or no known class.
    """
    yield from read_objects(_rows(text), origin)


def read_objects(rows: Sequence[Any], origin: Origin) -> Iterator[Fact]:
    """The facts of objects that are already decoded, by the same laws.

    Raises ParseError where the first is of no known class.
    """
    reader = _reader(rows)
    if reader is None:
        raise ParseError(f"{origin.source}: JSON, but of no known PowerShell class")
    for number, row in enumerate(rows, 1):
        place = Origin(source=origin.source, locator=f"item {number}")
        if isinstance(row, dict):
            yield from reader(row, place)
        else:
            yield problem(place, repr(row), "not an object")
    yield from computer_names(rows, origin)


def _rows(text: str) -> list[Any]:
    if text.lstrip()[:1] not in ("[", "{"):
        raise ParseError("not JSON of objects")
    try:
        return _unwrapped(msgspec.json.decode(text))
    except (msgspec.DecodeError, RecursionError) as error:
        if not text.lstrip().startswith("{"):
            raise ParseError(f"not JSON: {error}") from error
    try:
        return [msgspec.json.decode(line) for line in text.split("\n") if line.strip()]
    except (msgspec.DecodeError, RecursionError) as error:
        raise ParseError(f"not JSON: {error}") from error


def _unwrapped(data: Any) -> list[Any]:  # noqa: ANN401 - whatever JSON holds
    if isinstance(data, dict) and isinstance(data.get("value"), list):
        return list(data["value"])
    return list(data) if isinstance(data, list) else [data]


def _reader(rows: Sequence[Any]) -> _Reader | None:
    first = rows[0] if rows and isinstance(rows[0], dict) else {}
    return next((read for needed, read in _READERS if needed <= first.keys()), None)


def _tcp_connection(row: _Row, origin: Origin) -> Iterator[Fact]:
    if str(row.get("State")).casefold() in _LISTEN:
        yield _listener("tcp", row.get("LocalAddress"), row.get("LocalPort"), row, origin)


def _socket(row: _Row, origin: Origin) -> Iterator[Fact]:
    """Get-NetUDPEndpoint, or a TCP connection reduced to three columns: only CIM's noise tells them apart."""
    kind = f"{row.get('CimClass')} {row.get('CreationClassName')} {row.get('InstanceID')}".casefold()
    noisy = "udpendpoint" in kind or ("CommunicationStatus" in row and "RemotePort" not in row)
    named = [word for word in ("tcp", "udp") if word in origin.source.casefold()]
    if noisy or named == ["udp"]:
        yield _listener("udp", row.get("LocalAddress"), row.get("LocalPort"), row, origin)
    else:
        reason = (
            "says neither TCP nor UDP: select State, RemoteAddress and RemotePort as well, or all properties"
        )
        yield problem(origin, _shown(row), reason)


def _velociraptor(row: _Row, origin: Origin) -> Iterator[Fact]:
    protocol = str(row.get("Type")).casefold()
    listens = protocol == "udp" or (protocol == "tcp" and str(row.get("Status")).casefold() == "listen")
    if listens:
        image = _text(row.get("Path")) or _text(row.get("Name"))
        yield _listener(protocol, row.get("Laddr.IP"), row.get("Laddr.Port"), row, origin, image)


def _listener(
    protocol: str, address: object, port: object, row: _Row, origin: Origin, image: str | None = None
) -> Fact:
    host = _address(address)
    number = _whole(port)
    if host is None or number is None or not 0 < number <= _LAST_PORT:
        return problem(origin, _shown(row), "no listening address and port")
    pid = _whole(row.get("OwningProcess", row.get("Pid")))
    return Listener(protocol=protocol, address=host, port=number, pid=pid, image=image, origin=origin)


def _process(row: _Row, origin: Origin) -> Iterator[Fact]:
    """Win32_Process, or Get-Process, which leaves the extension out of the name."""
    pid = _whole(row.get("ProcessId", row.get("Id")))
    path = _text(row.get("ExecutablePath")) or _text(row.get("Path"))
    name = _text(row.get("Name")) if "ProcessId" in row else None
    name = name or (path or "").rpartition("\\")[2] or _text(row.get("ProcessName"))
    if pid is None or not name:
        yield problem(origin, _shown(row), "a process without its id or name")
        return
    started_at = _time(row.get("CreationDate") or row.get("StartTime"))
    yield Process(pid=pid, name=name, path=path, started_at=started_at, origin=origin)


def _service(row: _Row, origin: Origin) -> Iterator[Fact]:
    name = _text(row.get("Name"))
    if not name:
        yield problem(origin, _shown(row), "a service without its name")
        return
    yield Service(
        name=name,
        display_name=_text(row.get("DisplayName")),
        path=_text(row.get("PathName")),
        state=_lower(row.get("State")),
        start_mode=_lower(row.get("StartMode")),
        pid=_whole(row.get("ProcessId")) or None,  # 0 means that it does not run
        origin=origin,
    )


def _connection_profile(row: _Row, origin: Origin) -> Iterator[Fact]:
    profile = _PROFILES.get(str(row.get("NetworkCategory")).casefold())
    if profile is None:
        yield problem(origin, _shown(row), "not a known network category")
    else:
        yield from _interface(row, origin, profile=profile)


def _ip_address(row: _Row, origin: Origin) -> Iterator[Fact]:
    found = _cidr(row)
    if found is None:
        yield problem(origin, _shown(row), "no address with its prefix length")
    else:
        yield from _interface(row, origin, addresses=(found,))


def _ip_configuration(row: _Row, origin: Origin) -> Iterator[Fact]:
    """Get-NetIPConfiguration: an interface with objects for its network and addresses, or their names."""
    network = row.get("NetProfile")
    category = network.get("NetworkCategory") if isinstance(network, dict) else None
    addresses: list[str] = []
    for each in (each for name in _ADDRESS_LISTS for each in _several(row.get(name))):
        found = _cidr(each) if isinstance(each, dict) else None
        if found:
            addresses.append(found)
        else:
            reason = "no address with its prefix length: ConvertTo-Json needs -Depth 5"
            yield problem(origin, str(each), reason)
    profile = _PROFILES.get(str(category).casefold())
    yield from _interface(row, origin, profile=profile, addresses=tuple(addresses))


def _several(value: object) -> list[Any]:
    return [each for each in _unwrapped(value) if each not in (None, "")]


def _cidr(row: _Row) -> str | None:
    host, prefix = _address(row.get("IPAddress")), _whole(row.get("PrefixLength"))
    if host is None or prefix is None or prefix > ipaddress.ip_address(host).max_prefixlen:
        return None
    return f"{host}/{prefix}"


def _interface(
    row: _Row, origin: Origin, profile: Profile | None = None, addresses: tuple[str, ...] = ()
) -> Iterator[Fact]:
    alias, index = _text(row.get("InterfaceAlias")), _whole(row.get("InterfaceIndex"))
    if alias is None:
        yield problem(origin, _shown(row), "an interface without its alias")
    else:
        yield Interface(alias=alias, index=index, addresses=addresses, profile=profile, origin=origin)


# the first whose properties the first object has; the more telling before the less
_READERS: tuple[tuple[frozenset[str], _Reader], ...] = (
    (frozenset({"Laddr.IP", "Laddr.Port", "Type"}), _velociraptor),
    (frozenset({"LocalAddress", "LocalPort", "State"}), _tcp_connection),
    (frozenset({"LocalAddress", "LocalPort", "OwningProcess"}), _socket),
    (frozenset({"InterfaceAlias", "NetworkCategory"}), _connection_profile),
    (frozenset({"InterfaceAlias", "IPAddress", "PrefixLength"}), _ip_address),
    (frozenset({"InterfaceAlias", "IPv4Address"}), _ip_configuration),
    (frozenset({"Name", "StartMode"}), _service),
    (frozenset({"Name", "PathName"}), _service),
    (frozenset({"ProcessId", "ExecutablePath"}), _process),
    (frozenset({"ProcessId", "Name", "CreationDate"}), _process),
    (frozenset({"ProcessId", "Name", "CommandLine"}), _process),
    (frozenset({"Id", "ProcessName"}), _process),
)


def _shown(row: _Row) -> str:
    return ", ".join(f"{name}={value}" for name, value in row.items() if value is not None)


def _text(value: object) -> str | None:
    return value.strip() or None if isinstance(value, str) else None


def _lower(value: object) -> str | None:
    text = _text(value)
    return text.casefold() if text else None


def _whole(value: object) -> int | None:
    if isinstance(value, str):
        return whole_number(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _address(value: object) -> str | None:
    try:
        return str(ipaddress.ip_address(str(value).partition("%")[0]))
    except ValueError:
        return None


def _time(value: object) -> datetime | None:
    """A date as PowerShell 5.1 (`/Date(ms)/`), 7 (ISO 8601) or WMI writes it, in UTC; None without a zone."""
    if isinstance(value, dict):  # a DateTime that carries PowerShell's own note properties
        value = value.get("value")
    text = _text(value) or ""
    since_epoch, cim = _DATE_MS.fullmatch(text), _DATE_CIM.fullmatch(text)
    try:
        if since_epoch:
            return _EPOCH + timedelta(milliseconds=int(since_epoch[1]))
        if cim:
            zone = timezone(timedelta(minutes=int(cim[3])))
            return (
                datetime.strptime(f"{cim[1]}.{cim[2]}", "%Y%m%d%H%M%S.%f")
                .replace(tzinfo=zone)
                .astimezone(UTC)
            )
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None
