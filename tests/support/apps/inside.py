"""Gradio itself on this package in place of `gradio_client`: what comes of it, as JSON.

It runs where Gradio, its MCP extra and this package are. `ORDER first` imports gradio, then puts
the package in place; `ORDER last` the other way round. Then, if gradio runs on this package, its
own uses are tried as well: an app that `gr.load` makes of another one, and the tools for MCP.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import socket
import sys
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio_client_httpx

# Nothing of these is installed where this file is checked.
if sys.argv[1] == "first":
    importlib.import_module("gradio")
gradio_client_httpx.install_as_gradio_client()

gr: Any = importlib.import_module("gradio")
external: Any = importlib.import_module("gradio.external")
mcp: Any = importlib.import_module("mcp")
http: Any = importlib.import_module("mcp.client.streamable_http")

client: Any = importlib.import_module("gradio_client")
documentation: Any = importlib.import_module("gradio_client.documentation")
exceptions: Any = importlib.import_module("gradio_client.exceptions")
utils: Any = importlib.import_module("gradio_client.utils")

LAUNCH = {"server_name": "127.0.0.1", "prevent_thread_lock": True, "quiet": True}
addresses: list[str] = []


def shout(text: str) -> str:
    """Say it loudly."""
    return text.upper()


def keep(text: str) -> str:
    """Keep it to yourself."""
    raise gr.Error(f"{text} stays among us", title="Hush")


def count(n: float) -> Iterator[str]:
    """Count."""
    for number in range(int(n)):
        yield str(number)


def walk(n: float, tracker: Any = gr.Progress()) -> str:  # noqa: B008  # how Gradio wants it
    """Walk."""
    for _ in tracker.tqdm(range(int(n)), desc="walking"):
        pass
    return f"{int(n)} steps"


def double(text: str, upload: str) -> tuple[str, str]:
    return text * 2, upload


def more(steps: int) -> tuple[int, int]:
    return steps + 1, steps + 1


def picked(event: gr.SelectData) -> str:
    return f"{event.value} at {event.index}"


def relay(text: str) -> str:
    """Ask the app itself, as one app asks another."""
    with client.Client(addresses[0], verbose=False) as caller:
        said: str = caller.predict(text, api_name="/keep")
        return said


@gr.mcp.resource("greeting://{name}")
def greeting(name: str) -> str:
    """Greet."""
    return f"hello {name}"


@gr.mcp.prompt()
def ask(topic: str) -> str:
    """Ask."""
    return f"what is {topic}?"


def build() -> Any:
    with gr.Blocks() as demo:
        text, number = gr.Textbox(), gr.Number()
        upload, download, steps = gr.File(), gr.File(), gr.State(0)
        button = gr.Button()
        button.click(None, None, None, js="() => 0")
        for function in (shout, keep, relay, greeting, ask):
            button.click(function, text, text)
        for function in (count, walk):
            button.click(function, number, text)
        button.click(double, [text, upload], [text, download])
        button.click(more, steps, [steps, number])
        text.select(picked, None, text)
    return demo


def launched(demo: Any, **more: Any) -> str:
    # Gradio looks for a port in a few fixed ones, and waits for ever if somebody was faster.
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    _, url, _ = demo.launch(**LAUNCH, server_port=port, **more)
    return str(url)


def called(url: str) -> dict[str, Any]:
    """What the functions answer to a client that was made in the official way."""
    folder = Path(tempfile.mkdtemp())
    (folder / "my file.txt").write_text("content")
    caller = client.Client(url, verbose=False, download_files=folder / "downloads")
    event = {"index": 3, "value": "x", "selected": True}
    word, file = caller.predict(
        "ab", client.handle_file(folder / "my file.txt"), api_name="/double"
    )
    return {
        "double": [word, Path(file).read_text()],
        "count": list(caller.submit(3, api_name="/count")),
        "more": [caller.predict(api_name="/more") for _ in range(2)],
        "picked": caller.with_event_data(event).predict(api_name="/picked"),
        "keep": error(caller, "/keep"),
        "relay": error(caller, "/relay"),
    }


def error(caller: Any, api_name: str) -> list[str]:
    try:
        return [str(caller.predict("word", api_name=api_name))]
    except exceptions.AppError as failed:
        return [failed.title, failed.message]


async def names(url: str) -> list[str]:
    """What the tools of an app are called over MCP."""
    async with (
        http.streamablehttp_client(f"{url}gradio_api/mcp/") as (reads, writes, _),
        mcp.ClientSession(reads, writes) as session,
    ):
        await session.initialize()
        return [str(tool.name) for tool in (await session.list_tools()).tools]


async def tools(url: str) -> dict[str, Any]:
    """What an MCP client gets."""
    found: dict[str, Any] = {}
    async with (
        http.streamablehttp_client(f"{url}gradio_api/mcp/") as (reads, writes, _),
        mcp.ClientSession(reads, writes) as session,
    ):
        await session.initialize()
        told: list[str] = []

        async def tell(_: float, __: float | None, message: str | None) -> None:
            told.append(message or "")

        for name, arguments in (
            ("shout", {"text": "hi"}),
            ("count", {"n": 3}),
            ("walk", {"n": 3}),
            ("keep", {"text": "secret"}),
        ):
            for progress in (None, tell):
                result = await session.call_tool(name, arguments, progress_callback=progress)
                key = f"{name} {'in steps' if progress else 'at once'}"
                found[key] = [result.isError, *[part.text for part in result.content]]
        resource = await session.read_resource("greeting://bob")
        prompt = await session.get_prompt("ask", {"topic": "love"})
        found["greeting"] = resource.contents[0].text
        found["ask"] = prompt.messages[0].content.text
        found["told"] = told
    return found


def main() -> None:
    demo = build()
    addresses.append(launched(demo, mcp_server=True))
    found: dict[str, Any] = {
        "client": client.Client.__module__,
        "gradio has": [module.Client.__module__ for module in (external, gr.mcp)],
        "rest": [utils.encode_file_path("a b"), utils.get_mimetype("a.webp")],
        "documents": callable(documentation.document),
        "app": called(addresses[0]),
    }
    if external.Client is client.Client:
        with warnings.catch_warnings(record=True):
            loaded = gr.load(addresses[0], src=external.from_spaces_blocks)
            address = launched(loaded, mcp_server=True)
        found["loaded"] = called(address)
        found["names"] = asyncio.run(names(address))
        found["tools"] = asyncio.run(tools(addresses[0]))
    print(json.dumps(found), flush=True)
    os._exit(0)  # Gradio's own shutdown waits for what still runs


if __name__ == "__main__":
    main()
