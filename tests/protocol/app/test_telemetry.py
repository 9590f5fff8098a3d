"""Whether a word to Hugging Face is allowed."""

from __future__ import annotations

import pytest

from gradio_protocol.app.telemetry import telemetry_allowed


def test_nothing_objects_in_an_empty_environment() -> None:
    assert telemetry_allowed({})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HF_HUB_DISABLE_TELEMETRY", "1"),
        ("DISABLE_TELEMETRY", "on"),
        ("DO_NOT_TRACK", "true"),
        ("HF_HUB_OFFLINE", "YES"),
        ("GRADIO_ANALYTICS_ENABLED", "False"),
        ("GRADIO_ANALYTICS_ENABLED", "0"),
    ],
)
def test_any_of_the_usual_variables_objects(name: str, value: str) -> None:
    assert not telemetry_allowed({name: value})


@pytest.mark.parametrize(
    ("name", "value"), [("DO_NOT_TRACK", "0"), ("GRADIO_ANALYTICS_ENABLED", "True")]
)
def test_a_variable_that_says_nothing_against_it_does_not(name: str, value: str) -> None:
    assert telemetry_allowed({name: value})
