"""Endpoints as something to call."""

from __future__ import annotations

import inspect
from dataclasses import replace
from typing import Any

import pytest

from gradio_protocol.app.config import Visibility
from gradio_protocol.app.endpoint import Endpoint
from gradio_protocol.present.endpoints import Endpoints
from tests.support.sample_apps import COUNT, ECHO, sample_app


class Recorder:
    """A client that calls nothing, and whose results and jobs say what was asked."""

    def predict(self, *args: Any, fn_index: int | None = None, **kwargs: Any) -> tuple[Any, ...]:
        return ("predict", args, fn_index, kwargs)

    def submit(self, *args: Any, fn_index: int | None = None, **kwargs: Any) -> list[Any]:
        return ["submit", args, fn_index, kwargs]


def offered(*endpoints: Endpoint) -> Endpoints[tuple[Any, ...], list[Any]]:
    return Endpoints(Recorder(), lambda: endpoints or sample_app().endpoints)


def test_an_endpoint_is_found_by_its_index_and_its_name() -> None:
    for key in (COUNT, "/count", "count"):
        assert offered()[key].fn_index == COUNT
    assert list(offered()) == ["/echo", "/count", "/keep"]
    assert len(offered()) == 3


def test_an_endpoint_tells_what_it_is() -> None:
    known = sample_app().endpoints[COUNT]
    assert offered(known)["/count"].endpoint is known


def test_what_is_not_there_is_a_key_error() -> None:
    for key in (99, "/nowhere"):
        assert key not in offered()
    with pytest.raises(KeyError) as caught:
        offered()["/ecko"]
    assert caught.value.args == ("no endpoint '/ecko'; did you mean '/echo'?",)


def test_a_notebook_completes_the_names() -> None:
    endpoints: Any = offered()
    assert endpoints._ipython_key_completions_() == ["/echo", "/count", "/keep"]


def test_a_private_endpoint_is_not_listed() -> None:
    echo, count, keep = sample_app().endpoints
    listed = offered(echo, replace(count, visibility=Visibility.PRIVATE), keep)
    assert list(listed) == ["/echo", "/keep"]


def test_calling_an_endpoint_predicts_and_submits() -> None:
    echo = offered()["/echo"]
    assert echo("x", y=1) == ("predict", ("x",), ECHO, {"y": 1})
    assert echo.submit("x", y=1) == ["submit", ("x",), ECHO, {"y": 1}]


def test_an_endpoint_looks_like_a_function() -> None:
    echo = offered()["/echo"]
    assert (echo.api_name, echo.__name__) == ("/echo", "echo")
    assert [*inspect.signature(echo).parameters] == ["text"]
    assert "text" in (echo.__doc__ or "")


def test_an_endpoint_without_a_name_is_called_by_its_index() -> None:
    (endpoint,) = offered(replace(sample_app().endpoints[COUNT], name=None)).values()
    assert endpoint.__name__ == "fn_1"
    assert repr(endpoint).startswith("<Endpoint 1(")


def test_endpoints_show_their_names() -> None:
    echo, count, _ = sample_app().endpoints
    assert repr(offered(echo, replace(count, name=None))) == "<Endpoints /echo, 1>"
    assert repr(offered()["/echo"]) == "<Endpoint /echo(text: Any) -> Any>"
