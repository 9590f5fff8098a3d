"""The tree of errors: whose fault, which builtin they also are, and what they carry."""

from __future__ import annotations

import pytest

from gradio_protocol import errors
from gradio_protocol.errors import (
    AppChanged,
    AppError,
    AuthenticationError,
    FileFailed,
    GradioError,
    InvalidArguments,
    JobCancelled,
    QueueError,
    RemoteError,
    ServerStopped,
    SessionNotFound,
    SpaceUnavailable,
    StreamLost,
    TooManyRequestsError,
    TransportFailed,
    ValidationError,
)


def test_every_error_of_the_module_is_a_gradio_error() -> None:
    found = [value for value in vars(errors).values() if isinstance(value, type)]
    assert len(found) == 16
    assert all(issubclass(kind, GradioError) for kind in found)


@pytest.mark.parametrize(
    "kind",
    [
        AppChanged,
        AuthenticationError,
        QueueError,
        ServerStopped,
        SessionNotFound,
        SpaceUnavailable,
        StreamLost,
        TooManyRequestsError,
    ],
)
def test_a_broken_word_of_the_server_is_a_remote_error(kind: type[RemoteError]) -> None:
    assert issubclass(kind, RemoteError)
    assert kind("text", status=418).status == 418


@pytest.mark.parametrize(
    "kind",
    [AppError, FileFailed, InvalidArguments, JobCancelled, TransportFailed, ValidationError],
)
def test_what_is_not_the_servers_fault_is_no_remote_error(kind: type[GradioError]) -> None:
    assert not issubclass(kind, RemoteError)


@pytest.mark.parametrize(
    ("kind", "builtin"),
    [
        (InvalidArguments, ValueError),
        (InvalidArguments, TypeError),
        (AuthenticationError, ValueError),
        (SpaceUnavailable, ValueError),
        (AppError, ValueError),
        (ValidationError, ValueError),
    ],
)
def test_a_familiar_builtin_catches_it(kind: type[GradioError], builtin: type[Exception]) -> None:
    with pytest.raises(builtin, match="text"):
        raise kind("text")


def test_a_remote_error_has_no_status_unless_one_came() -> None:
    assert RemoteError("text").status is None
    assert str(RemoteError("text", status=500)) == "text"


def test_too_many_requests_carry_429_and_the_wait() -> None:
    error = TooManyRequestsError("slow down", retry_after=1.5)
    assert (error.status, error.retry_after) == (429, 1.5)
    assert TooManyRequestsError("slow down").retry_after is None


def test_an_app_error_has_the_defaults_of_the_official_client() -> None:
    error = AppError()
    assert (error.message, error.duration, error.visible, error.title, error.print_exception) == (
        "Error raised.",
        10,
        True,
        "Error",
        True,
    )
    assert str(error) == "Error raised."


def test_an_app_error_keeps_what_the_app_said() -> None:
    error = AppError("no", None, False, "Oh", False)
    assert (str(error), error.message, error.duration) == ("no", "no", None)
    assert (error.visible, error.title, error.print_exception) == (False, "Oh", False)


def test_a_transport_failure_says_whether_a_connection_was_made() -> None:
    assert TransportFailed("cut").connected
    assert not TransportFailed("refused", connected=False).connected
    assert not TransportFailed("cut").late
    assert TransportFailed("silent", late=True).late
