"""Typed clients of the corpus call real apps as the client itself does."""

from __future__ import annotations

import ast
import asyncio
from collections.abc import Callable, Generator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import trio

import gradio_client_httpx
from gradio_client_httpx import AsyncClient, Client
from gradio_client_httpx.cli.listing import is_listed
from gradio_client_httpx.cli.stubs import AppFacts, write_module
from gradio_client_trio import Client as TrioClient
from tests.cli.loading import loaded
from tests.support.apps.caller import Room, failed, filled, options
from tests.support.corpus import Corpus, served

handle_file = gradio_client_httpx.handle_file
Call = dict[str, Any]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Generator[Corpus]:
    """All apps of the corpus on the newest Gradio."""
    with served(tmp_path_factory.mktemp("room")) as corpus:
        yield corpus


def methods(module: str) -> dict[str, tuple[str, list[str]]]:
    """The method of each endpoint, and the names of its parameters."""
    found: dict[str, tuple[str, list[str]]] = {}
    for function in ast.walk(ast.parse(module)):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        names = [each.arg for each in (*function.args.args[1:], *function.args.kwonlyargs)]
        for keyword in (each for each in ast.walk(function) if isinstance(each, ast.keyword)):
            if keyword.arg == "api_name":
                found[ast.literal_eval(keyword.value)] = (function.name, names)
    return found


def predicted(client: Client, call: Call) -> Any:
    """What the client returns; nothing is None, as in a typed client."""
    arguments = filled(call["args"], handle_file), filled(call["kwargs"], handle_file)
    result = client.predict(*arguments[0], api_name=call["api_name"], **arguments[1])
    return None if result == () else result


class Typed:
    """A typed client of one app, called by the names of endpoints and parameters."""

    def __init__(self, client: Client | AsyncClient | TrioClient, path: Path, kind: str) -> None:
        facts = AppFacts(src=client.src, version="", digest=client.api_digest, made_by="")
        known = [client.endpoints[index].endpoint for index in client.endpoints]
        self._endpoints = {each.name: each for each in known if is_listed(each)}
        module = write_module([*self._endpoints.values()], facts, kind)
        path.write_text(module, encoding="utf-8")
        self._app: Any = loaded(path).App(client)
        self.methods = methods(module)

    def call(self, call: Call) -> Any:
        """Call the method of an endpoint."""
        method, names = self.methods[call["api_name"]]
        parameters = self._endpoints[call["api_name"]].parameters
        known = {each.name: name for each, name in zip(parameters, names, strict=True)}
        args, kwargs = filled(call["args"], handle_file), filled(call["kwargs"], handle_file)
        given = dict(zip(names, args, strict=False))
        given |= {known[name]: value for name, value in kwargs.items()}
        return getattr(self._app, method)(**given)


def outcome(function: Callable[[Call], Any], call: Call, room: Room) -> Any:
    """The result of a call, or its error, without what differs from run to run."""
    try:
        return room.plain(function(call))
    except Exception as error:  # noqa: BLE001 - whatever it is, both have to raise it
        return failed(error, room)


async def awaited_outcome(function: Callable[[Call], Any], call: Call, room: Room) -> Any:
    """The same of a function that returns an awaitable."""
    try:
        return room.plain(await function(call))
    except Exception as error:  # noqa: BLE001 - as above
        return failed(error, room)


def alike(found: Any, expected: Any) -> bool:
    """Whether two outcomes are the same; Python itself refuses what a method does not take."""
    match found, expected:
        case {"error": "TypeError"}, {"error": "InvalidArguments"}:
            return True
        case _:
            return bool(found == expected)


class Comparison:
    """Calls all apps through the client and through typed ones, and keeps what differs."""

    def __init__(self, corpus: Corpus, folder: Path) -> None:
        self._asked = corpus.question(folder / "downloads")
        self._folder = folder
        self.differences: list[str] = []
        self.calls = 0

    def run(self) -> int:
        """Compare all apps; return how many there are."""
        for name, app in self._asked["apps"].items():
            room, given = Room(app, self._asked), options(app, self._asked)
            with (
                Client(app["url"], verbose=False, **given) as plain,
                Client(app["url"], verbose=False, **given) as client,
            ):
                typed = Typed(client, self._folder / f"{name}.py", "blocking")
                calls = [call for call in app["calls"] if call["api_name"] in typed.methods]
                expected = [outcome(partial(predicted, plain), call, room) for call in calls]
                found = [outcome(typed.call, call, room) for call in calls]
            self._compare(f"{name} blocking", calls, found, expected)
            path = self._folder / f"{name}_asyncio.py"
            found = asyncio.run(self._outcomes(AsyncClient, path, app, calls, room))
            self._compare(f"{name} asyncio", calls, found, expected)
            path = self._folder / f"{name}_trio.py"
            found = trio.run(self._outcomes, TrioClient, path, app, calls, room)
            self._compare(f"{name} trio", calls, found, expected)
        return len(self._asked["apps"])

    async def _outcomes(
        self,
        make: type[AsyncClient | TrioClient],
        path: Path,
        app: dict[str, Any],
        calls: list[Call],
        room: Room,
    ) -> list[Any]:
        """What the calls give through the typed client that is written to this path."""
        kind = "trio" if make is TrioClient else "asyncio"
        async with make(app["url"], verbose=False, **options(app, self._asked)) as client:
            typed = Typed(client, path, kind)
            return [await awaited_outcome(typed.call, call, room) for call in calls]

    def _compare(
        self, title: str, calls: list[Call], found: list[Any], expected: list[Any]
    ) -> None:
        self.calls += len(calls)
        for call, one, other in zip(calls, found, expected, strict=True):
            if not alike(one, other):
                self.differences.append(f"{title} {call['api_name']}: {one}, not {other}")


def test_each_app_answers_its_typed_clients_as_it_answers_the_client(
    corpus: Corpus, tmp_path: Path
) -> None:
    comparison = Comparison(corpus, tmp_path)
    assert comparison.run() >= 40
    assert not comparison.differences, "\n".join(comparison.differences)
    assert comparison.calls >= 3 * 200
