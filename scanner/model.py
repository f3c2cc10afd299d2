"""The facts of one host, frozen, each with the Origin it was read from (design.md section 3).

Imports nothing of ours. `None` means "not stated by the evidence"; an empty tuple of conditions means "no
condition". Times are aware datetimes in UTC. Field order is the order of the `snapshot-v1` JSON.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

SNAPSHOT_SCHEMA = "ce-audit/snapshot-v1"


class EvidenceKind(StrEnum):
    """What a check may need and a gap may lack."""

    HOST = "host"
    INTERFACES = "interfaces"
    LISTENERS = "listeners"
    PROCESSES = "processes"
    SERVICES = "services"
    EXECUTABLES = "executables"
    CONFIGURED_PORTS = "configured-ports"
    RECORDING_CHANNELS = "recording-channels"
    FIREWALL_RULES = "firewall-rules"  # the local store, which every host has
    GPO_POLICY = "gpo-policy"  # rules and settings that Group Policy put on the host, or proof of none
    PROFILE_SETTINGS = "profile-settings"
    PORT_RANGES = "port-ranges"
    CHANGE_TIMES = "change-times"  # when the firewall and CE registry keys were last written
    PORT_PROXIES = "port-proxies"  # what netsh interface portproxy forwards, or proof of nothing


class Store(StrEnum):
    """Where Windows keeps a firewall rule (windows-firewall.md 1.1)."""

    LOCAL = "local"
    GPO = "gpo"
    MDM = "mdm"
    APPISO = "appiso"
    WSH_STATIC = "wsh-static"
    WSH_CONFIGURABLE = "wsh-configurable"
    DEFAULTS = "defaults"  # what "restore defaults" would bring back; never in force
    UNKNOWN = "unknown"


class Profile(StrEnum):
    """A firewall profile; `STANDARD` is the legacy Group Policy key only (windows-firewall.md 1.3)."""

    DOMAIN = "domain"
    PRIVATE = "private"
    PUBLIC = "public"
    STANDARD = "standard"


class Action(StrEnum):
    ALLOW = "allow"
    BLOCK = "block"
    BYPASS = "bypass"


class Direction(StrEnum):
    IN = "in"
    OUT = "out"


class PortState(StrEnum):
    """What a configuration source says about a component's ports (contact-expert.md section 9, A1)."""

    STATIC = "static"
    DYNAMIC = "dynamic"
    DISABLED = "disabled"
    NOT_DETERMINABLE = "not-determinable"
    INVALID = "invalid"


class Origin(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Where a fact was read: a source of the evidence ledger, and the place in it (line, key, row)."""

    source: str
    locator: str = ""


class Host(msgspec.Struct, frozen=True, kw_only=True):
    """The machine itself. `firewall_changed_at` is the last write of the local FirewallRules key."""

    name: str | None = None
    domain: str | None = None
    domain_joined: bool | None = None
    os_caption: str | None = None
    os_build: str | None = None
    boot_time: datetime | None = None
    time_zone: str | None = None
    culture: str | None = None
    elevated: bool | None = None
    collector: str | None = None
    collected_at: datetime | None = None
    firewall_changed_at: datetime | None = None


class Interface(msgspec.Struct, frozen=True, kw_only=True):
    """A network interface; `profile` is the one active on it now, `addresses` are in CIDR form."""

    alias: str
    index: int | None = None
    guid: str | None = None
    kind: str | None = None  # lan | wireless | remoteaccess
    addresses: tuple[str, ...] = ()
    profile: Profile | None = None
    origin: Origin


class Listener(msgspec.Struct, frozen=True, kw_only=True):
    """An open server socket. `image` is the owner's file name or path where the source itself names it."""

    protocol: str  # tcp | udp
    address: str  # without brackets; "0.0.0.0" or "::" for all of that family
    port: int
    pid: int | None = None
    image: str | None = None
    origin: Origin


class Process(msgspec.Struct, frozen=True, kw_only=True):
    pid: int
    name: str
    path: str | None = None
    started_at: datetime | None = None
    services: tuple[str, ...] = ()
    origin: Origin


class Service(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    display_name: str | None = None
    path: str | None = None  # the command line as the service manager stores it
    state: str | None = None  # running | stopped | ...
    start_mode: str | None = None  # auto | manual | disabled
    pid: int | None = None
    sid_type: str | None = None  # none | unrestricted | restricted
    origin: Origin


class InstalledFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file that was looked for on the host; `bytes` is None where it is absent."""

    path: str
    bytes: int | None = None
    modified_at: datetime | None = None
    origin: Origin


class ConfiguredEndpoint(msgspec.Struct, frozen=True, kw_only=True):
    """A socket that a configuration asks for; `address` None = all interfaces, `port_end` closes a span."""

    protocol: str
    port: int
    port_end: int | None = None
    address: str | None = None
    purpose: str | None = None  # shutdown | http | https | ajp | media | control | ssl; None = the only one
    guarded: bool | None = None  # ajp: whether peers must know a secret, which itself is never kept


class FaultCode(StrEnum):
    """What can be wrong with how a port is configured, beyond its state."""

    MISPLACED = "misplaced"  # only in the registry view the program does not read (contact-expert.md A13)
    TAO_REFUSED = "tao-refused"  # the service will not start with these options (4.3, 4.4)
    TAO_COLON_MISSING = "tao-colon-missing"  # iiop://9999: the port is taken for a host name (4.5)
    CHANNEL_CLASH = "channel-clash"  # two recording channels on one port (7.5)
    CHILD_PROCESS = "child-process"  # Procrun starts a child java.exe, which owns the sockets (6.9)
    JAVA_LISTENER = "java-listener"  # a JMX, debugger or cluster port beside the connectors (6.5, 6.8)


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """One fault of a configuration, with what a person should know of it."""

    code: FaultCode
    text: str


class ConfiguredPorts(msgspec.Struct, frozen=True, kw_only=True):
    """What one location says about one catalogue row. `reason` is mandatory unless the state is static."""

    component: str  # id of the catalogue row
    location: str  # where the port is defined, as a person would say it
    state: PortState
    endpoints: tuple[ConfiguredEndpoint, ...] = ()
    reason: str = ""
    changed_at: datetime | None = None
    faults: tuple[Fault, ...] = ()
    origin: Origin


class PortProxy(msgspec.Struct, frozen=True, kw_only=True):
    """A forwarding that `netsh interface portproxy` set up (windows-firewall.md 1.1).

    The IP Helper service listens on `listen_address` ("*" = every address of that family) and hands each
    connection on; Windows Firewall sees only the listening port.
    """

    family: str  # v4tov4 | v4tov6 | v6tov4 | v6tov6
    listen_address: str
    listen_port: int
    connect_address: str
    connect_port: int
    origin: Origin


class NamingReference(msgspec.Struct, frozen=True, kw_only=True):
    """Where a configuration says the naming service is: `corbaloc:iiop:host:9999/NameService` (4.6, A14)."""

    host: str
    port: int
    origin: Origin


class FirewallRule(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A Windows Firewall entry, normalised but not judged (windows-firewall.md section 2).

    Ports: "80", "5000-5010", or a keyword in registry spelling ("RPC", "RPC-EPMap", "Teredo", "IPTLSIn",
    "IPHTTPSIn", "Ply2Disc", "mDNS", "DHCP"). Addresses: as written ("10.0.0.0/8", "10.0.0.1-10.0.0.9",
    "fe80::/64") or a keyword in PowerShell spelling with its family where the source tells it
    ("LocalSubnet4", "LocalSubnet6"; "LocalSubnet" = both). `extra` keeps every other token in order, names as
    written. `unread` names the conditions that this kind of source cannot show ("program", "service",
    "interface_types", "security"), so that absence is not read as "any".
    """

    id: str
    store: Store
    active: bool
    action: Action | None
    direction: Direction | None
    profiles: tuple[Profile, ...] = ()
    protocol: int | None = None
    local_ports: tuple[str, ...] = ()
    remote_ports: tuple[str, ...] = ()
    local_addresses: tuple[str, ...] = ()
    remote_addresses: tuple[str, ...] = ()
    program: str | None = None
    service: str | None = None
    name: str = ""
    extra: tuple[tuple[str, str], ...] = ()
    unread: tuple[str, ...] = ()
    origin: Origin


class ProfileSettings(msgspec.Struct, frozen=True, kw_only=True):
    """One profile key of one store; a key without values still counts (windows-firewall.md 1.3).

    `unread` names settings that this kind of source cannot show, such as `allow_local_rules` in netsh output.
    """

    store: Store
    profile: Profile
    enabled: bool | None = None
    default_inbound: Action | None = None
    default_outbound: Action | None = None
    block_all_inbound: bool | None = None  # DoNotAllowExceptions, "shields up"
    allow_local_rules: bool | None = None  # AllowLocalPolicyMerge
    allow_local_ipsec_rules: bool | None = None
    allow_user_apps: bool | None = None
    allow_user_ports: bool | None = None
    notify_on_listen: bool | None = None
    disabled_interfaces: tuple[str, ...] | None = None
    log_dropped: bool | None = None
    log_allowed: bool | None = None
    log_file: str | None = None
    log_size_kb: int | None = None
    unread: tuple[str, ...] = ()
    origin: Origin


class DynamicRange(msgspec.Struct, frozen=True, kw_only=True):
    """The range Windows hands out ports from; `family` is ipv4, ipv6, or None where the source is silent."""

    protocol: str
    family: str | None = None
    start: int
    count: int
    origin: Origin


class ExcludedRange(msgspec.Struct, frozen=True, kw_only=True):
    protocol: str
    family: str | None = None
    start: int
    end: int
    administered: bool = False
    origin: Origin


class PortRanges(msgspec.Struct, frozen=True, kw_only=True):
    dynamic: tuple[DynamicRange, ...] = ()
    excluded: tuple[ExcludedRange, ...] = ()


class DroppedPackets(msgspec.Struct, frozen=True, kw_only=True):
    """What the firewall's log says it dropped on its way to one local port.

    `first_seen` and `last_seen` are ISO 8601 by the host's own clock, without a zone because the log names
    none, or with "Z" where it says UTC. `sources` are the most frequent of `source_count` addresses.
    """

    protocol: str  # tcp | udp
    port: int
    count: int
    first_seen: str
    last_seen: str
    source_count: int
    sources: tuple[str, ...] = ()
    origin: Origin


class EvidenceSource(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the evidence ledger. `kind` is the artefact it was read as ("unrecognised" if none)."""

    kind: str
    source: str
    sha256: str
    bytes: int
    modified_at: datetime | None = None


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """Evidence wanted and not obtained; `subject` narrows it to one file or key.

    `partial` = the rest of its kind was read and may be judged as it stands; only nothing passes on it.
    """

    kind: EvidenceKind
    reason: str
    fetch: str = ""
    subject: str = ""
    partial: bool = False


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of evidence that could not be read while the rest of its source could.

    `contained` = the fact it belongs to was kept and says itself what of it is not known, so that nothing
    else of its source is in doubt.
    """

    origin: Origin
    text: str
    reason: str
    contained: bool = False


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """Everything known of one host; saved and judged again it gives the same results.

    The last three are top-level keys more than design.md section 3 lists. `dropped_packets` is supporting
    evidence only; `port_proxies` None = not collected.
    """

    schema: str = SNAPSHOT_SCHEMA
    host: Host = Host()
    interfaces: tuple[Interface, ...] = ()
    listeners: tuple[Listener, ...] = ()
    processes: tuple[Process, ...] = ()
    services: tuple[Service, ...] = ()
    configured_ports: tuple[ConfiguredPorts, ...] = ()
    firewall_rules: tuple[FirewallRule, ...] = ()
    profile_settings: tuple[ProfileSettings, ...] = ()
    port_ranges: PortRanges = PortRanges()
    executables: tuple[InstalledFile, ...] = ()
    evidence: tuple[EvidenceSource, ...] = ()
    gaps: tuple[Gap, ...] = ()
    problems: tuple[Problem, ...] = ()
    dropped_packets: tuple[DroppedPackets, ...] = ()
    port_proxies: tuple[PortProxy, ...] | None = None
    naming_references: tuple[NamingReference, ...] = ()
