"""Everything a platform can bring is answered politely or taken in silence, by one table."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.platforms.dingtalk import inbound as dingtalk
from bot.reception import HAPPENS, SENT, SOMETHING, Way
from bot.simulator import seed
from cards.tables import CARD
from handlers.api import Routes
from tests.bot.kit import desk
from tests.dingtalk.kit import NOW, robot_message, settings
from tests.dingtalk.test_robot import ROBOT, event_request, robot_headers
from tests.wecom import kit as wecom

STREAM = settings()


def by_wecom(sort, *, event):
    if event:
        return wecom.CALLBACK.read(*wecom.sealed(wecom.event_xml(sort)), wecom.NOW)
    inside = f"<MsgType><![CDATA[{sort}]]></MsgType><MsgId>7</MsgId>"
    return wecom.CALLBACK.read(*wecom.sealed(f"<xml>{wecom.COMMON}{inside}</xml>"), wecom.NOW)


def message(sort):
    if sort == "over_quota":
        return robot_message(text=None, errorCode=20001)
    if sort == "not_published":
        return robot_message(senderStaffId="")
    return robot_message(msgtype=sort, text=None, content={})


def by_stream(sort, *, event):
    if event and sort not in {"over_quota", "not_published"}:
        headers = {"eventType": sort, "eventId": f"e-{sort}"}
        return dingtalk.event({"userId": ["zhangsan"]}, headers, STREAM, NOW)
    return dingtalk.robot_message(message(sort), STREAM, NOW)


def by_http(sort, *, event):
    if event and sort not in {"over_quota", "not_published"}:
        told = {"EventType": sort, "userId": ["zhangsan"], "CorpId": "dingcorp"}
        return ROBOT.read_event(*event_request(told), NOW)
    return ROBOT.read_robot(robot_headers(), json.dumps(message(sort)).encode(), NOW)


DOORS = pytest.mark.parametrize("door", [by_wecom, by_stream, by_http])
TENANTS = {"wecom": "ww", "dingtalk": "ding"}


class Reader:
    """A desk, and what was said at it so far."""

    def __init__(self, d):
        self.desk = d
        self.serial = 0

    async def bring(self, inbound, account="zhangsan"):
        """Let an event arrive, of 张三 unless nobody is named; what was said because of it."""
        before = len(self.said)
        self.serial += 1
        known = {person.id: person for person in seed.PEOPLE}.get(account)
        here = seed.account(known, inbound.platform) if known else account
        one = replace(inbound, tenant=TENANTS[inbound.platform],
                      account=here if inbound.account else "",
                      event_key=f"{inbound.event_key}{self.serial}")  # fmt: skip
        await self.desk.inbox.receive(one)
        return self.said[before:]

    @property
    def said(self):
        with self.desk.database.reading() as db:
            rows = db.execute(select(CARD.person_id, CARD.body).order_by(CARD.id))
            return [(who, json.loads(body)) for who, body in rows]


@asynccontextmanager
async def reading(folder):
    async with desk(folder) as d:
        yield Reader(d)


def promise(story):
    """A test that is one coroutine over a fresh desk."""

    def test(tmp_path, door):
        async def run():
            async with reading(tmp_path) as reader:
                await story(reader, door)

        asyncio.run(run())

    test.__name__ = story.__name__
    return test


@DOORS
@promise
async def test_whatever_a_person_sends_without_words_gets_one_polite_line(reader, door):
    for sort, what in {**SENT, "hologram": SOMETHING, "chatRecord": "聊天记录"}.items():
        [(who, said)] = await reader.bring(door(sort, event=False))
        assert who == "zhangsan"
        assert said["text"].startswith(f"{what}暂时看不懂")


@DOORS
@promise
async def test_what_happens_by_itself_goes_the_way_the_table_says(reader, door):
    for sort, way in {**HAPPENS, "brand_new_event": Way.SILENT}.items():
        if door is by_wecom and sort in {"over_quota", "not_published", "malformed"}:
            continue  # WeCom has no such words for it
        said = await reader.bring(door(sort, event=True))
        match way:
            case Way.ALARM:
                assert "guanliyuan" in [who for who, _ in said]
            case Way.GREET if sort == "subscribe":
                [(_, greeting)] = said
                assert "张三，您好" in greeting["text"]
                assert "/商机" in greeting["text"]
            case _:
                assert said == []  # the second greeting of a day among it
    assert reader.desk.one("SELECT count(*) FROM job WHERE lane = 'inbox' AND state <> 2") == 0


@pytest.mark.parametrize("door", [by_wecom])
@promise
async def test_opening_the_app_is_greeted_once_a_day(reader, door):
    opened = door("enter_agent", event=True)
    assert len(await reader.bring(opened)) == 1
    reader.desk.clock.jump(reader.desk.clock.now() + timedelta(hours=23))
    assert await reader.bring(opened) == []
    reader.desk.clock.jump(reader.desk.clock.now() + timedelta(hours=2))
    assert len(await reader.bring(opened)) == 1
    assert len(await reader.bring(opened, account="wangjingli")) == 1


@pytest.mark.parametrize("door", [by_stream, by_http])
@promise
async def test_words_the_platform_kept_back_are_no_secret(reader, door):
    first = await reader.bring(door("over_quota", event=True))
    admin = next(card for who, card in first if who == "guanliyuan")
    assert "额度" in admin["subtitle"]
    assert any("没有把您刚才的消息" in said.get("text", "") for who, said in first)
    assert await reader.bring(door("over_quota", event=True)) == []
    [(who, said)] = await reader.bring(door("over_quota", event=True), account="wangjingli")
    assert (who, "没有处理" in said["text"]) == ("wangjingli", True)


@pytest.mark.parametrize("door", [by_stream])
@promise
async def test_a_file_nobody_takes_is_named_for_what_it_is(reader, door):
    for name, what in (("合同.pdf", "文档"), ("x.zip", "文件"), ("名片.JPG", "图片")):
        content = {"downloadCode": "c", "fileName": name}
        sent = robot_message(msgtype="file", text=None, content=content)
        [(_, said)] = await reader.bring(dingtalk.robot_message(sent, STREAM, NOW))
        assert said["text"].startswith(f"{what}暂时看不懂")


@DOORS
@promise
async def test_a_stranger_who_sends_a_picture_learns_how_to_get_in(reader, door):
    [(_, said)] = await reader.bring(door("image", event=False), account="nobody")
    assert "还不认识您的账号（nobody）" in said["text"]
    assert await reader.bring(door("enter_agent", event=True), account="nobody") == []


@DOORS
@promise
async def test_a_change_in_the_directory_is_handed_to_whoever_asked_for_it(reader, door):
    routes, seen = Routes("directory"), []

    @routes.hook("directory")
    def changed(db, happening, now):
        seen.append((db.writes > 0, happening.sort, happening.platform, now))

    sort = "change_contact" if door is by_wecom else "user_leave_org"
    registry = reader.desk.inbox._units.dispatcher.registry
    registry.hooks["directory"] = [hook for _, hook in routes.hooks]
    assert await reader.bring(door(sort, event=True)) == []
    [(in_the_unit, name, platform, _)] = seen
    assert (in_the_unit, name) == (True, sort)
    assert platform == ("wecom" if door is by_wecom else "dingtalk")
