"""menu/create: the entries under the chat with the app (doc 90231)."""

from __future__ import annotations

from typing import Any

from bot.settings import WeComSettings
from bot.simulator.wecom import reading
from bot.simulator.wecom.errors import Refused, ok

NAME_BYTES = 16
KEY_BYTES = 128


class MenuDesk:
    """The app's menu; only entries that call back, which is all we use."""

    def __init__(self, settings: WeComSettings) -> None:
        self._agent_id = str(settings.agent_id)
        self.entries: list[tuple[str, str]] = []

    def create(self, agent_id: str, raw: bytes) -> dict[str, Any]:
        """The answer to menu/create.

        Raises:
            Refused: 40016 number of entries, 40017 type, 40018 name, 40019 key, 301002 app.
        """
        if agent_id != self._agent_id:
            raise Refused(301002, "not allow operate another agent with this accesstoken")
        entries = []
        for button in reading.objects(reading.body(raw), "button", 1, 3, 40016):
            if reading.text(button, "type") != "click":
                raise Refused(40017, "invalid button type")
            name = reading.needed(button, "name", 40018, NAME_BYTES)
            entries.append((name, reading.needed(button, "key", 40019, KEY_BYTES)))
        self.entries = entries
        return ok()
