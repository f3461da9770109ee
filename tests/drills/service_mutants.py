"""Deliberate mistakes in the service, put into a real process by `launched.py`."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

from bot import handling, inbox
from bot.platforms.api import Answer
from bot.platforms.wecom.client import WeComPlatform
from cards import outbox
from engine import jobs
from engine.ids import ulid
from engine.writer import Writer


def acknowledges_before_the_commit():
    """The platform is told that we have it, and then it is stored."""
    receive, kept = inbox.Inbox.receive, set()

    async def early(self, inbound):
        task = asyncio.create_task(receive(self, inbound))
        kept.add(task)
        task.add_done_callback(kept.discard)
        return Answer()

    inbox.Inbox.receive = early


def posts_in_a_second_transaction():
    """The change is one commit, the card it causes another."""
    post = outbox.post
    say = handling.Units._say
    writers = []
    make = Writer.__init__

    def noted(self, *args):
        make(self, *args)
        writers.append(self)

    def later(db, content, to, *, now, not_before=None):
        cause = db.cause

        def unit(other):
            other.cause = cause
            post(other, content, to, now=now, not_before=not_before)

        writers[0].submit(unit, alone=True)
        return outbox.Posted("", "", 1)

    def says(self, *args, **kwargs):
        handling.outbox.post = later
        try:
            return say(self, *args, **kwargs)
        finally:
            handling.outbox.post = post

    Writer.__init__, handling.Units._say = noted, says


def renders_anew_at_every_attempt():
    """Each attempt is a request of its own, so that the platform cannot know it again."""
    claim, render = jobs.claim, WeComPlatform.render

    def forgetful(*args, **kwargs):
        claimed = claim(*args, **kwargs)
        for job in claimed:
            job.payload.pop("request", None)
        return claimed

    def anew(self, content, slot, **how):
        return render(self, content, replace(slot, ref=ulid(datetime.now(UTC))), **how)

    jobs.claim, WeComPlatform.render = forgetful, anew


def takes_suspects_together():
    """What a crash left behind is claimed at once and shares a commit: one takes all along."""

    def trusted(job):
        return job if job.crashes >= inbox.CRASHES else job._replace(crashes=0)

    async def sweep(self):
        now = self._clock.now()
        claimed = await self._commit(
            lambda db: jobs.claim(db, inbox.LANE, now=now, lease=inbox.LEASE, limit=50)
        )
        events = [inbox.Event(trusted(job), inbox._read(job.payload), now) for job in claimed]
        await asyncio.gather(*map(self._handle, events))
        return len(claimed)

    inbox.Inbox.sweep = sweep
