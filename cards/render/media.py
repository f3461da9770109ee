"""A picture or a file before it is uploaded: still without a reference, which is filled in later.

The same on every platform; the courier's `bot/uploads.py` brings the reference.
"""

from __future__ import annotations

from typing import Any

from cards.model import Media

MEDIA, REFERENCE = "media", "media_id"
"""What of a request names the bytes to upload, and where the platform's reference goes."""


def media(content: Media) -> dict[str, Any]:
    """What is uploaded for this message."""
    return {MEDIA: {"name": content.filename, "sort": content.sort, "blob": content.blob}}
