"""One message per family of blocks, as each platform carries it: what the phones must draw."""

from __future__ import annotations

import json
from typing import Any

from bot.simulator.phones import Message
from tests.simulator.samples import DINGTALK_APPROVAL, DINGTALK_FORM, ORIGIN, sample

PAGE = f"{ORIGIN}/h5/receipts"
PICTURE = f"{ORIGIN}/h5/chart.svg"
SAY = "dtmd://dingtalkclient/sendMessage?content=%2F%E5%8D%A1+ref+1."


def options(*texts: str) -> list[dict[str, str]]:
    return [{"id": f"o{n}", "text": text} for n, text in enumerate(texts)]


WECOM_NOTICE: dict[str, Any] = {
    "card_type": "text_notice",
    "source": {"desc": "建流 · 回款", "desc_color": 3},
    "action_menu": {
        "desc": "更多操作",
        "action_list": [
            {"text": "为什么找我", "key": "1.why"},
            {"text": "稍后", "key": "1.later"},
            {"text": "今天不再提醒", "key": "1.mute"},
        ],
    },
    "task_id": "notice-1",
    "main_title": {"title": "本周回款", "desc": "11-16 至 11-21"},
    "emphasis_content": {"title": "128.5 万", "desc": "目标完成 64.2%"},
    "quote_area": {
        "type": 1, "url": PAGE, "title": "王经理", "quote_text": "恒信阀门那笔周三前要跟到。",
    },
    "sub_title_text": "逾期 2 笔，最久 15 天。",
    "horizontal_content_list": [
        {"keyname": "逾期", "value": "31.8 万"},
        {"keyname": "明细", "value": "打开表格", "type": 1, "url": PAGE},
        {"keyname": "对账单", "value": "11月.xlsx", "type": 2, "media_id": "m-1"},
        {"keyname": "负责人", "value": "张三", "type": 3, "userid": "zhangsan"},
    ],
    "jump_list": [
        {"type": 1, "title": "看明细", "url": PAGE},
        {"type": 1, "title": "上周的回款", "url": PAGE},
    ],
    "card_action": {"type": 1, "url": PAGE},
}  # fmt: skip
WECOM_NEWS: dict[str, Any] = {
    "card_type": "news_notice",
    "source": {"desc": "建流 · 周报", "desc_color": 0},
    "main_title": {"title": "华东漏斗 · 第 47 周", "desc": "在手 12 个，金额 386.4 万"},
    "image_text_area": {
        "type": 1, "url": PAGE, "image_url": PICTURE,
        "title": "停了 14 天以上", "desc": "谈判 2 个",
    },
    "card_image": {"url": PICTURE, "aspect_ratio": 1.6},
    "vertical_content_list": [
        {"title": "谈判", "desc": "3 个，其中 2 个停了 14 天以上"},
        {"title": "报价", "desc": "4 个"},
    ],
    "card_action": {"type": 1, "url": PAGE},
}  # fmt: skip
WECOM_BUTTONS: dict[str, Any] = {
    "card_type": "button_interaction",
    "source": {"desc": "建流", "desc_color": 2},
    "main_title": {"title": "合同等您审批", "desc": "张三 · 某阀门制造"},
    "horizontal_content_list": [
        {"keyname": "金额", "value": "49.99 万元"},
        {"keyname": "毛利率", "value": "31.2%"},
    ],
    "button_selection": {
        "question_key": "to", "title": "转给", "option_list": options("王经理", "陈总"),
    },
    "button_list": [
        {"text": "同意", "style": 1, "key": "1.0"},
        {"text": "驳回", "style": 2, "key": "1.1"},
        {"text": "转交", "style": 3, "key": "1.2"},
        {"text": "填写意见和附件", "style": 4, "type": 1, "url": PAGE},
    ],
    "task_id": "buttons-1",
}  # fmt: skip
WECOM_VOTE: dict[str, Any] = {
    "card_type": "vote_interaction",
    "main_title": {"title": "哪几家先跟？", "desc": "可以多选，17:00 截止"},
    "checkbox": {
        "question_key": "first", "mode": 1,
        "option_list": [
            {**one, "is_checked": n == 1}
            for n, one in enumerate(options("某阀门制造", "华东泵业", "恒信阀门"))
        ],
    },
    "submit_button": {"text": "提交", "key": "1.form"},
    "task_id": "vote-1",
}  # fmt: skip
WECOM_CHOICE: dict[str, Any] = {
    **WECOM_VOTE,
    "main_title": {"title": "谁去拜访？"},
    "checkbox": {"question_key": "who", "mode": 0, "option_list": options("张三", "李四")},
    "task_id": "choice-1",
}
WECOM_SELECTORS: dict[str, Any] = {
    "card_type": "multiple_interaction",
    "source": {"desc": "建流", "desc_color": 0},
    "main_title": {"title": "补三项", "desc": "北方泵业"},
    "select_list": [
        {"question_key": "industry", "title": "行业", "option_list": options("制造", "医疗")},
        {
            "question_key": "region", "title": "大区", "selected_id": "o1",
            "option_list": options("华东", "华南"),
        },
        {"question_key": "size", "title": "规模", "option_list": options("— 请选择 —", "大")},
    ],
    "submit_button": {"text": "确定", "key": "1.form"},
    "task_id": "select-1",
}  # fmt: skip

DINGTALK_ASK: dict[str, Any] = DINGTALK_APPROVAL | {
    "tone": "bad",
    "picture": f"![毛利走势]({PICTURE})",
    "markdown": "金额：49.99 万元  \n毛利率：31.2%\n\n> 王经理：先看毛利",
    "links": f"[看合同]({PAGE})",
    "menu": json.dumps(
        [
            {"text": "为什么找我", "key": "2.why"},
            {"text": "稍后", "key": "2.later"},
            {"text": "今天不再提醒", "key": "2.mute"},
        ],
        ensure_ascii=False,
    ),
    "buttons": json.dumps(
        [
            {"text": "拒绝", "key": "2.0", "style": "danger", "disabled": False,
             "confirm": "拒绝后要重新提交。确定拒绝？"},
            {"text": "同意", "key": "2.1", "style": "primary", "disabled": False},
            {"text": "先转给陈总看一下", "key": "2.2", "style": "normal", "disabled": False},
        ],
        ensure_ascii=False,
    ),
}  # fmt: skip
DINGTALK_LONG_FORM: dict[str, Any] = DINGTALK_FORM | {
    "title": "拜访记录",
    "subtitle": "",
    "form": json.dumps(
        {
            "fields": [
                {"name": "who", "label": "见了谁", "type": "MULTI_SELECT", "required": True,
                 "defaultValue": ["b"], "options": [
                     {"value": "a", "text": "总经理"}, {"value": "b", "text": "采购"}]},
                {"name": "mood", "label": "意向", "type": "CHECKBOX_GROUP", "options": [
                    {"value": "h", "text": "高"}, {"value": "l", "text": "低"}]},
                {"name": "on", "label": "日期", "type": "DATE", "defaultValue": "2026-11-23"},
                {"name": "km", "label": "里程", "type": "NUMBER", "placeholder": "公里"},
                {"name": "note", "label": "进展", "type": "TEXT_AREA", "placeholder": "一句话"},
                {"name": "again", "label": "要再约", "type": "SWITCH"},
                {"name": "_key", "type": "TEXT", "hidden": True, "defaultValue": "1.form"},
            ]
        },
        ensure_ascii=False,
    ),
}  # fmt: skip
_WORDS = "#### 线索超 72 小时未联系\n\n来源：官网表单\n\n> 海河医疗 · 王工"
ACTION_SINGLE = {
    "title": "周报", "text": _WORDS, "singleTitle": "打开周报", "singleURL": PAGE,
}  # fmt: skip
ACTION_COLUMN = {
    "title": "线索", "text": _WORDS,
    "actionTitle1": "已联系", "actionURL1": f"{SAY}0",
    "actionTitle2": "转给他人", "actionURL2": f"{SAY}1",
    "actionTitle3": "看明细", "actionURL3": PAGE,
}  # fmt: skip
ACTION_ROW = {
    "title": "线索", "text": _WORDS,
    "buttonTitle1": "已联系", "buttonUrl1": f"{SAY}0",
    "buttonTitle2": "转给他人", "buttonUrl2": f"{SAY}1",
}  # fmt: skip
LINK = {"title": "招标公告", "text": "某市自来水阀门采购", "picUrl": PICTURE, "messageUrl": PAGE}

FAMILIES: dict[str, dict[str, Message]] = {
    "文本通知": {"企业微信": sample("wecom", "template_card", WECOM_NOTICE)},
    "图文": {"企业微信": sample("wecom", "template_card", WECOM_NEWS)},
    "按钮": {"企业微信": sample("wecom", "template_card", WECOM_BUTTONS)},
    "投票 多选": {"企业微信": sample("wecom", "template_card", WECOM_VOTE)},
    "投票 单选": {"企业微信": sample("wecom", "template_card", WECOM_CHOICE)},
    "多项选择": {"企业微信": sample("wecom", "template_card", WECOM_SELECTORS)},
    "审批": {"钉钉": sample("dingtalk", "card", DINGTALK_ASK)},
    "表单": {"钉钉": sample("dingtalk", "card", DINGTALK_LONG_FORM)},
    "ActionCard 一个按钮": {"钉钉": sample("dingtalk", "actionCard", ACTION_SINGLE)},
    "ActionCard 竖排": {"钉钉": sample("dingtalk", "actionCard", ACTION_COLUMN)},
    "ActionCard 横排": {"钉钉": sample("dingtalk", "actionCard", ACTION_ROW)},
    "链接": {"钉钉": sample("dingtalk", "link", LINK)},
}
