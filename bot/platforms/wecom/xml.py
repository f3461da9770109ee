"""Reading WeCom's XML without trusting it: no DOCTYPE, no entities, no network, bounded."""

from __future__ import annotations

import re

from lxml import etree

MOST_CHILDREN = 1000
"""More than any documented message has; an element with more is refused unread."""

# A DOCTYPE, another encoding or a byte-order mark can only stand before the root, and WeCom
# puts nothing there: whatever else is in front is refused before the parser sees it.
_START = re.compile(
    rb"""\s*(?:<\?xml\s+version=["']1\.0["'](?:\s+encoding=["']utf-8["'])?\s*\?>\s*)?<xml[\s/>]""",
    re.IGNORECASE,
)

_PARSER = etree.XMLParser(
    resolve_entities=False,
    no_network=True,
    load_dtd=False,
    huge_tree=False,
    remove_comments=True,
    remove_pis=True,
    collect_ids=False,
)


class BadXml(Exception):
    """Not the XML WeCom sends; the text names the element or the problem, never content."""


class Node:
    """One element; its children are found by name without case, as the docs vary in it."""

    __slots__ = ("_children",)

    def __init__(self, element: etree._Element) -> None:
        if len(element) > MOST_CHILDREN:
            raise BadXml("too many elements")
        children: dict[str, list[etree._Element]] = {}
        for child in element:
            name = str(child.tag).lower()
            if name in children:
                children[name].append(child)
            else:
                children[name] = [child]
        self._children = children

    def text(self, name: str) -> str:
        """The text of the only child `name` (lower case), "" if there is none.

        Raises:
            BadXml: there are several, or it has attributes or children of its own.
        """
        found = self._children.get(name)
        if found is None:
            return ""
        if len(found) > 1:
            raise BadXml(name)
        return _text(found[0], name)

    def texts(self, name: str) -> list[str]:
        """The texts of the children `name` (lower case), in order.

        Raises:
            BadXml: one of them has attributes or children of its own.
        """
        return [_text(child, name) for child in self._children.get(name, ())]

    def leaves(self) -> dict[str, str]:
        """The children that are there once and hold nothing but text, by lower-case name."""
        return {
            name: found[0].text or ""
            for name, found in self._children.items()
            if len(found) == 1 and not len(found[0]) and not found[0].keys()
        }

    def nodes(self, name: str) -> list[Node]:
        """The children `name` (lower case), in order; one or many or none."""
        return [Node(child) for child in self._children.get(name, ())]


def _text(element: etree._Element, name: str) -> str:
    if len(element) or element.keys():
        raise BadXml(name)
    return element.text or ""


def parse(document: bytes) -> Node:
    """The root element of `document`.

    Raises:
        BadXml: it is not well-formed UTF-8 XML, or it starts with anything but `<xml>`.
    """
    if not _START.match(document):
        raise BadXml("start")
    try:
        root = etree.fromstring(document, _PARSER)
    except (etree.XMLSyntaxError, ValueError):
        raise BadXml("syntax") from None
    return Node(root)
