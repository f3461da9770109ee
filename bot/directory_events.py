"""Events about the organisation: who is named in one is looked up, nobody else.

DingTalk pushes them free of quota (reference dingtalk.md §2.5); WeCom's `change_contact` comes
only where the contact-sync assistant's callback was pointed at us (wecom.md §2.4). What an
event says is never taken over: it only says whom to ask about.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.platforms.api import Inbound
from engine.types import EPOCH
from engine.unit import Unit
from sales import directory
from sales.directory import Order

PEOPLE = frozenset({"user_add_org", "user_modify_org", "user_leave_org"})
UNITS = frozenset({"org_dept_create", "org_dept_modify", "org_dept_remove"})
CONTACT = "change_contact"
COLLECTED = timedelta(minutes=10)
"""Changes of departments come in swarms; the directory is read once for those of so long."""
MOST = 50
"""People of one event that are asked about one by one; of more the directory is read whole."""


def noticed(db: Unit, inbound: Inbound, now: datetime) -> bool:
    """Whether the event was about the organisation; then what it names is put in line."""
    if inbound.kind != "other":
        return False
    sort, values = inbound.text.lower(), inbound.values
    if sort in PEOPLE:
        _people(db, inbound, values.get("userId", "") or inbound.account, now)
    elif sort in UNITS or (sort == CONTACT and values.get("ChangeType", "").endswith("_party")):
        _everybody(db, inbound.platform, now)
    elif sort == CONTACT and values.get("UserID"):
        old, new = values["UserID"].lower(), values.get("NewUserID", "").lower()
        if new and new != old:
            directory.renamed(db, (inbound.platform, inbound.tenant), old, new, now=now)
        _people(db, inbound, new or old, now)
    else:
        return False
    return True


def _people(db: Unit, inbound: Inbound, joined: str, now: datetime) -> None:
    accounts = tuple(dict.fromkeys(one.lower() for one in joined.split(",") if one))
    if not 0 < len(accounts) <= MOST:
        _everybody(db, inbound.platform, now)
        return
    order = Order(inbound.platform, accounts)
    directory.ask(db, f"event/{inbound.platform}/{inbound.event_key}", order, now=now)


def _everybody(db: Unit, platform: str, now: datetime) -> None:
    turn = (now - EPOCH) // COLLECTED + 1
    due = EPOCH + turn * COLLECTED
    directory.ask(db, f"units/{platform}/{turn}", Order(platform), now=now, due=due)
