"""One host under judgement: what a check's `find` receives."""

from __future__ import annotations

from functools import cached_property

import msgspec

from rules.causes import Diagnosis
from rules.endpoints import Endpoint
from rules.firewall.hygiene import Idle, never_deciding
from rules.firewall.programs import read_program
from rules.firewall_causes import firewall_cause
from rules.joined import Joined
from rules.port_causes import port_cause
from scanner.model import Action, ProfileSettings


class Case(Joined):
    """The joined host with each endpoint diagnosed."""

    @cached_property
    def filtered(self) -> Case:
        """The same host with Windows Firewall on and blocking by default; itself where it is so.

        While the firewall lets everything through, its rules decide nothing; they must be right all the same
        for the day it is switched on.
        """
        settings = tuple(map(_filtering, self.snapshot.profile_settings))
        if settings == self.snapshot.profile_settings:
            return self
        snapshot = msgspec.structs.replace(self.snapshot, profile_settings=settings)
        return Case(snapshot, self.catalogue, self.site)

    @cached_property
    def firewall_diagnoses(self) -> tuple[tuple[Endpoint, Diagnosis], ...]:
        """Every endpoint with why the firewall does not let it through, if it does not."""
        return tuple((endpoint, firewall_cause(self, endpoint)) for endpoint in self.endpoints)

    @cached_property
    def port_diagnoses(self) -> tuple[tuple[Endpoint, Diagnosis], ...]:
        """Every endpoint with what is wrong with its port, if anything."""
        return tuple((endpoint, port_cause(self, endpoint)) for endpoint in self.endpoints)

    @cached_property
    def idle_rules(self) -> tuple[Idle, ...]:
        """The firewall rules that never decide, among those for CE's programs and for any program."""
        named = {compiled.program for compiled in self.policy.ordinary.everything if compiled.program}
        own = {read_program(found.program).key for found in self.endpoints if found.program}
        return never_deciding(self.policy, self.snapshot, own | set(filter(self.rows_of, named)))


def _filtering(settings: ProfileSettings) -> ProfileSettings:
    """A profile that is switched off or lets all in, switched on; what is not stated stays unstated."""
    return msgspec.structs.replace(
        settings,
        enabled=True if settings.enabled is False else settings.enabled,
        default_inbound=None if settings.default_inbound is Action.ALLOW else settings.default_inbound,
    )
