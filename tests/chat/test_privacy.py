"""`/隐私` and contacts on cards: rights are one line or one tap away, for compliance (B58)."""

from __future__ import annotations

import hashlib
import json

import pytest


def answer(office, person, line):
    [message] = office.says(person, line)
    return message


def pressed(office, person, message, button):
    [told] = office.presses(person, message, button)
    return told


def field(message, name):
    return {f["name"]: f["value"] for f in message["fields"]}[name]


def test_a_customer_card_shows_its_contacts_masked_and_a_button_each(office):
    card = answer(office, "张三", "/客户 某阀门制造")
    assert "王* · 138****8000" in card["text"]
    assert "刘* · 139****9000" in card["text"]
    assert {b["text"] for b in card["buttons"]} >= {"查看号码 王*", "查看号码 刘*"}


def test_a_new_customer_still_asks_for_somebody_to_call(office):
    first = answer(office, "张三", "/商机 某阀门制造 北方泵业")
    assert "联系人、电话" in first["text"]
    there = answer(office, "张三", "/商机 恒信阀门 华东泵业")
    done = pressed(office, "张三", there, "就是它")
    assert "联系人" not in done["text"]


@pytest.mark.parametrize("name", ["北方泵业13800138000", "13912345678", "北方 1３800138000 泵业"])
def test_a_number_is_no_part_of_a_company_name(office, name):
    told = answer(office, "张三", f"/商机 某阀门制造 {name}")
    assert "导入表的「电话」列" in told["text"]
    assert office.rows("opportunity") == []
    assert office.rows("audit", action="refused.number_in_name")


@pytest.mark.parametrize("person", ["张三", "王经理", "陈总", "冯运营"])
def test_only_compliance_and_the_administrator_exercise_the_rights_of_others(office, person):
    told = answer(office, person, "/隐私 导出 13800138000")
    assert "合规、管理员" in told["text"]
    assert not office.rows("audit", action="contact.exported")


def test_several_contacts_of_a_customer_are_told_apart_by_one_tap(office):
    asked = answer(office, "周合规", "/隐私 查看 某阀门制造")
    assert asked["title"] == "是哪一位联系人？"
    wang = next(b for b in asked["buttons"] if b["text"].startswith(("1. 王", "2. 王")))
    card = pressed(office, "周合规", asked, wang["text"])
    assert card["title"] == "联系人 王* · 138****8000"
    assert field(card, "保存的") == "联系人、电话、邮箱"
    assert [b["text"] for b in card["buttons"]] == ["导出", "冻结", "删除"]


def test_an_export_is_json_for_who_asked_and_stands_in_no_table(office):
    told = answer(office, "周合规", "/隐私 导出 13700137000")
    bundle = json.loads(told["text"][told["text"].index("{") :])
    assert bundle["customer"] == "恒信阀门"
    assert bundle["data"] == {"name": "孙丽", "phone": "13700137000", "wechat": "sunli_hengxin"}
    [note] = office.rows("audit", action="contact.exported")
    given = told["text"][told["text"].index("{") :]
    assert note["detail"] == {
        "purpose": "access", "fields": ["name", "phone", "wechat"], "rows": 1,
        "sha256": hashlib.sha256(given.encode()).hexdigest(),
    }, "B58: what for, which columns, how many records, which bytes"  # fmt: skip
    rows = [office.rows(table) for table in ("card", "delivery", "audit", "vault_entry")]
    rows.append([row for row in office.rows("job") if row["lane"] != "inbox"])
    for secret in ("孙丽", "13700137000", "sunli_hengxin"):
        assert secret not in json.dumps(rows, ensure_ascii=False)


def test_a_frozen_contact_shows_no_number_until_thawed(office):
    before = answer(office, "李四", "/客户 恒信阀门")
    card = answer(office, "管理员", "/隐私 冻结 13700137000")
    assert field(card, "状态") == "已冻结：只保存，不使用"
    assert "冻结" in pressed(office, "李四", before, "查看号码")["text"]
    now = answer(office, "李四", "/客户 恒信阀门")
    assert "（已冻结）" in now["text"]
    assert [b for b in now["buttons"] if "号码" in b["text"]] == []
    thawed = pressed(office, "管理员", card, "解冻")
    assert field(thawed, "状态") == "正常使用"
    assert "13700137000" in pressed(office, "李四", before, "查看号码")["text"]
    actions = [row["action"] for row in office.rows("audit", subject_type="contact")]
    actions = [action for action in actions if action != "contact.created"]
    assert actions == ["contact.frozen", "contact.unfrozen", "contact.revealed"]


def test_a_consent_is_registered_once_with_its_proof_and_withdrawn_at_once(office):
    for _ in range(2):
        card = answer(office, "周合规", "/隐私 同意 13700137000 营销 2026-11-20 的邮件")
    assert field(card, "同意") == "营销（2026-11-23 起）"
    [row] = office.rows("consent")
    assert row["to_at"] is None
    assert "邮件" not in json.dumps(office.rows("vault_entry"), ensure_ascii=False)
    exported = answer(office, "周合规", "/隐私 导出 13700137000")["text"]
    assert '"proof": "2026-11-20 的邮件"' in exported
    withdrawn = answer(office, "周合规", "/隐私 撤回 13700137000 marketing")
    assert field(withdrawn, "同意") == "营销（2026-11-23 起，2026-11-23 撤回）"
    [row] = office.rows("consent")
    assert row["to_at"]
    again = answer(office, "周合规", "/隐私 撤回 13700137000 营销")
    assert "没有登记过" in again["text"]
    assert (
        "聊天存档、会议记录、营销"
        in answer(office, "周合规", "/隐私 撤回 13700137000 短信")["text"]
    )


def test_erasing_ends_every_consent(office):
    answer(office, "周合规", "/隐私 同意 13700137000 营销 邮件")
    asked = answer(office, "周合规", "/隐私 删除 13700137000")
    pressed(office, "周合规", asked, "删除：撤回同意")
    [row] = office.rows("consent")
    assert row["to_at"]
    assert "孙" not in answer(office, "李四", "/客户 恒信阀门")["text"]


@pytest.mark.parametrize("proof", ["录音", "2026-11-20 孙总电话里说可以"])
def test_erasing_takes_the_proof_of_a_consent_along(office, proof):
    """The confirmation promises it; a command that was only guessed holds it as well."""
    for command in ("/隐私 同意", "/隐私 同一"):
        answer(office, "周合规", f"{command} 13700137000 营销 {proof}")
    answer(office, "李四", f"/反馈 {proof} 是另一回事")
    asked = answer(office, "周合规", "/隐私 删除 13700137000")
    pressed(office, "周合规", asked, "删除：本人要求")
    inbox = [row["payload"] for row in office.rows("job") if row["lane"] == "inbox"]
    assert [said for one in inbox if proof in (said := str(one.get("text", "")))] == [
        f"/反馈 {proof} 是另一回事"
    ], "who else says so is left alone"
    if len(proof) > len("录音"):
        assert proof not in json.dumps(office.rows("card"), ensure_ascii=False)


def test_two_taps_on_a_reason_erase_once(office):
    asked = answer(office, "周合规", "/隐私 删除 13700137000")
    pressed(office, "周合规", asked, "删除：本人要求")
    assert len(office.rows("audit", action="contact.erased")) == 1
    old = answer(office, "周合规", "/隐私 删除 13700137000")
    assert "没有找到" in old["text"]


def test_nobody_is_nobody(office):
    assert "没有找到" in answer(office, "周合规", "/隐私 查看 13511112222")["text"]
    assert "没有找到" in answer(office, "周合规", "/隐私 冻结 a@b.example")["text"]


@pytest.mark.parametrize("words", ["横新阀门", "恒信"])
def test_rights_over_a_person_are_never_used_on_a_guess(office, words):
    """横新阀门 only sounds like it; 恒信 may be two companies of which one has a contact."""
    card = answer(office, "周合规", f"/隐私 冻结 {words}")
    assert card["title"] == "是哪一位联系人？"
    assert not office.rows("audit", action="contact.frozen")
    pressed(office, "周合规", card, card["buttons"][0]["text"])
    assert len(office.rows("audit", action="contact.frozen")) == 1


def test_a_number_on_its_way_is_not_sent_once_its_contact_is_frozen(office):
    card = answer(office, "李四", "/客户 恒信阀门")
    office.fault("wecom", "5xx")
    assert office.presses("李四", card, "查看号码") == []
    answer(office, "周合规", "/隐私 冻结 13700137000")
    office.wait("1h")
    assert "13700137000" not in str(office.sees("李四"))
    assert "frozen" in {row["reason"] for row in office.rows("delivery", account="lisi")}
