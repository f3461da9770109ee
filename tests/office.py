"""The office: a running demo that tests talk to as people do, over its JSON API only."""

from __future__ import annotations

import asyncio
import base64
import socket
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import httpx

from bot.demo import Demo, build

PATIENCE = 60.0

T = TypeVar("T")

Message = dict[str, Any]


class Office:
    """Everybody's phones. A message is what `/sim/api/inbox` shows of it."""

    def __init__(self, demo: Demo, address: str, loop: asyncio.AbstractEventLoop) -> None:
        self.demo = demo
        self._loop = loop
        self.address = address
        self.http = httpx.Client(base_url=address, timeout=PATIENCE, trust_env=False)

    def says(self, person: str, text: str, platform: str = "wecom") -> list[Message]:
        """Somebody types a line; what reached them because of it."""
        body = {"person": person, "text": text, "platform": platform}
        return self._post("/sim/api/say", body)["messages"]

    def sends(
        self, person: str, name: str, content: bytes, platform: str = "wecom"
    ) -> list[Message]:
        """Somebody sends a picture or a file; what reached them because of it."""
        body = {"person": person, "filename": name, "platform": platform}
        body["content_base64"] = base64.b64encode(content).decode()
        return self._post("/sim/api/upload", body)["messages"]

    def downloads(self, message: Message) -> bytes:
        """Somebody taps the picture or file of a message."""
        answer = self.http.get(message["file"]["url"])
        assert answer.status_code == 200, answer.text
        return answer.content

    def presses(
        self, person: str, message: Message, action: str, values: dict[str, str] | None = None
    ) -> list[Message]:
        """Somebody presses the button whose text begins so (or whose action is exactly this).

        Where WeCom has a drop-down instead of so many buttons, they choose there and submit.
        """
        offered = message["buttons"] + message["menu"]
        keys = [b["action"] for b in offered if b["text"].startswith(action)]
        for one in message["inputs"] if not keys else ():
            for option in one["options"]:
                if option["text"].startswith(action):
                    values = {one["name"]: option["id"]}
                    keys = [message["buttons"][0]["action"]]
        body = {"person": person, "message": message["id"], "action": (keys or [action])[0]}
        return self._post("/sim/api/press", body | {"values": values or {}}).get("messages", [])

    def taps_menu(self, person: str, name: str) -> list[Message]:
        """Somebody taps an entry of the menu under the WeCom chat."""
        _until(lambda: self.demo.wecom.menu)
        key = dict(self.demo.wecom.menu)[name]
        return self._post("/sim/api/menu", {"person": person, "key": key})["messages"]

    def finger(self, work: Coroutine[Any, Any, T]) -> T:
        """Do on a phone what the page would not allow, then wait for the service."""
        done = asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE)
        asyncio.run_coroutine_threadsafe(self.demo.settle(), self._loop).result(PATIENCE)
        return done

    def sees(self, person: str) -> list[Message]:
        """What a person's phones show now, oldest first."""
        return self.http.get("/sim/api/inbox", params={"person": person}).json()

    def rows(self, table: str, **filters: str) -> list[dict[str, Any]]:
        """Rows of the service's database."""
        return self.http.get(f"/sim/api/state/{table}", params=filters).json()

    def happened(self, **filters: str) -> list[dict[str, Any]]:
        """The trail of what people have caused, without how the demo was planted."""
        return [row for row in self.rows("audit", **filters) if row["cause"]]

    def fault(self, platform: str, fault: str, times: int = 1) -> None:
        """Let a platform misbehave."""
        self._post("/sim/api/chaos", {"platform": platform, "fault": fault, "times": times})

    def wait(self, span: str) -> dict[str, Any]:
        """Let time pass: "72h"."""
        return self._post("/sim/api/clock", {"advance": span})

    def reset(self) -> None:
        """Back to Monday 10:00."""
        self._post("/sim/api/reset", {})

    def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = self.http.post(path, json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()


def _until(met: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not met() and time.monotonic() < deadline:
        time.sleep(0.02)


@contextmanager
def open_office(folder: Path, database: str = "") -> Iterator[Office]:
    """A demo in its own thread and event loop on a free port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    demo, page = build(folder, port, database)
    up, loop = threading.Event(), asyncio.new_event_loop()
    serving = loop.create_task(demo.run(page, port, up.set))

    def run() -> None:
        asyncio.set_event_loop(loop)
        try:
            loop.run_until_complete(asyncio.gather(serving, return_exceptions=True))
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.run_until_complete(loop.shutdown_default_executor())
        finally:
            loop.close()

    thread = threading.Thread(target=run, name="office")
    thread.start()
    office = Office(demo, f"http://127.0.0.1:{port}", loop)
    try:
        assert up.wait(PATIENCE)
        _until(lambda: demo.wecom.menu)  # else a fault some test orders may meet it
        yield office
    finally:
        office.http.close()
        loop.call_soon_threadsafe(serving.cancel)
        thread.join()
