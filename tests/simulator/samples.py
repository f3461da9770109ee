"""Messages as the two platforms carry them, for looking at and for testing the reading."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any

from bot.simulator.phones import Message, PlatformName

AT = datetime(2026, 11, 23, 10, 0, tzinfo=timezone(timedelta(hours=8)))
ORIGIN = "http://127.0.0.1:8787"


def sample(
    platform: PlatformName,
    kind: str,
    wire: dict[str, Any],
    *,
    outgoing: bool = True,
    trouble: str = "",
) -> Message:
    """A message on 张三's phone, from the bot unless said otherwise."""
    return Message("m1", AT, platform, "zhangsan", outgoing, kind, wire, trouble=trouble)


CUSTOMERS = (("c-102", "某阀门制造"), ("c-317", "华东泵业"), ("c-410", "恒信阀门"))

WECOM_OVERDUE: dict[str, Any] = {
    "card_type": "button_interaction",
    "source": {"desc": "建流", "desc_color": 2},
    "main_title": {"title": "线索超 72 小时未联系", "desc": "海河医疗 · 王工"},
    "horizontal_content_list": [
        {"keyname": "来源", "value": "官网表单"},
        {"keyname": "负责人", "value": "张三"},
        {"keyname": "分配时间", "value": "11-20 10:00"},
    ],
    "button_list": [
        {"text": "已联系", "style": 1, "key": "3.0"},
        {"text": "转给他人", "style": 2, "key": "3.1"},
    ],
    "task_id": "lead-42-r1",
}
WECOM_PICK: dict[str, Any] = {
    "card_type": "multiple_interaction",
    "source": {"desc": "建流", "desc_color": 0},
    "main_title": {"title": "谁介绍的？", "desc": "找到 3 个叫「阀门」的老客户"},
    "select_list": [
        {
            "question_key": "choice",
            "title": "介绍人",
            "option_list": [{"id": "-", "text": "— 请选择 —"}]
            + [{"id": id_, "text": text} for id_, text in CUSTOMERS],
        }
    ],
    "submit_button": {"text": "确定", "key": "1.form"},
}
WECOM_LINKS: dict[str, Any] = {
    "card_type": "text_notice",
    "source": {"desc": "建流", "desc_color": 3},
    "main_title": {"title": "本周回款", "desc": "11-16 至 11-21"},
    "emphasis_content": {"title": "128.5 万", "desc": "目标完成 64.2%"},
    "quote_area": {"title": "王经理", "quote_text": "恒信阀门那笔周三前要跟到。"},
    "sub_title_text": "逾期 2 笔，最久 15 天。",
    "jump_list": [{"type": 1, "title": "看明细", "url": f"{ORIGIN}/h5/receipts"}],
    "card_action": {"type": 1, "url": f"{ORIGIN}/h5/receipts"},
}
WECOM_MARKDOWN = {
    "content": "### 漏斗 · 华东\n**在手 12 个**，金额 `386.4 万`\n"
    '初步接触 <font color="comment">5 个</font>\n报价 <font color="info">4 个</font>\n'
    '谈判 <font color="warning">3 个，2 个停了 14 天以上</font>\n> 数据到 11-23 10:00\n'
    f"[看全部]({ORIGIN}/h5/funnel)"
}
DINGTALK_APPROVAL: dict[str, Any] = {
    "title": "合同 HT-20261123-0001 等你审批",
    "subtitle": "张三 · 某阀门制造",
    "markdown": "金额：49.99 万元  \n折扣：8.5 折  \n毛利率：31.2%",
    "tone": "warning",
    "buttons": json.dumps(
        [
            {"text": "拒绝", "key": "2.0", "style": "danger", "disabled": "false"},
            {"text": "同意", "key": "2.1", "style": "primary", "disabled": "false"},
        ],
        ensure_ascii=False,
    ),
    "form": "",
    "form_status": "normal",
    "form_btn_text": "",
    "done": "",
    "lastMessage": "合同等你审批",
}
DINGTALK_FORM: dict[str, Any] = {
    "title": "登记转介绍",
    "subtitle": "两项必填，其余自动带出",
    "markdown": "",
    "tone": "plain",
    "buttons": "[]",
    "form": json.dumps(
        {
            "fields": [
                {
                    "name": "referrer",
                    "label": "谁介绍的？",
                    "type": "SELECT",
                    "required": True,
                    "placeholder": "请选择老客户",
                    "options": [{"value": v, "text": t} for v, t in CUSTOMERS],
                },
                {
                    "name": "name",
                    "label": "新客户叫啥？",
                    "type": "TEXT",
                    "required": True,
                    "placeholder": "公司简称",
                },
                {"name": "_key", "type": "TEXT", "hidden": True, "defaultValue": "1.form"},
            ]
        },
        ensure_ascii=False,
    ),
    "form_status": "normal",
    "form_btn_text": "提交",
    "done": "",
}
DINGTALK_ACTION: dict[str, Any] = {
    "title": "线索超 72 小时未联系",
    "text": "#### 线索超 72 小时未联系\n\n来源：官网表单\n\n负责人：张三\n\n> 海河医疗 · 王工",
    "actionTitle1": "已联系",
    "actionURL1": "dtmd://dingtalkclient/sendMessage?content=%2F%E5%8D%A1+lead-42-r1+3.0",
    "actionTitle2": "转给他人",
    "actionURL2": "dtmd://dingtalkclient/sendMessage?content=%2F%E5%8D%A1+lead-42-r1+3.1",
}
DINGTALK_MARKDOWN = {
    "title": "漏斗",
    "text": "### 漏斗 · 华东\n**在手 12 个**，金额 *386.4 万*\n\n- 初步接触 5 个\n- 报价 4 个\n"
    f"- 谈判 3 个\n\n> 数据到 11-23 10:00\n\n[看全部]({ORIGIN}/h5/funnel)",
}

_DONE = WECOM_OVERDUE | {"replace_text": "已联系"}
_SAID = {"content": "/商机 某阀门制造 北方泵业"}
SAMPLES: dict[str, dict[str, Message]] = {
    "超时提醒": {
        "企业微信 新": sample("wecom", "template_card", WECOM_OVERDUE),
        "企业微信 已处理": sample(
            "wecom", "template_card", WECOM_OVERDUE | {"replace_text": "已联系"}
        ),
        "钉钉 ActionCard": sample("dingtalk", "actionCard", DINGTALK_ACTION),
    },
    "审批": {
        "钉钉 新": sample("dingtalk", "card", DINGTALK_APPROVAL),
        "钉钉 已处理": sample("dingtalk", "card", DINGTALK_APPROVAL | {"done": "王经理 已同意"}),
    },
    "转介绍": {
        "企业微信 选择": sample("wecom", "template_card", WECOM_PICK),
        "钉钉 表单": sample("dingtalk", "card", DINGTALK_FORM),
    },
    "文字": {
        "企业微信 通知": sample("wecom", "template_card", WECOM_LINKS),
        "企业微信 Markdown": sample("wecom", "markdown", WECOM_MARKDOWN),
        "钉钉 Markdown": sample("dingtalk", "markdown", DINGTALK_MARKDOWN),
        "自己说的": sample("wecom", "text", _SAID, outgoing=False),
    },
}
