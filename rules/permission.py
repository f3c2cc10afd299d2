"""What Windows Firewall decides for one CE endpoint, for connections from CE servers and from clients."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address
from typing import TYPE_CHECKING

import msgspec

from rules.catalogue.model import CatalogueRow, Source
from rules.firewall.decision import Decision, decide
from rules.firewall.flow import TCP, UDP, Flow
from rules.firewall.verdict import Outcome
from rules.presence import Installed
from scanner.model import ConfiguredEndpoint, Listener

if TYPE_CHECKING:
    from rules.case import Case

ANY_IPV4 = "0.0.0.0"  # noqa: S104 - what a listener shows, not what we bind
LOOPBACK = "127.0.0.1"
_PROTOCOLS = {"tcp": TCP, "udp": UDP}
_WORST_FIRST = (Outcome.BLOCKED, Outcome.CONDITIONAL, Outcome.NOT_EXPOSED)


class Permission(msgspec.Struct, frozen=True, kw_only=True):
    """The decisions behind an endpoint: for each expected source one per bound address and remote network."""

    decisions: tuple[tuple[Source, tuple[Decision, ...]], ...] = ()

    def outcome(self, source: Source) -> Outcome | None:
        """What holds everywhere for `source`; conditional where it differs, None where it is not expected."""
        decisions = dict(self.decisions).get(source, ())
        return _combined({decision.outcome for decision in decisions}) if decisions else None

    @property
    def overall(self) -> Outcome:
        """The worst outcome of any expected source."""
        outcomes = {self.outcome(source) for source, _ in self.decisions}
        return next((outcome for outcome in _WORST_FIRST if outcome in outcomes), Outcome.ALLOWED)

    def all(self) -> Iterator[Decision]:
        """Every decision once; two sources may share one."""
        return iter({id(found): found for _, several in self.decisions for found in several}.values())


def permission(
    case: Case,
    row: CatalogueRow,
    found: Installed,
    protocol: str,
    port: int | None,
    listeners: tuple[Listener, ...],
    configured: ConfiguredEndpoint | None,
) -> Permission:
    """Decide every flow that the endpoint must serve, with near misses where it is blocked.

    The local addresses are those the program listens on, else the one it is configured for, else all of the host's.
    Without a port only program-wide rules can permit it (contact-expert.md section 9, A2 and A4).
    """
    owner = case.owners.name(listeners[0]) if listeners else None
    flow = Flow(
        name=row.title,
        protocol=_PROTOCOLS[protocol],
        local_port=port,
        program=owner if owner and "\\" in owner else found.program,
        service=found.service.name if found.service else None,
        profile=case.site.expected_profile,
    )
    bound = _bound_addresses(listeners, configured)
    decided = {
        remotes: tuple(_decisions(case, flow, bound, remotes))
        for remotes in (case.site.servers, case.site.clients)
    }
    remotes_of = {Source.SERVER: case.site.servers, Source.CLIENT: case.site.clients}
    return Permission(decisions=tuple((source, decided[remotes_of[source]]) for source in row.sources))


def _decisions(
    case: Case, flow: Flow, bound: tuple[str, ...], remotes: tuple[str, ...]
) -> Iterator[Decision]:
    for local in bound:
        for remote in remotes or (None,):
            asked = msgspec.structs.replace(flow, local_address=local, remote_address=remote)
            decision = decide(case.policy, asked)
            yield decide(case.policy, asked, trace=True) if decision.outcome is Outcome.BLOCKED else decision


def _bound_addresses(
    listeners: tuple[Listener, ...], configured: ConfiguredEndpoint | None
) -> tuple[str, ...]:
    """The addresses to ask about. IPv6 counts only where nothing is bound on IPv4: a rule scoped to IPv4 servers
    must not read as blocked because the socket also has an IPv6 twin.
    """
    bound = {listener.address for listener in listeners} or {_configured_address(configured)}
    return tuple(sorted({address for address in bound if ":" not in address} or bound))


def _configured_address(configured: ConfiguredEndpoint | None) -> str:
    """The configured bind address; a host name stands for some address of the host, so for all of them."""
    text = (configured.address if configured else None) or ANY_IPV4
    if text.casefold() == "localhost":
        return LOOPBACK
    try:
        return str(ip_address(text.strip("[]")))
    except ValueError:
        return ANY_IPV4


def _combined(outcomes: set[Outcome]) -> Outcome:
    return outcomes.pop() if len(outcomes) == 1 else Outcome.CONDITIONAL
