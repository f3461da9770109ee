"""The phones page in a real browser, over an echoing world."""

from __future__ import annotations

import base64
import json

import pytest
from playwright.sync_api import expect

from tests.simulator.phone_page import BOSS, DINGTALK, WECOM, serious, type_line

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def test_a_typed_line_appears_and_its_answer_arrives_by_itself(page):
    type_line(page, WECOM, "早上好")

    expect(page.locator(f"{WECOM} .mine .bubble")).to_have_text("早上好")
    expect(page.locator(f"{WECOM} .theirs .bubble")).to_have_text("收到：早上好")
    expect(page.locator(f"{WECOM} .say input")).to_have_value("")
    expect(page.locator(f"{BOSS} .bubble")).to_have_count(0)


def test_a_picture_and_a_file_go_out_by_the_paper_clip_and_can_be_had_back(page):
    clip = page.locator(f"{WECOM} .clip input")
    clip.set_input_files({"name": "名片.png", "mimeType": "image/png", "buffer": PNG})
    picture = page.locator(f"{WECOM} .mine .picture img")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") == 1
    clip.set_input_files({"name": "客户.csv", "mimeType": "text/csv", "buffer": b"a,b\n"})
    expect(page.locator(f"{WECOM} .theirs .bubble").last).to_have_text("收到：客户.csv 4 字节")
    with page.expect_download() as down:
        page.locator(f"{WECOM} .mine a.file").click()
    assert down.value.suggested_filename == "客户.csv"
    assert down.value.path().read_bytes() == b"a,b\n"
    assert serious(page, {"include": ["body"]}, {"color-contrast": {"enabled": False}}) == []


@pytest.mark.parametrize("phone", [WECOM, DINGTALK])
def test_a_pressed_card_changes_in_place(page, phone):
    type_line(page, phone, "/卡")
    type_line(page, phone, "后来的话")
    expect(page.locator(f"{phone} .message")).to_have_count(4)
    card = page.locator(f"{phone} .message").nth(1)
    card.locator(".press.primary").click()

    expect(card.locator(".press")).to_have_text(["已处理"])
    expect(card.locator(".press")).to_be_disabled()
    expect(page.locator(f"{phone} .message")).to_have_count(4)


def test_what_was_typed_and_chosen_survives_a_repaint(page):
    type_line(page, DINGTALK, "/表")
    page.locator(f"{DINGTALK} select").select_option(label="恒信阀门")
    name = page.locator(f"{DINGTALK} [name=name]")
    name.fill("北方泵业")
    told = page.request.post(
        "/sim/api/say", data={"person": "张三", "platform": "dingtalk", "text": "/改"}
    )
    assert told.ok

    expect(page.locator(f"{DINGTALK} .title")).to_have_text("改过的标题")
    expect(page.locator(f"{DINGTALK} select")).to_have_value("c-410")
    expect(name).to_have_value("北方泵业")
    expect(name).to_be_focused()
    page.locator(f"{DINGTALK} .press.primary").click()
    expect(page.locator(f"{DINGTALK} .press")).to_have_text(["已处理"])
    expect(name).to_have_value("北方泵业")


def test_a_form_is_not_sent_before_its_required_fields_are_filled(page):
    type_line(page, DINGTALK, "/表")
    page.locator(f"{DINGTALK} select").select_option(label="恒信阀门")
    page.locator(f"{DINGTALK} .press.primary").click()

    expect(page.locator(f"{DINGTALK} [name=name]")).to_be_focused()
    expect(page.locator(f"{DINGTALK} .press")).to_have_text(["提交"])


def test_a_link_opens_inside_the_phone_of_its_owner(page):
    type_line(page, BOSS, "/页")
    page.locator(f"{BOSS} .jumps button").click()

    sheet = page.locator(f"{BOSS} .sheet")
    expect(sheet).to_be_visible()
    expect(page.frame_locator(f"{BOSS} iframe").locator("h1")).to_have_text("回款明细")
    cookies = {cookie["name"]: cookie["value"] for cookie in page.context.cookies()}
    assert cookies["sim_phone"] == "wang"
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    expect(page.locator(f"{BOSS} .say input")).to_be_focused()


def test_the_menu_speaks_for_the_person(page):
    page.locator(f"{WECOM} .menu button", has_text="我的审批").click()
    expect(page.locator(f"{WECOM} .theirs .bubble")).to_have_text("收到：/审批")


def test_a_refusal_is_said_on_the_phone_and_the_line_is_not_lost(page, complaints):
    page.route("**/sim/api/say", lambda route: route.fulfill(status=400, json={"error": "不行"}))
    type_line(page, WECOM, "早")

    expect(page.locator(f"{WECOM} .notice")).to_have_text("不行")
    expect(page.locator(f"{WECOM} .say input")).to_have_value("早")
    assert "400" in complaints.pop()  # the browser's own line about the answer


def test_time_passes_by_button_and_the_result_is_announced(page):
    page.locator("[data-advance='72h']").click()
    expect(page.locator("#now")).to_have_text("2026-11-26 周四 10:00:00")
    expect(page.get_by_role("status")).to_have_text("运行了 2 个任务")
    page.locator("[data-monday]").click()
    expect(page.locator("#now")).to_have_text("2026-11-30 周一 09:00:00")
    expect(page.locator(f"{WECOM} .hm")).to_have_text("09:00")


def test_the_guide_fills_in_the_line_and_waits_for_the_person(page):
    page.locator(".guide button").first.click()
    field = page.locator(f"{WECOM} .say input")
    expect(field).to_have_value("/商机 某阀门制造 北方泵业")
    expect(field).to_be_focused()
    expect(page.locator(f"{WECOM} .message")).to_have_count(0)


def test_the_wire_log_shows_raw_decoded_and_answer(page):
    type_line(page, WECOM, "早")
    page.locator("#wire-toggle").click()
    entry = page.locator("#wire li").first
    expect(entry.locator("summary")).to_contain_text("POST /callback 早")
    entry.locator("summary").click()
    expect(entry.locator(".raw")).to_have_text("<xml/>")
    expect(entry.locator(".decoded")).to_contain_text('"Content": "早"')


def test_phones_are_chosen_and_put_away(page):
    page.locator(".chooser summary").click()
    page.get_by_label("王经理 销售经理 钉钉").check()
    page.get_by_role("button", name="显示").click()
    expect(page.locator(".phone")).to_have_count(4)
    page.get_by_role("link", name="收起张三的钉钉").click()
    expect(page.locator(".phone")).to_have_count(3)


def test_a_reset_empties_the_phones(page):
    type_line(page, WECOM, "早")
    expect(page.locator(f"{WECOM} .message")).to_have_count(2)
    page.request.post("/sim/api/reset")
    expect(page.locator(f"{WECOM} .message")).to_have_count(0)


def test_dark_follows_the_system_until_the_person_switches(page):
    def paper() -> str:
        return page.locator(".strip").evaluate("e => getComputedStyle(e).backgroundColor")

    assert paper() == "rgb(255, 255, 255)"
    page.emulate_media(color_scheme="dark")
    assert paper() != "rgb(255, 255, 255)"
    page.locator("#theme").click()
    assert paper() == "rgb(255, 255, 255)"
    page.reload()
    assert paper() == "rgb(255, 255, 255)"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(page, scheme):
    page.emulate_media(color_scheme=scheme)
    for phone, line in ((WECOM, "/选"), (DINGTALK, "/表"), (BOSS, "/页")):
        type_line(page, phone, line)
    expect(page.locator(".card")).to_have_count(3)
    page.locator("#wire-toggle").click()
    expect(page.locator("#wire li")).to_have_count(3)
    # The colours inside a phone are the platforms' own; ours must have the contrast.
    ours = serious(page, {"exclude": [".screen"]}, {})
    whole = serious(page, {"include": ["body"]}, {"color-contrast": {"enabled": False}})
    assert (ours, whole) == ([], [])


def test_the_gallery_is_accessible_and_copies_json(page):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto("/sim/cards")
    assert serious(page, {"exclude": [".cell"]}, {}) == []
    page.locator("figure summary").first.click()
    page.locator("figure .copy").first.click()
    expect(page.locator("figure .copy").first).to_have_text("已复制")
    copied = json.loads(page.evaluate("navigator.clipboard.readText()"))
    assert copied["card_type"] == "button_interaction"
