"""Who works where, as both platforms' directories list it, and what changes there.

The people are the phones' members; here are the departments they stand in. Somebody who left
keeps their phone to look at, but no platform knows the account any more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from bot.simulator.phones import Member, Phones, PlatformName

ROOT = 1


@dataclass(frozen=True, slots=True)
class Department:
    """One department; `parent` is 0 for the company itself."""

    id: int
    name: str
    parent: int


DEPARTMENTS = (
    Department(ROOT, "建流演示公司", 0),
    Department(2, "华东销售部", ROOT),
    Department(3, "华南销售部", ROOT),
    Department(4, "总部", ROOT),
)
_OF_REGION = {"华东": 2, "华南": 3, "总部": 4}


class Staff:
    """The organisation behind the phones."""

    def __init__(self, phones: Phones) -> None:
        self._phones = phones
        self.hired = list(phones.members)
        self.departments: tuple[Department, ...] = DEPARTMENTS
        self._moved: dict[str, tuple[int, ...]] = {}

    def reset(self) -> None:
        """Everybody is back where they were at first."""
        self._phones.members[:] = self.hired
        self._phones.departed.clear()
        self._moved.clear()

    def department(self, wanted: int) -> Department | None:
        """The department with this id."""
        return next((one for one in self.departments if one.id == wanted), None)

    def places(self, member: Member) -> tuple[int, ...]:
        """The ids of a member's departments, the main one first; managers stand in two."""
        if member.id in self._moved:
            return self._moved[member.id]
        usual = _OF_REGION.get(member.region, ROOT)
        return (usual, 4) if member.role == "manager" else (usual,)

    def leads(self, member: Member, department: int) -> bool:
        """Whether a member leads one of their departments."""
        if member.role == "director":
            return department == ROOT
        return member.role == "manager" and department == self.places(member)[0]

    def account(self, member_id: str, platform: PlatformName) -> str:
        """A member's account there, "" if there is none any more."""
        for member, account in self.accounts(platform):
            if member.id == member_id:
                return account
        return ""

    def accounts(self, platform: PlatformName) -> Iterator[tuple[Member, str]]:
        """Everybody the platform's directory lists."""
        for member in self._phones.members:
            account = member.accounts.get(platform, "")
            if account and (platform, account.lower()) not in self._phones.departed:
                yield member, account

    def add(self, member: Member) -> None:
        """Somebody new gets accounts and a phone."""
        self._phones.members.append(member)

    def move(self, member: Member, *, manager: str, name: str, department: int) -> Member:
        """Another manager, name or main department; "" and 0 leave things as they are."""
        changed = replace(member, manager=manager or member.manager, name=name or member.name)
        self._phones.members[self._phones.members.index(member)] = changed
        if department:
            self._moved[member.id] = (department,)
        return changed

    def leave(self, member: Member, platforms: tuple[PlatformName, ...]) -> None:
        """The accounts on these platforms are no longer in the directory."""
        for platform in platforms:
            self._phones.departed.add((platform, member.accounts.get(platform, "").lower()))
