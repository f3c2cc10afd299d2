"""What a site tells us about itself. Everything has a default: without a site file nothing is assumed."""

from __future__ import annotations

import msgspec

from scanner.model import Profile


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """A site's own truth (design.md section 4).

    `role` is `core-server`, `operator-pc` or None for "decide by what is installed"; `servers` and `clients`
    are addresses in CIDR form from which CE servers and operator PCs connect, empty where the site has not
    said.
    """

    role: str | None = None
    install_directory: str | None = None
    expected_profile: Profile | None = None
    servers: tuple[str, ...] = ()
    clients: tuple[str, ...] = ()
