"""Secrets do not leave the host: configuration files keep their port facts and lose their passwords (design.md 3)."""

from __future__ import annotations

import re

_SECRET = rb"[\w.:-]*(?:pass|pwd|secret|credential|token|connectionstring|keystore|truststore)[\w.:-]*"

# name="value" in XML, <name>value</name>, and name=value or name: value in ini and properties files
_ATTRIBUTE = re.compile(rb"\b(" + _SECRET + rb")(\s*=\s*)(\"[^\"]*\"|'[^']*')", re.IGNORECASE)
_ELEMENT = re.compile(rb"(<(" + _SECRET + rb")(?:\s[^<>]*)?>)[^<]+(</\2\s*>)", re.IGNORECASE)
_LINE = re.compile(rb"^(\s*" + _SECRET + rb"\s*[=:]\s*)([^\s\"'<].*?)(\r?)$", re.IGNORECASE | re.MULTILINE)
# any connection string, whatever it is called: Data Source=...;Password=...
_INSIDE = re.compile(rb"\b((?:password|pwd|user id|uid)\s*=\s*)[^;\"'<>\r\n]+", re.IGNORECASE)

_MASK = b"***"


def masked(data: bytes) -> bytes:
    """A configuration file with the values of secret-looking settings replaced, all else byte for byte.

    UTF-16 text is masked in UTF-8 and encoded back; other encodings keep ASCII where it is, so bytes will do.
    """
    for mark, encoding in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        if data.startswith(mark):
            text = data[2:].decode(encoding, errors="surrogatepass").encode("utf-8", errors="surrogatepass")
            return mark + _masked(text).decode("utf-8", errors="surrogatepass").encode(
                encoding, "surrogatepass"
            )
    return _masked(data)


def _masked(data: bytes) -> bytes:
    data = _ATTRIBUTE.sub(lambda found: found[1] + found[2] + found[3][:1] + _MASK + found[3][:1], data)
    data = _ELEMENT.sub(lambda found: found[1] + _MASK + found[3], data)
    data = _LINE.sub(lambda found: found[1] + _MASK + found[3], data)
    return _INSIDE.sub(lambda found: found[1] + _MASK, data)
