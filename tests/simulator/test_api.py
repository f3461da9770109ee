"""/sim/api does what a finger can do, and says in words what it cannot."""

from __future__ import annotations

import base64

import pytest

from tests.simulator.kit import Caller, EchoWorld
from tests.simulator.samples import ORIGIN


@pytest.fixture
def world():
    return EchoWorld()


@pytest.fixture
def api(world):
    return Caller(world)


def said(api, text="你好", person="张三", **rest):
    answer = api.post("/sim/api/say", person=person, text=text, **rest)
    assert answer.status_code == 200, answer.text
    return answer.json()["messages"]


def refusal(answer, status=400):
    assert answer.status_code == status, answer.text
    assert set(answer.json()) == {"error"}
    return answer.json()["error"]


def test_people_come_with_their_accounts_and_first_platform(api):
    people = api.get("/sim/api/people").json()

    assert people[0] == {
        "id": "p1",
        "name": "张三",
        "role": "rep",
        "manager": "王经理",
        "region": "华东",
        "platform": "wecom",
        "accounts": {"wecom": "zhangsan", "dingtalk": "d001"},
    }
    assert people[-1]["platform"] is None


def test_saying_something_returns_what_reached_the_person_because_of_it(api):
    said(api, "先说一句")
    messages = said(api, "再说一句")

    assert [m["text"] for m in messages] == ["收到：再说一句"]
    assert messages[0]["platform"] == "wecom"


def test_a_person_is_known_by_name_or_id_and_speaks_on_the_named_platform(api):
    assert said(api, "嗨", person="p1", platform="dingtalk")[0]["platform"] == "dingtalk"


def test_pressing_a_button_returns_the_changed_card(api, world):
    (card,) = said(api, "/卡")
    answer = api.post("/sim/api/press", person="张三", message=card["id"], action="3.0")

    (changed,) = answer.json()["messages"]
    assert changed["id"] == card["id"]
    assert changed["state"] == "done"
    assert changed["buttons"] == [{"action": "", "text": "已处理", "enabled": False}]
    assert world.wecom.pressed == [("3.0", {})]


def test_an_option_may_be_picked_by_its_id_or_by_its_words(api, world):
    for choice in ("c-317", "华东泵业"):
        (card,) = said(api, "/选")
        press = {"person": "张三", "message": card["id"], "action": "1.form"}
        assert api.post("/sim/api/press", **press, values={"choice": choice}).status_code == 200
        assert world.wecom.pressed[-1] == ("1.form", {"choice": "c-317"})


def test_what_the_phone_shows_as_chosen_goes_along_with_a_press(api, world):
    (card,) = said(api, "/选")
    api.post("/sim/api/press", person="张三", message=card["id"], action="1.form")
    assert world.wecom.pressed == [("1.form", {"choice": "-"})]


def test_a_form_takes_text_and_selections(api, world):
    (card,) = said(api, "/表", platform="dingtalk")
    values = {"referrer": "某阀门制造", "name": "北方泵业"}
    api.post("/sim/api/press", person="张三", message=card["id"], action="1.form", values=values)
    assert world.dingtalk.pressed == [("1.form", {"referrer": "c-102", "name": "北方泵业"})]


def test_a_second_tap_on_the_face_just_gone_still_reaches_the_service(api, world):
    (card,) = said(api, "/卡")
    press = {"person": "张三", "message": card["id"], "action": "3.0"}
    api.post("/sim/api/press", **press)
    assert api.post("/sim/api/press", **press).status_code == 200
    assert len(world.wecom.pressed) == 2


def test_what_the_card_never_showed_cannot_be_pressed(api, world):
    (card,) = said(api, "/卡")
    (link,) = said(api, "/页")
    press = {"person": "张三", "message": card["id"]}

    assert "3.0" in refusal(api.post("/sim/api/press", **press, action="9.9"))
    unknown = api.post("/sim/api/press", **press, action="3.0", values={"amount": "1"})
    assert "输入项" in refusal(unknown)
    url = api.post(
        "/sim/api/press", person="张三", message=link["id"], action=f"{ORIGIN}/h5/receipts"
    )
    assert "open" in refusal(url)
    assert world.wecom.pressed == []


def test_nobody_presses_on_another_persons_phone(api):
    (card,) = said(api, "/卡")
    press = {"person": "王经理", "message": card["id"], "action": "3.0"}
    assert "王经理" in refusal(api.post("/sim/api/press", **press), 404)


def test_the_inbox_holds_what_the_bot_sent_oldest_first(api):
    said(api, "一")
    (second,) = said(api, "二", platform="dingtalk")
    inbox = api.get("/sim/api/inbox", person="张三").json()

    assert [m["text"] for m in inbox] == ["收到：一", "收到：二"]
    assert api.get("/sim/api/inbox", person="张三", after=second["id"]).json() == []
    assert api.get("/sim/api/inbox", person="王经理").json() == []


def test_a_menu_entry_is_tapped_by_its_key(api):
    (message,) = api.post("/sim/api/menu", person="张三", key="/审批").json()["messages"]
    assert message["text"] == "收到：/审批"
    refusal(api.post("/sim/api/menu", person="张三", key="/没有"))


def test_an_entry_behind_the_dots_is_pressed_like_a_button(api, world):
    (card,) = said(api, "/通知")
    assert card["menu"][1] == {"action": "1.later", "text": "稍后"}
    press = {"person": "张三", "message": card["id"], "action": "1.later"}
    assert api.post("/sim/api/press", **press).status_code == 200
    assert world.wecom.pressed == [("1.later", {})]


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        (["o0", "恒信阀门"], "o0,o2"),
        ("某阀门制造,o2", "o0,o2"),
        ([], ""),
        (None, "o1"),
    ],
)
def test_several_options_are_ticked_by_id_or_words(api, world, given, sent):
    (card,) = said(api, "/票")
    values = {} if given is None else {"first": given}
    api.post("/sim/api/press", person="张三", message=card["id"], action="1.form", values=values)
    assert world.wecom.pressed == [("1.form", {"first": sent})]


def test_one_drop_down_takes_one_option(api):
    (card,) = said(api, "/三选")
    press = {"person": "张三", "message": card["id"], "action": "1.form"}
    for wrong in (["o0", "o1"], "没有", ["没有"]):
        answer = api.post("/sim/api/press", **press, values={"industry": wrong})
        assert "行业" in refusal(answer)


def test_a_phone_reports_more_than_texts(api):
    said_so = api.post("/sim/api/happen", person="张三", what="location", facts={"label": "上海"})
    assert said_so.json()["messages"][0]["text"] == "收到：[location] 上海"
    assert "location" in refusal(api.post("/sim/api/happen", person="张三", what="earthquake"))


def test_a_file_goes_to_a_phone_that_can_send_files(api):
    sent = {"filename": "名片.png", "content_base64": base64.b64encode(b"12345").decode()}
    answer = api.post("/sim/api/upload", person="张三", **sent).json()
    assert answer["messages"][0]["text"] == "收到：名片.png 5 字节"

    assert "不能" in refusal(
        api.post("/sim/api/upload", person="张三", platform="dingtalk", **sent)
    )
    for broken in ({"content_base64": "?"}, {"content_base64": ""}, {"filename": "../x"}):
        refusal(api.post("/sim/api/upload", person="张三", **(sent | broken)))


def test_opening_a_page_tells_the_login_whose_phone_it_is(api):
    (card,) = said(api, "/页")
    url = f"{ORIGIN}/h5/receipts"
    answer = api.post("/sim/api/open", person="张三", message=card["id"], url=url)

    assert answer.json() == {"url": url}
    assert "sim_phone=zhangsan" in answer.headers["set-cookie"]


def test_a_phone_opens_only_pages_of_its_message_on_this_host(api, world):
    (card,) = said(api, "/页")
    elsewhere = api.post("/sim/api/open", person="张三", message=card["id"], url=f"{ORIGIN}/admin")
    refusal(elsewhere)

    world.origin = "http://localhost:8787"
    (card,) = said(api, "/页")
    url = "http://localhost:8787/h5/receipts"
    text = refusal(api.post("/sim/api/open", person="张三", message=card["id"], url=url))
    assert ORIGIN in text


def test_the_clock_runs_what_is_due_and_never_goes_back(api):
    assert api.get("/sim/api/clock").json() == {"now": "2026-11-23T10:00:00+08:00"}

    answer = api.post("/sim/api/clock", advance="72h").json()
    assert answer["now"] == "2026-11-26T10:00:00+08:00"
    assert len(answer["ran"]) == 2
    later = api.post("/sim/api/clock", to="2026-11-30T01:00:00Z").json()
    assert later == {"now": "2026-11-30T09:00:00+08:00", "ran": []}

    assert "倒退" in refusal(api.post("/sim/api/clock", to="2026-11-23T10:00:00+08:00"))


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"advance": "72"},
        {"advance": "-3h"},
        {"advance": "9999999d"},
        {"to": "2026-12-01T09:00:00"},
        {"to": "9999-12-31T23:59:59Z"},
        {"to": "0001-01-01T00:00:00+14:00"},
        {"advance": "3h", "to": "2026-12-01T09:00:00+08:00"},
    ],
)
def test_a_clock_order_that_makes_no_sense_is_refused(api, body):
    refusal(api.post("/sim/api/clock", **body))


def test_faults_are_ordered_by_name(api, world):
    api.post("/sim/api/chaos", platform="wecom", fault="429", times=2)
    assert [world.chaos.strikes("wecom", "429") for _ in range(3)] == [True, True, False]
    refusal(api.post("/sim/api/chaos", platform="wecom", fault="earthquake"))
    refusal(api.post("/sim/api/chaos", platform="slack", fault="429"))


def test_the_wire_log_is_read_from_a_number_on(api):
    said(api, "一")
    said(api, "二")
    first, second = api.get("/sim/api/wire").json()

    assert first["raw"] == "<xml/>"
    assert first["decoded"] == {"Content": "一"}
    assert api.get("/sim/api/wire", after=str(first["id"])).json() == [second]
    refusal(api.get("/sim/api/wire", after="x"))


def test_rows_are_filtered_and_unknown_tables_are_named_as_such(api):
    assert api.get("/sim/api/state/person", name="张三").json() == [{"name": "张三", "role": "rep"}]
    refusal(api.get("/sim/api/state/nothing"), 404)
    refusal(api.get("/sim/api/state/person", phone="1"), 404)


def test_reset_empties_the_phones(api):
    said(api)
    assert api.post("/sim/api/reset").json() == {"now": "2026-11-23T10:00:00+08:00"}
    assert api.get("/sim/api/inbox", person="张三").json() == []


def test_an_unknown_person_is_answered_with_the_names_there_are(api):
    for answer in (
        api.post("/sim/api/say", person="张", text="x"),
        api.get("/sim/api/inbox", person="nobody"),
    ):
        assert "张三、李四、王经理、周合规" in refusal(answer, 404)


def test_a_person_without_the_account_is_told_so(api):
    assert "李四" in refusal(api.post("/sim/api/say", person="李四", text="x", platform="dingtalk"))
    assert "周合规" in refusal(api.post("/sim/api/say", person="周合规", text="x"))


def test_a_demo_without_a_platform_says_so(world, api):
    world.dingtalk = None
    answer = api.post("/sim/api/say", person="张三", text="x", platform="dingtalk")
    assert "钉钉" in refusal(answer)


POSTS = ("say", "upload", "press", "menu", "happen", "open", "clock", "chaos")
ODD_BODIES = (
    b"",
    b"null",
    b"[]",
    b'"x"',
    b"{",
    b'{"person": 5, "text": []}',
    b'{"person": "\\ud800", "text": "x"}',
    b'{"\\ud800": 1}',
    b'{"person": "\xe5", "text": "x"}',
    b'{"person":"p1","text":"   "}',
    b'{"person":"p1","message":"m1","action":"x","values":[1]}',
    b'{"person":"p1","message":"m0","action":"x","url":"http://["}',
    b"[" * 100_000,
    b'{"times": 1e999, "advance": NaN}',
)


@pytest.mark.parametrize("path", POSTS)
def test_odd_bodies_get_words_never_a_crash(api, path):
    for body in ODD_BODIES:
        for kind in ("application/json", "text/plain"):
            headers = {"Content-Type": kind}
            answer = api.send("POST", f"/sim/api/{path}", content=body, headers=headers)
            assert answer.status_code in {400, 404}, (body[:40], answer.text)
            assert answer.json()["error"]


def test_a_body_beyond_the_limit_is_not_read(api):
    answer = api.send("POST", "/sim/api/say", content=b"x", headers={"Content-Length": "99999999"})
    assert answer.status_code == 413
