"""Gradio itself, unchanged, with this package in place of `gradio_client`."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from scripts.bootstrap import ROOT
from tests.live.other_packages import printed, with_official

APP = ROOT / "tests" / "support" / "apps" / "inside.py"
ORDERS = ("first", "last")
"When gradio is imported: before the package is put in place, or after it."
OURS, OFFICIAL = "gradio_client_httpx.loadable", "gradio_client.client"


@pytest.fixture(scope="module")
def orders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What came of each order; see the app."""
    python, folder = with_official(), tmp_path_factory.mktemp("inside")
    with ThreadPoolExecutor() as pool:
        runs = {order: pool.submit(tried, python, order, folder / order) for order in ORDERS}
        return {order: run.result() for order, run in runs.items()}


@pytest.fixture(params=ORDERS)
def found(request: pytest.FixtureRequest, orders: dict[str, Any]) -> Any:
    return orders[request.param]


def tried(python: Path, order: str, folder: Path) -> Any:
    said = printed(python, APP, order, GRADIO_TEMP_DIR=str(folder))
    return json.loads(said.splitlines()[-1])


@pytest.fixture
def after(orders: dict[str, Any]) -> Any:
    return orders["last"]


@pytest.mark.slow
def test_who_imports_the_client_gets_ours(found: Any) -> None:
    assert found["client"] == OURS


@pytest.mark.slow
def test_gradio_keeps_what_it_has_imported_before(orders: dict[str, Any]) -> None:
    assert orders["first"]["gradio has"] == [OFFICIAL, OFFICIAL]
    assert orders["last"]["gradio has"] == [OURS, OURS]


@pytest.mark.slow
def test_what_gradio_has_from_the_client_besides_is_there(found: Any) -> None:
    assert found["rest"] == ["a%20b", "image/webp"]
    assert found["documents"]


@pytest.mark.slow
def test_an_app_is_launched_and_called(found: Any) -> None:
    app = found["app"]
    assert app["double"] == ["abab", "content"]
    assert app["count"] == ["0", "1", "2"]
    assert app["more"] == [1, 2]
    assert app["picked"] == "x at 3"
    assert app["keep"] == ["Hush", "word stays among us"]


@pytest.mark.slow
def test_gradio_knows_our_error_where_it_was_imported_last(orders: dict[str, Any]) -> None:
    assert orders["last"]["app"]["relay"] == ["Hush", "word stays among us"]
    assert "without saying why" in orders["first"]["app"]["relay"][1]


@pytest.mark.slow
def test_an_app_is_made_of_another_one_by_load(after: Any) -> None:
    # What passes between two apps is a call's result, not each step on the way there.
    assert after["loaded"] == after["app"] | {"count": ["2"]}


@pytest.mark.slow
def test_the_tools_of_a_loaded_app_have_their_official_names(after: Any) -> None:
    # Gradio names each after its function, and numbers those that share a name. It wraps the
    # function of an endpoint that takes the data of an event, and adds one that runs on load.
    named = [name for name in after["names"] if name not in ("event_data_fn", "_lambda_")]
    assert named[0] == "_inner"
    assert named[1:] == [f"_inner_{number}" for number in range(1, len(named))]
    assert len(named) >= len(after["app"])


@pytest.mark.slow
def test_the_tools_of_an_app_are_called_over_mcp(after: Any) -> None:
    said = after["tools"]
    for how in ("at once", "in steps"):
        assert said[f"shout {how}"] == [False, "HI"]
        assert said[f"count {how}"] == [False, "2"]
        assert said[f"walk {how}"] == [False, "3 steps"]
    assert said["keep at once"] == [True, "secret stays among us"]
    assert said["keep in steps"] == [True, "Hush: secret stays among us"]
    assert (said["greeting"], said["ask"]) == ("hello bob", "what is love?")
    assert "Processing" in said["told"]
