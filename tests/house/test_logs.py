"""What never reaches a log (D28), and that everything else does."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from bot import logs


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
        form=["phone 13800138000", b"token=HUSH6", ("ticket=HUSH7",)],
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
