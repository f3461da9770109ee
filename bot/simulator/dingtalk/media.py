"""media/upload of the old API, and what people sent (messageFiles/download); doc media, §2.1."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter
from fastapi.requests import Request
from fastapi.responses import JSONResponse, Response

from bot.simulator import multipart
from bot.simulator.dingtalk.faults import NAME, ApiFault, strike
from bot.simulator.dingtalk.meter import Tokens
from bot.simulator.dingtalk.org import Ground

MOST = 20 << 20  # bytes
SUFFIXES = {
    "image": {".jpg", ".jpeg", ".gif", ".png", ".bmp"},
    "voice": {".amr", ".mp3", ".wav"},
    "video": {".mp4"},
    "file": {".doc", ".docx", ".xls", ".xlsx", ".ppt", ".pptx", ".zip", ".pdf", ".rar"},
}
FOR_GOOD = timedelta(days=3650)
CODE_LIFE, ADDRESS_LIFE = timedelta(hours=24), timedelta(minutes=10)
"""How long what somebody sent can be asked for, and fetched; the documents name no numbers."""
BUCKET = "/sim/dingtalk-files"


class MediaDesk:
    """Files of one organisation: uploads of the service, and what people sent the robot."""

    def __init__(self, ground: Ground, tokens: Tokens) -> None:
        self._ground = ground
        self._tokens = tokens
        self._shelf = ground.phones.shelf(NAME)

    def add_routes(self, router: APIRouter) -> None:
        """Put the upload, and the place downloads come from, on `router`."""
        router.add_api_route(
            "/media/upload", self._upload, methods=["POST"], include_in_schema=False
        )
        router.add_api_route(
            f"{BUCKET}/{{ref}}", self._fetch, methods=["GET"], include_in_schema=False
        )

    def sent(self, filename: str, content: bytes) -> str:
        """Keep what a person sent; its downloadCode."""
        return self._shelf.keep(filename, content, CODE_LIFE, prefix="code/")

    def knows(self, media_id: str) -> bool:
        """Whether a message may name it."""
        return self._shelf.get(media_id) is not None

    def download(self, body: dict[str, Any]) -> dict[str, Any]:
        """The answer to messageFiles/download: an address that is good for minutes.

        Raises:
            ApiFault: no or another robot, or a code that is unknown or over.
        """
        if not body.get("robotCode"):
            raise ApiFault("invalidParameter.robotCode.empty")
        if body["robotCode"] != self._ground.settings.robot_code:
            raise ApiFault("invalidParameter.robotCode.auth")
        kept = self._shelf.get(str(body.get("downloadCode", "")))
        if kept is None:
            raise ApiFault("invalidParameter.robotCode.downloadCode")
        # The real one ends in a suffix that is not the file's either.
        ref = self._shelf.keep(kept.name, kept.content, ADDRESS_LIFE)
        return {"downloadUrl": f"{self._ground.settings.api_base}{BUCKET}/{quote(ref)}?file=x.file"}

    async def _upload(self, request: Request) -> Response:
        raw = await request.body()
        try:
            strike(self._ground.chaos)
            answer = self._uploaded(request, raw)
        except ApiFault as fault:
            return fault.response()
        self._ground.note(
            "from_bot", f"POST /media/upload → {answer['errcode']}",
            {"type": request.query_params.get("type"), "bytes": len(raw)}, answer,
        )  # fmt: skip
        return JSONResponse(answer)

    def _uploaded(self, request: Request, raw: bytes) -> dict[str, Any]:
        sort, file = request.query_params.get("type", ""), multipart.media(raw)
        if not self._tokens.valid(request.query_params.get("access_token", "")):
            return {"errcode": 40014, "errmsg": "不合法的access_token"}
        if sort not in SUFFIXES:
            return {"errcode": 40004, "errmsg": "不合法的媒体文件类型"}
        if file is None:
            return {"errcode": 41005, "errmsg": "缺少多媒体文件数据"}
        name, content = file
        if not 0 < len(content) <= MOST:
            return {"errcode": 40006, "errmsg": "不合法的文件大小"}
        if not any(name.lower().endswith(suffix) for suffix in SUFFIXES[sort]):
            return {"errcode": 40005, "errmsg": "不合法的文件类型"}
        media_id = self._shelf.keep(name, content, FOR_GOOD, prefix="@lAL")
        created = int(self._ground.now().timestamp() * 1000)
        return {"errcode": 0, "errmsg": "ok", "media_id": media_id, "type": sort,
                "created_at": created}  # fmt: skip

    async def _fetch(self, ref: str) -> Response:
        kept = self._shelf.get(ref)
        if kept is None:
            return Response(status_code=403)
        return Response(kept.content, media_type="application/octet-stream")
