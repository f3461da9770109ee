"""The codec against official vectors, against wechatpy, and against everything else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.platforms.api import BadCallback
from bot.platforms.codec import Codec
from tests.wecom import kit


def codec_of(vector: dict) -> Codec:
    return Codec(vector["token"], vector["encoding_aes_key"], vector["receive_id"])


def opened(vector: dict) -> bytes:
    return codec_of(vector).verify_and_decrypt(
        vector["msg_signature"], vector["timestamp"], vector["nonce"], vector["encrypt"]
    )


def theirs(vector: dict) -> kit.WeChatCrypto:
    return kit.WeChatCrypto(vector["token"], vector["encoding_aes_key"], vector["receive_id"])


@pytest.mark.parametrize("vector", kit.POSITIVE, ids=lambda v: v["id"])
def test_every_official_vector_opens_to_its_plaintext(vector):
    assert opened(vector).decode() == vector["expected_plaintext"]


@pytest.mark.parametrize("vector", kit.POSITIVE, ids=lambda v: v["id"])
def test_wechatpy_reads_every_official_vector_as_we_do(vector):
    answer = theirs(vector).check_signature(
        vector["msg_signature"], vector["timestamp"], vector["nonce"], vector["encrypt"]
    )
    assert answer.encode() == opened(vector)


@pytest.mark.parametrize("vector", kit.NEGATIVE, ids=lambda v: v["id"])
def test_every_negative_vector_is_refused_with_a_4xx(vector):
    with pytest.raises(BadCallback) as refused:
        opened(vector)
    assert 400 <= refused.value.status < 500


@pytest.mark.parametrize("length", [*range(34), 1000])
def test_wechatpy_opens_what_we_seal_at_every_padding(length):
    sealed = kit.CODEC.encrypt(b"x" * length, "nonce", "1790000000")
    crypto = kit.WeChatCrypto(kit.TOKEN, kit.AES_KEY, kit.CORP)
    answer = crypto.check_signature(
        sealed.signature, sealed.timestamp, sealed.nonce, sealed.encrypted
    )
    assert answer == "x" * length


@given(st.text(max_size=200), st.text("abc019-_", max_size=20))
def test_what_is_sealed_opens_again(message, nonce):
    sealed = kit.CODEC.encrypt(message.encode(errors="replace"), nonce, "1790000000")
    again = kit.CODEC.verify_and_decrypt(
        sealed.signature, sealed.timestamp, sealed.nonce, sealed.encrypted
    )
    assert again == message.encode(errors="replace")


@given(st.text(max_size=60), st.text(max_size=20), st.text(max_size=20), st.text(max_size=300))
def test_nothing_but_bad_callback_comes_out_of_strange_text(signature, timestamp, nonce, encrypted):
    with pytest.raises(BadCallback):
        kit.CODEC.verify_and_decrypt(signature, timestamp, nonce, encrypted)


@given(st.binary(max_size=200))
def test_nothing_but_bad_callback_comes_out_of_strange_bytes_that_were_signed(junk):
    """Even someone who knows the token cannot make the codec stumble."""
    text = junk.decode("latin-1")
    try:
        signature = kit.CODEC.sign("1790000000", "n", text)
    except UnicodeEncodeError:
        signature = "0" * 40
    with pytest.raises(BadCallback):
        kit.CODEC.verify_and_decrypt(signature, "1790000000", "n", text)


def sealed_raw(content: bytes) -> tuple[str, str, str, str]:
    """`content` encrypted and signed as it stands: the caller chose the padding."""
    from base64 import b64encode

    encryptor = kit.CODEC._cipher.encryptor()
    encrypted = b64encode(encryptor.update(content) + encryptor.finalize()).decode()
    return kit.CODEC.sign("1790000000", "n", encrypted), "1790000000", "n", encrypted


BODY = b"r" * 16 + (9).to_bytes(4, "big") + b"y" * 9 + kit.CORP.encode()  # 36 bytes


@pytest.mark.parametrize(
    "content",
    [
        BODY + b"\x1b" * 26 + b"\x1c\x1c",
        BODY + b"\x01" * 27 + b"\x1c",  # the last byte is right, the others are not
        BODY + b"\x00" * 28,
        BODY + b"\x21" * 28,
        BODY[:36].ljust(48, b"\x0c"),  # padded to 16 as plain AES would
        b"\x20" * 32,
        b"r" * 16 + b"\xff" * 4 + b"\x0c" * 12,
        b"r" * 20 + b"\x0c" * 12,
    ],
)
def test_wrong_padding_and_wrong_lengths_are_refused(content):
    with pytest.raises(BadCallback) as refused:
        kit.CODEC.verify_and_decrypt(*sealed_raw(content))
    assert refused.value.status in (400, 403)


def test_the_right_padding_is_accepted_by_the_same_path():
    assert kit.CODEC.verify_and_decrypt(*sealed_raw(BODY + b"\x1c" * 28)) == b"y" * 9


def test_base64_with_anything_between_is_refused_though_signed():
    encrypted = sealed_raw(BODY + b"\x1c" * 28)[3]
    broken = f"{encrypted[:8]}\n{encrypted[8:]}"
    signature = kit.CODEC.sign("1790000000", "n", broken)
    with pytest.raises(BadCallback):
        kit.CODEC.verify_and_decrypt(signature, "1790000000", "n", broken)


@pytest.mark.parametrize("content", [b"r" * 16 + b"\xff" * 4 + b"\x0c" * 12, b"\x20" * 32])
def test_without_a_receive_id_a_length_beyond_the_end_is_refused_too(content):
    bot = Codec(kit.TOKEN, kit.AES_KEY, "")
    with pytest.raises(BadCallback):
        bot.verify_and_decrypt(*sealed_raw(content))


def test_another_corps_message_is_refused_as_theirs():
    sealed = Codec(kit.TOKEN, kit.AES_KEY, "ww_other").encrypt(b"hi", "n", "1790000000")
    with pytest.raises(BadCallback) as refused:
        kit.CODEC.verify_and_decrypt(
            sealed.signature, sealed.timestamp, sealed.nonce, sealed.encrypted
        )
    assert (refused.value.reason, refused.value.status) == ("receiver", 403)


@pytest.mark.parametrize("key", ["", "short", "j" * 42, "j" * 44, "!" * 43, "钥" * 43])
def test_an_impossible_aes_key_is_named_at_the_start_and_not_quoted(key):
    with pytest.raises(ValueError, match="EncodingAESKey") as wrong:
        Codec(kit.TOKEN, key, kit.CORP)
    assert not key or key not in str(wrong.value)


def test_sealing_twice_gives_different_bytes():
    first, second = (kit.CODEC.encrypt(b"same", "n", "1790000000") for _ in range(2))
    assert first.encrypted != second.encrypted
