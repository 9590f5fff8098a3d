"""Getting to know an app: Spaces, logins, redirects, documents; and doing it again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from gradio_protocol.app.access import App
from gradio_protocol.errors import (
    AppChanged,
    AuthenticationError,
    GradioError,
    InvalidArguments,
    RemoteError,
    SpaceUnavailable,
    TooManyRequestsError,
    TransportFailed,
)
from gradio_protocol.flows.connect import Target, connect, is_same_app, rebind, refresh_app
from gradio_protocol.flows.retry import RetryPolicy
from gradio_protocol.wire.document import write
from gradio_protocol.wire.exchange import Origin, Response, origin
from gradio_protocol.wire.headers import TokenSource
from tests.support.scripted import Answer, Driver, header, redirect, reply, web

Routes = Mapping[str, Answer | Sequence[Answer]]

SRC = "http://here:7860/"
CONFIG, INFO = f"GET {SRC}config", f"GET {SRC}gradio_api/info"
LOGIN, APP_ID = f"POST {SRC}login", f"GET {SRC}gradio_api/app_id"
PAGE = f"GET {SRC}"


def function(index: int, name: str | None = "echo", *inputs: int) -> dict[str, Any]:
    return {"id": index, "api_name": name, "inputs": list(inputs or (1,)), "outputs": [1]}


def document(**changes: Any) -> dict[str, Any]:
    components = [
        {"id": 1, "type": "textbox", "props": {"label": "Words"}},
        {"id": 2, "type": "state", "skip_api": True},
        {"id": 3, "type": "textbox", "props": {"label": "More"}},
    ]
    return {
        "version": "6.31.0",
        "protocol": "sse_v3",
        "api_prefix": "/gradio_api",
        "app_id": 7008212356378033242,
        "components": components,
        "dependencies": [function(0)],
        **changes,
    }


def info(parameter: str = "words") -> dict[str, Any]:
    described = {"parameter_name": parameter, "label": "Words", "type": {"type": "string"}}
    return {"named_endpoints": {"/echo": {"parameters": [described], "returns": [{}]}}}


def site(routes: Routes | None = None, **changes: Any) -> Driver:
    """An app with everything in its place, but for these routes."""
    whole: Routes = {CONFIG: reply(document(**changes)), INFO: reply(info()), **(routes or {})}
    return web(whole)


def target(src: str = SRC, **given: Any) -> Target:
    given.setdefault("policy", RetryPolicy(max_retries=0))
    return Target(src=src, **given)


def connected(driver: Driver | None = None, **given: Any) -> App:
    return (driver or site()).run(connect(target(**given)))


def parameters(app: App) -> list[str]:
    return [parameter.name for parameter in app.endpoints[0].parameters]


# What an app says about itself.


def test_an_app_is_its_config_and_its_info() -> None:
    driver = site()
    app = connected(driver)
    assert driver.asked == [CONFIG, INFO]
    assert (app.access.src, app.access.prefix) == (SRC, "/gradio_api")
    assert app.config.version == "6.31.0"
    assert parameters(app) == ["words"]
    assert app.notes == ()


def queries(driver: Driver) -> list[str]:
    return [request.url.partition("?")[2] for request in driver.requests[1:]]


def test_plain_types_are_asked_for() -> None:
    driver = site()
    connected(driver)
    assert queries(driver) == ["serialize=false"]


UNLISTED = function(1, "unlisted", 1) | {"api_visibility": "undocumented"}


def test_undocumented_endpoints_are_asked_for_where_there_are_any() -> None:
    entries: Any = info()["named_endpoints"]
    hidden = info("hidden")["named_endpoints"]["/echo"]
    everything = {"named_endpoints": {"/echo": hidden, "/unlisted": hidden}}
    answers = [reply({"named_endpoints": entries}), reply(everything)]
    driver = site({INFO: answers}, dependencies=[function(0), UNLISTED])
    app = connected(driver)
    assert queries(driver) == ["serialize=false", "all_endpoints=true&serialize=false"]
    assert [[p.name for p in e.parameters] for e in app.endpoints] == [["words"], ["hidden"]]
    assert app.notes == ()


def test_servers_up_to_4_31_3_are_not_asked_for_undocumented_endpoints() -> None:
    driver = site(version="4.31.3", dependencies=[function(0), UNLISTED])
    connected(driver)
    assert queries(driver) == ["serialize=false"]


def test_a_failing_list_of_undocumented_endpoints_costs_the_public_ones_nothing() -> None:
    answers = [reply(info()), Response(status=500)]
    app = connected(site({INFO: answers}, dependencies=[function(0), UNLISTED]))
    assert [[p.name for p in e.parameters] for e in app.endpoints] == [["words"], ["words"]]
    (note,) = app.notes
    assert note.endswith("undocumented endpoints' parameters are taken from the config")


def test_what_a_server_may_send_is_bounded() -> None:
    driver = site()
    connected(driver)
    assert [send.limit for send in driver.sends] == [2**26, 2**26]


@pytest.mark.parametrize("src", ["http://here:7860", "HTTP://HERE:7860/?x=1#y"])
def test_the_slash_is_there_before_the_first_request(src: str) -> None:
    driver = site()
    connected(driver, src=src)
    assert driver.asked[0] == CONFIG


def test_an_app_below_a_path_is_asked_below_that_path() -> None:
    driver = web({"GET http://here/demo/config": reply(document()), INFO: reply(info())})
    app = connected(driver, src="http://here/demo")
    assert driver.asked[1] == "GET http://here/demo/gradio_api/info"
    assert app.access.src == "http://here/demo/"


def test_a_prefix_is_percent_encoded() -> None:
    assert connected(site(api_prefix="/a b\r\nx: y")).access.prefix == "/a%20b%0D%0Ax%3A%20y"


def test_what_is_no_address_is_the_callers_mistake() -> None:
    with pytest.raises(InvalidArguments, match="a Space's name"):
        connected(src="here")


def test_a_cookie_that_cannot_be_sent_is_the_callers_mistake() -> None:
    with pytest.raises(InvalidArguments, match="cookies"):
        connected(cookies=(("a", "1;2"),))


def test_a_config_that_is_missing_is_read_from_the_page() -> None:
    html = b"<!doctype html><script>window.gradio_config = " + write(document()) + b";</script>"
    driver = site({CONFIG: Response(status=404), PAGE: Response(status=200, body=html)})
    assert connected(driver).config.version == "6.31.0"
    assert driver.asked == [CONFIG, PAGE, INFO]


def test_a_page_without_a_config_is_no_app() -> None:
    page = Response(status=200, body=b"<html>hello</html>")
    driver = site({CONFIG: Response(status=404), PAGE: page})
    with pytest.raises(
        RemoteError,
        match=r"here:7860/ does not answer like a Gradio app \(the page contains no config",
    ):
        connected(driver)


def test_a_config_that_is_none_is_named_with_its_address() -> None:
    driver = site({CONFIG: reply({"version": 1})})
    with pytest.raises(
        RemoteError,
        match=r"7860/config does not answer like .* 'version': expected a string, got an integer",
    ):
        connected(driver)


@pytest.mark.parametrize("status", [400, 403, 418, 500, 502, 503])
def test_any_other_status_is_named_with_its_address(status: int) -> None:
    driver = site({CONFIG: Response(status=status)})
    with pytest.raises(RemoteError, match=f"http://here:7860/config answered {status}") as caught:
        connected(driver)
    assert caught.value.status == status


def test_a_host_that_is_too_busy_says_for_how_long() -> None:
    driver = site({CONFIG: Response(status=429, headers=(("retry-after", "99"),))})
    with pytest.raises(TooManyRequestsError) as caught:
        connected(driver)
    assert caught.value.retry_after == 99


def test_a_failure_of_the_network_is_tried_again() -> None:
    driver = site({CONFIG: [TransportFailed("cut"), reply(document())]})
    connected(driver, policy=RetryPolicy(max_retries=1))
    assert driver.asked == [CONFIG, CONFIG, INFO]
    assert len(driver.slept) == 1


def test_a_network_that_does_not_deliver_is_named() -> None:
    with pytest.raises(TransportFailed, match="cut"):
        connected(site({CONFIG: TransportFailed("cut")}))


# Without /info.


@pytest.mark.parametrize("status", [404, 500])
def test_without_an_info_the_config_has_to_do(status: int) -> None:
    app = connected(site({INFO: Response(status=status)}))
    assert len(parameters(app)) == 1
    (note,) = app.notes
    assert note.startswith(f"http://here:7860/gradio_api/info answered {status}: ")
    assert note.endswith("names and types of parameters are taken from the config")


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"named_endpoints": {"/echo": 1}}'])
def test_an_info_that_cannot_be_read_is_none(body: bytes) -> None:
    app = connected(site({INFO: Response(status=200, body=body)}))
    assert len(parameters(app)) == 1
    assert "info" in app.notes[0]


def test_servers_that_have_no_info_are_not_asked_for_it() -> None:
    driver = site(version="3.16.2", protocol=None, api_prefix=None)
    app = connected(driver)
    assert driver.asked == [CONFIG]
    assert app.notes[0].startswith("before 3.26 there is no /info: ")


def test_an_info_that_wants_a_login_is_an_error() -> None:
    with pytest.raises(AuthenticationError, match=r"gradio_api/info answered 401"):
        connected(site({INFO: Response(status=401)}))


# Identity.


def test_the_apps_requests_carry_what_the_caller_gave() -> None:
    driver = site()
    given = {"headers": (("X-Mine", "1"),), "cookies": (("c", "2"),), "token": "hf_x"}
    connected(driver, **given)
    for request in driver.requests:
        assert header(request, "x-mine") == "1"
        assert header(request, "cookie") == "c=2"
        assert header(request, "authorization") == "Bearer hf_x"


def test_the_callers_headers_win_over_those_of_the_address() -> None:
    driver = site()
    connected(driver, src="http://me:pw@here:7860", headers=(("Authorization", "mine"),))
    assert header(driver.requests[0], "authorization") == "mine"


def test_the_password_of_an_address_goes_with_every_request() -> None:
    driver = site()
    connected(driver, src="http://me:pw@here:7860")
    assert {header(request, "authorization") for request in driver.requests} == {"Basic bWU6cHc="}


def test_a_saved_token_is_not_for_strangers() -> None:
    driver = site()
    connected(driver, saved_token="hf_x")
    assert "hf_x" not in repr([request.headers for request in driver.requests])


@pytest.mark.parametrize(
    "src", ["user/name", "https://user-name.hf.space/", "https://huggingface.co/spaces/user/name"]
)
def test_a_saved_token_is_wanted_for_hugging_face(src: str) -> None:
    assert Target(src=src).wants_saved_token
    assert not Target(src=src, token="mine").wants_saved_token
    assert not Target(src=src, token=False).wants_saved_token


def test_a_saved_token_is_wanted_for_another_hub_and_for_no_other_address() -> None:
    hub = Origin("https", "hub.example", 443)
    assert Target(src="https://hub.example/spaces/a/b", hub=hub).wants_saved_token
    assert not Target(src="http://127.0.0.1:7860", hub=hub).wants_saved_token


def test_a_token_that_was_passed_goes_before_a_saved_one() -> None:
    both = Target(src=SRC, token="mine", saved_token="saved").identity(None)
    assert (both.token, both.source) == ("mine", TokenSource.PASSED)
    saved = Target(src=SRC, saved_token="saved").identity(None)
    assert (saved.token, saved.source) == ("saved", TokenSource.SAVED)


def test_a_target_knows_the_space_that_it_names() -> None:
    assert Target(src="user/name").space == "user/name"
    assert Target(src="https://huggingface.co/spaces/user/name").space == "user/name"
    assert Target(src=SRC).space is None


def test_the_cookies_of_every_reply_are_kept() -> None:
    sticky = (("set-cookie", "route=1"), ("set-cookie", "lb=a; Path=/"))
    driver = site(
        {
            CONFIG: reply(document(), headers=sticky),
            INFO: reply(info(), headers=(("set-cookie", "lb=b; Path=/"),)),
        }
    )
    app = connected(driver)
    assert header(driver.requests[1], "cookie") == "route=1; lb=a"
    assert app.access.jar.header(SRC) == "route=1; lb=b"


def test_a_target_shows_no_secret() -> None:
    given = {
        "headers": (("x", "s3"),),
        "token": "s3",
        "auth": ("s3", "s3"),
        "cookies": (("c", "s3"),),
    }
    assert repr(target("http://me:s3@here/?s3", **given)) == "Target(http://here/)"


# Logins.

LOCKED = reply({"detail": "Not authenticated"}, 401)
TOKEN = (("set-cookie", "access-token-unsecure-1=t; Path=/"),)
AUTH = ("me", "pä ss&")


def locked(*logins: Answer, after: Answer | None = None) -> Driver:
    return site({CONFIG: [LOCKED, after or reply(document())], LOGIN: logins})


def test_an_app_that_wants_a_login_says_so() -> None:
    with pytest.raises(AuthenticationError, match=r"config answered 401: Not authenticated"):
        connected(locked())


def test_a_login_opens_the_app() -> None:
    driver = locked(reply({"success": True}, headers=TOKEN))
    app = connected(driver, auth=AUTH)
    assert driver.asked == [CONFIG, LOGIN, CONFIG, INFO]
    assert driver.requests[1].body == (b"username=me&password=p%C3%A4+ss%26",)
    form = "application/x-www-form-urlencoded"
    assert header(driver.requests[1], "content-type") == form
    assert header(driver.requests[2], "cookie") == "access-token-unsecure-1=t"
    assert app.access.jar.header(SRC) == "access-token-unsecure-1=t"


def test_a_login_may_answer_with_a_redirect_to_the_page() -> None:
    driver = locked(redirect("/", 302, (("set-cookie", "access-token=t"),)))  # before 3.17
    connected(driver, auth=AUTH)
    assert driver.asked == [CONFIG, LOGIN, CONFIG, INFO]
    assert header(driver.requests[2], "cookie") == "access-token=t"


def test_a_login_is_kept_to_itself_where_the_app_wants_none() -> None:
    driver = site()
    connected(driver, auth=AUTH)
    assert driver.asked == [CONFIG, INFO]


@pytest.mark.parametrize("status", [400, 401])
def test_a_login_that_is_refused_says_so(status: int) -> None:
    driver = locked(reply({"detail": "Incorrect credentials."}, status))
    with pytest.raises(AuthenticationError, match="rejected the user or the password") as caught:
        connected(driver, auth=AUTH)
    assert caught.value.status == status
    assert "ss" not in str(caught.value).replace("password", "")


@pytest.mark.parametrize("status", [404, 405, 422, 500])
def test_a_login_that_goes_wrong_is_named_with_its_address(status: int) -> None:
    driver = locked(Response(status=status))
    with pytest.raises(RemoteError, match=f"logging in: http://here:7860/login answered {status}"):
        connected(driver, auth=AUTH)


def test_a_login_that_does_not_help_says_why_it_may_not() -> None:
    driver = locked(reply({"success": True}), after=LOCKED)
    with pytest.raises(AuthenticationError, match="its cookie may be for https only") as caught:
        connected(driver, auth=AUTH)
    assert caught.value.status == 401


def test_a_login_over_https_cannot_blame_its_cookie() -> None:
    driver = web({"GET https://here/config": LOCKED, "POST https://here/login": redirect("/", 302)})
    with pytest.raises(AuthenticationError, match=r"but still requires a login$"):
        connected(driver, src="https://here", auth=AUTH)


def test_a_page_may_be_what_wants_the_login() -> None:
    def page(config: object) -> Response:
        html = b"<script>window.gradio_config = " + write(config) + b";</script>"
        return Response(status=200, body=html)

    wanting = {"auth_required": True, "auth_message": None}
    routes: dict[str, Answer | Sequence[Answer]] = {
        CONFIG: Response(status=404),
        PAGE: [page(wanting), page(document())],
        LOGIN: reply({"success": True}),
    }
    driver = site(routes)
    connected(driver, auth=AUTH)
    assert driver.asked == [CONFIG, PAGE, LOGIN, CONFIG, PAGE, INFO]
    with pytest.raises(AuthenticationError, match="http://here:7860/ requires a login"):
        connected(site(routes))


def test_an_app_without_a_login_says_that_none_was_needed() -> None:
    assert connected(site(), auth=AUTH).notes == (
        "the app requires no login, so `auth` is not used",
    )


def test_an_app_that_knows_a_cookie_may_have_known_the_login() -> None:
    assert connected(site(), auth=AUTH, cookies=(("access-token", "x"),)).notes == ()


# Redirects.


def test_a_redirect_to_https_moves_the_app() -> None:
    driver = web(
        {
            "GET http://here/demo/config": redirect("https://here/demo/config", 301),
            "GET https://here/demo/config": reply(document()),
            "GET https://here/demo/gradio_api/info": reply(info()),
        }
    )
    app = connected(driver, src="http://here/demo", headers=(("x-mine", "1"),))
    assert app.access.src == "https://here/demo/"
    assert app.access.identity.app == origin("https://here")
    assert [header(request, "x-mine") for request in driver.requests] == ["1", "1", "1"]


def test_a_password_goes_over_https_where_the_app_has_moved_there() -> None:
    driver = web(
        {
            "GET http://here/config": redirect("https://here/config", 301),
            "GET https://here/config": [LOCKED, reply(document())],
            "POST https://here/login": reply({"success": True}),
        }
    )
    connected(driver, src="http://here", auth=AUTH)
    assert [url for url in driver.asked if "login" in url] == ["POST https://here/login"]


def test_a_login_may_be_redirected_to_its_neighbour() -> None:
    slash = f"{LOGIN}/"
    driver = site(
        {
            CONFIG: [LOCKED, reply(document())],
            LOGIN: redirect("/login/", 308),
            slash: reply({"success": True}, headers=TOKEN),
        }
    )
    connected(driver, auth=AUTH)
    first, second = (request for request in driver.requests if request.method == "POST")
    assert (second.body, second.headers) == (first.body, first.headers)


def test_a_redirect_to_another_path_moves_the_app_there() -> None:
    driver = web(
        {
            "GET http://here/old/config": redirect("/new/config"),
            "GET http://here/new/config": reply(document()),
            "GET http://here/new/gradio_api/info": reply(info()),
        }
    )
    app = connected(driver, src="http://here/old/")
    assert (app.access.src, app.notes) == ("http://here/new/", ())


def test_a_redirect_to_something_else_leaves_the_app_where_it_is() -> None:
    driver = site({CONFIG: redirect("/documents/1"), f"{PAGE}documents/1": reply(document())})
    assert connected(driver).access.src == SRC


def test_a_cookie_set_by_a_redirect_goes_along() -> None:
    sticky = redirect("/config", 302, (("set-cookie", "lb=a"),))
    driver = site({CONFIG: [sticky, reply(document())]})
    connected(driver)
    assert [header(request, "cookie") for request in driver.requests] == [None, "lb=a", "lb=a"]


@pytest.mark.parametrize("location", ["https://there/config", "http://here:7861/config"])
def test_a_redirect_to_a_stranger_is_refused(location: str) -> None:
    driver = site({CONFIG: redirect(location)})
    with pytest.raises(RemoteError, match=f"a redirect to {location}, not followed"):
        connected(driver)
    assert driver.asked == [CONFIG]


def test_a_redirect_from_https_to_http_is_refused() -> None:
    driver = web({"GET https://here/config": redirect("http://here/config")})
    with pytest.raises(RemoteError, match="not followed"):
        connected(driver, src="https://here")


def test_redirects_have_an_end() -> None:
    driver = site({CONFIG: redirect("/config")})
    with pytest.raises(RemoteError, match="more than 5 redirects"):
        connected(driver)
    assert len(driver.requests) == 6


# Spaces.

API = "GET https://huggingface.co/api/spaces/user/name"
HOST, RUNTIME = f"{API}/host", f"{API}/runtime"
HOME = "https://user-name.hf.space"


def at(stage: str) -> Response:
    return reply({"stage": stage})


def space(*stages: str, **routes: Answer) -> Driver:
    return web(
        {
            HOST: reply({"host": HOME}),
            RUNTIME: [at(stage) for stage in stages],
            f"GET {HOME}/config": reply(document()),
            f"GET {HOME}/gradio_api/info": reply(info()),
            **{RUNTIME if name == "runtime" else HOST: answer for name, answer in routes.items()},
        }
    )


@pytest.mark.parametrize("src", ["user/name", "https://huggingface.co/spaces/user/name"])
def test_a_space_is_looked_up_at_the_hub(src: str) -> None:
    driver = space("RUNNING")
    app = connected(driver, src=src)
    assert driver.asked[:3] == [HOST, RUNTIME, f"GET {HOME}/config"]
    assert app.access.src == f"{HOME}/"
    assert driver.slept == []


def test_the_hub_sees_the_token_and_nothing_else() -> None:
    driver = space("RUNNING")
    given = {"headers": (("x-mine", "1"),), "cookies": (("c", "2"),), "token": "hf_x"}
    connected(driver, src="user/name", **given)
    hub, _, home, _ = driver.requests
    assert (header(hub, "x-mine"), header(hub, "cookie")) == (None, None)
    assert (header(home, "x-mine"), header(home, "cookie")) == ("1", "c=2")
    assert header(hub, "authorization") == "Bearer hf_x"
    assert header(home, "x-hf-authorization") == "Bearer hf_x"


def test_another_hub_is_asked_where_there_is_one() -> None:
    there = "GET https://hub.example/api/spaces/user/name"
    driver = web({f"{there}/host": Response(status=404)})
    with pytest.raises(RemoteError, match=r"looking up the Space: https://hub\.example/"):
        connected(driver, src="user/name", hub=origin("https://hub.example"))


@pytest.mark.parametrize("status", [401, 404, 500])
@pytest.mark.parametrize("route", ["host", "runtime"])
def test_a_space_that_cannot_be_looked_up_is_an_error(route: str, status: int) -> None:
    driver = space("RUNNING", **{route: Response(status=status)})
    with pytest.raises(RemoteError, match=f"spaces/user/name/{route} answered {status}") as caught:
        connected(driver, src="user/name")
    assert isinstance(caught.value, AuthenticationError) is (status == 401)


def test_a_space_elsewhere_is_not_visited() -> None:
    driver = space("RUNNING", host=reply({"host": "https://evil.example"}))
    with pytest.raises(RemoteError, match="host of the Space"):
        connected(driver, src="user/name", token="hf_x")
    assert driver.asked == [HOST]


def test_a_space_that_was_renamed_is_found() -> None:
    moved = "GET https://huggingface.co/api/spaces/user/other/host"
    driver = space("RUNNING", host=redirect("/api/spaces/user/other/host"))
    with pytest.raises(RemoteError, match="user/other/host answered 404"):
        connected(driver, src="user/name")
    assert driver.asked == [HOST, moved]


def test_a_space_that_is_being_built_is_waited_for() -> None:
    driver = space("BUILDING", "APP_STARTING", "NEW_STAGE", "RUNNING")
    assert connected(driver, src="user/name").access.src == f"{HOME}/"
    assert driver.slept == [2, 2, 2]


def test_a_space_that_takes_too_long_is_an_error() -> None:
    driver = space("BUILDING")
    with pytest.raises(RemoteError, match="Space user/name: BUILDING after 5 s: it is being built"):
        connected(driver, src="user/name", space_timeout=5.0)
    assert driver.slept == [2, 2, 1]


def test_who_has_no_patience_does_not_wait() -> None:
    driver = space("BUILDING")
    with pytest.raises(RemoteError, match="Space user/name: BUILDING: it is being built"):
        connected(driver, src="user/name", space_timeout=0.0)
    assert driver.slept == []


def test_a_space_that_is_broken_says_what_to_do() -> None:
    driver = space("PAUSED")
    with pytest.raises(ValueError, match="PAUSED: it is paused; its owner can restart") as caught:
        connected(driver, src="user/name")
    assert isinstance(caught.value, SpaceUnavailable)
    assert caught.value.stage == "PAUSED"


@pytest.mark.parametrize("welcome", [Response(status=503), TransportFailed("slow")])
def test_a_space_that_sleeps_is_woken_by_a_visit(welcome: Answer) -> None:
    home = f"GET {HOME}/config"
    driver = web(
        {
            HOST: reply({"host": HOME}),
            RUNTIME: [at("SLEEPING"), at("APP_STARTING"), at("RUNNING")],
            home: [welcome, reply(document())],
        }
    )
    connected(driver, src="user/name", token="hf_x")
    assert driver.asked[:6] == [HOST, RUNTIME, home, RUNTIME, RUNTIME, home]
    assert header(driver.requests[2], "x-hf-authorization") == "Bearer hf_x"
    assert driver.sends[2].total_timeout == 10


# Connecting again.


def identified(number: int) -> Response:
    return reply({"app_id": number})


THE_SAME, ANOTHER = identified(7008212356378033242), identified(1)


def test_an_app_with_the_same_id_is_the_same() -> None:
    driver = web({APP_ID: THE_SAME})
    assert driver.run(is_same_app(connected())) is True


def test_an_app_with_another_id_is_another() -> None:
    assert web({APP_ID: ANOTHER}).run(is_same_app(connected())) is False


@pytest.mark.parametrize(
    "answer",
    [
        TransportFailed("cut"),
        RemoteError("too long a reply"),
        Response(status=200, body=b"<html>"),
        reply({}),
        reply({"app_id": {"odd": 1}}),
        reply({"app_id": True}),
        reply({"app_id": 1}, 404),
        reply([]),
    ],
)
def test_an_app_that_does_not_say_its_id_may_be_the_same(answer: Answer) -> None:
    assert web({APP_ID: answer}).run(is_same_app(connected())) is None


@pytest.mark.parametrize(
    ("answer", "same"),
    [
        (reply(document(app_id=None)), True),
        (reply(document(app_id=None, dependencies=[function(5)])), False),
        (reply(document(app_id=None), 401), None),
        (reply({"auth_required": True}), None),
        (reply([]), None),
        (TransportFailed("cut"), None),
    ],
)
def test_an_app_that_never_said_its_id_is_known_by_its_config(
    answer: Answer, same: bool | None
) -> None:
    driver = web({CONFIG: answer})
    assert driver.run(is_same_app(connected(site(app_id=None)))) is same
    assert driver.asked == [CONFIG]


def renewed(app: App, driver: Driver, **given: Any) -> App:
    return driver.run(refresh_app(app, target(**given)))


def test_an_app_that_is_the_same_stays_the_same_object() -> None:
    app, driver = connected(), site({APP_ID: THE_SAME})
    assert renewed(app, driver) is app
    assert driver.asked == [APP_ID]


def test_an_app_that_was_restarted_is_read_again() -> None:
    driver = site({APP_ID: ANOTHER}, app_id=1, dependencies=[function(5)])
    app = renewed(connected(), driver)
    assert (app.config.app_id, app.endpoints[0].index) == ("1", 5)
    assert driver.asked == [APP_ID, CONFIG, INFO]


def test_an_app_that_was_restarted_sees_the_cookies_of_its_load_balancer() -> None:
    sticky = reply(document(), headers=(("set-cookie", "lb=a"),))
    driver = site({APP_ID: ANOTHER})
    renewed(connected(site({CONFIG: sticky})), driver)
    assert [header(request, "cookie") for request in driver.requests] == ["lb=a", "lb=a", "lb=a"]


def test_an_app_that_was_restarted_is_logged_in_to_again() -> None:
    driver = locked(reply({"success": True}, headers=TOKEN))
    app = renewed(connected(site(app_id=1)), driver, auth=AUTH)
    assert driver.asked == [APP_ID, CONFIG, LOGIN, CONFIG, INFO]
    assert app.access.jar.header(SRC) == "access-token-unsecure-1=t"


def test_an_app_that_forgot_the_login_is_logged_in_to_again() -> None:
    routes: Routes = {
        APP_ID: THE_SAME,
        CONFIG: [LOCKED, LOCKED, reply(document())],
        LOGIN: reply({"success": True}, headers=TOKEN),
    }
    old, driver = connected(), site(routes)
    app = renewed(old, driver, auth=AUTH)
    assert app is not old
    assert driver.asked == [APP_ID, CONFIG, CONFIG, LOGIN, CONFIG, INFO]


def test_an_app_that_still_knows_the_login_stays_the_same_object() -> None:
    app, driver = connected(), site({APP_ID: THE_SAME})
    assert renewed(app, driver, auth=AUTH) is app
    assert driver.asked == [APP_ID, CONFIG]


def test_an_app_that_cannot_say_its_id_is_compared_by_its_config() -> None:
    app = connected()
    assert renewed(app, site({APP_ID: Response(status=404)})) is app
    assert renewed(app, site({APP_ID: Response(status=404)}, title="Other")) is not app


NOBODY = TransportFailed("nobody", connected=False, refused=True)
PATIENT = RetryPolicy(max_retries=2, entropy=b"constant")


def test_a_client_that_connects_gives_up_at_once_where_nobody_listens() -> None:
    driver = web({CONFIG: NOBODY})
    with pytest.raises(TransportFailed, match="nobody"):
        connected(driver, policy=PATIENT)
    assert driver.asked == [CONFIG]


def test_a_client_that_was_connected_tries_again_where_nobody_listens() -> None:
    driver = site({APP_ID: NOBODY, CONFIG: [NOBODY, reply(document())]})
    app = connected()
    assert renewed(app, driver, policy=PATIENT) is app
    assert driver.asked == [APP_ID, CONFIG, CONFIG, INFO]


def test_an_app_that_is_gone_is_an_error() -> None:
    driver = web({APP_ID: TransportFailed("refused"), CONFIG: TransportFailed("refused")})
    with pytest.raises(TransportFailed, match="refused"):
        renewed(connected(), driver)


def test_a_space_is_waited_for_again() -> None:
    old = connected(space("RUNNING"), src="user/name")
    driver = space("BUILDING", "RUNNING")
    assert renewed(old, driver, src="user/name") is old
    assert driver.slept == [2]


# Binding again.


def app_with(*dependencies: dict[str, Any], said: object = None) -> App:
    answer: Answer = Response(status=404) if said is None else reply(said)
    return connected(site({INFO: answer}, dependencies=list(dependencies)))


def test_an_endpoint_is_found_again_by_its_name() -> None:
    old = app_with(function(0)).endpoints[0]
    new = app_with(function(0, "other"), function(1))
    assert rebind(old, new) is new.endpoints[1]


def test_an_endpoint_of_the_same_app_is_itself() -> None:
    for app in (app_with(function(0)), app_with(function(0, None))):
        assert rebind(app.endpoints[0], app) is app.endpoints[0]


def test_an_endpoint_that_is_gone_is_a_change() -> None:
    with pytest.raises(AppChanged, match="no longer has /echo"):
        rebind(app_with(function(0)).endpoints[0], app_with(function(0, "other")))


def test_an_endpoint_without_a_name_cannot_be_found_again() -> None:
    with pytest.raises(AppChanged, match="no longer has function 0"):
        rebind(app_with(function(0, None)).endpoints[0], app_with(function(0, None)))


def test_an_endpoint_that_became_private_is_a_change() -> None:
    private = {**function(0), "api_visibility": "private"}
    with pytest.raises(AppChanged, match="no longer has /echo"):
        rebind(app_with(function(0)).endpoints[0], app_with(private))


@pytest.mark.parametrize("inputs", [(1, 3), (2, 1), (1, 2), (2,)])
def test_an_endpoint_with_other_places_is_a_change(inputs: tuple[int, ...]) -> None:
    old = app_with(function(0, "echo", 1)).endpoints[0]
    with pytest.raises(AppChanged, match="/echo now takes different arguments"):
        rebind(old, app_with(function(0, "echo", *inputs)))


def test_an_endpoint_with_other_parameters_is_a_change() -> None:
    old = app_with(function(0), said=info("words")).endpoints[0]
    with pytest.raises(AppChanged, match="/echo now takes different arguments"):
        rebind(old, app_with(function(0), said=info("text")))


def test_an_endpoint_may_change_in_what_calls_do_not_depend_on() -> None:
    app = app_with(function(0))
    other = replace(app.endpoints[0], description="changed")
    new = replace(app, endpoints=(other,))
    assert rebind(app.endpoints[0], new) is other


def test_every_failure_to_connect_is_one_of_ours() -> None:
    for junk in (b"", b"null", b"[]", b"\xff", b'{"components": 1}', b"<html>", b"1e999"):
        with pytest.raises(GradioError):
            connected(site({CONFIG: Response(status=200, body=junk)}))


@pytest.mark.parametrize(("src", "got"), [(None, "None"), (7860, "int"), (b"http://here", "bytes")])
def test_what_is_no_text_is_no_address(src: Any, got: str) -> None:
    with pytest.raises(InvalidArguments) as caught:
        Target(src=src)
    assert str(caught.value) == f"src: expected an address or the name of a Space, got {got}"


@pytest.mark.parametrize("auth", [("ada",), "ada", ("ada", None), ("ada", "hush", "x"), {"a": "b"}])
def test_a_login_is_a_pair_of_texts(auth: Any) -> None:
    with pytest.raises(InvalidArguments) as caught:
        target(auth=auth)
    assert (
        str(caught.value)
        == "auth: expected a (user, password) tuple, such as auth=('ada', 'secret')"
    )


def test_an_address_without_an_app_is_an_error() -> None:
    missing = Response(status=404, url=SRC)
    with pytest.raises(RemoteError) as caught:
        connected(site({CONFIG: Response(status=404), PAGE: missing}))
    assert str(caught.value) == f"connecting: {SRC} answered 404, so no Gradio app is there"
    assert caught.value.status == 404


@pytest.mark.parametrize("seconds", [0, -1.0, float("nan"), "90"])
def test_a_stream_may_not_be_silent_for_no_time(seconds: Any) -> None:
    with pytest.raises(InvalidArguments, match="stream_idle_timeout: expected more than 0"):
        Target(src="http://here/", stream_idle_timeout=seconds)


def test_a_page_in_place_of_a_config_may_be_that_of_a_proxy() -> None:
    page = Response(
        status=200,
        headers=(("content-type", "text/html"),),
        body=b"<html>Welcome to our network</html>",
        proxy="http://p:3128",
    )
    with pytest.raises(
        RemoteError, match=r"does not answer like a Gradio app.*the proxy http://p:3128"
    ):
        connected(site({CONFIG: page}))
