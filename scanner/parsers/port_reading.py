"""What a port configuration says, gathered piece by piece, and the one state that the pieces make."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from scanner.model import ConfiguredEndpoint, Fault, FaultCode, PortState

_WORST_FIRST = (PortState.INVALID, PortState.NOT_DETERMINABLE, PortState.DYNAMIC)
_QUOTED = 80


class Remark(msgspec.Struct, frozen=True, kw_only=True):
    """Something to say beside the endpoints. `state` None = a note; `fatal` = the program will not start.

    `code` makes it a fault that a check asks for by name.
    """

    text: str
    state: PortState | None = None
    fatal: bool = False
    code: FaultCode | None = None


class PortReading(msgspec.Struct, frozen=True, kw_only=True):
    """One component's ports as one source states them; `reason` is empty only where the state is static."""

    state: PortState
    endpoints: tuple[ConfiguredEndpoint, ...] = ()
    reason: str = ""
    notes: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()

    @property
    def text(self) -> str:
        """The reason, then the notes, as one line."""
        return "; ".join(part for part in (self.reason, *self.notes) if part)


def gather(pieces: Iterable[ConfiguredEndpoint | Remark], nothing: str) -> PortReading:
    """The reading that the pieces make together: the worst state wins, static endpoints stay listed.

    A mixture of fixed and chosen ports is `DYNAMIC` with its fixed endpoints. After a fatal remark nothing
    listens, so no endpoint is listed. `nothing` is the reason where no piece gives one.
    """
    endpoints: dict[ConfiguredEndpoint, None] = {}
    remarks: dict[Remark, None] = {}
    for piece in pieces:
        if isinstance(piece, Remark):
            remarks[piece] = None
        else:
            endpoints[piece] = None
    state = _state(remarks, bool(endpoints))
    fatal = any(remark.fatal for remark in remarks)
    reasons = [remark.text for remark in remarks if remark.state is not None and remark.fatal >= fatal]
    return PortReading(
        state=state,
        endpoints=() if fatal else tuple(endpoints),
        reason="; ".join(reasons) or ("" if endpoints else nothing),
        notes=tuple(remark.text for remark in remarks if remark.state is None),
        faults=tuple(Fault(code=remark.code, text=remark.text) for remark in remarks if remark.code),
    )


def _state(remarks: Iterable[Remark], listening: bool) -> PortState:
    stated = {remark.state for remark in remarks}
    worst = next((state for state in _WORST_FIRST if state in stated), None)
    return worst or (PortState.STATIC if listening else PortState.DISABLED)


def port_number(text: str) -> int | None:
    """`text` as a port 0 to 65535, or None; only ASCII digits count, as in the programs that read it."""
    if not (text.isascii() and text.isdigit()) or len(text) > 8:
        return None
    number = int(text)
    return number if number <= 65535 else None


def quoted(text: str) -> str:
    """A port expression for a reason: short enough to read, whatever the file holds."""
    return f"'{text}'" if len(text) <= _QUOTED else f"'{text[:_QUOTED]}...'"
