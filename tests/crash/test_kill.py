"""kill -9 at any moment: every accepted message has one effect and its card arrives.

The platforms live in the test process, as they do in reality; the service is a separate
`jianliu run`, killed and started again while people keep submitting. WeCom's callbacks are
sealed by wechatpy, an implementation of the official algorithm that is not ours.
"""

import random
import socket
import sqlite3
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.browser_kit import server
from tests.crash.corp import REPS, Corp, Process, until
from tests.crash.sealing import sealed
from tests.drills.seed import LONG

PATIENCE = 150.0


@pytest.fixture
def corp(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    corp = Corp(tmp_path, port)
    corp.plant()
    with server(corp.app) as corp.platforms:
        corp.configure(corp.platforms)
        yield corp


def count(corp, question):
    """One number from the service's database, read beside the running service."""
    with sqlite3.connect(f"file:{corp.folder}/jianliu.db?mode=ro", uri=True) as db:
        (number,) = db.execute(f"SELECT count(*) FROM {question}").fetchone()
    db.close()
    return number


def listening(port):
    """Whether the service answers."""
    with socket.socket() as knock:
        return knock.connect_ex(("127.0.0.1", port)) == 0


def submit_in_wecom(corp, number):
    """One line, repeated with the same MsgId until it is acknowledged, as WeCom does."""
    app = corp.settings.wecom
    xml = (
        f"<xml><ToUserName>{app.corp_id}</ToUserName><AgentID>{app.agent_id}</AgentID>"
        f"<FromUserName>{REPS[number % 8]}</FromUserName><MsgType>text</MsgType>"
        f"<CreateTime>{int(time.time())}</CreateTime><MsgId>{9_000_000 + number}</MsgId>"
        f"<Content>/商机 某阀门制造 批量客户{number:03d}号</Content></xml>"
    )
    deadline = time.monotonic() + PATIENCE
    with httpx.Client(trust_env=False, timeout=5) as client:
        while time.monotonic() < deadline:
            query, body = sealed(app, xml)
            try:
                answer = client.post(
                    f"http://127.0.0.1:{corp.port}/wecom/callback", params=query, content=body
                )
            except httpx.HTTPError:
                time.sleep(0.05)
                continue
            if answer.status_code == 200:
                return
            time.sleep(0.05)
    raise AssertionError(f"submission {number} was never taken")


def submit_in_dingtalk(corp, number):
    """One line; the fake gateway delivers it again until it is acknowledged."""
    text = f"/商机 某阀门制造 批量客户{number:03d}号"
    params = {"account": REPS[number % 8], "text": text}
    with httpx.Client(trust_env=False, timeout=30) as client:
        assert client.post(f"{corp.platforms}/finger", params=params).status_code == 200


def killed_while(corp, work, submissions, *, kills):
    """Run the service, kill it again and again while `work` goes on, then let it finish all."""
    process = Process(corp.folder)
    try:
        running = threading.Thread(target=work)
        running.start()
        for _ in range(kills):
            until(lambda: listening(corp.port))
            time.sleep(random.uniform(0.02, 0.5))
            process.kill()
            process.start()
        running.join()
        until(lambda: count(corp, "job WHERE lane = 'inbox'") >= submissions, PATIENCE)
        until(lambda: count(corp, "job WHERE state < 2") == 0, PATIENCE)
    finally:
        process.stop()


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("submit", "submissions", "kills"),
    [(submit_in_wecom, 200 if LONG else 80, 5), (submit_in_dingtalk, 60 if LONG else 40, 3)],
    ids=["wecom", "dingtalk"],
)
def test_every_submission_has_one_effect_and_one_card(
    corp, submit, submissions, kills, monkeypatch
):  # fmt: skip
    # However long a slow machine takes to start us again: losing is ours, giving up is not.
    monkeypatch.setattr("bot.simulator.dingtalk.fake.REDELIVERIES", 100)

    def work():
        with ThreadPoolExecutor(6) as people:
            list(people.map(lambda number: submit(corp, number), range(submissions)))

    killed_while(corp, work, submissions, kills=kills)

    assert count(corp, "opportunity") == submissions
    assert count(corp, "customer WHERE name LIKE '批量客户%'") == submissions
    assert count(corp, "job WHERE state > 2") == 0, "nothing dead, nothing cancelled"
    cards = Counter(
        m.wire.get("title") or m.wire["main_title"]["title"] for m in corp.phones if m.outgoing
    )
    assert len(cards) == submissions
    assert set(cards.values()) == {1}, "no card twice"
