"""A fast server that speaks as Gradio 6.31 does: the bench app without Gradio.

It serves the `/config` and `/info` of the live app, and messages whose bytes were made before.
`python -m scripts.benchmarks.scripted FOLDER` reads both documents there and prints its address;
with `big` after it, the app has ENDPOINTS more endpoints.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import subprocess
import sys
from asyncio import Queue, StreamReader, StreamWriter
from collections import defaultdict
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from urllib.request import urlopen

from scripts.benchmarks import messages

BLOCK = 1 << 16
"""Bytes that are gathered before they are sent."""
ZEROS = bytes(1 << 20)
DOCUMENTS = {"config": "config", "info": "gradio_api/info"}
"""By name, the path of a document."""
ENDPOINTS = 1000
"""The endpoints that a big app has more."""
ALIVE = 15.0
"""Seconds between two signs of life."""
STREAM = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\n"
    b"transfer-encoding: chunked\r\n\r\n"
)


@contextmanager
def scripted(folder: Path, *options: str) -> Generator[str]:
    """The address of a new server, with the documents of a folder, for the length of a block."""
    with subprocess.Popen(
        [sys.executable, "-m", "scripts.benchmarks.scripted", str(folder), *options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.kill()


def save_documents(address: str, folder: Path) -> None:
    """Copy what a live app says of itself, without its address."""
    for name, path in DOCUMENTS.items():
        with urlopen(f"{address}{path}") as reply:
            text = reply.read().replace(address.rstrip("/").encode(), b"@ADDRESS@")
            (folder / name).write_bytes(text)


@dataclass(slots=True, kw_only=True)
class Request:
    """The head of a request; its body waits in the reader."""

    method: str
    path: str
    query: dict[str, list[str]]
    length: int
    chunked: bool


@dataclass(slots=True)
class App:
    """The state of the app: jobs that no stream has told of, by session."""

    address: str
    documents: dict[str, bytes]
    endpoints: dict[int, str]
    sessions: defaultdict[str, Queue[Iterable[bytes]]] = field(
        default_factory=lambda: defaultdict(Queue)
    )
    events: Iterable[int] = field(default_factory=itertools.count)

    async def serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        """Answer what comes on a connection."""
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                await self.answer(read_head(head), reader, writer)
        writer.close()

    async def answer(self, request: Request, reader: StreamReader, writer: StreamWriter) -> None:
        """Answer one request."""
        match request.method, request.path.removeprefix("/gradio_api").split("/")[1:]:
            case "POST", ["queue", "join"]:
                body = await reader.readexactly(request.length)
                writer.write(reply(self.join(json.loads(body))))
            case "GET", ["queue", "data"]:
                await self.stream(request.query["session_hash"][0], writer)
            case "POST", ["upload"]:
                await skip(request, reader)
                writer.write(reply(b'["/tmp/gradio/uploaded/file.bin"]'))
            case "GET", [first, *_] if first.startswith("file="):
                await send_file(int(request.path.rpartition("/")[2].removesuffix(".bin")), writer)
            case "HEAD", _:
                writer.write(reply(b"", b"404 Not Found"))
            case "GET", ["heartbeat", _]:
                await stay_alive(writer)
            case "GET", [name] if name in self.documents:
                writer.write(reply(self.documents[name]))
            case _:
                await skip(request, reader)
                writer.write(reply(b'{"detail":"Not Found"}', b"404 Not Found"))

    def join(self, asked: dict[str, Any]) -> bytes:
        """Take a job; returns what the reply says."""
        event = f"{next(iter(self.events)):032x}"
        endpoint = self.endpoints[asked["fn_index"]]
        made = messages.job(endpoint, asked["data"][0], event, self.address)
        self.sessions[asked["session_hash"]].put_nowait(made)
        return messages.dumped({"event_id": event})

    async def stream(self, session: str, writer: StreamWriter) -> None:
        """Send the messages of a session until it has no more jobs."""
        writer.write(STREAM)
        jobs = self.sessions[session]
        gathered = bytearray()
        for message in itertools.chain(await jobs.get(), waiting(jobs), [messages.CLOSE]):
            gathered += b"%x\r\n%b\r\n" % (len(message), message)
            if len(gathered) > BLOCK:
                writer.write(bytes(gathered))
                gathered.clear()
                await writer.drain()
        writer.write(bytes(gathered) + b"0\r\n\r\n")


def waiting(jobs: Queue[Iterable[bytes]]) -> Generator[bytes]:
    """The messages of the jobs that have joined."""
    while not jobs.empty():
        yield from jobs.get_nowait()


def read_head(head: bytes) -> Request:
    """Read as much of a head as this server needs."""
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ")
    headers = {
        name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)
    }
    parts = urlsplit(target)
    return Request(
        method=method,
        path=parts.path,
        query=parse_qs(parts.query),
        length=int(headers.get("content-length", 0)),
        chunked="transfer-encoding" in headers,
    )


def reply(body: bytes, status: bytes = b"200 OK") -> bytes:
    """A whole response."""
    head = b"HTTP/1.1 %b\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
    return head % (status, len(body)) + body


async def skip(request: Request, reader: StreamReader) -> None:
    """Read the body of a request and forget it."""
    left = request.length
    while request.chunked:
        size = int(await reader.readline(), 16)
        await skip_bytes(size + 2, reader)
        if not size:
            return
    await skip_bytes(left, reader)


async def skip_bytes(left: int, reader: StreamReader) -> None:
    """Read so many bytes and forget them."""
    while left:
        left -= len(await reader.read(min(left, len(ZEROS))))
        if reader.at_eof():
            raise ConnectionError


async def send_file(size: int, writer: StreamWriter) -> None:
    """A file of zeros."""
    head = (
        b"HTTP/1.1 200 OK\r\ncontent-type: application/octet-stream\r\ncontent-length: %d\r\n\r\n"
    )
    writer.write(head % size)
    for start in range(0, size, len(ZEROS)):
        writer.write(ZEROS[: size - start])
        await writer.drain()


async def stay_alive(writer: StreamWriter) -> None:
    """The stream that tells that a session is wanted; the client ends it."""
    writer.write(STREAM)
    while not writer.is_closing():
        writer.write(b"d\r\ndata: ALIVE\n\n\r\n")
        await writer.drain()
        await asyncio.sleep(ALIVE)


def enlarge(texts: dict[str, bytes]) -> dict[str, bytes]:
    """The documents of an app that has many copies of its first endpoint, too."""
    config, info = json.loads(texts["config"]), json.loads(texts["info"])
    first, named = config["dependencies"][0], info["named_endpoints"]
    unused = max(each["id"] for each in config["dependencies"]) + 1
    for number in range(ENDPOINTS):
        name = f"{first['api_name']}_{number}"
        config["dependencies"].append({**first, "id": unused + number, "api_name": name})
        named[f"/{name}"] = named[f"/{first['api_name']}"]
    return {"config": messages.dumped(config), "info": messages.dumped(info)}


async def main(folder: str, *options: str) -> None:
    """Say where, and stay until the standard input ends, as it does with who started this."""
    texts = {name: (Path(folder) / name).read_bytes() for name in DOCUMENTS}
    if "big" in options:
        texts = enlarge(texts)
    config = json.loads(texts["config"])
    app = App("", {}, {each["id"]: each["api_name"] for each in config["dependencies"]})
    server = await asyncio.start_server(app.serve, "127.0.0.1", 0, limit=2 * len(ZEROS))
    root = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    app.address = f"{root}/"
    app.documents = {
        name: text.replace(b"@ADDRESS@", root.encode()) for name, text in texts.items()
    }
    print(app.address, flush=True)
    async with server:
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
