"""The floor under every client: bare sockets that send and read the same bytes.

It knows where in an answer the things are that it needs, and checks nothing. Of a stream it parses
each message, as a client must. `python -m scripts.benchmarks.workers.floor TASK ADDRESS OPTIONS`
prints one JSON object.
"""

from __future__ import annotations

import contextlib
import json
import selectors
import socket
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from scripts.benchmarks.workers.meter import Figures, Meter, finish

READ = 1 << 16
FILE_READ = 1 << 20
JOINERS = 12
"""Connections that join jobs at the same time."""
MESSAGE = b"data: "
LAST_LINES = (b"0\r", b"\r")
"""The lines of a chunk that ends a body."""


class Connection:
    """One connection that is kept."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        self.host = parts.netloc
        self.socket = socket.create_connection((parts.hostname, parts.port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.left = b""

    def ask(
        self, method: str, path: str, body: bytes = b"", kind: str = "application/json"
    ) -> None:
        """Send a request."""
        length = f"content-length: {len(body)}\r\ncontent-type: {kind}\r\n" if body else ""
        head = f"{method} {path} HTTP/1.1\r\nhost: {self.host}\r\n{length}\r\n"
        self.socket.sendall(head.encode() + body)

    def head(self) -> bytes:
        """Read to the end of a head; keep what follows."""
        data = self.left
        while b"\r\n\r\n" not in data:
            data += self.receive()
        head, _, self.left = data.partition(b"\r\n\r\n")
        return head

    def receive(self, most: int = READ) -> bytes:
        """Read what is there; an end is an error."""
        if not (data := self.socket.recv(most)):
            raise ConnectionError("the server has closed")
        return data

    def body(self) -> bytes:
        """Read a response whose length is known."""
        length = length_in(self.head())
        data = self.left
        while len(data) < length:
            data += self.receive()
        self.left = data[length:]
        return data[:length]

    def messages(self) -> Iterator[Any]:
        """Read a stream to its end; each message is parsed."""
        self.head()
        data = self.left
        before = line = b""
        while True:
            *lines, data = data.split(b"\n")
            for each in lines:
                before, line = line, each
                if line.startswith(MESSAGE):
                    yield json.loads(line[len(MESSAGE) :])
            if (before, line) == LAST_LINES:
                self.left = b""
                return
            data += self.receive()


def length_in(head: bytes) -> int:
    """The length of a body."""
    return int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])


class Worker:
    """What the floor is asked to do."""

    def __init__(self, address: str, options: dict[str, Any]) -> None:
        self.address = address
        self.options = options
        self.connection = Connection(address)
        self.connection.ask("GET", "/config")
        dependencies = json.loads(self.connection.body())["dependencies"]
        self.functions = {each["api_name"]: each["id"] for each in dependencies}
        self.session = uuid.uuid4().hex

    def call(self, endpoint: str, value: Any) -> Iterator[Any]:
        """A job on its own, message after message."""
        self.connection.ask("POST", "/gradio_api/queue/join", self.joining(endpoint, value))
        self.connection.body()
        self.connection.ask("GET", f"/gradio_api/queue/data?session_hash={self.session}")
        return self.connection.messages()

    def joining(self, endpoint: str, value: Any) -> bytes:
        """The body of a join."""
        call = {"data": [value], "event_data": None, "fn_index": self.functions[endpoint]}
        return json.dumps({**call, "session_hash": self.session, "trigger_id": None}).encode()

    def result(self, endpoint: str, value: Any) -> Any:
        """What a job gives."""
        results = [
            message["output"]["data"][0]
            for message in self.call(endpoint, value)
            if message["msg"] == "process_completed"
        ]
        return results[0]

    def echo(self) -> Figures:
        """One call after the other."""
        self.result("echo", "hello")
        return self.repeat(lambda _: self.result("echo", "hello") == "hello")

    def stream(self) -> Figures:
        """The messages of one generator, each parsed."""
        self.result("echo", "hello")
        wanted, meter = self.options["outputs"], Meter()
        done = sum(
            message["msg"] == "process_generating"
            for message in self.call(self.options["endpoint"].removeprefix("/"), wanted)
        )
        return meter.read(wanted=wanted, done=done)

    def flight(self) -> Figures:
        """All calls at once: some connections join, one reads."""
        self.result("echo", "hello")
        jobs, meter = self.options["jobs"], Meter()
        done = Flight(self, jobs).fly(lambda: self.options["patience"] - meter.seconds())
        return meter.read(wanted=jobs, done=done)

    def upload(self) -> Figures:
        """Files, one after the other, each with the call that takes it."""
        return self.repeat(self.upload_one)

    def upload_one(self, number: int) -> bool:
        path = Path(self.options["files"]) / f"{number}.bin"
        before = (
            b"--bound\r\ncontent-disposition: form-data; name=files; filename=file.bin\r\n"
            b"content-type: application/octet-stream\r\n\r\n"
        )
        after = b"\r\n--bound--\r\n"
        length = len(before) + path.stat().st_size + len(after)
        head = (
            f"POST /gradio_api/upload HTTP/1.1\r\nhost: {self.connection.host}\r\n"
            f"content-type: multipart/form-data; boundary=bound\r\ncontent-length: {length}\r\n\r\n"
        )
        self.connection.socket.sendall(head.encode() + before)
        with path.open("rb") as file:
            self.connection.socket.sendfile(file)
        self.connection.socket.sendall(after)
        (there,) = json.loads(self.connection.body())
        file_data = {"path": there, "meta": {"_type": "gradio.FileData"}}
        return bool(self.result("size", file_data))

    def download(self) -> Figures:
        """Calls that give a file, and the files, one after the other."""
        return self.repeat(self.download_one)

    def download_one(self, number: int) -> bool:
        path = self.result("download", self.options["size"])["path"]
        self.connection.ask("GET", f"/gradio_api/file={path}")
        length = length_in(self.connection.head())
        target = Path(self.options["folder"]) / f"{number}.bin"
        with target.open("wb") as file:
            got = file.write(self.connection.left)
            while got < length:
                got += file.write(self.connection.receive(FILE_READ))
        self.connection.left = b""
        return bool(got == self.options["size"])

    def repeat(self, call: Callable[[int], bool]) -> Figures:
        """Time each of the calls; a call says whether it did what it must."""
        jobs, meter, done = self.options["jobs"], Meter(), 0
        for number in range(jobs):
            with meter.one():
                done += call(number)
        return meter.read(wanted=jobs, done=done)


class Flight:
    """Many jobs of one session, on whose stream it reads while others still join."""

    def __init__(self, worker: Worker, jobs: int) -> None:
        self.worker = worker
        self.joining = [worker.joining("echo", f"{number}") for number in reversed(range(jobs))]
        self.jobs = jobs
        self.joined = self.done = 0
        self.selector = selectors.DefaultSelector()
        self.stream: Connection | None = None
        self.text = b""

    def fly(self, left: Callable[[], float]) -> int:
        """Join and read until all are done, or patience ends; returns how many are done."""
        with contextlib.ExitStack() as closing:
            for _ in range(min(JOINERS, self.jobs)):
                connection = Connection(self.worker.address)
                closing.enter_context(connection.socket)
                self.selector.register(connection.socket, selectors.EVENT_READ, connection)
                self.join(connection)
            while self.done < self.jobs and left() > 0:
                for key, _ in self.selector.select(left()):
                    if self.stream is not None and key.data is self.stream:
                        self.read(self.stream)
                    else:
                        self.accept(key.data)
            if self.stream is not None:
                self.stream.socket.close()
        return self.done

    def join(self, connection: Connection) -> None:
        """Join one more, if there is one."""
        if self.joining:
            connection.ask("POST", "/gradio_api/queue/join", self.joining.pop())

    def accept(self, connection: Connection) -> None:
        """Read what a join says; the first opens the stream."""
        connection.body()
        self.joined += 1
        self.join(connection)
        if self.stream is None:
            self.open()

    def open(self) -> None:
        """Open the stream of the session."""
        self.stream = Connection(self.worker.address)
        path = f"/gradio_api/queue/data?session_hash={self.worker.session}"
        self.stream.ask("GET", path)
        self.selector.register(self.stream.socket, selectors.EVENT_READ, self.stream)

    def read(self, stream: Connection) -> None:
        """Read messages; a stream that ends before all are done is opened again."""
        *lines, self.text = (self.text + stream.receive()).split(b"\n")
        for line in lines:
            if line.startswith(MESSAGE):
                message = json.loads(line[len(MESSAGE) :])
                self.done += message["msg"] == "process_completed"
        if LAST_LINES[0] in lines:
            self.selector.unregister(stream.socket)
            stream.socket.close()
            self.text, self.stream = b"", None
            if self.done < self.joined:
                self.open()


def main(task: str, address: str, options: str) -> None:
    """Do the task and say what it took."""
    figures: Figures = getattr(Worker(address, json.loads(options)), task)()
    finish(figures)


if __name__ == "__main__":
    main(*sys.argv[1:])
