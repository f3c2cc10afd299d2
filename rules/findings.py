"""How a finding is put together, so that every check words endpoints, sockets and firewall rules alike."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rules.case import Case
from rules.causes import Cause, Diagnosis
from rules.check import Unproven
from rules.endpoints import Basis, Endpoint
from rules.firewall.flow import protocol_name
from rules.firewall.verdict import Outcome
from rules.model import Finding, Observation, Remediation, Severity
from scanner.model import DroppedPackets, FirewallRule, Listener

_NAMED_SOURCES = 3  # in a line of a report


def endpoint_finding(
    case: Case,
    endpoint: Endpoint,
    *,
    severity: Severity,
    message: str,
    expected: str,
    observed: str,
    evidence: tuple[Observation, ...],
    remediation: Remediation,
    impact: str = "",
) -> Finding:
    """A finding about one CE endpoint, with the catalogue's words on what it means for the contact centre
    unless `impact` says it better.

    What the firewall's log shows of it stands last in the evidence, where the firewall does not let it
    through.
    """
    return Finding(
        severity=severity,
        component=endpoint.row.component,
        variant=endpoint.row.variant,
        protocol=endpoint.slot.protocol,
        port=endpoint.port,
        subject=subject(endpoint),
        message=message,
        expected=expected,
        observed=observed,
        impact=impact or endpoint.row.impact,
        evidence=evidence + seen_drops(case, endpoint),
        remediation=remediation,
    )


def defined_where(endpoint: Endpoint) -> str:
    """Where the vendor's page says the port is defined, in its own words."""
    return " or ".join(endpoint.row.configuration)


def subject(endpoint: Endpoint) -> str:
    """The endpoint's lasting name, by its documented port if it has one: a changed port stays itself."""
    configured = endpoint.slot.configured.port if endpoint.slot.configured else None
    port = endpoint.slot.documented or configured
    return f"{endpoint.title} {endpoint.slot.protocol}{f'/{port}' if port else ''}"


def counted(number: int, noun: str) -> str:
    """`1 firewall rule`, `2 firewall rules`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def listed(words: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))


def place(endpoint: Endpoint) -> str:
    """`DBConnectorServer on TCP 9901`."""
    return f"{endpoint.title} on {endpoint.slot.protocol.upper()} {endpoint.ports or '(no fixed port)'}"


def reported(case: Case, cause: Cause) -> Iterator[tuple[Endpoint, Diagnosis] | Unproven]:
    """The endpoints whose firewall diagnosis is `cause`, and the ones about which nothing can be proven."""
    for endpoint, diagnosis in case.firewall_diagnoses:
        if diagnosis.cause is cause:
            yield endpoint, diagnosis
        elif diagnosis.cause is Cause.UNDECIDED:
            yield Unproven(subject=subject(endpoint), reason=diagnosis.reason)
        elif endpoint.basis is Basis.OBSERVED and diagnosis.cause is Cause.NONE and endpoint.row.ports:
            yield Unproven(
                subject=subject(endpoint), reason="its configured port is not known, only where it listens"
            )


def owner_unknown(endpoint: Endpoint) -> Unproven:
    """The port of an endpoint is open, and nobody can tell whose socket it is."""
    return Unproven(
        subject=subject(endpoint), reason="the evidence does not say which program holds its port"
    )


def anonymous(case: Case) -> Iterator[Unproven]:
    """What leaves any question about the programs of firewall rules open: a listing without them."""
    if case.anonymous_rules:
        yield Unproven(
            subject="firewall rules",
            reason=f"the evidence does not show for which programs {case.anonymous_rules} of them are",
        )


def _ports(fw_rule: FirewallRule) -> str:
    if fw_rule.local_ports:
        return f"port {','.join(fw_rule.local_ports)}"
    return "port not shown" if "local_ports" in fw_rule.unread else "any port"


def opened(fw_rule: FirewallRule) -> str:
    """What a firewall rule speaks of, in a sentence: `TCP 9901`, `every TCP port`, `every port`."""
    protocol = "" if fw_rule.protocol is None else f"{protocol_name(fw_rule.protocol)} "
    if "local_ports" in fw_rule.unread:
        return f"{protocol}ports"
    return f"{protocol}{', '.join(fw_rule.local_ports)}" if fw_rule.local_ports else f"every {protocol}port"


def describe(fw_rule: FirewallRule) -> str:
    """A firewall rule in one line, as an administrator would read it out."""
    action = fw_rule.action.value if fw_rule.action else "no action"
    parts = [
        (
            f"{'' if fw_rule.active else 'disabled, '}{action} "
            f"{fw_rule.direction.value if fw_rule.direction else '?'}"
        ),
        protocol_name(fw_rule.protocol),
        _ports(fw_rule),
        fw_rule.program or ("program not shown" if "program" in fw_rule.unread else "any program"),
        "+".join(profile.value for profile in fw_rule.profiles) or "all profiles",
    ]
    if fw_rule.remote_addresses:
        parts.append(f"from {','.join(fw_rule.remote_addresses)}")
    return f"{fw_rule.name or fw_rule.id} [{fw_rule.store.value}]: {', '.join(parts)}"


def seen_rules(case: Case, *fw_rules: FirewallRule) -> tuple[Observation, ...]:
    """Firewall rules as evidence."""
    return case.observe_all((fw_rule.origin, describe(fw_rule)) for fw_rule in fw_rules)


def seen_listeners(case: Case, *listeners: Listener) -> tuple[Observation, ...]:
    """Sockets as evidence, each with its owner."""
    return case.observe_all((listener.origin, socket(case, listener)) for listener in listeners)


def socket(case: Case, listener: Listener) -> str:
    """`tcp 0.0.0.0:9901 held by C:\\CE\\...\\x.exe (PID 2344)`."""
    owner = case.owners.name(listener) or "an unknown program"
    pid = "" if listener.pid is None else f" (PID {listener.pid})"
    return f"{listener.protocol} {listener.address}:{listener.port} held by {owner}{pid}"


def seen_drops(case: Case, endpoint: Endpoint) -> tuple[Observation, ...]:
    """What the firewall's log says it dropped on its way to an endpoint that is not always let through."""
    if endpoint.port is None or endpoint.permission.overall is Outcome.ALLOWED:
        return ()
    first, last = endpoint.span
    return case.observe_all(
        (drops.origin, _dropped(drops))
        for drops in case.snapshot.dropped_packets
        if drops.protocol == endpoint.slot.protocol and first <= drops.port <= last
    )


def _dropped(drops: DroppedPackets) -> str:
    """A line of a report: how much, from whom, when."""
    packets = "1 dropped packet" if drops.count == 1 else f"{drops.count:,} dropped packets"
    sources = "1 source" if drops.source_count == 1 else f"{drops.source_count:,} sources"
    named = ", ".join(drops.sources[:_NAMED_SOURCES])
    more = ", ..." if drops.source_count > _NAMED_SOURCES else ""
    return (
        f"the firewall log shows {packets} to {drops.protocol.upper()} {drops.port} from {sources} "
        f"({named}{more}) between {drops.first_seen} and {drops.last_seen}"
    )


def seen_configuration(case: Case, endpoint: Endpoint) -> tuple[Observation, ...]:
    """Where and how the endpoint's port is configured, as evidence."""
    found = endpoint.configuration
    if found is None:
        return ()
    ports = ", ".join(str(each.port) for each in found.endpoints) or found.reason
    return (case.observe(found.origin, f"{found.location}: {found.state.value} {ports}".rstrip()),)
