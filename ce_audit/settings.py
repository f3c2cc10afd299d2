"""The words that options take."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    AUTO = "auto"
    CORE_SERVER = "core-server"
    OPERATOR_PC = "operator-pc"

    @property
    def site(self) -> str | None:
        """The role as the judges take it: None lets them decide."""
        return None if self is Role.AUTO else self.value


class Color(StrEnum):
    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


class TextOrJson(StrEnum):
    TEXT = "text"
    JSON = "json"


class DiffFormat(StrEnum):
    TEXT = "text"
    JSON = "json"
    HTML = "html"
