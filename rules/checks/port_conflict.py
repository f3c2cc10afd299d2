"""Ports that two components of the product want."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from rules.case import Case
from rules.causes import Cause
from rules.check import Check, Unproven
from rules.endpoints import Endpoint
from rules.evidence_sets import ENDPOINTS, SOCKETS
from rules.findings import (
    defined_where,
    endpoint_finding,
    owner_unknown,
    seen_configuration,
    seen_listeners,
    subject,
)
from rules.model import Finding, Remediation, Severity
from rules.remedies import first, rerun_cmdlets
from scanner.model import Listener

Members = dict[Endpoint, None]


def find(case: Case) -> Iterator[Finding | Unproven]:
    fights: dict[tuple[str, int | None], Members] = defaultdict(dict)
    others: dict[tuple[str, int | None], Members] = defaultdict(dict)
    for endpoint, diagnosis in case.port_diagnoses:
        place = endpoint.slot.protocol, endpoint.port
        if diagnosis.cause is Cause.CONFLICT:
            fights[place][endpoint] = None
            others[place] |= dict.fromkeys(diagnosis.others)
        elif diagnosis.cause is Cause.UNDECIDED and not endpoint.listeners:
            yield Unproven(subject=subject(endpoint), reason=diagnosis.reason)
        elif endpoint.unowned and not endpoint.listeners:
            yield owner_unknown(endpoint)
    for place, members in fights.items():
        yield _finding(case, list(members), [other for other in others[place] if other not in members])


def _finding(case: Case, fighting: list[Endpoint], outside: list[Endpoint]) -> Finding:
    """One finding for all who want one port; `outside` are programs that hold it without being asked to."""
    loser = next((endpoint for endpoint in reversed(fighting) if not endpoint.listeners), fighting[-1])
    sockets = _sockets(fighting)
    claims = _claims(fighting, f"{loser.slot.protocol.upper()} {loser.port}")
    held = _held(fighting, outside) if sockets else _NOBODY[case.lacks_listeners]
    return endpoint_finding(
        case,
        loser,
        severity=Severity.HIGH,
        message=f"{claims}, {_AND[bool(sockets)]} {held}",
        expected=f"a port of its own for {loser.title}",
        observed=f"{claims}; {held}",
        evidence=tuple(
            dict.fromkeys(seen for endpoint in fighting for seen in seen_configuration(case, endpoint))
        )
        + seen_listeners(case, *sockets),
        remediation=_remediation(case, loser, [*fighting, *outside]),
    )


_AND = {True: "and", False: "but"}
_NOBODY = {False: "nobody has it now", True: "which of them has it is not known"}


def _claims(fighting: list[Endpoint], port: str) -> str:
    titles = list(dict.fromkeys(endpoint.title for endpoint in fighting))
    if len(fighting) == 1:
        return f"{titles[0]} wants {port}"
    if len(titles) == 1:
        return f"{len(fighting)} endpoints of {titles[0]} want {port}"
    return f"{' and '.join(titles)} {'both ' if len(titles) == 2 else ''}want {port}"


def _held(fighting: list[Endpoint], outside: list[Endpoint]) -> str:
    """Who has the port: the programs among them that listen, else whichever else of the product does."""
    programs: dict[str, list[Endpoint]] = defaultdict(list)
    for endpoint in [each for each in fighting if each.listeners] or outside:
        programs[endpoint.row.executable].append(endpoint)
    holders = [
        several[0].title if len(several) == 1 else several[0].row.component for several in programs.values()
    ]
    return f"{' and '.join(holders)} {'have' if len(holders) > 1 else 'has'} it now"


def _sockets(fighting: list[Endpoint]) -> dict[Listener, None]:
    return dict.fromkeys(
        listener for endpoint in fighting for listener in (*endpoint.listeners, *endpoint.foreign)
    )


def _remediation(case: Case, loser: Endpoint, everybody: list[Endpoint]) -> Remediation:
    places = " or ".join(
        dict.fromkeys(defined_where(endpoint) for endpoint in everybody if endpoint.slot.configured)
    )
    default = loser.slot.documented
    hint = (
        f" (the vendor's default of {loser.title} is {default})" if default not in (None, loser.port) else ""
    )
    return first(
        f"First give one of them another port in {places or defined_where(loser)}{hint}. Of two variants of "
        "one component only one is meant to run: remove the other.",
        rerun_cmdlets(case),
    )


CHECK = Check(
    id="port-conflict",
    title="No two CE components want the same port",
    severity=Severity.HIGH,
    requires=frozenset(),
    needs=ENDPOINTS | SOCKETS,
    rationale="Only one of them can open the port: whichever starts first. The other is missing from the "
    "contact centre, after the next restart perhaps the one that works today.",
    decides="Compares the configured, or else observed, ports of all components on this host, and looks "
    "whether a socket on a component's port belongs to another component. Recording channels are left to "
    "recording-channel-ports, variants that are installed one instead of the other conflict only where both "
    "run.",
    mend="Give one of the components another port where the vendor's page says it is defined, or remove the "
    "variant that is not meant to run; then re-run the vendor's cmdlets.",
    controls=("NIST SP 800-53 r5 CM-6", "ISO/IEC 27001:2022 A.8.9"),
    find=find,
)
