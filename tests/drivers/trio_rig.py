"""What the tests of the trio driver share: clients of a fake server, also without a socket.

Without sockets and threads nothing is waited for but the program itself, so that an autojump clock
can show how long things take, and a job has the same steps on any machine. Each test that opens a
client this way sees at the end that nothing is left: no connection, and no job that the server
would go on with.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar
from unittest.mock import patch

import pytest
import trio
import trio.testing

from gradio_client_trio import Client, inputs, runner
from gradio_client_trio.http import Http
from tests.support.gradio_server import FakeGradio
from tests.support.latch import PATIENCE
from tests.support.loopback import Connection, Gone, Loopback, loopback

T = TypeVar("T")

OPTIONS: dict[str, Any] = {
    "verbose": False,
    "analytics_enabled": False,
    "download_files": False,
    "trust_env": False,
    "max_retries": 0,
}


def made(url: str, **options: Any) -> Client:
    """A client that is not open yet, and says nothing to anybody but the app."""
    chosen: dict[str, Any] = {**OPTIONS, **options}
    return Client(url, **chosen)


@asynccontextmanager
async def rig(
    fake: FakeGradio | None = None, **options: Any
) -> AsyncGenerator[tuple[Client, FakeGradio], None]:
    """A client of a fake server on the loopback interface."""
    fake = fake or FakeGradio()
    # The server answers all that it is asked, however long that takes on a busy machine.
    with patch.object(runner, "GRACE", PATIENCE):
        async with loopback(fake) as server, made(server.url, **options) as client:
            yield client, fake


class Pipe(trio.abc.Stream):
    """One end of a connection without a socket."""

    socket = None

    def __init__(self, end: trio.StapledStream[Any, Any]) -> None:
        self._end = end
        self.transport_stream = self

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        await self._end.send_all(data)

    async def wait_send_all_might_not_block(self) -> None:
        await self._end.wait_send_all_might_not_block()

    async def receive_some(self, max_bytes: int | None = None) -> bytes:
        return bytes(await self._end.receive_some(max_bytes))

    async def aclose(self) -> None:
        await self._end.aclose()


@dataclass(eq=False)
class Memory:
    """A server that is reached by pipes; it counts those that are open."""

    fake: FakeGradio
    nursery: trio.Nursery
    open: set[Pipe] = field(default_factory=set[Pipe])

    async def dial(self, host: str, port: int) -> Pipe:
        """Stands in for `trio.open_tcp_stream`."""
        await trio.lowlevel.checkpoint()
        ours, theirs = trio.testing.memory_stream_pair()
        self.nursery.start_soon(self._serve, Pipe(theirs))
        return Pipe(ours)

    async def _serve(self, pipe: Pipe) -> None:
        self.open.add(pipe)
        server = Loopback(self.fake, self.nursery)
        connection = Connection(server, 0, pipe)  # type: ignore[arg-type]  # has what it uses
        try:
            while request := await connection.next_request():
                await self.fake(request, connection)
                if not connection.next_cycle():
                    break
        except* Gone:
            pass
        finally:
            self.open.discard(pipe)
            await trio.aclose_forcefully(pipe)

    async def all_closed(self) -> None:
        """Wait until the server has no connection any more."""
        while self.open:
            await trio.testing.wait_all_tasks_blocked()


@asynccontextmanager
async def in_memory(
    monkeypatch: pytest.MonkeyPatch, fake: FakeGradio, **options: Any
) -> AsyncGenerator[tuple[Client, Memory], None]:
    """A client that is not open yet, of a fake server: without sockets, and without threads."""
    async with trio.open_nursery() as nursery:
        memory = Memory(fake, nursery)
        monkeypatch.setattr("trio.to_thread.run_sync", run_between_steps)
        monkeypatch.setattr("trio.from_thread.check_cancelled", lambda: None)
        monkeypatch.setattr(inputs, "Http", partial(Http, dial=memory.dial))
        yield made("http://fake.test/", **options), memory
        await memory.all_closed()
        nursery.cancel_scope.cancel()


async def run_between_steps(
    sync_fn: Callable[..., T], *args: Any, abandon_on_cancel: bool = False, **_: object
) -> T:
    """Stands in for `trio.to_thread.run_sync`: other tasks have a step meanwhile, but no thread."""
    await trio.lowlevel.checkpoint_if_cancelled()
    if abandon_on_cancel:
        await trio.lowlevel.checkpoint()
    else:
        await trio.lowlevel.cancel_shielded_checkpoint()
    return sync_fn(*args)
