"""Who may see how the service is doing: the company's own monitoring, and nobody else."""

from __future__ import annotations

import hmac
import ipaddress
from dataclasses import dataclass

from fastapi import Request

FORWARDED = frozenset({"forwarded", "via", "x-forwarded-for", "x-real-ip"})
"""A request with one of these came through a proxy: its neighbour is not who asks."""


@dataclass(frozen=True, slots=True)
class Insiders:
    """Whoever shows `token`; where none is set, this machine itself."""

    token: str

    def include(self, request: Request) -> bool:
        """Whether the request comes from one of them."""
        if self.token:
            shown = request.headers.get("authorization", "").encode()
            return hmac.compare_digest(shown, f"Bearer {self.token}".encode())
        if not FORWARDED.isdisjoint(request.headers):
            return False
        return request.client is not None and ipaddress.ip_address(request.client.host).is_loopback
