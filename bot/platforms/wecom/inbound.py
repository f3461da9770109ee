"""What an authentic WeCom message or event means to us (docs 90239, 90240)."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from hashlib import sha256

from bot.platforms.api import BadCallback, Inbound, Kind
from bot.platforms.wecom.xml import BadXml, Node, parse
from cards.render.wecom_blocks import NOT_CHOSEN
from engine.files import Attachment, kind_of

PLATFORM = "wecom"
MALFORMED = "malformed"

_LONGEST_SORT = 64  # characters of an unknown type that are worth a log line
_LONGEST_NAME = 255  # characters of a file name
_MOST_FACTS = 50
_PRESSES = frozenset({"template_card_event", "template_card_menu_event"})  # "…" of a card
_ENVELOPE = frozenset({"tousername", "fromusername", "createtime", "msgtype", "event", "agentid"})
_NUMBER = re.compile(r"[0-9]{1,20}")
_SECONDS = re.compile(r"[0-9]{1,10}")
# WeCom suggests sender + second as the identity of an event; two presses within a second
# collide under it, so everything that tells events apart is in (reference §1.4).
_IDENTITY = (
    "agentid", "fromusername", "createtime", "event", "eventkey", "taskid", "responsecode",
    "changetype", "userid", "externaluserid", "chatid",
)  # fmt: skip
_PRESSES = frozenset({"template_card_event", "template_card_menu_event"})
_APPROVAL_IDENTITY = ("spnostr", "spno", "statuchangeevent", "thirdno", "openspstatus")


def read(plaintext: bytes, corp_id: str, agent_id: str, now: datetime) -> Inbound:
    """What `plaintext` says happened.

    It is authentic, so one we cannot read is no reason to refuse it (WeCom would send it
    again): it becomes kind "event", text "malformed", at `now`.

    Raises:
        BadCallback: "receiver" (403), it was meant for another corp or another app.
    """
    try:
        root = parse(plaintext)
        check_receiver(root, corp_id, agent_id)
        return _typed(root, corp_id)
    except BadXml:
        key = sha256(plaintext).hexdigest()
        return Inbound(PLATFORM, corp_id, key, "", now, "event", MALFORMED)


def check_receiver(root: Node, corp_id: str, agent_id: str) -> None:
    """Refuse what was meant for another corp or app; contact events name no app.

    Raises:
        BadCallback: "receiver" (403).
        BadXml: the receiver is not written as WeCom writes it.
    """
    if root.text("tousername") != corp_id or root.text("agentid") not in ("", agent_id):
        raise BadCallback("receiver", 403)


def _typed(root: Node, corp_id: str) -> Inbound:
    account = _needed(root, "fromusername")
    at = datetime.fromtimestamp(int(_matching(root, "createtime", _SECONDS)), UTC)
    sort = _needed(root, "msgtype")
    if sort != "event":
        key = _matching(root, "msgid", _NUMBER)
        if sort == "text":
            return Inbound(PLATFORM, corp_id, key, account, at, "text", root.text("content"))
        files = _attachments(root, sort)
        kind: Kind = "file" if files else "other"
        said = "" if files else sort[:_LONGEST_SORT]
        return Inbound(PLATFORM, corp_id, key, account, at, kind, said, attachments=files)
    event, key = _needed(root, "event"), _event_key(root)
    if event in _PRESSES:
        return Inbound(
            PLATFORM,
            corp_id,
            key,
            account,
            at,
            "press",
            ref=_needed(root, "taskid"),
            key=_needed(root, "eventkey"),
            values=_values(root),
            reply_token=root.text("responsecode"),
        )
    if event == "click":
        return Inbound(PLATFORM, corp_id, key, account, at, "menu", root.text("eventkey"))
    return Inbound(
        PLATFORM, corp_id, key, account, at, "event", event[:_LONGEST_SORT], values=_facts(root)
    )


def _attachments(root: Node, sort: str) -> tuple[Attachment, ...]:
    """The picture or file of a message; none without something to fetch it by.

    Files are in no list of what an app is sent (doc 90239); should one come, it is read.
    """
    ref = root.text("mediaid")
    if not ref or sort not in {"image", "file"}:
        return ()
    name = (root.text("filename") or root.text("title"))[:_LONGEST_NAME]
    return (Attachment("picture" if sort == "image" else kind_of(name), ref, name),)


def _facts(root: Node) -> dict[str, str]:
    """What an event says beyond who, when and what; an approval's own part among it."""
    parts = (root, *root.nodes("approvalinfo"))
    facts = {name: text for part in parts for name, text in part.leaves().items()}
    told = {name: text for name, text in facts.items() if text and name not in _ENVELOPE}
    return dict(list(told.items())[:_MOST_FACTS])


def _event_key(root: Node) -> str:
    parts = [root.text(name) for name in _IDENTITY]
    for approval in root.nodes("approvalinfo"):
        parts += [approval.text(name) for name in _APPROVAL_IDENTITY]
    # XML cannot carry U+001F, so no value can pretend to be two.
    return sha256("\x1f".join(parts).encode()).hexdigest()


def _values(root: Node) -> dict[str, str]:
    """What was chosen: question_key → option id, several joined by ","."""
    values: dict[str, str] = {}
    for items in root.nodes("selecteditems"):
        for item in items.nodes("selecteditem"):
            question = _needed(item, "questionkey")
            if question in values:
                raise BadXml("questionkey")
            values[question] = ",".join(_option_ids(item))
    return values


def _option_ids(item: Node) -> list[str]:
    chosen = [text for ids in item.nodes("optionids") for text in ids.texts("optionid")]
    return [one for one in chosen if one != NOT_CHOSEN]


def _needed(node: Node, name: str) -> str:
    text = node.text(name)
    if not text:
        raise BadXml(name)
    return text


def _matching(node: Node, name: str, shape: re.Pattern[str]) -> str:
    text = node.text(name)
    if not shape.fullmatch(text):
        raise BadXml(name)
    return text
