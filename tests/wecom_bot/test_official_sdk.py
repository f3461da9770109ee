"""WeCom's own Python SDK against the fake gateway: what it takes for granted, the fake gives.

The SDK is a development dependency; our client does not import it.
"""

from __future__ import annotations

import asyncio
import warnings

import pytest

from tests.wecom_bot.lab import BOT, CARD, SECRET, lab

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # it asks websockets for an old name
    import aibot
    import aibot.ws


@pytest.fixture(autouse=True)
def _without_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK knows wss only; the fake is on this machine."""
    monkeypatch.setattr(aibot.ws, "_SSL_CONTEXT", None)


class Quiet:
    """A logger that keeps what went wrong."""

    def __init__(self) -> None:
        self.troubles: list[str] = []

    def debug(self, *_: object) -> None: ...

    info = debug

    def warn(self, message: str, *_: object) -> None:
        self.troubles.append(message)

    error = warn


def official(address: str, log: Quiet, secret: str = SECRET):
    return aibot.WSClient(
        aibot.WSClientOptions(
            bot_id=BOT, secret=secret, ws_url=address, heartbeat_interval=50, logger=log,
            max_reconnect_attempts=0,
        )
    )  # fmt: skip


def test_the_official_client_is_heard_answers_pushes_and_updates():
    async def main() -> None:
        async with lab() as here:
            log, subscribed, seen = Quiet(), asyncio.Event(), []
            peer = official(here.address, log)
            peer.on("authenticated", subscribed.set)

            async def on_text(frame) -> None:
                seen.append(frame["body"]["text"]["content"])
                await peer.reply_stream(frame, "s1", "想一想")
                await peer.reply_stream(frame, "s1", "想好了", finish=True)
                await peer.send_message(
                    "zhangsan", {"msgtype": "template_card", "template_card": CARD}
                )

            async def on_enter(frame) -> None:
                await peer.reply_welcome(frame, {"msgtype": "text", "text": {"content": "您好"}})

            async def on_press(frame) -> None:
                seen.append(frame["body"]["event"]["template_card_event"]["event_key"])
                done = {**CARD, "main_title": {"title": "已同意"}}
                await peer.update_template_card(frame, done, ["zhangsan"])

            peer.on("message.text", on_text)
            peer.on("event.enter_chat", on_enter)
            peer.on("event.template_card_event", on_press)
            await peer.connect()
            async with asyncio.timeout(3):
                await subscribed.wait()
            await here.fake.say("zhangsan", "你好")
            async with asyncio.timeout(3):
                while len(here.shown) < 3:  # noqa: ASYNC110 - shown by the fake
                    await asyncio.sleep(0.01)
            await here.fake.press(here.shown[2], "yes", {})
            welcome, answer, card = here.shown
            assert seen == ["你好", "yes"]
            assert (welcome.wire, answer.wire) == ({"content": "您好"}, {"content": "想好了"})
            assert (card.state, card.wire["main_title"]) == ("updated", {"title": "已同意"})
            await asyncio.sleep(0.2)  # some heartbeats
            assert log.troubles == []
            await stopped(peer)

    asyncio.run(main())


def test_the_official_client_is_told_that_its_secret_is_wrong():
    async def main() -> None:
        async with lab() as here:
            failures: list[Exception] = []
            peer = official(here.address, Quiet(), secret="wrong")
            peer.on("error", failures.append)
            await peer.connect()
            async with asyncio.timeout(3):
                while not failures:  # noqa: ASYNC110 - filled by the peer
                    await asyncio.sleep(0.01)
            assert "853000" in str(failures[0])
            await stopped(peer)

    asyncio.run(main())


async def stopped(peer) -> None:
    """End the peer and wait for the task it leaves behind."""
    peer.disconnect()
    left = [task for task in asyncio.all_tasks() if "_async_disconnect" in repr(task)]
    await asyncio.wait_for(asyncio.gather(*left), 3)
