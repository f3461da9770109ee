"""The platforms' callback addresses as functions from request to answer."""

from __future__ import annotations

import json
from urllib.parse import parse_qsl

from bot.clock import wall
from bot.platforms.api import BadCallback, Receive
from bot.platforms.dingtalk.answers import card_answer
from bot.platforms.dingtalk.robot import Robot
from bot.platforms.wecom.callback import Callback as WeCom
from bot.web.front import Callback, HttpAnswer, HttpRequest

JSON = b"application/json; charset=utf-8"


def wecom(callback: WeCom, receive: Receive) -> dict[str, Callback]:
    """GET proves the address is ours, POST brings an event; cards are never updated here."""

    async def answer(request: HttpRequest) -> HttpAnswer:
        if request.method == "GET":
            return HttpAnswer(callback.echo(request.query, wall()).encode())
        _only_post(request)
        await receive(callback.read(request.query, request.body, wall()))
        return HttpAnswer()

    return {"/wecom/callback": answer}


def dingtalk(robot: Robot, receive: Receive) -> dict[str, Callback]:
    """HTTP mode: robot messages, card presses and encrypted events."""

    async def message(request: HttpRequest) -> HttpAnswer:
        _only_post(request)
        await receive(robot.read_robot(request.headers, request.body, wall()))
        return HttpAnswer(b'{"msgtype":"empty"}', content_type=JSON)

    async def card(request: HttpRequest) -> HttpAnswer:
        _only_post(request)
        answer = await receive(robot.read_card(request.headers, request.body, wall()))
        return HttpAnswer(_json(card_answer(answer)), content_type=JSON)

    async def event(request: HttpRequest) -> HttpAnswer:
        _only_post(request)
        query = dict(parse_qsl(request.query, keep_blank_values=True))
        inbound = robot.read_event(query, request.body, wall())
        if inbound is not None:
            await receive(inbound)
        return HttpAnswer(_json(robot.event_answer(wall())), content_type=JSON)

    return {"/dingtalk/robot": message, "/dingtalk/card": card, "/dingtalk/event": event}


def _only_post(request: HttpRequest) -> None:
    if request.method != "POST":
        raise BadCallback("method", 405)


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()
