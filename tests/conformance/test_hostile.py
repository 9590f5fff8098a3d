"""Servers that mean harm: names of files, sizes, documents that are no documents."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gradio_protocol import GradioError, InvalidArguments, RemoteError
from tests.conformance.rig import came, fails, usable
from tests.conformance.stages import staged
from tests.conformance.subject import Options, Subject
from tests.support.fake.functions import DOWNLOAD, TEXT, Call, Function
from tests.support.gradio_server import answering
from tests.support.loopback import Connection, Handler, Request

NAMES = (
    "../../evil.txt",
    "/etc/passwd",
    "..\\..\\evil.txt",
    "C:\\Windows\\evil.txt",
    "C:evil.txt",
    "\\\\host\\share\\evil.txt",
    "..",
    ".",
    "",
    "CON",
    "nul.txt",
    "com1.tar.gz",
    "evil.txt:stream",
    "evil.txt. . .",
    "a\x00b",
    "a\nb\x1b[31m",
    "x" * 5000 + ".txt",
    "ß" * 300 + ".txt",
    "~/evil",
    "%2e%2e%2fevil",
    "a/../../..",
    ".partial-x",
)
WINDOWS_DEVICES = {"con", "prn", "aux", "nul", "com1", "lpt1"}


def naming(names: tuple[str, ...]) -> list[Function]:
    """An app whose file has the name of the number that it is asked for."""

    async def named(call: Call) -> list[Any]:
        name = names[int(call.data[0])]
        content = f"content {call.data[0]}".encode()
        path = f"/tmp/gradio/{int(call.data[0])}/{name}"
        call.files[path] = content
        return [{"path": path, "orig_name": name, "size": len(content)}]

    return [Function(name="named", inputs=(TEXT,), outputs=(DOWNLOAD,), plain=named)]


def test_no_name_of_a_file_leads_out_of_the_folder(subject: Subject, tmp_path: Path) -> None:
    with staged("6.31.0", tmp_path, change=lambda _: naming(NAMES)) as stage:
        stage.server.handler = any_file(stage.fake)
        with subject.open(stage.url, Options(downloads=stage.downloads)) as client:
            for number, name in enumerate(NAMES):
                iterated = client.submit(str(number), api_name="/named").iterated()
                assert isinstance(iterated.error, GradioError | None), name
                for received in map(Path, iterated.outputs):
                    assert received.resolve().is_relative_to(stage.downloads), name
                    assert len(received.relative_to(stage.downloads).parts) == 2, name
                    harmless(received.name)
        made = [path for path in tmp_path.rglob("*") if path.is_file()]
        assert made
        assert all(path.is_relative_to(stage.downloads) for path in made)


def harmless(name: str) -> None:
    """A name that means nothing but itself, on Windows too."""
    assert not set(name) & set('\\/:*?"<>|')
    assert name.isprintable()
    assert len(name.encode()) <= 255
    assert name.split(".", maxsplit=1)[0].lower() not in WINDOWS_DEVICES
    assert not name.endswith((".", " "))


def any_file(fake: Handler) -> Handler:
    """Answers for a file of any name."""

    async def handler(request: Request, connection: Connection) -> None:
        if "file=" in request.path:
            await connection.reply(200, b"content")
        else:
            await fake(request, connection)

    return handler


def serving(length: bool) -> Handler:
    """A file of a megabyte, with or without saying so."""

    async def handler(request: Request, connection: Connection) -> None:
        said = [("content-length", str(1 << 20))] if length else []
        await connection.head(200, said)
        for _ in range(16):
            await connection.chunk(b"x" * 65536)
        await connection.end()

    return handler


@pytest.mark.parametrize("said", [True, False])
def test_an_oversize_download_is_stopped_and_leaves_nothing(
    subject: Subject, said: bool, tmp_path: Path
) -> None:
    with staged("6.31.0", tmp_path) as stage:
        options = Options(downloads=stage.downloads, max_download_size=100_000)
        with subject.open(stage.url, options) as client:
            client.predict(b"small", api_name="/file")
            stage.server.handler = swapping(stage.fake, serving(said))
            fails(client.submit(b"other", api_name="/file"), RemoteError)
            stage.server.handler = stage.fake
            usable(client)
        kept = [path for path in stage.downloads.rglob("*") if path.is_file()]
        assert [path.read_bytes() for path in kept] == [b"SMALL"]


def swapping(fake: Handler, files: Handler) -> Handler:
    async def handler(request: Request, connection: Connection) -> None:
        await (files if "file=" in request.path else fake)(request, connection)

    return handler


def nested(depth: int) -> Any:
    value: Any = []
    for _ in range(depth):
        value = [value]
    return value


CONFIGS: dict[str, Any] = {
    "null": None,
    "a list": [],
    "a text": "config",
    "a number": 1e400,
    "nothing": {},
    "no dependencies": {"version": "6.31.0", "protocol": "sse_v3", "components": []},
    "dependencies of another kind": {"version": "6.31.0", "dependencies": "all"},
    "dependencies that are none": {"version": "6.31.0", "components": [], "dependencies": [7]},
    "components that are none": {"version": "6.31.0", "components": [None], "dependencies": []},
    "an unknown protocol": {
        "version": "9.0",
        "protocol": "carrier pigeon",
        "components": [],
        "dependencies": [],
    },
    "deep": nested(400),
}


@pytest.mark.parametrize("what", CONFIGS)
def test_a_config_that_is_none_is_a_typed_error(
    subject: Subject, what: str, tmp_path: Path
) -> None:
    with staged("6.31.0", tmp_path) as stage:
        stage.fake.instead("config", answering(200, CONFIGS[what]))
        with pytest.raises(RemoteError), subject.open(stage.url):
            pass


def raw(body: bytes) -> Handler:
    async def handler(request: Request, connection: Connection) -> None:
        await connection.reply(200, body, [("content-type", "application/json")])

    return handler


JUNK = {
    "empty": b"",
    "no JSON": b"{",
    "a page": b"<html><script>window.gradio_config = {oops};</script></html>",
    "binary": bytes(range(256)),
    "deep": b"[" * 200_000,
    "deep objects": b'{"a":' * 200_000,
    "digits": b"1" * 100_000,
}


@pytest.mark.parametrize("what", JUNK)
def test_junk_for_a_config_is_a_typed_error(subject: Subject, what: str, tmp_path: Path) -> None:
    with staged("6.31.0", tmp_path) as stage:
        stage.fake.instead("config", raw(JUNK[what]))
        with pytest.raises(RemoteError), subject.open(stage.url):
            pass


def test_an_endless_config_is_stopped(subject: Subject, tmp_path: Path) -> None:
    async def endless(request: Request, connection: Connection) -> None:
        await connection.head(200, [("content-type", "application/json")])
        while True:
            await connection.chunk(b" " * (1 << 20))

    with staged("6.31.0", tmp_path) as stage:
        stage.fake.instead("config", endless)
        with pytest.raises(RemoteError), subject.open(stage.url):
            pass


INFOS: tuple[Handler, ...] = (
    answering(500, {"detail": "Internal Server Error"}),
    answering(404, {"detail": "Not Found"}),
    answering(200, None),
    answering(200, {"named_endpoints": []}),
    answering(200, {"named_endpoints": {"/echo": {"parameters": [{"label": 7}]}}}),
    answering(200, {"named_endpoints": {"/echo": {"parameters": nested(50)}}}),
    raw(b"{"),
    raw(b"[" * 200_000),
)


def test_without_a_usable_info_the_config_has_to_do(subject: Subject, tmp_path: Path) -> None:
    with staged("6.31.0", tmp_path) as stage:
        for info in INFOS:
            stage.fake.instead("info", info)
            with subject.open(stage.url) as client:
                assert client.predict("x", api_name="/echo") == "x"


def test_nothing_that_cannot_be_sent_is_sent(subject: Subject, tmp_path: Path) -> None:
    class Strange:
        pass

    around: list[Any] = []
    around.append(around)
    with staged("6.31.0", tmp_path) as stage, subject.open(stage.url) as client:
        for value in (Strange(), {1: Strange()}, {"a", "b"}, around):
            with pytest.raises(InvalidArguments):
                client.submit(value, api_name="/echo").result()
        assert came(stage, "queue/join") == 0
        usable(client)
