"""The trio driver's way to a server: proxies, the environment's say in them, and TLS."""

from __future__ import annotations

import os
import ssl
import sys
from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import trio
import trustme

from gradio_client_trio import Client
from gradio_client_trio.dial import Dialer
from gradio_client_trio.http import Http
from gradio_client_trio.pool import Connection as Pooled
from gradio_client_trio.proxy import Proxies, Proxy, Trust, choose_proxies, make_context
from gradio_protocol import (
    GradioError,
    InvalidArguments,
    Origin,
    RemoteError,
    Request,
    TransportFailed,
    origin,
)
from tests.support import loopback as support
from tests.support.loopback import Loopback, loopback

BASIC = "Basic bWU6cEB3"  # me:p@w


def get(url: str) -> Request:
    return Request(method="GET", url=url)


async def answer(request: support.Request, connection: support.Connection) -> None:
    await connection.reply(200, request.target.encode())


@pytest.fixture
def bundle(authority: trustme.CA, tmp_path: Path) -> str:
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return str(path)


@pytest.fixture
def server_side(authority: trustme.CA) -> ssl.SSLContext:
    return identified(authority, "127.0.0.1")


def identified(authority: Any, host: str) -> ssl.SSLContext:  # trustme's types want pyOpenSSL
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(host).configure_cert(context)
    return context


# --- choosing a proxy ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "shown", "authorization"),
    [
        ("http://p:3128", "http://p:3128", None),
        ("p:3128", "http://p:3128", None),
        ("https://me:p%40w@p", "https://p", BASIC),
        ("http://me@[::1]:1", "http://[::1]:1", "Basic bWU6"),
    ],
)
def test_a_proxy_is_read_from_its_address(
    address: str, shown: str, authorization: str | None
) -> None:
    proxy = Proxy.parse(address)
    assert (str(proxy.origin), proxy.authorization) == (shown, authorization)


def test_no_credentials_are_shown() -> None:
    proxies = choose_proxies("http://me:hush@p:1", trust_env=False)
    between = proxies.choose(Origin("http", "a", 80))
    assert between is not None
    assert "hush" not in repr(proxies)
    assert str(between.authorization) not in repr(between)


@pytest.mark.parametrize(
    "address", ["socks5://me:hush@p:1", "http://me:hush/@p", "http://", "http://p:port"]
)
def test_a_proxy_that_cannot_be_used_is_refused_at_once(address: str) -> None:
    with pytest.raises(InvalidArguments) as caught:
        Http(proxy=address)
    assert "hush" not in str(caught.value)


def test_an_unusable_proxy_of_the_environment_fails_only_what_needs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    proxies = environment(monkeypatch, {"ALL_PROXY": "socks5://p:1", "NO_PROXY": "b"})
    assert proxies.choose(Origin("http", "b", 80)) is None
    with pytest.raises(InvalidArguments):
        proxies.choose(Origin("http", "a", 80))


@pytest.mark.parametrize(
    ("environ", "plain", "secure"),
    [
        ({}, None, None),
        ({"HTTP_PROXY": "p"}, "http://p", None),
        ({"HTTP_PROXY": "p", "ALL_PROXY": "q"}, "http://p", "http://q"),
        ({"https_proxy": "p", "HTTPS_PROXY": "q"}, None, "http://p"),
        ({"http_proxy": "", "HTTP_PROXY": "q"}, None, None),
        ({"HTTP_PROXY": "p", "REQUEST_METHOD": "GET"}, None, None),
        ({"http_proxy": "p", "REQUEST_METHOD": "GET"}, "http://p", None),
        ({"ALL_PROXY": "p", "NO_PROXY": "*"}, None, None),
        ({"PROXY": "p", "SOME_PROXY": "q"}, None, None),
    ],
)
def test_the_environment_chooses_by_scheme(
    environ: dict[str, str],
    plain: str | None,
    secure: str | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    proxies = environment(monkeypatch, environ)
    for scheme, port, wanted in (("http", 80, plain), ("https", 443, secure)):
        proxy = proxies.choose(Origin(scheme, "a", port))
        assert (str(proxy.origin) if proxy else None) == wanted


def test_a_named_proxy_serves_what_the_environment_would_exempt(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    environment(monkeypatch, {"NO_PROXY": "*"})
    assert choose_proxies("p", trust_env=True).choose(Origin("https", "a", 443)) is not None


@pytest.mark.parametrize(
    ("entry", "url", "is_exempt"),
    [
        ("a.b", "http://a.b:81", True),
        ("a.b", "http://x.a.b", True),
        ("a.b", "http://xa.b", False),
        ("b", "http://a.b", True),
        (".a.b", "http://a.b", True),
        ("A.B", "http://a.b", True),
        ("a.b:81", "http://a.b:81", True),
        ("a.b:81", "http://a.b", False),
        (" c , a.b ", "http://a.b", True),
        ("c, *", "http://a.b", True),
        ("", "http://a.b", False),
        ("1.2.3.4", "http://1.2.3.4", True),
        ("1.2.3.0/24", "http://1.2.3.4", False),
        ("::1", "http://[::1]", True),
        ("[::1]", "http://[::1]", True),
        ("[::1]:80", "http://[::1]", True),
        ("[::1]:81", "http://[::1]", False),
    ],
)
def test_no_proxy_exempts_hosts_domains_and_ports(
    entry: str, url: str, is_exempt: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxies = environment(monkeypatch, {"ALL_PROXY": "p", "NO_PROXY": entry})
    assert (proxies.choose(origin(url)) is None) is is_exempt


def environment(monkeypatch: pytest.MonkeyPatch, environ: dict[str, str]) -> Proxies:
    """The proxies of an environment that names these, and no others."""
    without_proxies(monkeypatch)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    return choose_proxies(None, trust_env=True)


# --- going through one ---------------------------------------------------------------------------


@dataclass(slots=True)
class Tunnels:
    """A proxy that connects whoever asks, to one place."""

    to: int
    "The port on this machine."
    reply: bytes = b"HTTP/1.1 200 Connected\r\n\r\n"
    asked: list[str] = field(default_factory=list[str])
    port: int = 0

    async def serve(self, stream: trio.SocketStream) -> None:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += await stream.receive_some(1)
        self.asked.append(head.decode())
        await stream.send_all(self.reply)
        async with (
            await trio.open_tcp_stream("127.0.0.1", self.to) as there,
            stream,
            trio.open_nursery() as nursery,
        ):
            nursery.start_soon(pump, stream, there)
            await pump(there, stream)
            nursery.cancel_scope.cancel()


async def pump(source: trio.SocketStream, sink: trio.SocketStream) -> None:
    try:
        async for data in source:
            await sink.send_all(data)
    except trio.BrokenResourceError:
        pass  # a client may leave as it likes


@asynccontextmanager
async def tunnelling(proxy: Tunnels) -> AsyncGenerator[Tunnels, None]:
    async with trio.open_nursery() as nursery:
        (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
        nursery.start_soon(trio.serve_listeners, proxy.serve, [listener])
        proxy.port = listener.socket.getsockname()[1]
        yield proxy
        nursery.cancel_scope.cancel()


@pytest.mark.trio
async def test_plain_http_is_asked_of_the_proxy_in_absolute_form() -> None:
    async with loopback(answer) as proxy:
        where = f"http://me:p%40w@127.0.0.1:{proxy.port}"
        async with aclosing(Http(proxy=where)) as client:
            reply = await client.send(get("http://elsewhere.example/a?b"))
    assert reply.body == b"http://elsewhere.example/a?b"
    assert proxy.requests[0].header("host") == "elsewhere.example"
    assert proxy.requests[0].header("proxy-authorization") == BASIC


@pytest.mark.trio
async def test_a_proxy_may_be_reached_over_tls(bundle: str, server_side: ssl.SSLContext) -> None:
    async with (
        loopback(answer, tls=server_side) as proxy,
        aclosing(Http(proxy=proxy.url, verify=bundle)) as client,
    ):
        assert (await client.send(get("http://a/b"))).body == b"http://a/b"


@pytest.mark.trio
async def test_https_goes_through_a_tunnel_in_which_the_proxy_sees_nothing(
    bundle: str, server_side: ssl.SSLContext
) -> None:
    async with (
        loopback(answer, tls=server_side) as server,
        tunnelling(Tunnels(server.port)) as proxy,
        aclosing(Http(proxy=f"me:p%40w@127.0.0.1:{proxy.port}", verify=bundle)) as client,
    ):
        for _ in range(2):
            assert (await client.send(get(f"{server.url}secret"))).body == b"/secret"
        where = f"127.0.0.1:{server.port}"
        assert proxy.asked == [
            f"CONNECT {where} HTTP/1.1\r\nHost: {where}\r\nProxy-Authorization: {BASIC}\r\n\r\n"
        ]
        assert server.requests[0].header("proxy-authorization") == ""


@pytest.mark.trio
@pytest.mark.parametrize(
    "reply",
    [
        b"HTTP/1.1 407 Who\r\ncontent-length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\nand more",
    ],
)
async def test_a_tunnel_that_is_not_granted_is_no_connection(reply: bytes) -> None:
    async with (
        loopback(answer) as server,
        tunnelling(Tunnels(server.port, reply)) as proxy,
        aclosing(Http(proxy=f"http://me:hush@127.0.0.1:{proxy.port}")) as client,
    ):
        with pytest.raises(TransportFailed, match=r"answered CONNECT with (407|200)") as caught:
            await client.send(get("https://a/"))
    assert not caught.value.connected
    assert "hush" not in str(caught.value)


@pytest.mark.trio
async def test_the_environment_is_asked_only_if_it_is_trusted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with loopback(answer) as server, loopback(answer) as proxy:
        environment(monkeypatch, {"HTTP_PROXY": proxy.url})
        for trust_env, asked in ((True, proxy), (False, server)):
            async with aclosing(Http(trust_env=trust_env)) as client:
                await client.send(get(server.url))
            assert len(asked.requests) == 1


# --- TLS -----------------------------------------------------------------------------------------


async def reached(server: Loopback, client: Http) -> bool:
    async with aclosing(client):
        return (await client.send(get(server.url))).status == 200


@pytest.mark.trio
async def test_an_unknown_authority_is_told_as_such(server_side: ssl.SSLContext) -> None:
    async with loopback(answer, tls=server_side) as server:
        with pytest.raises(TransportFailed, match="certificate verify failed") as caught:
            await reached(server, Http(trust_env=False))
    assert not caught.value.connected


@pytest.mark.trio
async def test_a_certificate_of_another_name_is_refused(authority: trustme.CA, bundle: str) -> None:
    context = identified(authority, "elsewhere.example")
    async with loopback(answer, tls=context) as server:
        with pytest.raises(TransportFailed, match="IP address mismatch"):
            await reached(server, Http(trust_env=False, verify=bundle))


@pytest.mark.trio
@pytest.mark.parametrize("how", ["file", "context", "off", "environment"])
async def test_trust_can_be_given(
    how: str, bundle: str, server_side: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", bundle if how == "environment" else "/nowhere")
    verify: dict[str, bool | str | ssl.SSLContext] = {
        "file": bundle,
        "context": ssl.create_default_context(cafile=bundle),
        "off": False,
        "environment": True,
    }
    async with loopback(answer, tls=server_side) as server:
        assert await reached(server, Http(verify=verify[how]))


def test_the_environment_names_authorities_in_place_of_the_usual_ones(
    bundle: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", bundle)
    for platform in ("linux", "darwin"):
        monkeypatch.setattr(sys, "platform", platform)
        assert len(make_context(True).get_ca_certs()) == 1
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere")
    with pytest.raises(InvalidArguments, match="cannot read the CA certificates in /nowhere"):
        make_context(True)


def test_a_folder_of_authorities_can_be_given(tmp_path: Path) -> None:
    context = make_context(str(tmp_path))
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.get_ca_certs() == []


@pytest.mark.trio
async def test_authorities_that_cannot_be_read_are_the_callers_fault(
    server_side: ssl.SSLContext,
) -> None:
    async with loopback(answer, tls=server_side) as server:
        with pytest.raises(InvalidArguments, match="/nowhere"):
            await reached(server, Http(trust_env=False, verify="/nowhere"))


@pytest.mark.trio
async def test_a_context_is_built_once_and_shared() -> None:
    trust = Trust(False)
    contexts: list[ssl.SSLContext] = []

    async def build() -> None:
        contexts.append(await trust.get_context())

    async with trio.open_nursery() as nursery:
        for _ in range(3):
            nursery.start_soon(build)
    assert len(contexts) == 3
    assert len(set(map(id, contexts))) == 1


# --- who answers in place of the app -------------------------------------------------------------


async def welcome(request: support.Request, connection: support.Connection) -> None:
    """A proxy that has a page for everybody."""
    await connection.reply(200, b"<html>Welcome</html>", [("content-type", "text/html")])


async def refuse(request: support.Request, connection: support.Connection) -> None:
    """A proxy that wants to know who asks."""
    await connection.reply(407, b"")


@pytest.mark.trio
@pytest.mark.parametrize(
    ("scheme", "handler"), [("http", welcome), ("http", refuse), ("https", refuse)]
)
async def test_a_proxy_of_the_environment_that_answers_is_named_without_its_credentials(
    handler: support.Handler, scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_proxies(monkeypatch)
    async with loopback(handler) as proxy:
        where = proxy.url.removeprefix("http://").rstrip("/")
        monkeypatch.setenv(f"{scheme.upper()}_PROXY", f"http://me:hush@{where}")
        error = await refused(f"{scheme}://app.test/")
    assert f"the proxy http://{where}, which the environment names" in str(error)
    assert "hush" not in str(error)


@pytest.mark.trio
async def test_a_proxy_that_the_caller_named_or_does_not_want_is_not_blamed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    without_proxies(monkeypatch)
    async with loopback(welcome) as proxy, loopback(welcome) as server:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        kinds: list[dict[str, Any]] = [{"proxy": proxy.url}, {"trust_env": False}]
        for options in kinds:
            assert "environment" not in str(await refused(server.url, **options))
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        assert "environment" not in str(await refused(server.url))


def without_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment that names none."""
    for name in list(os.environ):
        if name.lower().endswith("_proxy") or name == "REQUEST_METHOD":
            monkeypatch.delenv(name)


async def refused(url: str, **options: Any) -> GradioError:
    """Why a client cannot connect."""
    with pytest.raises((RemoteError, TransportFailed)) as caught:
        async with Client(url, max_retries=0, verbose=False, **options):
            pass
    return caught.value


@pytest.mark.trio
async def test_a_certificate_that_is_not_trusted_is_asked_for_once(
    server_side: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[Origin] = []
    connect = Dialer.connect

    async def counted(dialer: Dialer, target: Origin, seconds: float) -> Pooled:
        tried.append(target)
        return await connect(dialer, target, seconds)

    monkeypatch.setattr(Dialer, "connect", counted)
    async with loopback(answer, tls=server_side) as server:
        with pytest.raises(TransportFailed, match="ssl_verify") as caught:
            async with Client(server.url, max_retries=5, verbose=False, trust_env=False):
                pass
    assert caught.value.untrusted
    assert len(tried) == 1
