"""The cards about the directories and about binding, with sample facts, to look at."""

from __future__ import annotations

from collections.abc import Mapping

from cards import binding, directory
from cards.directory import Stranger
from cards.model import Content
from sales.directory import Order
from sales.directory_changes import Change, Missing, Report, Sort
from sales.people import Address

PLACE = ("wecom", "wwjianliudemo")
CHANGES = (
    Change(Sort.JOIN, "zhouba", "周八", becomes="华东销售部"),
    Change(Sort.ASK, "wuren", "吴人事", becomes="总部"),
    Change(Sort.MANAGER, "lisi", "李四", "lisi", becomes="陈总"),
    Change(Sort.LEAVE, "zhaoliu", "赵六", "zhaoliu", was="1 个客户、2 个商机", becomes="陈总",
           heir="chenzong"),
    Change(Sort.RENAME, "sunba", "孙八", "sunba", was="孙八", becomes="张三",
           blocked="已经有同名的同事"),
)  # fmt: skip
DONE = Report(PLACE, 136, CHANGES, hidden=1)
HELD = Report(PLACE, 96, held=Missing(frozenset(f"u{i}" for i in range(41)), 137, 0, empty=False))
AT = Address("lisi", "dingtalk", "dingcorpdemo", "staff_lisi")

CARDS: Mapping[str, Content] = {
    "同步 正在读": directory.reading("wecom", flow="flow/1"),
    "同步 看差别": directory.result([DONE], Order("wecom", dry=True), flow="flow/1"),
    "同步 没有变化": directory.result([Report(PLACE, 136)], Order("wecom"), flow="flow/1"),
    "同步 没有读成": directory.result(
        [Report(PLACE, 0, failed="config")], Order("wecom"), flow="flow/1"
    ),
    "同步 夜里的变化": directory.news(DONE, key="directory/news/1/wecom"),
    "同步 少了很多人": directory.held(HELD, key="directory/held/wecom/1"),
    "同步 已决定": directory.decided("管理员 已确认，正在办离职", key="directory/held/wecom/1"),
    "新人": directory.newcomer(
        Stranger(PLACE, "lisi2", "李四", "华东销售部", "王经理", "李四", "lisi"), flow="flow/1"
    ),
    "新人 名单": directory.waiting([Stranger(PLACE, "wuren", "吴人事")], flow="flow/1"),
    "接手离职": directory.inherited(CHANGES[3], key="person/zhaoliu/left"),
    "绑定码": binding.code("lisi"),
    "绑定码 不对": binding.wrong(3),
    "已绑定": binding.bound("李四", AT),
    "绑定 是您吗": binding.was_it_you(AT),
    "绑定 收回": binding.undone("staff_lisi", flow="flow/1"),
}
