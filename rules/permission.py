"""What Windows Firewall decides for one CE endpoint, for connections from CE servers and from clients."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from ipaddress import ip_address
from typing import TYPE_CHECKING

import msgspec

from rules.catalogue.model import CatalogueRow, Source
from rules.firewall.addresses import is_loopback, read_address
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
_LONGEST_SPAN = 64  # ports asked about one by one; a span is a handful in practice
_WORST_FIRST = (Outcome.BLOCKED, Outcome.CONDITIONAL, Outcome.NOT_EXPOSED)


class Permission(msgspec.Struct, frozen=True, kw_only=True):
    """The decisions behind an endpoint: for each port, source and caller one per address it is bound to.

    `program` is the path that Windows compares: the socket's owner, else where the component is installed.
    """

    program: str | None = None
    bound: tuple[str, ...] = ()
    decisions: tuple[tuple[Source, tuple[Decision, ...]], ...] = ()

    def outcome(self, source: Source) -> Outcome | None:
        """What holds for `source`: the worst of its ports and callers; None where it is not expected.

        One port and caller is conditional where it differs by the address that the socket is bound to.
        """
        groups = [decisions for expected, decisions in self.decisions if expected is source and decisions]
        return _worst({_combined({found.outcome for found in group}) for group in groups}) if groups else None

    @property
    def overall(self) -> Outcome:
        """The worst outcome of any expected source."""
        return _worst({self.outcome(source) for source, _ in self.decisions})

    @property
    def is_local_only(self) -> bool:
        """True where the socket is bound to the loopback address alone, which no network reaches."""
        addresses = [read_address(text) for text in self.bound]
        return bool(addresses) and all(address is not None and is_loopback(address) for address in addresses)

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

    The local addresses are those the program listens on, else the one it is configured for, else all of the
    host's. Without a port only program-wide rules can permit it (contact-expert.md section 9, A2 and A4).
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
    callers: dict[str | None, list[Source]] = {}
    for source in row.sources:
        for remote in {Source.SERVER: case.site.servers, Source.CLIENT: case.site.clients}[source] or (None,):
            callers.setdefault(remote, []).append(source)
    decided: list[tuple[Source, tuple[Decision, ...]]] = []
    for each in _ports(port, configured):
        for remote, sources in callers.items():
            asked = msgspec.structs.replace(flow, local_port=each, remote_address=remote)
            group = tuple(_decisions(case, asked, bound))
            decided += [(source, group) for source in sources]
    return Permission(program=flow.program, bound=bound, decisions=tuple(decided))


def _ports(port: int | None, configured: ConfiguredEndpoint | None) -> Iterable[int | None]:
    """The ports that must be open: every one of a span, for the program takes the first that is free."""
    if configured is None or configured.port_end is None:
        return (port,)
    return range(configured.port, min(configured.port_end, configured.port + _LONGEST_SPAN) + 1)


def _decisions(case: Case, flow: Flow, bound: tuple[str, ...]) -> Iterator[Decision]:
    for local in bound:
        asked = msgspec.structs.replace(flow, local_address=local)
        decision = decide(case.policy, asked)
        yield decide(case.policy, asked, trace=True) if decision.outcome is Outcome.BLOCKED else decision


def _bound_addresses(
    listeners: tuple[Listener, ...], configured: ConfiguredEndpoint | None
) -> tuple[str, ...]:
    """The addresses to ask about. IPv6 counts only where nothing is bound on IPv4: a rule scoped to IPv4
    servers must not read as blocked because the socket also has an IPv6 twin.
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


def _worst(outcomes: Collection[Outcome | None]) -> Outcome:
    return next((outcome for outcome in _WORST_FIRST if outcome in outcomes), Outcome.ALLOWED)


def _combined(outcomes: set[Outcome]) -> Outcome:
    return outcomes.pop() if len(outcomes) == 1 else Outcome.CONDITIONAL
