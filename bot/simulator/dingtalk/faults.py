"""Refusals in DingTalk's own words, and the faults it commits when told to."""

from __future__ import annotations

from typing import Any, Final

from fastapi.responses import HTMLResponse, JSONResponse, Response

from bot.simulator.chaos import Chaos

NAME: Final = "dingtalk"


class ApiFault(Exception):
    """A call turned down: `code` as documented, status 400 unless said otherwise."""

    def __init__(self, code: str, *, status: int = 400, scope: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.status = status
        self.scope = scope

    def body(self) -> dict[str, Any]:
        """The error object of the new API."""
        answer: dict[str, Any] = {"code": self.code, "requestid": "SIM", "message": self.code}
        if self.scope:
            answer["accessdenieddetail"] = {"requiredScopes": [self.scope]}
        return answer

    def response(self) -> Response:
        """What goes over the wire."""
        return JSONResponse(self.body(), self.status)


class Outage(ApiFault):
    """Nobody is there but the load balancer, which speaks HTML."""

    def __init__(self) -> None:
        super().__init__("bad gateway", status=502)

    def response(self) -> Response:
        """No JSON, on purpose."""
        return HTMLResponse("<html><h1>502 Bad Gateway</h1></html>", self.status)


def strike(chaos: Chaos) -> None:
    """Commit a fault that can meet any call.

    Raises:
        ApiFault: "down" and "5xx" were ordered.
    """
    if chaos.strikes(NAME, "down"):
        raise Outage
    if chaos.strikes(NAME, "5xx"):
        raise ApiFault("system.busy", status=500)


def strike_api(chaos: Chaos) -> None:
    """Commit a fault that meets calls with a token.

    Raises:
        ApiFault: "429", "over_quota" or "ip_denied" was ordered.
    """
    if chaos.strikes(NAME, "429"):
        raise ApiFault("Forbidden.AccessDenied.QpsLimitForAppkeyAndApi", status=403)
    if chaos.strikes(NAME, "over_quota"):
        raise ApiFault("Forbidden.AccessDenied.ApiCountLimitForOrg", status=403)
    if chaos.strikes(NAME, "ip_denied"):
        raise ApiFault("Forbidden.AccessDenied.IpNotInWhiteList", status=403)
