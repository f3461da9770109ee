"""Crypto: the official vectors and a peer implementation; refusals are in tests/wecom."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import warnings

import pytest

from bot.platforms.api import BadCallback
from bot.platforms.codec import Codec
from bot.platforms.dingtalk.crypto import card_sign, robot_sign
from tests.dingtalk.kit import AES_KEY, VECTORS

TOKEN, OWNER = "callbacktoken", "dingclient"
VECTOR_IDS = [v["id"] for v in VECTORS["callback_crypto"]]


def codec() -> Codec:
    return Codec(TOKEN, AES_KEY, OWNER)


def opened(encrypted: str) -> bytes:
    box = codec()
    return box.verify_and_decrypt(box.sign("1", "n", encrypted), "1", "n", encrypted)


@pytest.mark.parametrize("vector", VECTORS["callback_crypto"], ids=VECTOR_IDS)
def test_the_official_vectors_are_signed_opened_and_sealed_byte_by_byte(vector, monkeypatch):
    box = Codec(vector["token"], vector["encoding_aes_key"], vector["owner_key"])
    parts = (vector["timestamp"], vector["nonce"], vector["encrypt"])
    message = vector["expect_plaintext"].encode()

    assert box.sign(*parts) == vector["signature"]
    assert box.verify_and_decrypt(vector["signature"], *parts) == message
    monkeypatch.setattr(os, "urandom", lambda _: vector["expect_random16"].encode())
    assert box.encrypt(message, vector["nonce"], vector["timestamp"]).encrypted == parts[2]


@pytest.mark.parametrize("message", ["success", '{"EventType":"check_url"}', "客户：北方泵业" * 50])
def test_the_peer_sdk_reads_what_we_seal_and_we_read_what_it_seals(message):
    box = codec()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from dingtalk.crypto import DingTalkCrypto

        peer = DingTalkCrypto(TOKEN, AES_KEY, OWNER)
        sealed = box.encrypt(message.encode(), "x", "9")
        assert peer.decrypt_encrypt_str(sealed.signature, "9", "x", sealed.encrypted) == message

        wire = peer.encrypt_message(message)
    parts = (wire["timeStamp"], wire["nonce"], wire["encrypt"])
    assert box.verify_and_decrypt(wire["msg_signature"], *parts) == message.encode()


def test_robot_and_card_signs_follow_the_documented_formulas():
    expected = hmac.new(b"s3cret", b"1700000000000\ns3cret", hashlib.sha256).digest()
    assert robot_sign("s3cret", "1700000000000") == base64.b64encode(expected).decode()
    expected = hmac.new(b"s3cret", b"1700000000000", hashlib.sha256).digest()
    assert card_sign("s3cret", "1700000000000") == base64.b64encode(expected).decode()


def test_a_message_for_another_app_is_refused():
    stranger = Codec(TOKEN, AES_KEY, "dingother").encrypt(b"success", "n", "1").encrypted
    with pytest.raises(BadCallback) as refused:
        opened(stranger)
    assert (refused.value.reason, refused.value.status) == ("receiver", 403)
