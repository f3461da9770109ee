"""DingTalk's contacts over our adapter: pages, managers, booleans of both sorts, errors."""

import asyncio

import pytest

from bot.platforms.api import Undelivered
from bot.platforms.dingtalk.directory import DingTalkDirectory
from bot.simulator.phones import Member
from sales.directory import Listed
from tests.dingtalk.kit import desk


def play(work, members=()):
    async def run():
        async with desk() as here:
            here.phones.members[:] = members or [BOSS, REP]
            settings = here.settings.model_copy(update={"oapi_base": here.settings.api_base})
            await work(here, DingTalkDirectory(settings, here.http, here.now))

    asyncio.run(run())


BOSS = Member("boss", "王经理", "manager", "", "华东", {"dingtalk": "Boss1"})
REP = Member("rep", "李四", "rep", "boss", "华东", {"dingtalk": "user1"})


def test_everybody_is_listed_once_with_the_manager_the_details_name():
    async def work(here, directory):
        listing = await directory.everybody()
        assert sorted(listing.people, key=lambda one: one.account) == [
            Listed("boss1", "王经理", ("2", "4"), ""), Listed("user1", "李四", ("2",), "boss1"),
        ]  # fmt: skip
        units = {one.id: one for one in listing.departments}
        assert (units["2"].parent, units["2"].leaders) == ("1", ("boss1",))

    play(work)


def test_a_large_department_is_read_page_by_page():
    many = [Member(f"m{i}", f"同事{i}", "rep", "", "华东", {"dingtalk": f"m{i}"})
            for i in range(230)]  # fmt: skip

    async def work(here, directory):
        assert len((await directory.everybody()).people) == 230
        asked = [e for e in here.wire.after() if "v2/user/list" in e.summary]
        assert len(asked) == 3 + 3  # three pages of one department, one of each other

    play(work, many)


def test_gone_hidden_and_here_are_three_different_things():
    async def work(here, directory):
        here.fake.contacts.hidden.add("user1")
        found = await directory.look_up(["Boss1", "nobody", "user1"])
        assert [one.account for one in found.people] == ["boss1"]
        assert (found.gone, found.hidden) == ({"nobody"}, {"user1"})

    play(work)


def test_a_department_beyond_the_scope_is_left_out_and_the_root_is_a_matter_for_the_admin():
    async def work(here, directory):
        here.fake.contacts.hidden_departments.add(2)
        assert [one.account for one in (await directory.everybody()).people] == ["boss1"]
        here.fake.contacts.hidden_departments.add(1)
        with pytest.raises(Undelivered) as failed:
            await directory.everybody()
        assert failed.value.reason == "permission"

    play(work)


def test_an_expired_token_is_renewed_once_within_the_reading():
    async def work(here, directory):
        here.chaos.order("dingtalk", "token_expired", 1)
        assert len((await directory.everybody()).people) == 2

    play(work)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [("ip_denied", "config"), ("429", "rate_limited"), ("down", "channel_down")],
)
def test_a_directory_that_breaks_off_says_nothing_about_anybody(fault, reason):
    async def work(here, directory):
        await directory.everybody()
        here.chaos.order("dingtalk", fault, 1)
        with pytest.raises(Undelivered) as failed:
            await directory.everybody()
        assert failed.value.reason in {reason, "rate_limited" if fault == "down" else reason}

    play(work)


def test_a_missing_permission_names_itself():
    async def work(here, directory):
        here.fake.org.missing_scopes.add("qyapi_get_member")
        with pytest.raises(Undelivered) as failed:
            await directory.everybody()
        assert failed.value.reason == "permission"

    play(work)
