r"""Windows Firewall's part of a Group Policy report: gpreport.xml, `Get-GPOReport`, `gpresult /x`.

    <q1:DomainProfile><q1:EnableFirewall><q1:Value>true</q1:Value></q1:EnableFirewall></q1:DomainProfile>
    <q1:InboundFirewallRules><q1:Version>2.10</q1:Version><q1:Action>Allow</q1:Action> ...

Elements carry the names of the registry values and of the tokens of a firewall rule, so the report is read
back into the registry keys it was made from (windows-firewall.md 1.1, 2.1). `gpresult` adds the GPO and its
precedence to each; what another GPO outweighs is passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from scanner.errors import ParseError
from scanner.model import Origin, Problem
from scanner.parsers.lines import problem
from scanner.parsers.xml import local_name, parse_xml
from scanner.registry_key import RegistryData, RegistryKey
from scanner.registry_paths import GPO_FIREWALL_POLICY

if TYPE_CHECKING:
    from lxml.etree import _Element

_REPORT = re.compile(
    r"""\s*(?:<\?xml[^>]*>\s*)?(?P<several><report[^>]*>\s*)?
    <(?:GPO|Rsop)\s[^>]*\bxmlns="http://www\.microsoft\.com/GroupPolicy/(?:Settings|Rsop)""",
    re.VERBOSE,
)
_DECLARATION = re.compile(r"\s*<\?xml[^>]*\?>")
_FIREWALL = "http://www.microsoft.com/GroupPolicy/Settings/WindowsFirewall"
_PROFILES = frozenset({"DomainProfile", "PrivateProfile", "PublicProfile", "StandardProfile"})
_RULES = ("InboundFirewallRules", "OutboundFirewallRules")
_SEVERAL = (
    "a report on several Group Policy objects does not say which of them apply to the host. "
    "Run instead, on the host: gpresult /x gpresult.xml /f"
)
_LOGGING = "Log"  # the values that the registry keeps in a key of their own
_WORDS: dict[str, int] = {"true": 1, "false": 0}


def looks_like_gpreport(text: str) -> bool:
    """True for a report on one GPO, on several, or on the policy that results on a host."""
    return _REPORT.match(text) is not None


def parse_gpreport(text: str, origin: Origin) -> Iterator[RegistryKey | Problem]:
    """The firewall's keys, marked `one_gpo`; rules without an id of their own are numbered as they come.

    A report on a result is no proof of all that Group Policy put on the host either: what it leaves out is
    unconfirmed. Raises ParseError where the XML is broken, and for a report on several GPOs: which of them
    apply it does not say.
    """
    report = _REPORT.match(text)
    if report is None:
        raise ParseError(f"{origin.source}: not a report on Group Policy")
    if report["several"]:
        raise ParseError(f"{origin.source}: {_SEVERAL}")
    root = parse_xml(_DECLARATION.sub("", text, count=1).encode("utf-8", "replace"), origin)
    if root.findtext("{*}Computer/{*}Enabled", "true").strip() == "false":
        yield problem(origin, "", "the GPO's computer settings are switched off: they apply nowhere")
        return
    for profile in _found(root, *sorted(_PROFILES)):
        yield from _profile(profile, _place(profile, origin))
    yield from _rules_key(root, origin)


def _rules_key(root: _Element, origin: Origin) -> Iterator[RegistryKey | Problem]:
    """All firewall rules of the report as the one key that holds them, if there are any."""
    fw_rules: list[tuple[str, RegistryData]] = []
    for element in _found(root, *_RULES):
        fw_rule = _rule_string(element)
        if fw_rule is None:
            reason = "no firewall rule has a bar or a line break in a value"
            yield problem(_place(element, origin), " ".join(map(str, element.itertext())), reason)
        elif not _is_outweighed(element):
            fw_rules.append((f"gpreport-{len(fw_rules) + 1}", fw_rule))
    if fw_rules:
        yield _key(rf"{GPO_FIREWALL_POLICY}\FirewallRules", fw_rules, origin)


def _found(root: _Element, *names: str) -> Iterator[_Element]:
    return root.iter(*(f"{{{_FIREWALL}}}{name}" for name in names))


def _place(element: _Element, origin: Origin) -> Origin:
    return Origin(source=origin.source, locator=f"line {element.sourceline}")


def _profile(element: _Element, place: Origin) -> Iterator[RegistryKey | Problem]:
    """The profile key and, where the report has its values, the Logging key below it."""
    path = rf"{GPO_FIREWALL_POLICY}\{local_name(element)}"
    values: list[tuple[str, RegistryData]] = []
    logging: list[tuple[str, RegistryData]] = []
    for setting in element:
        name = local_name(setting)
        stated = setting.findtext(f"{{{_FIREWALL}}}Value")
        if stated is None:
            yield problem(place, name, "a setting without its value")
        elif not _is_outweighed(setting):
            (logging if name.startswith(_LOGGING) else values).append((name, _data(stated.strip())))
    yield _key(path, values, place)
    if logging:
        yield _key(rf"{path}\Logging", logging, place)


def _data(text: str) -> RegistryData:
    number = _WORDS.get(text.casefold())
    if number is not None:
        return number
    return int(text) if re.fullmatch(r"\d{1,9}", text, re.ASCII) else text


def _rule_string(element: _Element) -> str | None:
    """The rule as the registry holds it, the version first and without its name; None where none can be."""
    children = [child for child in element if str(child.tag).startswith(f"{{{_FIREWALL}}}")]
    tokens = [(local_name(child), (child.text or "").strip()) for child in children]
    version = next((value for name, value in tokens if name == "Version"), "2.0")
    rest = [f"{name}={value}" for name, value in tokens if name != "Version" and value]
    if any(mark in token for token in (version, *rest) for mark in "|\r\n"):
        return None
    return "|".join((f"v{version}", *rest, ""))


def _is_outweighed(element: _Element) -> bool:
    """True where `gpresult` says that a GPO of higher precedence states the same."""
    stated = (child.text or "" for child in element if local_name(child) == "Precedence")
    return next(stated, "1").strip() != "1"


def _key(path: str, values: list[tuple[str, RegistryData]], origin: Origin) -> RegistryKey:
    return RegistryKey(path=path, values=tuple(values), one_gpo=True, origin=origin)
