"""The fake shows its app as the administrator has set it up (agent/get, doc 90227)."""

from __future__ import annotations

from tests.wecom import kit
from tests.wecom.fake_kit import promise


@promise
async def test_the_app_can_be_looked_at_by_itself_only(world):
    token = (await world.gettoken())["access_token"]

    async def agent(number):
        query = {"access_token": token, "agentid": str(number)}
        return (await world.http.get("/cgi-bin/agent/get", params=query)).json()

    assert (await agent(1))["errcode"] == 301002
    shown = await agent(kit.AGENT)
    assert [one["userid"] for one in shown["allow_userinfos"]["user"]] == [
        "ZhangSan", "lisi", "wang"
    ]  # fmt: skip
    assert (shown["close"], shown["redirect_domain"]) == (0, "127.0.0.1:8787")
    world.fake.agent.visible, world.fake.agent.closed = {"lisi"}, True
    shown = await agent(kit.AGENT)
    assert (shown["close"], shown["allow_userinfos"]) == (1, {"user": [{"userid": "lisi"}]})
