"""Statuses: which error a reply means, and how long it asks to wait."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradio_protocol.errors import (
    AuthenticationError,
    GradioError,
    QueueError,
    RemoteError,
    TooManyRequestsError,
)
from gradio_protocol.wire.exchange import Head, Headers, Response
from gradio_protocol.wire.status import error_from_response, http_date, retry_after

URL = "https://u:s3cret@a.example/config?s3cret"
FULL = b'{"detail":"Queue is full. Max size is 1 and size is 1."}'


def refused(status: int, body: bytes = b"", headers: Headers = ()) -> GradioError:
    return error_from_response(
        Response(status=status, body=body, headers=headers, url=URL), doing="joining the queue"
    )


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (401, b"", AuthenticationError),
        (429, b"", TooManyRequestsError),
        (503, FULL, QueueError),
        (503, b'{"detail":"Queue is stopped."}', QueueError),
        (500, FULL, QueueError),
        (503, b"", RemoteError),
        (500, b'{"detail":"Queue is stopped."}', RemoteError),
        (500, b'{"error":null}', RemoteError),
        (404, b'{"detail":"Not Found"}', RemoteError),
        (302, b"", RemoteError),
        (200, b"", RemoteError),
    ],
)
def test_a_status_means_one_kind_of_error(
    status: int, body: bytes, kind: type[RemoteError]
) -> None:
    error = refused(status, body)
    assert type(error) is kind
    assert isinstance(error, RemoteError)
    assert error.status == status


def test_the_text_says_what_was_tried_where_and_what_came() -> None:
    assert str(refused(404, b'{"detail":"Not Found"}')) == (
        "joining the queue: https://a.example/config answered 404: Not Found"
    )


@pytest.mark.parametrize(
    ("body", "content_type", "detail"),
    [
        (b'"text"', "application/json", "text"),
        (b'{"error":"boom"}', "application/json", "boom"),
        (b'{"message":"boom"}', "application/json", "boom"),
        (b'{"detail":{"error":"boom","auth_message":null}}', "application/json", "boom"),
        (b'{"detail":[1]}', "application/json", ""),
        (b"[1]", "application/json", ""),
        (b"Traceback:\n  x = 1\nKeyError: 'a'\n", "text/plain", "KeyError: 'a'"),
        (b"<html>nginx</html>", "text/html", ""),
        (b" \n ", "text/plain", ""),
    ],
)
def test_the_detail_is_what_a_person_would_read(
    body: bytes, content_type: str, detail: str
) -> None:
    text = str(refused(502, body, (("Content-Type", content_type),)))
    assert text.partition(" answered 502")[2] == (f": {detail}" if detail else "")


def test_a_bug_of_the_app_is_explained_by_its_own_log() -> None:
    text = str(refused(500, b'{"detail":"Internal Server Error."}'))
    assert text.endswith("answered 500: Internal Server Error; the app's own log says why")


def test_a_detail_nested_beyond_all_reason_is_no_failure_of_ours() -> None:
    depth = 900
    assert str(refused(502, b'{"detail":' * depth + b'"deep"' + b"}" * depth)).endswith("deep")


def test_a_head_has_no_detail() -> None:
    error = error_from_response(Head(status=503, url=URL), doing="listening")
    assert str(error) == "listening: https://a.example/config answered 503"


def test_a_redirect_says_where_to_without_secrets() -> None:
    error = refused(302, headers=(("Location", "https://u:s3cret@b.example/?s3cret"),))
    assert str(error).endswith("a redirect to https://b.example/, not followed")
    assert str(refused(302)).endswith("a redirect to nowhere, not followed")


def test_no_text_shows_the_secrets_of_the_address() -> None:
    assert "s3cret" not in str(refused(401))


def test_a_full_queue_is_worth_another_try() -> None:
    assert str(refused(503, FULL)).endswith("Max size is 1 and size is 1; try again later")


DATE = ("Date", "Wed, 21 Oct 2026 07:28:00 GMT")


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ((), None),
        ((("Retry-After", "120"),), 120.0),
        ((("Retry-After", " 1.5 "),), 1.5),
        ((("Retry-After", "-1"),), None),
        ((("Retry-After", "1" * 400),), None),
        ((("Retry-After", "soon"),), None),
        ((DATE, ("Retry-After", "Wed, 21 Oct 2026 07:29:30 GMT")), 90.0),
        ((DATE, ("Retry-After", "Wed, 21 Oct 2026 07:00:00 GMT")), 0.0),
        ((("Retry-After", "Wed, 21 Oct 2026 07:29:30 GMT"),), None),
        ((DATE, ("Retry-After", "Wed, 21 Foo 2026 07:29:30 GMT")), None),
    ],
)
def test_a_wait_is_read_in_seconds_and_as_a_date(headers: Headers, seconds: float | None) -> None:
    assert retry_after(Response(status=429, headers=headers)) == seconds
    error = refused(429, headers=headers)
    assert isinstance(error, TooManyRequestsError)
    assert error.retry_after == seconds
    after = "later" if seconds is None else f"after {seconds:g} s"
    assert str(error).endswith(f"answered 429; try again {after}")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
        ("Thu, 01 Jan 1970 00:00:01 GMT", 1),
        ("Wed, 31 Dec 1969 23:59:59 GMT", -1),
        ("Tue, 29 Feb 2000 12:00:00 GMT", 951825600),
        ("Wed, 01 Mar 2000 00:00:00 GMT", 951868800),
        ("Fri, 01 Mar 2100 00:00:00 GMT", 4107542400),
        (" Sun, 06 Nov 1994 08:49:37 GMT ", 784111777),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 253402300799),
        ("Sat, 01 Jan 0000 00:00:00 GMT", None),
        ("Sunday, 06-Nov-94 08:49:37 GMT", None),
        ("", None),
    ],
)
def test_a_date_is_seconds_since_1970(text: str, seconds: int | None) -> None:
    assert http_date(text) == seconds


@given(st.integers(100, 599), st.binary(), st.text(), st.text())
def test_any_reply_means_some_error(status: int, body: bytes, kind: str, wait: str) -> None:
    headers = (("content-type", kind), ("retry-after", wait), ("location", kind))
    assert isinstance(refused(status, body, headers), RemoteError)


PAGE: Headers = (("content-type", "text/html; charset=utf-8"),)


@pytest.mark.parametrize(
    ("status", "headers", "named"),
    [(502, (), True), (504, (), True), (407, (), True), (403, PAGE, True), (403, (), False)],
)
def test_a_proxy_of_the_environment_that_may_have_answered_is_named(
    status: int, headers: Headers, named: bool
) -> None:
    head = Head(status=status, headers=headers, url=URL, proxy="http://p:3128")
    hint = "the proxy http://p:3128, which the environment names: NO_PROXY or trust_env=False"
    assert (hint in str(error_from_response(head, doing="connecting"))) is named
    assert (hint in str(error_from_response(head.with_body(b"no"), doing="connecting"))) is named
    assert "proxy" not in str(refused(status, headers=headers))
