"""A whole driver on `socket`, `ssl` and `h11`: blocking, on one thread, any number of jobs.

    with Client("http://127.0.0.1:7860", Path("downloads")) as client:
        client.predict("hello", api_name="/echo")
        jobs = [client.submit(number, api_name="/count") for number in (3, 4)]
        for output in jobs[0]: ...
        jobs[1].result()

Waiting for one job reads the streams of all jobs, so that all of them make progress. Each request
opens a connection of its own. To reuse connections, change `Connection` alone.
"""

from __future__ import annotations

import hashlib
import os
import select
import socket
import ssl
import tempfile
import time
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from random import choice
from secrets import token_bytes
from typing import Self, assert_never

import h11

import gradio_protocol as gp

CHUNK = 2**16
TIMEOUT, FOREVER = 60.0, 1e6
"Seconds between two reads, where the core sets no limit; a finite stand-in for infinity."


class Client:
    """A client of one app, for a `with` block; it saves files only if it has a `folder`."""

    def __init__(
        self, src: str | gp.Target, folder: Path | None = None, tls: ssl.SSLContext | None = None
    ) -> None:
        self.core = gp.ClientProtocol(src, entropy=token_bytes(16))
        self.core.options = replace(self.core.options, download=folder is not None)
        self._folder, self._tls = folder or Path(), tls or ssl.create_default_context()
        self._streams: dict[int, Connection] = {}
        self.core.connect()
        self.obey()
        self.core.is_connected()  # raises if connecting failed
        self._session_id = self.core.open_session()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.core.close()
        self.obey()

    def predict(self, *args: object, api_name: str | None = None, **kwargs: object) -> object:
        """Call an endpoint and return its result. Raises the job's error."""
        job = self.submit(*args, api_name=api_name, **kwargs)
        try:
            return job.result()
        finally:
            job.cancel()  # after Ctrl-C, nothing waits for the result

    def submit(self, *args: object, api_name: str | None = None, **kwargs: object) -> Job:
        """Call an endpoint; return the job as soon as the server has accepted it."""
        bound = self.core.bind(self._session_id, args, kwargs, api_name=api_name)
        job = Job(self, *self.core.submit(bound))
        self.obey()
        return job

    def obey(self) -> None:
        """Obey commands until there are none."""
        while command := self.core.next_command(time.monotonic()):
            match command:
                case gp.RunAction(action_id=action_id):
                    try:
                        self.core.action_succeeded(action_id, self._run(command.action))
                    except (gp.GradioError, OSError) as error:
                        self.core.action_failed(action_id, error)
                case gp.OpenStream(stream_id=n, is_socket=True):  # called directly instead (3.x)
                    self.core.stream_closed(n, gp.RemoteError("no WebSockets here", status=501))
                case gp.OpenStream(stream_id=stream_id):
                    time.sleep(command.delay)
                    # Neither `select` nor `settimeout` accepts infinity.
                    idle = min(command.idle_timeout, FOREVER)
                    self._streams[stream_id] = Connection(command.request, self._tls, idle)
                    self._read(stream_id)
                case gp.CloseStream():
                    self._close(command.stream_id)
                case gp.AbortAction() | gp.NotifyJob():
                    pass  # on one thread, each action has ended by now, and nothing waits
                case _:
                    assert_never(command)

    def wait(self) -> None:
        """Wait until a stream has data or has been silent for its timeout, and report that."""
        stream_id, first = min(self._streams.items(), key=lambda item: item[1].due)
        pause = max(first.due - time.monotonic(), 0)
        if ready := select.select([*self._streams.values()], (), (), pause)[0]:
            # A random one, so that a stream that always has data does not starve the others.
            self._read(choice([key for key, stream in self._streams.items() if stream in ready]))
        else:
            first.due += first.idle
            self.core.stream_silent(stream_id)
        self.obey()

    def _run(self, action: gp.IOAction) -> object:
        match action:
            case gp.Send() | gp.Download():
                return self._exchange(action)
            case gp.SaveBytes():
                return save(action.name, [action.data], self._folder)
            case gp.InspectFile() | gp.ReadFile():
                return inspect(action)
            case gp.Sleep():
                time.sleep(action.seconds)
                return None
            case _:
                assert_never(action)

    def _exchange(self, action: gp.Send | gp.Download) -> gp.Response | gp.Saved:
        with closing(
            Connection(action.request, self._tls, *action.timeouts(TIMEOUT))
        ) as connection:
            head = next(part for part in connection.parts if isinstance(part, gp.Head))
            chunks = (part for part in connection.parts if isinstance(part, bytes))
            body = map(gp.BodyLimit(action, head), chunks)
            if isinstance(action, gp.Download) and action.takes(head):
                return save(action.name, body, self._folder)
            return head.with_body(b"".join(body))

    def _read(self, stream_id: int) -> None:
        """Report the data of a stream that has arrived."""
        try:
            for part in self._streams[stream_id].parts:
                match part:
                    case None:
                        return
                    case gp.Head():
                        self.core.stream_opened(stream_id, part)
                    case bytes():
                        self.core.receive_data(stream_id, part)
            self.core.stream_closed(stream_id)
        except gp.TransportFailed as error:
            self.core.stream_closed(stream_id, error)
        self._close(stream_id)

    def _close(self, stream_id: int) -> None:
        if stream := self._streams.pop(stream_id, None):
            stream.close()


class Job:
    """One prediction: iterate over its outputs, take its result, or cancel it."""

    def __init__(self, client: Client, job_id: int, state: gp.JobState) -> None:
        self.state, self._client, self._job_id = state, client, job_id

    def result(self) -> object:
        """Return what the app's function returned. Raises the job's error, or JobCancelled."""
        while not self.state.snapshot.stage.is_final:
            self._client.wait()
        return self.state.result()

    def cancel(self) -> bool:
        """Cancel the job; return whether it was still running."""
        cancelled = self._client.core.cancel(self._job_id)
        self._client.obey()
        return cancelled

    def __iter__(self) -> Iterator[object]:
        outputs = gp.Outputs(self.state)
        while outputs.taken < self.state.snapshot.outputs or not self.state.snapshot.stage.is_final:
            if outputs.advance():
                yield outputs.value()
            else:
                self._client.wait()
        self.state.result()


class Connection:
    """A connection for one exchange.

    `idle` is how many seconds may pass between two reads, `total_timeout` how many in all.
    """

    def __init__(
        self, request: gp.Request, tls: ssl.SSLContext, idle: float, total_timeout: float = FOREVER
    ) -> None:
        self.parts, self.due = self._parts(request, tls), FOREVER
        self.close = self.parts.close
        self.idle, self._until = idle, time.monotonic() + min(total_timeout, FOREVER)

    def _parts(
        self, request: gp.Request, tls: ssl.SSLContext
    ) -> Generator[gp.Head | bytes | None, None, None]:
        """Send the request; yield the reply's head and body, and None before each wait."""
        http, where = h11.Connection(h11.CLIENT), gp.origin(request.url)
        with translate_errors(request, connected=False):
            connected = socket.create_connection((where.host, where.port), TIMEOUT)
            # Without this, the second small write of a request waits up to 40 ms for an ACK.
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if where.scheme == "https":
                connected = tls.wrap_socket(connected, server_hostname=where.host)
        self.fileno = connected.fileno  # for `select`
        with connected:
            for event in iter_events(request):
                with translate_errors(request):
                    connected.sendall(http.send(event) or b"")
            with translate_errors(request):
                while not isinstance(came := http.next_event(), h11.EndOfMessage):
                    if isinstance(came, h11.Response):
                        yield gp.Head.of(request, came.status_code, came.headers)
                    elif isinstance(came, h11.Data):
                        yield bytes(came.data)
                    elif came is h11.NEED_DATA:
                        self.due = min(time.monotonic() + self.idle, self._until)
                        yield None
                        # Not 0, which would make the socket non-blocking.
                        connected.settimeout(max(self.due - time.monotonic(), 0.001))
                        http.receive_data(connected.recv(CHUNK))


@contextmanager
def translate_errors(request: gp.Request, *, connected: bool = True) -> Generator[None]:
    """Raise failures of the network, and of the server's HTTP, as TransportFailed."""
    try:
        yield
    except (OSError, UnicodeError, h11.ProtocolError) as error:
        target, late = gp.origin(request.url), isinstance(error, TimeoutError)
        raise gp.transport_error(target, error, connected=connected, late=late) from error


def iter_events(request: gp.Request) -> Iterator[h11.Event]:
    """Yield a request as h11 sends it; raise FileFailed for a file that has changed."""
    yield h11.Request(method=request.method, target=request.target, headers=request.encoded)
    for part in request.body:
        if isinstance(part, bytes):
            yield h11.Data(data=part)
            continue
        with open(part.path, "rb") as file:
            for _ in range(0, part.size, CHUNK):
                part.check(os.fstat(file.fileno()))
                yield h11.Data(data=file.read(CHUNK))
    yield h11.EndOfMessage()


def inspect(action: gp.InspectFile | gp.ReadFile) -> gp.FileFacts | bytes:
    """Read a file, or find out its size, modification time and digest."""
    with open(action.path, "rb") as file:
        if isinstance(action, gp.ReadFile):
            data = file.read(action.limit + 1)
            action.check(len(data))
            return data
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return gp.FileFacts.of(os.fstat(file.fileno()), digest)


def save(name: str, chunks: Iterable[bytes], folder: Path) -> gp.Saved:
    """Save the chunks in a folder named by their digest; an error leaves no partial file."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".partial-", dir=folder) as partial:
        digest = hashlib.sha256()
        with open(Path(partial, name), "wb") as file:
            for chunk in chunks:
                digest.update(chunk)
                file.write(chunk)
        # Under its final name only now, so that no partial file can be taken for a whole one.
        place = folder / digest.hexdigest() / name
        place.parent.mkdir(exist_ok=True)
        Path(partial, name).replace(place)
    return gp.Saved(path=str(place))
