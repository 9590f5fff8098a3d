"""What of this project stands in the traceback of a caller."""

from __future__ import annotations

from traceback import extract_tb

from gradio_protocol.errors import RemoteError
from gradio_protocol.present.tracebacks import short_traceback


def fail(error: Exception) -> None:
    raise error


def functions(error: Exception) -> list[str]:
    """The functions in the traceback of an error that passed through the block."""
    try:
        with short_traceback:
            fail(error)
    except type(error):
        return [frame.name for frame in extract_tb(error.__traceback__)]
    raise AssertionError


def test_an_error_of_ours_leaves_without_the_frames_below() -> None:
    assert "fail" not in functions(RemoteError("x"))


def test_any_other_error_is_a_bug_and_keeps_them() -> None:
    assert "fail" in functions(KeyError("x"))


def test_a_block_without_an_error_returns() -> None:
    with short_traceback:
        value = 1
    assert value == 1
