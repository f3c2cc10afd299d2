"""One host under judgement: the snapshot with everything the judges derive from it, computed once."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

import msgspec

from rules.catalogue.model import Catalogue, CatalogueRow
from rules.causes import Diagnosis
from rules.conflicts import Rivals, rivals
from rules.endpoints import Endpoint, join
from rules.firewall.hygiene import Idle, never_deciding
from rules.firewall.policy import Policy, effective_policy
from rules.firewall.ports import DEFAULT_DYNAMIC
from rules.firewall.programs import read_program
from rules.firewall_causes import firewall_cause
from rules.model import Observation
from rules.owners import Owners
from rules.paths import ends_with, file_name, same_path
from rules.port_causes import port_cause
from rules.presence import Installed, Presence, Sightings, install_directory, installed
from rules.site import Site
from scanner.model import (
    Action,
    Direction,
    EvidenceKind,
    FirewallRule,
    Listener,
    Origin,
    PortProxy,
    Profile,
    Snapshot,
    Store,
)

CORE, OPERATOR = "core-server", "operator-pc"
_ORDINARY_STORES = (Store.LOCAL, Store.GPO, Store.MDM, Store.UNKNOWN)
_PORT_DIGITS = 5


class Case:
    """What a check's `find` receives. Everything is derived from the snapshot, the catalogue and the site."""

    def __init__(self, snapshot: Snapshot, catalogue: Catalogue, site: Site) -> None:
        self.snapshot = _in_order(snapshot)
        self.catalogue = catalogue
        self.site = site
        self._hashes = {source.source: source.sha256 for source in snapshot.evidence}

    @cached_property
    def sightings(self) -> Sightings:
        return Sightings(self.snapshot, self.catalogue)

    @cached_property
    def install_directory(self) -> str | None:
        return install_directory(self.sightings, self.site)

    def installed(self, row: CatalogueRow) -> Installed:
        """What is known of one row of the catalogue on this host."""
        return self._installed[row.id]

    @cached_property
    def _installed(self) -> dict[str, Installed]:
        return {row.id: installed(row, self.sightings, self.install_directory) for row in self.catalogue.rows}

    @cached_property
    def policy(self) -> Policy:
        return effective_policy(self.snapshot)

    @cached_property
    def owners(self) -> Owners:
        return Owners(self.snapshot)

    @cached_property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """One per port slot of every catalogue row that is, or may be, on this host."""
        return join(self)

    def rivals(self, endpoint: Endpoint) -> tuple[Endpoint, ...]:
        """The other endpoints that want its port."""
        return self._rivals.get(id(endpoint), ())

    @cached_property
    def _rivals(self) -> Rivals:
        return rivals(self.endpoints)

    def endpoints_of(self, listener: Listener) -> tuple[Endpoint, ...]:
        """The endpoints whose program holds this socket."""
        owner = self.owners.name(listener)
        return tuple(
            endpoint
            for endpoint in self.endpoints
            if owner and endpoint.program and same_path(owner, endpoint.program)
        )

    @cached_property
    def firewall_diagnoses(self) -> tuple[tuple[Endpoint, Diagnosis], ...]:
        """Every endpoint with why the firewall does not let it through, if it does not."""
        return tuple((endpoint, firewall_cause(self, endpoint)) for endpoint in self.endpoints)

    @cached_property
    def port_diagnoses(self) -> tuple[tuple[Endpoint, Diagnosis], ...]:
        """Every endpoint with what is wrong with its port, if anything."""
        return tuple((endpoint, port_cause(self, endpoint)) for endpoint in self.endpoints)

    @cached_property
    def opening_rules(self) -> tuple[tuple[FirewallRule, str], ...]:
        """Active inbound allow rules that name a program, each with that path expanded and folded."""
        return tuple(
            (fw_rule, read_program(fw_rule.program).key) for fw_rule in self._open_doors if fw_rule.program
        )

    @cached_property
    def rules_for_anyone(self) -> tuple[FirewallRule, ...]:
        """Active inbound allow rules that surely name no program."""
        return tuple(
            fw_rule for fw_rule in self._open_doors if not fw_rule.program and "program" not in fw_rule.unread
        )

    def rows_of(self, program: str) -> tuple[CatalogueRow, ...]:
        """The catalogue rows whose executable this path ends in."""
        named = self._rows_by_file.get(file_name(program).casefold(), ())
        return tuple(row for row in named if ends_with(program, row.executable))

    @cached_property
    def _rows_by_file(self) -> dict[str, list[CatalogueRow]]:
        found: dict[str, list[CatalogueRow]] = {}
        for row in self.catalogue.rows:
            found.setdefault(file_name(row.executable).casefold(), []).append(row)
        return found

    @cached_property
    def idle_rules(self) -> tuple[Idle, ...]:
        """The firewall rules that never decide, among those for CE's programs and for any program."""
        named = {compiled.program for compiled in self.policy.ordinary.everything if compiled.program}
        own = {read_program(found.program).key for found in self.endpoints if found.program}
        return never_deciding(self.policy, self.snapshot, own | set(filter(self.rows_of, named)))

    @cached_property
    def anonymous_rules(self) -> int:
        """How many active inbound allow rules the evidence shows without their program, if they name one."""
        return sum("program" in fw_rule.unread for fw_rule in self._open_doors)

    @cached_property
    def _open_doors(self) -> tuple[FirewallRule, ...]:
        return tuple(
            fw_rule
            for fw_rule in self.snapshot.firewall_rules
            if fw_rule.active
            and (fw_rule.action, fw_rule.direction) == (Action.ALLOW, Direction.IN)
            and fw_rule.store in _ORDINARY_STORES
        )

    @cached_property
    def lacks_components(self) -> bool:
        """True where no component of the product was seen, so that there is nothing to judge.

        What is left of removed components does not count; a configured port does, where nobody looked for
        programs.
        """
        seen = any(endpoint.slot.configured for endpoint in self.endpoints) or any(
            self.installed(row).presence is Presence.PRESENT for row in self.catalogue.rows if not row.removed
        )
        return not seen

    @cached_property
    def role(self) -> str:
        """The site's word, else what is installed; empty where nothing of CE was seen."""
        if self.site.role:
            return self.site.role
        present = {
            endpoint.row.section for endpoint in self.endpoints if endpoint.presence is Presence.PRESENT
        }
        return CORE if CORE in present else OPERATOR if OPERATOR in present else ""

    @cached_property
    def profiles(self) -> tuple[Profile, ...]:
        """The profiles that count: those in force on the host, or all three where nobody knows.

        Of several in force only the one that the site expects CE's network on counts.
        """
        if self.asked_profile:
            return (self.asked_profile,)
        return self._active_profiles or (Profile.DOMAIN, Profile.PRIVATE, Profile.PUBLIC)

    @cached_property
    def asked_profile(self) -> Profile | None:
        """The profile that the site expects, unless it is known that no network of the host is on it."""
        expected = self.site.expected_profile
        return None if self.misses_profile else expected

    @property
    def misses_profile(self) -> bool:
        """True where the site expects a profile that no network of the host is on."""
        expected, active = self.site.expected_profile, self._active_profiles
        return bool(expected and active) and expected not in active

    @cached_property
    def _active_profiles(self) -> tuple[Profile, ...]:
        active = {interface.profile for interface in self.snapshot.interfaces if interface.profile}
        return tuple(profile for profile in Profile if profile in active)

    def claimed_ports(self, executable: str) -> frozenset[int]:
        """Every port that some row of this executable documents or configures."""
        return self._claimed_ports.get(executable, frozenset())

    @cached_property
    def _claimed_ports(self) -> dict[str, frozenset[int]]:
        claimed: dict[str, frozenset[int]] = {}
        configured = {found.component: found.endpoints for found in self.snapshot.configured_ports}
        for row in self.catalogue.rows:
            ports = {port.port for port in row.ports} | {found.port for found in configured.get(row.id, ())}
            claimed[row.executable] = claimed.get(row.executable, frozenset()) | ports
        return claimed

    @property
    def lacks_listeners(self) -> bool:
        """True where the open sockets were not collected, so that a closed port cannot be told."""
        return any(gap.kind is EvidenceKind.LISTENERS for gap in self.snapshot.gaps)

    def in_dynamic_range(self, protocol: str, port: int) -> bool:
        """True inside the range Windows hands out ports from; the default range where none was read (5)."""
        ranges = [found for found in self.snapshot.port_ranges.dynamic if found.protocol == protocol]
        spans = [(found.start, found.start + found.count - 1) for found in ranges] or [DEFAULT_DYNAMIC]
        return any(first <= port <= last for first, last in spans)

    def observe(self, origin: Origin, observed: str) -> Observation:
        """What was seen at `origin`, with the hash of the source it was seen in."""
        return Observation(
            source=origin.source,
            locator=origin.locator,
            observed=observed,
            sha256=self._hashes.get(origin.source, ""),
        )

    def observe_all(self, seen: Iterable[tuple[Origin, str]]) -> tuple[Observation, ...]:
        """Several observations at once, in order."""
        return tuple(self.observe(origin, observed) for origin, observed in seen)


def _in_order(snapshot: Snapshot) -> Snapshot:
    """The same facts in an order that does not depend on the evidence's: equal hosts give equal bytes.

    Facts of one identity keep their order: of two readings of a setting the later one counts.
    """
    return msgspec.structs.replace(
        snapshot,
        interfaces=tuple(sorted(snapshot.interfaces, key=lambda fact: (fact.alias, fact.guid or ""))),
        listeners=tuple(sorted(snapshot.listeners, key=_place)),
        processes=tuple(sorted(snapshot.processes, key=lambda fact: (fact.pid, fact.path or fact.name))),
        services=tuple(sorted(snapshot.services, key=lambda fact: fact.name)),
        configured_ports=tuple(sorted(snapshot.configured_ports, key=lambda fact: fact.component)),
        firewall_rules=tuple(
            sorted(map(_in_order_within, snapshot.firewall_rules), key=lambda fact: (fact.store, fact.id))
        ),
        profile_settings=tuple(
            sorted(snapshot.profile_settings, key=lambda fact: (fact.store, fact.profile))
        ),
        executables=tuple(sorted(snapshot.executables, key=lambda fact: fact.path)),
        port_proxies=snapshot.port_proxies and tuple(sorted(snapshot.port_proxies, key=_door)),
        naming_references=tuple(
            sorted(snapshot.naming_references, key=lambda fact: (fact.origin.source, fact.host, fact.port))
        ),
    )


def _in_order_within(fw_rule: FirewallRule) -> FirewallRule:
    """Windows reads the values of a condition as a set: another order of them is no change."""
    return msgspec.structs.replace(
        fw_rule,
        profiles=tuple(sorted(fw_rule.profiles)),
        local_ports=tuple(sorted(fw_rule.local_ports, key=_number_first)),
        remote_ports=tuple(sorted(fw_rule.remote_ports, key=_number_first)),
        local_addresses=tuple(sorted(fw_rule.local_addresses)),
        remote_addresses=tuple(sorted(fw_rule.remote_addresses)),
    )


def _number_first(port: str) -> tuple[int, str]:
    """Where a port, a range or a keyword stands among others."""
    first = port.partition("-")[0]
    is_number = first.isascii() and first.isdecimal() and len(first) <= _PORT_DIGITS
    return (int(first) if is_number else 1 << 16, port)


def _door(proxy: PortProxy) -> tuple[str, int, str]:
    return proxy.family, proxy.listen_port, proxy.listen_address


def _place(listener: Listener) -> tuple[str, int, str, int]:
    return listener.protocol, listener.port, listener.address, -1 if listener.pid is None else listener.pid
