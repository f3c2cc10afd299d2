"""Every JSON Schema that `ce-audit schema` prints: of what we write, and of the files that users write."""

from __future__ import annotations

from ce_audit.site.model import SITE_SCHEMA, SiteFile
from reports import schemas
from scanner.errors import ConfigError

_FORMS = {"site-v1": (SITE_SCHEMA, SiteFile)}
NAMES = (*schemas.SCHEMA_NAMES, *_FORMS)


def render(name: str) -> bytes:
    """The JSON Schema (2020-12) of one of NAMES, in UTF-8. Raises ConfigError for any other name."""
    if name not in NAMES:
        raise ConfigError(f"no schema named {name!r}; there are {', '.join(NAMES)}")
    return schemas.render_form(*_FORMS[name]) if name in _FORMS else schemas.render(name)
