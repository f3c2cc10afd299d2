"""What Windows Firewall decides for one CE endpoint, for connections from CE servers and from clients."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from ipaddress import ip_address

import msgspec

from rules.callers import callers_of
from rules.catalogue.model import CatalogueRow, Source
from rules.firewall.addresses import Span, is_loopback, read_address
from rules.firewall.decision import Decision
from rules.firewall.flow import TRANSPORTS, Flow
from rules.firewall.networks import Caller, Met, met_by
from rules.firewall.policy import Policy
from rules.firewall.ports import merged
from rules.firewall.regions import STARTS
from rules.firewall.verdict import Outcome
from rules.ground import Ground
from rules.presence import Installed
from scanner.model import ConfiguredEndpoint, Listener

ANY_IPV4 = "0.0.0.0"  # noqa: S104 - what a listener shows, not what we bind
LOOPBACK = "127.0.0.1"
_LONGEST_SPAN = 64  # ports asked about one by one; a span is a handful in practice
_WORST_FIRST = (Outcome.BLOCKED, Outcome.CONDITIONAL, Outcome.NOT_EXPOSED)


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """What one part of one source's callers meets on one port, once per address that the endpoint is bound
    to.

    `callers` lie on the axis of regions.py; None where the site has not said who they are.
    """

    source: Source
    callers: Caller
    decisions: tuple[Decision, ...]

    @property
    def outcome(self) -> Outcome:
        """Conditional where it differs by the address that the socket is bound to."""
        return _combined({found.outcome for found in self.decisions})


class Permission(msgspec.Struct, frozen=True, kw_only=True):
    """The decisions behind an endpoint.

    `flow` is what was asked, its port and addresses apart; its program is the path that Windows compares: the
    socket's owner, else where the component is installed. `addresses` are all that it is bound to.
    """

    flow: Flow | None = None
    addresses: tuple[str, ...] = ()
    groups: tuple[Group, ...] = ()

    @property
    def program(self) -> str | None:
        """The path that Windows compares with a firewall rule's program."""
        return self.flow.program if self.flow else None

    @property
    def bound(self) -> tuple[str, ...]:
        """The addresses that were asked about where nothing is known of the callers."""
        return _preferred(self.addresses)

    def outcome(self, source: Source) -> Outcome | None:
        """What holds for `source`: the worst of its ports and callers; None where it is not expected."""
        outcomes = {group.outcome for group in self.groups if group.source is source}
        return _worst(outcomes) if outcomes else None

    @property
    def overall(self) -> Outcome:
        """The worst outcome of any expected source."""
        return _worst({group.outcome for group in self.groups})

    def left_out(self, source: Source) -> tuple[Span, ...]:
        """The callers of `source` that are blocked, as far as the site names them."""
        return merged(
            group.callers
            for group in self.groups
            if group.source is source and group.callers and group.outcome is Outcome.BLOCKED
        )

    @property
    def is_local_only(self) -> bool:
        """True where the socket is bound to the loopback address alone, which no network reaches."""
        addresses = [read_address(text) for text in self.bound]
        return bool(addresses) and all(address is not None and is_loopback(address) for address in addresses)

    def all(self) -> Iterator[Decision]:
        """Every decision once; two sources may share one."""
        return iter({id(found): found for group in self.groups for found in group.decisions}.values())


def permission(
    ground: Ground,
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
    owner = ground.owners.name(listeners[0]) if listeners else None
    flow = Flow(
        name=row.title,
        protocol=TRANSPORTS[protocol],
        local_port=port,
        program=owner or found.program,
        service=found.service.name if found.service else None,
        profile=ground.asked_profile,
    )
    addresses = _addresses(listeners, configured)
    groups = _at_ports(ground, row, flow, addresses, _ports(port, configured))
    if port is None and _worst({group.outcome for group in groups}) is Outcome.CONDITIONAL:
        handed_out = _at_ports(ground, row, flow, addresses, _handed_out(ground.policy))
        if all(group.outcome is Outcome.ALLOWED for group in handed_out):
            groups = handed_out
    return Permission(flow=flow, addresses=addresses, groups=groups)


def _at_ports(
    ground: Ground, row: CatalogueRow, flow: Flow, addresses: tuple[str, ...], ports: Iterable[int | None]
) -> tuple[Group, ...]:
    return tuple(
        group
        for port in ports
        for group in _groups(ground, row, msgspec.structs.replace(flow, local_port=port), addresses)
    )


def _handed_out(policy: Policy) -> tuple[int, ...]:
    """Ports that stand for all that Windows hands out: wherever a range or what a firewall rule names begins
    or ends there.

    A component without a port of its own takes one of these (contact-expert.md 1.12, 6.10): a Block rule for
    other ports does not concern it.
    """
    dynamic = policy.host.dynamic[0]
    named = [span for each in policy.ordinary.everything for span in each.ports or ()]
    edges = {first for first, _ in (*dynamic, *named)} | {last + 1 for _, last in named}
    return tuple(sorted(port for port in edges if any(low <= port <= high for low, high in dynamic)))


def _groups(ground: Ground, row: CatalogueRow, flow: Flow, addresses: tuple[str, ...]) -> Iterator[Group]:
    sources: dict[Caller, list[Source]] = {}
    for source in row.sources:
        for caller in _within_reach(callers_of(ground.site, row, source), addresses):
            sources.setdefault(caller, []).append(source)
    for caller, part, decisions in met_at(ground.policy, flow, addresses, sources):
        for source in sources[caller]:
            yield Group(source=source, callers=part, decisions=decisions)


def met_at(
    policy: Policy, flow: Flow, addresses: tuple[str, ...], callers: Iterable[Caller]
) -> Iterator[Met]:
    """What callers meet at a socket on `addresses`, each at those of its own IP version if there are any."""
    for over_ipv6 in (False, True):
        of_version = [caller for caller in callers if _is_ipv6(caller) is over_ipv6]
        yield from met_by(policy, flow, _preferred(addresses, over_ipv6=over_ipv6), of_version)


def _ports(port: int | None, configured: ConfiguredEndpoint | None) -> Iterable[int | None]:
    """The ports that must be open: every one of a span, for the program takes the first that is free."""
    if configured is None or configured.port_end is None:
        return (port,)
    return range(configured.port, min(configured.port_end, configured.port + _LONGEST_SPAN) + 1)


def _addresses(listeners: tuple[Listener, ...], configured: ConfiguredEndpoint | None) -> tuple[str, ...]:
    """Those the program listens on, else the one it is configured for, else all of the host's."""
    return tuple(sorted({listener.address for listener in listeners})) or (
        bind_address(configured.address if configured else None),
    )


def _preferred(addresses: tuple[str, ...], *, over_ipv6: bool = False) -> tuple[str, ...]:
    """The addresses to ask about. IPv6 counts only for callers that use it, or where nothing is bound on
    IPv4: a rule scoped to IPv4 servers must not read as blocked because the socket also has an IPv6 twin.
    """
    return tuple(address for address in addresses if (":" in address) is over_ipv6) or addresses


def _within_reach(callers: tuple[Caller, ...], addresses: tuple[str, ...]) -> tuple[Caller, ...]:
    """Those whose IP version something is bound on; all where nothing is for any of them."""
    versions = {":" in address for address in addresses}
    return tuple(caller for caller in callers if caller is None or _is_ipv6(caller) in versions) or callers


def _is_ipv6(caller: Caller) -> bool:
    return caller is not None and caller[0] >= STARTS[6]


def bind_address(text: str | None) -> str:
    """A configured address as sockets show it; none, and a host name, stand for all of the host's."""
    if text is None or text.casefold() == "localhost":
        return LOOPBACK if text else ANY_IPV4
    try:
        return str(ip_address(text.strip("[]")))
    except ValueError:
        return ANY_IPV4


def _worst(outcomes: Collection[Outcome | None]) -> Outcome:
    return next((outcome for outcome in _WORST_FIRST if outcome in outcomes), Outcome.ALLOWED)


def _combined(outcomes: set[Outcome]) -> Outcome:
    return outcomes.pop() if len(outcomes) == 1 else Outcome.CONDITIONAL
