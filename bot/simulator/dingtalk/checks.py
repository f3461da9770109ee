"""What DingTalk checks in a request before it acts; the codes are the documented ones."""

from __future__ import annotations

import json
import re
from typing import Any

from bot.settings import DingTalkSettings
from bot.simulator.dingtalk.faults import ApiFault
from bot.simulator.dingtalk.org import Org

_MOST_ACCOUNTS = 20
PARAM_BYTES = 15_000
"""The most a robot message's `msgParam` may have."""
_REF_CHARS = 100
_SPACE = re.compile(r"dtv1\.card//IM_ROBOT\.(?P<account>[^;/]+)", re.IGNORECASE)

_REQUIRED: dict[str, tuple[str, ...]] = {
    "sampleText": ("content",),
    "sampleMarkdown": ("title", "text"),
    "sampleImageMsg": ("photoURL",),
    "sampleLink": ("title", "text", "picUrl", "messageUrl"),
    "sampleActionCard": ("title", "text", "singleTitle", "singleURL"),
    **{
        f"sampleActionCard{count}": (
            "title",
            "text",
            *(f"actionTitle{n}" for n in range(1, count + 1)),
            *(f"actionURL{n}" for n in range(1, count + 1)),
        )
        for count in range(2, 6)
    },
    "sampleActionCard6": (
        "title", "text", "buttonTitle1", "buttonUrl1", "buttonTitle2", "buttonUrl2",
    ),
    "sampleFile": ("mediaId", "fileName", "fileType"),
}  # fmt: skip

_FILE_TYPES = frozenset({"xlsx", "pdf", "zip", "rar", "doc", "docx"})


def robot_message(
    body: dict[str, Any], settings: DingTalkSettings, org: Org
) -> tuple[list[str], str, dict[str, str]]:
    """Recipients, the platform's word for the sort of message, and its parameters.

    Raises:
        ApiFault: whatever is wrong first.
    """
    if not body.get("robotCode"):
        raise ApiFault("invalidParameter.robotCode.empty")
    if body["robotCode"] != settings.robot_code:
        raise ApiFault("invalidParameter.robotCode.notExsit")
    accounts = body.get("userIds")
    if not isinstance(accounts, list) or not accounts:
        raise ApiFault("invalidParameter.userIds.empty")
    if len(accounts) > _MOST_ACCOUNTS:
        raise ApiFault("invalidParameter.userIds.overMax")
    if not org.robot_enabled:
        raise ApiFault("chatbotId.notAllow.sendOTO")
    sort = body.get("msgKey")
    if not isinstance(sort, str) or sort not in _REQUIRED:
        raise ApiFault("invalidParameter.msgKey.invalid")
    return [str(a) for a in accounts], _kind(sort), _param(body.get("msgParam"), sort)


def new_card(body: dict[str, Any], settings: DingTalkSettings, org: Org) -> list[str]:
    """The readers of a card that may be created.

    Raises:
        ApiFault: whatever is wrong first.
    """
    ref = body.get("outTrackId")
    if not isinstance(ref, str) or not 1 <= len(ref) <= _REF_CHARS:
        raise ApiFault("param.outTrackIdEmpty")
    _template(body.get("cardTemplateId"), settings, org)
    data = body.get("cardData")
    if not isinstance(data, dict) or not data.get("cardParamMap"):
        raise ApiFault("param.cardPublicDataEmpty")
    deliver = body.get("imRobotOpenDeliverModel")
    if not isinstance(deliver, dict):
        raise ApiFault("param.openDeliverModelEmpty")
    if deliver.get("robotCode") != settings.robot_code:
        raise ApiFault("param.openDeliverModelError")
    if not org.robot_enabled:
        raise ApiFault("chatbotId.notAllow.sendOTO")
    return _readers(body.get("openSpaceId"))


def update(body: dict[str, Any]) -> None:
    """Whether an update says which card and what is new.

    Raises:
        ApiFault: it does not.
    """
    if not body.get("outTrackId"):
        raise ApiFault("param.outTrackIdEmpty")
    if not body.get("cardData") and not body.get("privateData"):
        raise ApiFault("param.cardDataAndPrivateDataBothEmpty")


def _template(template: Any, settings: DingTalkSettings, org: Org) -> None:
    if not template:
        raise ApiFault("param.cardTemplateIdEmpty")
    if template not in settings.templates.values():
        raise ApiFault("param.templateNotExist")
    if template in org.unpublished:
        raise ApiFault("param.templateUnpublished")


def _readers(spaces: Any) -> list[str]:
    if not isinstance(spaces, str) or not spaces:
        raise ApiFault("param.openSpaceIdEmpty")
    found = [_SPACE.fullmatch(space) for space in spaces.split(";")]
    readers = [space["account"] for space in found if space]
    if len(readers) < len(found):
        raise ApiFault("param.openSpaceIdInvalid")
    return readers


def _kind(sort: str) -> str:
    if sort.startswith("sampleActionCard"):
        return "actionCard"
    word = sort.removeprefix("sample")
    return word[0].lower() + word[1:]


def _param(param: Any, sort: str) -> dict[str, str]:
    if not isinstance(param, str):
        raise ApiFault("invalidParameter.msgParam.invalid")
    if len(param.encode()) > PARAM_BYTES:
        raise ApiFault("invalidParameter.msgParam.tooLong")
    try:
        found = json.loads(param)
    except ValueError:
        found = None
    if not isinstance(found, dict) or not all(isinstance(v, str) for v in found.values()):
        raise ApiFault("invalidParameter.msgParam.invalid")
    for name in _REQUIRED[sort]:
        if not found.get(name):
            raise ApiFault(f"miss.param.{name}")
    if sort == "sampleFile" and found["fileType"] not in _FILE_TYPES:
        raise ApiFault("invalidParameter.msgParam.invalid")
    return found
