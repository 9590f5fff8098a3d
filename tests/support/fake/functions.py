"""The functions that a fake app offers, and what a test can do to them while they run.

`ALL_FUNCTIONS` has the same names and answers as the real app in
`tests/support/apps/reference_app.py`, so that a scenario can run against either. Where the real app
sleeps, these hold still until the test says `release()`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

import trio

from tests.support.latch import Gate, Ledger
from tests.support.loopback import Request


class AppFails(Exception):
    """What an app raises to be read by people (`gr.Error`)."""

    def __init__(self, text: str, *, title: str = "Error") -> None:
        super().__init__(text)
        self.title = title


class AppCrashes(Exception):
    """Any other exception of an app; its text is sent only where `show_error` is on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A running job that waits for the test."""

    name: str
    event_id: str
    data: tuple[Any, ...]
    gate: Gate

    def release(self) -> None:
        self.gate.open()


def _unheard(name: str, content: Any) -> None:
    pass


@dataclass(slots=True, kw_only=True)
class Call:
    """One run of a function: its arguments, and ways to speak while it runs."""

    name: str
    event_id: str
    data: list[Any] = field(default_factory=list[Any])
    state: dict[int, Any]
    "the session's values of State components, by component id"
    request: Request
    session_hash: str
    username: str | None
    files: dict[str, bytes]
    "the server's files by path"
    holds: Ledger[Hold]
    say: Callable[[str, Any], None] = _unheard
    """`say("progress", units)`, or `say(level, text)` for a log; heard from a queued job only"""

    async def hold(self) -> None:
        """Stand still until the test releases this job."""
        gate = Gate(self.name)
        hold = Hold(name=self.name, event_id=self.event_id, data=tuple(self.data), gate=gate)
        self.holds.append(hold)
        await gate.passed()

    def store(self, name: str, content: bytes) -> dict[str, Any]:
        """Put a file on the server; give the value that names it."""
        path = f"/tmp/gradio/{hashlib.sha256(content).hexdigest()}/{name}"
        self.files[path] = content
        return {"path": path, "orig_name": name, "size": len(content)}


Plain: TypeAlias = Callable[[Call], Awaitable[list[Any]]]
Generator: TypeAlias = Callable[[Call], AsyncGenerator[list[Any], None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A component, as an input or output of a function."""

    type: str
    label: str
    name: str = ""
    "the parameter's name; empty for outputs"
    value: Any = None
    "the component's initial value, which is the parameter's default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """One endpoint.  Exactly one of `plain` and `generator` says what it does."""

    name: str
    inputs: tuple[Part, ...] = ()
    outputs: tuple[Part, ...] = ()
    plain: Plain | None = None
    generator: Generator | None = None
    visibility: str = "public"
    limit: int = 1000
    "how many jobs of this function run at once"
    queue: bool = True

    def limited(self, limit: int) -> Function:
        return replace(self, limit=limit)


TEXT = Part(type="textbox", label="Text", name="text")
ANSWER = Part(type="textbox", label="Answer")
NUMBER = Part(type="number", label="Number", name="n")
SECONDS = Part(type="number", label="Seconds", name="seconds", value=0)
TOTAL = Part(type="number", label="Total")
STEPS = Part(type="state", label="", name="steps", value=0)
UPLOAD = Part(type="file", label="Upload", name="upload")
DOWNLOAD = Part(type="file", label="Download")
HISTORY = Part(type="chatbot", label="History")


async def echo(call: Call) -> list[Any]:
    return [call.data[0]]


async def count(call: Call) -> AsyncGenerator[list[Any], None]:
    for number in range(int(call.data[0])):
        yield [number]


async def chat(call: Call) -> AsyncGenerator[list[Any], None]:
    said = ""
    for word in str(call.data[0]).split():
        said += f"{word} "
        yield [said]


def turn(number: int, answer: str) -> list[Any]:
    question = {"role": "user", "content": f"question {number}"}
    return [question, {"role": "assistant", "content": answer}]


async def chat_list(call: Call) -> AsyncGenerator[list[Any], None]:
    history: list[Any] = []
    for number in range(int(call.data[0])):
        for words in range(1, 4):
            yield [history + turn(number, "word " * words)]
        history = history + turn(number, "word word word ")
    for shown in (history, history[1:], history[:1], []):
        yield [shown]


async def progress(call: Call) -> list[Any]:
    steps = int(call.data[0])
    unit = {"index": 0, "length": None, "unit": "steps", "progress": 0.0, "desc": "setting out"}
    call.say("progress", [unit])
    for step in range(steps + 1):
        call.say("progress", [unit | {"index": step, "length": steps, "desc": "walking"}])
    return [f"{steps} steps"]


async def logs(call: Call) -> list[Any]:
    text = call.data[0]
    call.say("info", f"{text}: for your information")
    call.say("warning", f"{text}: mind the gap")
    call.say("success", f"{text}: well done")
    return [text]


async def slow(call: Call) -> list[Any]:
    """Hold if asked to sleep at all."""
    if call.data[0]:
        await call.hold()
    return [f"slept {call.data[0]:g}"]


async def slow_count(call: Call) -> AsyncGenerator[list[Any], None]:
    """Hold after each value if asked to sleep at all."""
    for number in range(int(call.data[0])):
        yield [number]
        if call.data[1]:
            await call.hold()


async def fail(call: Call) -> list[Any]:
    raise AppFails(f"the guide says no to {call.data[0]}")


async def crash(call: Call) -> list[Any]:
    raise AppCrashes(f"no such place: {call.data[0]}")


async def crash_late(call: Call) -> AsyncGenerator[list[Any], None]:
    yield [call.data[0]]
    yield [call.data[0] * 2]
    raise AppCrashes(f"lost on the way: {call.data[0]}")


async def state(call: Call) -> list[Any]:
    steps = call.state.get(0, 0) + int(call.data[1])
    call.state[0] = steps
    return [None, steps]


async def file(call: Call) -> list[Any]:
    given = call.data[0]
    if given is None:
        return [None]
    if given["path"] not in call.files:
        raise AppCrashes(f"Cannot move {given['path']} to the gradio cache dir")
    name = given.get("orig_name") or given["path"].rsplit("/", 1)[-1]
    return [call.store(name, call.files[given["path"]].upper())]


async def two(call: Call) -> list[Any]:
    return [call.data[0], call.data[1]]


async def nothing(call: Call) -> list[Any]:
    return []


async def update(call: Call) -> list[Any]:
    return [{"value": call.data[0], "label": "Renamed", "__type__": "update"}]


async def whoami(call: Call) -> list[Any]:
    facts = {
        "text": call.data[0],
        "username": call.username,
        "session_hash": call.session_hash,
        "headers": dict(call.request.headers),
        "query": call.request.query,
    }
    return [json.dumps(facts)]


async def defaults(call: Call) -> list[Any]:
    text, times, loud = call.data
    words = " ".join([text] * int(times))
    return [words.upper() if loud else words]


WORDS = (
    Part(type="textbox", label="Word", name="text", value="hello"),
    Part(type="number", label="Times", name="times", value=2),
    Part(type="checkbox", label="Loud", name="loud", value=False),
)

ALL_FUNCTIONS = (
    Function(name="echo", inputs=(TEXT,), outputs=(ANSWER,), plain=echo),
    Function(name="count", inputs=(NUMBER,), outputs=(TOTAL,), generator=count),
    Function(name="chat", inputs=(TEXT,), outputs=(ANSWER,), generator=chat),
    Function(name="chat_list", inputs=(NUMBER,), outputs=(HISTORY,), generator=chat_list),
    Function(name="progress", inputs=(NUMBER,), outputs=(ANSWER,), plain=progress),
    Function(name="logs", inputs=(TEXT,), outputs=(ANSWER,), plain=logs),
    Function(name="slow", inputs=(NUMBER,), outputs=(ANSWER,), plain=slow),
    Function(name="slow_count", inputs=(NUMBER, SECONDS), outputs=(TOTAL,), generator=slow_count),
    Function(name="fail", inputs=(TEXT,), outputs=(ANSWER,), plain=fail),
    Function(name="crash", inputs=(TEXT,), outputs=(ANSWER,), plain=crash),
    Function(name="crash_late", inputs=(TEXT,), outputs=(ANSWER,), generator=crash_late),
    Function(name="state", inputs=(STEPS, NUMBER), outputs=(STEPS, TOTAL), plain=state),
    Function(name="file", inputs=(UPLOAD,), outputs=(DOWNLOAD,), plain=file),
    Function(name="two", inputs=(TEXT, NUMBER), outputs=(ANSWER, TOTAL), plain=two),
    Function(name="nothing", inputs=(TEXT,), plain=nothing),
    Function(name="update", inputs=(TEXT,), outputs=(ANSWER,), plain=update),
    Function(name="whoami", inputs=(TEXT,), outputs=(ANSWER,), plain=whoami),
    Function(name="defaults", inputs=WORDS, outputs=(ANSWER,), plain=defaults),
    Function(name="private", inputs=(TEXT,), outputs=(ANSWER,), plain=echo, visibility="private"),
    Function(
        name="undocumented",
        inputs=(TEXT,),
        outputs=(ANSWER,),
        plain=echo,
        visibility="undocumented",
    ),
)


def together(number: int) -> Function:
    """`/story`, a generator that is silent until it runs so many times at once."""
    running, all_run = 0, trio.Event()

    async def tell(call: Call) -> AsyncGenerator[list[Any], None]:
        nonlocal running
        running += 1
        if running == number:
            all_run.set()
        await all_run.wait()
        said = ""
        for word in range(int(call.data[0])):
            said += f"word {word} "
            yield [said]

    story = Function(name="story", inputs=(NUMBER,), outputs=(ANSWER,), generator=tell)
    return story.limited(number)
