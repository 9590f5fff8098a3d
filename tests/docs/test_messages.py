"""Every row of the page of messages: the code, or the circumstance, raises what the row says."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator
from concurrent.futures import CancelledError
from pathlib import Path
from typing import Any

import pytest

import gradio_client_trio
from gradio_client_httpx import Client, GradioError, Status, handle_file
from tests.docs.test_examples import ADDRESS, DOCS
from tests.support.fake.functions import ALL_FUNCTIONS
from tests.support.gradio_server import FakeGradio, answering
from tests.support.loopback import threaded
from tests.support.ports import closed_port

PAGE = DOCS / "reference" / "messages.md"
NOBODY = "http://127.0.0.1:7861"
"Where nobody listens, as the page writes it."
RAISED = (GradioError, KeyError, TimeoutError, CancelledError)

_ROW = re.compile(r"^\| (.+) \| `+ ?(\w+): (.+?) ?`+ \|$", re.MULTILINE)


def rows() -> list[tuple[str, str, str]]:
    """What is done, the class of the error, and its text."""
    return _ROW.findall(PAGE.read_text(encoding="utf-8"))


CODE = [row for row in rows() if row[0].startswith("`")]
HAPPENINGS = [row for row in rows() if not row[0].startswith("`")]


@pytest.fixture
def visit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[Visit]:
    monkeypatch.chdir(tmp_path)
    Path("note.txt").write_text("a note", encoding="utf-8")
    with closed_port() as port:
        yield Visit(port)


class Visit:
    """Does something at a fake app; compares addresses as the page writes them."""

    def __init__(self, port: int) -> None:
        self._nobody = f"http://127.0.0.1:{port}"
        self._app = ""

    def raised(self, act: Callable[[Client, FakeGradio], object], **app: Any) -> tuple[str, str]:
        """The class and the text of the error that `act` raises."""
        fake = FakeGradio(**app)
        with threaded(fake) as server:
            self._app = server.url.rstrip("/")
            with (
                Client(server.url, verbose=False, max_retries=0) as client,
                pytest.raises(RAISED) as caught,
            ):
                act(client, fake)
        text = str(caught.value).replace(self._app, ADDRESS).replace(self._nobody, NOBODY)
        return type(caught.value).__name__, text

    def run(self, code: str, client: Client) -> None:
        """Run code of the page."""
        names = {"client": client, "url": self._app, "Client": Client, "Path": Path}
        more = {"gradio_client_trio": gradio_client_trio, "handle_file": handle_file}
        exec(code.replace(NOBODY, self._nobody), names | more)


@pytest.mark.parametrize(("code", "kind", "text"), CODE, ids=[row[0] for row in CODE])
def test_this_code_raises(visit: Visit, code: str, kind: str, text: str) -> None:
    assert visit.raised(lambda client, _: visit.run(code.strip("` "), client)) == (kind, text)


# What happens at the other end.


def answered(status: int, value: Any = None, *, route: str = "queue/join", **headers: str) -> Any:
    """An act whose request for a route gets this answer."""
    named = tuple((name.replace("_", "-"), text) for name, text in headers.items())

    def act(client: Client, fake: FakeGradio) -> object:
        fake.instead(route, answering(status, value, named))
        return call(client, fake)

    return act


def call(client: Client, _: FakeGradio) -> object:
    return client.predict("hello", api_name="/echo")


def connect(client: Client, _: FakeGradio) -> object:
    return Client(client.src, verbose=False, max_retries=0)


def connect_without_an_app(client: Client, fake: FakeGradio) -> object:
    fake.instead("config", answering(404))
    fake.instead("", answering(404))
    return connect(client, fake)


def connect_to_another_page(client: Client, fake: FakeGradio) -> object:
    fake.instead("config", answering(200, "Welcome"))
    return connect(client, fake)


def connect_to_a_login(client: Client, fake: FakeGradio) -> object:
    fake.instead("config", answering(401, {"auth_required": True}))
    return connect(client, fake)


def wait_in_vain(client: Client, _: FakeGradio) -> object:
    job = client.submit(1, api_name="/slow")
    next(u for u in job.updates() if getattr(u, "code", None) is Status.PROCESSING)
    return job.result(timeout=0.01)


def wait_for_a_cancelled_job(client: Client, _: FakeGradio) -> object:
    job = client.submit(1, api_name="/slow")
    job.cancel()
    return job.result()


def fail(client: Client, _: FakeGradio) -> object:
    return client.predict("Tuesday", api_name="/fail")


def crash(client: Client, _: FakeGradio) -> object:
    return client.predict("Tuesday", api_name="/crash")


def lose_the_function(client: Client, fake: FakeGradio) -> object:
    # It has the last index that is left, so no other function is called in its place.
    names = [function.name for function in ALL_FUNCTIONS]
    fake.restart(ALL_FUNCTIONS[: names.index("whoami")])
    return client.predict("hello", api_name="/whoami")


def send_a_large_file(client: Client, _: FakeGradio) -> object:
    return client.predict(Path("note.txt"), api_name="/file")


VALIDATED = {
    "detail": [
        {
            "__type__": "validate",
            "is_valid": False,
            "parameter_name": "text",
            "message": "is too short",
        }
    ]
}

ACTS: dict[str, tuple[Callable[[Client, FakeGradio], object], dict[str, Any]]] = {
    "a web server without a Gradio app is at the address": (connect_without_an_app, {}),
    "something other than a Gradio app answers": (connect_to_another_page, {}),
    "the app requires a login or a token": (connect_to_a_login, {}),
    "the function raises `gr.Error`": (fail, {}),
    "the function raises another exception, and the app has `show_error=True`": (crash, {}),
    "the same, without `show_error=True`": (crash, {"show_error": False}),
    "the app's validator refuses an input": (answered(422, VALIDATED), {}),
    "the app's queue is full": (answered(503, {"detail": "Queue is full."}), {}),
    "too many requests came from you": (answered(429, "Slow down", retry_after="90"), {}),
    "the server has a bug": (answered(500, {"detail": "Internal Server Error"}), {}),
    "the app restarted without the function": (lose_the_function, {}),
    "the file is larger than the app accepts": (send_a_large_file, {"max_file_size": 3}),
    "a job runs longer than `result(timeout=0.01)` waits": (wait_in_vain, {}),
    "you cancelled the job whose `result()` you want": (wait_for_a_cancelled_job, {}),
}


@pytest.mark.parametrize(("what", "kind", "text"), HAPPENINGS, ids=[row[0] for row in HAPPENINGS])
def test_this_happening_raises(visit: Visit, what: str, kind: str, text: str) -> None:
    act, app = ACTS[what]
    assert visit.raised(act, **app) == (kind, text)


def test_the_page_has_a_row_for_each_happening() -> None:
    assert [row[0] for row in HAPPENINGS] == [*ACTS]
