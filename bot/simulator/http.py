"""What every answer under /sim has in common: the content policy, and errors in plain words."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'self'"
)
_HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}
LARGEST_BODY = 30 * 1024 * 1024  # bytes; a 20 MiB file in base64 and its envelope
_WORDS = {
    "missing": "缺少 {name}",
    "extra_forbidden": "没有 {name} 这一项",
    "json_invalid": "请求体不是合法的 JSON",
    "model_attributes_type": "请求体应是 JSON 对象（Content-Type: application/json）",
}


class Refused(Exception):
    """A request that cannot be carried out; the text is for the person, in Chinese."""

    def __init__(self, text: str, status: int = 400) -> None:
        super().__init__(text)
        self.status = status


class SimRoute(APIRoute):
    """A route that answers mistakes with `{"error": …}` and always carries the policy."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The endpoint with its mistakes put into words."""
        handle = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            try:
                response = await handle(request)
            except Refused as problem:
                response = _error(str(problem), problem.status)
            except RequestValidationError as problem:
                response = _error("；".join(map(_in_words, problem.errors())), 400)
            except HTTPException as problem:
                response = _error("请求体读不懂或太大", problem.status_code)
            response.headers.update(_HEADERS)
            return response

        return guarded


def _error(text: str, status: int) -> JSONResponse:
    return JSONResponse({"error": text.encode(errors="replace").decode()}, status)


def _in_words(error: dict[str, Any]) -> str:
    name = str(error["loc"][-1])
    return _WORDS.get(error["type"], "{name} 的值不对").replace("{name}", name)
