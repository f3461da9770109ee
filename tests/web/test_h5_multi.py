"""A field of several is a list of check-boxes on the page; all that are ticked arrive."""

from cards import outbox
from cards.model import Card, Choice, Field, Form
from sales.people import Address
from tests.web.test_h5_guard import ticket, visitor

TAGS = Field("tags", "标签", "multi", (Choice("a", "阀门"), Choice("b", "泵"), Choice("c", "管")))


def test_every_ticked_box_arrives_and_no_other(office):
    service = office.demo.service
    to = Address("zhangsan", "wecom", service.settings.tenants()["wecom"], "zhangsan")
    card = Card("筛选", form=Form("help.commands", (TAGS, Field("note", "备注", "text"))))
    service.database.writer.run(lambda db: outbox.post(db, card, [to], now=service.clock.now()))
    office.wait("1m")
    shown = office.sees("张三")[-1]
    path = "/h5" + shown["buttons"][0]["action"].partition("/h5")[2]
    with visitor(office, "zhangsan") as zhangsan:
        page = zhangsan.get(path)
        assert page.text.count('type="checkbox" name="tags"') == 3
        sent = {"ticket": ticket(page), "tags": ["a", "c"], "note": "急"}
        assert zhangsan.post(path, data=sent).status_code == 200
    values = [str(row["payload"]) for row in office.rows("job", lane="inbox")]
    assert any("a,c" in one for one in values)
