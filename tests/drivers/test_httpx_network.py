"""What is between the blocking client and the app: proxies, transports, certificates."""

from __future__ import annotations

import os
import socket
import ssl
from collections import defaultdict
from collections.abc import Generator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import trio
import trustme

from gradio_client_httpx import Client, InvalidArguments, RemoteError, TransportFailed
from gradio_client_httpx.cancel_handle import CancelHandle, ClientPool, enable_keepalive
from tests.support.latch import PATIENCE
from tests.support.loopback import Connection, Handler, Loopback, Request, threaded

PROBES = (
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE),
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL),
)
KNOWN = ("host", "connection", "proxy-connection")


async def forward(request: Request, connection: Connection) -> None:
    """What a forward proxy does: ask the server that an absolute address names, and pass on."""
    url = urlsplit(request.target)
    assert url.hostname is not None
    target = request.target.removeprefix(f"{url.scheme}://{url.netloc}")
    headers = [(name, value) for name, value in request.headers if name not in KNOWN]
    lines = [f"{request.method} {target} HTTP/1.1", f"host: {url.netloc}", "connection: close"]
    lines += [f"{name}: {value}" for name, value in headers]
    head = "\r\n".join([*lines, "", ""]).encode("latin-1")
    async with await trio.open_tcp_stream(url.hostname, url.port or 80) as upstream:
        await upstream.send_all(head + request.body)
        async for data in upstream:
            await connection.raw(bytes(data))


@pytest.fixture
def proxy() -> Generator[Loopback]:
    with threaded(forward) as proxy:
        yield proxy


def test_the_example_of_the_issue_works_through_a_forward_proxy(
    server: Loopback, proxy: Loopback, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    httpx_kwargs = {"timeout": 30.0, "proxies": {"http://": proxy.url}}
    client = Client(
        server.url,
        max_workers=10,
        verbose=False,
        headers={"Custom-Header": "value"},
        download_files="downloads",
        ssl_verify=False,
        httpx_kwargs=httpx_kwargs,
    )
    with client:
        assert client.predict("x", api_name="/echo") == "x"
        saved = Path(client.predict(b"x", api_name="/file"))
    assert saved.is_relative_to(tmp_path / "downloads")
    assert len(proxy.requests) == len(server.requests)
    assert {request.header("custom-header") for request in server.requests} == {"value"}
    assert httpx_kwargs == {"timeout": 30.0, "proxies": {"http://": proxy.url}}


def test_proxies_may_be_one_address(server: Loopback, proxy: Loopback) -> None:
    with Client(server.url, verbose=False, httpx_kwargs={"proxies": proxy.url}) as client:
        assert client.predict("x", api_name="/echo") == "x"
    assert len(proxy.requests) == len(server.requests)


def test_mounts_win_over_proxies(server: Loopback, proxy: Loopback) -> None:
    mounts = {"http://": httpx.HTTPTransport()}
    kwargs = {"mounts": mounts, "proxies": {"http://": proxy.url}}
    with Client(server.url, verbose=False, httpx_kwargs=kwargs) as client:
        assert client.predict("x", api_name="/echo") == "x"
    assert len(proxy.requests) == 0


def test_proxies_of_another_type_are_refused(server: Loopback) -> None:
    with pytest.raises(
        InvalidArguments, match=r"'proxies': expected an address .*, got a value of type int"
    ):
        Client(server.url, httpx_kwargs={"proxies": 8080})


def test_a_transport_of_the_caller_is_used(server: Loopback) -> None:
    class Counting(httpx.HTTPTransport):
        count = 0

        def handle_request(self, request: httpx.Request) -> httpx.Response:
            self.count += 1
            return super().handle_request(request)

    transport = Counting()
    with Client(server.url, verbose=False, httpx_kwargs={"transport": transport}) as client:
        assert client.predict("x", api_name="/echo") == "x"
    assert transport.count == len(server.requests)


@pytest.mark.parametrize("given", ["nothing", "limits", "proxies", "none_kept"])
def test_streams_have_new_connections_whatever_else_is_kept(server: Loopback, given: str) -> None:
    kwargs: dict[str, dict[str, Any]] = {
        "nothing": {},
        "limits": {"limits": httpx.Limits(max_keepalive_connections=9)},
        # The server is its own proxy.
        "proxies": {"proxies": {"http://": server.url}},
        "none_kept": {"limits": httpx.Limits(max_keepalive_connections=0)},
    }
    with Client(server.url, verbose=False, httpx_kwargs=kwargs[given]) as client:
        for _ in range(3):
            assert client.predict("x", api_name="/echo") == "x"
    # How many there are is a matter of chance: a stream may end before or after the next join.
    brought: defaultdict[int, list[str]] = defaultdict(list)
    for request in server.requests:
        brought[request.connection].append(request.path)
    streams = [paths for paths in brought.values() if "/gradio_api/queue/data" in paths]
    assert streams
    assert all(len(paths) == 1 for paths in streams)
    assert any(len(paths) > 1 for paths in brought.values()) == (given != "none_kept")


def test_certificates_are_verified(secure: Loopback) -> None:
    with pytest.raises(TransportFailed, match="certificate"):
        Client(secure.url, max_retries=0)


def test_a_bundle_may_be_given_by_its_path(
    secure: Loopback, authority: trustme.CA, tmp_path: Path
) -> None:
    bundle = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(bundle))
    with Client(secure.url, verbose=False, ssl_verify=str(bundle)) as client:
        assert client.predict("x", api_name="/echo") == "x"


def test_a_context_may_be_given(secure: Loopback, authority: trustme.CA) -> None:
    context = ssl.create_default_context()
    trust: Any = authority
    trust.configure_trust(context)
    with Client(secure.url, verbose=False, httpx_kwargs={"verify": context}) as client:
        assert client.predict("x", api_name="/echo") == "x"


def test_verification_can_be_switched_off(secure: Loopback) -> None:
    kwargs = {"verify": True}
    with Client(secure.url, verbose=False, ssl_verify=False, httpx_kwargs=kwargs) as client:
        assert client.predict("x", api_name="/echo") == "x"


def test_a_bundle_that_is_not_there_is_refused(secure: Loopback) -> None:
    with pytest.raises(InvalidArguments, match="ssl_verify"):
        Client(secure.url, ssl_verify="/nowhere/ca.pem")


def test_a_context_is_made_once_and_only_where_it_is_needed(
    server: Loopback,
    secure: Loopback,
    authority: trustme.CA,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    bundle = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(bundle))
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    made: list[object] = []
    make = httpx.create_ssl_context

    def counted(verify: Any = True, **kwargs: Any) -> ssl.SSLContext:
        made.append(verify)
        return make(verify=verify, **kwargs)

    monkeypatch.setattr(httpx, "create_ssl_context", counted)
    for app, count in ((server, 0), (secure, 1)):
        with Client(app.url, verbose=False) as client:
            jobs = [client.submit(b"x", api_name="/file") for _ in range(8)]
            assert all(job.result(PATIENCE) for job in jobs)
        assert (app.url, len(made)) == (app.url, count)


# --- peers that have gone ------------------------------------------------------------------------


def test_the_system_sees_to_it_that_the_peer_of_a_connection_is_there(
    server: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    probed: set[tuple[int, ...]] = set()
    attach = CancelHandle.attach

    def recorded(wire: CancelHandle, connection: socket.socket | None) -> None:
        if connection is not None:
            probed.add(tuple(connection.getsockopt(*option) for option in PROBES))
        attach(wire, connection)

    monkeypatch.setattr(CancelHandle, "attach", recorded)
    with Client(server.url, verbose=False) as client:
        client.predict("x", api_name="/echo")
    assert probed == {(1, 15)}


def test_a_connection_that_is_no_tcp_is_left_as_it_is() -> None:
    one, other = socket.socketpair()
    with one, other:
        enable_keepalive(one)


# --- who answers in place of the app -------------------------------------------------------------


async def welcome(request: Request, connection: Connection) -> None:
    """A proxy that has a page for everybody."""
    await connection.reply(200, b"<html>Welcome</html>", [("content-type", "text/html")])


async def refuse(request: Request, connection: Connection) -> None:
    """A proxy that wants to know who asks."""
    await connection.reply(407, b"")


@pytest.mark.parametrize(
    ("scheme", "handler"), [("http", welcome), ("http", refuse), ("https", refuse)]
)
def test_a_proxy_of_the_environment_that_answers_is_named_without_its_credentials(
    handler: Handler, scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_proxies(monkeypatch)
    with threaded(handler) as proxy:
        where = proxy.url.removeprefix("http://").rstrip("/")
        monkeypatch.setenv(f"{scheme.upper()}_PROXY", f"http://me:hush@{where}")
        with pytest.raises((RemoteError, TransportFailed)) as caught:
            Client(f"{scheme}://app.test/", max_retries=0, verbose=False)
    assert f"the proxy http://{where}, which the environment names" in str(caught.value)
    assert "hush" not in str(caught.value)


def test_a_proxy_that_the_caller_named_or_does_not_want_is_not_blamed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    without_proxies(monkeypatch)
    with threaded(welcome) as proxy, threaded(welcome) as server:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        kinds: list[dict[str, Any]] = [{"proxy": proxy.url}, {"trust_env": False}]
        for httpx_kwargs in kinds:
            with pytest.raises(RemoteError) as caught:
                Client(server.url, httpx_kwargs=httpx_kwargs, verbose=False)
            assert "environment" not in str(caught.value)
        # httpx takes a star in a list for everything, other than urllib.
        for exempt in ("127.0.0.1", "elsewhere, *"):
            monkeypatch.setenv("NO_PROXY", exempt)
            with pytest.raises(RemoteError) as caught:
                Client(server.url, verbose=False)
            assert "environment" not in str(caught.value)


def without_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment that names none."""
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


def test_a_certificate_that_is_not_trusted_is_asked_for_once(
    secure: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []

    def pause(_: ClientPool, seconds: float) -> None:
        pauses.append(seconds)

    monkeypatch.setattr(ClientPool, "pause", pause)
    with pytest.raises(TransportFailed, match="ssl_verify") as caught:
        Client(secure.url, max_retries=5, verbose=False)
    assert caught.value.untrusted
    assert pauses == []
