"""Calls an app with one installed client: `python -I smoke_call.py gradio_client_trio`.

Runs where nothing but the client is installed. The app is a scripted one, on this machine.
"""

from __future__ import annotations

import re
import sys
from importlib.metadata import requires, version
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2] / "examples" / "drivers"))

from serve import serve

from gradio_protocol.testing import ScriptedServer


def main(package: str) -> None:
    """Call an app, and say with what."""
    with serve(ScriptedServer()) as url:
        match package:
            case "gradio_client_httpx":
                call_blocking(url)
                call_asyncio(url)
                call_command(url)
            case _:
                call_trio(url)
    needed = sorted({re.split(r"[^\w.-]", text)[0] for text in requires(package) or ()})
    print(package, version(package), "with", *(f"{name} {version(name)}" for name in needed))


def call_blocking(url: str) -> None:
    """With threads."""
    from gradio_client_httpx import Client  # noqa: PLC0415 - installed only with the argument

    with Client(url, verbose=False) as client:
        check(client.predict("hello", api_name="/echo"), list(client.submit(3, api_name="/count")))


def call_asyncio(url: str) -> None:
    """With asyncio."""
    import asyncio  # noqa: PLC0415

    from gradio_client_httpx import AsyncClient  # noqa: PLC0415

    async def call() -> None:
        async with AsyncClient(url, verbose=False) as client:
            echo = await client.predict("hello", api_name="/echo")
            check(echo, [output async for output in client.submit(3, api_name="/count")])

    asyncio.run(call())


def call_command(url: str) -> None:
    """With the command line."""
    import subprocess  # noqa: PLC0415

    command = [
        sys.executable,
        "-I",
        "-m",
        "gradio_client_httpx",
        "call",
        url,
        "/echo",
        "textbox=hello",
    ]
    assert subprocess.check_output(command, text=True) == "hello\n"


def call_trio(url: str) -> None:
    """With trio."""
    import trio  # noqa: PLC0415

    from gradio_client_trio import Client  # noqa: PLC0415

    async def call() -> None:
        async with Client(url, verbose=False) as client:
            echo = await client.predict("hello", api_name="/echo")
            check(echo, [output async for output in client.submit(3, api_name="/count")])

    trio.run(call)


def check(echo: Any, count: list[Any]) -> None:
    """Fail if an app that works would answer otherwise."""
    assert echo == "hello", echo
    assert count == [0, 1, 2], count


if __name__ == "__main__":
    main(sys.argv[1])
