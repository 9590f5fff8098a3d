"""Tokens, cookies and headers go to the app's own origin, and nowhere else."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from gradio_protocol import GradioError, InvalidArguments, RemoteError
from gradio_protocol.app.files import WebFile, file_data
from tests.conformance.stages import FakeStage, staged
from tests.conformance.subject import ClientUnderTest, Options, Subject
from tests.support.fake.functions import ANSWER, DOWNLOAD, TEXT, Call, Function
from tests.support.loopback import Connection, Loopback, Request, threaded

TOKEN = "hf_hush"
HEADERS = {"x-secret": "hush-header"}
COOKIE = "hush-cookie"
LOGIN = ("guide", "lantern")


async def stranger(request: Request, connection: Connection) -> None:
    """Another origin, which answers everything."""
    await connection.reply(200, b"of a stranger", [("content-type", "text/plain")])


@contextmanager
def trusted(
    subject: Subject, stage: FakeStage, **options: Any
) -> Generator[ClientUnderTest, None, None]:
    """A client that has every secret there is."""
    given = Options(token=TOKEN, headers=HEADERS, auth=LOGIN, downloads=stage.downloads, **options)
    with subject.open(stage.url, given) as client:
        yield client


def redirecting(elsewhere: Loopback, status: int = 307) -> Any:
    async def redirect(request: Request, connection: Connection) -> None:
        location = f"{elsewhere.url.rstrip('/')}{request.target}"
        await connection.reply(status, b"", [("location", location), ("set-cookie", f"a={COOKIE}")])

    return redirect


def told(server: Loopback) -> str:
    """All that a server was told."""
    return "\n".join(f"{r.target} {r.headers} {r.body!r}" for r in server.requests)


def pointing_to(url: str) -> list[Function]:
    """An app whose file is at any address."""

    async def away(call: Call) -> list[Any]:
        meta = {"_type": "gradio.FileData"}
        return [{"path": f"{url}far/away.txt", "url": None, "orig_name": "a", "meta": meta}]

    async def echo(call: Call) -> list[Any]:
        return [call.data[0]]

    return [
        Function(name="away", inputs=(TEXT,), outputs=(DOWNLOAD,), plain=away),
        Function(name="echo", inputs=(TEXT,), outputs=(ANSWER,), plain=echo),
    ]


AUTH = dict([LOGIN])


def test_the_apps_own_origin_is_told_everything(subject: Subject, tmp_path: Path) -> None:
    with staged("6.31.0", tmp_path, auth=AUTH) as stage, trusted(subject, stage) as client:
        client.predict(b"up", api_name="/file")
        routes = ("config", "queue/join", "queue/data", "upload")
        for route in routes:
            last = stage.fake.requests(route)[-1]
            assert (route, last.header("authorization")) == (route, f"Bearer {TOKEN}")
            assert (route, last.header("x-secret")) == (route, "hush-header")
            assert "access-token" in last.header("cookie")
        downloads = [r for route, r in stage.fake.seen if route.startswith("file=")]
        assert "access-token" in downloads[-1].header("cookie")


@pytest.mark.parametrize("route", ["config", "info", "login", "upload", "queue/join", "queue/data"])
@pytest.mark.parametrize("status", [302, 307])
def test_a_redirect_to_another_origin_learns_no_secret(
    subject: Subject, route: str, status: int, tmp_path: Path
) -> None:
    with threaded(stranger) as elsewhere, staged("6.31.0", tmp_path, auth=AUTH) as stage:
        stage.fake.instead(route, redirecting(elsewhere, status), times=1)
        with pytest.raises(GradioError), trusted(subject, stage) as client:
            client.predict(b"up", api_name="/file")
        assert "hush" not in told(elsewhere)
        assert "lantern" not in told(elsewhere)


def test_a_file_of_another_origin_is_fetched_as_by_a_stranger(
    subject: Subject, tmp_path: Path
) -> None:
    with threaded(stranger) as elsewhere:
        app = pointing_to(elsewhere.url)
        with staged("6.31.0", tmp_path, change=lambda _: app, auth=AUTH) as stage:
            with trusted(subject, stage) as client:
                received = Path(client.predict("x", api_name="/away"))
            assert received.read_bytes() == b"of a stranger"
            assert len(elsewhere.requests) == 1
            assert "hush" not in told(elsewhere)
            assert "cookie" not in dict(elsewhere.requests[0].headers)


def test_a_file_that_the_app_cannot_reach_is_fetched_as_by_a_stranger_and_uploaded(
    subject: Subject, tmp_path: Path
) -> None:
    with threaded(stranger) as elsewhere, staged("6.31.0", tmp_path, auth=AUTH) as stage:
        with trusted(subject, stage) as client:
            received = Path(client.predict(WebFile(f"{elsewhere.url}a.txt"), api_name="/file"))
        assert received.read_bytes() == b"OF A STRANGER"
        assert len(elsewhere.requests) == 1
        assert "hush" not in told(elsewhere)
        assert "cookie" not in dict(elsewhere.requests[0].headers)


def test_a_file_of_an_app_with_a_login_is_fetched_by_its_address_and_uploaded(
    subject: Subject, tmp_path: Path
) -> None:
    with staged("6.31.0", tmp_path, auth=AUTH) as stage, trusted(subject, stage) as client:
        client.predict(b"up", api_name="/file")
        (route,) = [route for route, _ in stage.fake.seen if route.startswith("file=")]
        address = f"{stage.url.rstrip('/')}/gradio_api/{route}"
        received = Path(client.predict(file_data(address), api_name="/file"))
        assert received.read_bytes() == b"UP"
        assert len(stage.fake.requests("upload")) == 2
        for request in stage.fake.requests(route):
            assert request.header("authorization") == f"Bearer {TOKEN}"


def test_a_download_that_leads_elsewhere_takes_no_secret_along(
    subject: Subject, tmp_path: Path
) -> None:
    async def handler(request: Request, connection: Connection) -> None:
        if request.path.startswith("/gradio_api/file="):
            await redirecting(elsewhere, 302)(request, connection)
        else:
            await stage.fake(request, connection)

    with threaded(stranger) as elsewhere, staged("6.31.0", tmp_path, auth=AUTH) as stage:
        stage.server.handler = handler
        with trusted(subject, stage) as client:
            job = client.submit(b"up", api_name="/file")
            assert job.iterated().error is None
        assert len(elsewhere.requests) == 1
        assert "hush" not in told(elsewhere)


def test_redirects_in_a_circle_come_to_an_end(subject: Subject, tmp_path: Path) -> None:
    with staged("6.31.0", tmp_path) as stage:
        stage.fake.instead("config", redirecting(stage.server), times=1000)
        with pytest.raises(RemoteError), subject.open(stage.url):
            pass
        assert len(stage.fake.requests("config")) < 20


def test_errors_and_names_of_things_keep_secrets(subject: Subject, tmp_path: Path) -> None:
    with staged("6.31.0", tmp_path, auth=AUTH) as stage, trusted(subject, stage) as client:
        said = repr(client)
        stage.server.do(stage.server.stop)
        error = client.submit("x", api_name="/echo").iterated().error
    assert isinstance(error, GradioError)
    for secret in ("hush", "lantern"):
        assert secret not in said
        assert secret not in f"{error!r} {error.__cause__!r}"


BREAKS = "value\r\nx-injected: yes"


def test_a_header_that_breaks_lines_is_refused_before_anything_is_sent(
    subject: Subject, tmp_path: Path
) -> None:
    with staged("6.31.0", tmp_path) as stage:
        for headers in ({"x-a": BREAKS}, {"x-a\r\nx-injected": "yes"}, {"x-a": "one\ntwo"}):
            with pytest.raises(InvalidArguments), subject.open(stage.url, Options(headers=headers)):
                pass
        with pytest.raises(InvalidArguments), subject.open(stage.url, Options(token=BREAKS)):
            pass
        assert len(stage.fake.seen) == 0


def test_a_header_of_one_call_breaks_no_lines_either(subject: Subject, tmp_path: Path) -> None:
    with staged("6.31.0", tmp_path) as stage, subject.open(stage.url) as client:
        with pytest.raises(InvalidArguments):
            client.submit("x", api_name="/echo", headers={"x-a": BREAKS}).result()
        assert client.predict("x", api_name="/echo") == "x"
        assert "x-injected" not in told(stage.server)


def test_a_cookie_of_the_server_breaks_no_lines(subject: Subject, tmp_path: Path) -> None:
    async def baking(request: Request, connection: Connection) -> None:
        stage.server.handler = stage.fake
        value = "HTTP/1.1 200 OK\r\nset-cookie: a=b\x01\x02; Path=/\r\n"
        body = b'{"app_id": 1}'
        await connection.raw(f"{value}content-length: {len(body)}\r\n\r\n".encode() + body)

    with staged("6.31.0", tmp_path) as stage:
        stage.server.handler = baking
        with pytest.raises(GradioError), subject.open(stage.url):
            pass
        with subject.open(stage.url) as client:
            assert client.predict("x", api_name="/echo") == "x"


def test_the_name_of_a_file_breaks_out_of_nothing(subject: Subject, tmp_path: Path) -> None:
    name = 'a"; name="other"\r\nx-injected: yes\r\n\r\n.txt'
    given = tmp_path / name
    given.write_bytes(b"content")
    with staged("6.31.0", tmp_path) as stage:
        with subject.open(stage.url, Options(downloads=stage.downloads)) as client:
            received = Path(client.predict(given, api_name="/file"))
        assert received.read_bytes() == b"CONTENT"
        body = stage.fake.requests("upload")[0].body
        assert b"\r\nx-injected" not in body
        assert body.count(b"content-disposition") + body.count(b"Content-Disposition") == 1
