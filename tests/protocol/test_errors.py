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
    causes,
    file_errors,
    proxy_address,
)


def test_every_error_of_the_module_is_a_gradio_error() -> None:
    here = vars(errors).values()
    found = [one for one in here if isinstance(one, type) and one.__module__ == errors.__name__]
    assert AppChanged in found
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


CONTENT = "iVBORw0KGgoAAAANSUhEUgAA" * 40


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"no file data:image/png;base64,{CONTENT} here", "no file data:image/png;base64,"),
        (f"{CONTENT}==", CONTENT[:40]),
    ],
)
def test_encoded_content_is_cut_short_in_every_error(text: str, shown: str) -> None:
    for error in (AppError(text), RemoteError(text), InvalidArguments(text)):
        assert str(error).startswith(shown)
        assert "characters)" in str(error)
        assert len(str(error)) < 120
    assert AppError(text).message == str(AppError(text))


@pytest.mark.parametrize(
    "text",
    [
        "data:text/plain;base64,aGVsbG8=",
        "/tmp/gradio/" + "0123456789abcdef" * 4 + "/a file.png",
        "word " * 200,
        "https://here/" + "segment-of-a-path/" * 40,
    ],
)
def test_what_is_short_or_no_content_stays_as_it_is(text: str) -> None:
    assert str(RemoteError(text)) == text


def test_what_is_no_text_stays_as_it_is() -> None:
    assert GradioError(7, "x").args == (7, "x")


def test_a_certificate_that_is_not_trusted_says_what_can_be_done() -> None:
    error = TransportFailed("asking: self-signed", connected=False, untrusted=True)
    assert error.untrusted
    assert "`ssl_verify` takes the path of a file or folder of CA certificates" in str(error)
    assert not TransportFailed("asking").untrusted
    assert "ssl_verify" not in str(TransportFailed("asking", connected=False))


def test_a_proxy_of_the_environment_is_named_where_no_connection_was_made() -> None:
    error = TransportFailed("refused", connected=False, proxy="http://p:3128")
    assert "the proxy http://p:3128, which the environment names" in str(error)
    assert "NO_PROXY or trust_env=False avoids it" in str(error)
    assert str(TransportFailed("cut", proxy="http://p:3128")) == "cut"


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("http://p:3128", "http://p:3128"),
        ("p:3128/", "http://p:3128"),
        ("https://me:hush@p", "https://p"),
        ("socks5://me:hush/@p:1/x", "socks5://p:1"),
        ("me:hush@p:1", "http://p:1"),
        ("me:hush://hush@p:1", "http://p:1"),
    ],
)
def test_the_address_of_a_proxy_has_no_credentials(given: str, shown: str) -> None:
    assert proxy_address(given) == shown


def test_an_error_is_followed_to_what_led_to_it() -> None:
    first, second, third = ValueError("1"), KeyError("2"), OSError("3")
    third.__cause__, second.__context__ = second, first
    assert [*causes(third)] == [third, second, first]


def test_what_the_system_says_of_a_file_is_a_file_failed() -> None:
    with (
        pytest.raises(FileFailed, match=r"^file 'a': No space left on device$") as raised,
        file_errors("a"),
    ):
        raise OSError(28, "No space left on device")
    assert isinstance(raised.value.__cause__, OSError)
    with (
        pytest.raises(FileFailed, match=r"^download folder 'b': odd$"),
        file_errors("b", "download folder"),
    ):
        raise OSError("odd")


def test_no_other_error_is_taken_for_one_of_a_file() -> None:
    with pytest.raises(ValueError, match="odd"), file_errors("a"):
        raise ValueError("odd")
