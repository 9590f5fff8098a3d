"""Exit codes and sentences for everything that can fail."""

from __future__ import annotations

from concurrent.futures import CancelledError

import pytest

from gradio_client_httpx.cli.failures import exit_code, explain
from gradio_protocol import (
    AppChanged,
    AppError,
    AuthenticationError,
    FileFailed,
    InvalidArguments,
    QueueError,
    RemoteError,
    SpaceUnavailable,
    StreamLost,
    TooManyRequestsError,
    TransportFailed,
    ValidationError,
)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (AppError("no"), 1),
        (CancelledError(), 1),
        (InvalidArguments("no"), 2),
        (ValidationError("no"), 2),
        (FileFailed("no"), 2),
        (PermissionError(13, "Permission denied", "a"), 2),
        (TransportFailed("no"), 3),
        (RemoteError("no"), 3),
        (StreamLost("no"), 3),
        (AppChanged("no"), 3),
        (TimeoutError("no"), 3),
        (AuthenticationError("no"), 4),
        (TooManyRequestsError("no"), 4),
        (QueueError("no"), 4),
        (SpaceUnavailable("no"), 4),
        (RemoteError("no", status=403), 4),
        (AppError("no", title="ZeroGPU quota exceeded"), 4),
        (KeyboardInterrupt(), 130),
    ],
)
def test_the_exit_code_tells_what_failed(error: BaseException, code: int) -> None:
    assert exit_code(error) == code


def named(error: AppError) -> AppError:
    error.api_name = "/f"
    return error


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (named(AppError("no\x1b[2J")), "/f failed: no [2J"),
        (AppError("used up", title="Quota"), "the app failed: Quota: used up"),
        (CancelledError(), "the server cancelled the job"),
        (TimeoutError("no result after 2 s"), "no result after 2 s"),
        (FileNotFoundError(2, "No such file or directory", "a.json"), "a.json: No such file or "),
        (ZeroDivisionError("division by zero"), "ZeroDivisionError: division by zero"),
    ],
)
def test_an_error_is_one_line(error: BaseException, words: str) -> None:
    assert explain(error).startswith(words)
