"""What the forms ask, in the house's own words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from engine.documents import Name
from sales.rules.api import Item, Kind, Rule
from sales.rules.values import Sentence

_TITLE, _SHORT = Sentence(30, {}), Sentence(20, {})


class ReferralForm(Rule):
    """The two-field form (A28); items are called after the field they belong to."""

    title: Annotated[str, Item("标题", "表单卡片的标题", _TITLE)] = "登记老客户转介绍的新商机"
    introducer_label: Annotated[str, Item("问介绍人", "第一项的问题", _SHORT)] = "谁介绍的？"
    introducer_hint: Annotated[str, Item("介绍人提示", "第一项空着时的灰字", _SHORT)] = (
        "输入老客户名称"
    )
    name_label: Annotated[str, Item("问新客户", "第二项的问题", _SHORT)] = "新客户叫啥？"
    name_hint: Annotated[str, Item("新客户提示", "第二项空着时的灰字", _SHORT)] = "公司名称"


REFERRAL_FORM = Kind(
    Name("forms", "referral"), "商机表单", "登记转介绍商机的表单怎么问",
    "从生效后发出的表单开始，已经发出的不变", ReferralForm,
)  # fmt: skip
FORMS: Mapping[str, Kind[Any]] = {"opportunity.create": REFERRAL_FORM}
"""The forms that may be put in other words, by the action that receives them."""
