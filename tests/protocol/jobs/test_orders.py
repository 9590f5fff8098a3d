"""`jobs.orders`: what passes between a session and its driver."""

from __future__ import annotations

from enum import Enum
from typing import get_args

import pytest

from gradio_protocol.errors import GradioError, RemoteError, TransportFailed
from gradio_protocol.jobs import orders
from gradio_protocol.jobs.orders import AnyAppQuestion, AnyQuestion, EndReason, StreamKind


def test_every_question_is_one() -> None:
    for question in get_args(AnyQuestion):
        assert issubclass(question, orders.Question)


def test_questions_about_the_app_are_questions() -> None:
    assert set(get_args(AnyAppQuestion)) < set(get_args(AnyQuestion))


@pytest.mark.parametrize("words", [EndReason, StreamKind])
def test_what_an_error_says_of_a_stream_is_in_words(words: type[Enum]) -> None:
    assert all(" " in member.value for member in words)


@pytest.mark.parametrize(
    ("error", "ending"),
    [
        (TransportFailed("nobody there", connected=False), EndReason.REFUSED),
        (TransportFailed("nobody answers", connected=False, late=True), EndReason.REFUSED),
        (TransportFailed("a stranger", connected=False, untrusted=True), EndReason.BROKEN),
        (TransportFailed("nothing comes", late=True), EndReason.SILENT),
        (TransportFailed("reset"), EndReason.BROKEN),
        (RemoteError("junk"), EndReason.BROKEN),
    ],
)
def test_an_error_says_how_a_stream_ended(error: GradioError, ending: EndReason) -> None:
    assert EndReason.of(error) is ending
