"""Apps of strangers on real servers: labels that are no text, names that two functions have."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest

from gradio_client_httpx import Client
from scripts.environments.servers import NEWEST
from tests.support.live import VIEW_API_APPS, LiveServer, live

CALLS: list[tuple[str, str, dict[str, Any], str]] = [
    ("chat", "/chat", {"message": "hello"}, "you said hello"),
    ("numbered", "/join", {"a": "x", "b": "y"}, "x and y"),
    ("translated", "/greet", {"name": "Ada"}, "hi Ada"),
    ("named_twice", "/act_1", {"name": "Ada", "times": 1}, "Ada "),
    ("named_twice", "/act_1", {"name": "Ada"}, "Ada " * 7),
    ("named_twice_with_defaults", "/act_1", {"name": "Ada"}, "Ada*7"),
    ("listed_twice", "/act_1", {"word": "Ada"}, "first Ada"),
]
WITH_A_FILE = "image_with_value"


@pytest.fixture(scope="module")
def odd_apps() -> Generator[LiveServer, None, None]:
    names = dict.fromkeys([*(app for app, *_ in CALLS), WITH_A_FILE])
    with live(NEWEST, app=VIEW_API_APPS, settings={"APPS": ",".join(names)}) as server:
        yield server


@pytest.mark.parametrize(("app", "api_name", "arguments", "result"), CALLS)
def test_an_endpoint_is_called_by_its_names(
    odd_apps: LiveServer, app: str, api_name: str, arguments: dict[str, Any], result: str
) -> None:
    with Client(f"{odd_apps.url}{app}/", verbose=False) as client:
        assert client.predict(**arguments, api_name=api_name) == result


def test_the_second_function_of_a_name_is_called_by_its_index(odd_apps: LiveServer) -> None:
    with Client(f"{odd_apps.url}listed_twice/", verbose=False) as client:
        assert client.predict("Ada", fn_index=2) == "second Ada"


def test_the_default_of_a_file_is_an_address(odd_apps: LiveServer) -> None:
    with Client(f"{odd_apps.url}{WITH_A_FILE}/", verbose=False) as client:
        text = client.view_api(print_info=False, return_format="str")
    assert 'defaults to:   handle_file("https://' in str(text)
