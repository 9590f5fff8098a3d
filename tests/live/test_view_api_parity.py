"""The official client and the core look at the same running apps and describe them alike."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from gradio_protocol.app import describe
from gradio_protocol.app.config import read_config
from gradio_protocol.app.endpoint import Endpoint
from gradio_protocol.app.info import endpoints
from scripts import official
from scripts.servers import NEWEST
from tests.support.live import live

SHELF = Path(__file__).parent.parent / "support" / "apps" / "shelf.py"
Side = dict[str, dict[str, Any]]


def fetched(url: str) -> bytes:
    with urllib.request.urlopen(url) as reply:
        body: bytes = reply.read()
    return body


def known(url: str) -> tuple[Endpoint, ...]:
    """The endpoints of the app at this address, as a driver reads them."""
    config = read_config(fetched(f"{url}config"))
    return endpoints(config, json.loads(fetched(f"{url}gradio_api/info")))


@pytest.fixture(scope="module")
def sides() -> tuple[Side, Side]:
    """What the official client and what we say of each app."""
    with live(NEWEST, app=SHELF) as server:
        urls = {name: f"{server.url}{name}/" for name in json.loads(fetched(f"{server.url}NAMES"))}
        theirs: Side = official.ask(urls)["apps"]
        found = {name: known(url) for name, url in urls.items()}
    ours: Side = {
        name: {
            "text": describe.as_text(listed),
            "all": describe.as_text(listed, all_endpoints=True),
            "named": describe.as_text(listed, all_endpoints=False),
            "dict": describe.as_dict(listed),
        }
        for name, listed in found.items()
    }
    return theirs, ours


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
