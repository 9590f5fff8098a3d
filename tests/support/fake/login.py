"""Who may come in: the login form, the cookies it gives, and the refusal of everybody else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from tests.support.fake.behaviour import Behaviour
from tests.support.loopback import Headers, Request

OPEN = ("app_id", "login", "cancel", "reset", "heartbeat", "user")
"Routes that need no login."


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer with a JSON body, before it is sent."""

    status: int = 200
    value: Any = None
    headers: Headers = ()


class Login:
    """The logins of one start of the app; the next start knows none of them."""

    def __init__(self, behaviour: Behaviour, users: dict[str, str] | None, number: int) -> None:
        self._manners = behaviour
        self._users = users
        self._names = (f"access-token-{number}", f"access-token-unsecure-{number}")
        self._tokens: dict[str, str] = {}

    def admits(self, route: str, request: Request) -> bool:
        first, _, _ = route.partition("/")
        return self._users is None or first in OPEN or self.user(request) is not None

    def refusal(self) -> Reply:
        text = "Not authenticated"
        known = {"error": text, "auth_message": None}
        return Reply(status=401, value={"detail": known if self._manners.structured_401 else text})

    def user(self, request: Request) -> str | None:
        """Whose cookie came with this request; either of the two is enough."""
        pairs = [cookie.strip().partition("=") for cookie in request.header("cookie").split(";")]
        tokens = [token for name, _, token in pairs if name in self._names]
        return next((self._tokens[token] for token in tokens if token in self._tokens), None)

    def login(self, request: Request) -> Reply:
        form = dict(parse_qsl(request.body.decode(), keep_blank_values=True))
        user, password = form.get("username", ""), form.get("password", "")
        if self._users is None:
            return Reply(status=302, headers=[("location", "/")])
        if self._users.get(user) != password:
            return Reply(status=400, value={"detail": "Incorrect credentials."})
        secure, plain = self._names
        token = f"{plain}-{len(self._tokens)}"
        self._tokens[token] = user
        cookies = [
            f"{secure}={token}; HttpOnly; Path=/; SameSite=none; Secure",
            f"{plain}={token}; HttpOnly; Path=/; SameSite=lax",
        ]
        headers = [("set-cookie", cookie) for cookie in cookies]
        return Reply(value={"success": True}, headers=headers)
