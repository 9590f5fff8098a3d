"""The official client and ours look at the same running apps and describe them alike."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Generator
from typing import Any

import pytest

from gradio_client_httpx import Client
from scripts.environments import official
from scripts.environments.servers import NEWEST
from tests.support.live import VIEW_API_APPS, LiveServer, live

Side = dict[str, dict[str, Any]]

RIGHT = {
    "radio": {"Literal['x', '2']": "Literal['x', 2]", "Literal['1', '2']": "Literal[1, 2]"},
    "translated": {"-> key\n": "-> greeting\n", "] key:": "] greeting:"},
}
"What the official client says of these apps is a mistake; see `describe-differences.md`."


def described(url: str) -> dict[str, Any]:
    """What our client says of the app at this address."""
    with Client(url, verbose=False) as client:
        texts = {
            form: client.view_api(all_endpoints=which, print_info=False, return_format="str")
            for form, which in (("text", None), ("all", True), ("named", False))
        }
        return {**texts, "dict": client.view_api(print_info=False, return_format="dict")}


@pytest.fixture(scope="module")
def view_api_apps() -> Generator[LiveServer, None, None]:
    with live(NEWEST, app=VIEW_API_APPS) as server:
        yield server


@pytest.fixture(scope="module")
def sides(view_api_apps: LiveServer) -> tuple[Side, Side]:
    """What the official client and what ours says of each app."""
    with urllib.request.urlopen(f"{view_api_apps.url}NAMES") as reply:
        names: list[str] = json.loads(reply.read())
    urls = {name: f"{view_api_apps.url}{name}/" for name in names}
    theirs: Side = official.ask(urls)["apps"]
    for name, mistakes in RIGHT.items():
        for form in ("text", "all", "named"):
            for mistake, right in mistakes.items():
                assert mistake in theirs[name][form]
                theirs[name][form] = theirs[name][form].replace(mistake, right)
    return theirs, {name: described(url) for name, url in urls.items()}


def test_there_are_enough_apps_to_compare(sides: tuple[Side, Side]) -> None:
    theirs, ours = sides
    assert theirs.keys() == ours.keys()
    assert len(theirs) >= 40
    assert not [name for name, said in theirs.items() if "error" in said]


@pytest.mark.parametrize("form", ["text", "all", "named", "dict"])
def test_each_app_is_described_as_the_official_client_describes_it(
    sides: tuple[Side, Side], form: str
) -> None:
    theirs, ours = ({name: said[form] for name, said in side.items()} for side in sides)
    assert ours == theirs
