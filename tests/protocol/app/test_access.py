"""How an app is spoken to: addresses, identity, requests, session hashes."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradio_protocol.app.access import Access, App, session_hash, split_src
from gradio_protocol.app.config import read_config
from gradio_protocol.app.info import read_endpoints
from gradio_protocol.errors import InvalidArguments
from gradio_protocol.wire.cookies import Jar
from gradio_protocol.wire.exchange import Headers, origin
from gradio_protocol.wire.headers import Identity
from tests.support.scripted import header

SRC = "http://here/demo/"


def access(prefix: str = "/gradio_api", headers: Headers = ()) -> Access:
    identity = Identity(app=origin(SRC), headers=headers)
    return Access(
        src=SRC, identity=identity, jar=Jar().with_cookies(SRC, [("a", "1")]), prefix=prefix
    )


@pytest.mark.parametrize(
    ("src", "expected"),
    [
        ("http://here", "http://here/"),
        ("http://here/", "http://here/"),
        ("http://here/demo", "http://here/demo/"),
        ("http://here/demo/", "http://here/demo/"),
        ("HTTP://Here:80/Demo", "http://here/Demo/"),
        ("https://here:443", "https://here/"),
        ("http://here:7860/?__theme=dark#top", "http://here:7860/"),
        ("http://[::1]:7860", "http://[::1]:7860/"),
    ],
)
def test_an_address_ends_with_a_slash_and_has_no_query(src: str, expected: str) -> None:
    assert split_src(src) == (expected, ())


def test_user_and_password_in_an_address_become_a_header() -> None:
    assert split_src("https://me:p%40ss@here/x") == (
        "https://here/x/",
        (("authorization", "Basic bWU6cEBzcw=="),),
    )


@pytest.mark.parametrize("src", ["", "here", "ftp://here", "http://", "http://here:port"])
def test_what_is_no_address_is_the_callers_mistake(src: str) -> None:
    with pytest.raises(InvalidArguments, match="address"):
        split_src(src)


def test_the_page_has_no_prefix_and_the_api_has() -> None:
    assert access().page("config") == "http://here/demo/config"
    assert access().page("") == "http://here/demo/"
    assert access().api("info") == "http://here/demo/gradio_api/info"
    assert access(prefix="").api("info") == "http://here/demo/info"


def test_a_query_is_encoded() -> None:
    url = access().api("queue/data", session_hash="a&b", other="é")
    assert url == "http://here/demo/gradio_api/queue/data?session_hash=a%26b&other=%C3%A9"


def test_a_prefix_leads_to_no_other_host() -> None:
    assert access(prefix="//evil.example").api("info") == "http://here/demo/evil.example/info"


def test_a_file_is_addressed_by_its_path_percent_encoded() -> None:
    url = access().file_address("/tmp/a b/ü?.png")
    assert url == "http://here/demo/gradio_api/file=/tmp/a%20b/%C3%BC%3F.png"


def test_a_request_to_the_app_carries_its_cookies_and_headers() -> None:
    request = access(headers=(("x-mine", "1"),)).request("GET", f"{SRC}config")
    assert (request.method, request.url, request.body) == ("GET", "http://here/demo/config", ())
    assert (header(request, "cookie"), header(request, "x-mine")) == ("a=1", "1")


def test_what_each_request_carries_can_be_looked_at() -> None:
    known = access(headers=(("X-Mine", "1"), ("cookie", "b=2")))
    assert known.headers["x-mine"] == "1"
    assert known.headers.keys() == {"user-agent", "accept", "x-mine", "accept-encoding"}
    assert known.cookies == {"a": "1"}


def test_an_app_that_gave_no_cookie_gets_none() -> None:
    assert replace(access(), jar=Jar()).cookies == {}


def test_a_request_to_a_stranger_carries_neither() -> None:
    request = access(headers=(("x-mine", "1"),)).request("GET", "http://there/x")
    assert (header(request, "cookie"), header(request, "x-mine")) == (None, None)


def test_a_post_is_json_with_the_headers_of_its_call() -> None:
    request = access().post("queue/join", {"data": ["é"]}, call=(("x-call", "2"),))
    assert (request.method, request.url) == ("POST", "http://here/demo/gradio_api/queue/join")
    assert request.body == (b'{"data":["\\u00e9"]}',)
    assert header(request, "content-type") == "application/json"
    assert header(request, "x-call") == "2"


def test_a_post_of_what_json_cannot_say_is_the_callers_mistake() -> None:
    with pytest.raises(InvalidArguments, match="cannot be written as JSON"):
        access().post("queue/join", {"data": [object()]})


def test_a_get_is_for_a_document() -> None:
    request = access().get("info", all_endpoints="true")
    assert request.url == "http://here/demo/gradio_api/info?all_endpoints=true"
    assert (request.method, header(request, "accept")) == ("GET", "*/*")


def test_a_get_of_events_says_so() -> None:
    request = access().get("queue/data", events=True, session_hash="h")
    assert header(request, "accept") == "text/event-stream"
    assert header(request, "cache-control") == "no-store"


@pytest.mark.parametrize("call", [(), (("x-call", "2"), ("x-ip-token", "3"))])
@pytest.mark.parametrize("cookies", [(), (("a", "1"),)])
@pytest.mark.parametrize("src", [SRC, "https://me-app.hf.space/"])
@pytest.mark.parametrize("app", [True, False])
def test_what_was_worked_out_before_is_what_a_request_would_carry(
    call: Headers, cookies: Headers, src: str, app: bool
) -> None:
    headers = (("x-mine", "1"), ("accept", "text/plain"), ("x-gradio-user", "app"))
    mine = Identity(app=origin(src) if app else None, headers=headers, token="hf_x")
    known = Access(src=src, identity=mine, jar=Jar().with_cookies(src, cookies), prefix="/p")
    post, events = known.post("x", {}, call=call), known.get("y", events=True, call=call)
    json = (("content-type", "application/json"),)
    stream = (("accept", "text/event-stream"), ("cache-control", "no-store"))
    assert post == known.request("POST", known.api("x"), body=(b"{}",), own=json, call=call)
    assert events == known.request("GET", known.api("y"), own=stream, call=call)


def test_an_access_that_moves_carries_what_its_new_origin_may_see() -> None:
    old = Access(src=SRC, identity=Identity(app=origin(SRC), headers=(("x-mine", "1"),)))
    assert header(old.post("x", {}), "x-mine") == "1"
    moved = replace(old, src="https://there/", identity=replace(old.identity, headers=()))
    assert header(moved.post("x", {}), "x-mine") is None
    assert header(replace(old, src="https://there/").post("x", {}), "x-mine") is None


def test_an_access_shows_neither_cookies_nor_headers() -> None:
    known = access(headers=(("x-mine", "s3cret"),))
    assert "a=1" not in repr(known)
    assert "jar" not in repr(known)
    assert "s3cret" not in repr(known)


def app(kind: str) -> App:
    config = read_config(
        '{"version": "4.44.1", "protocol": "sse_v3", "components": '
        f'[{{"id": 1, "type": "{kind}"}}], '
        '"dependencies": [{"inputs": [1], "outputs": [1], "api_name": "f"}]}'
    )
    return App(access=access(), config=config, endpoints=read_endpoints(config, None))


def test_an_app_speaks_the_dialect_of_its_config() -> None:
    assert app("textbox").dialect.version == (4, 44, 1)


@pytest.mark.parametrize(("kind", "expected"), [("textbox", False), ("state", True)])
def test_an_app_is_stateful_where_one_of_its_functions_is(kind: str, expected: bool) -> None:
    assert app(kind).stateful is expected


@given(st.binary(), st.integers(0, 2**63))
def test_a_session_hash_is_twenty_digits_of_base_36(entropy: bytes, generation: int) -> None:
    assert re.fullmatch(r"[0-9a-z]{20}", session_hash(entropy, generation))


def test_a_session_hash_stays_what_it_was() -> None:
    assert session_hash(b"x" * 16) == "zg1c0nmeqcboseyp1pch"
    assert session_hash(b"", 7) == "mvkpqbyd6wqziy8x11oc"


def test_a_session_hash_depends_on_entropy_and_generation() -> None:
    hashes = {session_hash(bytes([n]), generation) for n in range(50) for generation in range(50)}
    assert len(hashes) == 2500
