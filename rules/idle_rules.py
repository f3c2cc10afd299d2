"""Firewall rules of CE that never decide, and that no finding nearer to the cause explains."""

from __future__ import annotations

from collections.abc import Iterator

from rules.case import Case
from rules.catalogue.model import CatalogueRow
from rules.causes import Cause
from rules.firewall.conditions import PROFILE_BITS, profile_mask
from rules.firewall.hygiene import Idle, Idleness
from rules.firewall.ports import MOST_PORTS, count
from rules.prompts import is_prompt_rule
from rules.stale_rules import stale_rules
from rules.unneeded_rules import rules_of_portless, shutdown_rules
from scanner.model import Action, FirewallRule

_KINDS = (Idleness.DUPLICATE, Idleness.REDUNDANT, Idleness.SHADOWED, Idleness.VOID)


def idle_rules_of_ce(case: Case) -> Iterator[tuple[Idle, tuple[CatalogueRow, ...]]]:
    """Each with the catalogue rows it is for: those of its program, else of the endpoints it decides."""
    serving = _serving(case)
    told = _told(case)
    for idle in case.idle_rules:
        if idle.kind in _KINDS and id(idle.fw_rule) not in told:
            rows = case.rows_of_rule(idle.fw_rule) or tuple(serving.get(id(idle.fw_rule), ()))
            if rows and not any(row.removed for row in rows) and not _is_explained(case, idle, rows):
                yield idle, rows


def _serving(case: Case) -> dict[int, dict[CatalogueRow, None]]:
    """By `id` of each rule, the rows whose endpoints it decides."""
    found: dict[int, dict[CatalogueRow, None]] = {}
    for endpoint in case.endpoints:
        for decision in endpoint.permission.all():
            for fw_rule in decision.decided_by:
                found.setdefault(id(fw_rule), {})[endpoint.row] = None
    return found


def _told(case: Case) -> set[int]:
    """The rules that other findings name as the cause of something, or as needed by nobody."""
    shutdown = shutdown_rules(case)
    near = (miss.fw_rule for _, diagnosis in case.firewall_diagnoses for miss in diagnosis.near_misses)
    return {
        *(id(fw_rule) for fw_rule in near),
        *(id(stale.fw_rule) for stale in stale_rules(case)),
        *(id(fw_rule) for fw_rule, _ in rules_of_portless(case)),
        *(id(fw_rule) for fw_rule in (shutdown[0] if shutdown else ())),
        *(id(fw_rule) for fw_rule in case.snapshot.firewall_rules if is_prompt_rule(fw_rule)),
    }


def _is_explained(case: Case, idle: Idle, rows: tuple[CatalogueRow, ...]) -> bool:
    if idle.kind is Idleness.SHADOWED:
        causes = {diagnosis.cause for endpoint, diagnosis in case.firewall_diagnoses if endpoint.row in rows}
        return not causes.isdisjoint((Cause.BLOCKED, Cause.POISONED)) or any(
            map(is_prompt_rule, idle.because_of)
        )
    if idle.kind is Idleness.REDUNDANT:
        return any(_is_too_wide(cover, idle.fw_rule) for cover in idle.because_of)
    return idle.kind is Idleness.VOID and _is_void_by_settings(case, idle.fw_rule)


def _is_too_wide(cover: FirewallRule, fw_rule: FirewallRule) -> bool:
    """True where what covers the rule is broader than one endpoint: it may be the one to go, and this one is
    what the vendor's page asks for.
    """
    if cover.program is None and fw_rule.program is not None:
        return True
    wide = not cover.local_ports or count(cover.local_ports) > MOST_PORTS
    return wide and bool(fw_rule.local_ports) and cover.local_ports != fw_rule.local_ports


def _is_void_by_settings(case: Case, fw_rule: FirewallRule) -> bool:
    """True where the profile ignores it as it does all rules, or the endpoints that need it are found
    blocked.
    """
    policy = case.policy
    if any(fw_rule is dormant for dormant in policy.dormant):
        return any(diagnosis.cause is Cause.IGNORED for _, diagnosis in case.firewall_diagnoses)
    in_force = any(fw_rule is compiled.fw_rule for compiled in policy.ordinary.everything)
    named = [
        settings
        for profile, settings in policy.settings.items()
        if profile_mask(fw_rule) & PROFILE_BITS[profile]
    ]
    return in_force and any(
        settings.enabled.value is False
        or settings.block_all_inbound.value
        or settings.default_inbound.value is Action.ALLOW
        for settings in named
    )
