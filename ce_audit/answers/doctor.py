"""`doctor`: what this machine can do, and what a folder of evidence can and cannot answer."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import msgspec

from ce_audit.evidence import load_snapshot
from ce_audit.site.terms import Terms
from reports.visible import encodable
from rules.catalogue.model import Catalogue
from rules.check import Check
from scanner.collect import Collection
from scanner.live import is_live_host
from scanner.locations import LocationKind
from scanner.model import EvidenceKind, FirewallRule, Gap, Origin, ProfileSettings, Snapshot, Store

SCHEMA = "ce-audit/doctor-v1"
_THIS_MACHINE = "this machine"
_HOST_FILES = ("bundle:host.json", "bundle:manifest.json")
_TIME_FILES = ("bundle:key-times.json", "registry-hive")


class Ability(msgspec.Struct, frozen=True, kw_only=True):
    """Something this machine can or cannot do, and what to do about it."""

    name: str
    available: bool
    note: str


class Holding(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of evidence. `state` is complete | partly | missing; complete with no facts says "none there".

    `required_by` are the checks that cannot look without it, `needed_by` those that cannot pass.
    """

    kind: EvidenceKind
    state: str
    facts: int
    sources: tuple[str, ...]
    required_by: tuple[str, ...]
    needed_by: tuple[str, ...]
    reasons: tuple[str, ...]
    fetch: tuple[str, ...]


class Diagnosis(msgspec.Struct, frozen=True, kw_only=True):
    """`decidable`, `cannot_pass` and `cannot_look` part the checks by what their evidence allows."""

    schema: str = SCHEMA
    subject: str
    machine: tuple[Ability, ...]
    evidence: tuple[Holding, ...]
    decidable: tuple[str, ...]
    cannot_pass: tuple[str, ...]
    cannot_look: tuple[str, ...]
    unread: tuple[str, ...]  # files that no reader recognised


def diagnosis(evidence: Path | None, terms: Terms, checks: Iterable[Check]) -> Diagnosis:
    """Look at `evidence`, or at this machine where it is None; off Windows nothing is then collected.

    Raises SourceError where `evidence` is none at all.
    """
    checks = tuple(checks)
    if evidence is None and not is_live_host():
        snapshot = Collection(terms.locations, terms.channels).snapshot()
    else:
        snapshot = load_snapshot(evidence, terms)
    blind = {gap.kind for gap in snapshot.gaps if not gap.subject and not gap.partial}
    doubtful = {gap.kind for gap in snapshot.gaps if not gap.subject}
    cannot_look = tuple(check.id for check in checks if check.requires & blind)
    short = tuple(check.id for check in checks if (check.requires | check.needs) & doubtful)
    return Diagnosis(
        subject=_THIS_MACHINE if evidence is None else encodable(str(evidence)),
        machine=tuple(abilities()) if evidence is None else (),
        evidence=tuple(_holdings(snapshot, terms.catalogue, checks)),
        decidable=tuple(check.id for check in checks if check.id not in {*cannot_look, *short}),
        cannot_pass=tuple(name for name in short if name not in cannot_look),
        cannot_look=cannot_look,
        unread=tuple(source.source for source in snapshot.evidence if source.kind == "unrecognised"),
    )


def abilities(load: Callable[[str], Any] = import_module) -> Iterator[Ability]:
    """What this machine can do. `load` imports a module by its name."""
    yield Ability(name="python", available=True, note=f"Python {platform.python_version()}")
    live = is_live_host()
    carry = "bring evidence, or run the script of `ce-audit collect --print-collector` on the host"
    yield Ability(
        name="live-collection",
        available=live,
        note="`ce-audit scan` reads this host" if live else f"this is not Windows: {carry}",
    )
    try:
        load("weasyprint")
        yield Ability(name="pdf", available=True, note="WeasyPrint and Pango are there")
    except (ImportError, OSError) as error:  # OSError: the package is there and Pango is not
        advice = "HTML and JSON are written all the same; make the PDF elsewhere with `ce-audit report`"
        yield Ability(name="pdf", available=False, note=f"it cannot be made here ({error}); {advice}")
    yield Ability(
        name="html", available=True, note="one self-contained file; no browser is needed to write it"
    )


def _holdings(snapshot: Snapshot, catalogue: Catalogue, checks: tuple[Check, ...]) -> Iterator[Holding]:
    facts = _facts(snapshot, catalogue)
    for kind in EvidenceKind:
        gaps = [gap for gap in snapshot.gaps if gap.kind is kind]
        origins = facts[kind]
        yield Holding(
            kind=kind,
            state=_state(gaps, origins),
            facts=len(origins),
            sources=tuple(dict.fromkeys(origin.source for origin in origins if origin.source)),
            required_by=tuple(check.id for check in checks if kind in check.requires),
            needed_by=tuple(check.id for check in checks if kind in check.needs - check.requires),
            reasons=tuple(dict.fromkeys(gap.reason for gap in gaps)),
            fetch=tuple(dict.fromkeys(gap.fetch for gap in gaps if gap.fetch)),
        )


def _state(gaps: list[Gap], origins: tuple[Origin, ...]) -> str:
    if not gaps:
        return "complete"
    return "partly" if origins else "missing"


def _facts(snapshot: Snapshot, catalogue: Catalogue) -> Mapping[EvidenceKind, tuple[Origin, ...]]:
    """Where each fact of each kind was read."""
    host = snapshot.host
    stated = (host.name, host.domain, host.os_caption, host.os_build, host.boot_time, host.time_zone)
    recorded = {
        row.id for row in catalogue.rows if row.defined_in and row.defined_in.kind is LocationKind.CHANNELS
    }
    channels = [found for found in snapshot.configured_ports if found.component in recorded]
    others = [found for found in snapshot.configured_ports if found.component not in recorded]
    policy: tuple[FirewallRule | ProfileSettings, ...] = (
        *snapshot.firewall_rules,
        *snapshot.profile_settings,
    )
    return {
        EvidenceKind.HOST: _ledger(snapshot, _HOST_FILES, sum(value is not None for value in stated)),
        EvidenceKind.INTERFACES: _origins(snapshot.interfaces),
        EvidenceKind.LISTENERS: _origins(snapshot.listeners),
        EvidenceKind.PROCESSES: _origins(snapshot.processes),
        EvidenceKind.SERVICES: _origins(snapshot.services),
        EvidenceKind.EXECUTABLES: _origins(snapshot.executables),
        EvidenceKind.CONFIGURED_PORTS: _origins(others),
        EvidenceKind.RECORDING_CHANNELS: _origins(channels),
        EvidenceKind.FIREWALL_RULES: _origins(f for f in snapshot.firewall_rules if f.store is Store.LOCAL),
        EvidenceKind.GPO_POLICY: _origins(f for f in policy if f.store is Store.GPO),
        EvidenceKind.PROFILE_SETTINGS: _origins(snapshot.profile_settings),
        EvidenceKind.PORT_RANGES: _origins((*snapshot.port_ranges.dynamic, *snapshot.port_ranges.excluded)),
        EvidenceKind.PORT_PROXIES: _origins(snapshot.port_proxies or ()),
        EvidenceKind.CHANGE_TIMES: _ledger(snapshot, _TIME_FILES, int(host.firewall_changed_at is not None)),
    }


def _origins(facts: Iterable[Any]) -> tuple[Origin, ...]:
    return tuple(fact.origin for fact in facts)


def _ledger(snapshot: Snapshot, kinds: tuple[str, ...], count: int) -> tuple[Origin, ...]:
    """As many origins as facts; which of several files told which of the host's facts is not kept."""
    files = [source.source for source in snapshot.evidence if source.kind in kinds] or [""]
    return tuple(Origin(source=files[number % len(files)]) for number in range(count))
