"""Tomcat's connectors among the endpoints (contact-expert.md 6.3)."""

from __future__ import annotations

from collections.abc import Iterator

from rules.endpoints import Endpoint
from rules.joined import Joined
from rules.tomcat import is_tomcat


def tomcat_endpoints(host: Joined, purpose: str) -> Iterator[Endpoint]:
    """The endpoints of one purpose (shutdown, ajp, ...); a connector says itself what it is for."""
    for endpoint in host.endpoints:
        configured = endpoint.slot.configured
        stated = configured.purpose if configured and configured.purpose else endpoint.slot.purpose
        if is_tomcat(endpoint.row) and endpoint.port is not None and stated == purpose:
            yield endpoint
