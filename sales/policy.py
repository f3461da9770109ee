"""Who may do what, and to which customers: the one place that decides.

Deny by default: a permission nobody lists is nobody's. Handlers, queries and help all ask
here, so a right is never checked in two ways (requirements B15, architecture §8).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from sqlalchemy import ColumnElement, and_, false, or_, select, true

from engine.errors import Refusal
from sales.customers import CUSTOMER
from sales.people import PERSON, ROLE_NAMES, Role, Who

EVERYONE = frozenset(Role)
SELLERS = frozenset({Role.REP, Role.MANAGER, Role.DIRECTOR})
SEES_ALL = frozenset({Role.DIRECTOR, Role.SALES_OPS, Role.ADMIN})

PERMISSIONS: Mapping[str, frozenset[Role]] = {
    "help": EVERYONE,
    "unfinished": EVERYONE,
    "customer.read": SELLERS | {Role.SALES_OPS, Role.ADMIN},
    "opportunity.create": SELLERS,
    "contact.reveal": SELLERS,
    "privacy": frozenset({Role.COMPLIANCE, Role.ADMIN}),
    "operations": frozenset({Role.ADMIN}),
    "health": frozenset({Role.ADMIN, Role.SALES_OPS, Role.DIRECTOR}),
}


class NotAllowed(Refusal):
    """The person's role does not carry the permission."""

    code = "not_allowed"
    text = "「{what}」需要{roles}的权限，您可以请他们代办。"


def may(who: Who, permission: str) -> bool:
    """Whether this person holds the permission."""
    return who.role in PERMISSIONS.get(permission, frozenset())


def require(who: Who, permission: str, what: str) -> None:
    """Refuse unless `who` holds the permission; `what` is the command's word.

    Raises:
        NotAllowed: names the roles that could do it.
    """
    if not may(who, permission):
        holders = PERMISSIONS.get(permission, frozenset())
        names = "、".join(ROLE_NAMES[role] for role in Role if role in holders)
        raise NotAllowed(what=what, roles=names or "管理员")


@lru_cache(maxsize=1024)
def visible(who: Who) -> ColumnElement[bool]:
    """The customers `who` may see: own and the team's; a manager the people below; some all.

    A team is the reps who share a manager (A28: "own+team customers"); somebody without a
    manager has none. Two levels of management lie below a director, who sees everything anyway.
    """
    if who.role in SEES_ALL:
        return true()
    below = PERSON.manager_id == who.id
    in_team = who.role is Role.REP and who.manager_id is not None
    peers = and_(PERSON.manager_id == who.manager_id, PERSON.role == Role.REP.value)
    beside = peers if in_team else false()
    team = select(PERSON.id).where(or_(below, beside))
    return or_(CUSTOMER.owner_id == who.id, CUSTOMER.owner_id.in_(team))
