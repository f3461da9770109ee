"""D32: erasing somebody changes what people read of them, and nothing else."""

from __future__ import annotations

import pytest

from cards import erasing
from tests.attacks.contacts_kit import WHO, answer, planted
from tests.chat import conftest as chat

_open = chat._open  # the office on both databases


def test_d32_a_name_that_is_a_word_of_ours_takes_nothing_else_with_it(office):
    """A contact called "li" once took "delivery" out of every waiting message."""
    planted(office, WHO | {"name": "li", "wechat": "false", "email": "null@a.example"})
    [pick] = office.says("张三", "/商机 阀门 新客户一二三")
    office.fault("wecom", "5xx")
    for number in range(3):
        office.says("李四", f"/客户 津门医疗{number}")
    assert [row for row in office.rows("delivery") if row["state"] == "waiting"]
    asked = answer(office, "周合规", "/隐私 删除 138 1234 8888")
    office.presses("周合规", asked, "删除：本人要求")
    office.wait("1h")
    assert {row["state"] for row in office.rows("delivery")} == {"shown"}
    office.presses("张三", pick, pick["buttons"][0]["text"])
    assert len(office.rows("opportunity")) == 1


@pytest.mark.parametrize(
    ("word", "said", "left"),
    [
        ("li", {"key": "li", "title": "li 和 alice",
          "buttons": [{"text": "找 li", "action": "li.li",
                                                              "args": {"li": "li"}}]},
         {"key": "li", "title": "l* 和 alice", "buttons": [{"text": "找 l*", "action": "li.li",
                                                             "args": {"li": "li"}}]}),
        ("王芳芳",
         {"facts": [["联系人", "王芳芳"]], "form": {"args": {"name": "王芳芳"}, "done": ""}},
         {"facts": [["联系人", "王*"]], "form": {"args": {"name": "王*"}, "done": ""}}),
        ("false", {"text": "false", "secret": None, "fresh": False},
         {"text": "f*", "secret": None, "fresh": False}),
    ],
)  # fmt: skip
def test_d32_only_what_people_read_is_masked(word, said, left):
    assert erasing.without(said, word) == left


def test_d32_a_waiting_message_about_somebody_else_stays_byte_for_byte(office):
    """What is repeated must be the same request; the words of ours around it are no mention."""
    planted(office, WHO | {"name": "li", "wechat": "false", "email": "null@a.example"})
    office.fault("wecom", "5xx")
    office.says("李四", "/客户 海河")
    [before] = [
        row for row in office.rows("job") if "request" in row["payload"] and row["state"] == 0
    ]
    asked = answer(office, "周合规", "/隐私 删除 138 1234 8888")
    office.presses("周合规", asked, "删除：本人要求")
    [after] = [row for row in office.rows("job") if row["id"] == before["id"]]
    assert after["payload"].get("request") == before["payload"]["request"]
