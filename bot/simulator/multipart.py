"""The one file of a multipart body, as both platforms take it: field `media`, with a file name."""

from __future__ import annotations

import re

_NAME = re.compile(rb'\bname="media"')
_FILENAME = re.compile(rb'\bfilename="([^"]*)"')
_QUOTE = b"%22"  # how a form writes a quote in a name (HTML §4.10.22.8)


def media(raw: bytes) -> tuple[str, bytes] | None:
    """The name and the content; None if the body holds no such file."""
    boundary, newline, rest = raw.partition(b"\r\n")
    if not newline or not boundary.startswith(b"--"):
        return None
    for part in rest.split(b"\r\n" + boundary):
        head, blank, content = part.lstrip(b"\r\n").partition(b"\r\n\r\n")
        filename = _FILENAME.search(head)
        if blank and filename and _NAME.search(head):
            return filename[1].replace(_QUOTE, b'"').decode(errors="replace"), content
    return None
