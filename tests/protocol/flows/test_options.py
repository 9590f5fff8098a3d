"""What holds for each call, and how a call is made of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any
from uuid import UUID

import pytest

from gradio_protocol.app.files import Inline, LocalFile
from gradio_protocol.errors import InvalidArguments
from gradio_protocol.flows.options import Changes, Options
from tests.support.call_harness import app, function

STATEFUL = app("6.31.0", function(inputs=[4, 1], outputs=[4, 1]))
ENDPOINT = STATEFUL.endpoints[0]


def test_headers_are_added_and_all_else_is_changed() -> None:
    options = Options(headers=(("a", "1"),), max_retries=5, timeout=1.0)
    changed = options.changed({"headers": {"b": "2"}, "timeout": None, "isolated": True})
    assert changed == Options(headers=(("a", "1"), ("b", "2")), max_retries=5, isolated=True)


@pytest.mark.parametrize("changes", [{}, {"headers": None}])
def test_without_changes_options_are_what_they_were(changes: Any) -> None:
    assert Options(timeout=1.0).changed(changes) == Options(timeout=1.0)


def test_what_is_no_option_is_refused() -> None:
    changes: Any = {"total_timeout": 3}
    with pytest.raises(
        InvalidArguments, match="no option 'total_timeout'; the options are isolated, "
    ):
        Options().changed(changes)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"max_retries": "2"}, "max_retries: expected a number of at least 0, got '2'"),
        ({"max_retries": None}, "max_retries: expected a number of at least 0, got None"),
        ({"max_retries": 1.5}, "max_retries: expected a number of at least 0, got 1.5"),
        ({"timeout": "soon"}, "timeout: expected a number of at least 0, got 'soon'"),
        ({"timeout": -1}, "timeout: expected a number of at least 0, got -1"),
        ({"max_download_size": "1"}, "max_download_size: expected a number of at least 0, got '1'"),
    ],
)
def test_what_is_no_number_is_refused(changes: Any, text: str) -> None:
    with pytest.raises(InvalidArguments) as caught:
        Options().changed(changes)
    assert str(caught.value) == text


def test_the_data_of_an_event_is_what_json_has_for_it() -> None:
    changed = Options().changed({"event_data": {"index": (1, 0), "value": UUID(int=1)}})
    value = "00000000-0000-0000-0000-000000000001"
    assert changed.event_data == {"index": [1, 0], "value": value}
    assert changed.changed({"event_data": None}) == Options()


@pytest.mark.parametrize("file", [b"x", PurePosixPath("/a")])
def test_an_event_carries_no_file(file: object) -> None:
    with pytest.raises(InvalidArguments, match="event_data: expected JSON, got a file"):
        Options().changed({"event_data": [file]})


def test_all_changes_are_options() -> None:
    assert Changes.__annotations__.keys() <= set(Options.__dataclass_fields__)


def test_the_apps_own_state_is_no_argument() -> None:
    endpoint, data = Options().bind(ENDPOINT, (PurePosixPath("/a"),), {})
    assert endpoint is ENDPOINT
    assert data == [None, LocalFile("/a")]


def test_an_app_that_calls_another_one_sees_the_whole() -> None:
    endpoint, data = Options(include_hidden=True).bind(ENDPOINT, ("state", b"x"), {})
    assert data == ["state", Inline("file", b"x")]
    assert not any(slot.hidden for slot in (*endpoint.inputs, *endpoint.outputs))
    assert endpoint.visible_outputs(["state", "x"]) == ("state", "x")


def test_arguments_that_do_not_fit_are_refused() -> None:
    with pytest.raises(InvalidArguments, match="takes 1 value"):
        Options().bind(ENDPOINT, ("a", "b"), {})


def test_options_show_no_secret() -> None:
    assert "s3" not in repr(Options(headers=(("a", "s3"),), oauth_token="s3"))


def test_a_call_may_leave_types_to_the_app() -> None:
    (first,) = ENDPOINT.parameters
    endpoint = replace(ENDPOINT, parameters=(replace(first, component="Number"),))
    with pytest.raises(InvalidArguments, match="expected a number"):
        Options().bind(endpoint, ("7",), {})
    assert Options(check_types=False).bind(endpoint, ("7",), {}) == (
        endpoint,
        [None, "7"],
    )


def test_a_prediction_that_takes_too_long_says_that_its_job_is_cancelled() -> None:
    assert str(Options(timeout=1.5).timeout_error("<Job /slow>")) == (
        "<Job /slow>: no result after 1.5 s, so the job was cancelled; "
        "with_options(timeout=…) sets another limit"
    )
