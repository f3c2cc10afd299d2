"""Every check, in the order reports list them. A new check is one file in `checks/` and one line here."""

from __future__ import annotations

from rules.check import Check
from rules.checks import (
    blocked_by_firewall_rule,
    cmdlets_not_rerun,
    disabled_firewall_rule,
    dynamic_port,
    firewall_disabled,
    foreign_listener,
    listener_mismatch,
    local_rules_ignored,
    missing_firewall_rule,
    over_permissive_firewall_rule,
    removed_component,
    restart_pending,
    stale_firewall_rule,
    wrong_profile_firewall_rule,
    wrong_program_firewall_rule,
)

CHECKS: tuple[Check, ...] = (
    dynamic_port.CHECK,
    listener_mismatch.CHECK,
    foreign_listener.CHECK,
    missing_firewall_rule.CHECK,
    disabled_firewall_rule.CHECK,
    wrong_profile_firewall_rule.CHECK,
    wrong_program_firewall_rule.CHECK,
    blocked_by_firewall_rule.CHECK,
    local_rules_ignored.CHECK,
    firewall_disabled.CHECK,
    stale_firewall_rule.CHECK,
    over_permissive_firewall_rule.CHECK,
    removed_component.CHECK,
    cmdlets_not_rerun.CHECK,
    restart_pending.CHECK,
)
