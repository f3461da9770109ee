"""`/metrics`: for the company's own Prometheus, and for nobody else."""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import structlog
from fastapi import HTTPException, Request, Response
from sqlalchemy.exc import SQLAlchemyError

from bot import metrics
from engine.database import Database
from engine.vitals import Vitals, vitals

log = structlog.get_logger(__name__)

FORWARDED = frozenset({"forwarded", "via", "x-forwarded-for", "x-real-ip"})
"""A request with one of these came through a proxy: its neighbour is not who asks."""


@dataclass(frozen=True, slots=True)
class MetricsPage:
    """Answers who shows the token; where none is set, this machine itself."""

    database: Database
    now: Callable[[], datetime]
    token: str

    async def answer(self, request: Request) -> Response:
        """The numbers; to anybody else there is no such page."""
        if not self._is_ours(request):
            raise HTTPException(404)
        body = await asyncio.to_thread(self._text)
        return Response(body, media_type=metrics.CONTENT_TYPE)

    def _is_ours(self, request: Request) -> bool:
        if self.token:
            shown = request.headers.get("authorization", "").encode()
            return hmac.compare_digest(shown, f"Bearer {self.token}".encode())
        if not FORWARDED.isdisjoint(request.headers):
            return False
        return request.client is not None and ipaddress.ip_address(request.client.host).is_loopback

    def _text(self) -> bytes:
        return metrics.exposition(self._vitals(), self._sizes())

    def _vitals(self) -> Vitals | None:
        try:
            with self.database.reading() as db:
                return vitals(db, now=self.now())
        except SQLAlchemyError as failure:
            log.warning("metrics.database", reason=type(failure).__name__)
            return None

    def _sizes(self) -> dict[str, float]:
        if not self.database.embedded:
            return {}
        path = Path(str(self.database.url.database))
        wal = Path(f"{path}-wal")
        return {
            "database_bytes": path.stat().st_size,
            "database_wal_bytes": wal.stat().st_size if wal.exists() else 0,
            "disk_free_bytes": shutil.disk_usage(path.parent).free,
        }
