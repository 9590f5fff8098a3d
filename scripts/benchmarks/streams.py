"""1,000 generator streams at once, over a session each: our trio client beside bare h11 over trio.

`scripts/bench --streams`. The server has a process of its own, and so has each reader. Every
generator waits until all of them run, and then gives OUTPUTS values. The bare reader sends the
same requests, over as many connections, and reads the same streams to their ends, but looks into
none. `--check` fails where we take more than is promised.
"""

from __future__ import annotations

import json
import resource  # POSIX only
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import h11
import trio

from gradio_client_trio import Client
from gradio_client_trio.http import REQUESTS
from gradio_protocol import origin
from gradio_protocol.app.access import Access
from gradio_protocol.wire.exchange import Headers
from gradio_protocol.wire.headers import Identity
from tests.support.fake.functions import together
from tests.support.gradio_server import FakeGradio
from tests.support.loopback import loopback

STREAMS = 1000
OUTPUTS = 20
ROUNDS = 5
READERS = ("bare", "ours")

CPU = 1.5
"""Our processor time, as a part of the bare reader's, at most."""
MEMORY = 100.0
"""KB for one of our streams, with its job and what it gave, at most."""

Figures: TypeAlias = dict[str, float]
Work: TypeAlias = Callable[[str], Awaitable[None]]


def main(argv: list[str]) -> int:
    """Let both read in turn, print what it took."""
    said: dict[str, list[Figures]] = {reader: [] for reader in READERS}
    for _ in range(ROUNDS):
        for reader in READERS:
            with served() as address:
                said[reader].append(asked("read", reader, address))
    bare, ours = (
        {name: statistics.median(each[name] for each in said[reader]) for name in said[reader][0]}
        for reader in READERS
    )
    pairs = zip(said["bare"], said["ours"], strict=True)
    ratio = statistics.median(ours["cpu"] / bare["cpu"] for bare, ours in pairs)
    print(f"{STREAMS} streams of {OUTPUTS} outputs{'bare h11':>16}{'ours':>10}")
    print(f"{'processor, s':<28}{bare['cpu']:16.2f}{ours['cpu']:10.2f}   ratio {ratio:.2f}")
    print(f"{'memory, KB a stream':<28}{bare['memory']:16.0f}{ours['memory']:10.0f}")
    broken = [
        f"{what}: {is_so:.2f} is more than {most}"
        for what, is_so, most in (("processor", ratio, CPU), ("memory", ours["memory"], MEMORY))
        if is_so > most
    ]
    for each in broken:
        print(each)
    return 1 if broken and "--check" in argv else 0


@contextmanager
def served() -> Generator[str]:
    """The address of a new server, for the length of a block."""
    with subprocess.Popen(
        [sys.executable, "-m", "scripts.benchmarks.streams", "serve"],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.kill()


def asked(*arguments: str) -> Figures:
    """What another process of this module says."""
    command = [sys.executable, "-m", "scripts.benchmarks.streams", *arguments]
    figures: Figures = json.loads(subprocess.check_output(command, text=True))
    return figures


# The server.


async def serve() -> None:
    """Say where, and stay."""
    async with loopback(FakeGradio(functions=[together(STREAMS)])) as server:
        print(server.url, flush=True)
        await trio.sleep_forever()


# The readers.


async def read(work: Work, address: str) -> None:
    """Do the work and say what it took."""
    begin, before = time.process_time(), memory()
    await work(address)
    cpu, took = time.process_time() - begin, memory() - before
    print(json.dumps({"cpu": cpu, "memory": took / STREAMS}))


def memory() -> float:
    """The most KB that this process has had until now."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / 1024 if sys.platform == "darwin" else float(most)


async def ours(address: str) -> None:
    """By our client: every output of every stream is looked at."""
    quiet: Any = {"verbose": False, "analytics_enabled": False, "trust_env": False}

    async def iterate(client: Client) -> None:
        job = client.new_session().submit(OUTPUTS, api_name="/story")
        assert len([output async for output in job]) == OUTPUTS

    async with (
        Client(address, max_workers=STREAMS, **quiet) as client,
        trio.open_nursery() as nursery,
    ):
        for _ in range(STREAMS):
            nursery.start_soon(iterate, client)


async def bare(address: str) -> None:
    """By h11 over trio: joins over a few connections, and each stream to its end."""
    resting: list[Exchange] = []
    limit = trio.Semaphore(REQUESTS)
    port = urlsplit(address).port or 80
    access = Access(src=address, identity=Identity(app=origin(address)))
    post = access.post("queue/join", {}).headers
    get = access.get("queue/data", events=True).headers

    async def join(body: bytes) -> None:
        async with limit:
            exchange = resting.pop() if resting else await Exchange.opened(port)
            await exchange.ask("POST", "/gradio_api/queue/join", post, body)
            await exchange.read()
            exchange.renew()
            resting.append(exchange)

    async def iterate(session: str) -> None:
        call = {"data": [OUTPUTS], "fn_index": 0, "session_hash": session}
        await join(json.dumps(call).encode())
        exchange = await Exchange.opened(port)
        await exchange.ask("GET", f"/gradio_api/queue/data?session_hash={session}", get)
        assert await exchange.read() > OUTPUTS
        await trio.aclose_forcefully(exchange.stream)

    async with trio.open_nursery() as nursery:
        for number in range(STREAMS):
            nursery.start_soon(iterate, f"session{number}")


class Exchange:
    """A connection, as h11's own example of a client has it."""

    def __init__(self, stream: trio.SocketStream) -> None:
        self.stream = stream
        self._h11 = h11.Connection(h11.CLIENT)

    @classmethod
    async def opened(cls, port: int) -> Exchange:
        """A new one."""
        return cls(await trio.open_tcp_stream("127.0.0.1", port))

    async def ask(self, method: str, target: str, headers: Headers, body: bytes = b"") -> None:
        """Send a request."""
        length = [("content-length", f"{len(body)}")] if body else []
        headers = (("host", "127.0.0.1"), *length, *headers)
        head = h11.Request(method=method, target=target, headers=list(headers))
        events = (head, h11.Data(data=body), h11.EndOfMessage())
        await self.stream.send_all(b"".join(self._h11.send(event) or b"" for event in events))

    async def read(self) -> int:
        """Read a reply to its end; returns how many pieces came."""
        pieces = 0
        while True:
            event = self._h11.next_event()
            if event is h11.NEED_DATA:
                self._h11.receive_data(await self.stream.receive_some(65536))
            elif isinstance(event, h11.EndOfMessage):
                return pieces
            else:
                pieces += isinstance(event, h11.Data)

    def renew(self) -> None:
        """Make ready for another request."""
        self._h11.start_next_cycle()


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        trio.run(serve)
    else:
        trio.run(read, {"bare": bare, "ours": ours}[sys.argv[2]], sys.argv[3])
