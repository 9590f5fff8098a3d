"""Typed clients of the corpus call real apps as the client itself does."""

from __future__ import annotations

import ast
from collections.abc import Callable, Generator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import gradio_client_httpx
from gradio_client_httpx import Client
from gradio_client_httpx.cli.connect import listed_endpoints
from gradio_client_httpx.cli.stubs import AppFacts, write_module
from tests.cli.loading import loaded
from tests.support.apps.caller import Room, failed, filled, options
from tests.support.corpus import Corpus, served

handle_file = gradio_client_httpx.handle_file


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Generator[Corpus]:
    """All apps of the corpus on the newest Gradio."""
    with served(tmp_path_factory.mktemp("room")) as corpus:
        yield corpus


def methods(module: str) -> dict[str, tuple[str, list[str]]]:
    """The method of each endpoint, and the names of its parameters."""
    found: dict[str, tuple[str, list[str]]] = {}
    for function in (
        each for each in ast.walk(ast.parse(module)) if isinstance(each, ast.FunctionDef)
    ):
        names = [each.arg for each in (*function.args.args[1:], *function.args.kwonlyargs)]
        for keyword in (each for each in ast.walk(function) if isinstance(each, ast.keyword)):
            if keyword.arg == "api_name":
                found[ast.literal_eval(keyword.value)] = (function.name, names)
    return found


def predicted(client: Client, call: dict[str, Any]) -> Any:
    """What the client returns; nothing is None, as in a typed client."""
    arguments = filled(call["args"], handle_file), filled(call["kwargs"], handle_file)
    result = client.predict(*arguments[0], api_name=call["api_name"], **arguments[1])
    return None if result == () else result


class Typed:
    """A typed client of one app, called by the names of endpoints and parameters."""

    def __init__(self, client: Client, path: Path) -> None:
        facts = AppFacts(src=client.src, version="", digest=client.api_digest, made_by="")
        self._endpoints = {each.name: each for each in listed_endpoints(client)}
        module = write_module([*self._endpoints.values()], facts, "blocking")
        path.write_text(module, encoding="utf-8")
        self._app: Any = loaded(path).App(client)
        self.methods = methods(module)

    def call(self, call: dict[str, Any]) -> Any:
        """Call the method of an endpoint."""
        method, names = self.methods[call["api_name"]]
        parameters = self._endpoints[call["api_name"]].parameters
        known = {each.name: name for each, name in zip(parameters, names, strict=True)}
        args, kwargs = filled(call["args"], handle_file), filled(call["kwargs"], handle_file)
        given = dict(zip(names, args, strict=False))
        given |= {known[name]: value for name, value in kwargs.items()}
        return getattr(self._app, method)(**given)


def outcome(function: Callable[[dict[str, Any]], Any], call: dict[str, Any], room: Room) -> Any:
    """The result of a call, or its error, without what differs from run to run."""
    try:
        return room.plain(function(call))
    except Exception as error:  # noqa: BLE001 - whatever it is, both have to raise it
        return failed(error, room)


def alike(found: Any, expected: Any) -> bool:
    """Whether two outcomes are the same; Python itself refuses what a method does not take."""
    match found, expected:
        case {"error": "TypeError"}, {"error": "InvalidArguments"}:
            return True
        case _:
            return bool(found == expected)


def test_each_app_answers_its_typed_client_as_it_answers_the_client(
    corpus: Corpus, tmp_path: Path
) -> None:
    asked, apps, calls = corpus.question(tmp_path / "downloads"), 0, 0
    differences: list[Any] = []
    for name, app in asked["apps"].items():
        room, given = Room(app, asked), options(app, asked)
        with (
            Client(app["url"], verbose=False, **given) as plain,
            Client(app["url"], verbose=False, **given) as client,
        ):
            typed = Typed(client, tmp_path / f"{name}.py")
            for call in app["calls"]:
                if call["api_name"] not in typed.methods:
                    continue
                expected = outcome(partial(predicted, plain), call, room)
                found = outcome(typed.call, call, room)
                calls += 1
                if not alike(found, expected):
                    differences.append(f"{name} {call['api_name']}: {found}, not {expected}")
        apps += 1
    assert not differences, "\n".join(differences)
    assert apps >= 40
    assert calls >= 100
