"""Who connects to an endpoint, as the site says it (contact-expert.md section 2, A8 and 7.2)."""

from __future__ import annotations

from collections.abc import Iterable

from rules.catalogue.model import CatalogueRow, Source
from rules.firewall.addresses import Span, is_backward, read_span
from rules.firewall.regions import on_axis
from rules.site import Site

# The keys of the site file that say who a source is.
SITE_KEYS = {Source.SERVER: "ce_servers", Source.CLIENT: "clients"}


def callers_of(site: Site, row: CatalogueRow, source: Source) -> tuple[Span | None, ...]:
    """The callers of a row on the axis of all addresses; None stands for those the site has not named.

    Front Ends come beside the CE servers, never in their place; a DMZ proxy may be the only client (1.5).
    """
    if source is Source.CLIENT:
        return clients(site) or (None,)
    return (*(spans_of(site.servers) or (None,)), *(spans_of(site.front_ends) if row.front_ends else ()))


def clients(site: Site) -> tuple[Span | None, ...]:
    """Operator PCs and DMZ proxies."""
    return spans_of((*site.clients, *site.proxies))


def spans_of(texts: Iterable[str]) -> tuple[Span | None, ...]:
    """Addresses and networks as spans, each once; text that is neither stands for an unknown caller."""
    read = (None if is_backward(text) else read_span(text) for text in texts)
    return tuple(dict.fromkeys(on_axis(*found) if found else None for found in read))
