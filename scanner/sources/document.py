"""One piece of raw evidence: bytes with the name they go by in the ledger."""

from __future__ import annotations

import hashlib
from datetime import datetime

import msgspec


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """`source` is the path inside the evidence, with forward slashes; `host_path` the path on the audited host."""

    source: str
    data: bytes
    modified_at: datetime | None = None
    host_path: str | None = None

    @property
    def sha256(self) -> str:
        """Lower-case hexadecimal SHA-256 of the bytes as delivered."""
        return hashlib.sha256(self.data).hexdigest()
