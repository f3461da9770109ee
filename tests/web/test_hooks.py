"""`POST /hooks/<name>`: signed leads come into the pool once; nobody else gets in (X14)."""

from __future__ import annotations

import asyncio
import json
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from bot.clock import Clock
from bot.demo import HOOKS
from bot.platforms.api import Unavailable
from bot.settings_connectors import Connector
from bot.web.front import HttpRequest
from bot.web.hooks import MOST_BYTES, Hooks
from connectors.webhook import key_of, signature
from engine.calendar_days import Calendars
from engine.rulebook import Rulebook
from engine.vault import Vault

WANG = {"company": "海河瑞康", "name": "王芳", "phone": "138 0013 8111", "industry": "教肓行业",
        "region": "江苏", "预算（万元）": "12", "message": "=1+1", "utm": "x"}  # fmt: skip


@pytest.fixture
def line(office):
    with httpx.Client(base_url=office.address, trust_env=False) as client:
        yield client


@pytest.fixture
def post(office, line):
    """Send a body as one of the demo's connectors does; what of it is changed by name."""

    def send(body, name="website", **changed):
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        secret = office.demo.service.settings.connectors[changed.pop("signer", name)].secret
        said = {"id": f"msg_{time.monotonic_ns()}", "at": str(int(time.time())), **changed}
        signed = signature(key_of(secret.get_secret_value()), said["id"], said["at"], raw)
        head = {"webhook-id": said["id"], "webhook-timestamp": said["at"],
                "webhook-signature": said.get("signed", signed)}  # fmt: skip
        return line.post(f"/hooks/{name}", content=said.get("sent", raw), headers=head)

    return send


@pytest.mark.parametrize(("name", "source"), HOOKS.items())
def test_x14_a_signed_form_is_a_lead_in_the_houses_words(office, post, name, source):
    answer = post(WANG, name)
    assert answer.status_code == 200, answer.text
    assert answer.json() == {
        "lead": "LD-20261123-0001", "new": True, "unread": [], "ignored": ["utm"],
    }  # fmt: skip
    [lead] = office.rows("lead")
    assert (lead["source"], lead["industry"], lead["region"], lead["budget_fen"]) == (
        source, "教育", "华东", 12_000_000,
    )  # fmt: skip
    assert (lead["state"], lead["need"]) == ("assigned", "=1+1")
    office.wait("1s")
    told = [m for m in office.sees("张三") + office.sees("李四") if m["title"].startswith("新线索")]
    assert len(told) == 1, "its owner hears of it at once"
    [row] = office.rows("audit", action="lead.captured")
    assert (row["channel"], row["origin"].partition("/")[0]) == ("hook", name)


def test_d30_the_number_is_in_the_vault_and_nowhere_else(office, post):
    post(WANG)
    tables = ("lead", "audit", "contact", "hook_delivery", "job", "card")
    assert "13800138111" not in str([office.rows(table) for table in tables]).replace(" ", "")


def test_the_body_does_not_say_where_it_comes_from(office, post):
    post({**WANG, "source": "展会扫码"})
    assert [lead["source"] for lead in office.rows("lead")] == ["官网表单"]


def test_d06_a_delivery_sent_again_is_the_same_lead(office, post):
    first = post(WANG, id="evt_1")
    again = post(WANG, id="evt_1", at=str(int(time.time()) - 30))
    assert (again.status_code, again.json()["lead"]) == (200, first.json()["lead"])
    assert (first.json()["new"], again.json()["new"]) == (True, False)
    assert len(office.rows("lead")) == len(office.rows("contact", company="海河瑞康")) == 1


def test_two_connectors_may_use_the_same_id(office, post):
    assert post(WANG, id="1").json()["new"]
    assert post(WANG, "expo", id="1").json()["new"]
    assert len(office.rows("lead")) == 2


def test_an_id_used_for_something_else_is_no_lost_lead(office, post):
    post(WANG, id="evt_1")
    other = post({**WANG, "company": "别的公司"}, id="evt_1")
    assert (other.status_code, other.json()["error"]) == (409, "delivery_reused")
    assert post({**WANG, "company": "别的公司"}, id="evt_2").status_code == 200
    assert len(office.rows("lead")) == 2


def test_one_delivery_twenty_times_at_once_is_one_lead(office, post):
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: post(WANG, id="evt_1"), range(20)))
    assert {answer.status_code for answer in answers} == {200}
    assert sum(answer.json()["new"] for answer in answers) == 1
    assert len({answer.json()["lead"] for answer in answers}) == 1
    assert len(office.rows("lead")) == 1


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"signed": "v1,AAAA"}, "signature"),
        ({"sent": b'{"company": "x"}'}, "signature"),
        ({"signer": "expo"}, "signature"),
        ({"at": "1"}, "timestamp"),
        ({"at": str(int(time.time()) + 3600)}, "timestamp"),
        ({"at": "soon"}, "headers"),
        ({"id": "../../x"}, "headers"),
    ],
)
def test_d02_d05_a_stranger_or_a_recording_leaves_no_trace(office, post, changed, word):
    answer = post(WANG, **changed)
    assert (answer.status_code, answer.text) == (401, word)
    assert office.rows("lead") == office.rows("hook_delivery") == []


def test_without_any_signature_it_is_refused(office, line):
    assert line.post("/hooks/website", json=WANG).status_code == 401
    assert line.get("/hooks/website").status_code == 405
    assert line.post("/hooks/nobody", json=WANG).status_code == 404
    assert line.post("/hooks/", json=WANG).status_code == 404


def test_d10_more_than_a_form_holds_is_not_read(office, post):
    answer = post(b'{"message": "' + b"x" * MOST_BYTES + b'"}')
    assert answer.status_code == 413
    assert office.rows("lead") == []


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"company=1", "不是 JSON"),
        ([WANG], "JSON 对象"),
        ({"company": {"$ne": 1}}, "company：要是文字或数字"),
        ({"name": "王芳"}, "没有公司名称，也没有电话"),
        ({"company": "…"}, "没有公司名称，也没有电话"),
        ({"company": "甲"}, "公司名称"),
    ],
)
def test_what_cannot_be_a_lead_is_told_why_and_may_be_sent_again_put_right(
    office, post, body, words
):
    answer = post(body, id="evt_1")
    assert (answer.status_code, words in answer.json()["message"]) == (422, True)
    assert office.rows("lead") == office.rows("hook_delivery") == []
    assert post(WANG, id="evt_1").json()["new"]


def test_whoever_only_left_a_number_is_a_lead_that_waits_for_a_call(office, post):
    assert post({"company": "", "tel": "138 0013 8111"}, "callin").status_code == 200
    assert [lead["company"] for lead in office.rows("lead")] == ["未留公司 尾号8111"]


def test_what_nobody_understands_is_kept_and_said(office, post):
    answer = post({**WANG, "industry": "航天", "预算（万元）": "面议"})
    assert sorted(answer.json()["unread"]) == ["budget", "industry"]
    [lead] = office.rows("lead")
    assert lead["raw"]["budget"] == "面议"


class Door:
    """The addresses without the office around them."""

    def __init__(self, database, per_minute=120):
        clock = Clock("Asia/Shanghai")
        hooks = Hooks(database, clock, Vault(bytes(32)), Rulebook(), Calendars(clock.zone))
        self.one = Connector(
            kind="webhook", source="展会扫码", secret=f"whsec_{'A' * 40}", per_minute=per_minute
        )
        self.callback = hooks.callbacks({"expo": self.one})["/hooks/expo"]

    def post(self, body, delivery):
        raw, at = json.dumps(body).encode(), str(int(time.time()))
        said = {"id": delivery, "timestamp": at,
                "signature": signature(self.one.key, delivery, at, raw)}  # fmt: skip
        head = [(f"webhook-{name}".encode(), value.encode()) for name, value in said.items()]
        answer = asyncio.run(self.callback(HttpRequest("POST", "", head, raw)))
        return answer.status, json.loads(answer.body)


def test_d33_who_sends_too_fast_is_told_to_wait_and_loses_nothing(database):
    door = Door(database, per_minute=2)
    assert [door.post(WANG, f"evt_{i}")[0] for i in range(3)] == [200, 200, 429]
    status, told = Door(database).post(WANG, "evt_2")  # a minute later
    assert (status, told["new"]) == (200, True)


def test_a_database_that_does_not_answer_asks_the_sender_to_try_again(database, monkeypatch):
    door = Door(database)

    def broken(*_, **__):
        raise TimeoutError

    with monkeypatch.context() as patch:
        patch.setattr(database.writer, "submit", broken)
        with pytest.raises(Unavailable):
            door.post(WANG, "evt_1")
    assert door.post(WANG, "evt_1")[1]["new"]
