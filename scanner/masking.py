"""Secrets do not leave the host: what is kept keeps its port facts and loses its passwords (design.md 3)."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from scanner.registry_key import RegistryData, RegistryKey

_WORDS = rb"(?:pass|pwd|secret|credential|token|connectionstring|keystore|truststore|accountkey|accesskey)"
# a setting's name, bounded so that hostile text costs no time; one that ends in "port" is no secret
_SECRET = rb"(?![\w.:-]{0,60}port\b)[\w.:-]{0,60}" + _WORDS + rb"[\w.:-]{0,60}"
# what is no secret after all, or none any more
_PLAIN = rb"(?:true|false|\*+)"
# an empty value stays as it is: that there is no secret is a fact, and a mask would hide it
_EMPTY = rb"(?:\"\s*\"|'\s*')"
_QUOTED = rb"(?![\"']" + _PLAIN + rb"[\"'])(?!" + _EMPTY + rb")(\"[^\"]*\"|'[^']*')"

# name="value" in XML, <name>value</name>, and name=value or name: value in ini and properties files
_ATTRIBUTE = re.compile(rb"\b(" + _SECRET + rb"\s*=\s*)" + _QUOTED, re.IGNORECASE)
_ELEMENT = re.compile(
    rb"(<(" + _SECRET + rb")(?:\s[^<>]*)?>)(?!\s*</)(?:<!\[CDATA\[.{0,4096}?\]\]>|[^<])+(</\2\s*>)",
    re.IGNORECASE | re.DOTALL,
)
_LINE = re.compile(
    rb"^([ \t]*" + _SECRET + rb"[ \t]*[=:][ \t]*+)(?![\"']?" + _PLAIN + rb"(?:[\"']|\s*$))"
    rb"(?!" + _EMPTY + rb"(?![^\s/>]))"
    rb"(?:\\\r?\n|[^\r\n])+",
    re.IGNORECASE | re.MULTILINE,
)
# named by a neighbour: <add key="DbPassword" value="..."/>, <setting name="DbPassword"><value>...</value>
_NAMED = re.compile(
    rb"<[^<>!?/][^<>]*=\s*[\"']" + _SECRET + rb"[\"'][^<>]*>(?:\s*<value>)?[^<]*", re.IGNORECASE
)
_VALUE = re.compile(rb"(\bvalue\s*=\s*)" + _QUOTED, re.IGNORECASE)
_CONTENT = re.compile(rb"(?<=>)(\s*(?:<value>)?)[^<\s][^<]*", re.IGNORECASE)
# inside a value: Data Source=...;Password=..., -Dname=..., -password ..., ://user:password@
_INSIDE = re.compile(
    rb"((?:[\w.]{0,60}(?:password|passwd|pwd|secret|accountkey|accesskey)|user id|uid)\s*=[ \t]*+)"
    rb"(?!" + _PLAIN + rb"(?:[;\"'<\s]|$))(?:&\w+;|(?!\s+[-/])[^;\"'<>\r\n])+",
    re.IGNORECASE,
)
_OPTION = re.compile(
    rb"((?<![^\s\"'=>])[-/]{1,2}[\w.]{0,60}(?:password|passwd|pwd|secret|token)[\w.]{0,60}"
    rb"(?:[ \t]*[=:]|[ \t])[ \t]*)"
    rb"(?![-/])[^\s\"'<>]+",
    re.IGNORECASE,
)
# the same in a command line of its own, where a quote after the option opens its value
_ARGUMENT = re.compile(
    rb"((?<![^\s\"'=])[-/]{1,2}[\w.]{0,60}(?:password|passwd|pwd|secret|token)[\w.]{0,60}"
    rb"(?:[ \t]*[=:]|[ \t])[ \t]*)" + _QUOTED,
    re.IGNORECASE,
)
_USER_INFO = re.compile(rb"(://[^/\s:@\"'<>]+:)[^/\s@\"'<>]+(?=@)")

MASK = "***"
_MASK = MASK.encode()


def masked(data: bytes) -> bytes:
    """A configuration file with the values of secret-looking settings replaced, all else byte for byte.

    UTF-16 text is masked in UTF-8 and encoded back; other encodings keep ASCII where it is, so bytes will do.
    """
    encoding = _utf_16(data)
    if encoding is None:
        return _masked(data)
    whole = len(data) // 2 * 2  # a file that was cut may end in half a character
    text = data[:whole].decode(encoding, "surrogatepass").encode("utf-8", "surrogatepass")
    return _masked(text).decode("utf-8", "surrogatepass").encode(encoding, "surrogatepass") + data[whole:]


def masked_command(text: str) -> str:
    """A command line, or any text of a registry value, with the secrets in it masked."""
    data = text.encode("utf-8", "surrogatepass")
    data = _ARGUMENT.sub(lambda found: found[1] + _in_quotes(found[2]), data)
    return _masked(data).decode("utf-8", "surrogatepass")


def is_secret_name(name: str) -> bool:
    """True for a setting's whole name that says that its value is a secret."""
    return re.fullmatch(_SECRET, name.encode("utf-8", "surrogatepass"), re.IGNORECASE) is not None


def is_blank(data: RegistryData) -> bool:
    """True for a value without a text in it, which is no secret."""
    if isinstance(data, tuple):
        return all(map(is_blank, data))
    return isinstance(data, str | bytes) and not data.strip()


def masked_key(key: RegistryKey) -> RegistryKey:
    """A program's registry key with its secrets masked. Not for firewall keys, where every word may count."""
    values = tuple((name, _masked_value(name, data)) for name, data in key.values)
    return key if values == key.values else msgspec.structs.replace(key, values=values)


def _masked_value(name: str, data: RegistryData) -> RegistryData:
    if isinstance(data, int):
        return data
    if is_secret_name(name):
        return data if is_blank(data) else MASK
    if isinstance(data, tuple):
        return tuple(masked_command(text) for text in data)
    return masked_command(data) if isinstance(data, str) else data


def _utf_16(data: bytes) -> str | None:
    """The byte order of UTF-16 text, by its mark or by the NUL beside its first character."""
    if data.startswith(b"\xff\xfe") or (data[1:2] == b"\0" and data[:1] != b"\0"):
        return "utf-16-le"
    if data.startswith(b"\xfe\xff") or (data[:1] == b"\0" and data[1:2] not in (b"", b"\0")):
        return "utf-16-be"
    return None


def _masked(data: bytes) -> bytes:
    data = _ATTRIBUTE.sub(lambda found: found[1] + _in_quotes(found[2]), data)
    data = _ELEMENT.sub(lambda found: found[1] + _MASK + found[3], data)
    data = _LINE.sub(lambda found: found[1] + _MASK, data)
    data = _NAMED.sub(lambda found: b"".join(_masked_element(found[0])), data)
    for setting in (_INSIDE, _OPTION, _USER_INFO):
        data = setting.sub(lambda found: found[1] + _MASK, data)
    return data


def _masked_element(element: bytes) -> Iterator[bytes]:
    """An element whose name for itself is that of a secret: its value, wherever it stands, is masked."""
    head, close, content = element.partition(b">")
    yield _VALUE.sub(lambda found: found[1] + _in_quotes(found[2]), head)
    if head.endswith(b"/"):
        yield close + content
    else:
        yield _CONTENT.sub(lambda found: found[1] + _MASK, close + content)


def _in_quotes(quoted: bytes) -> bytes:
    return quoted[:1] + _MASK + quoted[:1]
