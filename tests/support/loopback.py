"""An HTTP server on 127.0.0.1 whose every byte a test decides: h11 over trio, on a port of its own.

A handler is an async function given the `Request` and the `Connection` it came on; what the
handler does is what the client sees. In a trio test: `async with loopback(handler) as server`; in
a blocking test, on a thread of its own: `with threaded(handler) as server`. Rules: a handler that
raises fails the test; a client that leaves is no failure; one connection serves its requests in
order, as HTTP/1.1 has it.
"""

from __future__ import annotations

import json
import socket
import ssl
import struct
import threading
from base64 import b64encode
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Sequence
from concurrent.futures import Future
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha1
from typing import Any, TypeAlias, TypeVar
from urllib.parse import parse_qsl, unquote, urlsplit

import h11
import trio
import wsproto.connection as wsproto
from wsproto.events import CloseConnection, Ping, TextMessage

from tests.support.latch import PATIENCE, Ledger
from tests.support.ports import reserved_port

Headers: TypeAlias = Sequence[tuple[str, str]]
Handler: TypeAlias = Callable[["Request", "Connection"], Awaitable[None]]
Stream: TypeAlias = "trio.SocketStream | trio.SSLStream[trio.SocketStream]"
Gone = (trio.BrokenResourceError, trio.ClosedResourceError)
T = TypeVar("T")

LARGEST_READ = 65536
WEBSOCKET = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
"the text that RFC 6455 has a server append to the key of a handshake"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request, read to its end."""

    connection: int
    "which connection brought it, counted from 0"
    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    "names in lower case, in the order of arrival"
    body: bytes

    @property
    def path(self) -> str:
        return unquote(urlsplit(self.target).path)

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.target).query))

    def header(self, name: str, default: str = "") -> str:
        return dict(self.headers).get(name, default)

    def json(self) -> Any:
        return json.loads(self.body)


class Connection:
    """One client's connection, in the hands of a handler."""

    def __init__(self, server: Loopback, number: int, stream: Stream) -> None:
        self.server = server
        self.number = number
        self._stream = stream
        self._socket = _socket_of(stream)
        self._method = ""
        self._cut = False
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=1 << 20)

    async def reply(self, status: int, body: bytes = b"", headers: Headers = ()) -> None:
        """A whole response with a `Content-Length`; a HEAD request gets the head alone."""
        await self.head(status, [*headers, ("content-length", str(len(body)))])
        if body and self._method != "HEAD":
            await self.chunk(body)
        await self.end()

    async def reply_json(self, status: int, value: Any, headers: Headers = ()) -> None:
        body = json.dumps(value, separators=(",", ":")).encode()
        await self.reply(status, body, [*headers, ("content-type", "application/json")])

    async def head(self, status: int = 200, headers: Headers = ()) -> None:
        """The status line and headers; without a `Content-Length` the body will be chunked."""
        await self._send(h11.Response(status_code=status, headers=list(headers)))

    async def chunk(self, data: bytes) -> None:
        """One piece of the body: one chunk, sent in one go."""
        await self._send(h11.Data(data=data))

    async def end(self) -> None:
        """The end that HTTP has for a body, such as the terminating chunk."""
        await self._send(h11.EndOfMessage())

    async def raw(self, data: bytes) -> None:
        """These bytes and no others; after them this connection closes with its handler."""
        self._http.send_failed()
        await self._stream.send_all(data)

    @asynccontextmanager
    async def upgraded(self, request: Request) -> AsyncGenerator[Socket, None]:
        """A WebSocket in place of HTTP, closed in an orderly way after the block.

        The block is cancelled when the client leaves.
        """
        proof = sha1(f"{request.header('sec-websocket-key')}{WEBSOCKET}".encode()).digest()
        headers = {
            "upgrade": "websocket",
            "connection": "Upgrade",
            "sec-websocket-accept": b64encode(proof).decode(),
        }
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        await self.raw(f"HTTP/1.1 101 Switching Protocols\r\n{head}\r\n".encode())
        async with trio.open_nursery() as nursery:
            socket = Socket(self._stream, nursery.cancel_scope)
            nursery.start_soon(socket.listen)
            yield socket
            await socket.close()

    async def cut(self) -> None:
        """Close at once, wherever the response stands."""
        self._cut = True
        await trio.aclose_forcefully(self._stream)

    async def reset(self) -> None:
        """Close with a TCP reset; the client's next read or write fails."""
        with suppress(OSError):  # the client may have been faster
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        await self.cut()

    async def half_close(self) -> None:
        """Say that nothing more will come, and go on listening."""
        self._http.send_failed()
        self._socket.shutdown(socket.SHUT_WR)

    async def gone(self) -> None:
        """Stay silent until the client leaves."""
        with suppress(*Gone):
            while data := await self._stream.receive_some(LARGEST_READ):
                self._http.receive_data(bytes(data))

    @asynccontextmanager
    async def present(self) -> AsyncGenerator[None, None]:
        """A block that is cancelled when the client leaves."""
        async with trio.open_nursery() as nursery:

            async def watch() -> None:
                await self.gone()
                nursery.cancel_scope.cancel()

            nursery.start_soon(watch)
            yield
            nursery.cancel_scope.cancel()

    async def next_request(self) -> Request | None:
        """The next request, or None when the client wants no more."""
        head: h11.Request | None = None
        body = bytearray()
        while True:
            match await self._next_event():
                case h11.Request() as event:
                    head = event
                    self._method = event.method.decode("ascii")
                case h11.Data() as event:
                    body += event.data
                case h11.EndOfMessage() if head is not None:
                    return _request(self.number, head, bytes(body))
                case _:
                    return None

    async def refuse(self) -> None:
        """Answer what was no HTTP."""
        with suppress(*Gone):
            await self.raw(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n")

    def next_cycle(self) -> bool:
        """Make ready for another request on this connection, if HTTP allows one."""
        if (
            not self._cut
            and self._http.our_state is h11.DONE
            and self._http.their_state is h11.DONE
        ):
            self._http.start_next_cycle()
            return True
        return False

    async def _send(self, event: h11.Response | h11.Data | h11.EndOfMessage) -> None:
        if self._cut:
            raise trio.ClosedResourceError("this connection was cut")
        data = self._http.send(event)
        if data:
            await self._stream.send_all(data)

    async def _next_event(self) -> object:
        while (event := self._http.next_event()) is h11.NEED_DATA:
            self._http.receive_data(bytes(await self._stream.receive_some(LARGEST_READ)))
        return event


class Socket:
    """The server's side of a WebSocket whose messages are JSON."""

    def __init__(self, stream: Stream, scope: trio.CancelScope) -> None:
        self._stream = stream
        self._scope = scope
        self._frames = wsproto.Connection(wsproto.ConnectionType.SERVER)
        self._arrived, self._arrivals = trio.open_memory_channel[Any](100)

    async def send(self, value: Any) -> None:
        await self._send(TextMessage(data=json.dumps(value)))

    async def send_in_parts(self, value: Any) -> None:
        """One message in two frames, with a ping between them."""
        text = json.dumps(value)
        await self._send(TextMessage(data=text[:5], message_finished=False))
        await self.ping()
        await self._send(TextMessage(data=text[5:]))

    async def ping(self) -> None:
        await self._send(Ping(payload=b"still there?"))

    async def receive(self) -> Any:
        """The next message."""
        return await self._arrivals.receive()

    async def close(self, code: int = 1000) -> None:
        """Close it, and wait until the client has answered."""
        await self._send(CloseConnection(code=code))
        await trio.sleep_forever()

    async def listen(self) -> None:
        """Read until the client has left or closed; then end the block."""
        text = ""
        with suppress(*Gone):
            while data := await self._stream.receive_some(LARGEST_READ):
                self._frames.receive_data(bytes(data))
                for event in self._frames.events():
                    if isinstance(event, TextMessage):
                        text += event.data
                        if event.message_finished:
                            await self._arrived.send(json.loads(text))
                            text = ""
                    elif isinstance(event, CloseConnection):
                        self._scope.cancel()
        self._scope.cancel()

    async def _send(self, event: TextMessage | Ping | CloseConnection) -> None:
        await self._stream.send_all(self._frames.send(event))


class Loopback:
    """A running server.  Its handler may be exchanged at any time."""

    def __init__(
        self,
        handler: Handler,
        nursery: trio.Nursery,
        tls: ssl.SSLContext | None = None,
        port: int = 0,
    ) -> None:
        self.handler = handler
        self.requests: Ledger[Request] = Ledger("requests")
        self.connections: Ledger[Connection] = Ledger("connections")
        self.refused: Ledger[str] = Ledger("refused requests")
        "why requests that are no HTTP were answered 400"
        self.port = port
        self._nursery = nursery
        self._tls = tls
        self._token = trio.lowlevel.current_trio_token()
        self._open: set[Connection] = set()
        self._listener: trio.SocketListener | None = None

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}/"

    def count(self, path: str) -> int:
        """How many requests came for this path."""
        return len(self.requests.matching(lambda request: request.path == path))

    def spawn(self, function: Callable[..., Awaitable[None]], *args: Any) -> None:
        """Start a task that lives as long as the server."""
        self._nursery.start_soon(function, *args)

    def do(self, function: Callable[..., Awaitable[T]], *args: Any) -> T:
        """Run an async function in the server's loop, from another thread."""
        return trio.from_thread.run(function, *args, trio_token=self._token)

    def soon(self, function: Callable[[], None]) -> None:
        """Run a plain function in the server's loop, from any thread, unless the loop is gone."""
        with suppress(trio.RunFinishedError):
            self._token.run_sync_soon(function)

    async def start(self) -> None:
        """Listen, after `stop` on the same port as before."""
        (self._listener,) = await trio.open_tcp_listeners(self.port, host="127.0.0.1")
        self.port = self._listener.socket.getsockname()[1]
        self._nursery.start_soon(self._listen, self._listener)

    async def stop(self) -> None:
        """Die as a killed server does: nobody listens, every connection is reset."""
        if self._listener is not None:
            await self._listener.aclose()
        await self.reset_all()

    async def reset_all(self) -> None:
        for connection in tuple(self._open):
            await connection.reset()

    async def _listen(self, listener: trio.SocketListener) -> None:
        with suppress(trio.ClosedResourceError):
            async with listener:
                while True:
                    self._nursery.start_soon(self._serve, await listener.accept())

    async def _serve(self, sock: trio.SocketStream) -> None:
        stream = trio.SSLStream(sock, self._tls, server_side=True) if self._tls else sock
        connection = Connection(self, len(self.connections), stream)
        self.connections.append(connection)
        self._open.add(connection)
        try:
            await self._answer(connection)
        except* Gone:
            pass
        except* h11.RemoteProtocolError as errors:
            self.refused.append(str(errors.exceptions[0]))
            await connection.refuse()
        finally:
            self._open.discard(connection)
            with trio.CancelScope(shield=True):  # a cancellation here would hide a handler's error
                await trio.aclose_forcefully(stream)

    async def _answer(self, connection: Connection) -> None:
        while request := await connection.next_request():
            self.requests.append(request)
            await self.handler(request, connection)
            if not connection.next_cycle():
                break


@asynccontextmanager
async def loopback(
    handler: Handler, *, tls: ssl.SSLContext | None = None
) -> AsyncGenerator[Loopback, None]:
    """A server in this trio program, for the length of a block."""
    with reserved_port() as port:
        async with trio.open_nursery() as nursery:
            server = Loopback(handler, nursery, tls, port)
            await server.start()
            yield server
            nursery.cancel_scope.cancel()


@contextmanager
def threaded(
    handler: Handler, *, tls: ssl.SSLContext | None = None
) -> Generator[Loopback, None, None]:
    """A server on a thread of its own, for blocking tests; `server.do` reaches into its loop."""
    started: Future[Loopback] = Future()
    ended: Future[None] = Future()
    scope = trio.CancelScope()

    async def serve() -> None:
        with scope:
            async with loopback(handler, tls=tls) as server:
                started.set_result(server)
                await trio.sleep_forever()

    def run() -> None:
        try:
            ended.set_result(trio.run(serve))
        except BaseException as error:  # noqa: BLE001  # the test's thread raises it
            ended.set_exception(error)

    threading.Thread(target=run, name="loopback", daemon=True).start()
    server = started.result(PATIENCE)
    try:
        yield server
    finally:
        server.soon(scope.cancel)
        ended.result(PATIENCE)


def _request(connection: int, head: h11.Request, body: bytes) -> Request:
    headers = tuple(
        (name.decode("latin-1"), value.decode("latin-1")) for name, value in head.headers
    )
    return Request(
        connection=connection,
        method=head.method.decode("ascii"),
        target=head.target.decode("latin-1"),
        headers=headers,
        body=body,
    )


def _socket_of(stream: Stream) -> trio.socket.SocketType:
    return (
        stream.socket if isinstance(stream, trio.SocketStream) else stream.transport_stream.socket
    )
