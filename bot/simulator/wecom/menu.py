"""menu/create, get and delete: the entries under the chat with the app (doc 90231)."""

from __future__ import annotations

import re
from typing import Any

from bot.settings import WeComSettings
from bot.simulator.wecom import reading
from bot.simulator.wecom.errors import Refused, ok

NAME_BYTES = 16
KEY_BYTES = 128
URL_BYTES = 1024
_URL = re.compile(r"https?://[^\s/]+\S*")


class MenuDesk:
    """The app's menu: entries that call back and entries that open a page, no second level."""

    def __init__(self, settings: WeComSettings) -> None:
        self._agent_id = str(settings.agent_id)
        self._buttons: list[dict[str, Any]] = []

    @property
    def entries(self) -> list[tuple[str, str]]:
        """(name, key or address) of each entry, left to right."""
        return [(one["name"], one.get("key") or one["url"]) for one in self._buttons]

    def opens_page(self, key: str) -> bool:
        """Whether the entry `key` opens a page, so that its tap is a `view`."""
        return any(one.get("url") == key for one in self._buttons)

    def create(self, agent_id: str, raw: bytes) -> dict[str, Any]:
        """The answer to menu/create.

        Raises:
            Refused: 40016 number of entries, 40017 type, 40018 name, 40019 key, 40020 address,
                301002 another app.
        """
        self._check_agent(agent_id)
        buttons = []
        for button in reading.objects(reading.body(raw), "button", 1, 3, 40016):
            sort = reading.text(button, "type")
            if sort not in ("click", "view"):
                raise Refused(40017, "invalid button type")
            entry = {"type": sort, "name": reading.needed(button, "name", 40018, NAME_BYTES)}
            if sort == "click":
                entry["key"] = reading.needed(button, "key", 40019, KEY_BYTES)
            elif not _URL.fullmatch(url := reading.needed(button, "url", 40020, URL_BYTES)):
                raise Refused(40020, "invalid url")
            else:
                entry["url"] = url
            buttons.append(entry)
        self._buttons = buttons
        return ok()

    def get(self, agent_id: str) -> dict[str, Any]:
        """The answer to menu/get.

        Raises:
            Refused: 46003 there is none, 301002 another app.
        """
        self._check_agent(agent_id)
        if not self._buttons:
            raise Refused(46003, "menu not exist")
        return ok(button=self._buttons)

    def delete(self, agent_id: str) -> dict[str, Any]:
        """The answer to menu/delete.

        Raises:
            Refused: 301002 another app.
        """
        self._check_agent(agent_id)
        self._buttons = []
        return ok()

    def _check_agent(self, agent_id: str) -> None:
        if agent_id != self._agent_id:
            raise Refused(301002, "not allow operate another agent with this accesstoken")
