"""The registry trees that the collector exports from a Windows host."""

from __future__ import annotations

import struct
from datetime import datetime

from registry_export import Data, ExpandSz, Key
from stock_rules import NamedRule
from store_apps import rule_id

HKLM = "HKEY_LOCAL_MACHINE"
PARAMETERS = rf"{HKLM}\SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters"
FIREWALL = rf"{PARAMETERS}\FirewallPolicy"
POLICIES = rf"{HKLM}\SOFTWARE\Policies"
GPO_FIREWALL = rf"{POLICIES}\Microsoft\WindowsFirewall"
TAO = rf"{HKLM}\SOFTWARE\WOW6432Node\ACE\TAO"
GEOCAMPAIGN = rf"{HKLM}\SOFTWARE\Geomant Call Center Solutions\GeoCampaign"
PROCRUN = rf"{HKLM}\SOFTWARE\WOW6432Node\Apache Software Foundation\Procrun 2.0"
NETWORKS = rf"{HKLM}\SOFTWARE\Microsoft\Windows NT\CurrentVersion\NetworkList\Profiles"
PORT_PROXY = rf"{HKLM}\SYSTEM\CurrentControlSet\Services\PortProxy"

LOG_FILE = r"%systemroot%\system32\LogFiles\Firewall\pfirewall.log"


def firewall_keys(stores: dict[str, tuple[NamedRule, ...]], quiet: bool) -> tuple[Key, ...]:
    """The whole local policy tree. `stores` holds local, wsh-static, wsh-configurable and, where Windows has
    that store, appiso rules; `quiet` suppresses the "allow this app?" prompt, as servers do."""
    restricted = rf"{FIREWALL}\RestrictedServices"
    return (
        Key(FIREWALL, (("DisableStatefulFTP", 0), ("DisableStatefulPPTP", 0), ("IPSecExempt", 9))),
        *(
            key
            for name in ("DomainProfile", "PublicProfile", "StandardProfile")
            for key in _profile(name, quiet)
        ),
        Key(rf"{FIREWALL}\FirewallRules", stores["local"]),
        Key(restricted),
        *_isolation(restricted, stores),
        Key(rf"{restricted}\Configurable"),
        Key(rf"{restricted}\Configurable\System", stores["wsh-configurable"]),
        Key(rf"{restricted}\Static"),
        Key(rf"{restricted}\Static\System", stores["wsh-static"]),
    )


def _isolation(restricted: str, stores: dict[str, tuple[NamedRule, ...]]) -> tuple[Key, ...]:
    if "appiso" not in stores:
        return ()
    return Key(rf"{restricted}\AppIso"), Key(rf"{restricted}\AppIso\FirewallRules", stores["appiso"])


def _profile(name: str, quiet: bool) -> tuple[Key, Key]:
    log: tuple[tuple[str, Data], ...] = (
        ("LogDroppedPackets", 0),
        ("LogFileSize", 4096),
        ("LogFilePath", LOG_FILE),
        ("LogSuccessfulConnections", 0),
    )
    settings = (("DisableNotifications", int(quiet)), ("EnableFirewall", 1))
    return Key(rf"{FIREWALL}\{name}", settings), Key(rf"{FIREWALL}\{name}\Logging", log)


def policies_keys(*firewall: Key) -> tuple[Key, ...]:
    """The policies tree of a domain member; without `firewall` keys it proves that Group Policy sets none."""
    microsoft = rf"{POLICIES}\Microsoft"
    return (
        Key(POLICIES),
        Key(microsoft),
        Key(rf"{microsoft}\Cryptography"),
        Key(rf"{microsoft}\Cryptography\Configuration"),
        Key(rf"{microsoft}\Cryptography\Configuration\SSL"),
        Key(rf"{microsoft}\PeerDist"),
        Key(rf"{microsoft}\PeerDist\Service", (("Enable", 0),)),
        Key(rf"{microsoft}\SystemCertificates"),
        Key(rf"{microsoft}\SystemCertificates\Root"),
        Key(rf"{microsoft}\SystemCertificates\Root\Certificates"),
        Key(rf"{microsoft}\Windows"),
        Key(rf"{microsoft}\Windows\WindowsUpdate", (("WUServer", "http://wsus01.fabrikam.local:8530"),)),
        Key(rf"{microsoft}\Windows\WindowsUpdate\AU", (("AUOptions", 3), ("UseWUServer", 1))),
        Key(rf"{microsoft}\Windows Defender"),
        Key(rf"{microsoft}\Windows NT"),
        Key(rf"{microsoft}\Windows NT\Terminal Services", (("MinEncryptionLevel", 3),)),
        *firewall,
    )  # fmt: skip


def gpo_firewall_keys(
    domain: tuple[tuple[str, Data], ...], fw_rules: tuple[NamedRule, ...]
) -> tuple[Key, ...]:
    """What a GPO leaves on the client: settings of the domain profile, and its rules."""
    log: tuple[tuple[str, Data], ...] = (("LogDroppedPackets", 1), ("LogFileSize", 16384))
    return (
        Key(GPO_FIREWALL, (("PolicyVersion", 0x021D),)),
        Key(rf"{GPO_FIREWALL}\DomainProfile", domain),
        Key(rf"{GPO_FIREWALL}\DomainProfile\Logging", log),
        Key(rf"{GPO_FIREWALL}\FirewallRules", fw_rules),
    )


def network_keys(host: str, domain: str, first: datetime, last: datetime) -> tuple[Key, ...]:
    """The networks the host has known: the domain's, and the one it was installed in."""
    known = ((domain, 2, 6, first, last), ("Network", 0, 6, first, first))
    return (
        Key(NETWORKS),
        *(
            Key(
                rf"{NETWORKS}\{rule_id(host, 'network', name)}", _network(name, category, kind, created, seen)
            )
            for name, category, kind, created, seen in known
        ),
    )


def _network(
    name: str, category: int, kind: int, created: datetime, seen: datetime
) -> tuple[tuple[str, Data], ...]:
    return (
        ("ProfileName", name),
        ("Description", name),
        ("Managed", int(category == 2)),
        ("Category", category),
        ("DateCreated", _system_time(created)),
        ("NameType", kind),
        ("DateLastConnected", _system_time(seen)),
    )


def _system_time(time: datetime) -> bytes:
    """A SYSTEMTIME: eight little-endian words, the day of the week counted from Sunday."""
    weekday = (time.weekday() + 1) % 7
    return struct.pack(
        "<8H", time.year, time.month, weekday, time.day, time.hour, time.minute, time.second, 0
    )


def tao_keys(options: str) -> tuple[Key, ...]:
    """ACE\\TAO in the 32-bit view; the service writes the value as REG_EXPAND_SZ (contact-expert.md 4.1)."""
    return (
        Key(rf"{HKLM}\SOFTWARE\WOW6432Node\ACE"),
        Key(TAO, (("TaoNamingServiceOptions", ExpandSz(options)),)),
    )


def geocampaign_keys(directory: str, ports: dict[str, Data]) -> tuple[Key, ...]:
    """The vendor's key in the 64-bit view: the Skype for Business ports, and a value nobody reads here."""
    return (Key(GEOCAMPAIGN, (("InstallDir", directory), *ports.items())),)


def procrun_keys(tomcat: str) -> tuple[Key, ...]:
    """Tomcat's service parameters, always in the 32-bit view (contact-expert.md 6.9)."""
    parameters = rf"{PROCRUN}\Tomcat8\Parameters"
    options = (
        rf"-Dcatalina.home={tomcat}",
        rf"-Dcatalina.base={tomcat}",
        rf"-Djava.io.tmpdir={tomcat}\temp",
        "-Djava.util.logging.manager=org.apache.juli.ClassLoaderLogManager",
        rf"-Djava.util.logging.config.file={tomcat}\conf\logging.properties",
    )
    java: tuple[tuple[str, Data], ...] = (
        ("Jvm", r"C:\Program Files\Java\jre1.8.0_191\bin\server\jvm.dll"),
        ("Options", options),
        ("Classpath", rf"{tomcat}\bin\bootstrap.jar;{tomcat}\bin\tomcat-juli.jar"),
        ("JvmMs", 256),
        ("JvmMx", 1024),
    )
    start: tuple[tuple[str, Data], ...] = (
        ("Class", "org.apache.catalina.startup.Bootstrap"),
        ("Params", ("start",)),
        ("Mode", "jvm"),
        ("WorkingPath", tomcat),
    )
    return (
        Key(PROCRUN),
        Key(rf"{PROCRUN}\Tomcat8"),
        Key(parameters),
        Key(rf"{parameters}\Java", java),
        Key(
            rf"{parameters}\Log",
            (("Path", rf"{tomcat}\logs"), ("Level", "Info"), ("Prefix", "tomcat8-service")),
        ),
        Key(rf"{parameters}\Start", start),
        Key(rf"{parameters}\Stop", (("Mode", "jvm"), ("Params", ("stop",)), ("Timeout", 0))),
    )
