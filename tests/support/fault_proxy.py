"""A TCP proxy on 127.0.0.1 that harms what passes through it, exactly where a test says.

`with fault_proxy(server.url) as proxy:` runs it on a thread of its own; the client talks to
`proxy.url`.  `proxy.on("queue/data", down=cut_after(300))` harms the next connection whose request
names that path; `proxy.on(3, …)` the connection of that number, counted from 0.  Rules: faults are
told in bytes, in their order on the wire, and need no clock; each connection carries one request
(the proxy asks the server to close after it, unless it becomes a WebSocket), so that a path always
means a connection of its own.

It is an HTTP proxy as well, whatever address is asked for: it passes on a request in absolute form
as it is, and grants every CONNECT.
"""

from __future__ import annotations

import enum
import socket
import struct
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from itertools import chain, repeat
from typing import TypeAlias
from urllib.parse import urlsplit

import trio

from tests.support.latch import PATIENCE, Gate, Ledger

Gone = (trio.BrokenResourceError, trio.ClosedResourceError)
Edit: TypeAlias = Callable[[bytes], bytes]
LARGEST_READ = 65536
NEVER = 1 << 62
"""More bytes than ever pass."""


class End(enum.Enum):
    """What happens once the bytes have passed that may pass."""

    CUT = "both ends are closed"
    RESET = "both ends are reset"
    HALF_CLOSE = "this direction ends, the other goes on"
    STALL = "this direction falls silent, and nothing is closed"


def unchanged(data: bytes) -> bytes:
    return data


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What happens to one direction of a connection; by default nothing."""

    after: int = NEVER
    "bytes that pass"
    end: End | Gate = End.CUT
    "what then happens; at a gate the rest waits for the test, and passes"
    sizes: tuple[int, ...] = (LARGEST_READ,)
    "sizes of the pieces that are sent on, the last one repeated"
    edit: Callable[[], Edit] = lambda: unchanged
    "makes what changes the bytes of one connection, before they are counted; `b` is their end"
    instead: bytes = b""
    "sent in place of everything; the other side is never asked"


UNHARMED = Fault()


def cut_after(count: int) -> Fault:
    return Fault(after=count, end=End.CUT)


def reset_after(count: int) -> Fault:
    return Fault(after=count, end=End.RESET)


def half_close_after(count: int) -> Fault:
    return Fault(after=count, end=End.HALF_CLOSE)


def stall_after(count: int) -> Fault:
    return Fault(after=count, end=End.STALL)


def wait_after(count: int, gate: Gate) -> Fault:
    return Fault(after=count, end=gate)


def in_pieces(*sizes: int) -> Fault:
    """Send on in pieces of these sizes, the last one repeated."""
    return Fault(sizes=sizes)


def answered(status: int, *headers: str) -> Fault:
    """An answer of the proxy's own, such as `answered(307, "location: http://elsewhere/")`."""
    lines = [f"HTTP/1.1 {status} By Proxy", "content-length: 0", "connection: close", *headers]
    return Fault(instead="\r\n".join([*lines, "", ""]).encode())


def garbled(at: int, garbage: bytes) -> Fault:
    """Other bytes in place of as many, from this offset on."""

    def start() -> Edit:
        passed = 0

        def edit(data: bytes) -> bytes:
            nonlocal passed
            first = passed
            passed += len(data)
            changed = bytearray(data)
            for place, byte in enumerate(garbage, start=at - first):
                if 0 <= place < len(changed):
                    changed[place] = byte
            return bytes(changed)

        return edit

    return Fault(edit=start)


def with_status(status: int) -> Fault:
    """Another status in the server's own response."""
    return garbled(len(b"HTTP/1.1 "), b"%d" % status)


def buffering(size: int = NEVER) -> Fault:
    """Hold back the body until so many bytes of it are there, or all, as nginx does."""

    def start() -> Edit:
        held, in_body = b"", False

        def edit(data: bytes) -> bytes:
            nonlocal held, in_body
            held += data
            if not in_body:
                head, blank, rest = held.partition(b"\r\n\r\n")
                if not blank:
                    return b""
                held, in_body = rest, True
                return head + blank
            if data and len(held) < size:
                return b""
            passed, held = held, b""
            return passed

        return edit

    return Fault(edit=start)


def rechunked(divide: Callable[[bytes], Sequence[bytes]]) -> Fault:
    """Other chunks in place of each chunk of a chunked body, as proxies make them.

    `divide` gets what a chunk carries and gives what the chunks in its place carry: parts of it,
    comments around it, other line ends in it.
    """
    return Fault(edit=lambda: _Chunks(divide).feed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A connection through the proxy."""

    number: int
    method: str
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Faults for the connections that it names, a number of times."""

    where: str | int
    up: Fault
    down: Fault
    times: int

    def names(self, passage: Passage) -> bool:
        if isinstance(self.where, int):
            return self.where == passage.number
        return self.where in passage.target


class FaultProxy:
    """A running proxy."""

    def __init__(self, origin: str, listener: trio.SocketListener) -> None:
        self.passages: Ledger[Passage] = Ledger("connections through the proxy")
        self.url = f"http://127.0.0.1:{listener.socket.getsockname()[1]}/"
        self._origin = urlsplit(origin)
        self._rules: list[Rule] = []
        self._lock = threading.Lock()

    def on(
        self, where: str | int, *, up: Fault = UNHARMED, down: Fault = UNHARMED, times: int = 1
    ) -> None:
        """Harm the next `times` connections that `where` names: part of a target, or a number.

        `up` is what the client sends, `down` what the server answers.
        """
        with self._lock:
            self._rules.append(Rule(where=where, up=up, down=down, times=times))

    def heal(self) -> None:
        """Harm nothing any more."""
        with self._lock:
            self._rules.clear()

    async def serve(self, client: trio.SocketStream) -> None:
        with suppress(*Gone):
            async with client:
                await self._pass_through(client)

    async def _pass_through(self, client: trio.SocketStream) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            if not (data := await client.receive_some(LARGEST_READ)):
                return
            head += data
        method, target = head.decode("latin-1").split(" ", 2)[:2]
        passage = Passage(number=len(self.passages), method=method, target=target)
        self.passages.append(passage)
        rule = self._rule(passage)
        if rule.down.instead:
            await _answer(client, rule.down.instead)
            return
        try:
            host, port = self._origin.hostname or "", self._origin.port or 80
            server = await trio.open_tcp_stream(host, port)
        except OSError:
            return  # nobody is there: the client's connection closes, too
        async with server, trio.open_nursery() as nursery:
            if method == "CONNECT":
                await client.send_all(b"HTTP/1.1 200 Connected\r\n\r\n")
                head = b""
            elif b"\r\nupgrade:" not in head.lower():
                head = head.replace(b"\r\n", b"\r\nconnection: close\r\n", 1)
            nursery.start_soon(_Pipe(client, server, rule.up).run, head)
            await _Pipe(server, client, rule.down).run(b"")
            nursery.cancel_scope.cancel()

    def _rule(self, passage: Passage) -> Rule:
        with self._lock:
            for place, rule in enumerate(self._rules):
                if rule.names(passage) and rule.times:
                    self._rules[place] = replace(rule, times=rule.times - 1)
                    return rule
        return Rule(where="", up=UNHARMED, down=UNHARMED, times=1)


@contextmanager
def fault_proxy(origin: str) -> Generator[FaultProxy, None, None]:
    """A proxy before this origin, for the length of a block."""
    started: Future[FaultProxy] = Future()
    ended: Future[None] = Future()
    scope, tokens = trio.CancelScope(), list[trio.lowlevel.TrioToken]()

    async def serve() -> None:
        tokens.append(trio.lowlevel.current_trio_token())
        with scope:
            (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
            proxy = FaultProxy(origin, listener)
            started.set_result(proxy)
            await trio.serve_listeners(proxy.serve, [listener])

    def run() -> None:
        try:
            trio.run(serve)
            ended.set_result(None)
        except BaseException as error:  # noqa: BLE001  # the test's thread raises it
            ended.set_exception(error)

    threading.Thread(target=run, name="fault proxy", daemon=True).start()
    proxy = started.result(PATIENCE)
    try:
        yield proxy
    finally:
        with suppress(trio.RunFinishedError):
            tokens[0].run_sync_soon(scope.cancel)
        ended.result(PATIENCE)


class _Pipe:
    """One direction of one connection."""

    def __init__(self, source: trio.SocketStream, sink: trio.SocketStream, fault: Fault) -> None:
        self._source = source
        self._sink = sink
        self._fault = fault
        self._sizes: Iterator[int] = chain(fault.sizes, repeat(fault.sizes[-1]))
        self._edit = fault.edit()
        self._left = fault.after

    async def run(self, first: bytes) -> None:
        """Pass on `first` and all that follows, as far as the fault lets it."""
        with suppress(*Gone):
            data = first
            while await self._pass_on(self._edit(data)):
                data = await self._source.receive_some(LARGEST_READ)
                if not data:
                    await self._pass_on(self._edit(b""))
                    await self._sink.send_eof()
                    return

    async def _pass_on(self, data: bytes) -> bool:
        """Send on what may pass; say whether more may."""
        allowed, rest = data[: self._left], data[self._left :]
        self._left -= len(allowed)
        while allowed:
            size = next(self._sizes)
            await self._sink.send_all(allowed[:size])
            allowed = allowed[size:]
        if self._left:
            return True
        await self._strike(rest)
        return isinstance(self._fault.end, Gate)

    async def _strike(self, rest: bytes) -> None:
        match self._fault.end:
            case Gate() as gate:
                await gate.passed()
                self._left = NEVER
                await self._pass_on(rest)
            case End.CUT:
                await self._close()
            case End.RESET:
                for stream in (self._source, self._sink):
                    _make_reset(stream)
                await self._close()
            case End.HALF_CLOSE:
                await self._sink.send_eof()
                await self._swallow()
            case End.STALL:
                await self._swallow()

    async def _close(self) -> None:
        for stream in (self._sink, self._source):
            await trio.aclose_forcefully(stream)

    async def _swallow(self) -> None:
        """Read on, so that nobody notices; end when nothing more comes."""
        while await self._source.receive_some(LARGEST_READ):
            pass
        await trio.sleep_forever()


class _Chunks:
    """Rewrites the chunks of a response as it passes."""

    def __init__(self, divide: Callable[[bytes], Sequence[bytes]]) -> None:
        self._divide = divide
        self._buffer = b""
        self._in_body = False

    def feed(self, data: bytes) -> bytes:
        self._buffer += data
        out = b""
        if not self._in_body:
            if b"\r\n\r\n" not in self._buffer:
                return b""
            head, blank, self._buffer = self._buffer.partition(b"\r\n\r\n")
            out, self._in_body = head + blank, True
        while (chunk := self._next()) is not None:
            parts = [part for part in self._divide(chunk) if part] if chunk else [b""]
            out += b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts)
        return out

    def _next(self) -> bytes | None:
        """What the next whole chunk carries."""
        size, found, rest = self._buffer.partition(b"\r\n")
        if not found or len(rest) < int(size, 16) + 2:
            return None
        length = int(size, 16)
        self._buffer = rest[length + 2 :]
        return rest[:length]


async def _answer(client: trio.SocketStream, answer: bytes) -> None:
    await client.send_all(answer)
    await client.send_eof()
    while await client.receive_some(LARGEST_READ):
        pass


def _make_reset(stream: trio.SocketStream) -> None:
    with suppress(OSError):
        stream.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
