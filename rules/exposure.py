"""Whether any other host can reach a socket, whoever it is: the most exposed reading of the evidence."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from rules.case import Case
from rules.endpoints import Endpoint
from rules.findings import seen_rules
from rules.firewall.addresses import is_local, read_address
from rules.firewall.decision import decide
from rules.firewall.flow import Flow
from rules.firewall.verdict import Outcome
from rules.model import Observation
from rules.permission import ANY_IPV4
from scanner.model import Action

_REACHED = (Outcome.ALLOWED, Outcome.CONDITIONAL)


def open_addresses(endpoint: Endpoint, default: str) -> tuple[str, ...]:
    """The addresses beyond loopback that it listens on or is configured for; `default` where neither is
    stated.
    """
    configured = endpoint.slot.configured
    bound = {listener.address for listener in endpoint.listeners}
    if configured is not None and configured.address:
        bound.add(configured.address)
    return tuple(sorted(text for text in bound or {default} if not is_local(text)))


def can_be_reached(case: Case, flow: Flow, addresses: Iterable[str]) -> bool:
    """True where Windows Firewall lets some host through to one of `addresses`, or may.

    A host name stands for some address of this host, and so for all of them.
    """
    places = (text if read_address(text) else ANY_IPV4 for text in addresses)
    flows = (msgspec.structs.replace(flow, local_address=each, remote_address=None) for each in places)
    return any(decide(case.policy, each).outcome in _REACHED for each in flows)


def is_reached(case: Case, endpoint: Endpoint, addresses: Iterable[str]) -> bool:
    """The same for the port of an endpoint on some addresses of its own."""
    asked = endpoint.permission.flow
    return asked is not None and can_be_reached(
        case, msgspec.structs.replace(asked, local_port=endpoint.port), addresses
    )


def seen_openings(case: Case, endpoint: Endpoint) -> tuple[Observation, ...]:
    """The allow rules that decide for an endpoint, as evidence."""
    decided = (fw_rule for found in endpoint.permission.all() for fw_rule in found.decided_by)
    return seen_rules(case, *dict.fromkeys(each for each in decided if each.action is Action.ALLOW))
