"""Requests, responses and addresses as values."""

from __future__ import annotations

import re
import traceback
import urllib.request
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradio_protocol.errors import FileFailed, InvalidArguments
from gradio_protocol.wire.exchange import (
    FileSlice,
    Head,
    Origin,
    Request,
    Response,
    find_proxy,
    first_header,
    is_address,
    join,
    origin,
    quote_path,
    redact_url,
)

MUNICH = b"xn--mnchen-3ya.example:1"


def test_the_size_of_a_body_counts_bytes_and_files() -> None:
    file = FileSlice(path="/x", size=100, mtime_ns=0)
    assert Request(method="POST", url="http://a/", body=(b"abc", file, b"d")).size == 104
    assert Request(method="GET", url="http://a/").size == 0


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("http://a.example", "/"),
        ("http://a.example/x%20y", "/x%20y"),
        ("http://a.example/x?q=1&r", "/x?q=1&r"),
        ("http://a.example?q", "/?q"),
        ("http://a.example/my app/ü?ö=%20 ?", "/my%20app/%C3%BC?%C3%B6=%20%20?"),
        ("http://a.example/\ud800", "/%3F"),
    ],
)
def test_a_request_line_asks_for_path_and_query(url: str, target: str) -> None:
    assert Request(method="GET", url=url).target == target


@pytest.mark.parametrize(
    ("request_", "encoded"),
    [
        (Request(method="GET", url="http://a.example/"), [(b"host", b"a.example")]),
        (Request(method="HEAD", url="http://[::1]:7860/"), [(b"host", b"[::1]:7860")]),
        (Request(method="GET", url="http://münchen.example:1/"), [(b"host", MUNICH)]),
        (
            Request(method="POST", url="http://a.example/", headers=(("x-name", "Zo\xeb"),)),
            [(b"host", b"a.example"), (b"content-length", b"0"), (b"x-name", b"Zo\xeb")],
        ),
        (
            Request(method="GET", url="http://a.example/", headers=(("Host", "b"),), body=(b"x",)),
            [(b"content-length", b"1"), (b"Host", b"b")],
        ),
    ],
)
def test_headers_go_out_with_host_and_length(
    request_: Request, encoded: list[tuple[bytes, bytes]]
) -> None:
    assert request_.encoded == encoded


def test_a_host_whose_name_no_header_can_carry_is_refused() -> None:
    with pytest.raises(InvalidArguments, match="address http://"):
        _ = Request(method="GET", url="http://ü..example/").encoded


def test_a_reply_is_made_of_what_came() -> None:
    request = Request(method="GET", url="http://a.example/x")
    head = Head.of(request, 200, [(b"x-name", b"Zo\xeb")])
    assert head == Head(status=200, headers=(("x-name", "Zo\xeb"),), url=request.url)
    whole = Response(status=200, headers=head.headers, body=b"all", url=request.url)
    assert head.with_body(b"all") == whole


class Found(NamedTuple):
    """What the operating system says of a file."""

    st_size: int
    st_mtime_ns: int


@pytest.mark.parametrize(("size", "mtime_ns"), [(99, 7), (100, 8)])
def test_a_file_that_has_changed_is_not_sent(size: int, mtime_ns: int) -> None:
    part = FileSlice(path="/x", size=100, mtime_ns=7)
    part.check(Found(100, 7))
    with pytest.raises(FileFailed, match="'/x' changed while it was being uploaded"):
        part.check(Found(size, mtime_ns))


def test_no_header_query_or_body_is_shown() -> None:
    url = "https://a.example/x?__sign=s3cret"
    headers = (("authorization", "s3cret"),)
    request = Request(method="GET", url=url, headers=headers, body=(b"s3cret",))
    head = Head(status=200, headers=headers, url=url)
    response = Response(status=200, headers=headers, url=url, body=b"s3cret")
    assert repr(request) == "Request(GET https://a.example/x)"
    assert repr(head) == "Head(200 https://a.example/x)"
    assert repr(response) == "Response(200 https://a.example/x, 6 bytes)"


def test_no_session_hash_of_a_heartbeat_is_shown() -> None:
    url = "https://a.example/gradio_api/heartbeat/s3cret"
    for shown in (
        Request(method="GET", url=url),
        Head(status=200, url=url),
        Response(status=200, url=url),
    ):
        assert "s3cret" not in repr(shown)
        assert "https://a.example/gradio_api/heartbeat/…" in repr(shown)


def test_a_header_is_found_in_any_case_of_letters() -> None:
    headers = (("X-A", "1"), ("x-a", "2"), ("B", "3"))
    assert Response(status=200, headers=headers).header("x-A") == "1"
    assert Head(status=200, headers=headers).header("b") == "3"
    assert first_header(headers, "c") is None


def test_the_text_of_a_reply_is_utf8_with_replacements() -> None:
    assert Response(status=200, body="ö".encode() + b"\xff").text == "ö\ufffd"


@pytest.mark.parametrize(
    ("url", "expected", "text"),
    [
        ("http://A.example/x", Origin("http", "a.example", 80), "http://a.example"),
        ("HTTPS://a.example:443", Origin("https", "a.example", 443), "https://a.example"),
        ("http://a.example:7860/", Origin("http", "a.example", 7860), "http://a.example:7860"),
        ("http://[::1]:7860/", Origin("http", "::1", 7860), "http://[::1]:7860"),
        ("https://[::1]", Origin("https", "::1", 443), "https://[::1]"),
        ("http://a.example:0/", Origin("http", "a.example", 0), "http://a.example:0"),
        ("https://u:p@a.example/", Origin("https", "a.example", 443), "https://a.example"),
    ],
)
def test_an_origin_is_scheme_host_and_port(url: str, expected: Origin, text: str) -> None:
    assert origin(url) == expected
    assert str(origin(url)) == text


def test_host_and_port_of_an_origin_are_those_of_a_connect_request() -> None:
    assert origin("https://a.example/").host_port == "a.example:443"
    assert origin("http://[::1]:7860/").host_port == "[::1]:7860"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "app",
        "user/space",
        "ftp://a.example/",
        "http://",
        "http:///x",
        "http://[::1/",
        "http://a.example:port/",
        "http://a.example:99999/",
        "//a.example/",
    ],
)
def test_what_has_no_web_origin_is_refused(url: str) -> None:
    with pytest.raises(InvalidArguments, match=r"^address "):
        origin(url)


def test_a_refused_address_hides_user_and_password() -> None:
    for url in (
        "ftp://me:s3cret@a.example/",
        "me:s3cret@a.example/x?y=s3cret",
        "https://me:s3/cret@a.example/",
        "https://me:s3?cret@a.example/",
        "https://me:s3[cret@a.example/",
    ):
        with pytest.raises(InvalidArguments) as caught:
            origin(url)
        shown = "".join(traceback.format_exception(caught.value)).partition("InvalidArguments")[2]
        assert not re.search("s3|cret", shown)
        assert "address " in shown
        assert "a.example" in shown


def test_a_password_in_an_address_has_to_be_encoded() -> None:
    with pytest.raises(
        InvalidArguments, match="percent-encode the user and the password"
    ) as caught:
        origin("https://me:s3/cret@a.example/")
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


@given(st.text() | st.text().map(lambda rest: f"http://{rest}"))
def test_any_text_has_an_origin_or_a_typed_error(url: str) -> None:
    try:
        found = origin(url)
    except InvalidArguments:
        return
    assert found.scheme in ("http", "https")
    assert found.host
    assert 0 <= found.port < 65536


def read(url: str) -> object:
    try:
        return origin(url), Request(method="GET", url=url).target
    except InvalidArguments:
        return None


@given(
    st.sampled_from(("http", "https")),
    st.from_regex(r"[a-zA-Z0-9.@%\[\]_ü-]{0,8}(:[0-9]{0,6})?", fullmatch=True),
    st.text("/?#%@:&=+~ü [];\t\\aZ0", max_size=8),
)
def test_a_plain_address_is_read_as_the_parser_reads_it(scheme: str, place: str, rest: str) -> None:
    url = f"://{place}/{rest}"
    # In upper case it means the same, and is not plain.
    assert read(scheme + url) == read(scheme.upper() + url)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("http://a", True),
        ("HTTPS://a", True),
        ("user/space", False),
        ("file:///x", False),
        ("C:/http://", False),
    ],
)
def test_an_address_is_known_by_its_beginning(text: str, answer: bool) -> None:
    assert is_address(text) is answer


@pytest.mark.parametrize(
    ("base", "path"),
    [
        ("http://a/demo", "config"),
        ("http://a/demo/", "config"),
        ("http://a/demo/", "/config"),
        ("http://a/demo", "//config"),
    ],
)
def test_a_path_is_joined_below_the_base(base: str, path: str) -> None:
    assert join(base, path) == "http://a/demo/config"


@pytest.mark.parametrize(
    ("proxies", "url", "proxy"),
    [
        ({"http": "p"}, "http://a", "p"),
        ({"http": "p"}, "https://a", ""),
        ({"all": "q", "http": "p"}, "http://a", "p"),
        ({"all": "q", "http": "p"}, "https://a", "q"),
        ({"all": "q", "no": "a"}, "http://x.a", ""),
        ({"all": "q", "no": "a:80"}, "http://a", ""),
        ({"all": "q", "no": "a:81"}, "http://a", "q"),
        ({"all": "q", "no": "*"}, "http://a", ""),
        ({"all": "q", "no": "b, *"}, "http://a", ""),
        ({"all": "q", "no": "::1"}, "http://[::1]:8000", ""),
        ({"all": "q", "no": "b"}, "http://a", "q"),
        ({}, "http://a", ""),
    ],
)
def test_the_environment_has_a_proxy_for_some_origins(
    proxies: dict[str, str], url: str, proxy: str
) -> None:
    bypasses = vars(urllib.request)["proxy_bypass_environment"]
    assert find_proxy(proxies, origin(url), bypasses) == proxy


def test_joining_never_leaves_the_base() -> None:
    assert join("http://a/demo", "http://b/x") == "http://a/demo/http://b/x"


@pytest.mark.parametrize(
    ("path", "encoded"),
    [
        ("/tmp/a b.txt", "/tmp/a%20b.txt"),
        ("/tmp/ö#?%.txt", "/tmp/%C3%B6%23%3F%25.txt"),
        ("C:\\x", "C%3A%5Cx"),
        ("\ud800", "%3F"),
    ],
)
def test_a_servers_path_is_percent_encoded(path: str, encoded: str) -> None:
    assert quote_path(path) == encoded


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("https://u:p@a.example/x?q=1#f", "https://a.example/x"),
        ("https://a.example", "https://a.example"),
        ("https://a.example/@x", "https://a.example/@x"),
        ("https://a.example/gradio_api/heartbeat/0abc", "https://a.example/gradio_api/heartbeat/…"),
        ("u:p@a.example", "a.example"),
        ("user/space", "user/space"),
        ("https://u@v@a.example/", "https://a.example/"),
        ("https://u:p@a.example/@x", "https://a.example/@x"),
        ("https://u:p@[::1]:80/x", "https://[::1]:80/x"),
        ("https://u:p/q@a.example/x", "https://a.example/x"),
        ("https://u:p?q@a.example/x", "https://a.example/x"),
        ("https://u:p[q@a.example/x", "https://a.example/x"),
        ("https:/u:p@a.example/x", "a.example/x"),
    ],
)
def test_an_address_is_shown_without_what_may_be_secret(url: str, text: str) -> None:
    assert redact_url(url) == text


def test_a_reply_that_switches_protocols_ends_http() -> None:
    assert Head(status=101).is_upgrade
    assert not Head(status=200).is_upgrade
