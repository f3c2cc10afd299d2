r"""The host itself in its registry: name, Windows version, time zone, and the services with their program.

...\Services\TaoNamingService   "ImagePath" = "\"C:\\CE\\...\\NT_Naming_Service.exe\"", "Start" = 2
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from scanner.model import Host, Problem, Service
from scanner.registry_key import RegistryData, RegistryKey
from scanner.registry_paths import COMPUTER_NAME, SERVICES, TIME_ZONE, WINDOWS_VERSION

_HOST_VALUES = {  # key -> value and the field of Host it fills
    COMPUTER_NAME.casefold(): (("ComputerName", "name"),),
    TIME_ZONE.casefold(): (("TimeZoneKeyName", "time_zone"),),
    WINDOWS_VERSION.casefold(): (("ProductName", "os_caption"), ("CurrentBuild", "os_build")),
}
HOST_KEYS = frozenset(_HOST_VALUES)  # in lower case
_START_MODES: dict[RegistryData | None, str] = {2: "auto", 3: "manual", 4: "disabled"}
_SID_TYPES: dict[RegistryData | None, str] = {0: "none", 1: "unrestricted", 3: "restricted"}
_DRIVER_TYPES = 0x0F  # kernel and file system drivers, adapters, recognisers


def host_facts(keys: Iterable[RegistryKey]) -> Iterator[Host | Service | Problem]:
    """Services that run a program as they come, then one Host if any key said something about it.

    A service whose ImagePath is no text is a Problem. An absent ServiceSidType stays None: not stated
    (windows-firewall.md 3.5).
    """
    host: dict[str, Any] = {}
    for key in keys:
        parent, _, name = key.path.rpartition("\\")
        if parent.casefold() == SERVICES.casefold():
            yield from _services(name, key)
        for value, field in _HOST_VALUES.get(key.path.casefold(), ()):
            data = key.value(value)
            if isinstance(data, str) and data:
                host.setdefault(field, data)
    if host:
        yield Host(**host)


def _services(name: str, key: RegistryKey) -> Iterator[Service | Problem]:
    image = key.value("ImagePath")
    if image is not None and not isinstance(image, str):
        yield Problem(origin=key.origin, text=repr(image)[:200], reason="the service's ImagePath is no text")
    elif image and not _is_driver(key, image):
        display_name = key.value("DisplayName")
        yield Service(
            name=name,
            display_name=display_name if isinstance(display_name, str) else None,
            path=image,
            start_mode=_START_MODES.get(key.value("Start")),
            sid_type=_SID_TYPES.get(key.value("ServiceSidType")),
            origin=key.origin,
        )


def _is_driver(key: RegistryKey, image: str) -> bool:
    kind = key.value("Type")
    if isinstance(kind, int):
        return bool(kind & _DRIVER_TYPES)
    return image.strip('"').casefold().endswith(".sys")
