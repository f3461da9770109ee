"""A rule changed from WeCom, where what is typed goes through the page behind the card."""

from playwright.sync_api import expect

from tests.web.test_story import last_card, phone, says

CHAT = "陈总的企业微信"
OPENED = f'iframe[title="{CHAT}打开的页面"]'
SENTENCE = (
    "您好，账号 {account} 还没有开通。请把这句话转给销售运营冯运营，写明您的姓名和部门，"
    "她当天会给您开通；着急的话请让您的经理直接找她。"
)


def test_a_long_sentence_and_its_reason_are_typed_on_pages_and_published(page, office):
    page.goto(f"{office.address}/sim?phone=陈总.wecom")
    says(page, CHAT, "/规则 改 固定用语 不认识")
    last_card(page, CHAT, "固定用语 · 不认识").get_by_text("打开填写").click()
    form = page.frame_locator(OPENED)
    form.get_by_label("改成").fill(SENTENCE)
    form.get_by_role("button", name="提交").click()
    expect(form.get_by_role("heading", name="固定用语 · 第 2 版草稿")).to_be_visible()

    page.goto(f"{office.address}/sim?phone=陈总.wecom")
    last_card(page, CHAT, "固定用语 · 第 2 版草稿").get_by_role("button", name="发布").click()
    last_card(page, CHAT, "发布 固定用语 · 第 2 版").get_by_text("打开填写").click()
    form.get_by_label("为什么改？").fill("新同事看不懂")
    form.get_by_role("button", name="发布").click()
    expect(form.get_by_role("heading", name="已发布：固定用语 · 第 2 版")).to_be_visible()
    [stored] = office.rows("document", kind="texts", state="published")
    assert stored["body"]["stranger"] == SENTENCE
    assert len(SENTENCE) > 60
    expect(phone(page, CHAT).get_by_text("还没有发布")).to_have_count(0)
