"""The one XML parser for evidence: nothing outside the document is read, no entity of its own believed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scanner.errors import ParseError
from scanner.model import Origin

if TYPE_CHECKING:
    from lxml.etree import _Element


def parse_xml(data: bytes, origin: Origin) -> _Element:
    """The root element of `data`; comments and processing instructions are left out of the tree.

    A DOCTYPE may stand there, but one that declares entities is refused: what the document says would depend
    on them, and they may point to other files. Raises ParseError for that, and for XML that is not
    well-formed; its message never quotes text of the document.
    """
    from lxml import etree  # here, because it costs start-up time that most verbs do not owe

    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise ParseError(f"{origin.source}: not well-formed XML{_place(parser.error_log)}") from error
    subset: Any = root.getroottree().docinfo.internalDTD
    if subset is not None and any(True for _ in subset.iterentities()):
        raise ParseError(
            f"{origin.source}: the DOCTYPE of <{root.tag[:40]}> declares entities; they are not followed, so"
            " what the document says cannot be known"
        )
    return root


def local_name(element: _Element) -> str:
    """The element's name without its namespace; "" for an unresolved entity reference."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def _place(log: Any) -> str:  # noqa: ANN401 - lxml's stubs leave the log out
    """Line, column and libxml2's name of the first error; its message may quote the document."""
    first = next(iter(log), None)
    return "" if first is None else f" (line {first.line}, column {first.column}, {first.type_name})"
