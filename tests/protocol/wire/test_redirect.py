"""Redirects: what is followed, what goes along, and when the app itself has moved."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradio_protocol.wire.exchange import Request, Response, origin
from gradio_protocol.wire.redirect import changes_origin, follow_redirect

HERE = "https://app.example/demo/config?x=1"
HEADERS = (
    ("Accept", "*/*"),
    ("authorization", "Bearer s3cret"),
    ("cookie", "a=1"),
    ("x-mine", "1"),
    ("user-agent", "me"),
)


def follow(
    location: str | None, *, status: int = 302, method: str = "GET", url: str = HERE
) -> Request | None:
    request = Request(method=method, url=url, headers=HEADERS, body=(b"body",))
    headers = () if location is None else (("Location", location),)
    return follow_redirect(request, Response(status=status, headers=headers, url=url))


def target(location: str, url: str = HERE) -> str | None:
    request = follow(location, url=url)
    return None if request is None else request.url


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_get_is_repeated_on_the_same_origin_as_it_was(status: int) -> None:
    assert follow("/demo/", status=status) == Request(
        method="GET", url="https://app.example/demo/", headers=HEADERS, body=(b"body",)
    )


@pytest.mark.parametrize("status", [200, 201, 300, 304, 305, 306, 401, 500])
def test_other_statuses_are_no_redirects(status: int) -> None:
    assert follow("/demo/", status=status) is None


@pytest.mark.parametrize("location", [None, ""])
def test_a_redirect_to_nowhere_is_not_followed(location: str | None) -> None:
    assert follow(location) is None


@pytest.mark.parametrize("status", [301, 302, 303])
def test_a_post_is_not_repeated_where_it_could_become_a_get(status: int) -> None:
    assert follow("/x", status=status, method="POST") is None


@pytest.mark.parametrize("status", [307, 308])
def test_a_post_is_repeated_on_the_same_origin_only(status: int) -> None:
    again = follow("/x", status=status, method="POST")
    assert again == Request(
        method="POST", url="https://app.example/x", headers=HEADERS, body=(b"body",)
    )
    assert follow("https://cdn.example/x", status=status, method="POST") is None


@pytest.mark.parametrize(
    "location",
    [
        "https://cdn.example/f",
        "//cdn.example/f",
        "https://app.example:444/f",
        "https://sub.app.example/f",
        "https://app.example@cdn.example/f",
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_another_origin_gets_no_secret_and_no_body(location: str, method: str) -> None:
    request = follow(location, method=method)
    assert request is not None
    assert request.method == method
    assert request.headers == (("Accept", "*/*"), ("user-agent", "me"))
    assert request.body == ()


@pytest.mark.parametrize("location", ["http://app.example/demo/", "http://cdn.example/f"])
def test_https_never_leads_to_http(location: str) -> None:
    assert follow(location) is None


def test_http_leads_to_https_without_secrets() -> None:
    request = follow("https://app.example/demo/", url="http://app.example/demo")
    assert request is not None
    assert request.headers == (("Accept", "*/*"), ("user-agent", "me"))


@pytest.mark.parametrize(
    ("location", "url"),
    [
        ("next", "https://app.example/demo/next"),
        ("../up", "https://app.example/up"),
        ("?q=1", "https://app.example/demo/config?q=1"),
        ("/a b/ö", "https://app.example/a%20b/%F6"),
        ("/a%20b#part", "https://app.example/a%20b"),
        (" /x ", "https://app.example/x"),
        ("https://u:p@app.example/x", "https://app.example/x"),
        ("HTTPS://APP.example:443/x", "https://APP.example:443/x"),
        ("https://cdn.example\\@app.example/x", "https://app.example/x"),
    ],
)
def test_a_location_becomes_an_absolute_encoded_address(location: str, url: str) -> None:
    assert target(location) == url


@pytest.mark.parametrize(
    "location",
    [
        "ftp://app.example/x",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "/☃",
        "http://[",
        "https://a:x/",
    ],
)
def test_a_location_that_is_no_web_address_is_not_followed(location: str) -> None:
    assert follow(location) is None


@given(st.text())
def test_any_location_is_followed_or_not_without_a_failure(location: str) -> None:
    request = follow(location)
    if request is not None and origin(request.url) != origin(HERE):
        assert not any("s3cret" in value for _, value in request.headers)
        assert origin(request.url).scheme == "https"


@pytest.mark.parametrize(
    ("old", "new", "moved"),
    [
        ("http://a.example", "https://a.example", True),
        ("http://a.example:7860", "https://a.example", True),
        ("http://a.example:7860", "https://a.example:7860", True),
        ("http://a.example:7860", "https://a.example:7861", False),
        ("https://a.example", "http://a.example", False),
        ("http://a.example", "https://b.example", False),
        ("http://a.example", "https://www.a.example", False),
        ("http://a.example", "http://a.example", False),
        ("http://a.example", "http://a.example:81", False),
        ("https://a.example", "https://a.example:444", False),
    ],
)
def test_an_app_moves_only_to_https_on_its_own_host(old: str, new: str, moved: bool) -> None:
    assert changes_origin(origin(old), origin(new)) is moved
