"""Headers: which origin may see which secret, who wins, and what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradio_protocol._version import __version__
from gradio_protocol.errors import InvalidArguments
from gradio_protocol.wire.exchange import Headers, Origin, origin
from gradio_protocol.wire.headers import (
    HUB,
    Identity,
    Secret,
    TokenSource,
    as_headers,
    compose,
    drop_framing,
    redact,
    visible_secrets,
)

PASSED, SAVED = TokenSource.PASSED, TokenSource.SAVED
LOCAL = "http://127.0.0.1:7860"
SPACE = "https://me-app.hf.space"
MIRROR = "https://hub.example"

EVERYTHING = set(Secret)
OWN = {Secret.HEADERS, Secret.COOKIES}
TOKEN = {Secret.TOKEN}
NOTHING: set[Secret] = set()


def identity(app: str | None, source: TokenSource = PASSED, headers: Headers = ()) -> Identity:
    return Identity(
        app=origin(app) if app else None,
        token="hf_token",
        source=source,
        headers=headers,
        hub=origin(MIRROR),
    )


@pytest.mark.parametrize(
    ("app", "target", "passed", "saved"),
    [
        # The app's own origin.
        (LOCAL, LOCAL, OWN | TOKEN, OWN),
        ("https://my.example", "https://my.example", OWN | TOKEN, OWN),
        (SPACE, SPACE, EVERYTHING, EVERYTHING),
        ("http://me-app.hf.space", "http://me-app.hf.space", OWN | TOKEN, OWN),
        ("https://huggingface.co", "https://huggingface.co", EVERYTHING, EVERYTHING),
        (MIRROR, MIRROR, EVERYTHING, EVERYTHING),
        # Near it, but not it.
        (LOCAL, "http://127.0.0.1:7861", NOTHING, NOTHING),
        (LOCAL, "https://127.0.0.1:7860", NOTHING, NOTHING),
        (LOCAL, "http://localhost:7860", NOTHING, NOTHING),
        (SPACE, "http://me-app.hf.space", NOTHING, NOTHING),
        (SPACE, "https://me-app.hf.space:8443", NOTHING, NOTHING),
        # Other Spaces, the Hub, and those who only look like them.
        (SPACE, "https://you-app.hf.space", NOTHING, NOTHING),
        (SPACE, "https://huggingface.co", NOTHING, NOTHING),
        (SPACE, "https://me-app.hf.space.evil.example", NOTHING, NOTHING),
        ("https://evilhf.space", "https://evilhf.space", OWN | TOKEN, OWN),
        ("https://hf.space.evil.example", "https://hf.space.evil.example", OWN | TOKEN, OWN),
        ("https://xhuggingface.co", "https://xhuggingface.co", OWN | TOKEN, OWN),
        ("https://huggingface.co:444", "https://huggingface.co:444", OWN | TOKEN, OWN),
        # Looking a Space up.
        (None, "https://huggingface.co", TOKEN, TOKEN),
        (None, MIRROR, TOKEN, TOKEN),
        (None, "http://huggingface.co", NOTHING, NOTHING),
        (None, "http://hub.example", NOTHING, NOTHING),
        (None, SPACE, NOTHING, NOTHING),
        (None, LOCAL, NOTHING, NOTHING),
    ],
)
def test_an_origin_sees_what_the_table_says(
    app: str | None, target: str, passed: set[Secret], saved: set[Secret]
) -> None:
    assert visible_secrets(identity(app, PASSED), origin(target)) == passed
    assert visible_secrets(identity(app, SAVED), origin(target)) == saved


def test_a_hub_over_plain_http_gets_no_token() -> None:
    plain = Origin("http", "hub.example", 80)
    assert visible_secrets(Identity(app=None, token="t", hub=plain), plain) == NOTHING


def sent(
    who: Identity,
    url: str,
    *,
    method: str = "GET",
    cookie: str | None = None,
    call: Headers = (),
    own: Headers = (),
) -> dict[str, str]:
    return dict(compose(who, method, url, cookie=cookie, call=call, own=own))


@pytest.mark.parametrize(
    ("app", "url", "name"),
    [
        (SPACE, f"{SPACE}/config", "x-hf-authorization"),
        (LOCAL, f"{LOCAL}/config", "authorization"),
        (None, f"{MIRROR}/api/spaces/me/app", "authorization"),
        (None, "https://huggingface.co/api/spaces/me/app", "authorization"),
    ],
)
def test_the_token_travels_in_the_right_header(app: str | None, url: str, name: str) -> None:
    headers = sent(identity(app), url)
    assert [key for key, value in headers.items() if "hf_token" in value] == [name]
    assert headers[name] == "Bearer hf_token"


def test_no_token_means_no_header_for_it() -> None:
    headers = sent(Identity(app=origin(SPACE)), SPACE)
    assert not {"authorization", "x-hf-authorization"} & headers.keys()


@pytest.mark.parametrize("app", [LOCAL, SPACE])
def test_the_callers_authorization_goes_beside_the_token(app: str) -> None:
    headers = sent(identity(app, headers=(("Authorization", "Basic mine"),)), app)
    assert headers["authorization"] == "Basic mine"
    assert headers["x-hf-authorization"] == "Bearer hf_token"


def test_the_callers_own_header_for_spaces_wins_over_the_token() -> None:
    who = identity(SPACE, headers=(("X-HF-Authorization", "Bearer other"),))
    assert sent(who, SPACE)["x-hf-authorization"] == "Bearer other"


def test_a_calls_headers_win_over_the_clients_in_any_case_of_letters() -> None:
    who = identity(LOCAL, headers=(("X-Mine", "client"), ("User-Agent", "me")))
    headers = sent(who, LOCAL, call=(("x-MINE", "call"),))
    assert headers["x-mine"] == "call"
    assert headers["user-agent"] == "me"


def test_what_the_request_needs_wins_over_everyone() -> None:
    who = identity(LOCAL, headers=(("Content-Type", "text/x"), ("Accept-Encoding", "br")))
    headers = sent(who, LOCAL, own=(("content-type", "application/json"),))
    assert headers["content-type"] == "application/json"
    assert headers["accept-encoding"] == "identity"


def test_posts_say_that_they_come_from_an_api_client() -> None:
    assert sent(identity(LOCAL), LOCAL, method="POST")["x-gradio-user"] == "api"
    assert "x-gradio-user" not in sent(identity(LOCAL), LOCAL)


def test_the_caller_may_say_another_kind_of_user() -> None:
    who = identity(LOCAL, headers=(("X-Gradio-User", "app"),))
    assert sent(who, LOCAL, method="POST")["x-gradio-user"] == "app"


def test_the_user_agent_names_this_package_by_default() -> None:
    assert sent(Identity(app=None), LOCAL)["user-agent"] == f"gradio-protocol/{__version__}"


def test_a_stranger_gets_nothing_of_the_callers() -> None:
    who = identity(SPACE, headers=(("X-Mine", "1"), ("Cookie", "a=1"), ("User-Agent", "me")))
    headers = sent(who, "https://cdn.example/f", cookie="b=2", call=(("x-ip-token", "ip"),))
    assert headers == {
        "user-agent": f"gradio-protocol/{__version__}",
        "accept": "*/*",
        "accept-encoding": "identity",
    }


@pytest.mark.parametrize("app", [SPACE, LOCAL])
def test_the_visitors_token_goes_to_spaces_only(app: str) -> None:
    of_client = identity(app, headers=(("X-IP-Token", "ip"),))
    assert ("x-ip-token" in sent(of_client, app)) is (app == SPACE)
    assert ("x-ip-token" in sent(identity(app), app, call=(("X-IP-Token", "ip"),))) is (
        app == SPACE
    )


def test_the_visitors_token_of_one_call_is_not_kept() -> None:
    who = identity(SPACE)
    sent(who, SPACE, call=(("x-ip-token", "ip"),))
    assert "x-ip-token" not in sent(who, SPACE)


def test_the_jars_cookies_come_after_the_callers() -> None:
    who = identity(LOCAL, headers=(("Cookie", "a=1"),))
    assert sent(who, LOCAL, cookie="b=2")["cookie"] == "a=1; b=2"
    assert sent(who, LOCAL)["cookie"] == "a=1"
    assert sent(identity(LOCAL), LOCAL, cookie="b=2")["cookie"] == "b=2"


def test_names_are_lower_case_and_occur_once() -> None:
    who = identity(LOCAL, headers=(("A", "1"), ("a", "2")))
    names = [name for name, _ in compose(who, "POST", LOCAL, call=(("Accept", "x"),))]
    assert len(names) == len(set(names))
    assert all(name == name.lower() for name in names)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("x-a", "s3cret\r\nx-b: 1", "'x-a': its value contains a character"),
        ("x-a", "s3cret\n", "'x-a': its value contains a character"),
        ("x-a", "s3cret\r", "'x-a': its value contains a character"),
        ("x-a", "s3cret\x00", "'x-a': its value contains a character"),
        ("x-a", "s3cret\x7f", "'x-a': its value contains a character"),
        ("x-a", "s3cret ☃", "'x-a': its value contains a character"),
        ("x-a", "s3cret \ud800", "'x-a': its value contains a character"),
        ("x-a", b"s3cret\n", "'x-a': its value contains a character"),
        ("x-a", 5, "'x-a': expected text, got a value of type int"),
        ("x-a", None, "'x-a': expected text, got a value of type NoneType"),
        ("", "s3cret", "'' is not a valid header name"),
        ("x a", "s3cret", "'x a' is not a valid header name"),
        ("x-a:", "s3cret", "'x-a:' is not a valid header name"),
        ("x-a\n", "s3cret", "is not a valid header name"),
        ("ö", "s3cret", "is not a valid header name"),
        (b"\xf6", "s3cret", "is not a valid header name"),
        (5, "s3cret", "5 is not a valid header name"),
        ("Content-Length", "s3cret", "which the client sets itself"),
        ("TE", "s3cret", "which the client sets itself"),
    ],
)
def test_what_cannot_be_sent_is_named_but_not_shown(name: object, value: object, says: str) -> None:
    with pytest.raises(InvalidArguments, match=says) as caught:
        as_headers([(name, value)])
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("given_value", "value"),
    [("ö", "ö"), (b"\xf6", "ö"), (" a\tb ", "a\tb"), ("", "")],
)
def test_a_value_is_the_characters_of_latin_1(given_value: object, value: str) -> None:
    assert as_headers([("X-A", given_value)]) == (("x-a", value),)


@pytest.mark.parametrize("name", ["Te-X", "x-connection", "content-length-x"])
def test_only_the_framing_itself_is_the_connections(name: str) -> None:
    assert as_headers([(name, "1")]) == ((name.lower(), "1"),)


def test_an_identity_is_checked_at_birth() -> None:
    with pytest.raises(InvalidArguments, match="'token'"):
        Identity(app=None, token="hf\n")
    with pytest.raises(InvalidArguments, match="'user-agent'"):
        Identity(app=None, user_agent="a\nb")
    with pytest.raises(InvalidArguments, match="'a b'"):
        Identity(app=None, headers=(("a b", "1"),))


def test_a_calls_headers_are_checked_when_they_are_sent() -> None:
    with pytest.raises(InvalidArguments, match="'x-a'"):
        compose(identity(LOCAL), "GET", LOCAL, call=(("x-a", "1\r\n"),))


def test_an_identity_shows_no_secret() -> None:
    shown = repr(identity(LOCAL, headers=(("x-a", "s3cret"),)))
    assert "s3cret" not in shown
    assert "hf_token" not in shown


def test_a_log_shows_only_harmless_values() -> None:
    headers = (("Accept", "*/*"), ("Authorization", "Bearer x"), ("X-Mine", "y"), ("Cookie", "z"))
    assert redact(headers) == (
        ("Accept", "*/*"),
        ("Authorization", "…"),
        ("X-Mine", "…"),
        ("Cookie", "…"),
    )


def test_a_header_that_begins_like_a_harmless_one_is_hidden() -> None:
    assert redact((("Host-Token", "x"),)) == (("Host-Token", "…"),)


@given(st.lists(st.tuples(st.text() | st.binary() | st.none(), st.text() | st.binary())))
def test_any_pairs_give_headers_or_a_typed_error(pairs: list[tuple[object, object]]) -> None:
    try:
        headers = as_headers(pairs)
    except InvalidArguments:
        return
    for name, value in headers:
        assert name.isascii()
        assert not set("\r\n\x00") & set(value)
        assert value.encode("latin-1").decode("latin-1") == value


@given(st.text(max_size=30))
def test_no_path_of_a_stranger_makes_it_trusted(path: str) -> None:
    headers = compose(identity(SPACE), "GET", f"https://evil.example/{path}")
    assert not any("hf_token" in value for _, value in headers)


def test_the_hub_is_hugging_face_unless_said_otherwise() -> None:
    assert Identity(app=None).hub == HUB == origin("https://huggingface.co")


def test_what_belongs_to_one_request_is_dropped_from_headers_that_go_on() -> None:
    given = {"Content-Length": "3", "Transfer-Encoding": "chunked", "Cookie": "a=b", "X-Te": "1"}
    assert drop_framing(given) == {"Cookie": "a=b", "X-Te": "1"}
