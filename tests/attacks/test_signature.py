"""D01–D08 over the wire: what is not authentic changes nothing, what is repeated counts once.

The codec's own cases stand in tests/wecom/test_callback.py and tests/dingtalk/test_robot.py.
"""

from __future__ import annotations

import asyncio
import time
from urllib.parse import urlencode

import httpx
import pytest

from bot.platforms.codec import Codec
from tests.crash.sealing import sealed
from tests.wecom.kit import signed

TABLES = ("job", "audit", "card", "delivery", "opportunity")


def sizes(office):
    return {name: len(office.rows(name)) for name in TABLES}


def line(office, text="/商机 某阀门制造 北方泵业", number=1):
    wecom = office.demo.service.settings.wecom
    return (
        f"<xml><ToUserName>{wecom.corp_id}</ToUserName><AgentID>{wecom.agent_id}</AgentID>"
        f"<FromUserName>zhangsan</FromUserName><CreateTime>{int(time.time())}</CreateTime>"
        f"<MsgType>text</MsgType><Content>{text}</Content><MsgId>{number}</MsgId></xml>"
    )


def made(office, xml=None):
    return sealed(office.demo.service.settings.wecom, xml or line(office))


def flipped(digit):
    return "0" if digit != "0" else "1"


FORGED = {
    "one digit flipped": lambda s: flipped(s[0]) + s[1:],
    "empty": lambda _: "",
    "39 characters": lambda s: s[:-1],
    "41 characters": lambda s: s + "0",
    "upper case": lambda s: s.upper(),
}


@pytest.mark.parametrize("change", FORGED.values(), ids=FORGED)
def test_d01_a_forged_callback_gets_a_short_401_and_leaves_nothing(office, change):
    query, body = made(office)
    query["msg_signature"] = change(query["msg_signature"])
    refused(office, query, body, 401)


def refused(office, query, body, status):
    before = sizes(office)
    began = time.process_time()
    answer = office.http.post("/wecom/callback", params=query, content=body)
    assert answer.status_code == status
    assert len(answer.content) <= 64
    assert time.process_time() - began < 0.5
    assert sizes(office) == before
    assert office.http.get("/healthz").status_code == 200


def test_d02_one_bit_of_the_ciphertext_is_enough_to_be_refused(office):
    query, body = made(office)
    at = body.index(b"<Encrypt>") + 30
    refused(office, query, body[:at] + flipped(chr(body[at])).encode() + body[at + 1 :], 401)


def test_d02_another_requests_ciphertext_is_refused(office):
    refused(office, made(office)[0], made(office)[1], 401)


def test_d04_a_callback_of_yesterday_is_refused(office):
    query, body = made(office)
    wecom = office.demo.service.settings.wecom
    codec = Codec(wecom.token.get_secret_value(), wecom.aes_key.get_secret_value(), wecom.corp_id)
    query["timestamp"] = str(int(query["timestamp"]) - 86_400)
    encrypted = body.split(b"<Encrypt>")[1].split(b"</Encrypt>")[0].decode()
    query["msg_signature"] = codec.sign(query["timestamp"], query["nonce"], encrypted)
    refused(office, query, body, 401)


def test_d05_fifty_copies_at_once_are_one_event(office):
    query, body = made(office)

    async def all_at_once():
        async with httpx.AsyncClient(base_url=office.address, trust_env=False) as http:
            sends = (http.post("/wecom/callback", params=query, content=body) for _ in range(50))
            return await asyncio.gather(*sends)

    answers = asyncio.run(all_at_once())
    assert {(a.status_code, a.content) for a in answers} == {(200, b"")}
    office.finger(asyncio.sleep(0))
    assert len(office.rows("opportunity")) == 1
    assert len([j for j in office.rows("job") if j["lane"] == "inbox"]) == 1


def test_d06_a_retry_with_a_new_nonce_and_time_is_the_same_event(office):
    xml = line(office)
    for _ in range(3):
        query, body = made(office, xml)
        assert office.http.post("/wecom/callback", params=query, content=body).status_code == 200
    office.finger(asyncio.sleep(0))
    assert len(office.rows("opportunity")) == 1


def test_d07_what_is_meant_for_another_corp_or_app_is_refused(office):
    wecom = office.demo.service.settings.wecom
    for strange in (
        line(office).replace(wecom.corp_id, "wwsomeoneelse"),
        line(office).replace(str(wecom.agent_id), "1000099"),
    ):
        refused(office, *made(office, strange), 403)


HOSTILE = {
    "billion laughs": '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><xml>&b;</xml>',
    "file": '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><xml>&a;</xml>',
    "external DTD": '<!DOCTYPE x SYSTEM "{canary}"><xml/>',
    "external entity": '<!DOCTYPE x [<!ENTITY a SYSTEM "{canary}">]><xml>&a;</xml>',
    "deep": "<xml>" * 100_000,
    "wide": "<xml>" + "<a/>" * 200_000 + "</xml>",
}


@pytest.mark.parametrize("xml", HOSTILE.values(), ids=HOSTILE)
def test_d08_hostile_xml_is_refused_outside_taken_in_inside_and_calls_nobody(office, xml):
    canary = f"{office.address}/canary"
    hostile = xml.replace("{canary}", canary)
    query = signed("0" * 40, str(int(time.time())), "n")
    began = time.process_time()
    answer = office.http.post(f"/wecom/callback?{query}", content=hostile.encode())
    assert (answer.status_code, answer.text) == (400, "xml")
    assert time.process_time() - began < 0.5
    before = len(office.rows("opportunity"))
    params, body = made(office, hostile[:500_000])
    answer = office.http.post(f"/wecom/callback?{urlencode(params)}", content=body)
    assert answer.status_code in {200, 413}
    assert len(office.rows("opportunity")) == before
    assert not [one for one in office.demo.wire.after() if "canary" in one.summary]
