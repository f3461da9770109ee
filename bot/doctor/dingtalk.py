"""What DingTalk says of our robot: its secret, permissions, the Stream gateway."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx

from bot.doctor.finding import Case, Finding, bad, good, skipped, warn
from bot.doctor.trouble import unanswered, unreachable
from bot.platforms.api import BadCallback, Undelivered
from bot.platforms.dingtalk.client import TEMPLATE
from bot.platforms.dingtalk.fields import items, loads, obj, text

NOT_USED = "没有配置钉钉"
DENIED = "Forbidden.AccessDenied.AccessTokenPermissionDenied"
QUOTA = "Forbidden.AccessDenied.ApiCountLimitForOrg"
NOT_WHITE = "Forbidden.AccessDenied.IpNotInWhiteList"
NOBODY = "jianliu-doctor"
"""A card that was never sent."""
_IP = re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b")
_CONSOLE = "开发者后台 → 您的应用"
_CREDENTIALS = f"{_CONSOLE} → 凭证与基础信息，重新复制 Client ID 和 Client Secret"
_PUBLISH = f"{_CONSOLE} → 版本管理与发布，发布一个版本；「机器人」页确认已开启"
_MEANINGS: tuple[tuple[str, str, str], ...] = (
    ("invalidClientIdOrSecret", "Client ID 或 Client Secret 不对", _CREDENTIALS),
    ("authFailed", "Client ID 或 Client Secret 不对", _CREDENTIALS),
    ("InvalidAuthentication", "凭证不被接受", _CREDENTIALS),
    (
        "invalidParameter.robotCode",
        "robot_code 不对，或者不是这个应用的机器人",
        f"{_CONSOLE} → 机器人，复制机器人编码，填进 dingtalk.robot_code",
    ),
    ("robot.oto.notExist", "机器人没有发布或没有开启", _PUBLISH),
    ("chatbotId.notAllow", "机器人没有发布或没有开启", _PUBLISH),
    ("bot.", "机器人被停用了", _PUBLISH),
    (QUOTA, "本月的调用次数用完了", "等下个月，或在钉钉管理后台买增购包、升级版本"),
)


async def secret(case: Case) -> Finding:
    """Whether DingTalk gives us a token."""
    if case.dingtalk is None:
        return skipped(NOT_USED)
    try:
        await case.dingtalk.get()
    except Undelivered as failure:
        return _failed(case, failure)
    return good("Client ID 和 Secret 都对")


async def robot(case: Case) -> Finding:
    """Whether the robot may write to people: a message to nobody is refused for just that."""
    settings = case.settings.dingtalk
    if settings is None:
        return skipped(NOT_USED)
    body = {
        "robotCode": settings.robot_code,
        "userIds": [],
        "msgKey": "sampleText",
        "msgParam": '{"content":"."}',
    }
    return await _probed(case, "POST", "/v1.0/robot/oToMessages/batchSend", body)


async def cards(case: Case) -> Finding:
    """Whether there is a card template, and whether cards may be written."""
    settings = case.settings.dingtalk
    if settings is None:
        return skipped(NOT_USED)
    template = settings.templates.get(TEMPLATE, "")
    if not template:
        return warn(
            f"没有填 dingtalk.templates.{TEMPLATE}",
            "卡片退成普通按钮消息，点过之后不会变",
            "按 docs/dingtalk-template.md 导入并发布模板，把模板 ID 填进来",
        )
    if not template.endswith(".schema"):
        return bad("卡片模板的 ID 不对", "模板 ID 以 .schema 结尾", "在卡片平台复制模板 ID")
    body = {
        "outTrackId": NOBODY,
        "cardData": {"cardParamMap": {"title": "."}},
        "cardUpdateOptions": {"updateCardDataByKey": True},
    }
    return await _probed(case, "PUT", "/v1.0/card/instances", body)


async def gateway(case: Case) -> Finding:
    """Whether the Stream gateway lets us in; the ticket it gives is never used."""
    settings = case.settings.dingtalk
    if settings is None or settings.mode != "stream":
        return skipped(NOT_USED if settings is None else "钉钉用的是 HTTP 模式")
    body = {
        "clientId": settings.client_id,
        "clientSecret": settings.client_secret.get_secret_value(),
        "subscriptions": [{"type": "EVENT", "topic": "*"}],
        "ua": "jianliu-python",
    }
    try:
        response = await case.http.post(
            f"{settings.api_base}/v1.0/gateway/connections/open",
            json=body,
            headers={"Accept": "application/json"},
        )
    except httpx.HTTPError as problem:
        return unreachable(problem, urlsplit(settings.api_base).netloc)
    answer = _json(response)
    if text(answer.get("endpoint")):
        return good("网关答应了连接")
    return _trouble(answer, response.status_code) or _unknown(answer, response.status_code)


async def address(case: Case) -> Finding:
    """HTTP mode: whether our public address is ours; an unsigned message is turned away there."""
    settings, base = case.settings.dingtalk, case.settings.server.public_url
    if settings is None or settings.mode != "http":
        return skipped(NOT_USED if settings is None else "钉钉用的是 Stream，不要公网地址")
    if not base:
        return bad(
            "没有填 server.public_url",
            "HTTP 模式要有公网地址",
            'server.public_url 填 https://您的域名，或者改用 mode = "stream"',
        )
    try:
        response = await case.http.post(f"{base}/dingtalk/robot", json={})
    except httpx.HTTPError as problem:
        return unreachable(problem, urlsplit(base).netloc, ours=True)
    if response.status_code in {400, 401} and len(response.content) < 64:  # noqa: PLR2004 - a word
        return good("公网地址通到建流，没签名的已拒绝")
    return bad(
        f"HTTP {response.status_code}",
        "这个地址后面不是建流，或者中间改写了请求",
        "反向代理把 /dingtalk/ 原样转给建流，不加登录和跳转",
    )


async def _probed(case: Case, method: str, path: str, body: Mapping[str, Any]) -> Finding:
    """What the platform says to a call that cannot do anything; permissions come first."""
    settings, held = case.settings.dingtalk, case.dingtalk
    assert settings is not None  # noqa: S101  the checks have asked
    assert held is not None  # noqa: S101
    try:
        response = await case.http.request(
            method,
            f"{settings.api_base}{path}",
            json=body,
            headers={"x-acs-dingtalk-access-token": await held.get()},
        )
    except Undelivered:
        return skipped("没有凭证，先看「钉钉凭证」这一项")
    except httpx.HTTPError as problem:
        return unreachable(problem, urlsplit(settings.api_base).netloc)
    # A parameter that is refused is what we want: the permission was looked at before it.
    return _trouble(_json(response), response.status_code) or good("权限在")


def _trouble(answer: Mapping[str, Any], status: int) -> Finding | None:
    """An error of the new API that somebody must act on (reference dingtalk.md §1.4), if any."""
    code = text(answer.get("code"))
    if code == DENIED:
        scopes = items(obj(answer.get("accessdenieddetail")).get("requiredScopes"))
        names = "、".join(filter(None, map(text, scopes))) or "（平台没有说）"
        return bad(
            f"缺少权限 {names}",
            "应用没有申请这个权限，或者申请了没有发布",
            f"{_CONSOLE} → 权限管理，申请 {names}，再到版本管理与发布里发布",
        )
    if code.startswith(NOT_WHITE):
        found = _IP.search(text(answer.get("message")))
        ip = found[0] if found else "这台机器的出口 IP"
        return bad(
            f"{ip} 不在服务器出口 IP 名单里",
            "开发者后台限制了调用的 IP",
            f"{_CONSOLE} → 安全设置 → 服务器出口IP，加上 {ip}",
        )
    for begin, cause, fix in _MEANINGS:
        if code.startswith(begin):
            return bad(code, cause, fix)
    if status >= httpx.codes.INTERNAL_SERVER_ERROR or not answer:
        return warn(f"HTTP {status}", "钉钉正忙，或者中间有代理改写", "过几分钟再试")
    return None


def _unknown(answer: Mapping[str, Any], status: int) -> Finding:
    return bad(
        f"HTTP {status} {text(answer.get('code'))[:60]}".rstrip(),
        "钉钉没有答应",
        "在开发者后台的错误码文档里查这个代码",
    )


def _failed(case: Case, failure: Undelivered) -> Finding:
    """Why there is no token."""
    if unanswered(failure) and case.settings.dingtalk is not None:
        return unreachable(failure, urlsplit(case.settings.dingtalk.api_base).netloc)
    answer = {"code": failure.detail.partition(" ")[0]}
    return _trouble(answer, httpx.codes.BAD_REQUEST) or _unknown(answer, httpx.codes.BAD_REQUEST)


def _json(response: httpx.Response) -> dict[str, Any]:
    try:
        return loads(response.content)
    except BadCallback:
        return {}
