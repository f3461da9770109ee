"""D13: whatever comes in, a parser gives its result or its own error, and nothing else."""

from __future__ import annotations

import json
from contextlib import suppress
from urllib.parse import urlencode

import pytest
from fastapi import Request
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.inbox import _inbound, _read
from bot.logs import cleaned, redact
from bot.platforms.api import BadCallback, Inbound
from bot.platforms.codec import Codec
from bot.platforms.dingtalk import frames, inbound
from bot.platforms.dingtalk.crypto import card_sign, robot_sign
from bot.platforms.dingtalk.robot import Robot
from bot.settings import SettingsError, load
from bot.web.sessions import COOKIE, STATE_COOKIE, Sessions
from cards import model
from cards.render import dingtalk, wecom
from cards.render.slot import Slot
from handlers import lines
from handlers.all import registry
from tests.attacks.strategies import anything, awkward, junk, mutated
from tests.dingtalk.kit import AES_KEY, NOW, press, robot_message
from tests.dingtalk.kit import settings as dingtalk_settings
from tests.wecom.kit import CALLBACK, CODEC, envelope, press_xml, sealed, signed, text_xml
from tests.wecom.kit import NOW as WECOM_NOW

EXAMPLES = 150
HTTP = dingtalk_settings(mode="http")
ROBOT = Robot(HTTP)
EVENTS = Codec("callbacktoken", AES_KEY, "dingclient")
SESSIONS = Sessions("0" * 64, secure=True)
ROUTES = registry()


def bent(body):
    """The body of a real push with some of its fields replaced by anything, at any depth."""

    def bend(changes):
        made = json.loads(json.dumps(body))
        for where, what in changes:
            place = made
            for step in where[:-1]:
                if not isinstance(place.get(step), dict):
                    break
                place = place[step]
            place[where[-1]] = what
        return made

    def paths(part, above=()):
        for name, inner in part.items():
            yield (*above, name)
            if isinstance(inner, dict):
                yield from paths(inner, (*above, name))

    change = st.tuples(st.sampled_from(list(paths(body))), anything)
    return st.lists(change, max_size=3).map(bend)


def as_json(value):
    return json.dumps(value).encode()


def press_body(params, form):
    body = press({"key": "1.0"})
    inner = {"cardPrivateData": {"actionIds": ["b"], "params": params | {"form": form}}}
    return body | {"content": json.dumps(inner)}


ROBOT_BODY = robot_message() | {"content": {"richText": [{"text": "x"}], "recognition": "y"}}
EVENT_BODY = {"EventType": "user_add_org", "CorpId": "dingcorp", "userId": ["u"], "TimeStamp": "1"}
robot_bodies = bent(ROBOT_BODY)
press_bodies = st.one_of(
    bent(press({"key": "1.0"})),
    st.builds(press_body, st.dictionaries(awkward, anything, max_size=3), anything),
)
event_bodies = bent(EVENT_BODY)


def stamp():
    return str(int(NOW.timestamp() * 1000))


def robot_http(body):
    return ROBOT.read_robot(
        {"timestamp": stamp(), "sign": robot_sign("app-secret", stamp())}, body, NOW
    )


def card_http(body):
    signature = card_sign("callbacktoken", stamp())
    given = {"x-ddpaas-signature-timestamp": stamp(), "x-ddpaas-signature": signature}
    return ROBOT.read_card(given, body, NOW)


def event_http(body):
    one = EVENTS.encrypt(body, "n", stamp())
    query = {"msg_signature": one.signature, "timestamp": stamp(), "nonce": "n"}
    return ROBOT.read_event(query, as_json({"encrypt": one.encrypted}), NOW)


def event_envelope(body):
    return ROBOT.read_event({"timestamp": stamp(), "signature": "0" * 40, "nonce": "n"}, body, NOW)


def wecom_inner(inner):
    return CALLBACK.read(*sealed(inner), WECOM_NOW)


def wecom_outer(body):
    query = signed("0" * 40, str(int(WECOM_NOW.timestamp())), "n")
    return CALLBACK.read(query, body, WECOM_NOW)


def wecom_ciphertext(encrypted):
    """Signed all right, and yet no message."""
    now = str(int(WECOM_NOW.timestamp()))
    return CALLBACK.read(
        signed(CODEC.sign(now, "n", encrypted), now, "n"), envelope(encrypted), WECOM_NOW
    )


def frame(raw):
    made = frames.read(raw)
    for reader in (
        lambda: inbound.robot_message(made.body, HTTP, NOW),
        lambda: inbound.card_press(made.body, HTTP, NOW, message_id=made.message_id),
        lambda: inbound.event(made.body, made.headers, HTTP, NOW),
    ):
        with suppress(BadCallback):
            stored(reader())
    return frames.ack(made, {}), frames.later(made)


def stored(made):
    """What is read is also what the inbox keeps and reads again."""
    if isinstance(made, Inbound):
        assert _read(_inbound.dump_python(made, mode="json")) == made
        json.dumps(_inbound.dump_python(made, mode="json")).encode()


def wire(headers, data):
    return st.builds(
        lambda h, d, k: as_json({"specVersion": "1.0", "type": k, "headers": h, "data": d}),
        headers, data, st.one_of(st.sampled_from(["SYSTEM", "EVENT", "CALLBACK"]), anything),
    )  # fmt: skip


headers = st.dictionaries(
    st.sampled_from(["topic", "messageId", "eventType", "eventId", "eventBornTime", "eventCorpId"]),
    anything,
)
payloads = st.one_of(anything, st.one_of(robot_bodies, press_bodies, event_bodies).map(json.dumps))
WIRE = {
    "wecom envelope": (wecom_outer, st.one_of(junk, mutated(envelope("eA==")))),
    "wecom ciphertext": (wecom_ciphertext, st.text("QUJDREVG+/=", max_size=120)),
    "wecom text inside": (wecom_inner, mutated(text_xml().encode())),
    "wecom press inside": (wecom_inner, mutated(press_xml().encode())),
    "dingtalk robot": (robot_http, st.one_of(junk, robot_bodies.map(as_json))),
    "dingtalk card": (card_http, st.one_of(junk, press_bodies.map(as_json))),
    "dingtalk event envelope": (event_envelope, st.one_of(junk, anything.map(as_json))),
    "dingtalk event inside": (event_http, st.one_of(junk, event_bodies.map(as_json))),
    "dingtalk stream": (frame, st.one_of(junk, wire(headers, payloads))),
}


@pytest.mark.parametrize("name", WIRE)
def test_d13_a_platforms_push_is_read_or_refused(name):
    parse, hostile = WIRE[name]

    @settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.too_slow])
    @given(hostile)
    def try_it(raw):
        with suppress(BadCallback):
            stored(parse(raw))

    try_it()


@given(junk, st.dictionaries(awkward, awkward, max_size=4))
def test_d13_a_query_is_read_or_refused(body, query):
    now = {"timestamp": str(int(WECOM_NOW.timestamp()))}
    for raw in (body.decode("latin-1"), urlencode(query | now, errors="replace")):
        with suppress(BadCallback):
            CALLBACK.echo(raw, WECOM_NOW)
        with suppress(BadCallback):
            CALLBACK.read(raw, b"<xml/>", WECOM_NOW)


@given(st.dictionaries(awkward, awkward), st.dictionaries(awkward, awkward))
def test_d13_signature_headers_of_any_kind_are_no_reason_to_break(robot, more):
    given_headers = robot | {"timestamp": next(iter(more), ""), "sign": next(iter(more), "")}
    for parse in (ROBOT.read_robot, ROBOT.read_card):
        with pytest.raises(BadCallback):
            parse(given_headers, b"{}", NOW)


@given(awkward, awkward, awkward)
def test_d13_a_forms_tokens_are_ours_or_nothing(token, form, account):
    cookies = f"{COOKIE}={token}; {STATE_COOKIE}={token}".encode("latin-1", "replace")
    request = Request({"type": "http", "headers": [(b"cookie", cookies)]})
    assert SESSIONS.redeem(token, form, account) is None
    assert SESSIONS.account(request, form) == ""
    assert not SESSIONS.ends_login(request, form, token)


@given(awkward)
def test_d13_a_line_of_chat_is_a_call_a_guess_or_nothing(line):
    for typed in (line, f"/{line}", f"/商机 {line}", f"／客户{line}"):
        found = lines.read(typed, ROUTES)
        assert found is None or isinstance(found, lines.Call | lines.Guess)


CONFIG = b"""allow_unofficial_api = false
[server]
port = 8787
public_url = "https://bot.example"
[wecom]
corp_id = "ww"
agent_id = 1
secret = "s"
token = "t"
aes_key = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
[time]
zone = "Asia/Shanghai"
"""


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(hostile=st.one_of(junk, mutated(CONFIG)))
def test_d13_a_configuration_is_read_or_every_mistake_told(tmp_path, hostile):
    path = tmp_path / "config.toml"
    path.write_bytes(hostile)
    with suppress(SettingsError):
        load(path)


@given(st.one_of(awkward, anything.map(json.dumps)))
def test_d13_a_stored_card_is_a_card_or_nothing(body):
    with suppress(ValidationError):
        model.load(body)


@given(st.builds(
    model.Card, title=awkward, subtitle=awkward, quote=awkward, done=awkward,
    facts=st.lists(st.tuples(awkward, awkward), max_size=3).map(tuple),
    buttons=st.lists(st.builds(model.Button, text=awkward, action=awkward), max_size=9).map(tuple),
))  # fmt: skip
def test_d13_any_card_can_be_kept_and_shown_on_both_platforms(card):
    """Even one that was stored by a version without the door."""
    slot = Slot("ref", 1)
    for shown in (
        wecom.render(card, slot), dingtalk.render(card, slot, template=True),
        dingtalk.render(card, slot, template=False),
    ):  # fmt: skip
        json.dumps(shown, ensure_ascii=False).encode()


@given(st.dictionaries(awkward, anything))
def test_d13_a_log_line_can_always_be_written(event):
    json.dumps(redact(None, "info", event), default=str)
    cleaned(str(event))


@pytest.mark.parametrize("part", ["9" * 5000, "-1", "٣", "1_0", "0x0", " 0", ""])
def test_d13_a_button_number_of_any_spelling_presses_nothing(office, part):
    [card] = office.says("张三", "/帮助")
    [delivery] = office.rows("delivery")
    before = len(office.sees("张三"))
    for values in ({}, {"choice": f"1.{part}"}):
        event = Inbound(
            "wecom", delivery["tenant"], f"p{len(values)}", delivery["account"], NOW, "press",
            ref=delivery["id"], key=f"1.{part}" if not values else "1.form", values=values,
        )  # fmt: skip
        office.finger(office.demo.service._receive(event))
    assert not [m for m in office.sees("张三")[before:] if "编号 E" in m["text"]]
    assert card["title"]
