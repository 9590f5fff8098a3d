"""The recipes for asyncio where things go wrong: browsers leave, users wait, visitors differ."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncGenerator, Generator
from contextvars import ContextVar
from types import SimpleNamespace
from typing import Any

import pytest

from gradio_client_httpx import AsyncClient
from gradio_client_httpx.aio.runner import AsyncRunner
from tests.docs import examples
from tests.docs.test_examples import ADDRESS, DOCS
from tests.support.gradio_server import FakeGradio
from tests.support.loopback import Loopback, threaded

PAGE = DOCS / "how-to" / "asyncio-recipes.md"
VISITOR: ContextVar[Any] = ContextVar("VISITOR")


@pytest.fixture
def fake() -> FakeGradio:
    return FakeGradio()


@pytest.fixture
def server(fake: FakeGradio) -> Generator[Loopback]:
    with threaded(fake) as server:
        yield server


@pytest.fixture
def recipes(server: Loopback) -> dict[str, Any]:
    """What the examples of the page define."""
    return examples.run(PAGE, {"__name__": "__main__"}, {ADDRESS: server.url.rstrip("/")})


class Browser:
    """Reads the first event of an answer, and goes away."""

    def __init__(self) -> None:
        self.got: list[bytes] = []
        self._has_begun = False
        self._leaving = asyncio.Event()

    async def receive(self) -> dict[str, Any]:
        if self._has_begun:
            await self._leaving.wait()
            return {"type": "http.disconnect"}
        self._has_begun = True
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(self, message: dict[str, Any]) -> None:
        if message.get("body"):
            self.got.append(message["body"])
            self._leaving.set()


def test_a_browser_that_goes_away_ends_its_job(recipes: dict[str, Any], fake: FakeGradio) -> None:
    async def slowly(client: AsyncClient, _: str) -> AsyncGenerator[str]:
        async with client.submit(5, 1, api_name="/slow_count") as job:
            async for output in job:
                yield f"data: {output}\n\n"

    async def visit() -> None:
        browser, app = Browser(), recipes["app"]
        scope: dict[str, Any] = {
            "type": "http", "method": "GET", "path": "/chat", "query_string": b"text=5",
            "headers": [], "asgi": {"version": "3.0", "spec_version": "2.3"},
        }  # fmt: skip
        async with recipes["lifespan"](app):
            await app(scope, browser.receive, browser.send)
            assert browser.got == [b"data: 0\n\n"]
            # While the client of all browsers is open: it is the job that has ended.
            await asyncio.to_thread(fake.ended.until_blocking, lambda _: True, ended + 1)

    ended = len(fake.ended)
    recipes["events"] = slowly
    asyncio.run(visit())


def test_a_failure_of_the_app_is_an_event(recipes: dict[str, Any], server: Loopback) -> None:
    async def main() -> list[str]:
        async with AsyncClient(server.url, verbose=False) as client:
            return [event async for event in recipes["events"](client, object())]

    (event,) = asyncio.run(main())
    assert event.startswith('event: error\ndata: "/chat: ')


def test_a_user_is_answered_while_another_waits(
    recipes: dict[str, Any], server: Loopback, fake: FakeGradio
) -> None:
    replies: list[tuple[str, str]] = []

    async def messages() -> AsyncGenerator[tuple[str, Any]]:
        yield "ada", 1
        await asyncio.to_thread(fake.holds.until_blocking, lambda _: True, 1)
        yield "bob", 0
        yield "eve", "not a number"

    async def reply(user: str, text: str) -> None:
        replies.append((user, text))
        if len(replies) == 2:
            fake.holds[0].release()

    async def main() -> None:
        async with AsyncClient(server.url, verbose=False) as client:
            await recipes["bot"](client, messages(), reply, "/slow")

    asyncio.run(main())
    assert replies[2] == ("ada", "slept 1")
    answers = dict(replies)
    assert answers["bob"] == "slept 0"
    assert answers["eve"].startswith("That failed: /slow: 'n': expected a number")


def test_a_call_in_an_event_handler_carries_the_token_of_its_visitor(
    recipes: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    context = SimpleNamespace(LocalContext=SimpleNamespace(request=VISITOR))
    monkeypatch.setitem(sys.modules, "gradio.context", context)
    monkeypatch.setattr(AsyncClient, "space_id", "user/name")
    sent: list[dict[str, str]] = []
    submit = AsyncRunner.submit

    # Noted here, since the core sends the token to hosts of Hugging Face only.
    def note(runner: AsyncRunner, job: Any, state: Any, bound: Any, headers: Any) -> None:
        sent.append(headers)
        submit(runner, job, state, bound, headers)

    async def main() -> None:
        async with recipes["other"]:
            for token in ("one", "two"):
                VISITOR.set(SimpleNamespace(headers={"x-ip-token": token}))
                assert await recipes["shorten"](token) == token
            submit_later = await recipes["later"]("three")
            VISITOR.set(None)
            assert await submit_later() == "three"

    monkeypatch.setattr(AsyncRunner, "submit", note)
    asyncio.run(main())
    assert [headers["x-ip-token"] for headers in sent] == ["one", "two", "two"]
