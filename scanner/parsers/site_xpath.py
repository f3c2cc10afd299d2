"""A port where the site file says it stands: at an XPath in a vendor XML file (contact-expert.md 3.1)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from scanner.model import ConfiguredEndpoint, PortState
from scanner.parsers.port_reading import PortReading, gather, port_number
from scanner.parsers.tao_endpoints import parse_endpoint_set
from scanner.parsers.tao_options import parse_tao_options

if TYPE_CHECKING:
    from lxml.etree import _Element

_ENDPOINT = re.compile(r"\s*(?:iiop|ssliop|htiop|diop)://", re.IGNORECASE)
_LITERAL = re.compile(r"""'[^']*'|"[^"]*\"""")
_CALL = re.compile(r"([\w.-]+(?::[\w.-]+)?)\s*\(")
_PREFIX = re.compile(r"(?:(?<=::)|(?<![\w.:-]))([\w.-]+):(?!:)")
# XPath 1.0, section 4: the whole core library; and what only looks like a call.
_FUNCTIONS = re.compile(
    "boolean|ceiling|concat|contains|count|false|floor|id|lang|last|(local-)?name|namespace-uri"
    "|normalize-space|not|number|position|round|starts-with|string(-length)?|substring(-after|-before)?|sum"
    "|translate|true|comment|node|processing-instruction|text|and|or|div|mod"
)
_LONGEST = 2000  # characters: far more than one place needs, and too few to hang the checks of it
_NOTHING = "the XPath of the site file finds nothing in the file"
_NO_PORT = "what the XPath of the site file finds is neither a port from 1 to 65535 nor TAO options"
_CANNOT = "the XPath of the site file cannot be evaluated on the file"


def xpath_fault(xpath: str) -> str:
    """Why `xpath` cannot be used, "" where it can: XPath 1.0 without variables, prefixes and extensions."""
    if len(xpath) > _LONGEST:
        return f"longer than {_LONGEST} characters"
    bare = _LITERAL.sub("''", xpath)
    strange = [name for name in _CALL.findall(bare) if not _FUNCTIONS.fullmatch(name)]
    if strange:
        return f"XPath 1.0 has no function {strange[0]}()"
    if "$" in bare:
        return "there are no variables here"
    if prefix := _PREFIX.search(bare):
        return f"the namespace prefix {prefix[1]} means nothing here; use local-name()"
    return _compiled(xpath)[1]


def xpath_reading(root: _Element, xpath: str, count: int) -> PortReading:
    """What stands at `xpath` in the document: ports, or TAO options.

    `NOT_DETERMINABLE` where nothing does, where it is neither, or where it is more than `count` ports.
    Reasons quote nothing of the file but port expressions.
    """
    from lxml import etree

    expression, fault = _compiled(xpath)
    if fault:
        return _unknown(f"{_CANNOT}: {fault}")
    try:
        texts = tuple(_texts(expression(root)))
    except etree.XPathError as error:
        return _unknown(f"{_CANNOT}: {error}")
    if not texts:
        return _unknown(_NOTHING)
    if len(texts) == 1 and (options := _tao_reading(texts[0])):
        return options
    ports = dict.fromkeys(port_number(text.strip()) for text in texts)
    if not all(ports):
        return _unknown(_NO_PORT)
    if len(ports) > count:
        return _unknown(f"the XPath of the site file finds {len(ports)} ports; the component has {count}")
    endpoints = tuple(ConfiguredEndpoint(protocol="tcp", port=port) for port in ports if port)
    return PortReading(state=PortState.STATIC, endpoints=endpoints)


def _compiled(xpath: str) -> tuple[Any, str]:
    """The expression, or what is wrong with it."""
    from lxml import etree  # here, because it costs start-up time that most verbs do not owe

    try:
        return etree.XPath(xpath, regexp=False, smart_strings=False), ""
    except (etree.XPathError, ValueError) as error:
        return None, f"not an XPath: {error}"


def _texts(result: Any) -> Iterator[str]:  # noqa: ANN401 - an XPath gives a node-set, a text, a number or a truth
    if isinstance(result, list):
        for item in result:
            yield item if isinstance(item, str) else "".join(getattr(item, "itertext", tuple)())
    elif isinstance(result, float):
        yield str(int(result)) if result.is_integer() else str(result)
    elif isinstance(result, str) and result:
        yield result


def _tao_reading(text: str) -> PortReading | None:
    if "-orb" in text.casefold():
        return parse_tao_options(text)
    if _ENDPOINT.match(text):
        return gather(parse_endpoint_set(text.strip()), nothing="the endpoints fix no port")
    return None


def _unknown(reason: str) -> PortReading:
    return PortReading(state=PortState.NOT_DETERMINABLE, reason=reason)
