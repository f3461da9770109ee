"""The official SDK against our fake gateway: the fake is not merely shaped like our client."""

from __future__ import annotations

import asyncio
import logging
import warnings
from typing import Any

from bot.platforms.dingtalk.frames import CARD_TOPIC, ROBOT_TOPIC
from cards.render.slot import Slot
from tests.dingtalk.kit import APPROVAL, lab, until

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import dingtalk_stream

RESPONSE = {
    "cardUpdateOptions": {"updateCardDataByKey": True, "updatePrivateDataByKey": True},
    "cardData": {"cardParamMap": {"done": "已同意"}},
    "userPrivateData": {"cardParamMap": {}},
}


class Robot(dingtalk_stream.ChatbotHandler):
    def __init__(self, seen: list[Any]) -> None:
        super().__init__()
        self.seen = seen

    async def process(self, callback: Any) -> tuple[int, Any]:
        message = dingtalk_stream.ChatbotMessage.from_dict(callback.data)
        self.seen.append((message.text.content, message.sender_staff_id))
        return dingtalk_stream.AckMessage.STATUS_OK, "OK"


class Press(dingtalk_stream.CallbackHandler):
    def __init__(self, seen: list[Any]) -> None:
        super().__init__()
        self.seen = seen

    async def process(self, callback: Any) -> tuple[int, Any]:
        message = dingtalk_stream.CardCallbackMessage.from_dict(callback.data)
        params = message.content["cardPrivateData"]["params"]
        self.seen.append((message.card_instance_id, message.user_id, params["key"]))
        return dingtalk_stream.AckMessage.STATUS_OK, RESPONSE


class Events(dingtalk_stream.EventHandler):
    def __init__(self, seen: list[Any]) -> None:
        super().__init__()
        self.seen = seen

    async def process(self, event: Any) -> tuple[int, str]:
        self.seen.append((event.headers.event_type, event.data))
        return dingtalk_stream.AckMessage.STATUS_OK, "OK"


class OneConnection(dingtalk_stream.DingTalkStreamClient):
    """The SDK has no way to stop but this exception, and looks for its address outside."""

    opened = False

    def open_connection(self) -> Any:
        if self.opened:
            raise KeyboardInterrupt
        self.opened = True
        return super().open_connection()

    def get_host_ip(self) -> str:
        return "127.0.0.1"


def test_the_official_client_talks_to_the_fake_gateway(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "*")
    seen: list[Any] = []

    async def main() -> None:
        async with lab() as here:
            api = f"{here.settings.api_base}/v1.0/gateway/connections/open"
            monkeypatch.setattr(dingtalk_stream.DingTalkStreamClient, "OPEN_CONNECTION_API", api)
            credential = dingtalk_stream.Credential("dingclient", "app-secret")
            client = OneConnection(credential, logging.getLogger("official"))
            client.register_callback_handler(ROBOT_TOPIC, Robot(seen))
            client.register_callback_handler(CARD_TOPIC, Press(seen))
            client.register_all_event_handler(Events(seen))
            thread = asyncio.create_task(asyncio.to_thread(asyncio.run, client.start()))
            await until(lambda: here.fake.gateway.lines)

            await here.fake.say("user1", "/帮助")
            platform = here.platform
            await platform.send("user1", platform.render(APPROVAL, Slot("card-1", 1)))
            await here.fake.press(here.of("user1")[0], "1.0", {})
            assert await here.fake.event("user_leave_org", "e1", {"userId": ["user1"]})
            echo = await here.fake.gateway.system("ping", {"opaque": "x"})
            assert echo == {"opaque": "x"}
            assert here.of("user1")[0].wire["done"] == "已同意"

            await here.fake.gateway.disconnect()
            await thread
            await until(lambda: not here.fake.gateway.lines)

    asyncio.run(main())
    assert seen == [
        ("/帮助", "user1"),
        ("card-1", "user1", "1.0"),
        ("user_leave_org", {"userId": ["user1"]}),
    ]
