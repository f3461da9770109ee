"""Cards on the phones in a real browser: what is drawn can be tapped, ticked and confirmed."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.simulator.phone_page import DINGTALK, WECOM, serious, type_line


@pytest.fixture
def presses(page):
    """The bodies the page sends to /sim/api/press."""
    sent = []
    page.on("request", lambda one: sent.append(one.post_data_json) if "/press" in one.url else None)
    return sent


def test_the_menu_behind_the_dots_opens_closes_and_presses(page, presses):
    type_line(page, WECOM, "/通知")
    dots = page.locator(f"{WECOM} .more summary")
    entry = page.locator(f"{WECOM} .more button", has_text="稍后")
    dots.click()
    expect(entry).to_be_visible()
    page.locator(f"{WECOM} .bar h2").first.click()
    expect(entry).to_be_hidden()
    dots.click()
    entry.click()
    expect(page.locator(f"{WECOM} .press")).to_contain_text(["已处理"])
    assert presses[0]["action"] == "1.later"


def test_a_quote_a_row_and_a_picture_open_their_page(page):
    type_line(page, WECOM, "/通知")
    type_line(page, WECOM, "/图")
    sheet = page.locator(f"{WECOM} .sheet")
    for tap in ("blockquote .cover", "dd .weblink[data-url]", ".beside .cover"):
        page.locator(f"{WECOM} {tap}").click()
        expect(sheet).to_be_visible()
        page.keyboard.press("Escape")
        expect(sheet).to_be_hidden()


def test_a_picture_of_our_own_host_is_shown_in_its_shape(page):
    type_line(page, WECOM, "/图")
    picture = page.locator(f"{WECOM} .card > .picture")
    expect(picture.locator("img")).to_have_count(1)
    box = picture.bounding_box()
    assert box["width"] / box["height"] == pytest.approx(1.6, abs=0.02)


def test_ticks_are_sent_as_they_stand_even_when_all_are_taken_away(page, presses):
    for tick, sent in ((["某阀门制造", "恒信阀门"], "o0,o1,o2"), ([], "")):
        type_line(page, WECOM, "/票")
        card = page.locator(f"{WECOM} .message:has(.press.primary)")
        expect(card.locator(".checks label")).to_have_count(3)
        if not tick:
            card.get_by_text("华东泵业").click()
        for name in tick:
            card.get_by_text(name).click()
        card.locator(".press.primary").click()
        expect(card).to_have_count(0)  # decided: its button says so and is no longer one
        assert presses[-1]["values"] == {"first": sent}


def test_several_drop_downs_go_together(page, presses):
    type_line(page, WECOM, "/三选")
    page.locator(f"{WECOM} [name=industry]").select_option("o1")
    page.locator(f"{WECOM} .press.primary").click()
    expect(page.locator(f"{WECOM} .press")).to_have_text(["已处理"])
    assert presses[0]["values"] == {"industry": "o1", "region": "o1", "size": "o0"}


def test_a_button_that_asks_acts_only_after_yes(page, presses):
    type_line(page, DINGTALK, "/问")
    refuse = page.locator(f"{DINGTALK} .press.danger")
    asked = page.locator(f"{DINGTALK} [role=alertdialog]")
    refuse.click()
    expect(asked.locator("p")).to_have_text("拒绝后要重新提交。确定拒绝？")
    expect(asked.locator("button").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(asked).to_be_hidden()
    expect(refuse).to_be_focused()
    assert presses == []
    refuse.click()
    asked.get_by_role("button", name="确定").click()
    expect(page.locator(f"{DINGTALK} .press")).to_have_text(["已处理"])
    assert [press["action"] for press in presses] == ["2.0"]


def test_the_last_row_of_a_dingtalk_card_presses(page, presses):
    type_line(page, DINGTALK, "/问")
    page.locator(f"{DINGTALK} .entries button", has_text="稍后").click()
    expect(page.locator(f"{DINGTALK} .press")).to_have_text(["已处理"])
    assert presses[0]["action"] == "2.later"


def test_a_long_form_is_filled_field_by_field(page, presses):
    type_line(page, DINGTALK, "/长表")
    card = page.locator(f"{DINGTALK} .message").last
    card.get_by_text("总经理").click()
    card.get_by_text("低").click()
    card.locator("[name=note]").fill("下周签\n等盖章")
    card.get_by_role("switch").check()
    card.locator(".press.primary").click()
    expect(card.locator(".press")).to_have_text(["已处理"])
    assert presses[0]["values"] == {
        "who": "a,b", "mood": "l", "on": "2026-11-23", "km": "",
        "note": "下周签\n等盖章", "again": "true",
    }  # fmt: skip


def test_an_action_cards_buttons_stand_side_by_side(page):
    type_line(page, DINGTALK, "/行")
    expect(page.locator(f"{DINGTALK} .press")).to_have_count(2)
    left, right = (button.bounding_box() for button in page.locator(f"{DINGTALK} .press").all())
    assert left["y"] == right["y"]
    assert left["x"] < right["x"]


def test_the_gallery_shows_one_card_in_every_state_and_all_cards_in_one(page):
    page.goto("/sim/cards?state=pressed")
    expect(page.locator("[aria-current]")).to_have_text("按下")
    assert page.locator("[aria-busy=true]").count() > 0
    page.get_by_role("link", name="审批", exact=True).click()
    labels = page.locator("figcaption strong")
    states = ("", " 按下", " 已处理", " 已过期", " 出错")
    expect(labels).to_have_text([*(f"钉钉 新{state}" for state in states), "钉钉 已处理"])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_on_any_card(page, scheme):
    page.emulate_media(color_scheme=scheme)
    for line in ("/通知", "/图", "/票"):
        type_line(page, WECOM, line)
    for line in ("/问", "/长表", "/行"):
        type_line(page, DINGTALK, line)
    expect(page.locator(".card")).to_have_count(6)
    assert serious(page, {"include": ["body"]}, {"color-contrast": {"enabled": False}}) == []
