"""D13: whatever comes in, a parser gives its result or its own error, and nothing else."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import timedelta
from functools import cache
from io import BytesIO
from urllib.parse import urlencode
from zipfile import ZipFile

import pytest
from fastapi import Request
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from pydantic import ValidationError

from bot.importing import CUSTOMERS, PEOPLE
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
from connectors import notice
from connectors.notice import NoticeError
from connectors.sheet_cells import BadCell, value
from connectors.sheets import Column, SheetError, errors_file, read
from engine.calendar import Day
from handlers import lines
from handlers.all import registry
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

awkward = st.one_of(
    st.text(st.characters(), max_size=40),
    st.sampled_from(["", "\0", "\ud800", "٣", "１７００", "1_000", "1e400", "NaN", "-0", "9" * 5000,
                     "{", "[[[", '{"a":', "W3siYSI6MX1d", "=cmd|' /C calc'!A0", "{{7*7}}"]),
)  # fmt: skip
plain = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), awkward)
anything = st.recursive(
    plain,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(awkward, inner, max_size=4)
    ),
    max_leaves=12,
)
junk = st.binary(max_size=300)


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


def mutated(document):
    """A document with a piece replaced by junk."""

    def cut(start, length, piece):
        at = start % (len(document) + 1)
        return document[:at] + piece + document[at + length :]

    return st.builds(cut, st.integers(0, 10_000), st.integers(0, 40), junk)


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


@cache
def workbook():
    book = Workbook()
    book.active.append(["客户名称", "负责人", "标签"])
    book.active.append(["恒信阀门", "张三", "阀门、泵"])
    file = BytesIO()
    book.save(file)
    return file.getvalue()


def with_sheet(xml):
    """The workbook with another first sheet."""
    made = BytesIO()
    with ZipFile(BytesIO(workbook())) as old, ZipFile(made, "w") as new:
        for part in old.infolist():
            sheet = part.filename == "xl/worksheets/sheet1.xml"
            new.writestr(part.filename, xml if sheet else old.read(part))
    return made.getvalue()


def sheet_xml():
    with ZipFile(BytesIO(workbook())) as book:
        return book.read("xl/worksheets/sheet1.xml")


CSV = "客户名称,负责人,统一社会信用代码\r\n恒信阀门,张三,91310000000000000X\r\n".encode()
SHEETS = {
    "xlsx": ("a.xlsx", lambda: st.one_of(junk, mutated(workbook()))),
    "xlsx sheet": ("a.xlsx", lambda: mutated(sheet_xml()).map(with_sheet)),
    "csv": ("a.csv", lambda: st.one_of(junk, mutated(CSV))),
    "csv gbk": ("a.csv", lambda: mutated(CSV.decode().encode("gb18030"))),
}


@pytest.mark.parametrize("name", SHEETS)
def test_d13_a_spreadsheet_is_read_or_refused_in_words(name):
    filename, hostile = SHEETS[name]

    @settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
    @given(hostile())
    def try_it(data):
        for columns in (CUSTOMERS, PEOPLE):
            with suppress(SheetError):
                sheet = read(data, filename, columns)
                errors_file(sheet, sheet.problems)

    try_it()


@given(
    st.one_of(awkward, st.floats(), st.integers(), st.booleans(), st.datetimes(), st.dates(),
              st.times(), st.timedeltas(timedelta(-9999), timedelta(9999))),
    st.sampled_from(["text", "money", "date", "list"]),
    st.sampled_from([1, 1000, 10_000, 10**8]),
)  # fmt: skip
def test_d13_a_cell_is_exact_or_refused(cell, kind, scale):
    """Money is whole 分 within bounds: no NaN, no exponent, no underscore, no third decimal."""
    with suppress(BadCell):
        found = value(cell, Column("x", kind=kind), scale)
        if kind == "money" and found is not None:
            assert isinstance(found, int)
            assert abs(found) <= 10**15
            assert "e" not in str(cell).lower()
            assert "_" not in str(cell)


@given(st.integers(0, 10**13))
def test_d13_an_amount_comes_back_as_it_was_written(fen):
    written = f"{fen // 100:,}.{fen % 100:02d}"
    assert value(written, Column("x", kind="money"), 1) == fen
    wide = written.translate({ord(c): ord(c) + 0xFEE0 for c in "0123456789,."})
    assert value(wide, Column("x", kind="money"), 1) == fen


@pytest.mark.parametrize(
    "words", ["NaN", "1e3", "1_000", "0.001", "五万", "1.2.3", "∞", "0x10", ""]
)
def test_d13_what_is_no_amount_is_no_amount(words):
    with pytest.raises(BadCell):
        value(words, Column("x", kind="money", required=True), 1)


NOTICE = (
    "国务院办公厅关于2026年部分节假日安排的通知\n元旦：1月1日（周四）至3日（周六）放假，共3天。"
)


@given(st.one_of(awkward, mutated(NOTICE.encode()).map(lambda b: b.decode(errors="replace"))))
def test_d13_a_holiday_notice_is_read_or_refused_in_words(text):
    with suppress(NoticeError):
        assert all(isinstance(day, Day) for day in notice.parse(text).days.values())


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
