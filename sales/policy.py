"""Who may do what, to which customers, and which fields stay hidden: the one place that decides.

Deny by default: a permission nobody lists is nobody's. Handlers, queries, exports, reports and
pushes all ask here, so a right is never checked in two ways (requirements B15, architecture §8).
Rights follow from the person as the database has them at this moment, never from a card.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, or_, true

from engine.errors import Refusal
from engine.unit import Unit
from sales import customers, people, reach
from sales.people import PERSON, ROLE_NAMES, Role, Who
from sales.reach import Reach, Scope, Within


class Grant(NamedTuple):
    """A right: how far it reaches, and the fields it does not show."""

    scope: Scope
    hidden: frozenset[str] = frozenset()


OWN, TEAM, BELOW, ALL = (Grant(scope) for scope in Scope)
NO_DEALS = Grant(Scope.ALL, frozenset({"orders", "rating"}))
"""Who looks after the system or the process sees customers, not what they bought."""
_EVERYBODY: Mapping[str, Grant] = dict.fromkeys(
    ("help", "unfinished", "push", "leave", "bind", "messages"), OWN
)
_SELLER = ("customer.read", "opportunity.create")

_IMPORTS = ("import", "customer.import", "figures.import")
_TALK = ("talk.read", "talk.edit")
_PEOPLE = ("people.read", "people.manage")
_RULES = ("rules.read", "rules")
_LEADS = (
    "lead.create", "lead.read", "lead.claim", "lead.work", "lead.invalidate", "lead.merge",
)  # fmt: skip

GRANTS: Mapping[Role, Mapping[str, Grant]] = {
    Role.REP: {
        **dict.fromkeys(_SELLER, TEAM),
        "contact.reveal": OWN,
        "delegate": OWN,
        **dict.fromkeys((*_LEADS, "lead.export"), OWN),
        "talk.read": ALL,
    },
    Role.MANAGER: {
        **dict.fromkeys(
            (*_SELLER, *_LEADS, "lead.assign", "lead.export", "contact.reveal", "people.read"),
            BELOW,
        ),
        "delegate": OWN,
        "rules.read": ALL,
        "talk.read": ALL,
    },
    Role.DIRECTOR: dict.fromkeys(
        (
            *_SELLER,
            *_LEADS,
            "lead.assign",
            "lead.export",
            "contact.reveal",
            "delegate",
            *_PEOPLE,
            *_RULES,
            *_TALK,
            "import",
            "audit",
            "health",
        ),
        ALL,
    ),
    Role.COMPLIANCE: dict.fromkeys(("audit", "people.read", "privacy"), ALL),
    Role.LEGAL: {},
    Role.FINANCE: {},
    Role.MARKETING: {
        **dict.fromkeys(("lead.create", "lead.read"), OWN),
        **dict.fromkeys((*_TALK, "import"), ALL),
    },
    Role.SALES_OPS: {
        "customer.read": NO_DEALS,
        "lead.invalidate": OWN,
        **dict.fromkeys(
            (
                *_RULES,
                *_IMPORTS,
                "lead.create",
                "lead.read",
                "lead.assign",
                "lead.merge",
                "lead.export",
                "people.read",
                "health",
                "talk.read",
            ),
            ALL,
        ),
    },
    Role.ADMIN: {
        "customer.read": NO_DEALS,
        **dict.fromkeys(
            (*_PEOPLE, *_RULES, "audit", "privacy", "operations", "health", *_IMPORTS),
            ALL,
        ),
    },
}
"""Every right there is, role by role."""
LENT = frozenset((*_SELLER, "lead.read", "lead.work", "lead.invalidate"))
"""What a stand-in may do for a colleague; everything else stays with the person."""
EVERYONE = true()
"""The colleagues somebody may name who may name anyone."""
NAMED = 3
"""Colleagues a refusal names."""


class NotAllowed(Refusal):
    """The person's role does not carry the permission."""

    code = "not_allowed"
    text = "「{what}」需要{roles}的权限，您可以请{people}代办。"


def may(who: Who, permission: str) -> bool:
    """Whether this person holds the permission, in their own right or standing in."""
    return next(_held(who, permission), None) is not None


def within(role: Role, other: Role) -> bool:
    """Whether `other` may do everything `role` may; an administrator may hand out anything."""
    return other is Role.ADMIN or GRANTS[role].keys() <= GRANTS[other].keys()


def require(db: Unit, who: Who, permission: str, what: str) -> None:
    """Refuse unless `who` holds the permission; `what` is the command's word.

    Raises:
        NotAllowed: names the roles that could do it, and colleagues who have them.
    """
    if may(who, permission):
        return
    roles = [role for role in Role if permission in GRANTS[role]]
    named = people.nearest(db, who, [role.value for role in roles], most=NAMED)
    raise NotAllowed(
        what=what,
        roles="、".join(ROLE_NAMES[role] for role in roles) or ROLE_NAMES[Role.ADMIN],
        people="、".join(named) or "他们",
    )


@lru_cache(maxsize=4096)  # the same people write again and again
def visible(who: Who, permission: str = "customer.read") -> Reach:
    """The customers on which `who` may use a permission."""
    return reach.of(tuple([_within(one, grant) for one, grant in _held(who, permission)]))


def owned(who: Who, permission: str, owner: ColumnElement[Any]) -> ColumnElement[bool]:
    """The rows on which `who` may use a permission, by the column of whose they are.

    What nobody owns is reached by those who reach everything.
    """
    return visible(who, permission).over(owner)


def hidden(
    db: Unit, who: Who, customer_id: str, permission: str = "customer.read"
) -> frozenset[str]:  # fmt: skip
    """The fields of a customer that are not shown to `who`.

    What one right shows is shown, if that right reaches this customer: standing in for somebody
    opens their customers, not everybody's.
    """
    held = list(_held(who, permission))
    if len(held) > 1:
        held = [
            (one, grant)
            for one, grant in held
            if customers.get(db, customer_id, reach.of((_within(one, grant),))) is not None
        ]
    fields = [grant.hidden for _, grant in held]
    return frozenset.intersection(*fields) if fields else frozenset()


def subordinates(who: Who, permission: str) -> ColumnElement[bool]:
    """The people on whom `who` may use a permission."""
    scopes = {grant.scope for _, grant in _held(who, permission)}
    if Scope.ALL in scopes:
        return true()
    mine = PERSON.id == who.id
    if Scope.SUBTREE not in scopes:
        return mine
    return or_(mine, PERSON.id.in_(reach.below(who.id)))


def _held(who: Who, permission: str) -> Iterator[tuple[Who, Grant]]:
    """The person's own grant, then those of the colleagues they stand in for."""
    own = GRANTS[who.role].get(permission) or _EVERYBODY.get(permission)
    if own is not None:
        yield who, own
    if permission in LENT:
        for lender in who.stands_in_for:
            if (grant := GRANTS[lender.role].get(permission)) is not None:
                yield lender, grant


def _within(one: Who, grant: Grant) -> Within:
    """Somebody without a manager has no team, and who is no rep belongs to none."""
    if grant.scope is Scope.DEPT and (one.manager_id is None or one.role is not Role.REP):
        return Within(Scope.SELF, one.id)
    return Within(grant.scope, one.id, one.manager_id or "")
