"""WeCom's directory over our adapter: departments, leaders, and what an error means."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from bot.platforms.api import Undelivered
from bot.platforms.wecom.directory import WeComDirectory
from bot.simulator.phones import Member
from bot.simulator.staff import Staff
from sales.directory import Department, Listed, superior
from tests.wecom import kit
from tests.wecom.fake_kit import World

BOSS = Member("boss", "王经理", "manager", "", "华东", {"wecom": "WangJingli"})
REP = Member("rep", "李四", "rep", "boss", "华东", {"wecom": "lisi"})
ALONE = Member("alone", "赵六", "rep", "", "华南", {"wecom": "zhaoliu"})


def play(work):
    async def run():
        async with AsyncExitStack() as stack:
            world = World(stack)
            world.phones.members[:] = [BOSS, REP, ALONE]
            world.fake.directory._staff = Staff(world.phones)
            directory = WeComDirectory(kit.SETTINGS, world.http, world.clock)
            await work(world, directory)

    asyncio.run(run())


def test_everybody_is_listed_once_with_departments_main_first_and_their_leader():
    async def work(world, directory):
        listing = await directory.everybody()
        people = {one.account: one for one in listing.people}
        assert people["wangjingli"].departments == ("2", "4")
        assert people["lisi"] == Listed("lisi", "李四", ("2",), "wangjingli")
        assert len(listing.people) == 3
        units = {one.id: one for one in listing.departments}
        assert units["2"] == Department("2", "华东销售部", "1", ("wangjingli",))
        assert superior(people["zhaoliu"], units) == ""
        assert listing.place == ("wecom", kit.CORP)

    play(work)


def test_gone_hidden_and_here_are_three_different_things():
    async def work(world, directory):
        world.fake.directory.hidden.add("zhaoliu")
        found = await directory.look_up(["lisi", "nobody", "zhaoliu"])
        assert [one.account for one in found.people] == ["lisi"]
        assert (found.gone, found.hidden) == ({"nobody"}, {"zhaoliu"})

    play(work)


def test_a_department_beyond_the_scope_is_left_out_and_nobody_is_taken_for_gone():
    async def work(world, directory):
        world.fake.directory.hidden_departments.add(3)
        assert {one.account for one in (await directory.everybody()).people} == {
            "wangjingli", "lisi",
        }  # fmt: skip

    play(work)


def test_an_expired_token_is_renewed_once_within_the_reading():
    async def work(world, directory):
        world.chaos.order("wecom", "token_expired", 1)
        assert len((await directory.everybody()).people) == 3

    play(work)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [("ip_denied", "config"), ("429", "rate_limited"), ("down", "channel_down")],
)
def test_a_directory_that_breaks_off_says_nothing_about_anybody(fault, reason):
    async def work(world, directory):
        await directory.everybody()
        world.chaos.order("wecom", fault, 1)
        with pytest.raises(Undelivered) as failed:
            await directory.everybody()
        assert failed.value.reason == reason

    play(work)
