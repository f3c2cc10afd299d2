"""Tomcat's shutdown port beyond this host (contact-expert.md 6.1)."""

from __future__ import annotations

from collections.abc import Iterator

from rules.case import Case
from rules.causes import undecided
from rules.check import Check, Unproven
from rules.connectors import tomcat_endpoints
from rules.endpoints import Basis, Endpoint
from rules.evidence_sets import DECISION, ENDPOINTS, SOCKETS
from rules.exposure import is_reached, open_addresses, seen_openings
from rules.findings import defined_where, place, seen_configuration, seen_listeners, subject
from rules.model import Finding, Remediation, Severity
from rules.permission import LOOPBACK
from rules.tomcat import without_tomcat


def find(case: Case) -> Iterator[Finding | Unproven]:
    for endpoint in tomcat_endpoints(case, "shutdown"):
        addresses = open_addresses(endpoint, LOOPBACK)
        if endpoint.basis is Basis.ASSUMED:
            yield Unproven(subject=subject(endpoint), reason=undecided(endpoint).reason)
        elif addresses:
            yield _finding(case, endpoint, addresses)


def _finding(case: Case, endpoint: Endpoint, addresses: tuple[str, ...]) -> Finding:
    reached = is_reached(case, endpoint, addresses)
    words = "Windows Firewall lets other hosts reach it" if reached else "only Windows Firewall shuts it off"
    return Finding(
        severity=Severity.HIGH if reached else Severity.MEDIUM,
        component=endpoint.row.component,
        protocol=endpoint.slot.protocol,
        port=endpoint.port,
        subject=subject(endpoint),
        message=f"{place(endpoint)} is not bound to this host alone, and {words}",
        expected="the shutdown port on a loopback address, or switched off (port -1)",
        observed=f"bound to {', '.join(addresses)}; {words}",
        impact="One word sent to this port stops Tomcat, and with it the CE web applications, statistics "
        "and agents that work through SOAP clients.",
        evidence=seen_configuration(case, endpoint)
        + seen_listeners(case, *endpoint.listeners)
        + seen_openings(case, endpoint),
        remediation=Remediation(
            manual=(
                (
                    f'In {defined_where(endpoint)} remove the address of <Server>, or set port="-1": the '
                    "service does not need it."
                ),
            ),
            restart="the Tomcat service",
        ),
    )


CHECK = Check(
    id="tomcat-shutdown-exposed",
    title="Tomcat's shutdown port can be reached from this host only",
    severity=Severity.HIGH,
    requires=DECISION,
    needs=ENDPOINTS | SOCKETS,
    rationale="Whoever reaches the shutdown port can stop Tomcat with one word, by default SHUTDOWN, "
    "without any password. The web applications of the contact centre stop with it.",
    decides="Looks at the address that server.xml gives the shutdown port (by default loopback) and at the "
    "sockets Tomcat has open on it. Beyond loopback it is high where Windows Firewall lets some host "
    "through, else medium.",
    mend="Leave the address at its default, or switch the port off with port=-1.",
    controls=(
        "NIST SP 800-53 r5 CM-7",
        "PCI DSS v4.0 1.3.1",
        "PCI DSS v4.0 2.2.4",
    ),
    not_applicable=without_tomcat,
    find=find,
)
