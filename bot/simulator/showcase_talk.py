"""Talk tracks with sample texts, to look at."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from bot.simulator.seed_talk import TRACKS
from cards import talk, talk_editing
from cards.model import Content
from cards.talk_editing import Edition
from sales.talk import Place, Track, Used

AT = datetime.fromisoformat("2026-11-23T10:00:00+08:00")
MEDICAL = [
    Track(Place("医疗", slot), 1, title, text)
    for slot, (title, text) in enumerate(TRACKS["医疗"].items(), 1)
]
FIRST = MEDICAL[0]
SECOND = Track(FIRST.place, 2, FIRST.title, FIRST.text)
EDITIONS = (
    Edition(3, "郑市场", AT, Used(), active=False),
    Edition(2, "郑市场", AT, Used(12, 3), active=True),
    Edition(1, "郑市场", AT, Used(112, 25), active=True),
)

CARDS: Mapping[str, Content] = {
    "话术": talk.listed(
        "医疗", MEDICAL, {FIRST.place: Used(1203, 25)}, may_edit=False, flow="flow/1"
    ),
    "话术 市场部": talk.listed("医疗", MEDICAL, {}, may_edit=True, flow="flow/1"),
    "话术 还没有": talk.listed("零售", (), {}, may_edit=False, flow="flow/1"),
    "话术 全文": talk.text(FIRST),
    "话术 新版通知": talk.renewed(SECOND),
    "话术 草稿": talk_editing.draft(SECOND, 3, 7, flow="flow/1"),
    "话术 已发布": talk_editing.published(SECOND, 3, flow="flow/1"),
    "话术 放弃": talk_editing.given_up(SECOND, flow="flow/1"),
    "话术 停用": talk_editing.retiring(FIRST, flow="flow/1"),
    "话术 已停用": talk_editing.retired(FIRST, flow="flow/1"),
    "话术 历史": talk_editing.history(FIRST.place, EDITIONS, flow="flow/1"),
}
