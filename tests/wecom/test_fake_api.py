"""The fake's API remembers and forbids what WeCom remembers and forbids."""

from __future__ import annotations

import json

import pytest

from tests.wecom import kit
from tests.wecom.fake_kit import World, card, promise, running, template, text


@promise
async def test_the_token_stays_the_same_until_it_expires(world):
    first = await world.gettoken()
    world.clock.advance(seconds=7199)
    assert (await world.gettoken())["access_token"] == first["access_token"]
    world.clock.advance(seconds=1)
    assert (await world.gettoken())["access_token"] != first["access_token"]


@promise
async def test_a_wrong_corp_or_secret_gets_no_token_and_ten_lock_the_address_out(world):
    assert (await world.gettoken(corpid="x"))["errcode"] == 40013
    assert [(await world.gettoken(corpsecret="x"))["errcode"] for _ in range(10)] == [40001] * 10
    assert (await world.gettoken())["errcode"] == 45009
    world.clock.advance(hours=1)
    assert (await world.gettoken())["errcode"] == 0


@promise
async def test_a_token_belongs_in_the_query_and_must_be_alive(world):
    token = (await world.gettoken())["access_token"]
    path = "/cgi-bin/message/send"
    answers = [
        await world.http.post(path, json={"access_token": token}),
        await world.http.post(f"{path}?access_token=other", json={}),
    ]
    world.clock.advance(hours=2)
    answers.append(await world.http.post(f"{path}?access_token={token}", json={}))
    assert [a.json()["errcode"] for a in answers] == [41001, 40014, 42001]


@promise
async def test_a_text_arrives_as_it_was_sent(world):
    answer = await world.send(text("你好"))
    assert (answer["errcode"], answer["invaliduser"]) == (0, "")
    assert "response_code" not in answer
    (message,) = world.shown()
    assert (message.kind, message.wire, message.outgoing) == ("text", {"content": "你好"}, True)


@promise
async def test_a_text_over_2048_bytes_is_cut_without_a_word(world):
    assert (await world.send(text("线" * 700)))["errcode"] == 0
    assert world.shown()[0].wire["content"] == "线" * 682


@promise
async def test_a_card_arrives_with_its_task_and_a_response_code(world):
    answer = await world.send(template("T1"))
    (message,) = world.shown()
    assert (message.kind, message.ref, message.wire) == ("template_card", "T1", card("T1"))
    assert answer["response_code"]


@promise
async def test_a_task_id_is_never_taken_twice(world):
    await world.send(template("T1"))
    assert (await world.send(template("T1"), to="wang"))["errcode"] == 42014
    assert world.shown("wang") == []


@promise
async def test_people_out_of_range_are_named_in_lower_case(world):
    answer = await world.send(text(), to="Nobody|lisi|GoneToo")
    assert (answer["errcode"], answer["invaliduser"]) == (0, "nobody|gonetoo")
    assert (await world.send(text("x"), to="Nobody"))["errcode"] == 81013
    assert (await world.send(text("x"), to=""))["errcode"] == 82001


@promise
async def test_userids_are_found_whatever_their_case(world):
    assert (await world.send(text(), to="LISI"))["invaliduser"] == ""


@promise
async def test_all_means_everybody(world):
    await world.send(text(), to="@all")
    assert len(list(world.phones)) == 3


@promise
async def test_the_same_request_is_delivered_once_in_its_window(world):
    body = {**text(), "enable_duplicate_check": 1, "duplicate_check_interval": 600}
    first, second = await world.send(body), await world.send(body)
    assert first == second
    assert len(world.shown()) == 1
    world.clock.advance(seconds=600)
    await world.send(body)
    assert len(world.shown()) == 2


@promise
async def test_without_the_check_equal_requests_are_delivered_twice(world):
    await world.send(text())
    await world.send(text())
    assert len(world.shown()) == 2


@promise
async def test_a_repeated_card_is_a_duplicate_before_it_is_a_used_task(world):
    body = {**template("T1"), "enable_duplicate_check": 1}
    assert await world.send(body) == await world.send(body)


@promise
async def test_more_than_30_a_minute_are_dropped_without_a_word(world):
    answers = [await world.send(text(str(n))) for n in range(35)]
    assert {a["errcode"] for a in answers} == {0}
    assert len(world.shown()) == 30
    world.clock.advance(minutes=1)
    await world.send(text("later"))
    assert len(world.shown()) == 31


@promise
async def test_a_clock_set_back_forgives_what_was_sent_in_the_future(world):
    for number in range(30):
        await world.send(text(str(number)))
    world.clock.advance(days=-3)
    await world.send(text("earlier"))
    assert len(world.shown()) == 31


@promise
async def test_the_wrong_agent_and_unknown_types_are_refused(world):
    assert (await world.send({**text(), "agentid": 1}))["errcode"] == 301002
    assert (await world.send({"msgtype": "markdown"}))["errcode"] == 40008
    assert (await world.send({"msgtype": "text", "text": {"content": ""}}))["errcode"] == 44004
    assert (await world.send({**text(), "duplicate_check_interval": 14401}))["errcode"] == 40058
    assert (await world.call("message/send", b"{not json"))["errcode"] == 40058
    assert (await world.call("message/send", b"[]"))["errcode"] == 40058


def test_a_card_that_calls_back_needs_a_callback_address():
    async def work(world: World) -> None:
        assert (await world.send(template("T1")))["errcode"] == 43012
        assert (await world.send(text()))["errcode"] == 0

    running(work, callback_url="")


@promise
async def test_an_update_changes_the_phone_in_place_once(world):
    code = (await world.send(template("T1")))["response_code"]
    grey = card(None, replace_text="已处理")
    body = {"userids": ["LISI"], "response_code": code, "template_card": grey}
    assert (await world.update(body))["invaliduser"] == []
    (message,) = world.shown()
    assert (message.state, message.wire, message.ref) == ("updated", grey, "T1")
    assert (await world.update(body))["errcode"] == 60140


@promise
async def test_a_response_code_dies_after_72_hours(world):
    code = (await world.send(template("T1")))["response_code"]
    world.clock.advance(hours=72, seconds=1)
    body = {"userids": ["lisi"], "response_code": code, "button": {"replace_name": "晚了"}}
    assert (await world.update(body))["errcode"] == 60140


@promise
async def test_one_call_can_close_the_card_for_everybody(world):
    code = (await world.send(template("T1"), to="lisi|wang"))["response_code"]
    await world.update({"atall": 1, "response_code": code, "button": {"replace_name": "已处理"}})
    assert [m.wire["replace_text"] for m in world.phones] == ["已处理"] * 2


@promise
async def test_who_never_had_the_card_is_named_and_the_code_is_spent(world):
    code = (await world.send(template("T1")))["response_code"]
    body = {"userids": ["wang"], "response_code": code, "button": {"replace_name": "x"}}
    assert (await world.update(body))["invaliduser"] == ["wang"]
    assert (await world.update(body))["errcode"] == 60140


@promise
async def test_a_refused_update_does_not_spend_the_code(world):
    code = (await world.send(template("T1")))["response_code"]
    body = {"userids": ["lisi"], "response_code": code, "template_card": card(None, button_list=[])}
    assert (await world.update(body))["errcode"] == 40058
    body["button"] = {"replace_name": "好"}
    del body["template_card"]
    assert (await world.update(body))["errcode"] == 0


@promise
async def test_another_app_may_not_update(world):
    code = (await world.send(template("T1")))["response_code"]
    body = {"agentid": 7, "userids": ["lisi"], "response_code": code, "template_card": card(None)}
    assert (await world.update(body))["errcode"] == 42015


@promise
async def test_an_update_for_another_task_is_refused_and_spends_nothing(world):
    code = (await world.send(template("T1")))["response_code"]
    await world.send(template("T2"))
    body = {"userids": ["lisi"], "response_code": code, "template_card": card("T2")}
    assert (await world.update(body))["errcode"] == 42016
    body["template_card"] = card("任务")
    assert (await world.update(body))["errcode"] == 42014
    body["template_card"] = card("T1", replace_text="已处理")
    assert (await world.update(body))["errcode"] == 0


@promise
async def test_a_notice_has_no_button_to_grey_but_takes_a_whole_card(world):
    menu = {"action_list": [{"text": "稍后", "key": "m"}]}
    notice = template(
        "T1", card_type="text_notice", button_list=None, action_menu=menu,
        card_action={"type": 1, "url": "https://a.example/x"},
    )  # fmt: skip
    code = (await world.send(notice))["response_code"]
    body = {"userids": ["lisi"], "response_code": code, "button": {"replace_name": "好"}}
    assert (await world.update(body))["errcode"] == 40058
    del body["button"]
    assert (await world.update({**body, "template_card": card(None)}))["errcode"] == 0


@promise
async def test_a_recalled_message_leaves_every_phone_within_a_day(world):
    first = await world.send(text("错了"), to="lisi|wang")
    assert (await world.call("message/recall", {"msgid": first["msgid"]}))["errcode"] == 0
    assert [m.state for m in world.phones] == ["recalled"] * 2
    late = await world.send(text("旧的"))
    world.clock.advance(hours=24, seconds=1)
    assert (await world.call("message/recall", {"msgid": late["msgid"]}))["errcode"] == 42052
    assert (await world.call("message/recall", {"msgid": "foreign"}))["errcode"] == 40058


@promise
async def test_a_recalled_card_is_not_painted_again(world):
    answer = await world.send(template("T1"))
    await world.call("message/recall", {"msgid": answer["msgid"]})
    body = {"userids": ["lisi"], "button": {"replace_name": "好"}}
    await world.update({**body, "response_code": answer["response_code"]})
    assert world.shown()[0].state == "recalled"


@promise
async def test_receivers_are_counted(world):
    many = "|".join(str(n) for n in range(101))
    assert (await world.send({**text(), "toparty": many}))["errcode"] == 82002
    assert (await world.send({**text(), "totag": many}))["errcode"] == 82003
    assert (await world.send(text(), to="|".join(f"u{n}" for n in range(1001))))["errcode"] == 40058
    code = (await world.send(template("T1")))["response_code"]
    for field, most in (("userids", 1000), ("partyids", 100), ("tagids", 100)):
        body = {field: ["lisi"] * (most + 1), "response_code": code}
        assert (await world.update(body))["errcode"] == 40058


@promise
async def test_an_update_needs_somebody_and_something(world):
    code = (await world.send(template("T1")))["response_code"]
    assert (await world.update({"response_code": code}))["errcode"] == 82001
    assert (await world.update({"response_code": code, "userids": "lisi"}))["errcode"] == 40058
    assert (await world.update({"response_code": code, "userids": ["lisi"]}))["errcode"] == 40058


@pytest.mark.parametrize(
    ("buttons", "code"),
    [
        ([{"type": "click", "name": "商机", "key": "/商机"}], 0),
        ([{"type": "click", "name": "商机", "key": "/商机"}] * 4, 40016),
        ([], 40016),
        ([{"type": "scancode_push", "name": "商机", "key": "k"}], 40017),
        ([{"type": "view", "name": "商机", "url": "x"}], 40020),
        ([{"type": "view", "name": "商机", "url": "https://a.example/" + "x" * 1024}], 40020),
        ([{"type": "click", "name": "六个字的名字", "key": "k"}], 40018),
        ([{"type": "click", "name": "商机", "key": "k" * 129}], 40019),
    ],
)
def test_a_menu_has_one_to_three_short_entries(buttons, code):
    async def work(world: World) -> None:
        answer = await world.call("menu/create", {"button": buttons}, agentid=str(kit.AGENT))
        assert answer["errcode"] == code
        assert world.fake.menu == ([("商机", "/商机")] if code == 0 else [])

    running(work)


@promise
async def test_a_menu_can_be_read_and_taken_away(world):
    agent = {"agentid": str(kit.AGENT)}
    query = {"access_token": (await world.gettoken())["access_token"], **agent}

    async def menu(what):
        return (await world.http.get(f"/cgi-bin/menu/{what}", params=query)).json()

    assert (await menu("get"))["errcode"] == 46003
    buttons = [{"type": "view", "name": "看板", "url": "https://a.example/board"}]
    await world.call("menu/create", {"button": buttons}, **agent)
    assert (await menu("get"))["button"] == buttons
    assert (await menu("delete"))["errcode"] == 0
    assert (await menu("get"))["errcode"] == 46003


@promise
async def test_a_menu_is_set_for_ones_own_app_only(world):
    assert (await world.call("menu/create", {"button": []}, agentid="1"))["errcode"] == 301002


async def codes(world: World, times: int) -> list[int]:
    """errcodes of `times` messages under one token."""
    token = (await world.gettoken())["access_token"]
    body = {"touser": "lisi", "agentid": kit.AGENT, **text()}
    path = f"/cgi-bin/message/send?access_token={token}"
    return [(await world.http.post(path, json=body)).json()["errcode"] for _ in range(times)]


@pytest.mark.parametrize(("fault", "code"), [("429", 45009), ("ip_denied", 60020)])
def test_a_fault_ordered_twice_strikes_twice(fault, code):
    async def work(world: World) -> None:
        world.chaos.order("wecom", fault, 2)
        answers = [await world.gettoken() for _ in range(3)]
        assert [a["errcode"] for a in answers] == [code, code, 0]
        assert "from ip: 127.0.0.1" in answers[0]["errmsg"]

    running(work)


@promise
async def test_a_token_may_die_early_and_a_new_one_is_given(world):
    before = (await world.gettoken())["access_token"]
    world.chaos.order("wecom", "token_expired", 1)
    assert await codes(world, 2) == [42001, 42001]
    assert (await world.gettoken())["access_token"] != before
    assert await codes(world, 1) == [0]


@promise
async def test_an_outage_lasts_ten_minutes_of_the_demos_clock(world):
    world.chaos.order("wecom", "down", 1)
    for minutes, status in ((0, 503), (9, 503), (1, 200)):
        world.clock.advance(minutes=minutes)
        assert (await world.http.get("/cgi-bin/gettoken")).status_code == status
    world.chaos.order("wecom", "down", 2)
    world.chaos.order("wecom", "down", 0)
    assert (await world.gettoken())["errcode"] == 0


@promise
async def test_a_used_up_quota_is_said_to_calls_with_a_token(world):
    world.chaos.order("wecom", "over_quota", 1)
    assert await codes(world, 2) == [45009, 0]


@pytest.mark.parametrize("fault", ["5xx", "down"])
def test_a_broken_server_answers_with_a_page_not_with_json(fault):
    async def work(world: World) -> None:
        world.chaos.order("wecom", fault, 1)
        reply = await world.http.get("/cgi-bin/gettoken")
        assert reply.status_code in (502, 503)
        assert reply.headers["content-type"].startswith("text/html")

    running(work)


@promise
async def test_nothing_secret_is_in_the_wire_log(world):
    await world.send(text("你好"))
    await world.gettoken(corpsecret="a-wrong-secret")
    token = (await world.gettoken())["access_token"]
    told = json.dumps([[e.summary, e.raw, e.answer] for e in world.wire.after()])
    for secret in (token, kit.SECRET, "a-wrong-secret"):
        assert secret not in told
    assert "POST /cgi-bin/message/send → 0" in [e.summary for e in world.wire.after()]
