"""One piece of raw evidence: bytes with the name they go by in the ledger."""

from __future__ import annotations

import hashlib
from datetime import datetime

import msgspec


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """`source` is the path inside the evidence, with forward slashes; `host_path` the path on the audited
    host.

    `data` is what a reader reads; `delivered` is the file as it came where that differs (a compressed one, a
    hive completed from its logs). `belongs_to` is the source that this one only completes.
    """

    source: str
    data: bytes
    delivered: bytes | None = None
    modified_at: datetime | None = None
    host_path: str | None = None
    belongs_to: str | None = None

    @property
    def sha256(self) -> str:
        """Lower-case hexadecimal SHA-256 of the bytes as delivered, so that an auditor can verify it."""
        return hashlib.sha256(self.raw).hexdigest()

    @property
    def size(self) -> int:
        """Size in bytes as delivered."""
        return len(self.raw)

    @property
    def raw(self) -> bytes:
        """The bytes as delivered."""
        return self.data if self.delivered is None else self.delivered
