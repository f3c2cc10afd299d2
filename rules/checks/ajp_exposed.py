"""AJP connectors that other hosts can reach (contact-expert.md 6.7)."""

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
from rules.permission import ANY_IPV4, LOOPBACK
from rules.tomcat import is_open_to_ghostcat, without_tomcat

_IMPACT = (
    "CE works. AJP is meant for a web server in front of Tomcat and trusts whoever connects. A release with "
    "the Ghostcat hole hands out the files of the CE web applications, with the passwords in their "
    "configuration: a way to agents' and customers' data."
)


def find(case: Case) -> Iterator[Finding | Unproven]:
    for endpoint in tomcat_endpoints(case, "ajp"):
        if endpoint.basis is Basis.ASSUMED:
            yield Unproven(subject=subject(endpoint), reason=undecided(endpoint).reason)
            continue
        addresses = open_addresses(endpoint, _default(case))
        if not _is_guarded(endpoint) and is_reached(case, endpoint, addresses):
            yield _finding(case, endpoint, addresses)


def _is_guarded(endpoint: Endpoint) -> bool:
    """True where whoever connects must know a secret."""
    configured = endpoint.slot.configured
    return configured is not None and configured.guarded is True


def _default(case: Case) -> str:
    """Where a connector without an address listens: the fixed releases bind it to this host."""
    return LOOPBACK if is_open_to_ghostcat(case.site.tomcat_version) is False else ANY_IPV4


def _finding(case: Case, endpoint: Endpoint, addresses: tuple[str, ...]) -> Finding:
    severity, why = _weighed(case)
    configured = endpoint.slot.configured
    unguarded = configured is not None and configured.guarded is False
    return Finding(
        severity=severity,
        component=endpoint.row.component,
        protocol=endpoint.slot.protocol,
        port=endpoint.port,
        subject=subject(endpoint),
        message=f"Other hosts can reach {place(endpoint)}, {why}",
        expected="AJP bound to this host, or no AJP connector where no web server uses it",
        observed=f"bound to {', '.join(addresses)}, let through by Windows Firewall; "
        f"no secret is {'asked for' if unguarded else 'known of'}; "
        f"Tomcat {case.site.tomcat_version or 'of a release that is not known'}",
        impact=_IMPACT,
        evidence=seen_configuration(case, endpoint)
        + seen_listeners(case, *endpoint.listeners)
        + seen_openings(case, endpoint),
        remediation=_remediation(case, endpoint),
    )


def _weighed(case: Case) -> tuple[Severity, str]:
    version = case.site.tomcat_version
    is_open = is_open_to_ghostcat(version)
    if is_open is False:
        return Severity.INFO, f"but Tomcat {version} is mended against Ghostcat (CVE-2020-1938)"
    if is_open:
        return Severity.HIGH, f"and Tomcat {version} is open to Ghostcat (CVE-2020-1938)"
    return Severity.LOW, "and whether this Tomcat is open to Ghostcat (CVE-2020-1938) is not known"


def _remediation(case: Case, endpoint: Endpoint) -> Remediation:
    settle = (
        () if case.site.tomcat_version else ("State Tomcat's release as tomcat_version in the site file.",)
    )
    return Remediation(
        manual=(
            (
                f'In {defined_where(endpoint)} set address="127.0.0.1" on the AJP connector, or remove the '
                "connector where no web server uses it."
            ),
            (
                "Where a web server on another host uses it, set a secret on both sides (attribute secret, "
                "before Tomcat 8.5.51 requiredSecret) and let only that host through the firewall."
            ),
            *settle,
        ),
        restart="the Tomcat service",
    )


CHECK = Check(
    id="ajp-exposed",
    title="No AJP connector can be reached from other hosts unguarded",
    severity=Severity.HIGH,
    requires=DECISION,
    needs=ENDPOINTS | SOCKETS,
    rationale="AJP trusts whoever connects. On Tomcat before 8.5.51 anyone who reaches TCP 8009 can read "
    "the files of the web applications (Ghostcat), in a contact centre the way to agents' and customers' "
    "data.",
    decides="Takes each AJP connector that is bound beyond loopback, by its configuration or its socket, "
    "and that Windows Firewall lets some host reach. High where the site's tomcat_version is affected "
    "(7.0.0-7.0.99, 8.0.x, 8.5.0-8.5.50, 9.0.0.M1-9.0.30) and no secret is asked for; low where the "
    "release is not known, for the vendor's page lists 8009; info where the release is mended. A connector "
    "that asks for a secret passes.",
    mend="Bind the connector to 127.0.0.1 or remove it; else set a secret and scope the firewall rule.",
    controls=(
        "NIST SP 800-53 r5 CM-7",
        "NIST SP 800-53 r5 SC-7",
        "PCI DSS v4.0 1.2.6",
        "PCI DSS v4.0 2.2.5",
    ),
    not_applicable=without_tomcat,
    find=find,
)
