"""Whether a word to Hugging Face is allowed."""

from __future__ import annotations

import pytest

from gradio_protocol.app.telemetry import report_use, telemetry_allowed


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


class Hub:
    """The library that sends reports."""

    def __init__(self, error: Exception | None = None) -> None:
        self.sent: list[object] = []
        self.error = error

    def load(self) -> Hub:
        if self.error is not None:
            raise self.error
        return self

    def send_telemetry(self, topic: str, library_name: str, library_version: str) -> None:
        self.sent.append((topic, library_name, library_version))


def test_a_use_is_reported_with_the_library_and_nothing_else() -> None:
    hub = Hub()
    report_use({}, hub.load, "lib", "1.0")
    report_use({"DO_NOT_TRACK": "1"}, hub.load, "lib", "1.0")
    assert hub.sent == [("lib/connected", "lib", "1.0")]


def test_a_report_that_cannot_be_sent_is_no_failure() -> None:
    report_use({}, Hub(ImportError("it is not there")).load, "lib", "1.0")
