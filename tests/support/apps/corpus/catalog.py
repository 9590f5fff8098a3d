"""The catalogue: every app of the corpus, the Gradio it needs, and the calls to make.

An app is a function that returns its Blocks. The decorator `app` enters it, with its calls as
data; `files/` holds what the calls send.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

# Gradio is not installed where this file is checked.
gr: Any = importlib.import_module("gradio")

FILES = Path(__file__).parent / "files"
ONLY = [name for name in os.environ.get("ONLY", "").split(",") if name]
"""The apps to serve; all, if none is named."""
Build = Callable[[], Any]


def parsed(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


VERSION = parsed(gr.__version__)


@dataclass(frozen=True)
class Call:
    """One call: the endpoint and what it gets.

    `args` and `kwargs` are JSON; `{"$file": NAME}` in them is a file of the folder `files`.
    `since` and `until` bound the versions that have the endpoint, like those of an app.
    """

    api_name: str
    args: list[Any]
    kwargs: dict[str, Any]
    since: tuple[int, ...] = (0,)
    until: tuple[int, ...] = (99,)


@dataclass(frozen=True)
class App:
    """One app, as the server announces it."""

    name: str
    calls: list[Call]
    uncalled: list[str]
    "Endpoints that are described and not called."
    client: dict[str, Any]
    "Keyword arguments of the client, such as its `auth`."
    build: Build = field(repr=False)

    def announced(self) -> dict[str, Any]:
        """What the caller needs to know."""
        return {
            "calls": [asdict(call) for call in self.calls if call.since <= VERSION < call.until],
            "uncalled": self.uncalled,
            "client": self.client,
        }


APPS: dict[str, App] = {}


def call(api_name: str, *args: Any, since: str = "0", until: str = "99", **kwargs: Any) -> Call:
    return Call(api_name, list(args), kwargs, parsed(since), parsed(until))


def endpoint(name: str, function: Any, inputs: Any, outputs: Any) -> None:
    """An endpoint of the Blocks under way, with a button of its own."""
    gr.Button(name).click(function, inputs, outputs, api_name=name)


def sent(name: str) -> dict[str, str]:
    """A file of the folder `files`, as an argument of a call."""
    return {"$file": name}


def stored(name: str) -> str:
    """The path of a file of the folder `files`, for an app that has it."""
    return str(FILES / name)


def app(
    *calls: Call,
    since: str = "0",
    until: str = "99",
    uncalled: tuple[str, ...] = (),
    client: dict[str, Any] | None = None,
) -> Callable[[Build], Build]:
    """Enter a function that builds an app, for Gradio from `since` to before `until`.

    The app's name is the function's.
    """

    def enter(build: Build) -> Build:
        name = build.__name__
        assert name not in APPS, f"{name} is entered twice"
        if parsed(since) <= VERSION < parsed(until) and (not ONLY or name in ONLY):
            APPS[name] = App(name, list(calls), list(uncalled), client or {}, build)
        return build

    return enter


def components() -> dict[str, str]:
    """The name that the config gives each public block of this Gradio, by class name."""
    found = {}
    for name in dir(gr):
        kind = getattr(gr, name)
        if isinstance(kind, type) and issubclass(kind, gr.blocks.Block):
            plain = kind.__mro__[1] if hasattr(kind, "is_template") else kind
            found[name] = plain.__name__.lower()
    return found
