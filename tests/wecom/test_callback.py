"""Attacks D01–D08, D10, D12 and D13 on the callback address."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.platforms.api import BadCallback, Inbound
from bot.platforms.codec import Codec
from bot.platforms.wecom.callback import MAX_BODY
from tests.wecom import kit
from tests.wecom.kit import CALLBACK, NOW


def read(query: str, body: bytes) -> Inbound:
    return CALLBACK.read(query, body, NOW)


def refused(query: str, body: bytes) -> tuple[str, int]:
    with pytest.raises(BadCallback) as caught:
        read(query, body)
    return caught.value.reason, caught.value.status


def outcome(inner: bytes | str) -> str | int:
    """What became of an authentic message: the text it was taken as, or the HTTP status."""
    try:
        return read(*kit.sealed(inner)).text
    except BadCallback as refusal:
        return refusal.status


def resigned(change) -> tuple[str, bytes]:
    one = kit.CODEC.encrypt(kit.text_xml().encode(), "n", str(int(NOW.timestamp())))
    return kit.signed(change(one.signature), one.timestamp, one.nonce), kit.envelope(one.encrypted)


@pytest.mark.parametrize(
    "change",
    [
        lambda s: ("0" if s[0] != "0" else "1") + s[1:],
        lambda _: "",
        lambda s: s[:-1],
        lambda s: s + "0",
        lambda s: s.upper(),
        lambda _: "签" * 40,
        lambda s: f" {s}",
    ],
    ids=["flipped", "empty", "39", "41", "upper", "chinese", "space"],
)
def test_d01_a_callback_signed_by_a_stranger_is_refused(change):
    assert refused(*resigned(change)) == ("signature", 401)


def test_d01_a_callback_without_a_signature_is_refused():
    query, body = kit.sealed(kit.text_xml())
    bare = "&".join(part for part in query.split("&") if not part.startswith("msg_signature"))
    assert refused(bare, body) == ("signature", 401)


def test_d02_ciphertext_that_was_not_signed_is_never_decrypted(monkeypatch):
    query, _ = kit.sealed(kit.text_xml())
    _, other_body = kit.sealed(kit.text_xml("另一条"))
    monkeypatch.setattr(Codec, "_decrypt", lambda *_: pytest.fail("decrypted"))
    assert refused(query, other_body) == ("signature", 401)


@pytest.mark.parametrize("seconds", [-301, 302, -86400, 86400])
def test_d04_a_stale_signature_is_refused(seconds):
    assert refused(*kit.sealed(kit.text_xml(), seconds=seconds)) == ("stale", 401)


@pytest.mark.parametrize("seconds", [-299, 0, 299])
def test_d04_clocks_may_differ_by_five_minutes(seconds):
    assert read(*kit.sealed(kit.text_xml(), seconds=seconds)).text == "/帮助"


@pytest.mark.parametrize(
    "stamp", ["", "179000000", "17900000000", "１７９００００００００"[:10], "1e9"]
)
def test_d04_a_timestamp_is_ten_digits(stamp):
    one = kit.CODEC.encrypt(b"<xml/>", "n", "1790000000")
    assert refused(kit.signed(one.signature, stamp, "n"), kit.envelope(one.encrypted)) == (
        "stale",
        401,
    )


def test_d05_the_same_callback_twice_is_the_same_event():
    query, body = kit.sealed(kit.text_xml())
    assert read(query, body) == read(query, body)


@pytest.mark.parametrize("inner", [kit.text_xml(), kit.press_xml(), kit.event_xml("enter_agent")])
def test_d06_a_retry_with_a_new_nonce_and_time_is_the_same_event(inner):
    first = read(*kit.sealed(inner, nonce="one"))
    again = read(*kit.sealed(inner, nonce="two", seconds=7))
    assert first.event_key == again.event_key


def test_d07_another_corp_is_refused():
    other = Codec(kit.TOKEN, kit.AES_KEY, "ww_other")
    assert refused(*kit.sealed(kit.text_xml(), codec=other)) == ("receiver", 403)


@pytest.mark.parametrize(
    ("corp", "agent"), [("ww_other", "1000002"), ("ww_corp", "1000003"), ("", "")]
)
def test_d07_an_envelope_for_another_corp_or_app_is_refused(corp, agent):
    one = kit.CODEC.encrypt(kit.text_xml().encode(), "n", str(int(NOW.timestamp())))
    query = kit.signed(one.signature, one.timestamp, one.nonce)
    assert refused(query, kit.envelope(one.encrypted, corp, agent)) == ("receiver", 403)


@pytest.mark.parametrize("wrong", [("ww_corp", "ww_other"), ("1000002", "1000003")])
def test_d07_a_message_inside_for_another_corp_or_app_is_refused(wrong):
    assert refused(*kit.sealed(kit.text_xml().replace(*wrong))) == ("receiver", 403)


BOMB = (
    '<!DOCTYPE xml [<!ENTITY a "ha">'
    + "".join(
        f'<!ENTITY {n} "{f"&{p};" * 10}">' for p, n in zip("abcdefgh", "bcdefghi", strict=True)
    )
    + "]><xml><ToUserName>&i;</ToUserName></xml>"
)
HOSTILE = {
    "bomb": BOMB,
    "file": '<!DOCTYPE xml [<!ENTITY x SYSTEM "file:///etc/passwd">]><xml><a>&x;</a></xml>',
    "canary": '<!DOCTYPE xml [<!ENTITY x SYSTEM "http://127.0.0.1:9/c">]><xml><a>&x;</a></xml>',
    "dtd": '<!DOCTYPE xml SYSTEM "http://127.0.0.1:9/x.dtd"><xml/>',
    "doctype": "<!DOCTYPE xml><xml/>",
    "doctype after comment": "<!-- --><!DOCTYPE xml><xml/>",
    "doctype after declaration": '<?xml version="1.0"?><!DOCTYPE xml><xml/>',
    "undefined entity": "<xml><ToUserName>&x;</ToUserName></xml>",
    "deep": "<xml>" + "<a>" * 100_000,
    "deep and closed": "<xml>" + "<a>" * 100_000 + "</a>" * 100_000 + "</xml>",
    "wide": "<xml>" + "<a/>" * 200_000 + "</xml>",
    "not xml": "hello",
    "nothing": "",
}


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE)
def test_d08_a_hostile_envelope_is_refused_at_once(hostile):
    query, _ = kit.sealed(kit.text_xml())
    began = time.process_time()
    assert refused(query, hostile.encode()) == ("xml", 400)
    assert time.process_time() - began < 2


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE)
def test_d08_a_hostile_but_authentic_message_is_taken_in_and_not_acted_on(hostile):
    began = time.process_time()
    query, body = kit.sealed(hostile)
    if len(body) > MAX_BODY:
        assert refused(query, body) == ("size", 413)
        return
    inbound = read(query, body)
    assert (inbound.kind, inbound.text, inbound.at) == ("event", "malformed", NOW)
    assert len(inbound.event_key) == 64
    assert time.process_time() - began < 2


def test_d10_a_body_over_one_mebibyte_is_refused_unread():
    assert refused("", b"<" * (MAX_BODY + 1)) == ("size", 413)


def inner(encoding: str) -> bytes:
    return kit.text_xml("你好").encode(encoding)


ENCODINGS = {
    "gbk": inner("gbk"),
    "gbk declared": b'<?xml version="1.0" encoding="gbk"?>' + inner("gbk"),
    "utf-16": inner("utf-16"),
    "bom": inner("utf-8-sig"),
    "nul": kit.text_xml("a\0b").encode(),
    "0x0b": kit.text_xml("a\x0bb").encode(),
    "truncated": kit.text_xml().encode()[:-40],
    "broken utf-8": kit.text_xml().encode().replace("帮".encode(), "帮".encode()[:2]),
    "surrogate": kit.text_xml("X").encode().replace(b"X", b"\xed\xa0\x80"),
    "gzip": b"\x1f\x8b\x08\x00junk",
}


@pytest.mark.parametrize("body", ENCODINGS.values(), ids=ENCODINGS)
def test_d12_an_envelope_in_another_encoding_is_refused(body):
    query, _ = kit.sealed(kit.text_xml())
    assert refused(query, body) == ("xml", 400)


@pytest.mark.parametrize("body", ENCODINGS.values(), ids=ENCODINGS)
def test_d12_an_authentic_message_in_another_encoding_is_kept_as_malformed(body):
    inbound = read(*kit.sealed(body))
    assert (inbound.kind, inbound.text) == ("event", "malformed")


def test_d12_an_xml_declaration_in_utf8_is_fine():
    plain = '<?xml version="1.0" encoding="UTF-8"?>\n' + kit.text_xml("你好")
    assert read(*kit.sealed(plain)).text == "你好"


MISTYPED = {
    "MsgType twice": kit.text_xml().replace("<MsgType>", "<MsgType>image</MsgType><MsgType>"),
    "MsgType twice, other case": kit.text_xml().replace(
        "<MsgType>", "<msgtype>image</msgtype><MsgType>"
    ),
    "MsgType with attribute": kit.text_xml().replace("<MsgType>", '<MsgType a="b">'),
    "MsgType nested": kit.text_xml().replace("<MsgType>", "<MsgType><b/>"),
    "no MsgType": kit.text_xml().replace("MsgType>", "MsgSort>"),
    "CreateTime abc": kit.text_xml().replace("1790000000", "abc"),
    "CreateTime huge": kit.text_xml().replace("1790000000", "9" * 30),
    "MsgId true": kit.text_xml().replace("4561255354251345929", "true"),
    "no sender": kit.text_xml().replace("lisi", ""),
    "press without task": kit.press_xml().replace("T1", ""),
    "press without key": kit.press_xml(key=""),
    "question twice": kit.press_xml(
        more="<SelectedItems>"
        + "<SelectedItem><QuestionKey>q</QuestionKey></SelectedItem>" * 2
        + "</SelectedItems>"
    ),
    "root alone": "<xml/>",
}


@pytest.mark.parametrize("strange", MISTYPED.values(), ids=MISTYPED)
def test_d13_an_authentic_message_of_the_wrong_shape_never_becomes_an_action(strange):
    assert outcome(strange) in {403, "malformed"}  # 403: nobody is addressed


def test_d13_two_encrypted_parts_are_refused():
    query, body = kit.sealed(kit.text_xml())
    twice = body.replace(b"</xml>", b"<Encrypt>x</Encrypt></xml>")
    assert refused(query, twice) == ("xml", 400)


def test_d13_a_query_name_that_stands_twice_is_refused():
    query, body = kit.sealed(kit.text_xml())
    assert refused(f"{query}&nonce=other", body) == ("query", 400)
    assert refused(f"{query}&%6eonce=other", body) == ("query", 400)


@given(query=st.text(), body=st.binary())
@example(query="%ff=1", body=b"")
@example(query="timestamp=\ud800", body=b"<xml/>")
def test_only_bad_callback_escapes_for_any_request(query, body):
    with pytest.raises(BadCallback):
        read(query, body)


@given(st.binary(max_size=500))
def test_only_bad_callback_escapes_for_any_authentic_message(plaintext):
    assert outcome(plaintext) in {403, "malformed"}


TAGS = (
    "ToUserName", "FromUserName", "CreateTime", "MsgType", "MsgId", "Event", "EventKey",
    "TaskId", "SelectedItems", "SelectedItem", "QuestionKey", "OptionIds", "AgentID",
)  # fmt: skip
VALUES = st.sampled_from(
    [
        "",
        kit.CORP,
        str(kit.AGENT),
        "text",
        "event",
        "template_card_event",
        "1790000000",
        "\U0001f44d",
    ]
)
TREES = st.recursive(
    VALUES,
    lambda inside: st.lists(st.tuples(st.sampled_from(TAGS), inside), max_size=8).map(
        lambda parts: "".join(f"<{tag}>{content}</{tag}>" for tag, content in parts)
    ),
    max_leaves=20,
)


@given(TREES)
def test_only_bad_callback_escapes_for_any_tree_of_known_elements(tree):
    outcome(f"<xml>{tree}</xml>")


def test_the_echo_is_the_bare_plaintext():
    one = kit.CODEC.encrypt(b"1616140317555161061", "n", str(int(NOW.timestamp())))
    query = kit.signed(one.signature, one.timestamp, one.nonce, echostr=one.encrypted)
    assert CALLBACK.echo(query, NOW) == "1616140317555161061"


def test_a_plus_in_the_query_is_a_plus_escaped_or_not():
    stamp = str(int(NOW.timestamp()))
    sealed = (kit.CODEC.encrypt(b"42", "n", stamp) for _ in range(500))
    one = next(s for s in sealed if "+" in s.encrypted)
    escaped = kit.signed(one.signature, one.timestamp, one.nonce, echostr=one.encrypted)
    assert CALLBACK.echo(escaped, NOW) == "42"
    assert CALLBACK.echo(escaped.replace("%2B", "+"), NOW) == "42"


@pytest.mark.parametrize("query", ["", "echostr=abc", "msg_signature=&timestamp=&nonce=&echostr="])
def test_a_get_without_parameters_is_refused_not_an_error(query):
    with pytest.raises(BadCallback) as caught:
        CALLBACK.echo(query, NOW)
    assert caught.value.status == 401


def test_an_echo_that_is_not_text_is_refused():
    one = kit.CODEC.encrypt(b"\xff\xfe", "n", str(int(NOW.timestamp())))
    query = kit.signed(one.signature, one.timestamp, one.nonce, echostr=one.encrypted)
    with pytest.raises(BadCallback) as caught:
        CALLBACK.echo(query, NOW)
    assert caught.value.status == 400


def test_a_replayed_echo_is_refused_after_five_minutes():
    one = kit.CODEC.encrypt(b"1", "n", str(int(NOW.timestamp())))
    query = kit.signed(one.signature, one.timestamp, one.nonce, echostr=one.encrypted)
    with pytest.raises(BadCallback):
        CALLBACK.echo(query, NOW + timedelta(seconds=301))
