"""The jar: what comes back to which host, path and scheme, and what is deleted without a clock."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradio_protocol.errors import InvalidArguments
from gradio_protocol.wire.cookies import Cookie, Jar
from gradio_protocol.wire.exchange import Headers

HTTP = "http://app.example:7860/demo/login"
HTTPS = "https://app.example/demo/login"
DATE = ("Date", "Wed, 21 Oct 2026 07:28:00 GMT")


def jar(*lines: str, url: str = HTTPS) -> Jar:
    return Jar().store(url, tuple(("Set-Cookie", line) for line in lines))


def test_both_cookies_of_a_login_are_sent_on_https_and_one_on_http() -> None:
    # As Gradio 3.44.4 and later sets them.
    lines = (
        "access-token-x1=abc; HttpOnly; Path=/; SameSite=none; Secure",
        "access-token-unsecure-x1=abc; HttpOnly; Path=/; SameSite=lax",
    )
    plain = "access-token-unsecure-x1=abc"
    assert jar(*lines, url=HTTPS).header(HTTPS) == f"access-token-x1=abc; {plain}"
    assert jar(*lines, url=HTTP).header(HTTP) == plain


def test_a_secure_cookie_is_never_sent_on_http() -> None:
    kept = jar("a=1; Path=/; Secure", "b=2; Path=/")
    assert kept.header(HTTP) == "b=2"
    assert kept.header(HTTPS) == "a=1; b=2"


def test_a_secure_cookie_from_http_is_ignored() -> None:
    assert jar("a=1; Path=/; Secure", url=HTTP) == Jar()


def test_an_empty_jar_sends_no_header() -> None:
    assert Jar().header(HTTPS) is None


@pytest.mark.parametrize(
    "other",
    [
        "https://evil.example/demo/",
        "https://example/demo/",
        "https://sub.app.example/demo/",
        "https://app.example.evil.example/demo/",
        "https://xapp.example/demo/",
    ],
)
@pytest.mark.parametrize("domain", ["", "; Domain=app.example", "; Domain=.example"])
def test_a_cookie_never_goes_to_another_host(other: str, domain: str) -> None:
    kept = jar(f"a=1; Path=/{domain}")
    assert kept.header(other) is None
    assert kept.header("https://APP.example:8443/x") == "a=1"


@pytest.mark.parametrize("domain", ["evil.example", "sub.app.example", "pp.example", "a,b"])
def test_a_domain_that_does_not_cover_the_host_voids_the_cookie(domain: str) -> None:
    assert jar(f"a=1; Domain={domain}") == Jar()


@pytest.mark.parametrize(
    ("attribute", "path", "sent"),
    [
        ("", "/demo", True),
        ("", "/demo/x", True),
        ("", "/demonstration", False),
        ("", "/", False),
        ("; Path=relative", "/demo/", True),
        ("; Path", "/demo/", True),
        ("; Path=/", "", True),
        ("; Path=/a/", "/a/b", True),
        ("; Path=/a/", "/a", False),
        ("; Path=/a; Path=/b", "/b", True),
        ("; Path=/a; Path=/b", "/a", False),
        (f"; Path=/{'a' * 1024}", "/demo/", True),
    ],
)
def test_a_path_is_matched_as_rfc_6265_says(attribute: str, path: str, sent: bool) -> None:
    header = jar(f"a=1{attribute}").header(f"https://app.example{path}?q=/demo/")
    assert header == ("a=1" if sent else None)


def test_the_default_path_of_a_reply_at_the_root_is_the_root() -> None:
    for url in ("https://app.example", "https://app.example/", "https://app.example/x"):
        assert jar("a=1", url=url).cookies[0].path == "/"


def test_longer_paths_come_first_then_older_cookies() -> None:
    kept = jar("a=1; Path=/", "b=2; Path=/demo", "c=3; Path=/")
    assert kept.header(HTTPS) == "b=2; a=1; c=3"


def test_a_cookie_that_is_set_again_keeps_its_place() -> None:
    kept = jar("a=1; Path=/", "b=2; Path=/", "a=3; Path=/")
    assert kept.header(HTTPS) == "a=3; b=2"


def test_one_name_on_two_paths_is_two_cookies() -> None:
    assert jar("a=1; Path=/", "a=2; Path=/demo").header(HTTPS) == "a=2; a=1"


@pytest.mark.parametrize(
    ("attributes", "kept"),
    [
        ("Max-Age=0", False),
        ("Max-Age=-1", False),
        ("Max-Age=000", False),
        ("Max-Age=10", True),
        ("Max-Age=soon", True),
        ("Max-Age=", True),
        ("Max-Age=10; Expires=Thu, 01 Jan 1970 00:00:00 GMT", True),
        ("Max-Age=0; Expires=Thu, 01 Jan 2099 00:00:00 GMT", False),
        ("Expires=Thu, 01 Jan 1970 00:00:00 GMT", False),
        ("expires=Thu, 01-Jan-1970 00:00:00 GMT", False),
        ("Expires=Wed, 21 Oct 2026 07:28:00 GMT", False),
        ("Expires=Wed, 21 Oct 2026 07:28:01 GMT", True),
        ("Expires=never", True),
        ("Expires", True),
    ],
)
def test_a_cookie_is_deleted_when_its_server_says_so(attributes: str, kept: bool) -> None:
    line = ("set-cookie", f"a=2; Path=/; {attributes}")
    after = jar("a=1; Path=/").store(HTTPS, (DATE, line))
    assert after.header(HTTPS) == ("a=2" if kept else None)


@pytest.mark.parametrize("date", [(), (("Date", "nonsense"),)])
def test_without_a_date_only_the_time_before_gradio_is_past(date: Headers) -> None:
    def after(expires: str) -> str | None:
        line = ("Set-Cookie", f"a=1; Path=/; Expires={expires}")
        return Jar().store(HTTPS, (*date, line)).header(HTTPS)

    assert after("Tue, 01 Jan 2019 00:00:00 GMT") is None
    assert after("Tue, 01 Jan 2019 00:00:01 GMT") == "a=1"


def test_deleting_what_is_not_there_changes_nothing() -> None:
    assert jar("a=1; Max-Age=0") == Jar()


@pytest.mark.parametrize(
    "line",
    ["", ";", "novalue", "=1", " = 1", "a\x00=1", "a=\x01", "a=☃", f"a={'x' * 4096}", "a=1\x7f"],
)
def test_a_malformed_cookie_is_ignored(line: str) -> None:
    assert jar(line, "b=2; Path=/").header(HTTPS) == "b=2"


def test_a_value_is_sent_as_it_came() -> None:
    assert jar('a = "x=1, y" ; Path=/').header(HTTPS) == 'a="x=1, y"'
    assert jar("a=; Path=/").header(HTTPS) == "a="


def test_other_headers_are_not_cookies() -> None:
    assert Jar().store(HTTPS, (("Set-Cookie2", "a=1"), ("Cookie", "a=1"))) == Jar()


def test_a_jar_holds_a_hundred_cookies_and_drops_the_oldest() -> None:
    kept = jar(*(f"c{n}=1; Path=/" for n in range(101)))
    assert len(kept.cookies) == 100
    assert kept.cookies[0].name == "c1"


def test_storing_leaves_the_old_jar_as_it_was() -> None:
    before = jar("a=1; Path=/")
    before.store(HTTPS, (("Set-Cookie", "a=2; Path=/"),))
    assert before.header(HTTPS) == "a=1"


def test_given_cookies_go_to_their_host_on_every_path() -> None:
    kept = Jar().with_cookies(HTTP, [("a", "1"), ("b", "2")])
    assert kept.header("http://app.example:7860/x") == "a=1; b=2"
    assert kept.header("http://other.example/x") is None


def test_a_given_cookie_is_replaced_by_the_server() -> None:
    kept = Jar().with_cookies(HTTPS, [("a", "1")]).store(HTTPS, (("Set-Cookie", "a=2; Path=/"),))
    assert kept.header(HTTPS) == "a=2"


@pytest.mark.parametrize(
    "pair", [("", "s3cret"), ("a=b", "s3cret"), ("a", "s3cret;"), ("a", "s3cret\n")]
)
def test_a_given_cookie_that_cannot_be_sent_is_named_but_not_shown(pair: tuple[str, str]) -> None:
    with pytest.raises(
        InvalidArguments, match=f"cookies: {pair[0]!r}: its name or value"
    ) as caught:
        Jar().with_cookies(HTTPS, [pair])
    assert "s3cret" not in str(caught.value)


def test_a_value_is_not_shown() -> None:
    cookie = Cookie(name="a", value="s3cret", host="h")
    assert "s3cret" not in repr(Jar((cookie,)))


@given(st.lists(st.text(max_size=60)), st.text(max_size=40))
def test_any_header_gives_a_jar_that_can_be_sent(lines: list[str], date: str) -> None:
    headers = (("Date", date), *(("Set-Cookie", line) for line in lines))
    header = Jar().store(HTTPS, headers).header(HTTPS)
    assert header is None or re.fullmatch(r"[\x20-\x7e\x80-\xff]+", header)
