r"""Registry keys as `.reg` text, the inverse of `reg_file`: what reg.exe would export, so that one reader
serves both, and as comments the keys that are absent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from scanner.registry_key import AbsentKey, RegistryData, RegistryKey

_HEAD = "Windows Registry Editor Version 5.00"
_DWORD_END = 1 << 32


def render_reg(keys: Iterable[RegistryKey | AbsentKey]) -> bytes:
    """UTF-16 text with a BOM. Key paths and value names must hold no line break, which Windows allows in
    neither.
    """
    lines = [_HEAD, ""]
    for key in keys:
        if isinstance(key, AbsentKey):
            lines += [f"; absent: [{key.path}]", ""]
        else:
            lines += [f"[{key.path}]", *_values(key), ""]
    text = "\r\n".join(lines).replace("\0", "\ufffd")
    return f"{text}\r\n".encode("utf-16", errors="surrogatepass")


def _values(key: RegistryKey) -> Iterator[str]:
    for name, data in key.values:
        shown = f'"{escaped(name)}"' if name else "@"
        yield f"{shown}={_data(data)}"


def _data(data: RegistryData) -> str:
    if isinstance(data, str):
        # a line break inside quotes would end the value for a reader that goes line by line
        return f'"{escaped(data)}"' if data.isprintable() else _hex(1, _text(data))
    if isinstance(data, int):
        return f"dword:{data:08x}" if data < _DWORD_END else _hex(0xB, data.to_bytes(8, "little"))
    if isinstance(data, tuple):
        return _hex(7, b"".join(map(_text, data)) + b"\0\0")
    return _hex(3, data)


def _hex(kind: int, data: bytes) -> str:
    label = "hex" if kind == 3 else f"hex({kind:x})"
    return f"{label}:{data.hex(',')}"


def _text(text: str) -> bytes:
    return (text + "\0").encode("utf-16-le", errors="surrogatepass")


def escaped(text: str) -> str:
    """The text as it stands between quotes, in a name or a value."""
    return text.replace("\\", "\\\\").replace('"', '\\"')
