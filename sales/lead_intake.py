"""Taking a lead in, whoever brings it: chat, a file, a web hook, the command line (B4, B9).

One function, one transaction: the words become the house's words through the dictionaries, what
they were is kept beside, the person to talk to goes into the vault, and who else may be the same
customer is looked up by the system. Nothing is refused for words nobody knows: a lead is never
lost, and what was not understood is said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from engine import audit
from engine.errors import Refusal
from engine.masking import mask
from engine.rulebook import Sort
from engine.unit import Unit
from sales import contacts, dictionary, lead_assign, lead_doubles, leads, money, names
from sales.desk import Desk
from sales.lead_assign import Decided
from sales.lead_doubles import Double
from sales.lead_lists import Shown
from sales.leads import Draft
from sales.money import NotMoney
from sales.rules.lead_tags import LEAD_TAGS
from sales.rules.lead_times import LEAD_TIMES
from sales.rules.terms import INDUSTRIES, REGIONS, SOURCES, Worded
from sales.stems import SHORTEST

LONGEST, LONGEST_NEED = 60, 500
"""Characters of a company name, and of what somebody wants."""
UNSAID = ("", "未知", "不详", "无", "-", "预算未知")
"""What people write where they know nothing."""
DICTIONARIES: Mapping[str, Sort[Worded]] = {
    "industry": INDUSTRIES, "region": REGIONS, "source": SOURCES,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class RawLead:
    """What somebody brought, in their words; "" where they said nothing.

    `contact` holds any of `contacts.FIELDS`: name, phone, email, wechat.
    """

    company: str
    source: str
    industry: str = ""
    region: str = ""
    budget: str = ""
    need: str = ""
    credit_code: str = ""
    contact: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of it.

    `new` is False where the same origin had brought it before. `unread` names the fields whose
    words were not understood: kept in the lead's `raw`, and unknown to every rule. `doubles` may
    be the same customer. `decided` says who has it now, or why nobody; None unless `new`.
    """

    lead_id: str
    new: bool
    unread: tuple[str, ...] = ()
    doubles: tuple[Double, ...] = ()
    decided: Decided | None = None


class BadCompany(Refusal):
    """There is no lead without somebody it is about."""

    code = "bad_lead_company"
    text = f"公司名称要有 {SHORTEST} 到 {LONGEST} 个字，并且有汉字、字母或数字。"


def take_in(
    db: Unit, raw: RawLead, desk: Desk, *, origin: str, by: str, fresh: bool = True
) -> Taken:  # fmt: skip
    """Put a lead into the pool and give it out; the same `origin` again is the same lead.

    `origin` names what brought it for all time ("flow/17", "hook/<event id>",
    "sheet/<sha256>/<row>"), `by` the person, or "" for a machine. `fresh`: it is happening just
    now; a list tells of what was some time ago.

    Raises:
        BadCompany: no company name.
    """
    if (known := leads.of_origin(db, origin)) is not None:
        return Taken(known, new=False)
    understood, unread = understand(raw, desk)
    told = {name: value.strip() for name, value in raw.contact.items() if value.strip()}
    lead_assign.take_turn(db)
    doubles = lead_doubles.find(
        db, desk.vault, understood.company, phone=told.get("phone", ""),
        code=understood.credit_code or "",
    )  # fmt: skip
    if (again := _again(db, understood, doubles, desk)) is not None:
        return Taken(again, new=False)
    lead_id, new = leads.capture(
        db, understood, origin=origin, by=by, now=desk.now, today=desk.today
    )  # fmt: skip
    if new and told:
        contact_id = contacts.add(
            db, desk.vault, None, told, source=understood.source, now=desk.now,
            company=understood.company,
        )  # fmt: skip
        leads.know(db, lead_id, contact_id)
    decided = None
    if new:
        decided = lead_assign.assign(db, lead_id, desk, doubles=doubles, fresh=fresh)
    return Taken(lead_id, new, unread, tuple(doubles), decided)


def _again(
    db: Unit, understood: Draft, doubles: Sequence[Double], desk: Desk
) -> str | None:  # fmt: skip
    """The lead of today this is once more: the same customer downloads the same thing (B86)."""
    times = desk.rules.at(LEAD_TIMES, desk.now).body
    if understood.source not in times.intent_sources:
        return None
    midnight = datetime.combine(desk.today, datetime.min.time(), desk.calendar.zone)
    for one in doubles:
        told = one.kind == "lead" and one.sure and one.created_at >= midnight
        if told and leads.source_of(db, one.id) == understood.source:
            audit.record(db, "lead.repeated", ("lead", one.id), at=desk.now)
            return one.id
    return None


def understand(raw: RawLead, desk: Desk) -> tuple[Draft, tuple[str, ...]]:
    """The lead in the house's words, and the fields whose words were not understood.

    Numbers of people are masked wherever they stand but in the contact.

    Raises:
        BadCompany: no company name.
    """
    company = mask(names.clean(raw.company))
    if not SHORTEST <= len(company) <= LONGEST or not names.says_something(company):
        raise BadCompany
    kept = {
        name: words
        for name in (*DICTIONARIES, "budget")
        if (words := mask(" ".join(getattr(raw, name).split()))) not in UNSAID
    }
    meant: dict[str, str] = {}
    for name in DICTIONARIES.keys() & kept.keys():
        terms = desk.rules.at(DICTIONARIES[name], desk.now).body.terms
        if (match := dictionary.of(terms).match(kept[name])) is not None:
            meant[name] = match.term
    budget_fen = _budget(kept.get("budget", ""))
    unread = tuple(name for name in kept if name not in meant and name != "budget")
    if "budget" in kept and budget_fen is None:
        unread += ("budget",)
    draft = Draft(
        company=company, source=meant.get("source") or kept.get("source", leads.NO_SOURCE),
        industry=meant.get("industry"), region=meant.get("region"), budget_fen=budget_fen,
        need=mask(" ".join(raw.need.split()))[:LONGEST_NEED],
        credit_code=raw.credit_code.strip().upper() or None,
        raw={name: words for name, words in kept.items() if meant.get(name) != words},
    )  # fmt: skip
    return replace(draft, tags=tagged(draft, desk)), unread


def tagged(it: Draft | Shown, desk: Desk) -> str:
    """The tags of the rule 线索标签 a lead has, apart by 、."""
    lead = {
        "source": it.source, "industry": it.industry, "region": it.region,
        "budget": it.budget_fen,
    }  # fmt: skip
    return "、".join(desk.rules.at(LEAD_TAGS, desk.now).body.of(lead))


def _budget(words: str) -> int | None:
    try:
        return money.read(words)
    except NotMoney:
        return None
