"""Real Gradio servers on this machine: one process each, in the environment of its version.

Rules: a server keeps its port for the length of its block, even between two starts; nobody
sleeps, the server says when it is ready; at the end of the block the whole process group is gone.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import threading
from collections.abc import Generator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from scripts.environments.servers import ensure
from tests.support.ports import reserved_port

REFERENCE_APP = Path(__file__).parent / "apps" / "reference_app.py"
VIEW_API_APPS = REFERENCE_APP.with_name("view_api_apps.py")
START = 300.0
"""Seconds that a server may take until it is ready: on a busy machine old ones import slowly, and
the corpus mounts a hundred apps."""
# A server that is started again and again is compiled once, whatever the caller thinks of that.
QUIET = {
    "PYTHONDONTWRITEBYTECODE": "",
    "GRADIO_ANALYTICS_ENABLED": "False",
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "GRADIO_SSR_MODE": "False",
}


class DidNotStart(RuntimeError):
    """The server ended, or said nothing, before it was ready; the text is what it printed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveServer:
    """A server that answers."""

    version: str
    url: str
    process: subprocess.Popen[str]
    drain: threading.Thread
    "keeps the server's output from filling its pipe"

    def stop(self, *, with_signal: signal.Signals = signal.SIGKILL) -> None:
        """End the server and all it started; nothing happens if it has ended."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, with_signal)
        self.process.wait()
        self.drain.join()
        _close(self.process)


@contextmanager
def live(
    version: str,
    *,
    app: Path = REFERENCE_APP,
    port: int = 0,
    settings: Mapping[str, str] = MappingProxyType({}),
) -> Generator[LiveServer, None, None]:
    """A server of this Gradio version for the length of a block.

    `settings` are environment variables for the app, such as `{"AUTH": "1"}`.  A `port` that was
    given is taken as it is: that is how an app restarts on its own address.
    """
    with _port_for(version) as free:
        server = _start(version, app, port or free or _free_port(), settings)
        try:
            yield server
        finally:
            server.stop()


class Fleet:
    """Servers that are started when they are first asked for, and stopped together."""

    def __init__(self) -> None:
        self._servers: dict[tuple[str, ...], LiveServer] = {}
        self._running = ExitStack()

    def server(self, version: str, **settings: str) -> LiveServer:
        key = (version, *sorted(f"{name}={value}" for name, value in settings.items()))
        if key not in self._servers:
            self._servers[key] = self._running.enter_context(live(version, settings=settings))
        return self._servers[key]

    def stop(self) -> None:
        self._running.close()


def _start(version: str, app: Path, port: int, settings: Mapping[str, str]) -> LiveServer:
    python = ensure(version)
    process = subprocess.Popen(
        [str(python), "-u", str(app)],
        env={**os.environ, **QUIET, **settings, "PORT": str(port)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    watch = threading.Timer(START, process.kill)
    watch.start()
    try:
        url = _ready(process)
    finally:
        watch.cancel()
    drain = threading.Thread(target=_drain, args=[process], daemon=True)
    drain.start()
    return LiveServer(version=version, url=url, process=process, drain=drain)


def _ready(process: subprocess.Popen[str]) -> str:
    """Read what the server prints until it is ready."""
    assert process.stdout is not None
    said: list[str] = []
    for line in process.stdout:
        if line.startswith("ready "):
            return line.split()[1]
        said.append(line)
    process.wait()
    _close(process)
    raise DidNotStart("".join(said) or "it said nothing")


def _drain(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    for _ in process.stdout:
        pass


def _close(process: subprocess.Popen[str]) -> None:
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()


def _port_for(version: str) -> AbstractContextManager[int]:
    """A port that is kept, or zero where a server refuses a port that anybody has bound."""
    takes_kept = version not in ("3.4.1", "3.16.2", "3.23.0")
    return reserved_port() if takes_kept else nullcontext(0)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
