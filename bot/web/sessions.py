"""Who is looking at a form page: one signed cookie per form, one nonce per submission.

The cookie is bound to the form's path, so that two forms in one browser never share a login.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass

from fastapi import Request, Response
from itsdangerous import BadData, URLSafeTimedSerializer

LOGIN_SECONDS = 600
FORM_SECONDS = 2 * 3600
COOKIE = "jianliu_form"
STATE_COOKIE = "jianliu_login"


def signing_key(stored: str, *apps: str) -> str:
    """The key of all three tokens: what the database keeps, under the secrets it must not keep.

    So a copy of the database, or a backup, signs nobody in (attack D28). When an app's secret
    changes, open pages ask for one more login.
    """
    return hmac.digest("\n".join(apps).encode(), stored.encode(), "sha256").hex()


@dataclass(frozen=True, slots=True)
class Sessions:
    """Signs and reads the three small tokens of the form pages."""

    secret: str
    secure: bool

    def begin_login(self, response: Response, form: str) -> str:
        """The `state` of a platform login: letters and digits, known only to this browser.

        WeCom allows a-zA-Z0-9 and 128 bytes, so the signed part stays in the cookie.
        """
        state = secrets.token_hex(16)
        token = self._sign("login").dumps([form, state])
        self._set(response, STATE_COOKIE, token, f"/h5/login/{form}", LOGIN_SECONDS)
        return state

    def ends_login(self, request: Request, form: str, state: str) -> bool:
        """Whether `state` comes back to the browser that left, for the same form, in time."""
        told = self._read("login", request.cookies.get(STATE_COOKIE, ""), LOGIN_SECONDS)
        return told == [form, state]

    def remember(self, response: Response, form: str, account: str) -> None:
        """Note who logged in to this form; the state has served."""
        self._set(response, STATE_COOKIE, "", f"/h5/login/{form}", 0)
        token = self._sign("session").dumps([form, account])
        self._set(response, COOKIE, token, f"/h5/form/{form}", FORM_SECONDS)

    def account(self, request: Request, form: str) -> str:
        """The platform account logged in to this form; "" for nobody."""
        told = self._read("session", request.cookies.get(COOKIE, ""), FORM_SECONDS)
        return str(told[1]) if isinstance(told, list) and told[0] == form else ""

    def ticket(self, form: str, version: int, account: str) -> str:
        """A form token that is good for one submission of this face of the form."""
        return self._sign("ticket").dumps([form, version, account, secrets.token_urlsafe(9)])

    def redeem(self, ticket: str, form: str, account: str) -> tuple[int, str] | None:
        """The version and nonce of a valid ticket; the inbox makes sure it counts once."""
        told = self._read("ticket", ticket, FORM_SECONDS)
        if not isinstance(told, list) or told[:1] + told[2:3] != [form, account]:
            return None
        return int(told[1]), str(told[3])

    def _sign(self, purpose: str) -> URLSafeTimedSerializer:
        return URLSafeTimedSerializer(self.secret, salt=f"jianliu.h5.{purpose}")

    def _read(self, purpose: str, token: str, seconds: int) -> object:
        try:
            return self._sign(purpose).loads(token, max_age=seconds)
        except (BadData, UnicodeEncodeError):  # a lone surrogate is no token of ours
            return None

    def _set(self, response: Response, name: str, value: str, path: str, seconds: int) -> None:
        response.set_cookie(name, value, max_age=seconds, path=path, httponly=True,
                            secure=self.secure, samesite="lax")  # fmt: skip
