"""Allow rules that open ports on which their program does not listen."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence

import msgspec

from rules.firewall.addresses import Span
from rules.firewall.conditions import PROFILE_BITS, CompiledRule
from rules.firewall.decision import distinct
from rules.firewall.flow import TCP, UDP
from rules.firewall.policy import Policy
from rules.firewall.ports import EVERY_PORT, merged, read_ports
from rules.firewall.programs import read_program
from rules.firewall.sockets import Socket, unused
from rules.firewall.truth import FALSE
from rules.firewall.vantage import profiles_in_force
from scanner.model import Action, Direction, FirewallRule

_NEEDED = frozenset({"program", "service", "protocol", "local_ports"})


class Wider(msgspec.Struct, frozen=True, kw_only=True):
    """An Allow rule, the ports of it without a listener, and those with one (none: it opens for nothing)."""

    fw_rule: FirewallRule
    unused: tuple[Span, ...]
    used: tuple[Span, ...]


def wider_than_used(policy: Policy, known: Sequence[Socket], idle: Container[int]) -> Iterator[Wider]:
    """The rules in force but those of `idle` (by id()), in a stable order.

    A listener whose owner is not known counts for every rule. Ports that a keyword stands for are not judged;
    nor are rules for packaged apps, whose sockets do not show it, nor rules of which the evidence hides the
    program, service, protocol or ports.
    """
    mask = sum(PROFILE_BITS[profile] for profile in profiles_in_force(policy.interfaces))
    for compiled in distinct(policy.ordinary.everything):
        if compiled.enforced & mask and id(compiled.fw_rule) not in idle and _is_judged(compiled):
            ports = read_ports(compiled.fw_rule.local_ports).spans or (
                () if compiled.fw_rule.local_ports else (EVERY_PORT,)
            )
            serving = [socket for socket in known if _serves(socket, compiled)]
            left = unused(ports, serving)
            if left:
                yield Wider(fw_rule=compiled.fw_rule, unused=left, used=_used(ports, serving))


def _is_judged(compiled: CompiledRule) -> bool:
    fw_rule = compiled.fw_rule
    return (
        (fw_rule.action, fw_rule.direction) == (Action.ALLOW, Direction.IN)
        and compiled.protocol in (TCP, UDP, None)
        and _NEEDED.isdisjoint(fw_rule.unread)
        and not any(name == "package" for name, _ in compiled.conditions)
    )


def _serves(socket: Socket, compiled: CompiledRule) -> bool:
    fw_rule = compiled.fw_rule
    program = read_program(fw_rule.program) if fw_rule.program else None
    service = fw_rule.service.casefold() if fw_rule.service else None
    return compiled.protocol in (None, socket.protocol) and socket.runs(program, service) != FALSE


def _used(ports: Sequence[Span], serving: Sequence[Socket]) -> tuple[Span, ...]:
    found = (socket.listener.port for socket in serving)
    return merged((port, port) for port in found if any(low <= port <= high for low, high in ports))
