"""One person behind two channels: WeCom's app and its bot."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from engine import audit
from engine.unit import Occasion
from sales import channels, people
from sales.people import Address

NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
APP = {"wecom": "ww"}
BOT = {"wecom_bot": "ww"}


@pytest.fixture
def zhangsan(database):
    """张三 with one account, known to WeCom and therefore to both of its channels."""
    person = {
        "id": "p1", "name": "张三", "role": "rep", "manager_id": None, "region": "",
        "status": "active", "created_at": NOW,
    }  # fmt: skip
    account = {
        "id": "i1", "person_id": "p1", "platform": "wecom", "tenant": "ww",
        "account": "zhangsan", "created_at": NOW,
    }  # fmt: skip

    def plant(db):
        people.add(db, [person], now=NOW)
        people.bind(db, [account], now=NOW)

    database.writer.run(plant)
    return database


def usual(database) -> str:
    with database.reading() as db:
        return people.usual_address(db, "p1").platform


def test_the_bot_knows_people_by_the_account_the_app_knows_them_by(zhangsan) -> None:
    with zhangsan.reading() as db:
        for platform in ("wecom", "wecom_bot"):
            assert people.known(db, platform, "ww", "ZhangSan").name == "张三"
        assert people.known(db, "wecom_bot", "ww2", "zhangsan") is None
        assert people.known(db, "dingtalk", "ww", "zhangsan") is None


def test_without_an_app_everything_goes_out_by_the_bot(zhangsan) -> None:
    zhangsan.writer.run(lambda db: channels.keep(db, BOT))
    with zhangsan.reading() as db:
        assert people.usual_address(db, "p1") == Address("p1", "wecom_bot", "ww", "zhangsan")


def test_with_both_the_app_is_used_until_the_person_speaks_to_the_bot(zhangsan) -> None:
    zhangsan.writer.run(lambda db: channels.keep(db, APP | BOT))
    assert usual(zhangsan) == "wecom"

    def speak(db):
        db.occasion = Occasion("p1", "wecom_bot", "m1", "1")
        audit.record(db, "read.help", ("inbox", "1"), at=NOW)

    zhangsan.writer.run(speak)
    assert usual(zhangsan) == "wecom_bot"


def test_a_channel_that_was_taken_out_of_the_settings_is_no_longer_used(zhangsan) -> None:
    zhangsan.writer.run(lambda db: channels.keep(db, APP | BOT | {"dingtalk": "ding"}))
    zhangsan.writer.run(lambda db: channels.keep(db, APP))
    assert usual(zhangsan) == "wecom"
    with zhangsan.reading() as db:
        assert len(db.execute(channels.table(channels.Channel).select()).all()) == 1


def test_before_any_channel_is_known_the_platform_of_the_account_is_meant(zhangsan) -> None:
    assert usual(zhangsan) == "wecom"
