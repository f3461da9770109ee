"""What the courier may rely on, whatever the platform: the same promises to both adapters."""

import asyncio
from datetime import timedelta

import pytest

from bot.platforms.api import Receipt, Undelivered
from bot.simulator.showcase import CARDS
from cards.model import Button, Card, Media, Text
from cards.render.media import REFERENCE
from cards.render.slot import Slot
from tests.bot.crowd import crowd

CARD = Card("线索等您", key="lead/1", buttons=(Button("已联系", "lead.contacted"),))
DONE = Card("线索等您", key="lead/1", done="张三已联系")
HELLO = Text("早上好")
PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)


@pytest.fixture(params=["wecom", "dingtalk"])
def meets(request, tmp_path):
    """Play `story(town, platform, account)` with one adapter before its fake."""

    def play(story):
        async def run():
            async with crowd(f"sqlite:///{tmp_path}/jianliu.db", wecom=2, dingtalk=2) as town:
                name = request.param
                await story(town, town.platforms[name], town.on(name)[0].account)

        asyncio.run(run())

    return play


async def why_not(work):
    with pytest.raises(Undelivered) as refused:
        await work
    return refused.value


def test_everything_the_product_shows_is_rendered_alike_every_time(meets):
    async def story(town, platform, account):
        for n, content in enumerate(CARDS.values()):
            if isinstance(content, Media):
                continue  # needs an upload first
            slot = Slot(f"D{n}", 1)
            once = platform.render(content, slot)
            assert platform.render(content, slot) == once
            assert isinstance(await platform.send(account, once), Receipt)
            await town.passes(timedelta(seconds=0.1))

    meets(story)


def test_a_repeated_request_shows_one_message_if_the_platform_knows_repeats(meets):
    async def story(town, platform, account):
        request = platform.render(CARD, Slot("D1", 1))
        for _ in range(2):
            await platform.send(account, request)
        assert len(town.shown(platform.name)) == 1
        words = platform.render(HELLO, Slot("D2", 1))
        for _ in range(2):
            await platform.send(account, words)
        assert len(town.shown(platform.name)) == (2 if platform.knows_repeats else 3)

    meets(story)


def test_a_card_is_changed_where_it_stands(meets):
    async def story(town, platform, account):
        receipt = await platform.send(account, platform.render(CARD, Slot("D1", 1)))
        await platform.update(account, receipt, platform.render(DONE, Slot("D1", 2)))
        [message] = town.shown(platform.name)
        assert message.state == "updated"
        assert "张三已联系" in str(message.wire)

    meets(story)


def test_what_can_never_be_changed_is_said_at_once(meets):
    async def story(town, platform, account):
        receipt = await platform.send(account, platform.render(HELLO, Slot("D1", 1)))
        refused = await why_not(
            platform.update(account, receipt, platform.render(DONE, Slot("D1", 2)))
        )
        assert (refused.reason, refused.retry_after) == ("not_updatable", None)
        assert len(town.shown(platform.name)) == 1

    meets(story)


def test_of_several_receivers_exactly_the_unreached_are_named(meets):
    async def story(town, platform, account):
        request = platform.render(HELLO, Slot("D1", 1), plain=True)
        assert platform.common(request) is not None
        outcomes = await platform.send_many([account, "nobody"], request)
        assert isinstance(outcomes[account], Receipt)
        assert outcomes["nobody"].reason in {"user_left", "user_out_of_scope"}
        assert outcomes["nobody"].retry_after is None
        assert [m.account for m in town.shown(platform.name)] == [account]

    meets(story)


@pytest.mark.parametrize(
    ("fault", "reason", "spent", "ambiguous"),
    [
        ("5xx", "channel_down", True, True),
        ("down", "channel_down", True, True),
        ("429", "rate_limited", False, False),
        ("ip_denied", "config", True, False),
    ],
)
def test_a_fault_has_one_name_and_the_next_try_succeeds(meets, fault, reason, spent, ambiguous):
    async def story(town, platform, account):
        await platform.send(account, platform.render(HELLO, Slot("D0", 1)))  # a token is there
        town.chaos.order(platform.name, fault, 1)
        request = platform.render(CARD, Slot("D1", 1))
        failed = await why_not(platform.send(account, request))
        assert (failed.reason, failed.spent, failed.ambiguous) == (reason, spent, ambiguous)
        assert failed.retry_after is not None
        await town.passes(timedelta(minutes=10), step=timedelta(minutes=5))
        assert isinstance(await platform.send(account, request), Receipt)
        assert len(town.shown(platform.name)) == 2

    meets(story)


def test_a_token_that_died_early_costs_nobody_a_message(meets):
    async def story(town, platform, account):
        await platform.send(account, platform.render(HELLO, Slot("D0", 1)))
        town.chaos.order(platform.name, "token_expired", 1)
        await platform.send(account, platform.render(CARD, Slot("D1", 1)))
        assert len(town.shown(platform.name)) == 2

    meets(story)


def test_a_picture_goes_up_once_and_is_named_in_messages(meets):
    async def story(town, platform, account):
        uploaded = await platform.upload("走势.png", PNG, "picture")
        assert uploaded.good_until > town.clock.now() + timedelta(hours=1)
        request = platform.render(Media("走势.png", "picture", "blob"), Slot("D1", 1))
        await platform.send(account, {**request, REFERENCE: uploaded.ref})
        [message] = town.shown(platform.name)
        assert uploaded.ref in str(message.wire)

    meets(story)


def test_what_is_gone_is_not_fetched_for_ever(meets):
    async def story(_, platform, __):
        refused = await why_not(platform.download("no-such-media", most=1000))
        assert (refused.reason, refused.retry_after) == ("media_gone", None)

    meets(story)
