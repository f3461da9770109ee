"""The platforms misbehave; nothing is lost and nothing happens twice."""

import threading
import time

import httpx
import pytest

from tests.crash.sealing import sealed

LINE = "/商机 某阀门制造 北方泵业"


def eventually(met, patience=20.0):
    deadline = time.monotonic() + patience
    while not met():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.02)


@pytest.mark.parametrize("platform", ["wecom", "dingtalk"])
@pytest.mark.parametrize("fault", ["5xx", "429", "token_expired"])
def test_a_card_arrives_once_when_the_platform_is_back(office, platform, fault):
    office.fault(platform, fault)
    office.says("张三", LINE, platform)
    office.wait("10m")
    cards = [m for m in office.sees("张三") if "北方泵业" in m["title"]]
    assert len(cards) == 1


@pytest.mark.parametrize("platform", ["wecom", "dingtalk"])
def test_an_event_delivered_twice_is_one_event(office, platform):
    office.fault(platform, "duplicate")
    office.says("张三", LINE, platform)
    assert len(office.rows("opportunity")) == 1
    assert len([m for m in office.sees("张三") if "北方泵业" in m["title"]]) == 1


def test_fifty_parallel_copies_of_one_callback_leave_one_opportunity(office):
    app = office.demo.service.settings.wecom
    xml = (
        f"<xml><ToUserName>{app.corp_id}</ToUserName><AgentID>{app.agent_id}</AgentID>"
        "<FromUserName>zhangsan</FromUserName><MsgType>text</MsgType>"
        f"<CreateTime>{int(time.time())}</CreateTime><MsgId>77</MsgId><Content>{LINE}</Content></xml>"
    )
    query, body = sealed(app, xml)
    answers = []

    def post():
        with httpx.Client(trust_env=False, timeout=20) as client:
            url = f"{office.address}/wecom/callback"
            while (answer := client.post(url, params=query, content=body)).status_code == 503:
                continue  # "come back": WeCom does
            answers.append(answer)

    threads = [threading.Thread(target=post) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {(a.status_code, a.content) for a in answers} == {(200, b"")}
    assert len(office.rows("opportunity")) == 1
    eventually(lambda: len(office.sees("张三")) == 1)


def test_more_messages_than_wecom_takes_a_minute_are_paced_not_dropped(office):
    for n in range(34):
        office.says("张三", f"/商机 某阀门制造 批量{n:02d}号客户")
    assert len(office.sees("张三")) == 28
    office.wait("61s")
    assert len(office.sees("张三")) == 34
    assert [m["title"][-5:] for m in office.sees("张三")] == [f"{n:02d}号客户" for n in range(34)]


def test_a_handler_that_breaks_gives_an_incident_number_and_a_dead_letter(office, monkeypatch):
    from sales import opportunities

    def broken(*_):
        raise ZeroDivisionError("kaputt")

    monkeypatch.setattr(opportunities, "refer", broken)
    [answer] = office.says("张三", LINE)
    [job] = office.rows("job", state="3")
    assert f"E{job['id']}" in answer["text"]
    assert "ZeroDivisionError" in job["last_error"]
    assert office.rows("customer", name="北方泵业") == []


def test_the_address_passes_wecoms_own_verification(office):
    assert office.finger(office.demo.wecom.verify()) == "ok"


@pytest.mark.parametrize(
    ("method", "query", "body", "status"),
    [
        ("POST", "", b"", 400),
        ("POST", "msg_signature=x&timestamp=1&nonce=2", b"<xml/>", 400),
        ("GET", "echostr=a", b"", 400),
        ("PUT", "", b"", 405),
        ("POST", "", b"x" * (2 << 20), 413),
    ],
)
def test_bad_callbacks_get_a_short_4xx(office, method, query, body, status):
    answer = office.http.request(method, f"/wecom/callback?{query}", content=body)
    assert answer.status_code in {status, 401}
    assert len(answer.content) <= 64
