"""Where a firewall rule may match: its ports and remote addresses as spans (windows-firewall.md 2.4)."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from rules.firewall.addresses import FAMILIES, Span, read_addresses
from rules.firewall.conditions import heeds_remote
from rules.firewall.host import HostFacts
from rules.firewall.ports import EVERY_PORT, merged, read_ports
from rules.firewall.regions import ANYWHERE, EVERYWHERE, on_axis, sweep
from rules.firewall.tokens import read_tokens
from scanner.model import FirewallRule

Graded = tuple[Span, bool]


class Extent(msgspec.Struct, frozen=True):
    """Spans with a grade, True where a number matches for sure and False where it may (a keyword).

    `remotes` lie on the address axis of regions.py; `everywhere` says there is no condition on the remote
    end. Spans of one grade do not overlap each other; outside all of them the rule does not match.
    """

    ports: tuple[Graded, ...]
    remotes: tuple[Graded, ...]
    everywhere: bool


def extent_of(fw_rule: FirewallRule, host: HostFacts) -> Extent:
    """The extent of a firewall rule that is not malformed."""
    limited = bool(fw_rule.remote_addresses) and heeds_remote(fw_rule, read_tokens(fw_rule))
    return Extent(
        ports=tuple(_ports(fw_rule, host)) if fw_rule.local_ports else ((EVERY_PORT, True),),
        remotes=tuple(_remotes(fw_rule, host)) if limited else ((ANYWHERE, True),),
        everywhere=not limited,
    )


def _ports(fw_rule: FirewallRule, host: HostFacts) -> Iterator[Graded]:
    ports = read_ports(fw_rule.local_ports)
    for span in ports.spans:
        yield span, True
    if ports.unresolved:
        yield EVERY_PORT, False
    elif ports.rpc:  # cut also where only one family's run-time ports begin or end
        for span, _ in sweep((span, family) for family in FAMILIES for span in host.dynamic[family]):
            yield span, False


def _remotes(fw_rule: FirewallRule, host: HostFacts) -> Iterator[Graded]:
    admitted = read_addresses(fw_rule.remote_addresses, host.local_subnets)
    for family in FAMILIES:
        for span in merged(admitted.spans[family]):
            yield on_axis(family, span), True
        if admitted.unresolved[family]:
            yield EVERYWHERE[family], False
