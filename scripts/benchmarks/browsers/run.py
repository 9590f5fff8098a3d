"""Has many browsers stream from a FastAPI app that streams from one Gradio app.

`python -m scripts.benchmarks.browsers.run`. In each round every second browser goes away in the
middle of its answer. Fails if a browser that stays misses a word, if an answer that nobody wants
runs on at the server, or if the web app takes more memory from round to round. Linux only.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Generator
from pathlib import Path

import httpx

from gradio_client_httpx import Client
from scripts.bootstrap import ROOT
from scripts.environments.servers import NEWEST, ensure
from tests.support.live import live
from tests.support.ports import reserved_port

BROWSERS = 200
ROUNDS = 5
WORDS = "one two three four five six seven eight nine ten"
START = 60.0
"""Seconds that the web app may take to answer."""
LEAVE = 10.0
"""Seconds within which the server stops answers that nobody wants."""
MARGIN = 8 * 1024
"""Growth of memory between the second round and the last, in KiB."""
HERE = Path(__file__).parent


def main() -> int:
    with (
        live(NEWEST, app=HERE / "chat_app.py") as gradio,
        web_app(gradio.url) as url,
        Client(gradio.url, verbose=False) as observer,
    ):
        used = [play(url, observer, number) for number in range(1, ROUNDS + 1)]
    print(f"memory of the web app grew by {(used[-1] - used[1]) / 1024:.1f} MB since round 2")
    return 1 if used[-1] - used[1] > MARGIN else 0


def play(url: str, observer: Client, number: int) -> int:
    """Play a round, and say how it went; return the memory that the web app has now, in KiB."""
    began = time.monotonic()
    whole, left = asyncio.run(browse(url))
    seconds = time.monotonic() - began
    stopped = wait_until_idle(observer)
    used = int(httpx.get(f"{url}/memory").text)
    print(
        f"round {number}: {whole} of {BROWSERS - left} answers whole in {seconds:.1f} s, {left}"
        f" browsers left, all answers ended {stopped:.1f} s later; {used / 1024:.1f} MB"
    )
    if whole != BROWSERS - left:
        raise RuntimeError("a browser that stayed missed a word")
    return used


@contextlib.contextmanager
def web_app(gradio_url: str) -> Generator[str, None, None]:
    """Run the web app; yield its address."""
    sources = os.pathsep.join(str(path) for path in sorted(ROOT.glob("packages/*/src")))
    with reserved_port() as port:
        settings = {"GRADIO_URL": gradio_url, "PORT": str(port), "PYTHONPATH": sources}
        process = subprocess.Popen(
            [str(ensure(NEWEST)), str(HERE / "web_app.py")], env={**os.environ, **settings}
        )
        try:
            url = f"http://127.0.0.1:{port}"
            wait_for(url)
            yield url
        finally:
            process.terminate()
            process.wait()


def wait_for(url: str) -> None:
    """Wait until the web app answers."""
    end = time.monotonic() + START
    while time.monotonic() < end:
        with contextlib.suppress(httpx.TransportError):
            httpx.get(f"{url}/memory")
            return
        time.sleep(0.1)
    raise TimeoutError(f"the web app does not answer within {START:.0f} s")


async def browse(url: str) -> tuple[int, int]:
    """Let all browsers read at once; return how many answers were whole and how many left."""
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(base_url=url, limits=limits, timeout=60) as browser:
        read = await asyncio.gather(
            *(read_answer(browser, 3 if number % 2 else None) for number in range(BROWSERS))
        )
    return read.count(True), read.count(None)


async def read_answer(browser: httpx.AsyncClient, leave_after: int | None) -> bool | None:
    """Whether an answer came whole; None for a browser that left after so many words."""
    words = WORDS.split()
    seen: list[str | None] = []
    async with browser.stream("GET", "/chat", params={"text": WORDS}) as reply:
        async for line in reply.aiter_lines():
            if line:
                seen.append(json.loads(line.removeprefix("data: ")))
            if leave_after is not None and len(seen) == leave_after:
                return None
    expected = [" ".join(words[:end]) for end in range(1, len(words) + 1)]
    return seen == [*expected, None]


def wait_until_idle(observer: Client) -> float:
    """Wait until no answer is under way at the server; return the seconds that it took."""
    began = time.monotonic()
    while (count := observer.predict(api_name="/running")) > 0:
        if time.monotonic() - began > LEAVE:
            raise TimeoutError(f"{count} answers that nobody wants are still under way")
        time.sleep(0.1)
    return time.monotonic() - began


if __name__ == "__main__":
    sys.exit(main())
