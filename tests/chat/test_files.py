"""Files both ways: a customer list sent in chat, and the marked copy that comes back."""

from __future__ import annotations

import io

import pytest
from openpyxl import Workbook, load_workbook

from bot.imports import MOST_ROWS
from cards.media import KEPT

PLATFORMS = pytest.mark.parametrize("platform", ["wecom", "dingtalk", "wecom_bot"])
HEAD = ("客户名称", "负责人", "行业", "电话", "联系人", "备注")
GOOD = ("海河水务", "张三", "水务", "13812345678", "李工", "x")
BAD = ("黄河水务", "王五", "水务", "", "", "")
PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)


def sheet(*rows):
    book, written = Workbook(), io.BytesIO()
    for row in (HEAD, *rows):
        book.active.append(row)
    book.save(written)
    return written.getvalue()


def read(message):
    """All that stands in a message; WeCom shows a card without buttons as text."""
    return f"{message['title']}\n{message['text']}"


def csv(*rows):
    return "\n".join(",".join(row) for row in (HEAD, *rows)).encode("gb18030")


def admin(office, platform):
    """Whoever may import and has an account there; the demo's have one on WeCom only."""
    if platform != "dingtalk":
        return "冯运营"
    office.says("管理员", "/同事 绑定 冯运营 钉钉 staff_feng")
    member = office.demo.phones.by_name("冯运营")
    member.accounts["dingtalk"] = "staff_feng"
    return "冯运营"


@pytest.fixture(autouse=True)
def _accounts(office):
    yield
    office.demo.phones.by_name("冯运营").accounts.pop("dingtalk", None)


@PLATFORMS
@pytest.mark.parametrize(("make", "name"), [(sheet, "客户.xlsx"), (csv, "客户.csv")])
def test_a_list_sent_in_chat_is_looked_at_first_and_imported_at_a_tap(office, platform, make, name):
    who = admin(office, platform)
    [looked] = office.sends(who, name, make(GOOD), platform)[-1:]
    assert looked["title"] == f"{name} 检查通过，还没有导入"
    assert "将新建 1 行" in looked["text"]
    facts = {one["name"]: one["value"] for one in looked["fields"]}
    assert facts["没有问题"] == "1 行"
    assert facts["认出的列"].startswith("客户名称、负责人")
    assert facts["没用到的列"] == "备注"
    assert office.rows("customer", name="海河水务") == []

    done = office.presses(who, looked, "导入")[-1]
    assert f"{name} 已导入" in read(done)
    if platform == "wecom_bot":  # whose cards change only while they are pressed
        office.presses(who, looked, "导入")
    else:
        assert not any(b["enabled"] for m in office.sees(who) for b in m["buttons"])
    [customer] = office.rows("customer", name="海河水务")
    assert customer["owner_id"] == "zhangsan"
    [row] = office.happened(action="customer.imported")
    assert (row["actor"], row["channel"]) == ("fengyunying", platform)
    assert row["detail"] == {"created": 1, "completed": 0}


@PLATFORMS
def test_wrong_rows_come_back_marked_and_nothing_is_imported(office, platform):
    who = admin(office, platform)
    *_, card, file = office.sends(who, "客户.xlsx", sheet(GOOD, BAD), platform)
    assert "客户.xlsx 有 1 行要改，一行都没有导入" in read(card)
    assert "第 3 行 负责人：没有叫「王五」的同事" in read(card)
    assert not [b for b in card["buttons"] if b["enabled"]]
    assert office.rows("customer", name="海河水务") == []

    assert file["file"]["name"] == "客户-错误.xlsx"
    page = load_workbook(io.BytesIO(office.downloads(file))).active
    assert page.cell(1, len(HEAD) + 1).value == "错误"
    assert "王五" in page.cell(3, len(HEAD) + 1).value
    assert [row["kind"] for row in office.sees(who)][-1] == "file"


def test_whoever_may_not_import_is_told_who_may(office):
    [answer] = office.sends("张三", "客户.xlsx", sheet(GOOD))
    assert answer["text"].startswith("「导入线索表或客户表」需要")
    assert "冯运营" in answer["text"]
    assert office.rows("job", lane="slow") == []
    [row] = office.happened(action="refused.not_allowed")
    assert row["actor"] == "zhangsan"


def test_what_is_no_sheet_inside_is_refused_by_its_content(office):
    for name, content, why in (
        ("客户.xlsx", b"MZ" + bytes(200), "内容却不是"),
        ("客户.xls", sheet(GOOD), "旧版"),
        ("客户.csv", sheet(GOOD), "内容却是 Excel"),
        ("客户.csv", b"a,b\n1,2\n", "缺少列"),
    ):
        card = office.sends("冯运营", name, content)[-1]
        assert f"{name} 没有导入" in read(card)
        assert why in read(card)
    assert office.rows("blob") == []


def test_more_rows_than_everybody_can_wait_for_are_for_the_server(office):
    rows = [(f"水务{i:04d}", *GOOD[1:]) for i in range(MOST_ROWS + 1)]
    card = office.sends("冯运营", "客户.csv", csv(*rows))[-1]
    assert f"一次最多导入 {MOST_ROWS} 行" in read(card)
    card = office.sends("冯运营", "客户.csv", csv(*rows[1:]))[-1]
    assert f"将新建 {MOST_ROWS} 行" in read(card)


def test_a_bomb_is_no_sheet(office):
    import zipfile

    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (200 << 20))
    card = office.sends("冯运营", "客户.xlsx", packed.getvalue())[-1]
    assert "解开后太大" in card["text"]


def test_the_bytes_go_with_the_import_and_wait_a_day_at_most(office):
    card = office.sends("冯运营", "客户.xlsx", sheet(GOOD))[-1]
    assert len(office.rows("blob")) == 1
    office.presses("冯运营", card, "导入")
    assert office.rows("blob") == []
    other = ("长江水务", *GOOD[1:])
    late = office.sends("冯运营", "客户.xlsx", sheet(other))[-1]
    office.wait("25h")
    gone = office.presses("冯运营", late, "导入")[-1]
    assert "请再发一次" in read(gone)
    assert office.rows("customer", name="长江水务") == []
    assert office.rows("blob") == []


def test_two_taps_import_once(office):
    card = office.sends("冯运营", "客户.xlsx", sheet(GOOD))[-1]
    shown = office.demo.phones.message(card["id"])
    for _ in range(2):
        office.finger(office.demo.wecom.press(shown, card["buttons"][0]["action"], {}))
    assert len(office.rows("customer", name="海河水务")) == 1
    assert len([j for j in office.rows("job", lane="slow") if "run" in j["key"]]) == 1


def test_what_changed_between_look_and_tap_is_said_and_nothing_is_written(office):
    card = office.sends("冯运营", "客户.xlsx", sheet(GOOD, ("珠江水务", "赵六", *BAD[2:])))[-1]
    office.says("管理员", "/同事 离职 赵六 张三")
    sure = office.sees("管理员")[-1]
    office.presses("管理员", sure, "确")
    after = office.presses("冯运营", card, "导入")
    assert any("一行都没有导入" in read(m) for m in after)
    assert office.rows("customer", name="海河水务") == []


def test_erasing_somebody_takes_the_files_that_wait(office):
    card = office.sends("冯运营", "客户.xlsx", sheet(GOOD))[-1]
    office.says("管理员", "/隐私 删除 某阀门制造")
    for _ in ("which of the two", "why"):
        ask = office.sees("管理员")[-1]
        office.presses("管理员", ask, ask["buttons"][0]["action"])
    assert office.rows("blob") == []
    assert "请再发一次" in read(office.presses("冯运营", card, "导入")[-1])


def test_a_file_called_after_somebody_is_renamed_when_they_are_erased(office):
    contacts = office.rows("contact")
    with office.demo.service.database.reading() as db:
        values = office.demo.service.vault.read(db, ("contact", contacts[0]["id"]))
    office.sends("冯运营", f"{values['name']}的客户.xlsx", sheet(GOOD, BAD))
    assert values["name"] in str(office.rows("card"))
    office.says("管理员", f"/隐私 删除 {contacts[0]['id']}")
    ask = office.sees("管理员")[-1]
    office.presses("管理员", ask, ask["buttons"][0]["action"])
    [file] = [row for row in office.rows("card") if '"filename":' in row["body"]]
    assert values["name"] not in file["body"]


@pytest.mark.parametrize("platform", ["wecom"])
def test_nothing_of_a_file_lies_open_in_the_database(office, platform):
    office.sends("冯运营", "客户.csv", csv(GOOD, BAD), platform)
    stored = str([office.rows(t) for t in ("card", "blob", "upload", "audit")])
    assert "13812345678" not in stored
    open_name = "黄河水务".encode("gb18030").hex()
    assert open_name not in str(office.rows("blob"))
    assert len(office.rows("blob")) == 1  # what was sent is gone, the marked copy is on its way


@pytest.mark.parametrize("fault", ["5xx", "timeout", "429", "token_expired"])
def test_a_platform_in_trouble_delays_a_file_and_loses_nothing(office, fault):
    office.fault("wecom", fault)
    office.sends("冯运营", "客户.xlsx", sheet(GOOD, BAD))
    office.wait("10m")
    shown = office.sees("冯运营")
    assert [m for m in shown if "要改" in read(m)]
    assert [m["file"]["name"] for m in shown if m["file"]] == ["客户-错误.xlsx"]


def test_one_upload_serves_for_as_long_as_the_platform_knows_it(office):
    def uploads():
        wire = office.http.get("/sim/api/wire").json()
        return len([e for e in wire if "media/upload" in e["summary"]])

    office.sends("冯运营", "客户.xlsx", sheet(GOOD, BAD))
    [first] = office.rows("upload")
    office.demo.phones.shelf("wecom").clear()  # the platform has forgotten it before its time
    office.demo.wecom._media._ever.add(first["ref"])
    office.finger(_again(office))
    office.wait("1m")
    [second] = office.rows("upload")
    assert second["ref"] != first["ref"]
    assert uploads() == 2
    office.finger(_again(office))
    assert uploads() == 2
    assert len([m for m in office.sees("冯运营") if m["file"]]) == 3


async def _again(office):
    """The same file once more to the same person."""
    from cards import outbox
    from cards.model import load
    from sales.people import Address

    service = office.demo.service
    with service.database.reading() as db:
        from sqlalchemy import select

        from cards.tables import CARD

        bodies = db.execute(select(CARD.body)).scalars()
        body = next(one for one in bodies if '"blob":' in one and '"sort":' in one)
    to = Address("fengyunying", "wecom", service.settings.wecom.corp_id, "fengyunying")
    now = service.clock.now()
    service.database.writer.run(lambda db: outbox.post(db, load(body), [to], now=now))
    await service.settle()


def test_a_file_too_old_to_send_again_is_a_dead_letter_with_its_reason(office):
    office.sends("冯运营", "客户.xlsx", sheet(GOOD, BAD))
    office.wait(f"{KEPT.days * 24 + 2}h")
    assert office.rows("blob") == []
    office.finger(_again(office))
    failed = [row for row in office.rows("delivery") if row["state"] == "failed"]
    assert [row["reason"] for row in failed] == ["media_gone"]


def test_a_picture_is_answered_politely_on_both_platforms(office):
    for platform in ("wecom", "dingtalk"):
        [answer] = office.sends("张三", "名片.png", PNG, platform)
        assert answer["text"].startswith("图片暂时看不懂")


def test_a_name_that_comes_with_the_bytes_is_cleaned_like_one_in_a_message(office):
    name = "客户 13812345678.xlsx"
    [taken, looked] = office.sends("冯运营", name, sheet(GOOD), "wecom_bot")[-2:]
    assert taken["text"].startswith("收到文件，正在检查")
    assert looked["title"].startswith("客户 138****5678.xlsx 检查通过")


def test_a_file_without_any_name_is_known_by_its_first_bytes(office, monkeypatch):
    monkeypatch.setattr("bot.platforms.files._named", lambda _: "")
    assert "这个文件.xlsx 检查通过" in read(
        office.sends("冯运营", "客户", sheet(GOOD), "wecom_bot")[-1]
    )
    why = read(office.sends("冯运营", "客户", b"%PDF-1.7", "wecom_bot")[-1])
    assert "这个文件 没有导入" in why
    assert "只能读 .xlsx 和 .csv" in why


@PLATFORMS
def test_equal_bytes_come_back_under_the_name_of_their_sender(office, platform):
    who = admin(office, platform)
    for name in ("名单-勿看.xlsx", "客户.xlsx"):
        file = office.sends(who, name, sheet(BAD), platform)[-1]["file"]
        assert file["name"] == name.replace(".xlsx", "-错误.xlsx")
