"""The messages of Gradio 6.31 for each endpoint of the bench app, as bytes.

What changes between two messages is cut from bytes that were made before, so that a server that
sends them does next to nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias
from urllib.parse import quote

WORD = "word "
BEFORE, LARGE = 20, 2000
"""Messages of a chat before the one that grows, and of one that does not, as in `live_app.py`."""

Values: TypeAlias = Iterator[bytes]
"""JSON of each output as it is sent, after it the whole final value."""


def job(endpoint: str, argument: Any, event: str, address: str) -> Iterator[bytes]:
    """All messages of a job that is sent this argument."""
    yield message("estimation", event, rank=0, queue_size=1, rank_eta=None)
    yield message("process_starts", event, eta=None)
    if endpoint in STREAMS:
        *frame, values = *generating(event), STREAMS[endpoint](int(argument))
        for number, value in enumerate(values):
            if number == int(argument):
                frame = completed(event)
            yield value.join(frame)
    else:
        yield dumped(SINGLE[endpoint](argument, event, address)).join(completed(event))


def message(name: str, event: str | None, **rest: Any) -> bytes:
    """One server-sent event."""
    return b"data: %b\n\n" % dumped({"msg": name, "event_id": event, **rest})


def dumped(value: Any) -> bytes:
    """JSON as Gradio writes it."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


CLOSE = message("close_stream", None)


# What stands around the value of an output.


def generating(event: str) -> list[bytes]:
    """Around an output of a generator."""
    return around("process_generating", event, {"success": True, "time_limit": None})


def completed(event: str) -> list[bytes]:
    """Around the result."""
    rest = {"title": None, "used_cache": None, "cache_duration": 0.0014, "avg_time": 0.0009}
    return around("process_completed", event, {"success": True, **rest})


def around(name: str, event: str, rest: dict[str, Any]) -> list[bytes]:
    output = {
        "data": ["@"],
        "is_generating": name == "process_generating",
        "duration": 0.0013966560363769531,
        "average_duration": 0.0009037256240844727,
        "render_config": None,
        "changed_state_ids": [],
        "used_cache": None,
    }
    return message(name, event, output=output, **rest).split(b'"@"')


# Endpoints that answer once.


def echo(text: Any, _event: str, _address: str) -> Any:
    return text


def download(size: Any, event: str, address: str) -> Any:
    """A file whose path says its size."""
    path = f"/tmp/gradio/{event}/{int(size)}.bin"
    return {
        "path": path,
        "url": f"{address}gradio_api/file={quote(path)}",
        "size": int(size),
        "orig_name": f"{int(size)}.bin",
        "mime_type": None,
        "is_stream": False,
        "meta": {"_type": "gradio.FileData"},
    }


def uploaded(file: Any, _event: str, _address: str) -> Any:
    return file["path"]


SINGLE: dict[str, Callable[[Any, str, str], Any]] = {
    "echo": echo,
    "download": download,
    "size": uploaded,
}


# Generators.


def text(outputs: int) -> Values:
    yield dumped(WORD)
    edit = dumped([["append", [], WORD]])
    for _ in range(outputs - 1):
        yield edit
    yield dumped(WORD * outputs)


def chat(outputs: int) -> Values:
    yield dumped([*many(BEFORE), said("assistant", WORD)])
    edit = dumped([["append", [BEFORE, "content", 0, "text"], WORD]])
    for _ in range(outputs - 1):
        yield edit
    yield dumped([*many(BEFORE), said("assistant", WORD * outputs)])


def whole(outputs: int) -> Values:
    numbers = dumped([*range(outputs)])
    ends = [0]
    while len(ends) < outputs:
        ends.append(numbers.index(b",", ends[-1] + 1))
    ends = [*ends[1:], len(numbers) - 1]
    yield b"[0]"
    for end in ends[1:]:
        yield b'[["replace",[],%b]]]' % numbers[:end]
    yield numbers


def turns(outputs: int) -> Values:
    every = many(outputs)
    yield dumped(every[:1])
    for number in range(1, outputs):
        yield dumped([["add", [number], every[number]]])
    yield dumped(every)


def table(outputs: int) -> Values:
    rows = [[f"row {number}", number, number / 2] for number in range(outputs)]
    frame: dict[str, Any] = {"headers": ["name", "number", "half"], "metadata": None}
    yield dumped({**frame, "data": rows[:1]})
    for number in range(1, outputs):
        yield dumped([["add", ["data", number], rows[number]]])
    yield dumped({**frame, "data": rows})


def unchanged(outputs: int) -> Values:
    large = dumped(many(LARGE))
    yield large
    for _ in range(outputs - 1):
        yield b"[]"
    yield large


def many(number: int) -> list[dict[str, Any]]:
    """A chat of so many messages."""
    return [said("user", f"message {each}") for each in range(number)]


def said(role: str, text: str) -> dict[str, Any]:
    """A message of a Chatbot."""
    content = [{"text": text, "type": "text"}]
    return {"role": role, "metadata": None, "content": content, "options": None}


STREAMS: dict[str, Callable[[int], Values]] = {
    "text": text,
    "chat": chat,
    "whole": whole,
    "turns": turns,
    "table": table,
    "unchanged": unchanged,
}
