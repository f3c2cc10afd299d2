"""One host with the join done: its endpoints, and who wants the same port."""

from __future__ import annotations

from functools import cached_property

from rules.conflicts import Rivals, rivals
from rules.endpoints import Endpoint, join
from rules.ground import Ground
from rules.paths import same_path
from rules.presence import Presence
from scanner.model import Listener

CORE, OPERATOR = "core-server", "operator-pc"


class Joined(Ground):
    """The ground with documented, configured, listening and permitted joined on it."""

    @cached_property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """One per port slot of every catalogue row that is, or may be, on this host."""
        return join(self)

    def rivals(self, endpoint: Endpoint) -> tuple[Endpoint, ...]:
        """The other endpoints that want its port."""
        return self._rivals.get(id(endpoint), ())

    @cached_property
    def _rivals(self) -> Rivals:
        return rivals(self.endpoints)

    def endpoints_of(self, listener: Listener) -> tuple[Endpoint, ...]:
        """The endpoints whose program holds this socket."""
        owner = self.owners.name(listener)
        return tuple(
            endpoint
            for endpoint in self.endpoints
            if owner and endpoint.program and same_path(owner, endpoint.program)
        )

    @cached_property
    def lacks_components(self) -> bool:
        """True where no component of the product was seen, so that there is nothing to judge.

        What is left of removed components does not count; a configured port does, where nobody looked for
        programs.
        """
        seen = any(endpoint.slot.configured for endpoint in self.endpoints) or any(
            self.installed(row).presence is Presence.PRESENT for row in self.catalogue.rows if not row.removed
        )
        return not seen

    @cached_property
    def role(self) -> str:
        """The site's word, else what is installed; empty where nothing of CE was seen."""
        if self.site.role:
            return self.site.role
        present = {
            endpoint.row.section for endpoint in self.endpoints if endpoint.presence is Presence.PRESENT
        }
        return CORE if CORE in present else OPERATOR if OPERATOR in present else ""
