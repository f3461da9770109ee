"""`/metrics`: for the company's own Prometheus, and for nobody else."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import structlog
from fastapi import HTTPException, Request, Response
from sqlalchemy.exc import SQLAlchemyError

from bot import metrics
from bot.web.insiders import Insiders
from engine.database import Database
from engine.vitals import Vitals, vitals

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class MetricsPage:
    """Answers insiders."""

    database: Database
    now: Callable[[], datetime]
    insiders: Insiders

    async def answer(self, request: Request) -> Response:
        """The numbers; to anybody else there is no such page."""
        if not self.insiders.include(request):
            raise HTTPException(404)
        body = await asyncio.to_thread(self._text)
        return Response(body, media_type=metrics.CONTENT_TYPE)

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
