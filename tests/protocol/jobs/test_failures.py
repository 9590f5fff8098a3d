"""`jobs.failures`: what an app says of its failures."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradio_protocol.app.dialect import Dialect, dialect
from gradio_protocol.jobs.failures import failure, validation
from gradio_protocol.wire.document import JSON

V3_50 = dialect("ws", "3.50.2")
V4_7 = dialect("sse", "4.7.1")
V4_29 = dialect("sse_v3", "4.29.0")
V4_44 = dialect("sse_v3", "4.44.1")
V5_50 = dialect("sse_v3", "5.50.0")
V6 = dialect("sse_v3", "6.31.0")
ALL = (V3_50, V4_7, V4_29, V4_44, V5_50, V6)

TEXTS = st.text("ab'\"\\\n\t\x00\x7fé\u2028\ud800\U0001f600nxuU019")
HIDDEN = "The app failed without saying why."


@pytest.mark.parametrize(
    ("served", "payload"),
    [
        (V3_50, {"error": "'boom gr: x'"}),
        (V4_7, {"error": "'boom gr: x'"}),
        (V4_29, {"error": "'boom gr: x'"}),
        (V4_44, {"error": "'boom gr: x'", "duration": 10, "visible": True}),
        (V5_50, {"error": "boom gr: x", "duration": 10, "visible": True, "title": "Error"}),
        (V6, {"error": "boom gr: x", "duration": 10, "visible": True, "title": "Error"}),
    ],
)
def test_every_server_says_the_same_of_a_gradio_error(served: Dialect, payload: JSON) -> None:
    error = failure(payload, served)
    assert error.message == "boom gr: x"
    assert (error.duration, error.visible, error.title) == (10, True, "Error")


@given(message=TEXTS)
def test_the_quotes_of_a_gradio_error_come_off_exactly(message: str) -> None:
    expected = message or HIDDEN
    assert failure({"error": repr(message), "duration": 10}, V4_44).message == expected
    assert failure({"error": repr(message)}, V4_29).message == expected


@given(message=TEXTS)
def test_no_text_breaks_the_mending(message: str) -> None:
    for served in ALL:
        assert failure({"error": message}, served).message
        assert failure({"error": f"'{message}'", "duration": 10}, served).message


@pytest.mark.parametrize("served", [V4_44, V5_50, V6])
def test_a_key_error_keeps_its_quotes_where_it_can_be_told(served: Dialect) -> None:
    assert failure({"error": "'kk'"}, served).message == "'kk'"


@pytest.mark.parametrize("text", ["'a' and 'b'", "'a", "a'", "it's", "'", "'\\'", "\"a'"])
def test_a_text_that_is_no_repr_stays(text: str) -> None:
    assert failure({"error": text}, V4_29).message == text


@pytest.mark.parametrize(
    ("text", "mended"),
    [("'\\q'", "q"), ("'\\xzz'", "xzz"), ("'\\U00110000'", "U00110000"), ("'\\ud800'", "\ud800")],
)
def test_an_escape_that_no_repr_has_is_let_through(text: str, mended: str) -> None:
    assert failure({"error": text}, V4_29).message == mended


@pytest.mark.parametrize("served", ALL)
@pytest.mark.parametrize("payload", [{"error": None}, {}, None, [], "x", {"error": 5}])
def test_a_hidden_error_says_that_it_is_hidden(served: Dialect, payload: JSON) -> None:
    assert failure(payload, served).message == HIDDEN


def test_the_text_none_hides_an_error_on_old_servers_only() -> None:
    assert failure({"error": "None"}, V4_7).message == HIDDEN
    assert failure({"error": "None"}, V4_44).message == "None"


def test_an_error_says_how_to_show_it() -> None:
    payload: JSON = {"error": "fancy", "duration": None, "visible": False, "title": "My title"}
    error = failure(payload, V6)
    assert (error.duration, error.visible, error.title) == (None, False, "My title")


@pytest.mark.parametrize(
    ("detail", "text"),
    [
        (
            [
                {
                    "__type__": "validate",
                    "is_valid": False,
                    "message": "too short",
                    "parameter_name": "x",
                },
                {"__type__": "validate", "is_valid": True, "message": "", "parameter_name": "y"},
                {"__type__": "validate", "is_valid": False, "message": "too long"},
            ],
            "x: too short\ntoo long",
        ),
        (
            [{"type": "missing", "loc": ["body", 0, "data", None], "msg": "Field required"}],
            "body.0.data: Field required",
        ),
        ([{"msg": "wrong"}, 5, {}], "wrong"),
        ([{"loc": "body"}], "The app refused the arguments."),
        ("Not Found", "The app refused the arguments."),
        (None, "The app refused the arguments."),
    ],
)
def test_a_refusal_says_which_input_and_why(detail: JSON, text: str) -> None:
    assert str(validation(detail)) == text
