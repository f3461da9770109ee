"""WeCom's side of a callback, by wechatpy: the official algorithm, written by others."""

import secrets
import time
import warnings

import xmltodict

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from wechatpy.enterprise.crypto import WeChatCrypto


def sealed(settings, xml):
    """Query parameters and body of one encrypted POST."""
    crypto = WeChatCrypto(
        settings.token.get_secret_value(), settings.aes_key.get_secret_value(), settings.corp_id
    )
    nonce, timestamp = str(secrets.randbelow(10**9)), str(int(time.time()))
    outer = xmltodict.parse(crypto.encrypt_message(xml, nonce, timestamp))["xml"]
    body = (
        f"<xml><ToUserName>{settings.corp_id}</ToUserName><AgentID>{settings.agent_id}</AgentID>"
        f"<Encrypt>{outer['Encrypt']}</Encrypt></xml>"
    )
    query = {"msg_signature": outer["MsgSignature"], "timestamp": timestamp, "nonce": nonce}
    return query, body.encode()
