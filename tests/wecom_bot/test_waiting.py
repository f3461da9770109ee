"""What cannot be said now is said later, costs no attempt and asks the platform for little."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from cards.model import Text
from sales import people
from tests.wecom_bot.kit import LISI, connected, gateway, jobs, post, rows, running, until


def test_somebody_who_never_wrote_is_waited_for_and_then_told_everything_in_order(planted):
    async def main() -> None:
        async with gateway() as there, running(there.address, planted) as service:
            await connected(service)
            there.moods = [846607]
            with service.database.reading() as db:
                assert people.usual_address(db, "lisi") == LISI
            post(service, Text("第一件"))
            post(service, Text("第二件"))
            await until(lambda: jobs(service)[0][1])
            assert jobs(service)[0] == (0, "first_contact: 846607")
            assert there.seen == []
            await there.said("你好啊", msgid="m1")
            await until(lambda: len(there.seen) == 3)
            assert [words[:3] for _, words in there.seen] == ["第一件", "第二件", "没听懂"]

    asyncio.run(main())


def test_the_same_code_for_somebody_who_has_written_is_the_rate(planted):
    async def main() -> None:
        async with gateway() as there, running(there.address, planted) as service:
            await connected(service)
            there.moods = [846604, 846607]
            await there.said("你好啊", msgid="m1")
            await until(lambda: jobs(service) and jobs(service)[0][1])
            assert jobs(service)[0] == (0, "rate_limited: 846607")
            service.clock.jump(service.clock.now() + timedelta(minutes=1))
            service.wake()
            await until(lambda: there.seen)

    asyncio.run(main())


def test_who_is_refused_a_minute_later_too_is_not_asked_for_every_minute(planted):
    async def main() -> None:
        async with gateway() as there, running(there.address, planted) as service:
            await connected(service)
            there.moods = [846604, 846607, 846607]
            await there.said("你好啊", msgid="m1")
            await until(lambda: jobs(service) and jobs(service)[0][1])
            service.clock.jump(service.clock.now() + timedelta(minutes=1))
            service.wake()
            await until(lambda: jobs(service)[0][1] == "first_contact: 846607")
            service.clock.jump(service.clock.now() + timedelta(minutes=30))
            service.wake()
            await there.said("还在吗", msgid="m2")
            await until(lambda: len(there.seen) == 2)
            assert [words[:3] for _, words in there.seen] == ["没听懂", "没听懂"]
            assert not there.moods

    asyncio.run(main())


def test_without_a_connection_a_message_waits_and_costs_no_attempt(planted):
    async def main() -> None:
        async with gateway() as there, running(there.address, planted) as service:
            await connected(service)
            there.subscribe_errcode = 853000
            there.line.transport.abort()
            await until(lambda: service.bot.reasons == ["wecom bot: refused with 853000"])
            post(service, Text("一件事"))
            await until(lambda: jobs(service)[0][1])
            assert jobs(service)[0] == (0, "channel_down: not connected")
            assert rows(service, "SELECT attempts FROM job WHERE lane LIKE 'outbox%'") == [(0,)]
            there.subscribe_errcode = 0
            await connected(service)
            service.clock.jump(service.clock.now() + timedelta(seconds=5))
            service.wake()
            await until(lambda: there.seen)

    asyncio.run(main())
