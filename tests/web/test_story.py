"""The story a newcomer plays, in a real browser, on both platforms."""

from playwright.sync_api import expect

OPENED = 'iframe[title="张三的企业微信打开的页面"]'


def phone(page, name):
    return page.locator(f'[data-name="{name}"]')


def says(page, name, line):
    box = phone(page, name).locator(".say input")
    box.fill(line)
    box.press("Enter")


def last_card(page, name, title):
    return phone(page, name).locator(".chat li", has_text=title).last


def test_one_line_becomes_an_opportunity_card_on_wecom_and_on_dingtalk(page):
    for name, customer in (("张三的企业微信", "北方泵业"), ("张三的钉钉", "西方泵业")):
        says(page, name, f"/商机 某阀门制造 {customer}")
        expect(last_card(page, name, f"商机已建：{customer}")).to_be_visible()


def test_a_pick_is_one_press_and_the_card_becomes_the_result(page, office):
    says(page, "张三的企业微信", "/商机 恒信 西部机电")
    card = last_card(page, "张三的企业微信", "是哪一家")
    card.get_by_role("button", name="2. 恒信阀门").click()
    expect(last_card(page, "张三的企业微信", "商机已建：西部机电")).to_be_visible()
    expect(phone(page, "张三的企业微信").get_by_text("是哪一家")).to_have_count(0)
    assert len(office.rows("opportunity")) == 1


def test_the_h5_form_finds_the_introducer_by_letters_and_submits_once(page, office):
    says(page, "张三的企业微信", "/商机")
    card = last_card(page, "张三的企业微信", "登记老客户转介绍的新商机")
    card.get_by_text("打开填写").click()
    form = page.frame_locator(OPENED)
    form.get_by_label("谁介绍的？").first.fill("hengxin")
    form.get_by_role("option", name="恒信阀门").click()
    form.get_by_label("新客户叫啥？").fill("东方阀业")
    form.get_by_role("button", name="提交").click()
    expect(form.get_by_role("heading", name="商机已建：东方阀业")).to_be_visible()
    expect(last_card(page, "张三的企业微信", "商机已建：东方阀业")).to_be_attached()
    [opportunity] = office.rows("opportunity")
    assert opportunity["effort_ms"] > 0


def test_the_h5_form_says_what_is_wrong_and_keeps_what_was_typed(page, office):
    says(page, "张三的企业微信", "/商机")
    last_card(page, "张三的企业微信", "登记老客户").get_by_text("打开填写").click()
    form = page.frame_locator(OPENED)
    form.get_by_label("谁介绍的？").first.fill("某阀门制造")
    form.get_by_label("新客户叫啥？").fill("甲")
    form.get_by_role("button", name="提交").click()
    expect(form.get_by_role("alert")).to_contain_text("2 到 60 个字")
    expect(form.get_by_label("谁介绍的？").first).to_have_value("某阀门制造")
    form.get_by_label("新客户叫啥？").fill("甲方重工")
    form.get_by_role("button", name="提交").click()
    expect(form.get_by_role("heading", name="商机已建：甲方重工")).to_be_visible()


def test_dingtalk_fills_its_native_form_in_the_card(page, office):
    says(page, "张三的钉钉", "/商机")
    card = last_card(page, "张三的钉钉", "登记老客户转介绍的新商机")
    card.locator("select").select_option(label="某阀门制造")
    card.locator('input[type="text"], input:not([type])').last.fill("南方泵业")
    card.get_by_role("button", name="提交").click()
    expect(last_card(page, "张三的钉钉", "商机已建：南方泵业")).to_be_visible()
    assert len(office.rows("opportunity")) == 1
