"""The trail in words: what was done, on which way in, and what the fields are called."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from cards.words import FIELD_NAMES, PLATFORMS, yuan
from sales.customers import UNKNOWN
from sales.lead_states import STATE_NAMES
from sales.people import ROLE_NAMES

ACTIONS: Mapping[str, str] = {
    "audit.anchored": "封存了留痕",
    "binding.code_given": "要了绑定码",
    "binding.wrong_code": "输错了绑定码",
    "calendar.decided": "定了一天上班还是休息",
    "calendar.imported": "导入了放假通知",
    "consent.given": "登记了联系人的同意",
    "consent.withdrawn": "撤回了联系人的同意",
    "contact.completed": "补充了联系人资料",
    "contact.created": "新建了联系人",
    "contact.erased": "删除了联系人的资料",
    "contact.exported": "导出了联系人的资料",
    "contact.joined": "把线索的联系人记到了客户名下",
    "contact.frozen": "冻结了联系人的资料",
    "contact.revealed": "看了联系人的号码",
    "contact.unfrozen": "解冻了联系人的资料",
    "customer.completed": "补充了客户资料",
    "customer.created": "新建了客户",
    "customer.handed_over": "因离职转交了客户",
    "customer.imported": "导入了客户表",
    "dead_letter.drop": "放下了一封死信",
    "dead_letter.replay": "重办了一封死信",
    "delegation.ended": "收回了委托",
    "delegation.given": "委托了同事代办",
    "figures.imported": "导入了同事指标",
    "directory.declined": "没有接纳通讯录里的一个账号",
    "lead.exported": "导出了线索表",
    "lead.imported": "导入了线索表",
    "errand.dropped": "放弃了一次登记",
    "lead.assigned": "分配了线索",
    "lead.captured": "录了线索",
    "lead.repeated": "同一天又来了一次",
    "lead.claimed": "认领了线索",
    "lead.completed": "补充了线索",
    "lead.conflict_settled": "核对了线索和表格",
    "lead.contradicted": "导入的表格和线索对不上",
    "lead.contacted": "联系了线索的客户",
    "lead.converted": "把线索转成了商机",
    "lead.handed_over": "因离职转交了线索",
    "lead.invalidated": "判线索无效",
    "lead.merged": "合并了线索",
    "lead.planned": "记了线索的下一步",
    "lead.qualified": "确认线索有意向",
    "lead.read": "看了线索",
    "lead.recycled": "线索收回了公共池",
    "lead.reopened": "恢复了无效的线索",
    "lead.returned": "退回了线索",
    "lead.returned_because": "写了退回线索的原因",
    "lead.revisit_set": "约了线索回访",
    "lead.transferred": "转交了线索",
    "lead.viewed": "第一次打开线索",
    "leave.cancelled": "取消了请假",
    "leave.taken": "记下了请假",
    "message.resent": "重发了一条消息",
    "opportunity.closed": "关了商机",
    "opportunity.handed_over": "因离职转交了商机",
    "opportunity.created": "登记了商机",
    "people.imported": "导入了同事表",
    "person.account_renamed": "平台账号改了名",
    "person.bound": "绑定了平台账号",
    "person.changed": "改了同事资料",
    "person.created": "新建了同事",
    "person.left": "办了离职",
    "person.merged": "合并了同一个人的两个账号",
    "person.moved": "换了部门",
    "person.unbound": "解绑了平台账号",
    "push.muted": "今天不再要一种提醒",
    "push.postponed": "让一条提醒稍后再来",
    "rule.called_off": "撤回了定好的规则",
    "rule.checked": "检查通过了规则草稿",
    "rule.drafted": "起草了规则",
    "rule.dropped": "放弃了规则草稿",
    "rule.published": "发布了规则",
    "rule.refused": "没能发布规则",
    "rule.rolled_back": "把规则改回了以前的一版",
    "talk.published": "发布了话术",
    "talk.retired": "停用了话术",
}
"""What every action on the trail is called; a test holds them together."""
READ, REFUSED = "read.", "refused."
CHANNELS: Mapping[str, str] = {**PLATFORMS, "cli": "命令行", "hook": "网络接入", "time": "定时任务"}
FIELDS: Mapping[str, str] = {
    **FIELD_NAMES,
    "budget_fen": "预算",
    "closed_at": "关单时间",
    "company": "公司",
    "contact_id": "联系人",
    "contact_happened_at": "联系发生在",
    "contacted_at": "联系记下于",
    "created_by": "录入人",
    "customer_id": "客户",
    "effort_ms": "填写用时",
    "introducer": "介绍人",
    "invalid_reason": "无效原因",
    "late": "超时",
    "lead": "线索",
    "manager_id": "上级",
    "merged_into": "合并到",
    "need": "需求",
    "next_on": "下一步日期",
    "next_step": "下一步",
    "name": "名称",
    "number": "编号",
    "opened_at": "打开时间",
    "opportunity_id": "商机",
    "owner_id": "负责人",
    "owner_since": "接手时间",
    "pooled_at": "进公共池时间",
    "product_line": "产品线",
    "protected_until": "保护到",
    "rank": "职级",
    "raw": "原话",
    "role": "角色",
    "series": "序列",
    "sources": "资料来源",
    "source": "来源",
    "stage": "阶段",
    "state": "状态",
    "status": "状态",
    "tags": "交易标签",
}
"""The fields of every kind of object as people call them."""
_INSTEAD: Mapping[str, tuple[str, str]] = {
    "created_by": ("", "系统"), "contact_id": ("已登记", "没有"),
}  # fmt: skip
"""What is said instead of a value that is there ("": itself), and instead of none."""
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)")
"""A moment as the trail has it."""
_VALUES: Mapping[str, str] = {
    **ROLE_NAMES, **STATE_NAMES, UNKNOWN: "未知", "active": "在职", "left": "已离职",
    "open": "进行中",
    "referral": "老客户转介绍", "lead": "线索转来", "won": "赢单", "lost": "输单",
}  # fmt: skip


def action(name: str) -> str:
    """What was done: "登记了商机", "查看", "被拒绝"."""
    if name.startswith(READ):
        return "查看"
    if name.startswith(REFUSED):
        return "想做但没有做成"
    return ACTIONS.get(name, name)


def channel(name: str) -> str:
    """The way in."""
    return CHANNELS.get(name, name)


def field(name: str, given: Any, zone: ZoneInfo) -> str:
    """What a field of this name holds as people read it: money in 元, moments in the zone.

    An amount is 分 where the name ends in "_fen"; a contact is only said to be there.
    """
    if name in _INSTEAD:
        there, none = _INSTEAD[name]
        return (there or str(given)) if given else none
    if isinstance(given, bool):
        return "是" if given else "否"
    if isinstance(given, int):
        return _number(name, given)
    if isinstance(given, str) and _MOMENT.fullmatch(given):
        return f"{datetime.fromisoformat(given).astimezone(zone):%Y-%m-%d %H:%M:%S}"
    return value(given)


def _number(name: str, given: int) -> str:
    if name.endswith("_fen"):
        return yuan(given)
    return f"{given / 1000:.1f} 秒" if name.endswith("_ms") else str(given)


def value(given: Any) -> str:
    """A field's value as people read it."""
    if isinstance(given, Mapping):
        return "；".join(f"{FIELDS.get(name, name)} 来自{part}" for name, part in given.items())
    if isinstance(given, list | tuple):
        return "、".join(map(value, given)) or "没有"
    return "没有" if given is None or given == "" else _VALUES.get(str(given), str(given))
