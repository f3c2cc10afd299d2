"""Firewall rules that Windows rejects for sure and that decide nothing (windows-firewall.md 2.3, 3.9)."""

from __future__ import annotations

from collections.abc import Iterator

from rules.firewall.addresses import is_backward
from rules.firewall.flow import TCP, UDP
from rules.firewall.ports import port_fault
from scanner.model import Direction, FirewallRule


def malformed_reason(fw_rule: FirewallRule) -> str:
    """What is wrong with `fw_rule` in a few words, "" if nothing is.

    Doubtful strings (an unknown token, no name) are not malformed: they stay, as conditions nobody
    understands.
    """
    return next(_faults(fw_rule), "")


def is_rule_string(fw_rule: FirewallRule) -> bool:
    """True for a rule read as Windows stores it: what it lacks, Windows lacks too.

    In another tool's listing an unreadable word is a gap of ours, not the rule's fault (4.1).
    """
    return any(name == "version" for name, _ in fw_rule.extra)


def _faults(fw_rule: FirewallRule) -> Iterator[str]:
    if is_rule_string(fw_rule) and fw_rule.action is None:
        yield "it has no readable Action"
    if is_rule_string(fw_rule) and fw_rule.direction is None:
        yield "it has no readable Dir"
    if "protocol" not in fw_rule.unread:
        if (fw_rule.local_ports or fw_rule.remote_ports) and fw_rule.protocol not in (TCP, UDP):
            yield "it names ports, but its protocol is neither TCP nor UDP"
        yield from filter(None, _port_faults(fw_rule))
    for entry in (*fw_rule.local_addresses, *fw_rule.remote_addresses):
        if is_backward(entry):
            yield f"the address range {entry} runs backward"


def _port_faults(fw_rule: FirewallRule) -> Iterator[str]:
    outbound = fw_rule.direction is Direction.OUT
    for entry in fw_rule.local_ports:
        yield port_fault(entry, fw_rule.protocol, outbound=outbound, remote=False)
    for entry in fw_rule.remote_ports:
        yield port_fault(entry, fw_rule.protocol, outbound=outbound, remote=True)
