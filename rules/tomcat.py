"""What is peculiar to Tomcat: its child process, its releases (contact-expert.md 6)."""

from __future__ import annotations

import re

from rules.catalogue.model import CatalogueRow
from rules.ground import Ground
from rules.paths import file_name
from rules.presence import Presence
from scanner.locations import LocationKind
from scanner.model import FaultCode, Listener

JAVA = "java.exe"  # a child's name where its path is not known: it may be any java.exe, but no tomcat8.exe
_JAVA = (JAVA, "javaw.exe")
_VERSION = re.compile(r"\D*(\d+)\.(\d+)(?:\.(\d+))?")
_UNMENDED = (8, 0)  # never got a fix
_LAST_AFFECTED = (9, 0)
_FIRST_FIXED = {(7, 0): 100, (8, 5): 51, (9, 0): 31}


def without_tomcat(ground: Ground) -> str:
    """Why a question about Tomcat does not concern this host, or ""."""
    rows = [row for row in ground.catalogue.rows if is_tomcat(row)]
    absent = all(ground.installed(row).presence is Presence.ABSENT for row in rows)
    return "CE's Tomcat is not on this host" if absent else ""


def is_tomcat(row: CatalogueRow) -> bool:
    """True for a row whose ports stand in a server.xml."""
    return row.defined_in is not None and row.defined_in.kind is LocationKind.TOMCAT


def is_tomcat_child(ground: Ground, row: CatalogueRow, listener: Listener) -> bool:
    """True where Procrun's child java.exe holds a port of the Tomcat row (6.9).

    Where Tomcat's own process holds sockets the Java machine is in it, and a java.exe is somebody else's,
    unless the service is known to start a child.
    """
    name = ground.owners.name(listener) or ""
    if not row.dynamic_app or file_name(name).casefold() not in _JAVA:
        return False
    own = any(ground.owners.of_process(process) for process in ground.installed(row).processes)
    return not own or _starts_child(ground, row)


def _starts_child(ground: Ground, row: CatalogueRow) -> bool:
    return any(
        fault.code is FaultCode.CHILD_PROCESS
        for found in ground.snapshot.configured_ports
        if found.component == row.id
        for fault in found.faults
    )


def is_open_to_ghostcat(version: str | None) -> bool | None:
    """Whether this release hands files to whoever speaks AJP to it (CVE-2020-1938, 6.7); None = not known."""
    match = _VERSION.match(version or "")
    if match is None:
        return None
    branch = int(match[1]), int(match[2])
    if branch == _UNMENDED or branch > _LAST_AFFECTED:
        return branch == _UNMENDED
    fixed = _FIRST_FIXED.get(branch)
    return None if fixed is None or match[3] is None else int(match[3]) < fixed
