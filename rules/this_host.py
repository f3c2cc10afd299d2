"""Whether a name or address that stands in a configuration means the host itself."""

from __future__ import annotations

from rules.case import Case
from rules.firewall.addresses import is_loopback, own_addresses, read_address


def is_this_host(case: Case, host: str) -> bool:
    """True for its name, its name in its domain, one of its addresses, and what means "here" anywhere.

    A longer name counts by its first part where the evidence does not tell the domain.
    """
    address = read_address(host)
    if address is not None:
        own = (each for interface in case.snapshot.interfaces for each in own_addresses(interface))
        return is_loopback(address) or address in own
    return folded_host(host) in ("", "localhost") or _is_name(case, folded_host(host))


def _is_name(case: Case, host: str) -> bool:
    name, domain = folded_host(case.snapshot.host.name or ""), folded_host(case.snapshot.host.domain or "")
    short, _, suffix = name.partition(".")
    if not short:
        return False
    suffixes = {each for each in (suffix, domain) if each}
    first, _, rest = host.partition(".")
    return first == short and (not rest or not suffixes or rest in suffixes)


def folded_host(host: str) -> str:
    """The spelling that two equal host names share."""
    return host.strip().strip("[]").rstrip(".").casefold()
