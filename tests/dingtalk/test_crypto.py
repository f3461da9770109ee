"""Codec: the official vectors, a peer implementation, and every way to be refused."""

from __future__ import annotations

import base64
import hashlib
import hmac
import warnings

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given
from hypothesis import strategies as st

from bot.platforms.api import BadCallback
from bot.platforms.dingtalk.crypto import Envelope, card_sign, robot_sign
from tests.dingtalk.kit import AES_KEY, VECTORS

TOKEN, OWNER = "callbacktoken", "dingclient"
VECTOR_IDS = [v["id"] for v in VECTORS["callback_crypto"]]


def envelope() -> Envelope:
    return Envelope(TOKEN, AES_KEY, OWNER)


def seal_raw(plain: bytes) -> str:
    """Encrypt exactly these bytes, padding included, as only an insider could."""
    key = base64.b64decode(f"{AES_KEY}=")
    encryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    return base64.b64encode(encryptor.update(plain) + encryptor.finalize()).decode()


def opened(encrypted: str) -> str:
    box = envelope()
    return box.open(box.sign("1", "n", encrypted), "1", "n", encrypted)


@pytest.mark.parametrize("vector", VECTORS["callback_crypto"], ids=VECTOR_IDS)
def test_the_official_vectors_are_signed_opened_and_sealed_byte_by_byte(vector):
    box = Envelope(vector["token"], vector["encoding_aes_key"], vector["owner_key"])
    given_parts = (vector["timestamp"], vector["nonce"], vector["encrypt"])

    assert box.sign(*given_parts) == vector["signature"]
    assert box.open(vector["signature"], *given_parts) == vector["expect_plaintext"]
    random = vector["expect_random16"].encode()
    assert box.seal(vector["expect_plaintext"], random) == vector["encrypt"]


@pytest.mark.parametrize("message", ["success", '{"EventType":"check_url"}', "客户：北方泵业" * 50])
def test_the_peer_sdk_reads_what_we_seal_and_we_read_what_it_seals(message):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from dingtalk.crypto import DingTalkCrypto

        peer = DingTalkCrypto(TOKEN, AES_KEY, OWNER)
        box, sealed = envelope(), envelope().seal(message)
        assert peer.decrypt_encrypt_str(box.sign("9", "x", sealed), "9", "x", sealed) == message

        wire = peer.encrypt_message(message)
    parts = (wire["timeStamp"], wire["nonce"], wire["encrypt"])
    assert box.open(wire["msg_signature"], *parts) == message


def test_robot_and_card_signs_follow_the_documented_formulas():
    expected = hmac.new(b"s3cret", b"1700000000000\ns3cret", hashlib.sha256).digest()
    assert robot_sign("s3cret", "1700000000000") == base64.b64encode(expected).decode()
    expected = hmac.new(b"s3cret", b"1700000000000", hashlib.sha256).digest()
    assert card_sign("s3cret", "1700000000000") == base64.b64encode(expected).decode()


@pytest.mark.parametrize("change", [str.upper, lambda s: s[:-1], lambda s: s + "0", lambda _: ""])
def test_a_signature_that_is_not_exactly_right_is_refused_before_decryption(change):
    box = envelope()
    right = box.sign("1", "n", "no ciphertext at all")
    with pytest.raises(BadCallback) as refused:
        box.open(change(right), "1", "n", "no ciphertext at all")
    assert (refused.value.reason, refused.value.status) == ("signature", 401)


def test_a_message_for_another_app_is_refused():
    stranger = Envelope(TOKEN, AES_KEY, "dingother").seal("success")
    with pytest.raises(BadCallback) as refused:
        opened(stranger)
    assert (refused.value.reason, refused.value.status) == ("receiver", 403)


@pytest.mark.parametrize(
    "plain",
    [
        b"\0" * 32,  # pad 0
        b"\0" * 31 + b"\x21",  # pad 33
        b"\0" * 30 + b"\x01\x02",  # pad bytes differ
        b"\x20" * 32,  # nothing but padding
        b"r" * 16 + b"\xff\xff\xff\xff" + b"\x0c" * 12,  # a length beyond the end
        b"r" * 16 + b"\0\0\0\1" + b"\xff" + OWNER.encode() + b"\x01",  # not UTF-8
    ],
)
def test_malformed_plaintext_has_one_typed_error(plain):
    with pytest.raises(BadCallback) as refused:
        opened(seal_raw(plain))
    assert refused.value.reason in {"cipher", "receiver"}


@given(st.text(), st.text(), st.text(), st.text())
def test_nothing_but_bad_callback_escapes(signature, timestamp, nonce, encrypted):
    with pytest.raises(BadCallback):
        envelope().open(signature, timestamp, nonce, encrypted)


@given(st.binary(max_size=200))
def test_nothing_but_bad_callback_escapes_behind_a_valid_signature(sealed):
    with pytest.raises(BadCallback):
        opened(base64.b64encode(sealed).decode())


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=300))
def test_whatever_is_sealed_can_be_opened(message):
    assert opened(envelope().seal(message)) == message


@pytest.mark.parametrize("key", ["", "short", "!" * 43, AES_KEY + "1"])
def test_a_wrong_key_is_a_configuration_error_at_once(key):
    with pytest.raises(ValueError, match="aes_key"):
        Envelope(TOKEN, key, OWNER)


def test_without_a_token_nothing_can_be_verified():
    with pytest.raises(ValueError, match="token"):
        Envelope("", AES_KEY, OWNER)
