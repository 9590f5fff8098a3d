"""A Hub on this machine, for clients that are told of it by HF_ENDPOINT.

It knows one Space, `them/tour`, and who asks is `me`; it can copy the Space. All apps live at one
address.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast

RUNTIME = {"stage": "RUNNING", "hardware": {"current": "cpu-basic", "requested": "cpu-basic"}}


class HubHandler(BaseHTTPRequestHandler):
    """Answers one request."""

    @property
    def hub(self) -> Hub:
        return cast("Hub", self.server)

    def do_GET(self) -> None:
        match self.path.strip("/").split("/"):
            case ["api", "whoami-v2"]:
                self.say({"type": "user", "name": "me"})
            case ["api", "spaces", user, name, *more] if f"{user}/{name}" in self.hub.spaces:
                about: dict[str, Any] = {"id": f"{user}/{name}", "private": True}
                self.say(RUNTIME if more == ["runtime"] else about | {"host": self.hub.host})
            case _:
                self.say({"error": "Repository not found"}, status=404)

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.hub.asked.append((self.path, asked))
        if self.path.endswith("/duplicate"):
            self.hub.spaces.add(asked["repository"])
        self.say({"url": "https://huggingface.co/spaces/me/tour"})

    def say(self, value: object, *, status: int = 200) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        if status == 404:
            self.send_header("x-error-code", "RepoNotFound")
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 as the base has it
        pass


class Hub(ThreadingHTTPServer):
    """What it knows, and what was asked of it."""

    daemon_threads = True

    def __init__(self, host: str) -> None:
        super().__init__(("127.0.0.1", 0), HubHandler)
        self.host = host
        "Where all apps live."
        self.spaces = {"them/tour"}
        self.asked: list[tuple[str, Any]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


@contextmanager
def hub(host: str) -> Generator[Hub]:
    """A Hub for the length of a block."""
    with Hub(host) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
