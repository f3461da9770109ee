"""What a press means on the card as it is: questions, menus and selections."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from bot.platforms.api import Inbound
from bot.presses import Back, NothingChosen, Press, Stale, resolve
from cards import outbox
from cards.model import Button, Card, Choice, Field, Form, Menu
from cards.tables import DELIVERY
from sales.people import Address, Role, Who
from tests.engine.deadline_kit import NOW

WHO = Who("zhang", "张三", Role.REP, None, "华东")
TO = Address("zhang", "wecom", "ww", "zhang")
DROP = Button("放下", "x.drop", {"n": 1}, confirm="放下就没有了，确定吗？")
KEEP = Button("留着", "x.keep")
TAGS = Field("tags", "标签", "multi", tuple(Choice(f"t{n}", f"标签{n}") for n in range(3)))
REGION = Field("region", "区域", "select", (Choice("e", "华东"),))


@pytest.fixture
def press(database):
    """Posts a card and says what a key on it means."""

    def meant(card: Card, key: str, **values: str):
        def work(db):
            posted = outbox.post(db, card, [TO], now=NOW)
            ref = db.execute(select(DELIVERY.id)).scalars().first()
            inbound = Inbound("wecom", "ww", "e", "zhang", NOW, "press", ref=ref, values=values,
                              key=f"{posted.version}.{key}")  # fmt: skip
            return resolve(db, inbound, WHO)

        return database.writer.run(work)

    return meant


def test_a_button_with_a_question_asks_it_and_does_nothing_yet(press):
    asks = press(Card("死信", key="k", buttons=(KEEP, DROP)), "1")
    assert asks.asks
    assert asks.face.asking == 1
    assert press(asks.face, "0") == Stale(press(asks.face, "7").delivery_id)


def test_the_answer_acts_and_gives_the_card_back(press):
    asking = Card("死信", key="k", buttons=(KEEP, DROP), asking=1)
    yes = press(asking, "1")
    assert (yes.action, yes.args, yes.asks) == ("x.drop", {"n": 1}, False)
    assert yes.face == replace(asking, asking=None)
    assert press(asking, "back") == Back(replace(asking, asking=None))


def test_the_way_back_is_there_only_while_the_card_asks(press):
    assert isinstance(press(Card("死信", key="k", buttons=(KEEP, DROP)), "back"), Stale)


def test_a_card_that_had_no_key_asks_in_its_own_message(press):
    asks = press(Card("死信", buttons=(DROP,)), "0")
    assert asks.face.key.startswith("message/")


def test_of_several_choices_only_those_offered_come_in_the_cards_order(press):
    card = Card("筛选", key="k", form=Form("x.filter", (TAGS, REGION), args={"page": 2}))
    filled = press(card, "form", tags="t2，t0,zz", region="e", other="1")
    assert filled.args == {"page": 2, "tags": ["t0", "t2"], "region": "e"}
    assert press(card, "form", tags="").args["tags"] == []


def test_a_menu_is_answered_on_every_face_but_a_locked_one(press):
    card = Card("提醒", key="k", buttons=(KEEP,), menu=Menu("因为", "x"))
    assert press(card, "why") == Press("push.why", {"card": "k"}, "k", True, None)
    assert isinstance(press(replace(card, done="已办"), "why"), Stale)


def test_a_list_submitted_on_its_placeholder_says_so(press):
    with pytest.raises(NothingChosen):
        press(Card("选", key="k", buttons=(KEEP,) * 8), "form", choice="")
