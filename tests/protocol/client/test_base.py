"""What the clients of all drivers have in common."""

from __future__ import annotations

import io
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import pytest

from gradio_protocol import ClientProtocol, InvalidArguments, Options, RunAction, Target
from gradio_protocol.app.files import Inline
from gradio_protocol.clients import BaseClient, ClientConfig
from gradio_protocol.present.describe import digest
from gradio_protocol.wire.headers import HUB
from tests.support.sample_apps import COUNT, ECHO, dependency, sample_app
from tests.support.scripted import reply, web

SRC, SPACE = "http://here/", "https://user-name.hf.space/"
CONFIG = {
    "version": "6.31.0",
    "protocol": "sse_v3",
    "components": [{"id": 1, "type": "textbox", "props": {"label": "Text"}}],
    "dependencies": [dependency(i, name) for i, name in ((ECHO, "echo"), (COUNT, "count"))],
}
WORLD = {f"GET {src}config": reply(CONFIG) for src in (SRC, SPACE)} | {
    f"GET {HUB}/api/spaces/user/name/host": reply({"host": SPACE}),
    f"GET {HUB}/api/spaces/user/name/runtime": reply({"stage": "RUNNING"}),
}


class Connection:
    """A connection to an app that is not there."""

    lock = nullcontext()

    def __init__(self, target: Target) -> None:
        self.runner = self
        self.protocol = ClientProtocol(target, entropy=bytes(16))
        self.protocol.connect()
        driver = web(WORLD)
        while isinstance(command := self.protocol.next_command(0), RunAction):
            self.protocol.action_succeeded(command.action_id, driver.answer(command.action))
        assert self.protocol.is_connected()

    def reset_session(self, session_id: int) -> None:
        self.protocol.reset_session(session_id)

    def close_session(self, session_id: int) -> None:
        self.protocol.close_session(session_id)

    def __repr__(self) -> str:
        return repr(self.protocol.target.src)


class Client(BaseClient[Connection, ClientConfig]):
    """A client without a driver."""

    def __init__(self, src: str = SRC, *, ssl_verify: Any = True, **options: Any) -> None:
        target = Target(src=src)
        given = ClientConfig(target=target, options=Options(**options), ssl_verify=ssl_verify)
        self._prepare(given)

    def _make_shared(self, given: ClientConfig) -> Connection:
        self.printed: list[str] = []
        return Connection(given.target)

    def _read(self, file: Any) -> object:
        return file.read()

    def _print(self, text: str) -> None:
        self.printed.append(text)

    def serve(self, token: str) -> None:
        """Be part of a Gradio app that serves a visitor with this token."""
        request = SimpleNamespace(headers={"x-ip-token": token})
        context = SimpleNamespace(request=SimpleNamespace(get={None: request}.get))
        self._modules = {"gradio.context": SimpleNamespace(LocalContext=context)}

    def bound(self, *args: Any, fn_index: int, **kwargs: Any) -> tuple[int, list[Any]]:
        call = self._bind(args, kwargs, None, fn_index)
        return call.endpoint.index, call.data

    def options(self) -> tuple[float | None, int]:
        return self._options.timeout, self._options.max_retries


def test_what_the_app_said_can_be_read() -> None:
    client = Client()
    assert client.src == SRC
    assert client.config["version"] == client.app_version == "6.31.0"
    assert client.protocol == "sse_v3"
    assert client.headers["accept-encoding"] == "identity"
    assert client.cookies == {}


def test_a_call_is_bound_with_the_files_that_are_open() -> None:
    assert Client().bound(io.BytesIO(b"x"), fn_index=COUNT) == (COUNT, [Inline("file", b"x")])
    assert Client().bound(fn_index=ECHO, text=io.BytesIO(b"x")) == (ECHO, [Inline("file", b"x")])


@pytest.mark.parametrize(
    ("src", "sent"), [(SRC, {}), ("user/name", {"x-ip-token": "t"})], ids=["app", "space"]
)
def test_the_visitors_token_is_for_spaces(src: str, sent: dict[str, str]) -> None:
    client = Client(src)
    client.serve("t")
    assert client.add_zero_gpu_headers({"x-a": "b"}) == {"x-a": "b"} | sent


@pytest.mark.parametrize(("src", "space"), [(SRC, None), ("user/name", "user/name")])
def test_a_space_has_a_name(src: str, space: str | None) -> None:
    assert Client(src).space_id == space


def test_the_api_is_printed_and_returned_as_asked() -> None:
    client = Client()
    assert client.view_api() is None
    assert client.view_api(print_info=False, return_format="str") == client.printed[0]
    assert len(client.printed) == 1
    assert "/echo" in client.printed[0]
    with pytest.raises(InvalidArguments, match="return_format"):
        client.view_api(return_format="xml")


def test_a_view_has_options_of_its_own_and_the_same_session() -> None:
    client = Client()
    view = client.with_options(timeout=3)
    assert (view.options()[0], client.options()[0]) == (3, None)
    before = client.session_hash
    client.reset_session()
    assert view.session_hash == client.session_hash != before


def test_a_pickled_client_is_its_configuration_and_options() -> None:
    state = Client(max_retries=5).with_options(timeout=3).__getstate__()
    twin = Client.__new__(Client)
    twin.__setstate__(state)
    assert twin.options() == (3, 5)
    with pytest.raises(InvalidArguments, match="cannot be pickled, because of ssl_verify"):
        Client(ssl_verify=lambda: None).__getstate__()


def test_a_client_has_a_digest_of_the_api() -> None:
    assert Client().api_digest == digest(sample_app().endpoints[:2])


def test_a_client_writes_a_call_of_an_endpoint() -> None:
    client = Client()
    assert f"client = Client({SRC!r})" in client.snippet("echo")
    by_index = client.snippet(fn_index=ECHO, language="curl")
    assert by_index == client.snippet("/echo", language="curl")
    assert f"{SRC}call/v2/echo" in by_index
    with pytest.raises(InvalidArguments, match="no endpoint '/ecko'"):
        client.snippet("/ecko")


def test_a_client_shows_its_address_and_in_a_notebook_its_endpoints() -> None:
    assert repr(Client()) == f"Client({SRC!r})"
    assert "/echo" in in_notebook(Client())


@pytest.mark.parametrize("title", [None, "", "Gradio"])
def test_a_notebook_shows_no_title_that_says_nothing(title: object) -> None:
    client = Client()
    titled(client, title)
    assert in_notebook(client).startswith(f"<p>{SRC}, Gradio 6.31.0</p>")


def test_a_notebook_shows_the_title_of_the_app() -> None:
    client = Client()
    titled(client, "A <tour>")
    assert in_notebook(client).startswith(f"<p>A &lt;tour&gt;, {SRC}, Gradio 6.31.0</p>")


def test_a_notebook_shows_that_a_client_is_closed() -> None:
    client = Client()
    protocol = client._shared.protocol  # pyright: ignore[reportPrivateUsage]
    protocol.close()
    while protocol.next_command(0):
        pass
    assert in_notebook(client).startswith(f"<p>{SRC}, Gradio 6.31.0, closed</p>")


def titled(client: Client, title: object) -> None:
    raw: Any = client._shared.protocol.app.config.raw  # pyright: ignore[reportPrivateUsage]
    raw["title"] = title


def in_notebook(client: Client) -> str:
    html: Any = getattr(client, "_repr_html_")  # noqa: B009 - it is for notebooks to call
    return str(html())


def test_a_new_session_is_another_visitor_of_the_same_app() -> None:
    client = Client()
    visitor = client.new_session()
    assert visitor.session_hash != client.session_hash
    assert visitor.src == client.src
    assert visitor.with_options(progress=True).session_hash == visitor.session_hash
