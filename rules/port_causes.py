"""What is wrong with an endpoint's port itself, apart from any firewall."""

from __future__ import annotations

from rules.catalogue.model import PortKind
from rules.causes import Cause, Diagnosis, undecided
from rules.endpoints import Basis, Endpoint
from rules.firewall.addresses import is_local
from rules.firewall.verdict import Outcome
from rules.joined import Joined
from rules.permission import permission
from rules.port_ranges import taken_by_windows
from rules.tomcat import is_tomcat_child
from scanner.model import FaultCode, PortState

TAO_FAULTS = (FaultCode.TAO_REFUSED, FaultCode.TAO_COLON_MISSING)


def port_cause(host: Joined, endpoint: Endpoint) -> Diagnosis:
    """The check nearest to what is wrong with the port, what holds it before how it is configured."""
    if endpoint.foreign:
        return _held(host, endpoint)
    if is_held_by_child(host, endpoint):
        return Diagnosis(cause=Cause.CHILD_PROCESS)
    if rivals := host.rivals(endpoint):
        return Diagnosis(cause=Cause.CONFLICT, others=rivals)
    faulty = next((cause for cause, is_so in _FAULTS if is_so(endpoint)), None)
    if faulty or is_dynamic(host, endpoint):
        return Diagnosis(cause=faulty or Cause.DYNAMIC)
    stated = endpoint.row.defined_in is not None or endpoint.basis is Basis.CONFIGURED
    if is_switched_off(endpoint) or not stated:
        return Diagnosis(cause=Cause.NONE)  # nothing is configured, so nothing can differ from it
    return _served(host, endpoint)


def _served(host: Joined, endpoint: Endpoint) -> Diagnosis:
    """Whether the component that runs really serves the port it is configured for."""
    if is_out_of_reach(endpoint):
        return Diagnosis(cause=Cause.MISMATCH)
    if endpoint.basis is not Basis.CONFIGURED:
        return Diagnosis(cause=Cause.NONE) if needs_no_port(host, endpoint) else undecided(endpoint)
    if not endpoint.is_running or endpoint.listeners or endpoint.unowned or host.lacks_listeners:
        return Diagnosis(cause=Cause.NONE)
    if _changed_since_start(endpoint):
        return Diagnosis(cause=Cause.RESTART)
    taken = taken_by_windows(host.snapshot.port_ranges, endpoint)
    return Diagnosis(cause=Cause.TAKEN if taken else Cause.MISMATCH)


def _held(host: Joined, endpoint: Endpoint) -> Diagnosis:
    """Who holds the port: a forwarding, another component of CE, or a stranger."""
    holders = endpoint.foreign
    if all(host.owners.is_port_proxy(listener) for listener in holders):
        return Diagnosis(cause=Cause.PORT_PROXY)
    if not any(host.endpoints_of(listener) for listener in holders):
        return Diagnosis(cause=Cause.FOREIGN)
    cause = Cause.CHANNELS if _has_clash(endpoint) else Cause.CONFLICT
    return Diagnosis(cause=cause, others=contenders(host, endpoint))


def contenders(host: Joined, endpoint: Endpoint) -> tuple[Endpoint, ...]:
    """The other endpoints that want its port, and those whose program holds it without being asked to."""
    holders = (owner for listener in endpoint.foreign for owner in host.endpoints_of(listener))
    return tuple(dict.fromkeys((*host.rivals(endpoint), *holders)))


def is_held_by_child(host: Joined, endpoint: Endpoint) -> bool:
    """True where a child of Tomcat's service holds the endpoint's port; it counts as its own listener."""
    return any(is_tomcat_child(host, endpoint.row, listener) for listener in endpoint.listeners)


def has_fault(endpoint: Endpoint, *codes: FaultCode) -> bool:
    """True where the endpoint's configuration has one of these faults."""
    found = endpoint.configuration.faults if endpoint.configuration else ()
    return any(fault.code in codes for fault in found)


def is_tao_fault(endpoint: Endpoint) -> bool:
    """True where TAO's own syntax keeps the endpoint from one port for all (A14); see also `port_end`.

    A port left to Windows is the matter of dynamic-port.
    """
    return has_fault(endpoint, *TAO_FAULTS) or is_bound_by_options(endpoint)


def is_bound_by_options(endpoint: Endpoint) -> bool:
    """True where its configuration binds the port to this host alone.

    Beside Tomcat only TAO options name an address; a host name may stand for the loopback address as well.
    """
    found, configured = endpoint.configuration, endpoint.slot.configured
    if found is None or configured is None or configured.address is None or endpoint.slot.purpose:
        return False
    place = (configured.protocol, configured.port)
    same = [each for each in found.endpoints if (each.protocol, each.port) == place]
    return is_out_of_reach(endpoint) or all(is_local(each.address or "") for each in same)


def _is_misplaced(endpoint: Endpoint) -> bool:
    return has_fault(endpoint, FaultCode.MISPLACED)


def _has_clash(endpoint: Endpoint) -> bool:
    return has_fault(endpoint, FaultCode.CHANNEL_CLASH)


_FAULTS = ((Cause.CHANNELS, _has_clash), (Cause.TAO, is_tao_fault), (Cause.MISPLACED, _is_misplaced))


def is_dynamic(host: Joined, endpoint: Endpoint) -> bool:
    """True where the port will be another after the next start.

    Known from the configuration (section 4 and 6 syntaxes), or seen: the configuration names no port and the
    program listens inside the host's dynamic range. A row without a documented port may be dynamic if a
    program-wide firewall rule follows it (A2).
    """
    if endpoint.state in (PortState.DYNAMIC, PortState.INVALID) and endpoint.basis is Basis.NONE:
        return True
    seen_dynamic = (
        endpoint.basis is Basis.OBSERVED
        and endpoint.port is not None
        and endpoint.port != endpoint.slot.documented  # a widened range may hold the vendor's own ports
        and host.in_dynamic_range(endpoint.slot.protocol, endpoint.port)
    )
    if not endpoint.row.ports:
        return seen_dynamic and endpoint.permission.overall is not Outcome.ALLOWED
    return seen_dynamic


def needs_no_port(host: Joined, endpoint: Endpoint) -> bool:
    """True where the vendor lists no port, the configuration that was read states none, and a firewall rule
    for the whole program lets it through on whichever it takes (contact-expert.md section 9, A2).
    """
    stated = endpoint.configuration is None or endpoint.basis is Basis.CONFIGURED
    if endpoint.row.kind is not PortKind.UNLISTED or stated:
        return False
    slot, listeners = endpoint.slot, endpoint.listeners
    anywhere = permission(host, endpoint.row, endpoint.installed, slot.protocol, None, listeners, None)
    return anywhere.overall is Outcome.ALLOWED


def is_switched_off(endpoint: Endpoint) -> bool:
    """True where the host's configuration, fully understood, opens no port for it, or has no channel."""
    listed = bool(endpoint.row.ports) or endpoint.state is PortState.DISABLED
    return endpoint.basis is Basis.NONE and listed


def is_out_of_reach(endpoint: Endpoint) -> bool:
    """True where the component serves this host only, whatever the firewall does (contact-expert.md 4.5).

    A Tomcat connector may be bound to this host on purpose, behind a web server (6.1, 6.7).
    """
    return endpoint.permission.is_local_only and not endpoint.slot.purpose


def _changed_since_start(endpoint: Endpoint) -> bool:
    changed = endpoint.configuration.changed_at if endpoint.configuration else None
    started = [process.started_at for process in endpoint.installed.processes if process.started_at]
    return changed is not None and bool(started) and max(started) < changed
