"""What callers pass, and what real components of three generations make of it."""

from __future__ import annotations

import base64
from collections.abc import Generator
from datetime import date, datetime
from math import nan
from pathlib import Path
from typing import Any

import pytest

from gradio_client_httpx import AppError, Client, InvalidArguments, handle_file
from gradio_protocol.app.png import png
from tests.drivers.trio_rig import made
from tests.protocol.app.test_png import array
from tests.support.live import LiveServer, live

APP = Path(__file__).parent.parent / "support" / "apps" / "inputs.py"
VERSIONS = ["4.44.1", "5.50.0", "6.31.0"]
PICTURE, OTHER, THIRD = (array((2, 3, 3), [shade] * 18) for shade in (7, 8, 9))
ADDRESS = f"data:image/png;base64,{base64.b64encode(png(OTHER, where='')).decode()}"
SELECTED = {"index": [1, 0], "value": "b", "selected": True}


@pytest.fixture(scope="module", params=VERSIONS)
def server(request: pytest.FixtureRequest) -> Generator[LiveServer, None, None]:
    with live(request.param, app=APP) as running:
        yield running


@pytest.fixture(scope="module")
def client(server: LiveServer) -> Generator[Client, None, None]:
    with Client(server.url, verbose=False) as opened:
        yield opened


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "a.png"
    path.write_bytes(png(PICTURE, where=""))
    return path


@pytest.mark.parametrize("as_file", [str, handle_file])
def test_a_data_address_is_an_image(client: Client, as_file: Any) -> None:
    assert client.predict(as_file(ADDRESS), api_name="/image") == "(2, 3, 3) [8, 8, 8]"


@pytest.mark.parametrize("name", ["image", "video", "gallery", "files"])
def test_text_that_names_a_file_is_refused(client: Client, picture: Path, name: str) -> None:
    value = [str(picture)] if name in ("gallery", "files") else str(picture)
    with pytest.raises(InvalidArguments, match=f"^/{name}: 'value': expected a file "):
        client.predict(value, api_name=f"/{name}")


def test_files_go_where_components_want_them(client: Client, picture: Path) -> None:
    drawn: dict[str, object] = {"background": picture, "layers": [], "composite": None}
    assert client.predict(THIRD, api_name="/image") == "(2, 3, 3) [9, 9, 9]"
    assert client.predict([picture, ADDRESS], api_name="/gallery") == "[(2, 3, 3), (2, 3, 3)]"
    assert client.predict([picture, ADDRESS], api_name="/files") == "['a.png', 'file.png']"
    assert client.predict(drawn, api_name="/editor") == "(2, 3, 4)"
    message = {"text": "hi", "files": [picture, ADDRESS]}
    assert client.predict(message, api_name="/message") == "['a.png', 'file.png']"


def test_a_video_is_a_file(client: Client, tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(b"no film")
    assert client.predict(clip, api_name="/video") == "clip.mp4"


def test_times_are_what_the_component_reads(client: Client) -> None:
    moment = datetime.fromisoformat("2024-05-06 07:08:09")
    assert client.predict(moment, api_name="/time") == repr(moment)
    assert client.predict(date(2024, 5, 6), api_name="/day") == "'2024-05-06'"


def test_numbers_that_are_none_arrive(client: Client) -> None:
    assert client.predict(nan, api_name="/number") == "nan"
    assert client.predict([nan], api_name="/json") == "[nan]"


def test_what_the_server_takes_for_a_choice_passes(client: Client) -> None:
    assert [client.predict(value, api_name="/choice") for value in (1.5, 2.0, "x", None)] == [
        *("1.5", "2.0", "'x'", "None")
    ]
    assert client.predict("mine", api_name="/free") == "'mine'"
    assert client.predict(["two"], api_name="/several") == "['two']"


def test_what_is_no_choice_is_refused_where_the_server_would(
    client: Client, server: LiveServer
) -> None:
    if server.version.startswith("4."):
        assert client.predict("1.5", api_name="/choice") == "'1.5'"
        return
    for name, value, wanted in (
        ("choice", "1.5", "expected one of 1.5, 2, 'x', got '1.5'"),
        ("several", ["three"], "expected one of 'one', 'two', got 'three'"),
        ("several", "two", "expected a list of 'one', 'two', got 'two'"),
    ):
        with pytest.raises(InvalidArguments) as caught:
            client.predict(value, api_name=f"/{name}")
        assert str(caught.value) == f"/{name}: 'value': {wanted}"


def test_choices_that_the_app_changes_are_the_servers_to_judge(client: Client) -> None:
    client.predict(api_name="/change")
    assert client.predict("b", api_name="/changing") == "'b'"


def test_a_listener_is_told_of_its_event(client: Client) -> None:
    selecting = client.with_options(event_data=SELECTED)
    assert selecting.predict(api_name="/pick") == "row 1: b"
    liking = client.with_options(event_data={"index": 0, "value": "hi", "liked": True})
    assert liking.predict(api_name="/like") == "True: hi"


def test_a_listener_without_its_event_says_what_it_lacks(client: Client) -> None:
    with pytest.raises(AppError) as caught:
        client.predict(api_name="/pick")
    assert any("with_options(event_data={…})" in note for note in caught.value.__notes__)


@pytest.mark.trio
async def test_the_trio_driver_passes_the_same(server: LiveServer, picture: Path) -> None:
    async with made(server.url) as client:
        selecting = client.with_options(event_data=SELECTED)
        assert await selecting.predict(api_name="/pick") == "row 1: b"
        assert await client.predict(ADDRESS, api_name="/image") == "(2, 3, 3) [8, 8, 8]"
        assert await client.predict([picture], api_name="/gallery") == "[(2, 3, 3)]"
        with pytest.raises(InvalidArguments, match=r"^/image: .value.: expected a file "):
            await client.predict(str(picture), api_name="/image")
