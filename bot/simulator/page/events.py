"""The page's feed /sim/events: every message as it is drawn now, and the clock, by SSE."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from bot.simulator.http import SimRoute
from bot.simulator.page.looks import message_html, shown_time
from bot.simulator.page.phones_page import next_monday
from bot.simulator.phones import Message
from bot.simulator.world import World

_TICK = 0.25  # seconds between two looks at the clock


def router(world: World) -> APIRouter:
    """The feed; a reader that comes (back) first gets everything there is."""
    routes = APIRouter(route_class=SimRoute, include_in_schema=False)

    @routes.get("/sim/events")
    async def events() -> StreamingResponse:
        return StreamingResponse(
            feed(world), media_type="text/event-stream", headers={"Cache-Control": "no-store"}
        )

    return routes


async def feed(world: World) -> AsyncIterator[str]:
    """Events without end: `message` {phone, id, html}, `clock` {now, monday}, `reset`.

    Ends after a reset, and when more changed at once than a reader can be told: it comes back.
    """
    queue = world.phones.watch()
    newest, clock = "", ""
    try:
        for message in world.phones:
            newest = message.id
            yield _message(world, message.id)
        while True:
            if clock != (clock := _clock(world)):
                yield clock
            changed = await _next(queue)
            if newest and world.phones.message(newest) is None:
                yield _event("reset", {})
                return
            if queue.qsize() >= queue.maxsize - 1:  # one was just taken; more may have been lost
                return
            if changed:
                newest = changed.id
                yield _message(world, changed.id)
    finally:
        world.phones.unwatch(queue)


async def _next(queue: asyncio.Queue[Message]) -> Message | None:
    try:
        async with asyncio.timeout(_TICK):
            return await queue.get()
    except TimeoutError:
        return None


def _message(world: World, message_id: str) -> str:
    """The message as it looks now, even if it was queued with an earlier look."""
    message = world.phones.message(message_id)
    member = message and world.phones.member(message.platform, message.account)
    if message is None or member is None:
        return ": nobody's message\n\n"
    phone = f"{member.id}.{message.platform}"
    return _event("message", {"phone": phone, "id": message.id, "html": message_html(message)})


def _clock(world: World) -> str:
    now = world.now()
    moments = {"now": shown_time(now), "monday": next_monday(now).isoformat()}
    return _event("clock", moments)


def _event(name: str, data: dict[str, Any]) -> str:
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"
