"""Events about the organisation: who is named in one is looked up, nobody else.

DingTalk pushes them free of quota (reference dingtalk.md §2.5); WeCom's `change_contact` comes
only where the contact-sync assistant's callback was pointed at us (wecom.md §2.4). What an
event says is never taken over: it only says whom to ask about.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from engine.types import EPOCH
from engine.unit import Unit
from handlers.api import Happening, Routes
from sales import directory
from sales.directory import Order

routes = Routes("directory_event")

PEOPLE = frozenset({"user_add_org", "user_modify_org", "user_leave_org"})
UNITS = frozenset({"org_dept_create", "org_dept_modify", "org_dept_remove"})
COLLECTED = timedelta(minutes=10)
"""Changes of departments come in swarms; the directory is read once for those of so long."""
MOST = 50
"""People of one event that are asked about one by one; of more the directory is read whole."""


@routes.hook("directory")
def noticed(db: Unit, what: Happening, now: datetime) -> None:
    """Put in line whom an event about the organisation names."""
    sort, facts = what.sort.lower(), what.facts
    if sort in PEOPLE:
        _people(db, what, facts.get("userId", "") or what.account, now)
    elif sort in UNITS or facts.get("changetype", "").endswith("_party"):
        _everybody(db, what.platform, now)
    elif facts.get("userid"):
        old, new = facts["userid"].lower(), facts.get("newuserid", "").lower()
        if new and new != old:
            directory.renamed(db, (what.platform, what.tenant), old, new, now=now)
        _people(db, what, new or old, now)


def _people(db: Unit, what: Happening, joined: str, now: datetime) -> None:
    accounts = tuple(dict.fromkeys(one.lower() for one in joined.split(",") if one))
    if not 0 < len(accounts) <= MOST:
        _everybody(db, what.platform, now)
        return
    directory.ask(db, f"event/{db.occasion.cause}", Order(what.platform, accounts), now=now)


def _everybody(db: Unit, platform: str, now: datetime) -> None:
    turn = (now - EPOCH) // COLLECTED + 1
    due = EPOCH + turn * COLLECTED
    directory.ask(db, f"units/{platform}/{turn}", Order(platform), now=now, due=due)
