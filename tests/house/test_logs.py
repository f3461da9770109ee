"""What never reaches a log (D28), and that everything else does."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
import structlog

from bot import logs
from bot.platforms.api import Undelivered
from tests.bot.kit import desk


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()
    for chatty in ("httpx", "httpcore"):
        logging.getLogger(chatty).setLevel(logging.NOTSET)


def test_a_line_is_one_json_object_on_stderr(capsys) -> None:
    logs.configure(json=True)
    structlog.get_logger("bot.delivery").info("sent", platform="wecom", 客户="恒信阀门", n=3)
    out, err = capsys.readouterr()
    line = json.loads(err)
    assert out == ""
    assert (line["event"], line["logger"], line["level"]) == ("sent", "bot.delivery", "info")
    assert (line["platform"], line["客户"], line["n"]) == ("wecom", "恒信阀门", 3)
    assert line["timestamp"].endswith("Z")
    assert "恒信阀门" in err


def test_a_terminal_gets_readable_lines(capsys) -> None:
    logs.configure(json=False)
    structlog.get_logger("bot").warning("late", seconds=4)
    assert "late" in capsys.readouterr().err


@pytest.mark.parametrize("as_json", [True, False])
def test_secrets_and_phone_numbers_never_reach_a_log(capsys, *, as_json: bool) -> None:
    logs.configure(json=as_json)
    log = structlog.get_logger("bot")
    log.info(
        "call",
        url="https://qyapi.weixin.qq.com/cgi-bin/message/send?access_token=HUSH1&debug=1",
        secret="HUSH2",
        headers={"x-acs-dingtalk-access-token": "HUSH3", "Authorization": "Bearer HUSH4HUSH4"},
        body='{"corpsecret": "HUSH5", "clientSecret":"HUSH5", "response_code": "HUSH5"}',
        form=["phone 138-0013 8000", b"token=HUSH6", ("ticket=HUSH7",)],
        card="身份证 11010519491231002X，卡 4111 1111 1111 1111，zhang.san@example.com",
        mobile=13800138000,
        database="postgresql+psycopg://bot:HUSH8@db/jianliu",
        redirect="https://bot.example.com/h5?code=HUSH9&state=x",
        deep=[[[[[[[[["HUSH10"]]]]]]]]],
    )
    try:
        int("GET /gettoken?corpid=ww1&corpsecret=HUSH11 for 13800138000")
    except ValueError:
        log.exception("failed")
    logging.getLogger("some.library").error("POST /x?access_token=%s", "HUSH12")
    written = capsys.readouterr().err
    assert "HUSH" not in written
    assert "13800138000" not in written
    assert "138****8000" in written
    for shape in ("0013 8000", "19491231", "1111 1111", "zhang.san"):
        assert shape not in written
    assert "ValueError" in written
    assert "debug=1" in written


def test_times_and_ids_are_not_mistaken_for_phone_numbers() -> None:
    event = {"event": "x", "at_us": 1_790_000_000_000_000, "id": "LD-20261121-0001", "ok": True}
    assert logs.redact(None, "info", dict(event)) == event


def test_httpx_says_nothing_of_the_urls_it_calls(capsys) -> None:
    logs.configure(json=True)
    for library in ("httpx", "httpcore.connection"):
        logging.getLogger(library).info("HTTP Request: GET https://x?access_token=HUSH")
    assert capsys.readouterr().err == ""


def told(capsys) -> list[dict]:
    """Our own lines, without alembic's."""
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    return [line for line in lines if line["logger"].startswith("bot.")]


def test_one_number_follows_an_event_through_every_thread_to_its_card(capsys, tmp_path) -> None:
    logs.configure(json=True)

    async def story() -> list:
        async with desk(tmp_path) as d:

            async def busy(*_: object) -> None:
                raise Undelivered("channel_down", "-1", retry_after=timedelta(seconds=1))

            await d.inbox.receive(d.inbound("/商机 没有这家 北方泵业"))
            await d.deliver()
            d.platform.send = busy
            await d.inbox.receive(d.inbound("/客户 也没有这家"))
            await d.deliver()
            return d.one("SELECT id FROM job WHERE lane = 'inbox' ORDER BY id LIMIT 1")

    first = asyncio.run(story())
    lines = [(line["event"], line.get("trace")) for line in told(capsys)]
    assert lines[:2] == [("inbox.refused", f"E{first}"), ("delivery.sent", f"E{first}")]
    assert [event for event, _ in lines[2:]] == ["inbox.refused", "delivery.failed"]
    assert lines[2][1] == lines[3][1] != f"E{first}"


def test_the_number_a_person_reports_is_the_one_in_the_log(capsys, tmp_path, monkeypatch) -> None:
    logs.configure(json=True)

    async def story() -> str:
        async with desk(tmp_path) as d:
            monkeypatch.setattr(type(d.inbox._units), "look", lambda *_: 1 // 0)
            await d.inbox.receive(d.inbound("/客户 某阀门"))
            await d.deliver()
            return d.platform.sent[0][1]["body"]

    words = asyncio.run(story())
    [incident, sent] = told(capsys)
    assert incident["event"] == "inbox.incident"
    assert incident["trace"] == sent["trace"]
    assert f"编号 {incident['trace']}" in words


def test_what_people_say_and_who_they_are_stays_out_of_the_log(capsys, tmp_path) -> None:
    logs.configure(json=True)

    async def story() -> None:
        async with desk(tmp_path) as d:
            for line in ("/商机 某阀门制造 北方泵业", "/商机 没有这家 北方泵业", "/客户 某阀门",
                         "您好", "/帮助"):  # fmt: skip
                await d.inbox.receive(d.inbound(line))
                await d.deliver()
            await d.inbox.receive(d.inbound("/帮助", account="wangwu"))
            await d.deliver()

    asyncio.run(story())
    written = capsys.readouterr().err
    assert written.count("delivery.sent") >= 6
    for word in ("张三", "zhangsan", "wangwu", "北方", "阀门", "您好"):
        assert word not in written


def test_d28_an_endless_word_does_not_stop_the_log() -> None:
    """Looking for `…token=` once took the square of a word's length."""

    def seconds(length: int) -> float:
        began = time.process_time()
        word = "9" * length
        assert logs.cleaned(f"{word}access_token=abc") == f"{word}access_token=***"
        return time.process_time() - began

    short = min(seconds(25_000) for _ in range(3))
    assert seconds(200_000) < 3 * 8 * short, "eight times the word, about eight times the work"
