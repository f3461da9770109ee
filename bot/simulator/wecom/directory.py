"""department/list, user/list and user/get: the corp's directory (reference wecom.md §5.1).

As for every app made since 2022-06-20, no mobile, e-mail or avatar is ever told.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.simulator.phones import Member
from bot.simulator.staff import Staff
from bot.simulator.wecom.errors import Refused, ok


class DirectoryDesk:
    """Answers what the app may see: `hidden` accounts and departments are out of its scope."""

    def __init__(self, staff: Staff) -> None:
        self._staff = staff
        self.hidden: set[str] = set()
        self.hidden_departments: set[int] = set()

    def departments(self) -> dict[str, Any]:
        """The answer to department/list: every department in scope, flat."""
        return ok(department=[
            {"id": one.id, "name": one.name, "parentid": one.parent, "order": one.id,
             "department_leader": self._leaders(one.id)}
            for one in self._staff.departments if one.id not in self.hidden_departments
        ])  # fmt: skip

    def users(self, query: Mapping[str, str]) -> dict[str, Any]:
        """The answer to user/list: who stands in one department, not below it.

        Raises:
            Refused: 60003 no such department, 60011 it is out of the app's scope.
        """
        wanted = query.get("department_id", "")
        known = self._staff.department(int(wanted) if wanted.isdigit() else 0)
        if known is None:
            raise Refused(60003, "department not found")
        if known.id in self.hidden_departments:
            raise Refused(60011, "no privilege to access/modify contact/party/agent")
        there = [
            self._user(member, account)
            for member, account in self._staff.accounts("wecom")
            if known.id in self._staff.places(member) and account not in self.hidden
        ]
        return ok(userlist=there)

    def user(self, query: Mapping[str, str]) -> dict[str, Any]:
        """The answer to user/get.

        Raises:
            Refused: 60111 no such userid, 60011 out of the app's scope.
        """
        wanted = query.get("userid", "").lower()
        for member, account in self._staff.accounts("wecom"):
            if account.lower() == wanted:
                if account in self.hidden:
                    raise Refused(60011, "no privilege to access/modify contact/party/agent")
                return ok(**self._user(member, account))
        raise Refused(60111, "userid not found")

    def _user(self, member: Member, account: str) -> dict[str, Any]:
        places = self._staff.places(member)
        boss = self._staff.account(member.manager, "wecom")
        return {
            "userid": account, "name": member.name, "department": list(places),
            "order": [0] * len(places), "position": "", "main_department": places[0],
            "is_leader_in_dept": [int(self._staff.leads(member, one)) for one in places],
            "direct_leader": [boss] if boss else [], "status": 1, "alias": "",
        }  # fmt: skip

    def _leaders(self, department: int) -> list[str]:
        there = self._staff.accounts("wecom")
        return [account for member, account in there if self._staff.leads(member, department)]
