"""The endpoint matrix of a report: each endpoint's four facts and the one state they make (design.md 3)."""

from __future__ import annotations

from collections.abc import Iterator

from rules.case import Case
from rules.catalogue.model import PortKind, Source
from rules.causes import Cause, Diagnosis
from rules.endpoints import Basis, Endpoint
from rules.firewall.verdict import Outcome
from rules.model import DecidedBy, EndpointRow, Permitted
from rules.port_causes import is_switched_off
from rules.presence import Presence
from scanner.model import PortState

_LISTENING = {True: "listening", False: "not listening"}
_PERMITTED = {
    Outcome.ALLOWED: "permitted",
    Outcome.BLOCKED: "blocked",
    Outcome.CONDITIONAL: "permitted under conditions",
    Outcome.NOT_EXPOSED: "bound to this host",
}
_MEANING = {
    (True, Outcome.ALLOWED): "works",
    (True, Outcome.BLOCKED): "works only from this host",
    (True, Outcome.CONDITIONAL): "works where the conditions hold",
    (True, Outcome.NOT_EXPOSED): "serves this host only",
    (False, Outcome.ALLOWED): "an open door with nobody behind it",
    (False, Outcome.BLOCKED): "shut, and nobody behind it",
    (False, Outcome.CONDITIONAL): "nobody behind a door that opens for some",
    (False, Outcome.NOT_EXPOSED): "nobody there, and not for the network",
}


def endpoint_rows(case: Case) -> tuple[EndpointRow, ...]:
    """Every endpoint of the host, the components without ports, and what is left of removed ones."""
    rows = (_row(case, endpoint, diagnosis) for endpoint, diagnosis in case.port_diagnoses)
    return (*rows, *_without_endpoint(case))


def _row(case: Case, endpoint: Endpoint, diagnosis: Diagnosis) -> EndpointRow:
    permission = endpoint.permission
    deciding = {fw_rule.id: fw_rule for found in permission.all() for fw_rule in found.decided_by}
    return EndpointRow(
        component=endpoint.row.component,
        variant=" ".join(filter(None, (endpoint.row.variant, endpoint.slot.purpose))),
        protocol=endpoint.slot.protocol,
        documented=(endpoint.slot.documented,) if endpoint.slot.documented else (),
        configured=(endpoint.slot.configured.port,) if endpoint.slot.configured else (),
        configured_state=_configured_state(endpoint),
        listening=tuple(sorted({listener.port for listener in endpoint.listeners or endpoint.elsewhere})),
        permitted=Permitted(
            server=_outcome(permission.outcome(Source.SERVER)),
            client=_outcome(permission.outcome(Source.CLIENT)),
        ),
        state=_state(case, endpoint, diagnosis),
        note=endpoint.configuration.reason
        if endpoint.configuration
        else "its configuration was not collected",
        sources=endpoint.row.sources,
        decided_by=tuple(
            DecidedBy(
                id=fw_rule.id,
                name=fw_rule.name,
                store=fw_rule.store.value,
                action=fw_rule.action.value if fw_rule.action else "",
            )
            for fw_rule in deciding.values()
        ),
    )


def _configured_state(endpoint: Endpoint) -> str:
    if endpoint.configuration is None:
        return "not collected"
    if endpoint.slot.configured is None and endpoint.state is PortState.STATIC:
        return PortState.DISABLED.value
    return endpoint.state.value


def _outcome(outcome: Outcome | None) -> str:
    return outcome.value if outcome else ""


def _state(case: Case, endpoint: Endpoint, diagnosis: Diagnosis) -> str:
    if diagnosis.cause is Cause.PORT_PROXY:
        return "a port forwarding holds its port"
    if diagnosis.cause is Cause.FOREIGN:
        return "another program holds its port"
    if diagnosis.cause is Cause.DYNAMIC:
        return "dynamic: the port changes at every start"
    if endpoint.presence is Presence.UNKNOWN:
        return "configured; whether it is installed is not known"
    if is_switched_off(endpoint):
        return "switched off in the configuration"
    words = [_BASIS[endpoint.basis]]
    outcome = endpoint.permission.overall
    if case.lacks_listeners:
        words += ["sockets not collected", _PERMITTED[outcome]]
        return ", ".join(words)
    listening = bool(endpoint.listeners)
    words += ["listening elsewhere" if endpoint.elsewhere and not listening else _LISTENING[listening]]
    return f"{', '.join(words)}, {_PERMITTED[outcome]}: {_MEANING[listening, outcome]}"


_BASIS = {
    Basis.CONFIGURED: "configured",
    Basis.OBSERVED: "configuration not known",
    Basis.ASSUMED: "default assumed",
    Basis.NONE: "no port to demand",
}


def _without_endpoint(case: Case) -> Iterator[EndpointRow]:
    for row in case.catalogue.rows:
        if row.kind is not PortKind.NO_PORTS and not row.removed:
            continue
        if case.installed(row).presence is Presence.PRESENT:
            yield EndpointRow(
                component=row.component,
                variant=row.variant,
                protocol=row.ports[0].protocol if row.ports else "",
                documented=tuple(port.port for port in row.ports),
                configured_state="removed" if row.removed else "no ports used",
                state="removed from the product, still here" if row.removed else "uses no ports",
                sources=row.sources,
            )
