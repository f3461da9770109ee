"""What one process of a deployment does: all of it, the receiving half or the working half."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """The part a process plays; N processes of any roles may share one PostgreSQL.

    `web` answers callbacks, pages and streams, and handles what it receives. `worker` delivers,
    takes up what was given back or left behind, and does what happens by itself.
    """

    ALL = "all"
    WEB = "web"
    WORKER = "worker"

    @property
    def receives(self) -> bool:
        """Whether platforms and phones reach this process."""
        return self is not Role.WORKER

    @property
    def works(self) -> bool:
        """Whether this process delivers and takes up waiting work."""
        return self is not Role.WEB
