"""Calls: messages that read the same go to many people in one call, where a platform takes that.

What a platform knows again (WeCom) is repeated with the same bytes and receivers, whoever of
them it is repeated for; so the receivers are kept with the first job of the call.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import bindparam, select

from bot.parcels import FIRST, Parcel, in_doubt
from bot.platforms.api import Platform
from engine import jobs
from engine.jobs import JOB
from engine.statement import Statement
from engine.unit import Unit

RECEIVERS = "receivers"
"""In the payload of the first job of a call: everybody it went to, in order."""
_PAYLOAD = Statement(select(JOB.c.payload).where(JOB.c.id == bindparam("wanted")))


@dataclass(frozen=True, slots=True)
class Call:
    """One call: the messages it settles, and everybody it is for (others are settled already)."""

    parcels: Sequence[Parcel]
    receivers: Sequence[str]


def calls(db: Unit, platform: Platform, parcels: Iterable[Parcel]) -> Iterator[Call]:
    """The calls that carry `parcels`, each parcel in one of them."""
    groups: defaultdict[tuple[str, str], list[Parcel]] = defaultdict(list)
    for parcel in parcels:
        if parcel.common:
            first = parcel.payload.get(FIRST, "") if in_doubt(parcel.job) else ""
            groups[str(first), parcel.common].append(parcel)
        else:
            yield Call((parcel,), (parcel.to.account,))
    for (first, _), group in groups.items():
        for start in range(0, len(group), platform.together):
            some = group[start : start + platform.together]
            if first:
                yield Call(some, _receivers(db, int(first)) or _accounts(some))
            else:
                yield _new(db, platform, some)


def _new(db: Unit, platform: Platform, parcels: Sequence[Parcel]) -> Call:
    """A call made for the first time; several are bound together if repeats are known."""
    if len(parcels) == 1 or not platform.knows_repeats:
        return Call(parcels, _accounts(parcels))
    first, accounts = parcels[0], _accounts(parcels)
    bound = []
    for parcel in parcels:
        payload = {**parcel.payload, "request": first.request, FIRST: first.job.id}
        if parcel is first:
            payload[RECEIVERS] = accounts
        jobs.keep(db, parcel.job, payload)
        bound.append(replace(parcel, payload=payload, request=first.request))
    return Call(bound, accounts)


def _receivers(db: Unit, first: int) -> Sequence[str]:
    payload = _PAYLOAD.value(db, {"wanted": first}) or {}
    receivers: Sequence[str] = payload.get(RECEIVERS, ())
    return receivers


def _accounts(parcels: Iterable[Parcel]) -> list[str]:
    return [parcel.to.account for parcel in parcels]
