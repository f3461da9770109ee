"""What messages and events mean, in agreement with wechatpy where it knows them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.platforms.api import Inbound
from cards.render.wecom_blocks import NOT_CHOSEN
from engine.files import Attachment
from tests.wecom import kit
from tests.wecom.kit import CALLBACK, NOW


def read(inner: str) -> Inbound:
    return CALLBACK.read(*kit.sealed(inner), NOW)


def test_a_text_message():
    assert read(kit.text_xml("/线索 恒信阀门 北方泵业")) == Inbound(
        platform="wecom",
        tenant=kit.CORP,
        event_key="4561255354251345929",
        account="lisi",
        at=datetime.fromtimestamp(1790000000, UTC),
        kind="text",
        text="/线索 恒信阀门 北方泵业",
    )


@pytest.mark.parametrize("content", ["你好 👍🏽", "a <b> & c", "]]]]><![CDATA[>", "两\n行"])
def test_wechatpy_reads_the_same_text_sender_and_id(content):
    source = kit.text_xml(content)
    theirs, ours = kit.parse_message(source), read(source)
    assert (theirs.content, theirs.source, theirs.target) == (ours.text, ours.account, ours.tenant)
    assert str(theirs.id) == ours.event_key
    assert theirs.create_time.timestamp() == ours.at.timestamp()


@pytest.mark.parametrize("sort", ["voice", "video", "location", "link", "hologram"])
def test_a_message_we_do_not_act_on_keeps_its_sort_and_its_id(sort):
    source = f"<xml>{kit.COMMON}<MsgType>{sort}</MsgType><MediaId>m</MediaId><MsgId>7</MsgId></xml>"
    inbound = read(source)
    assert (inbound.kind, inbound.text, inbound.event_key) == ("other", sort, "7")
    if sort in ("voice", "link"):
        assert kit.parse_message(source).type == sort


@pytest.mark.parametrize(
    ("sort", "more", "file"),
    [
        ("image", "<PicUrl>https://x</PicUrl>", Attachment("picture", "m")),
        ("file", "<FileName>客户.xlsx</FileName>", Attachment("sheet", "m", "客户.xlsx")),
        ("file", "<Title>合同.PDF</Title>", Attachment("document", "m", "合同.PDF")),
        ("file", "", Attachment("other", "m")),
    ],
)
def test_a_picture_or_a_file_is_something_to_fetch(sort, more, file):
    inside = f"<MsgType>{sort}</MsgType><MediaId>m</MediaId>{more}<MsgId>7</MsgId>"
    inbound = read(f"<xml>{kit.COMMON}{inside}</xml>")
    assert (inbound.kind, inbound.event_key, inbound.attachments) == ("file", "7", (file,))


def test_a_picture_without_a_reference_is_only_named():
    inbound = read(f"<xml>{kit.COMMON}<MsgType>image</MsgType><MsgId>7</MsgId></xml>")
    assert (inbound.kind, inbound.text, inbound.attachments) == ("other", "image", ())


@pytest.mark.parametrize(
    "event", ["subscribe", "unsubscribe", "enter_agent", "LOCATION", "view", "inactive_alert"]
)
def test_an_event_we_do_not_act_on_keeps_its_name(event):
    inbound = read(kit.event_xml(event, "<EventKey></EventKey>"))
    assert (inbound.kind, inbound.text, inbound.account) == ("event", event, "lisi")


def test_a_menu_tap_is_the_command_line_of_its_key():
    source = kit.event_xml("click", "<EventKey><![CDATA[/商机]]></EventKey>")
    assert (read(source).kind, read(source).text) == ("menu", "/商机")
    assert kit.parse_message(source).key == "/商机"


def items(*pairs: tuple[str, tuple[str, ...]]) -> str:
    inside = "".join(
        f"<SelectedItem><QuestionKey><![CDATA[{question}]]></QuestionKey><OptionIds>"
        + "".join(f"<OptionId><![CDATA[{one}]]></OptionId>" for one in ids)
        + "</OptionIds></SelectedItem>"
        for question, ids in pairs
    )
    return f"<SelectedItems>{inside}</SelectedItems>"


@pytest.mark.parametrize(
    ("more", "values"),
    [
        ("", {}),
        ("<SelectedItems></SelectedItems>", {}),
        (items(("choice", ("3.0",))), {"choice": "3.0"}),
        (items(("a", ("1", "2")), ("b", ())), {"a": "1,2", "b": ""}),
    ],
)
def test_a_press_carries_its_card_its_key_and_what_was_chosen(more, values):
    inbound = read(kit.press_xml("3.form", more))
    assert (inbound.kind, inbound.ref, inbound.key) == ("press", "T1", "3.form")
    assert (inbound.values, inbound.reply_token) == (values, "RC1")


def test_the_menu_of_a_card_is_pressed_like_its_buttons():
    tapped = kit.press_xml("3.2").replace("template_card_event", "template_card_menu_event")
    assert (read(tapped).kind, read(tapped).ref, read(tapped).key) == ("press", "T1", "3.2")


def test_elements_are_found_whatever_their_case_and_order():
    shouted = kit.press_xml().replace("TaskId>", "TASKID>").replace("AgentID>", "AgentId>")
    assert read(shouted).ref == "T1"


def test_a_tap_on_a_cards_menu_is_a_press_of_that_card():
    told = kit.press_xml("3.why").replace("template_card_event", "template_card_menu_event")
    inbound = read(told)
    assert (inbound.kind, inbound.ref, inbound.key) == ("press", "T1", "3.why")


def test_the_option_that_stands_for_nothing_chosen_is_no_choice():
    more = (
        "<SelectedItems><SelectedItem><QuestionKey>q</QuestionKey><OptionIds>"
        f"<OptionId>{NOT_CHOSEN}</OptionId></OptionIds></SelectedItem></SelectedItems>"
    )
    assert read(kit.press_xml("3.form", more)).values == {"q": ""}


def test_two_presses_of_one_person_in_one_second_are_two_events():
    keys = {
        read(source).event_key
        for source in (
            kit.press_xml("3.0"),
            kit.press_xml("3.1"),
            kit.press_xml("3.0", response_code="RC2"),
            kit.press_xml("3.0").replace("T1", "T2"),
            kit.event_xml("enter_agent"),
            kit.event_xml("subscribe"),
        )
    }
    assert len(keys) == 6


def test_approval_events_differ_by_number_and_change():
    def approval(number: str, change: str) -> str:
        return kit.event_xml(
            "sys_approval_change",
            f"<ApprovalInfo><SpNoStr>{number}</SpNoStr>"
            f"<StatuChangeEvent>{change}</StatuChangeEvent></ApprovalInfo>",
        )

    keys = {read(approval(n, c)).event_key for n, c in [("1", "1"), ("1", "2"), ("2", "1")]}
    assert len(keys) == 3
    assert read(approval("7", "2")).values == {"spnostr": "7", "statuchangeevent": "2"}


def test_contact_changes_name_no_app_and_are_taken():
    source = kit.event_xml("change_contact").replace(f"<AgentID>{kit.AGENT}</AgentID>", "")
    assert read(source).text == "change_contact"


def test_the_name_of_an_unknown_event_is_cut_for_the_log():
    assert len(read(kit.event_xml("x" * 5000)).text) == 64
