"""What is wrong with a site file whose keys and types are right: values that mean nothing, or no good."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator

from ce_audit.site.model import Endpoint, PortLocation, SiteFile
from ce_audit.site.overlay import located, overlay
from ce_audit.toml.lines import Place
from ce_audit.toml.mistakes import Mistake, meant, shown
from rules.catalogue.lint import lint
from rules.catalogue.loader import load_catalogue
from rules.catalogue.model import Catalogue
from rules.check_list import CHECKS
from rules.firewall.addresses import is_backward, read_span
from scanner.locations import LocationKind
from scanner.parsers.site_xpath import xpath_fault

_FULL_PATH = re.compile(r"(?:[A-Za-z]:|\\\\[^\\/]+\\[^\\/]+)[\\/][^\x00-\x1f]*")
_TOMCAT = re.compile(r"\d+\.\d+\.\d+(?:[.-]?M\d+)?")
_NEW = ("component", "section", "executable", "ports", "sources")


def site_mistakes(site: SiteFile) -> Iterator[Mistake]:
    """Every one, in the order of the keys."""
    yield from _directories(site)
    yield from _addresses(site)
    if site.tomcat_version is not None and not _TOMCAT.fullmatch(site.tomcat_version):
        text = f"tomcat_version must be like 8.5.40, not {shown(site.tomcat_version)}"
        yield Mistake(("tomcat_version",), text)
    endpoint_mistakes = tuple(_endpoints(site))
    yield from endpoint_mistakes
    if not endpoint_mistakes:
        catalogue = overlay(load_catalogue(), site.endpoint)
        yield from _complaints(site, catalogue)
        yield from _locations(site, catalogue)
    yield from _channels(site)
    yield from _checks(site)


def _directories(site: SiteFile) -> Iterator[Mistake]:
    for role in ("core_server", "operator_pc"):
        path = getattr(site.install_directory, role)
        if path is not None and not _FULL_PATH.fullmatch(path):
            text = (
                f"install_directory.{role} must be a full path in single quotes, "
                f"such as 'C:\\Program Files\\CE', not {shown(path)}"
            )
            yield Mistake(("install_directory", role), text)


def _addresses(site: SiteFile) -> Iterator[Mistake]:
    for key in ("ce_servers", "clients", "sfb_front_ends", "dmz_proxies"):
        for index, text in enumerate(getattr(site.network, key)):
            place = ("network", key, index)
            if is_backward(text):
                yield Mistake(place, f"network.{key}: the range {shown(text)} ends before it begins")
            elif read_span(text) is None:
                expected = "an IPv4 or IPv6 address, a subnet such as 10.1.0.0/16 or a range first-last"
                yield Mistake(place, f"network.{key}: {shown(text)} is not {expected}")


def _endpoints(site: SiteFile) -> Iterator[Mistake]:
    known = {row.id for row in load_catalogue().rows}
    for index, endpoint in enumerate(site.endpoint):
        place = ("endpoint", index)
        if any(endpoint.id == other.id for other in site.endpoint[:index]):
            yield Mistake((*place, "id"), f"endpoint {endpoint.id} is stated twice")
        if endpoint.id not in known:
            yield from _new_endpoint(endpoint, place, known)
        elif all(getattr(endpoint, key) is None for key in (*_NEW, "impact")):
            yield Mistake(
                place, f"endpoint {endpoint.id} overrides nothing; state its ports, sources or executable"
            )
        for key in ("component", "section"):
            if endpoint.id in known and getattr(endpoint, key) is not None:
                text = f"endpoint {endpoint.id} is in the catalogue: its {key} cannot be overridden"
                yield Mistake((*place, key), text)
        yield from _repeated_ports(endpoint, place)


def _new_endpoint(endpoint: Endpoint, place: Place, known: Collection[str]) -> Iterator[Mistake]:
    missing = [key for key in _NEW if getattr(endpoint, key) is None]
    if missing:
        text = f"endpoint {endpoint.id} is not in the catalogue, and a new one needs {', '.join(missing)}"
        text = "; ".join(filter(None, (text, meant(endpoint.id, known))))
        yield Mistake((*place, "id"), text)


def _repeated_ports(endpoint: Endpoint, place: Place) -> Iterator[Mistake]:
    count = Counter((port.protocol, port.port) for port in endpoint.ports or ())
    for (protocol, port), number in count.items():
        if number > 1:
            text = f"endpoint {endpoint.id} names {protocol.upper()} {port} {number} times"
            yield Mistake((*place, "ports"), text)


def _complaints(site: SiteFile, catalogue: Catalogue) -> Iterator[Mistake]:
    """What the overlay makes of the catalogue must be as sound as the catalogue."""
    for complaint in lint(catalogue, stated=[endpoint.id for endpoint in site.endpoint]):
        words = complaint.replace(":", " ").split()
        index = next((at for at, endpoint in enumerate(site.endpoint) if endpoint.id in words), 0)
        yield Mistake(("endpoint", index), complaint)


def _locations(site: SiteFile, catalogue: Catalogue) -> Iterator[Mistake]:
    seen: set[str] = set()
    for index, location in enumerate(site.port_location):
        place = ("port_location", index)
        row = located(location.component, catalogue)
        if row is None:
            text = f"port_location: no component is called {shown(location.component)}"
            yield Mistake((*place, "component"), f"{text}; {_meant(location.component, catalogue)}")
            continue
        if row.id in seen:
            yield Mistake((*place, "component"), f"port_location: {row.id} is stated twice")
        seen.add(row.id)
        kind = row.defined_in.kind if row.defined_in else None
        yield from _location(location, kind, place)


def _meant(component: str, catalogue: Catalogue) -> str:
    """What to write for it: the name alone does not tell the variants of a component apart."""
    word = component.strip().casefold()
    variants = [row.id for row in catalogue.rows if row.component.casefold() == word]
    if variants:
        return f"there are {' and '.join(variants)}"
    near = meant(component, [row.id for row in catalogue.rows])
    return near or "`ce-audit catalogue` lists them by title"


def _location(location: PortLocation, kind: LocationKind | None, place: Place) -> Iterator[Mistake]:
    said = tuple(key for key in ("xpath", "section", "key") if getattr(location, key) is not None)
    wanted = {LocationKind.XML: ("xpath",), LocationKind.INI: ("section", "key")}.get(
        kind or LocationKind.TAO
    )
    if wanted is None:
        text = "does not stand in an XML or ini file of the vendor"
        yield Mistake((*place, "component"), f"port_location: the port of {location.component} {text}")
    elif said != wanted:
        file = "XML" if wanted == ("xpath",) else "ini"
        text = f"stands in an {file} file: state {' and '.join(wanted)}, and nothing else"
        yield Mistake(place, f"port_location: the port of {location.component} {text}")
    elif location.xpath is not None and (fault := xpath_fault(location.xpath)):
        yield Mistake((*place, "xpath"), f"port_location.xpath {shown(location.xpath)}: {fault}")


def _channels(site: SiteFile) -> Iterator[Mistake]:
    """A port that two channels use is the host's fault and a finding; a name used twice is the file's."""
    seen: set[tuple[str, str]] = set()
    for index, channel in enumerate(site.recording_channel or ()):
        named = (channel.recorder, channel.channel.casefold())
        if named in seen:
            text = f"recording_channel {shown(channel.channel)} is stated twice"
            yield Mistake(("recording_channel", index, "channel"), text)
        seen.add(named)


def _checks(site: SiteFile) -> Iterator[Mistake]:
    named: list[tuple[str, Place]] = [(check, ("severity", check)) for check in site.severity]
    named += [(off.check, ("check_off", at, "check")) for at, off in enumerate(site.check_off)]
    ids = [check.id for check in CHECKS]
    for check, place in named:
        if check not in ids:
            hint = meant(check, ids) or "`ce-audit checks` lists them"
            yield Mistake(place, f"{place[0]}: no check is called {shown(check)}; {hint}")
    for index, off in enumerate(site.check_off):
        if any(off.check == other.check for other in site.check_off[:index]):
            yield Mistake(("check_off", index, "check"), f"check_off: {off.check} is stated twice")
