"""The yardstick nobody can beat: bare uvicorn that sends back what it got.

Run as a script with a port; the same server settings as the product's.
"""

from __future__ import annotations

import sys
from typing import Any

import uvicorn


async def echo(_: dict[str, Any], receive: Any, send: Any) -> None:
    """ASGI entry."""
    body = b""
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    headers = [(b"content-type", b"text/xml"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


if __name__ == "__main__":
    uvicorn.run(
        echo, host="127.0.0.1", port=int(sys.argv[1]), log_config=None, access_log=False,
        lifespan="off", loop="uvloop", http="httptools", proxy_headers=False,
        server_header=False, date_header=False,
    )  # fmt: skip
