"""`jobs.orders`: what passes between a session and its driver."""

from __future__ import annotations

from enum import Enum
from typing import get_args

import pytest

from gradio_protocol.errors import GradioError, RemoteError, TransportFailed
from gradio_protocol.jobs import orders
from gradio_protocol.jobs.orders import AnyKnowledge, AnyQuestion, Ending, StreamKind


def test_every_question_names_the_job_that_asks() -> None:
    for question in get_args(AnyQuestion):
        assert issubclass(question, orders.Question)
        assert "ticket" in question.__slots__


def test_questions_about_the_app_are_questions() -> None:
    assert set(get_args(AnyKnowledge)) < set(get_args(AnyQuestion))


@pytest.mark.parametrize("words", [Ending, StreamKind])
def test_what_an_error_says_of_a_stream_is_in_words(words: type[Enum]) -> None:
    assert all(" " in member.value for member in words)


@pytest.mark.parametrize(
    ("error", "ending"),
    [
        (TransportFailed("nobody there", connected=False), Ending.REFUSED),
        (TransportFailed("nobody answers", connected=False, late=True), Ending.REFUSED),
        (TransportFailed("a stranger", connected=False, untrusted=True), Ending.CUT),
        (TransportFailed("nothing comes", late=True), Ending.SILENT),
        (TransportFailed("reset"), Ending.CUT),
        (RemoteError("junk"), Ending.CUT),
    ],
)
def test_an_error_says_how_a_stream_ended(error: GradioError, ending: Ending) -> None:
    assert Ending.of(error) is ending
