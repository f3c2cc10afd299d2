"""Registry keys as `reg.exe export` writes them: UTF-16LE with BOM, CRLF, hex data wrapped at 80 columns."""

from __future__ import annotations

import msgspec

WRAP_AT = 77  # columns before the backslash of a wrapped line, as regedit and reg.exe break them


class ExpandSz(msgspec.Struct, frozen=True):
    """REG_EXPAND_SZ, exported as `hex(2):`."""

    text: str


Data = str | int | bytes | tuple[str, ...] | ExpandSz


class Key(msgspec.Struct, frozen=True):
    """A key in full spelling with its values in order; the name "" is the default value."""

    path: str
    values: tuple[tuple[str, Data], ...] = ()


def export(keys: tuple[Key, ...]) -> bytes:
    """The `.reg` file of the keys, in the order a registry enumerates them (by name, any case)."""
    lines = ["Windows Registry Editor Version 5.00", ""]
    for key in sorted(keys, key=lambda each: each.path.upper().split("\\")):
        lines += [f"[{key.path}]", *(_value(name, data) for name, data in key.values), ""]
    text = "\r\n".join([*lines, ""])
    return b"\xff\xfe" + text.encode("utf-16-le")


def _value(name: str, data: Data) -> str:
    head = (_quoted(name) if name else "@") + "="
    if isinstance(data, str):
        return head + _quoted(data)
    if isinstance(data, int):
        return f"{head}dword:{data:08x}"
    kind, raw = _raw(data)
    return _wrapped(f"{head}{kind}:", raw)


def _raw(data: bytes | tuple[str, ...] | ExpandSz) -> tuple[str, bytes]:
    if isinstance(data, bytes):
        return "hex", data
    if isinstance(data, ExpandSz):
        return "hex(2)", (data.text + "\0").encode("utf-16-le")
    return "hex(7)", ("".join(f"{item}\0" for item in data) + "\0").encode("utf-16-le")


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _wrapped(head: str, raw: bytes) -> str:
    lines, line = [], head
    for position, byte in enumerate(raw, start=1):
        line += f"{byte:02x}" + ("," if position < len(raw) else "")
        if len(line) >= WRAP_AT and position < len(raw):
            lines.append(line + "\\")
            line = "  "
    return "\r\n".join([*lines, line])
