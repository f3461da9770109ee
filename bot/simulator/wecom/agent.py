"""agent/get: the app as the administrator has set it up (doc 90227)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from bot.settings import WeComSettings
from bot.simulator.phones import Phones
from bot.simulator.wecom.errors import Refused, ok


class AgentDesk:
    """One app; tests turn its knobs.

    `visible` None: everybody with a phone may see it. `domain` is the trusted one.
    """

    def __init__(self, settings: WeComSettings, phones: Phones, callback_url: str) -> None:
        self.closed = False
        self.visible: set[str] | None = None
        self.domain = urlsplit(callback_url).netloc
        self._agent_id = settings.agent_id
        self._phones = phones

    def get(self, query: Mapping[str, str]) -> dict[str, Any]:
        """The answer to agent/get.

        Raises:
            Refused: 301002, the token is another app's.
        """
        if query.get("agentid") != str(self._agent_id):
            raise Refused(301002, "not allow operate another agent with this accesstoken")
        accounts = self.visible
        if accounts is None:
            accounts = {one.accounts["wecom"] for one in self._phones.members
                        if "wecom" in one.accounts}  # fmt: skip
        return ok(
            agentid=self._agent_id, name="建流", close=int(self.closed),
            allow_userinfos={"user": [{"userid": one} for one in sorted(accounts)]},
            allow_partys={"partyid": []}, allow_tags={"tagid": []}, redirect_domain=self.domain,
        )  # fmt: skip
