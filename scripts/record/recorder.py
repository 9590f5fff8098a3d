"""Holds conversations with a Gradio server over sockets of its own, and writes each exchange down.

Three things are replaced by others of the same length, so that nothing of the machine and of
Gradio's own code is kept and every count of bytes still holds: the port, the path of this folder,
and the frames of a traceback, which servers from 5.0 to 6.0 send.
"""

from __future__ import annotations

import json
import re
import socket
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from scripts.bootstrap import ROOT
from tests.support.live import LiveServer

PATIENCE = 1.5
"""Seconds of silence after which a stream that does not end is left."""
FIRST_BYTE = 60.0
"""Seconds that a busy server may take until it answers at all."""
PORT = 17860
"""What every port becomes: as long as the ports that the system gives."""


TRACEBACK = re.compile(rb"(Traceback [^\n]*:\n)(.*)(\n[^ \n][^\n]*\n*)\Z", re.DOTALL)
"""A traceback as the body of a reply: its first line, its frames, its last line."""


class Recording:
    """One exchange on a connection of its own."""

    def __init__(self, server: LiveServer, request: bytes) -> None:
        self.request = request
        self.received = bytearray()
        self.arrivals: list[tuple[float, int]] = []
        self.ending = "left"
        self._port = int(server.url.rsplit(":", 1)[1].strip("/"))
        self._socket = socket.create_connection(("127.0.0.1", self._port))
        self._socket.settimeout(FIRST_BYTE)
        self._began = time.monotonic()
        self._socket.sendall(request)

    @property
    def head(self) -> bytes:
        return bytes(self.received.partition(b"\r\n\r\n")[0])

    @property
    def body(self) -> bytes:
        return bytes(self.received.partition(b"\r\n\r\n")[2])

    def until(self, marker: bytes) -> Recording:
        """Read until `marker` has come, or nothing more comes."""
        while marker not in self.received and self._read():
            pass
        return self

    def finish(self) -> Recording:
        """Read to the end of the response, or until the server is silent for too long."""
        while not self._is_whole() and self._read():
            pass
        if self._is_whole():
            self.ending = "complete"
        return self.leave()

    def leave(self) -> Recording:
        """Close, whatever may still come."""
        self._socket.close()
        return self

    def save(self, folder: Path, name: str, note: str) -> None:
        request, response = self._scrubbed(self.request), self._scrubbed(bytes(self.received))
        meta = {
            "version": folder.name,
            "note": note,
            "request": len(request),
            "response": len(response),
            "arrivals": self.arrivals,
            "ending": self.ending,
        }
        content = json.dumps(meta).encode() + b"\n" + request + b"\n" + response
        (folder / f"{name}.http").write_bytes(content)

    def _read(self) -> bool:
        try:
            data = self._socket.recv(65536)
            self._socket.settimeout(PATIENCE)
        except TimeoutError:
            return False
        if not data:
            self.ending = "closed"
            return False
        milliseconds = round((time.monotonic() - self._began) * 1000, 1)
        self.arrivals.append((milliseconds, len(self.received)))
        self.received += data
        return True

    def _is_whole(self) -> bool:
        if b"\r\n\r\n" not in self.received:
            return False
        head = self.head.lower()
        if b"transfer-encoding: chunked" in head:
            return self.body.endswith(b"0\r\n\r\n")
        length = head.partition(b"content-length:")[2].partition(b"\r\n")[0]
        return self.request.startswith(b"HEAD ") or len(self.body) >= int(length or b"0")

    def _scrubbed(self, data: bytes) -> bytes:
        path = str(ROOT).encode()
        data = data.replace(b":%d" % self._port, b":%d" % PORT)
        data = data.replace(path, b"/" + b"x" * (len(path) - 1))
        return TRACEBACK.sub(lambda found: found[1] + b" " * len(found[2]) + found[3], data)


class Recorder:
    """Conversations with one server, each exchange written down under its name."""

    def __init__(self, server: LiveServer, folder: Path, suffix: str = "") -> None:
        self.version = tuple(int(part) for part in server.version.split("."))
        self.headers: list[tuple[str, str]] = []
        self._server = server
        self._folder = folder
        self._suffix = suffix
        self._sessions = 0
        self._prefix = "/gradio_api" if self.version >= (5,) else ""
        self._indices: dict[str, int] = {}

    def connect(self, name: str = "") -> None:
        """Read the config, for the indices of the functions; with a name, write it down."""
        recording = self.open("GET", "/config", api=False).finish()
        if name:
            recording.save(self._folder, name, "")
        config = json.loads(recording.body)
        for position, dependency in enumerate(config["dependencies"]):
            index = dependency.get("id", position)
            self._indices.setdefault(str(dependency["api_name"]), index)

    def get(self, name: str, path: str, *, api: bool = True, note: str = "") -> Recording:
        return self._keep(self.open("GET", path, api=api), name, note)

    def post(self, name: str, path: str, body: Any, *, api: bool = True) -> Recording:
        """A POST of JSON, or of a form where the body is bytes."""
        return self._keep(self.open("POST", path, body, api=api), name, "")

    def open(self, method: str, path: str, body: Any = None, *, api: bool = True) -> Recording:
        """Send a request and read nothing yet."""
        kind, content = _content(body)
        headers = [("Host", self._server.url[7:-1]), ("Accept", "*/*"), *self.headers]
        if body is not None:
            headers += [("Content-Type", kind), ("Content-Length", str(len(content)))]
        target = (self._prefix if api else "") + path
        lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers)]
        return Recording(self._server, "\r\n".join([*lines, "", ""]).encode() + content)

    def keep(self, recording: Recording, name: str, note: str = "") -> Recording:
        """Read a recording to its end and write it down."""
        return self._keep(recording, name, note)

    def leave(self, recording: Recording, name: str, note: str) -> None:
        """Close a connection in the middle of a response, and write down what had come."""
        recording.leave().save(self._folder, name + self._suffix, note)

    def session(self) -> str:
        self._sessions += 1
        return f"session{self._sessions:03}"

    def join(self, name: str, function: str, data: list[Any], session: str, **more: Any) -> str:
        """Join the queue; give the event id, or nothing if it was refused."""
        body = {**self._call(function, data, session), "trigger_id": None, **more}
        reply = self.post(f"{name}-join", "/queue/join", body).body
        return json.loads(reply).get("event_id", "") if reply.startswith(b"{") else ""

    def stream(self, session: str) -> Recording:
        return self.open("GET", f"/queue/data?session_hash={session}")

    def job(
        self, name: str, function: str, data: list[Any], session: str = "", **more: Any
    ) -> bytes:
        """A call through the queue, from its start to its end; give the stream's body."""
        session = session or self.session()
        if self.version < (4, 9):
            return self._private_job(name, function, data, session)
        self.join(name, function, data, session, **more)
        return self.keep(self.stream(session), f"{name}-stream").body

    def running(self, name: str) -> Recording:
        """The stream of a job that has started, and that sleeps for a second."""
        session = self.session()
        self.join(name, "slow", [1], session)
        return self.stream(session).until(b"process_starts")

    def private_stream(self, function: str, session: str) -> Recording:
        query = urlencode({"fn_index": self.index(function), "session_hash": session})
        return self.open("GET", f"/queue/join?{query}")

    def direct(self, name: str, function: str, data: list[Any]) -> Recording:
        return self.post(name, f"/run/{function}", {"data": data, "session_hash": self.session()})

    def cancel(self, name: str, function: str, session: str, event_id: str) -> None:
        call = {"session_hash": session, "fn_index": self.index(function), "event_id": event_id}
        self.post(name, "/cancel", call)

    def index(self, function: str) -> int:
        return self._indices[function]

    def _private_job(self, name: str, function: str, data: list[Any], session: str) -> bytes:
        stream = self.private_stream(function, session).until(b'"send_data"')
        event_id = stream.received.partition(b'"event_id": "')[2].partition(b'"')[0].decode()
        body = {**self._call(function, data, session), "event_id": event_id}
        self.post(f"{name}-data", "/queue/data", body)
        return self.keep(stream, f"{name}-stream").body

    def _call(self, function: str, data: list[Any], session: str) -> dict[str, Any]:
        call = {"data": data, "event_data": None, "fn_index": self.index(function)}
        return {**call, "session_hash": session}

    def _keep(self, recording: Recording, name: str, note: str) -> Recording:
        recording.finish().save(self._folder, name + self._suffix, note)
        return recording


def _content(body: Any) -> tuple[str, bytes]:
    match body:
        case None:
            return "", b""
        case bytes() if body.startswith(b"--"):
            boundary = body[2:].partition(b"\r\n")[0].decode()
            return f"multipart/form-data; boundary={boundary}", body
        case bytes():
            return "application/x-www-form-urlencoded", body
        case _:
            return "application/json", json.dumps(body).encode()
