"""What DingTalk says when it refuses, typed by what to do next.

Source: reference dingtalk.md §1.4–1.6, §3.1, §4.1–4.2. HTTP 200 is not success everywhere,
and an answer that is no JSON means that a guard in front of the API turned us away.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx

from bot.platforms.api import BadCallback, Undelivered
from bot.platforms.dingtalk.fields import items, loads, obj, text

_SECONDS = timedelta(seconds=2)
_MINUTE = timedelta(minutes=1)
_BAN = timedelta(minutes=5)
_HALF_HOUR = timedelta(minutes=30)  # an admin must act first
_HOUR = timedelta(hours=1)

_GATE = ("Forbidden.AccessDenied.", "90018", "90002", "90020", "60020", "60011")
_EVERYBODY = ("rate_limited", "quota_exhausted")
_SOME = "too.many."
"""These codes are about the receivers of one message."""
_TOKEN_REFUSED = frozenset({"InvalidAuthentication", "40014", "42001", "40001", "33001"})

_SPEAKING = frozenset({401, 403, 429})
"""Statuses that say enough without a code."""

# The first line whose word begins the code decides: code, reason, when to try again.
_MEANINGS: tuple[tuple[str, str, timedelta | None], ...] = (
    ("Forbidden.AccessDenied.QpsLimit", "rate_limited", _SECONDS),
    ("Forbidden.AccessDenied.QpmLimit", "rate_limited", _MINUTE),
    ("90018", "rate_limited", _SECONDS),
    ("90002", "rate_limited", _MINUTE),
    ("send.too.fast", "rate_limited", _MINUTE),
    ("send.byToken.tooFast", "rate_limited", _MINUTE),
    ("too.many.", "rate_limited", _MINUTE),
    ("Forbidden.AccessDenied.ApiCountLimit", "quota_exhausted", _HOUR),
    ("90020", "quota_exhausted", _HOUR),
    ("Forbidden.AccessDenied.IpNotInWhiteList", "config", _HALF_HOUR),
    ("60020", "config", _HALF_HOUR),
    ("ip.not.match", "config", _HALF_HOUR),
    ("invalidClientIdOrSecret", "config", _HALF_HOUR),
    ("invalidParameter.robotCode.downloadCode", "media_gone", None),
    ("invalidParameter.robotCode", "config", _HALF_HOUR),
    ("robot.oto.notExist", "config", _HALF_HOUR),
    ("chatbotId.notAllow", "config", _HALF_HOUR),
    ("bot.", "config", _HALF_HOUR),
    ("template.", "config", _HALF_HOUR),
    ("param.template", "config", _HALF_HOUR),
    ("param.cardTemplateId", "config", _HALF_HOUR),
    ("param.callbackRouteKey", "config", _HALF_HOUR),
    ("Forbidden.AccessDenied.AccessTokenPermissionDenied", "permission", _HALF_HOUR),
    ("60011", "permission", _HALF_HOUR),
    ("unauthorized", "permission", _HALF_HOUR),
    ("auth.error", "permission", _HALF_HOUR),
    ("staffId.notExisted", "user_left", None),
    ("param.userId", "user_left", None),
    ("invalidParameter.userId", "user_left", None),
    ("illegal.receivers", "user_left", None),
    ("param.cardNotExist", "not_updatable", None),
    ("system.", "channel_down", _MINUTE),
    ("resource.", "channel_down", _MINUTE),
    ("-1", "channel_down", _MINUTE),
)


class TokenRefused(Exception):
    """The access token is not taken any more; renew it and repeat the call once."""


class Refused(Undelivered):
    """The platform answered with an error; `code` is its own word for it."""

    def __init__(self, code: str, detail: str, status: int) -> None:
        reason, wait = _meaning(code, status)
        super().__init__(
            reason,
            detail,
            retry_after=wait,
            spent=reason not in _EVERYBODY,
            ambiguous=reason == "channel_down",
            everybody=reason in _EVERYBODY and not code.startswith(_SOME),
        )
        self.code = code


def refused(code: str, *, status: int = 400, note: str = "") -> Refused:
    """The failure `code` stands for; `note` helps the admin (a request id, scopes)."""
    return Refused(code, f"{code} {note}".strip(), status)


def checked(response: httpx.Response) -> dict[str, Any]:
    """The answer of a call that worked.

    Raises:
        TokenRefused: the token is wrong or expired.
        Undelivered: anything else that is not success.
    """
    try:
        answer = loads(response.content)
    except BadCallback:
        answer = {"punish": "not JSON"}
    code = _code(answer)
    if code in _TOKEN_REFUSED:
        raise TokenRefused
    if code:
        raise refused(code, status=response.status_code, note=_note(answer))
    if response.is_server_error or response.status_code in _SPEAKING:
        raise refused(f"HTTP {response.status_code}", status=response.status_code)
    if "punish" in answer or not response.is_success:
        # HTML, or {"status": 1111, "punish": "deny"}: too many calls from our address.
        raise Undelivered("rate_limited", "banned", retry_after=_BAN, spent=False, everybody=True)
    return answer


def charged(response: httpx.Response) -> bool:
    """Whether a call counts in the month: turned away at the gate (§1.5) it does not."""
    try:
        answer = loads(response.content)
    except BadCallback:
        return False
    code = _code(answer)
    at_the_gate = code in _TOKEN_REFUSED or code.startswith(_GATE) or "punish" in answer
    return not (at_the_gate or response.is_server_error)


def unreachable(problem: httpx.HTTPError) -> Undelivered:
    """No answer came: certain if no connection was made, ambiguous after that."""
    certain = isinstance(problem, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)
    return Undelivered(
        "channel_down", type(problem).__name__, retry_after=_MINUTE, ambiguous=not certain
    )


def _code(answer: dict[str, Any]) -> str:
    """The error code of either API family, "" for success."""
    code = answer.get("code") or answer.get("errcode")
    if code == 88 and answer.get("sub_code"):  # noqa: PLR2004 - the old gateway's "see sub_code"
        code = answer["sub_code"]
    return (
        str(code) if isinstance(code, int) and not isinstance(code, bool) and code else text(code)
    )


def _note(answer: dict[str, Any]) -> str:
    scopes = items(obj(answer.get("accessdenieddetail")).get("requiredScopes"))
    request = text(answer.get("requestid") or answer.get("request_id"))
    return " ".join(
        [*filter(None, map(text, scopes)), *([f"requestid={request}"] if request else [])]
    )


def _meaning(code: str, status: int) -> tuple[str, timedelta | None]:
    for begin, reason, wait in _MEANINGS:
        if code.startswith(begin):
            return reason, wait
    if status >= httpx.codes.INTERNAL_SERVER_ERROR:
        return "channel_down", _MINUTE
    match status:
        case httpx.codes.TOO_MANY_REQUESTS:
            return "rate_limited", _MINUTE
        case httpx.codes.UNAUTHORIZED:
            return "config", _HALF_HOUR
        case httpx.codes.FORBIDDEN:
            return "permission", _HALF_HOUR
    # Whatever else is refused (param.*, miss.*, contain.*, invalid*) is refused again unchanged.
    return "card_invalid", None
