"""The platforms' callback addresses as functions from request to answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import TypeAlias
from urllib.parse import parse_qsl

from bot.platforms.api import BadCallback, Receive
from bot.platforms.dingtalk.answers import card_answer
from bot.platforms.dingtalk.robot import Robot
from bot.platforms.wecom.callback import Callback as WeCom
from bot.web.front import Callback, HttpAnswer, HttpRequest

JSON = b"application/json; charset=utf-8"


Now: TypeAlias = Callable[[], datetime]
"""Real time, which signatures are compared with."""


def wecom(callback: WeCom, receive: Receive, now: Now) -> dict[str, Callback]:
    """GET proves the address is ours, POST brings an event; cards are never updated here."""

    async def answer(request: HttpRequest) -> HttpAnswer:
        if request.method == "GET":
            return HttpAnswer(callback.echo(request.query, now()).encode())
        _only_post(request)
        await receive(callback.read(request.query, request.body, now()))
        return HttpAnswer()

    return {"/wecom/callback": answer}


def dingtalk(robot: Robot, receive: Receive, now: Now) -> dict[str, Callback]:
    """HTTP mode: robot messages, card presses and encrypted events."""

    async def message(request: HttpRequest) -> HttpAnswer:
        _only_post(request)
        await receive(robot.read_robot(request.headers, request.body, now()))
        return HttpAnswer(b'{"msgtype":"empty"}', content_type=JSON)

    async def card(request: HttpRequest) -> HttpAnswer:
        _only_post(request)
        answer = await receive(robot.read_card(request.headers, request.body, now()))
        return HttpAnswer(_json(card_answer(answer)), content_type=JSON)

    async def event(request: HttpRequest) -> HttpAnswer:
        _only_post(request)
        query = dict(parse_qsl(request.query, keep_blank_values=True))
        inbound = robot.read_event(query, request.body, now())
        if inbound is not None:
            await receive(inbound)
        return HttpAnswer(_json(robot.event_answer(now())), content_type=JSON)

    return {"/dingtalk/robot": message, "/dingtalk/card": card, "/dingtalk/event": event}


def _only_post(request: HttpRequest) -> None:
    if request.method != "POST":
        raise BadCallback("method", 405)


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()
