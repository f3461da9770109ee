"""The port to a platform's directory; adapters live in `bot/platforms/<name>/directory.py`."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from sales.directory import Listing


class Directory(Protocol):
    """One organisation's directory, as far as our app may see it."""

    name: str
    tenant: str

    async def everybody(self) -> Listing:
        """All departments and people in the app's scope.

        Raises:
            Undelivered: it could not be read to its end; nothing can be said about anybody.
        """

    async def look_up(self, accounts: Collection[str]) -> Listing:
        """These people, asked one by one: listed, gone or hidden.

        Raises:
            Undelivered: one of them could not be asked about.
        """
