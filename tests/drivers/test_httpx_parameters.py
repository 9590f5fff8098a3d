"""What the blocking client can be made with: each option alone, and two that disagree."""

from __future__ import annotations

import copy
import inspect
import ssl
from pathlib import Path
from typing import Any

import httpx
import pytest
import trustme

from gradio_client_httpx import Client, InvalidArguments, TransportFailed
from gradio_client_httpx.http import make_timeout
from gradio_client_httpx.inputs import HttpxConfig, TransportConfig, resolve_transport
from gradio_protocol import Options, Target
from tests.support.gradio_server import FakeGradio
from tests.support.latch import PATIENCE
from tests.support.loopback import Connection, Loopback, Request, threaded


def configured(**options: Any) -> TransportConfig:
    """What these parameters of a client amount to, and the defaults of all others."""
    return resolve_transport(HttpxConfig(target=Target(src=""), options=Options(), **options))


def print_nothing(_: httpx.Request) -> None:
    """A hook."""


ENTRIES: dict[str, Any] = {
    "no proxies": {"proxies": None},
    "a dict without proxies": {"proxies": {}},
    "no proxy for this": {"proxies": {"http://": None, "all://": "http://127.0.0.1:1"}},
    "cookies as a dict": {"cookies": {"a": "b"}},
    "cookies of httpx": {"cookies": httpx.Cookies({"a": "b"})},
    "cookies as pairs": {"cookies": [("a", "b")]},
    "headers of httpx": {"headers": httpx.Headers({"a": "b"})},
    "headers as pairs": {"headers": [("a", "b")]},
    "no verification": {"verify": False},
    "a context": {"verify": ssl.create_default_context()},
    "seconds": {"timeout": 5},
    "a timeout of httpx": {"timeout": httpx.Timeout(5)},
    "no timeout": {"timeout": None},
    "redirects": {"follow_redirects": True, "max_redirects": 3},
    "a transport": {"transport": httpx.HTTPTransport()},
    "mounts": {"mounts": {"all://": httpx.HTTPTransport()}},
    "no mounts": {"mounts": None},
    "user and password": {"auth": ("me", "pw")},
    "an auth of httpx": {"auth": httpx.BasicAuth("me", "pw")},
    "no auth": {"auth": None},
    "limits": {"limits": httpx.Limits(max_connections=3)},
    "no environment": {"trust_env": False},
    "hooks": {"event_hooks": {"request": [print_nothing]}},
    "what the core completes": {"base_url": "http://x", "params": {"a": "b"}},
}


@pytest.mark.parametrize("entries", ENTRIES.values(), ids=ENTRIES.keys())
def test_what_httpx_takes_is_taken_and_left_as_it_was(
    server: Loopback, entries: dict[str, Any]
) -> None:
    before = copy.copy(entries)
    with Client(server.url, verbose=False, httpx_kwargs=entries) as client:
        assert client.predict("x", api_name="/echo") == "x"
    assert entries == before


@pytest.mark.parametrize(
    "entries",
    [{"nonsense": 1}, {"limits": 5}, {"timeout": "soon"}, {"proxies": 8080}, {"mounts": 8080}],
)
def test_what_httpx_does_not_take_is_refused(server: Loopback, entries: dict[str, Any]) -> None:
    with pytest.raises(InvalidArguments, match=r"httpx_kwargs|timeout"):
        Client(server.url, httpx_kwargs=entries)


def test_our_own_parameters_go_first(server: Loopback, fake: FakeGradio) -> None:
    entries = {
        "headers": {"x-a": "theirs", "x-b": "theirs"},
        "auth": ("me", "pw"),
        "verify": "/nowhere",
        "timeout": 0.0,
    }
    own = {"x-a": "ours", "authorization": "ours"}
    with Client(
        server.url, verbose=False, headers=own, ssl_verify=False, timeout=20, httpx_kwargs=entries
    ) as client:
        client.predict("x", api_name="/echo", headers={"x-b": "of the call"})
    (join,) = fake.requests("queue/join")
    seen = [join.header(name) for name in ("x-a", "x-b", "authorization")]
    assert seen == ["ours", "of the call", "ours"]


def test_either_name_of_the_token_is_taken_and_the_new_one_goes_first(
    server: Loopback, fake: FakeGradio
) -> None:
    for hf_token, token in (("a", None), (None, "a"), ("b", "a")):
        with Client(server.url, verbose=False, hf_token=hf_token, token=token):
            pass
    sent = {request.header("authorization") for request in fake.requests("config")}
    assert sent == {"Bearer a"}


def test_no_timeout_is_none_and_not_ours() -> None:
    assert make_timeout(configured(httpx_kwargs={"timeout": None})) == httpx.Timeout(None)
    assert make_timeout(configured(httpx_kwargs={"timeout": 3})) == httpx.Timeout(3)
    assert make_timeout(configured()) == httpx.Timeout(60.0, connect=15.0, pool=None)


async def nowhere(_: Request, connection: Connection) -> None:
    """A proxy that lets nobody through."""
    await connection.reply(502)


def test_one_proxy_goes_before_proxies(server: Loopback) -> None:
    with threaded(nowhere) as wrong:
        entries = {"proxy": server.url, "proxies": {"http://": wrong.url}}
        # The fake is its own proxy: it looks at the path only.
        with Client(server.url, verbose=False, httpx_kwargs=entries) as client:
            assert client.predict("x", api_name="/echo") == "x"
        assert len(wrong.requests) == 0


def test_a_bundle_may_be_given_by_a_path_object(
    secure: Loopback, authority: trustme.CA, tmp_path: Path
) -> None:
    bundle = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(bundle))
    with Client(secure.url, verbose=False, ssl_verify=bundle) as client:
        assert client.predict("x", api_name="/echo") == "x"
    with pytest.raises(TransportFailed):
        Client(secure.url, max_retries=0)


def test_the_default_folder_is_in_the_signature_and_asked_for_late(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    default = inspect.signature(Client).parameters["download_files"].default
    assert repr(default) == "<GRADIO_TEMP_DIR or gradio in the temp dir>"
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    assert configured().folder == configured(download_files=True).folder == str(tmp_path)


def test_all_arguments_of_the_description_are_heeded(
    server: Loopback, capsys: pytest.CaptureFixture[str]
) -> None:
    with Client(server.url, verbose=False) as client:
        assert client.view_api() is None
        printed = capsys.readouterr().out
        assert client.view_api(print_info=False, return_format="str") == printed.removesuffix("\n")
        every = client.view_api(True, return_format="str")
        assert every == printed + "Unnamed API endpoints: 0\n"
        assert capsys.readouterr().out == f"{every}\n"
        described: Any = client.view_api(print_info=False, return_format="dict")
        assert "/echo" in described["named_endpoints"]
        with pytest.raises(InvalidArguments, match="'html'"):
            client.view_api(return_format="html")
        assert capsys.readouterr().out == ""


def test_no_callbacks_may_be_said_as_officially(server: Loopback) -> None:
    with Client(server.url, verbose=False) as client:
        assert client.submit("x", api_name="/echo", result_callbacks=None).result(PATIENCE) == "x"


def test_an_exemption_that_httpx_cannot_read_is_the_callers_mistake(
    server: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "[::1]")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9/")
    with pytest.raises(InvalidArguments, match="NO_PROXY"):
        Client(server.url, verbose=False)
