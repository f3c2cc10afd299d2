"""What a site tells us about itself. Everything has a default: without a site file nothing is assumed."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from rules.model import Severity
from scanner.model import Profile

_NONE: Mapping[str, str] = MappingProxyType({})
_UNCHANGED: Mapping[str, Severity] = MappingProxyType({})


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """A site's own truth, as far as it concerns the judgement (design.md section 4).

    `role` is `core-server`, `operator-pc` or None for "decide by what is installed". `install_directories`
    gives the install directory of a role. Addresses (IPv4 or IPv6, single or CIDR) say who connects: CE
    `servers` and the Skype for Business `front_ends` (application ports, contact-expert.md 7.2) to server
    endpoints, operator PCs (`clients`) and DMZ `proxies` (1.5) to client endpoints; empty where the site has
    not said. `naming_port` is the Server Port that the CE portal stores (1.4), `tomcat_version` decides what
    AJP risks (6.7). `severities` replaces the severity of a check's findings, `off` switches a check off and
    says why. `statements` are sentences on whatever else the site says that the judgement rests on, for the
    reader of the report.
    """

    role: str | None = None
    install_directories: Mapping[str, str] = _NONE
    expected_profile: Profile | None = None
    servers: tuple[str, ...] = ()
    clients: tuple[str, ...] = ()
    front_ends: tuple[str, ...] = ()
    proxies: tuple[str, ...] = ()
    naming_port: int | None = None
    tomcat_version: str | None = None
    severities: Mapping[str, Severity] = _UNCHANGED
    off: Mapping[str, str] = _NONE
    statements: tuple[str, ...] = ()
