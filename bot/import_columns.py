"""The columns of each sort of sheet, and every heading people write over them."""

from __future__ import annotations

from connectors.sheets import Column

CUSTOMERS = (
    Column("name", ("客户名称", "客户", "公司", "公司名称", "单位", "单位名称"), required=True,
           max_len=60),
    Column("owner", ("负责人", "销售", "业务员", "所属销售"), required=True, max_len=20),
    Column("credit_code", ("统一社会信用代码", "信用代码", "税号"), max_len=18),
    Column("industry", ("行业", "所属行业"), max_len=20),
    Column("region", ("区域", "大区", "地区"), max_len=20),
    Column("address", ("地址", "公司地址", "联系地址"), max_len=200),
    Column("size_band", ("规模", "公司规模", "人数"), max_len=20),
    Column("contact", ("联系人", "联系人姓名"), max_len=20),
    Column("phone", ("电话", "手机", "联系电话", "手机号"), max_len=20),
    Column("email", ("邮箱", "电子邮箱", "电子邮件", "email", "e-mail"), max_len=60),
    Column("wechat", ("微信", "微信号"), max_len=40),
    Column("rating", ("信用评级", "评级", "信用等级"), max_len=4),
    Column("tags", ("交易标签", "标签", "采购品类", "历史采购品类"), kind="list", max_len=20),
)  # fmt: skip
FOLLOWED = ("跟进状态", "线索状态", "联系状态", "沟通状态")
LEADS = (
    Column("company", ("公司名称", "公司", "客户名称", "客户", "单位", "单位名称", "企业名称",
                       "account", "company_name"), required=True, max_len=60),
    Column("source", ("来源", "线索来源", "渠道", "来源渠道"), max_len=20),
    Column("industry", ("行业", "所属行业", "客户行业", "sector"), max_len=20),
    Column("region", ("区域", "大区", "地区", "省份", "所在地区"), max_len=20),
    Column("budget", ("预算", "项目预算", "预算金额", "意向金额"), kind="estimate", max_len=40),
    Column("need", ("需求", "需求描述", "咨询内容", "意向产品", "备注", "message"),
           max_len=500),
    Column("contact", ("联系人", "联系人姓名", "姓名", "name"), max_len=20),
    Column("phone", ("电话", "手机", "联系电话", "手机号", "mobile", "tel"), max_len=20),
    Column("email", ("邮箱", "电子邮箱", "电子邮件", "email", "e-mail"), max_len=60),
    Column("wechat", ("微信", "微信号"), max_len=40),
    Column("credit_code", ("统一社会信用代码", "信用代码", "税号"), max_len=18),
    Column("state", (*FOLLOWED, "状态"), max_len=20),
)  # fmt: skip
"""A list of leads; the body of a web hook is one row of it, whose state nobody asks for."""
TELLING = frozenset({"source", "budget"})
"""Columns only a list of leads has; one headed as in `FOLLOWED`, too."""
PEOPLE = (
    Column("name", ("姓名", "名字", "员工姓名"), required=True, max_len=20),
    Column("role", ("角色", "岗位"), required=True, max_len=20),
    Column("manager", ("上级", "直属上级", "主管", "经理"), max_len=20),
    Column("region", ("区域", "大区", "地区"), max_len=20),
    Column("wecom", ("企业微信账号", "企业微信", "userid"), max_len=64),
    Column("dingtalk", ("钉钉账号", "钉钉", "staffId"), max_len=64),
)
WHOSE = Column("name", ("姓名", "名字", "员工姓名", "销售"), required=True, max_len=20)
"""Whose figures a line holds; every other column of such a sheet is one, by its heading."""
