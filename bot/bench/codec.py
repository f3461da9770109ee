"""What encrypting costs: the product's acknowledgements are empty, an answer would be sealed."""

from __future__ import annotations

from statistics import median
from time import process_time

from bot.bench.company import App
from bot.platforms.codec import Codec

MESSAGES = 2000
ROUNDS = 5
ANSWER = (
    "<xml><ToUserName><![CDATA[rep01]]></ToUserName><MsgType><![CDATA[text]]></MsgType>"
    "<Content><![CDATA[商机 OPP-20261121-0001 已登记，介绍人：某阀门制造]]></Content></xml>"
).encode()


def seal_and_open(app: App) -> tuple[float, float]:
    """CPU microseconds to seal one answer and to verify and open one message."""
    codec = Codec(app.token, app.aes_key, app.corp_id)
    sealing, opening = [], []
    for _ in range(ROUNDS):
        began = process_time()
        sealed = [codec.encrypt(ANSWER, "1234567890", "1795000000") for _ in range(MESSAGES)]
        between = process_time()
        for one in sealed:
            codec.verify_and_decrypt(one.signature, one.timestamp, one.nonce, one.encrypted)
        sealing.append(between - began)
        opening.append(process_time() - between)
    return median(sealing) / MESSAGES * 1e6, median(opening) / MESSAGES * 1e6
