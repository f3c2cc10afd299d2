"""The ground a judgement stands on: the facts of one host and what follows from them before any join."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from rules.catalogue.model import Catalogue, CatalogueRow
from rules.fact_order import in_order
from rules.firewall.policy import Policy, effective_policy
from rules.firewall.ports import DEFAULT_DYNAMIC
from rules.firewall.programs import read_program
from rules.model import Observation
from rules.owners import Owners
from rules.paths import ends_with, file_name
from rules.presence import Installed, Sightings, install_directory, installed
from rules.site import Site
from scanner.model import (
    Action,
    Direction,
    EvidenceKind,
    FirewallRule,
    Origin,
    Profile,
    Snapshot,
    Store,
)

_ORDINARY_STORES = (Store.LOCAL, Store.GPO, Store.MDM, Store.UNKNOWN)


class Ground:
    """Everything here is derived from the snapshot, the catalogue and the site, once."""

    def __init__(self, snapshot: Snapshot, catalogue: Catalogue, site: Site) -> None:
        self.snapshot = in_order(snapshot)
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
    def own_rules(self) -> tuple[tuple[FirewallRule, tuple[CatalogueRow, ...]], ...]:
        """Active inbound allow rules for CE's programs, each with the rows whose executable it names."""
        named = ((fw_rule, self.rows_of_rule(fw_rule)) for fw_rule in self._open_doors)
        return tuple((fw_rule, rows) for fw_rule, rows in named if rows)

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

    def rows_of_rule(self, fw_rule: FirewallRule) -> tuple[CatalogueRow, ...]:
        """The catalogue rows whose executable a rule names; none where it names no program."""
        return self.rows_of(read_program(fw_rule.program).key) if fw_rule.program else ()

    @cached_property
    def _rows_by_file(self) -> dict[str, list[CatalogueRow]]:
        found: dict[str, list[CatalogueRow]] = {}
        for row in self.catalogue.rows:
            found.setdefault(file_name(row.executable).casefold(), []).append(row)
        return found

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
    def profiles(self) -> tuple[Profile, ...]:
        """The profiles that count: those in force on the host, or all three where nobody knows.

        Of several in force only the one that the site expects CE's network on counts.
        """
        if self.asked_profile:
            return (self.asked_profile,)
        return self.profiles_in_force

    @property
    def profiles_in_force(self) -> tuple[Profile, ...]:
        """The profiles of the host's networks, whatever the site expects; all three where nobody knows."""
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
