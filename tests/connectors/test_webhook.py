"""Standard Webhooks: only what was signed with the secret a moment ago is read at all."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.import_columns import LEADS
from connectors.webhook import (
    TOLERANCE,
    BadBody,
    NotAuthentic,
    fields,
    key_of,
    signature,
    verified,
)

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
KEY = key_of(SECRET)
ID, AT = "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330
NOW = datetime.fromtimestamp(AT, UTC)
BODY = b'{"test": 2432232314}'
SIGNED = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
"""The vector of the specification's own libraries."""


def headers(**changed):
    found = {"webhook-id": ID, "webhook-timestamp": str(AT), "webhook-signature": SIGNED}
    return found | {f"webhook-{name}": value for name, value in changed.items()}


def refused(given=None, body=BODY, now=NOW):
    with pytest.raises(NotAuthentic) as caught:
        verified(KEY, headers() if given is None else given, body, now)
    return caught.value.reason


def test_the_specifications_own_vector_is_right() -> None:
    assert signature(KEY, ID, str(AT), BODY) == SIGNED
    assert verified(KEY, headers(), BODY, NOW) == ID


@pytest.mark.parametrize("given", [f"v1,AAAA {SIGNED}", f"v2,x {SIGNED} v1,y", f" {SIGNED}  "])
def test_one_right_signature_among_several_is_enough(given) -> None:
    assert verified(KEY, headers(signature=given), BODY, NOW) == ID


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({}, "headers"),
        (headers(id=""), "headers"),
        (headers(id="a.b"), "headers"),
        (headers(id="x" * 129), "headers"),
        (headers(id="名"), "headers"),
        (headers(timestamp="1e9"), "headers"),
        (headers(timestamp="-1614265330"), "headers"),
        (headers(timestamp="١٦١٤٢٦٥٣٣٠"), "headers"),
        (headers(timestamp="9" * 12), "headers"),
        (headers(timestamp=str(AT + 1)), "signature"),
        (headers(id="another"), "signature"),
        (headers(signature=""), "signature"),
        (headers(signature="v1,"), "signature"),
        (headers(signature=SIGNED[3:]), "signature"),
        (headers(signature=f"v1a,{SIGNED[3:]}"), "signature"),
        (headers(signature=SIGNED.lower()), "signature"),
        (headers(signature="v1,é"), "signature"),
    ],
)
def test_d02_whatever_is_not_signed_so_is_turned_away(given, reason) -> None:
    assert refused(given) == reason


def test_d02_another_body_or_another_secret_is_not_signed() -> None:
    assert refused(body=BODY + b" ") == "signature"
    other = signature(b"k" * 32, ID, str(AT), BODY)
    assert refused(headers(signature=other)) == "signature"


@pytest.mark.parametrize("late", [TOLERANCE, -TOLERANCE])
def test_d05_what_was_recorded_is_too_old_after_five_minutes(late) -> None:
    second = timedelta(seconds=1) if late > timedelta() else -timedelta(seconds=1)
    assert verified(KEY, headers(), BODY, NOW + late) == ID
    assert refused(now=NOW + late + second) == "timestamp"


@given(st.dictionaries(st.text(max_size=40), st.text(max_size=40), max_size=5), st.binary())
def test_no_headers_and_body_do_more_than_be_refused(given, body) -> None:
    with pytest.raises(NotAuthentic):
        verified(KEY, headers() | {"webhook-signature": "v1,AAAA"} | given, body, NOW)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_AAAA", SECRET[6:], f"{SECRET}=", "whsec_é",
                                    "whsec_" + "A" * 88])  # fmt: skip
def test_a_secret_is_long_enough_and_written_as_the_specification_has_it(secret) -> None:
    with pytest.raises(ValueError, match=r"."):
        key_of(secret)


def test_a_body_is_read_under_every_name_a_column_has() -> None:
    told = {"Company": "海河医疗", "姓名": "王芳", "mobile": 13800138000, "预算（万元）": "3",
            "message": "要两台", "utm_source": "x", "tags": None,
            "公司": "", "tel": "2"}  # fmt: skip
    values, ignored = fields(json.dumps({"type": "form", "data": told}).encode(), LEADS)
    assert values == {"company": "海河医疗", "contact": "王芳", "phone": "13800138000",
                      "budget": 3_000_000, "need": "要两台"}  # fmt: skip
    assert ignored == ("utm_source", "tags")


def test_what_a_form_lets_people_write_too_long_is_cut_and_not_sent_away() -> None:
    values, _ = fields(json.dumps({"company": "甲" * 70, "message": "乙" * 900}).encode(), LEADS)
    assert (values["company"], values["need"]) == ("甲" * 60, "乙" * 500)


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b'"x"', b"\xff\xfe", b"[" * 60_000, b'{"company": {"a": 1}}',
     b'{"company": true}', b'{"budget": NaN}', b'{"data": [1]}'],
)  # fmt: skip
def test_d11_what_is_no_object_of_words_is_told_so(body) -> None:
    with pytest.raises(BadBody):
        fields(body, LEADS)


@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(
        ["company", "phone", "预算", "data", "message", "x"]), inner),
))  # fmt: skip
def test_any_json_is_read_or_refused_in_words(told) -> None:
    try:
        values, _ = fields(json.dumps(told).encode(), LEADS)
    except BadBody:
        pass
    else:
        assert values.keys() <= {column.name for column in LEADS}
