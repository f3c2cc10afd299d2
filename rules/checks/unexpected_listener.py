"""Sockets of the product's programs that nothing documents or configures."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rules.case import Case
from rules.check import Check, Unproven
from rules.conflicts import has_channels
from rules.evidence_sets import ENDPOINTS, SOCKETS
from rules.findings import seen_listeners, seen_rules
from rules.firewall.addresses import is_loopback, read_address
from rules.firewall.decision import Decision, decide
from rules.firewall.flow import TRANSPORTS, Flow
from rules.firewall.verdict import Outcome
from rules.holders import Holder, Holders, Needs, needs
from rules.model import Finding, Remediation, Severity
from rules.paths import folded
from scanner.model import Action, FaultCode, Listener

Key = tuple[str, str, str]  # program, protocol, and the port or which of its ports
_CHOSEN = "dynamic"  # by Windows: another one after the next start
_CHANNELS = "channels"
_NUMBERS = re.compile(r"\d+")


def find(case: Case) -> Iterator[Finding | Unproven]:
    holders = Holders(case)
    told = {listener for endpoint in case.endpoints for listener in endpoint.foreign}
    unexpected: dict[Key, tuple[Holder, Needs, list[Listener]]] = {}
    for listener in case.snapshot.listeners:
        if listener in told or _is_private(case, listener):
            continue
        holder = holders.of(listener)
        if holder is None:
            yield from _unowned(case, listener)
        elif not (holder.rows and all(row.removed for row in holder.rows)):
            wanted = needs(case, holder)
            if _is_known(case, listener, wanted) and not _java_fault(case, holder, listener):
                continue
            if wanted.doubt:
                yield Unproven(subject=holder.program, reason=wanted.doubt)
                continue
            key = folded(holder.program), listener.protocol, _which(case, holder, listener)
            unexpected.setdefault(key, (holder, wanted, []))[2].append(listener)
    for holder, wanted, listeners in unexpected.values():
        yield _finding(case, holder, wanted, listeners)


def _is_private(case: Case, listener: Listener) -> bool:
    """True for a socket that no other host reaches, and for a UDP one that may be a client's."""
    address = read_address(listener.address)
    if address is not None and is_loopback(address):
        return True
    return listener.protocol == "udp" and case.in_dynamic_range("udp", listener.port)


def _unowned(case: Case, listener: Listener) -> Iterator[Unproven]:
    if case.owners.name(listener) is None:
        yield Unproven(
            subject="listening sockets", reason="the evidence does not say which programs hold some of them"
        )


def _is_known(case: Case, listener: Listener, wanted: Needs) -> bool:
    protocol, port = listener.protocol, listener.port
    if (protocol, port) in wanted.known or protocol in wanted.anywhere:
        return True
    return protocol in wanted.dynamic and case.in_dynamic_range(protocol, port)


def _which(case: Case, holder: Holder, listener: Listener) -> str:
    """The port, or what ports have in common that make one finding, because they have one cause."""
    if case.in_dynamic_range(listener.protocol, listener.port):
        return _CHOSEN
    return _CHANNELS if any(has_channels(row) for row in holder.rows) else str(listener.port)


def _java_fault(case: Case, holder: Holder, listener: Listener) -> str:
    """What the configuration of Tomcat itself says of the port: JMX, a debugger, a cluster (6.5, 6.8)."""
    ids = {row.id for row in holder.rows}
    return next(
        (
            fault.text
            for found in case.snapshot.configured_ports
            if found.component in ids
            for fault in found.faults
            if fault.code is FaultCode.JAVA_LISTENER and str(listener.port) in _NUMBERS.findall(fault.text)
        ),
        "",
    )


def _finding(case: Case, holder: Holder, wanted: Needs, listeners: list[Listener]) -> Finding:
    first = listeners[0]
    which = _which(case, holder, first)
    place = _place(which, listeners)
    decisions = [_decision(case, holder, listener) for listener in listeners]
    reaching = next((found for found in decisions if _lets_in(found)), None)
    java = _java_fault(case, holder, first)
    reach = "Windows Firewall lets connections reach it" if reaching else "Windows Firewall keeps it shut"
    return Finding(
        severity=Severity.MEDIUM if reaching else Severity.LOW,
        component=holder.rows[0].component if holder.rows else "",
        variant=holder.rows[0].variant if holder.rows else "",
        protocol=first.protocol,
        port=first.port if which == str(first.port) else None,
        subject=f"{_below(case, holder)} {first.protocol}/{which}",
        message=f"{_name(case, holder)} listens on {place}, {_WHY.get(which, _UNKNOWN)}"
        f"{f': {java}' if java else ''}, and {reach}",
        expected=_expected(wanted),
        observed=f"{holder.program} listens on {place}; {reach}",
        impact=_JAVA_IMPACT if java else _IMPACT,
        evidence=seen_listeners(case, *listeners)
        + seen_rules(case, *(reaching.decided_by if reaching else ())),
        remediation=Remediation(manual=(_mend(holder, java),)),
    )


_UNKNOWN = "which is neither documented nor configured for it"
_WHY = {_CHANNELS: "which its list of recording channels, perhaps out of date, does not have"}


def _place(which: str, listeners: list[Listener]) -> str:
    protocol = listeners[0].protocol.upper()
    if which == _CHOSEN:
        return f"a {protocol} port that Windows chose"
    return f"{protocol} {', '.join(map(str, sorted({listener.port for listener in listeners})))}"


def _name(case: Case, holder: Holder) -> str:
    if holder.rows:
        return holder.rows[0].title
    return f"{_below(case, holder)}, a program that the vendor's page does not know,"


_IMPACT = (
    "Calls, agents and recording do not need it, as far as the vendor's page tells. Whoever reaches it talks "
    "to a part of the contact centre that nobody watches."
)
_JAVA_IMPACT = (
    "Whoever reaches it may take over Tomcat and with it the web services of the contact centre: statistics, "
    "SOAP clients, whatever agents do in a browser."
)


def _mend(holder: Holder, java: str) -> str:
    what = "Remove the Java option" if java else "Find out what opens it and switch that off"
    return (
        f"{what}, or bind it to 127.0.0.1, unless somebody needs it from another host. If it is needed, add "
        f"it to the catalogue as an endpoint of the site, and let a firewall rule name {holder.program} and "
        "the port."
    )


def _below(case: Case, holder: Holder) -> str:
    """The program below the install directory: the same for every host."""
    above = f"{folded(case.install_directory or '')}\\"
    return holder.program[len(above) :] if folded(holder.program).startswith(above) else holder.program


def _expected(wanted: Needs) -> str:
    places = ", ".join(f"{protocol.upper()} {port}" for protocol, port in sorted(wanted.known))
    return f"no socket but {places}" if places else "no socket that other hosts reach"


def _decision(case: Case, holder: Holder, listener: Listener) -> Decision:
    found = [case.installed(row) for row in holder.rows]
    known = next((each.program for each in found if each.program), None)
    return decide(
        case.policy,
        Flow(
            protocol=TRANSPORTS[listener.protocol],
            local_port=listener.port,
            local_address=listener.address,
            program=holder.program if "\\" in holder.program else known,
            service=next((each.service.name for each in found if each.service), None),
            profile=case.asked_profile,
        ),
    )


def _lets_in(decision: Decision) -> bool:
    """True where the firewall surely lets in some: everybody on some network, or whom a rule names."""
    if Outcome.ALLOWED in (decision.outcome, *(outcome for _, outcome in decision.per_profile)):
        return True
    return decision.outcome is Outcome.CONDITIONAL and any(
        fw_rule.action is Action.ALLOW and fw_rule.remote_addresses for fw_rule in decision.decided_by
    )


CHECK = Check(
    id="unexpected-listener",
    title="CE's programs listen only where the vendor's page or their configuration says",
    severity=Severity.MEDIUM,
    requires=SOCKETS,
    needs=ENDPOINTS,
    rationale="A socket that nobody expects is watched by nobody: a remote console of Java left on after a "
    "support case, a test instance, or a program that somebody put into CE's directory and that a firewall "
    "rule for the product lets through.",
    decides="Takes every socket of a program in CE's install directory that other hosts could reach, and "
    "asks whether a row of the catalogue documents it or a configuration names it. Ports that Windows chose "
    "are fine for Tomcat's applications, UCMA media, recorders and components without listed ports; so are "
    "UDP ports of the dynamic range, which clients use too. Medium where Windows Firewall lets "
    "connections reach it, else low. Sockets that other findings explain are left to them.",
    mend="Switch off what opens the socket, or bind it to 127.0.0.1; if it is needed, add it to the site's "
    "catalogue.",
    controls=("NIST SP 800-53 r5 CM-7", "PCI DSS v4.0 2.2.4", "ISO/IEC 27001:2022 A.8.9"),
    find=find,
)
