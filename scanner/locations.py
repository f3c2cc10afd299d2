"""Where a component's ports are defined: the catalogue hands these to the scanner (design.md section 3)."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class LocationKind(StrEnum):
    """How a location is read."""

    TAO = "tao"  # registry value holding ACE/TAO options
    REGISTRY_NUMBER = "registry-number"
    XML = "xml"  # a vendor XML file of unknown schema
    INI = "ini"
    TOMCAT = "tomcat"  # server.xml with catalina.properties and Procrun options
    CHANNELS = "channels"  # an exported list of recording channels


class PortLocation(msgspec.Struct, frozen=True, kw_only=True):
    """One place that defines the ports of one catalogue row.

    `path` is below the CE install directory (files); `key`, `value` and `view` (32 or 64) name a registry
    value below HKEY_LOCAL_MACHINE; `names` are the spellings by which a file of unknown schema may name the
    component (component name, executable below the install directory); `count` is how many ports the row has;
    `recorder` selects the rows of a channel list (cmapi | sip). `xpath`, or `ini_section` and `ini_key`, say
    where in the file the port stands, as far as a site has told.
    """

    component: str
    kind: LocationKind
    path: str = ""
    key: str = ""
    value: str = ""
    view: int = 64
    names: tuple[str, ...] = ()
    count: int = 1
    recorder: str = ""
    xpath: str = ""
    ini_section: str = ""
    ini_key: str = ""

    @property
    def text(self) -> str:
        """The location as a person would say it."""
        if self.key:
            return f"HKEY_LOCAL_MACHINE\\{self.key}\\{self.value} ({self.view}-bit registry)"
        if self.recorder:
            return f"[CE Web Admin GUI] > Recording > Channels ({self.recorder})"
        return f"[CE Install Directory]\\{self.path}"
