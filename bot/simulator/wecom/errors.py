"""How the fake says no: WeCom's error codes in WeCom's words."""

from __future__ import annotations

from typing import Any


class Refused(Exception):
    """A request WeCom turns down with `errcode` (docs 90313, 90236)."""

    def __init__(self, errcode: int, errmsg: str) -> None:
        super().__init__(f"{errcode} {errmsg}")
        self.errcode = errcode
        self.errmsg = errmsg

    def answer(self, address: str) -> dict[str, Any]:
        """The JSON WeCom sends; `address` is the caller's, quoted as WeCom quotes it."""
        more = f"https://open.work.weixin.qq.com/devtool/query?e={self.errcode}"
        errmsg = f"{self.errmsg}, hint: [simulator], from ip: {address}, more info at {more}"
        return {"errcode": self.errcode, "errmsg": errmsg}


def ok(**fields: Any) -> dict[str, Any]:
    """A success with these fields."""
    return {"errcode": 0, "errmsg": "ok", **fields}
