"""What one Group Policy object sets, beside what all of them made of the host (windows-firewall.md 1.1).

On the host every GPO is already resolved into one registry key. A GPO's own file or report says less: others
may outweigh it, and it may not apply here at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from scanner.model import Origin, Problem
from scanner.parsers.registry_firewall import gpo_was_looked_at
from scanner.registry_key import AbsentKey, RegistryKey

_OUTWEIGHED = (
    "set aside: what one Group Policy object sets counts for nothing beside the host's own resolved policy, "
    "which is in the evidence"
)


def standing_keys(keys: Sequence[RegistryKey], absent: Sequence[AbsentKey] = ()) -> tuple[RegistryKey, ...]:
    """All keys; without those of single GPOs where the evidence holds the host's resolved policy."""
    resolved = gpo_was_looked_at(keys, absent)
    return tuple(key for key in keys if not (resolved and key.one_gpo))


def outweighed(keys: Sequence[RegistryKey], absent: Sequence[AbsentKey] = ()) -> Iterator[Problem]:
    """One Problem for each source whose keys were so set aside."""
    standing = {key.origin.source for key in standing_keys(keys, absent)}
    for source in dict.fromkeys(key.origin.source for key in keys if key.origin.source not in standing):
        yield Problem(origin=Origin(source=source), text="", reason=_OUTWEIGHED)
