"""What is said of a network that failed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from gradio_protocol.errors import TransportFailed
from gradio_protocol.wire.exchange import origin
from gradio_protocol.wire.network import transport_error

HERE = origin("http://here:7860/")
PROXY = "http://p:3128"


class gaierror(OSError):  # noqa: N801 - as `socket` calls it
    """The name cannot be resolved."""


class SSLCertVerificationError(OSError):
    """The certificate is not trusted."""


class LibraryError(Exception):
    """What an HTTP library raises."""


def caused(cause: BaseException) -> LibraryError:
    error = LibraryError(str(cause))
    error.__cause__ = cause
    return error


def text(error: Exception, **how: Any) -> str:
    return str(transport_error(HERE, error, **how))


REFUSED = ConnectionRefusedError(111, "Connection refused")
UNKNOWN = gaierror("unknown name")
UNCONNECTED = {"connected": False}


@pytest.mark.parametrize(
    ("error", "how", "expected"),
    [
        (
            caused(REFUSED),
            UNCONNECTED,
            "Nothing answers at http://here:7860 (connection refused). Is the app running?",
        ),
        (
            caused(UNKNOWN),
            UNCONNECTED,
            "There is no host for http://here:7860 (unknown name). Is the address right?",
        ),
        (
            LibraryError("timed out"),
            {"connected": False, "late": True},
            "Nothing answers at http://here:7860 (no connection in time). Is the address right?",
        ),
        (
            LibraryError(),
            UNCONNECTED,
            "Cannot connect to http://here:7860 (LibraryError). Is the address right?",
        ),
        (
            LibraryError("timed out"),
            {"late": True},
            "http://here:7860 did not answer in time. Pass a larger `timeout` to wait longer.",
        ),
        (
            caused(ConnectionResetError("reset by peer")),
            {},
            "The connection to http://here:7860 broke (reset by peer). Is the app still running?",
        ),
        (
            LibraryError("x"),
            {"reason": "a better text"},
            "The connection to http://here:7860 broke (a better text). Is the app still running?",
        ),
    ],
)
def test_a_failure_says_what_happened_and_what_to_try(
    error: Exception, how: Mapping[str, Any], expected: str
) -> None:
    assert text(error, **how) == expected


def test_a_certificate_that_is_not_trusted_is_named_before_anything_else() -> None:
    error = transport_error(HERE, caused(SSLCertVerificationError("self-signed")), connected=False)
    assert error.untrusted
    assert str(error).startswith(
        "The certificate of http://here:7860 is not trusted (self-signed); for a certificate"
    )


def test_behind_a_proxy_nobody_knows_who_refused() -> None:
    error = transport_error(HERE, caused(REFUSED), connected=False, proxy=PROXY)
    assert str(error).startswith(
        "Cannot connect to http://here:7860 ([Errno 111] Connection refused); this went through"
        " the proxy http://p:3128"
    )


def test_only_a_port_that_nobody_listens_at_refuses() -> None:
    def refused(error: Exception, **how: Any) -> bool:
        return transport_error(HERE, error, **how).refused

    assert refused(caused(REFUSED), connected=False)
    assert not refused(caused(REFUSED))
    assert not refused(LibraryError("x"), connected=False)
    assert not refused(ConnectionRefusedError("proxy answered CONNECT: 403"), connected=False)


def test_each_of_several_addresses_counts() -> None:
    group = ExceptionGroup("all failed", [OSError("no route"), ExceptionGroup("more", [REFUSED])])
    assert transport_error(HERE, caused(group), connected=False).refused


def test_a_traceback_shows_of_the_cause_its_text_only() -> None:
    with pytest.raises(LibraryError) as caught:
        raise LibraryError("x") from REFUSED
    error = caught.value
    failed: TransportFailed = transport_error(HERE, error, connected=False)
    assert failed.refused
    assert error.__traceback__ is None
    assert error.__cause__ is None
    assert error.__suppress_context__
    assert error.__context__ is REFUSED
