"""Reading WeCom's XML without trusting it: no DOCTYPE, no entities, no network, bounded.

Expat knows entities and other files only by a DOCTYPE, which is refused before it begins. It
keeps the interpreter to itself for the ten microseconds a message takes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NoReturn, TypeAlias
from xml.parsers import expat

MOST_CHILDREN = 1000
"""More than any documented message has; an element with more is refused."""
DEEPEST = 64
"""Elements within each other; documented are six."""

# A DOCTYPE, another encoding or a byte-order mark can only stand before the root, and WeCom
# puts nothing there: whatever else is in front is refused before the parser sees it.
_START = re.compile(
    rb"""\s*(?:<\?xml\s+version=["']1\.0["'](?:\s+encoding=["']utf-8["'])?\s*\?>\s*)?<xml[\s/>]""",
    re.IGNORECASE,
)


class BadXml(Exception):
    """Not the XML WeCom sends; the text names the element or the problem, never content."""


class Node:
    """One element; its children are found by name without case, as the docs vary in it.

    A child that holds nothing but text is that text.
    """

    __slots__ = ("_children",)

    def __init__(self, children: Mapping[str, list[str | Node]]) -> None:
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
            name: only
            for name, (only, *others) in self._children.items()
            if isinstance(only, str) and not others
        }

    def nodes(self, name: str) -> list[Node]:
        """The children `name` (lower case), in order; one or many or none."""
        found = self._children.get(name, ())
        return [Node({}) if isinstance(child, str) else child for child in found]


def _text(child: str | Node, name: str) -> str:
    if isinstance(child, str):
        return child
    raise BadXml(name)


def parse(document: bytes) -> Node:
    """The root element of `document`.

    Raises:
        BadXml: it is not well-formed UTF-8 XML, or it starts with anything but `<xml>`.
    """
    if not _START.match(document):
        raise BadXml("start")
    reading = _Reading()
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = parser.ordered_attributes = True
    parser.StartElementHandler, parser.EndElementHandler = reading.begin, reading.end
    parser.CharacterDataHandler = reading.pieces.append
    parser.StartDoctypeDeclHandler = _refused
    try:
        parser.Parse(document, True)
    except expat.ExpatError:
        raise BadXml("syntax") from None
    [root] = reading.children["xml"]
    return Node({}) if isinstance(root, str) else root


class _Reading:
    """What Expat has told so far of the element it is in: children, text, attributes.

    `pieces` are the text since the last element began: all that a leaf holds.
    """

    __slots__ = ("above", "attributed", "children", "count", "pieces")

    def __init__(self) -> None:
        self.above: list[_Open] = []
        self.children: dict[str, list[str | Node]] = {}
        self.count, self.attributed = 0, False
        self.pieces: list[str] = []

    def begin(self, _: str, attributes: list[str]) -> None:
        if self.count == MOST_CHILDREN:
            raise BadXml("too many elements")
        if len(self.above) == DEEPEST:
            raise BadXml("too deep")
        self.above.append((self.children, self.count + 1, self.attributed))
        self.children, self.count, self.attributed = {}, 0, bool(attributes)
        self.pieces.clear()

    def end(self, tag: str) -> None:
        whole = self.children or self.attributed
        child = Node(self.children) if whole else "".join(self.pieces)
        self.children, self.count, self.attributed = self.above.pop()
        self.children.setdefault(tag.lower(), []).append(child)


_Open: TypeAlias = tuple[dict[str, list[str | Node]], int, bool]
"""An element around the one being read: its children so far, how many, whether attributed."""


def _refused(*_: object) -> NoReturn:
    raise BadXml("doctype")
