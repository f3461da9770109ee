"""What WeCom says of our app: its secret, who may use it, where it may be called from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select

from bot.doctor.finding import Case, Finding, Verdict, bad, good, skipped, warn
from bot.doctor.trouble import unanswered, unreachable
from bot.menu import MENU
from bot.platforms.api import Undelivered
from bot.platforms.wecom import errors
from bot.platforms.wecom.transport import exchange
from engine.unit import Unit
from sales.people import IDENTITY, PERSON, Identity

NOT_USED = "没有企业微信的自建应用"
SHOWN = 5
"""Names in one line."""
NO_MENU = "46003"
_ADDRESS = re.compile(r"from ip ([0-9A-Fa-f.:]+)")
_APP = "管理后台 → 应用管理 → 自建 → 您的应用"
_TRUSTED = f"{_APP} → 企业可信IP，加上 {{ip}}，一分钟后生效；填不进去就先存好回调地址"
_FOREVER = "换对以后再试；连着错十次，这个 IP 会被锁一小时"

_MEANINGS: Mapping[str, tuple[str, str]] = {
    "40001": (
        "Secret 不对，或者应用被停用",
        f"{_APP}，重新查看 Secret，填进 wecom.secret。{_FOREVER}",
    ),
    "40013": (
        "企业 ID 不对",
        f"管理后台「我的企业」最下面复制企业 ID，填进 wecom.corp_id。{_FOREVER}",
    ),
    "40091": ("Secret 是别的企业的", f"corp_id 和 secret 要来自同一个企业。{_FOREVER}"),
    "45009": ("调得太多，或者密钥连着错，这个 IP 被锁了", "等一小时再试；先把密钥改对"),
    "48002": ("这个应用没有调这个接口的权限", f"{_APP}，核对权限；用的要是自建应用的 Secret"),
    "48006": ("应用太久没人用，权限被收回", "管理员在管理后台重新启用这个应用"),
    "48011": ("应用太久没人用，权限被收回", "管理员在管理后台重新启用这个应用"),
    "301002": ("AgentId 和 Secret 不是同一个应用的", f"{_APP}，把 AgentId 和 Secret 一起重新复制"),
}


async def secret(case: Case) -> Finding:
    """Whether WeCom gives us a token for this corp and secret."""
    if case.wecom is None:
        return skipped(NOT_USED)
    try:
        await case.wecom.get()
    except Undelivered as failure:
        return _refused(case, failure)
    return good("corp_id 和 Secret 都对")


async def app(case: Case) -> Finding:
    """Whether the app is open to anybody, and to all of our people."""
    if case.wecom is None:
        return skipped(NOT_USED)
    try:
        await case.wecom.get()
    except Undelivered:
        return skipped("没有凭证，先看「企业微信凭证」这一项")
    try:
        told = await _agent(case)
    except Undelivered as failure:
        return _refused(case, failure)
    if told.get("close") == 1:
        return bad("应用被停用了", "管理员在后台停用了它", f"{_APP}，启用")
    return await _visible(case, told)


async def _visible(case: Case, told: Mapping[str, Any]) -> Finding:
    """Whether the app's visible range holds our people."""
    users = {
        str(_obj(one).get("userid", "")).lower()
        for one in _list(_obj(told.get("allow_userinfos")).get("user"))
    }
    groups = [
        *_list(_obj(told.get("allow_partys")).get("partyid")),
        *_list(_obj(told.get("allow_tags")).get("tagid")),
    ]
    if groups:  # who is in them is not ours to list
        return good(f"可见范围：{len(users)} 人，{len(groups)} 个部门或标签")
    if not users:
        return bad(
            "应用的可见范围是空的",
            "谁都看不到它，消息也发不出去",
            f"{_APP} → 可见范围，加上要用的同事",
        )
    corp = case.settings.tenants()["wecom"]
    found = await case.reading(lambda db: _outside(db, corp, users))
    return good(f"可见范围：{len(users)} 人") if found.verdict is Verdict.SKIPPED else found


def _outside(db: Unit, corp: str, users: set[str]) -> Finding:
    """Whether everybody we know on WeCom can see the app."""
    rows = db.execute(
        select(PERSON.name, IDENTITY.account)
        .join(Identity, IDENTITY.person_id == PERSON.id)
        .where(PERSON.status == "active", IDENTITY.platform == "wecom", IDENTITY.tenant == corp)
    ).all()
    left = sorted(row.name for row in rows if row.account not in users)
    if not left:
        return good(f"可见范围：{len(users)} 人，{len(rows)} 位同事都在里面")
    names = "、".join(left[:SHOWN]) + ("……" if len(left) > SHOWN else "")
    return warn(
        f"{len(left)} 位同事不在可见范围里：{names}",
        "他们收不到消息，发的也到不了这里",
        f"{_APP} → 可见范围，加上他们",
    )


async def domain(case: Case) -> Finding:
    """Whether the form page may log people in: its host must be the app's trusted domain."""
    address = case.settings.server.public_url
    if case.wecom is None or not address:
        return skipped(NOT_USED if case.wecom is None else "没有公网地址，不发表单页面")
    try:
        trusted = str((await _agent(case)).get("redirect_domain") or "")
    except Undelivered:
        return skipped("看不到应用，先看「企业微信应用」这一项")
    host = urlsplit(address).netloc
    if trusted != host:
        return warn(
            f"可信域名是「{trusted or '空'}」，公网地址是 {host}",
            "手机上的表单页面不能免登录",
            f"{_APP} → 网页授权及JS-SDK → 可信域名，填 {host}",
        )
    return good(f"可信域名 {host}")


async def menu(case: Case) -> Finding:
    """Whether the entries under the chat are there; the service puts them up when it starts."""
    if case.wecom is None or case.app is None:
        return skipped(NOT_USED)
    agent = {"agentid": str(case.app.agent_id)}
    try:
        shown = _list((await _get(case, "menu/get", agent)).get("button"))
    except Undelivered as failure:
        if not failure.detail.startswith(NO_MENU):
            return skipped("看不到菜单，先看「企业微信应用」这一项")
        shown = []
    entries = [(_obj(one).get("name"), _obj(one).get("key")) for one in shown]
    if entries != list(MENU):
        return warn(
            "聊天下面的菜单不是建流的",
            "服务启动时会设好，还没有成功过，或者被别的程序改了",
            "启动 jianliu run；已经启动的，看日志里的 platform.not_set_up",
        )
    return good("、".join(name for name, _ in MENU))


async def _agent(case: Case) -> dict[str, Any]:
    """The app as WeCom has it (doc 90227).

    Raises:
        Undelivered: WeCom does not tell.
    """
    settings = case.app
    return await _get(case, "agent/get", {"agentid": str(settings.agent_id if settings else 0)})


async def _get(case: Case, path: str, params: dict[str, str]) -> dict[str, Any]:
    settings, token = case.app, case.wecom
    assert settings is not None  # noqa: S101  the checks have asked
    assert token is not None  # noqa: S101
    url = f"{settings.api_base}/cgi-bin/{path}"
    answer = await exchange(case.http, "GET", url, {**params, "access_token": await token.get()})
    errors.check(answer)
    return answer


def _refused(case: Case, failure: Undelivered) -> Finding:
    """Why WeCom did not do it, and what to change where."""
    code = failure.detail.split(" ", 1)[0]
    if code == "60020":
        found = _ADDRESS.search(failure.detail)
        ip = found[1] if found else "（看 errmsg 里的 from ip）"
        return bad(
            f"60020，这台机器的出口 IP {ip} 不在名单里",
            "企业可信IP 里没有它",
            _TRUSTED.format(ip=ip),
        )
    if code in _MEANINGS:
        return bad(f"错误码 {code}", *_MEANINGS[code])
    if code.lstrip("-").isdigit():
        return bad(
            f"错误码 {code}",
            "企业微信没有答应",
            f"查 https://open.work.weixin.qq.com/devtool/query?e={code}",
        )
    if unanswered(failure) and case.app is not None:
        return unreachable(failure, urlsplit(case.app.api_base).netloc)
    return bad(
        f"答复读不懂（{failure.detail}）",
        "中间有代理改写，或者企业微信正忙",
        "过几分钟再试；一直这样就看出站的代理",
    )


def _obj(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
