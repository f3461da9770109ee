"""What has served its time goes; what somebody still has to look at stays."""

from datetime import timedelta

from sqlalchemy import text

from cards import outbox
from cards.model import Card
from engine import jobs, runs, shared
from engine.jobs import State
from engine.shared import Sealed
from sales.people import Address
from scheduler import upkeep
from tests.scheduler.kit import MONDAY, Desk, noting

NIGHT = "2026-11-24T03:20"


def ended(database, lane, days, state, *, count=1):
    """Jobs that ended so many days before Monday morning."""
    at = MONDAY - timedelta(days=days)

    def work(db):
        for n in range(count):
            key = f"{state}/{days}/{n}"
            job = jobs.add(db, lane, key, {}, due=at, now=at, lease=timedelta(seconds=30))
            if state is State.DONE:
                jobs.finish(db, job, now=at)
            elif state is State.DEAD:
                jobs.bury(db, job, "x", now=at)
            else:
                jobs.retry(db, job, "", due=at)
            if state is State.CANCELLED:
                jobs.cancel(db, lane, key)

    database.writer.run(work)


def left(database):
    """How many jobs there are by (lane, state)."""
    question = "SELECT lane, state, count(*) FROM job WHERE lane NOT LIKE 'cron:%' GROUP BY 1, 2"
    with database.reading() as db:
        return {(lane, State(state)): n for lane, state, n in db.execute(text(question))}


def test_done_work_goes_after_a_week_messages_after_a_month_failures_never(database):
    ended(database, "outbox", 8, State.DONE, count=1500)
    ended(database, "outbox", 8, State.CANCELLED)
    ended(database, "outbox", 6, State.DONE)
    ended(database, "outbox", 400, State.DEAD)
    ended(database, "outbox", 400, State.OPEN)
    ended(database, "inbox", 20, State.DONE)
    ended(database, "inbox", 31, State.DONE)
    desk = Desk(database, upkeep.clean_up)
    desk.notice()
    desk.notice(NIGHT)
    desk.work()
    assert left(database) == {
        ("outbox", State.DONE): 1, ("outbox", State.DEAD): 1, ("outbox", State.OPEN): 1,
        ("inbox", State.DONE): 1,
    }  # fmt: skip
    assert desk.slots("retention") == {"11-24 03:20": ("done", "清理 1,502 行")}


def test_clean_up_never_holds_more_than_a_thousand_rows_at_a_time(database):
    ended(database, "outbox", 8, State.DONE, count=2500)
    desk = Desk(database, upkeep.clean_up)
    desk.notice()
    desk.notice(NIGHT)
    desk.work()
    parts = "SELECT count(*) FROM job WHERE lane = 'cron:retention'"
    with database.reading() as db:
        assert db.execute(text(parts)).scalar_one() == 3


def test_what_people_wrote_goes_a_week_after_it_was_done_with_but_its_key_stays(database):
    for days, state in ((8, State.DONE), (6, State.DONE), (8, State.DEAD), (8, State.CANCELLED)):
        ended(database, "inbox", days, state)
    said = text("UPDATE job SET payload = :raw WHERE lane = 'inbox'")
    database.writer.run(lambda db: db.execute(said, {"raw": '{"text":"电话 13800138000"}'}))
    desk = Desk(database, upkeep.clean_up)
    desk.notice()
    desk.notice(NIGHT)
    desk.work()
    question = text("SELECT key, payload FROM job WHERE lane = 'inbox'")
    with database.reading() as db:
        kept = {key for key, raw in db.execute(question) if raw != "{}"}
        assert len(db.execute(question).all()) == 4
    assert kept == {"2/6/0", "3/8/0"}


def test_an_old_card_goes_unless_a_message_of_it_still_waits(database):
    long_ago = MONDAY - timedelta(days=91)

    def post(db, who, at):
        outbox.post(db, Card(f"卡 {who}", key="k"), [Address(who, "wecom", "ww", who)], now=at)

    def work(db):
        for who in ("sent", "waiting", "failed"):
            post(db, who, long_ago)
        post(db, "new", MONDAY)
        for job in jobs.claim(db, "outbox:wecom:ww", now=MONDAY, lease=timedelta(1), limit=9):
            who = db.execute(
                text("SELECT account FROM delivery WHERE id = :id"), {"id": job.key.split("/")[0]}
            ).scalar_one()
            if who == "sent":
                jobs.finish(db, job, now=MONDAY)
            if who == "failed":
                jobs.bury(db, job, "x", now=MONDAY)

    database.writer.run(work)
    desk = Desk(database, upkeep.put_away_cards)
    desk.notice()
    desk.notice("2026-11-24T03:35")
    desk.work()
    with database.reading() as db:
        left = {who for (who,) in db.execute(text("SELECT person_id FROM card"))}
        assert left == {who for (who,) in db.execute(text("SELECT account FROM delivery"))}
    assert left == {"waiting", "failed", "new"}
    assert desk.slots("old-cards") == {"11-24 03:35": ("done", "清理 1 张旧卡片")}


def test_ended_secrets_and_runs_of_a_removed_job_are_put_away(database):
    gone, desk = Desk(database, noting(name="gone")), Desk(database, upkeep.put_away)
    for one in (gone, desk):
        one.notice("2026-11-23T08:59")
    gone.notice("2026-11-23T09:00")
    now = desk.clock.now()
    for name, hours in (("old", -1), ("new", 24 * 9)):
        sealed = Sealed("x", now + timedelta(hours=hours))
        database.writer.run(lambda db, n=name, s=sealed: shared.write(db, n, s))
    desk.notice("2026-11-30T10:07")
    desk.work()
    assert desk.slots("gone") == {"11-23 09:00": ("skipped", "")}
    with database.reading() as db:
        assert shared.read(db, "old") is None
        assert shared.read(db, "new") is not None
        assert runs.record(db, "upkeep", since=now).last.detail == (
            "收走 1 个过期令牌、0 个过期文件、1 次没人认领的任务"
        )


def test_the_database_is_looked_after_by_night(database):
    desk = Desk(database, upkeep.look_after_database)
    desk.notice()
    desk.notice("2026-11-24T03:50")
    desk.work()
    [(outcome, _)] = desk.slots("database-upkeep").values()
    assert outcome == "done"
