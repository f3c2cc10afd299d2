"""Remains of the components that CE 6.1 no longer has."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from rules.case import Case
from rules.catalogue.model import CatalogueRow
from rules.check import Check, Unproven
from rules.evidence_sets import ENDPOINTS
from rules.findings import anonymous, counted, listed, opened, seen_listeners, seen_rules
from rules.leftover_doors import leftover_doors
from rules.model import Finding, Observation, Remediation, Severity
from rules.presence import Installed
from rules.remedies import disable
from scanner.model import EvidenceKind, FirewallRule


def find(case: Case) -> Iterator[Finding | Unproven]:
    doors = tuple(leftover_doors(case))
    for row in case.catalogue.rows:
        if row.removed:
            found = case.installed(row)
            fw_rules = (
                *(fw_rule for fw_rule, rows in case.own_rules if row in rows),
                *(door.fw_rule for door in doors if door.row is row),
            )
            if fw_rules or found.processes or found.service or found.file:
                yield _finding(case, row, found, fw_rules)
    yield from anonymous(case)


def _finding(case: Case, row: CatalogueRow, found: Installed, fw_rules: tuple[FirewallRule, ...]) -> Finding:
    listeners = tuple(listener for process in found.processes for listener in case.owners.of_process(process))
    remains = {
        _still_open(fw_rules): fw_rules,
        "its program still runs": found.processes,
        "it is still registered as a service": found.service,
        "its program is still on disk": found.file,
    }
    left = [what for what, there in remains.items() if there]
    port = row.ports[0] if row.ports else None
    return Finding(
        severity=Severity.MEDIUM if fw_rules or found.processes else Severity.LOW,
        component=row.component,
        protocol=port.protocol if port else "",
        port=port.port if port else None,
        subject=row.component,
        message=f"{row.component} was removed from CE 6.1, but {listed(left)}",
        expected="nothing of it left",
        observed="; ".join(left),
        impact="Calls, agents and recording do not need it. What it leaves open serves only whoever finds "
        "it, and nobody mends its faults any more.",
        evidence=seen_rules(case, *fw_rules) + seen_listeners(case, *listeners) + _seen(case, found),
        remediation=_remediation(case, found, fw_rules),
    )


def _still_open(fw_rules: tuple[FirewallRule, ...]) -> str:
    verb = "opens" if len(fw_rules) == 1 else "open"
    ports = ", ".join(dict.fromkeys(map(opened, fw_rules)))
    return f"{counted(len(fw_rules), 'firewall rule')} still {verb} {ports} for it"


def _remediation(case: Case, found: Installed, fw_rules: tuple[FirewallRule, ...]) -> Remediation:
    shut = disable(case, fw_rules)
    there = found.processes or found.service or found.file
    first = ("Make sure that nobody uses it, then stop and uninstall it.",) if there else ()
    owed = shut.restart if fw_rules else ""
    return msgspec.structs.replace(shut, manual=(*first, *shut.manual), restart=owed)


def _seen(case: Case, found: Installed) -> tuple[Observation, ...]:
    places = [
        (process.origin, f"process {process.path or process.name} (PID {process.pid})")
        for process in found.processes
    ]
    if found.service:
        places.append((found.service.origin, f"service {found.service.name}: {found.service.path}"))
    if found.file:
        places.append((found.file.origin, f"file {found.file.path}, {found.file.bytes} bytes"))
    return case.observe_all(places)


CHECK = Check(
    id="removed-component",
    title="Nothing is left of the components that CE 6.1 removed",
    severity=Severity.MEDIUM,
    requires=frozenset({EvidenceKind.FIREWALL_RULES}),
    needs=ENDPOINTS | {EvidenceKind.GPO_POLICY},
    rationale="The SMS components are marked REMOVED on the vendor's page. A rule that still opens their "
    "ports is a door nobody watches; a process that still runs is unsupported software.",
    decides="Looks for active allow rules, processes, services and files of the removed rows, by program "
    "path, and for rules without a program that open TCP 9912 although nothing listens there. TCP 25 tells "
    "nothing: a mail server uses it as well.",
    mend="Disable the rules, uninstall the component, and re-run the vendor's cmdlets.",
    controls=("NIST SP 800-53 r5 CM-7", "PCI DSS v4.0 1.2.7"),
    find=find,
)
