"""Connects to an app: finds its address, logs in, and reads its config and API.

1. The Hub is asked for the address of a Space, and the flow waits until the Space runs. Anything
   else is an address already.
2. The first request to the app is for its config. The login follows, if the app needs one. By then
   redirects have led to https, so that the password does not travel over plain http, and the load
   balancer's cookies keep later requests on the replica that knows the login.
3. `/info` is optional: without it the config describes the endpoints, and `App.notes` says so.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Final, Literal, cast
from urllib.parse import urlencode

from ..app import space
from ..app.access import Access, App, split_src
from ..app.config import Config, Visibility, inline_config, read_config
from ..app.endpoint import Endpoint
from ..app.info import read_endpoints
from ..dataclass import dataclass, replace
from ..errors import (
    AppChanged,
    AuthenticationError,
    GradioError,
    InvalidArguments,
    RemoteError,
    SpaceUnavailable,
)
from ..wire.cookies import Jar
from ..wire.document import Notes, Object, read_object
from ..wire.exchange import Headers, Origin, Response, is_address, origin, quote_path, redact_url
from ..wire.headers import HUB, Identity, TokenSource, is_hosted
from ..wire.status import answering_proxy, error_from_response
from .actions import Send, Sleep, Steps, ask
from .redirects import MAX_DOCUMENT, Requester
from .retry import RetryPolicy

_POLL_INTERVAL: Final = 2.0  # seconds between two requests for the stage of a Space
# Seconds to wait for the request that wakes a Space; it continues to start without us.
_WAKE_TIMEOUT: Final = 10.0
_UNUSED: Final = "the app requires no login, so `auth` is not used"
_DERIVED: Final = "are taken from the config"
_OF_ALL: Final = "names and types of parameters"
_OF_OTHERS: Final = "names and types of undocumented endpoints' parameters"
_FORM: Final = (("content-type", "application/x-www-form-urlencoded"),)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Target:
    """What the caller passed: which app, with which credentials."""

    src: str
    "An address, the address of a Space's page, or the name of a Space: `user/name`."
    headers: Headers = ()
    "Sent with every request to the app."
    token: str | Literal[False] | None = None
    "Passed by the caller, for this app; False: no token, not even a saved one."
    saved_token: str | None = None
    "Found on this machine, sent to Hugging Face's hosts only; see `wants_saved_token`."
    hub: Origin = HUB
    hub_path: str = ""
    "The path of the Hub's address, without a slash at its end."
    auth: tuple[str, str] | None = None
    "User and password, for the app's own login."
    cookies: tuple[tuple[str, str], ...] = ()
    policy: RetryPolicy = RetryPolicy()
    space_timeout: float = 300.0
    "Seconds to wait for a Space that is asleep, starting or being built."
    stream_idle_timeout: float | None = None
    """Seconds of silence on a stream before the app is asked whether it still runs. None: 90;
    infinity: never."""

    def __post_init__(self) -> None:
        src, auth = cast("object", self.src), cast("object", self.auth)  # callers may pass anything
        if not isinstance(src, str):
            got = "None" if src is None else type(src).__name__
            raise InvalidArguments(f"src: expected an address or the name of a Space, got {got}")
        match auth:
            case None | (str(), str()):
                pass
            case _:  # without its value, which may be a password
                example = "such as auth=('ada', 'secret')"
                raise InvalidArguments(f"auth: expected a (user, password) tuple, {example}")
        seconds = cast("object", self.stream_idle_timeout)
        if seconds is not None and not (isinstance(seconds, int | float) and seconds > 0):
            raise InvalidArguments(
                f"stream_idle_timeout: expected more than 0 seconds, got {seconds!r}"
            )

    @property
    def wants_saved_token(self) -> bool:
        """Whether a token saved on this machine would be sent. Raises InvalidArguments."""
        hosted = not is_address(self.src) or is_hosted(origin(self.src), self.hub)
        return hosted and not self.token and self.token is not False

    @property
    def space(self) -> str | None:
        """The name of the Space, if `src` is one. Raises InvalidArguments."""
        return space.space_name(self.src, self.hub, self.hub_path)

    def identity(self, app: Origin | None, headers: Headers = ()) -> Identity:
        """Return the identity for requests to this app, or to the Hub if `app` is None."""
        return Identity(
            app=app,
            headers=headers + self.headers if app else (),
            token=self.token or self.saved_token,
            source=TokenSource.PASSED if self.token else TokenSource.SAVED,
            hub=self.hub,
        )

    def __repr__(self) -> str:
        return f"Target({redact_url(self.src)})"


def connect(target: Target) -> Steps[App]:
    """Find the app and read its config and API.

    Raises InvalidArguments for a `src`, header or cookie that cannot be used, AuthenticationError
    if a login or a token is missing or wrong, SpaceUnavailable for a Space that is paused or
    broken, TooManyRequestsError, TransportFailed, and RemoteError for anything else that is not an
    app.
    """
    policy = replace(target.policy, retries_refused=False)
    return (yield from _connect(replace(target, policy=policy), Jar()))


def refresh_app(app: App, target: Target) -> Steps[App]:
    """Return the app as it is now: `app` itself if nothing has changed, else a new one.

    Raises what `connect` raises.
    """
    # `/app_id` needs no login, so it cannot tell whether the server still knows ours.
    if (yield from is_same_app(app)) and not (target.auth and (yield from _is_locked(app, target))):
        return app
    fresh = yield from _connect(target, app.access.jar)
    is_same = fresh.config.raw == app.config.raw and fresh.access == app.access
    return app if is_same else fresh


def is_same_app(app: App, total_timeout: float | None = None) -> Steps[bool | None]:
    """Whether the same start of the app still answers at its address; None: unknown.

    Sends one GET of `/app_id` (3.50 and later), which needs no login, or compares the config. It
    takes at most `total_timeout` seconds; None: the client's timeouts apply. False is not an
    error: an app may have several replicas, or its developer may have reloaded it.
    """
    if app.config.app_id is None:
        return (yield from _has_same_config(app, total_timeout))
    request = app.access.get("app_id")
    try:
        reply = yield from ask(Send(request=request, total_timeout=total_timeout))
        app_id = read_object(reply.body, where="app_id").get("app_id")
    except GradioError:
        return None
    if reply.status != 200 or isinstance(app_id, bool) or not isinstance(app_id, int | str):
        return None
    return str(app_id) == app.config.app_id


def _has_same_config(app: App, total_timeout: float | None) -> Steps[bool | None]:
    request = app.access.request("GET", app.access.page("config"))
    send = Send(request=request, limit=MAX_DOCUMENT, total_timeout=total_timeout)
    try:
        reply = yield from ask(send)
        config = read_config(reply.body)
    except GradioError:
        return None
    return None if reply.status != 200 or config.auth_required else config.raw == app.config.raw


def rebind(old: Endpoint, app: App) -> Endpoint:
    """Return the endpoint of `app` to which a call that was bound to `old` may go.

    It has the same name, the same positions in its data and the same parameters. An endpoint
    without a name has no such successor, since its index may belong to another function after any
    change. Raises AppChanged if there is none.
    """
    if any(endpoint is old for endpoint in app.endpoints):
        return old
    named = (e for e in app.endpoints if e.name is not None and e.name == old.name)
    new = next(named, None)
    if new is None or new.visibility is Visibility.PRIVATE:
        raise AppChanged(f"the app was restarted, and no longer has {old.title}")
    if _get_shape(new) != _get_shape(old):
        raise AppChanged(f"the app was restarted, and {old.title} now takes different arguments")
    return new


def _get_shape(endpoint: Endpoint) -> tuple[tuple[bool, ...], tuple[str, ...]]:
    hidden = tuple(slot.hidden for slot in endpoint.inputs)
    return hidden, tuple(parameter.name for parameter in endpoint.parameters)


def _is_locked(app: App, target: Target) -> Steps[bool]:
    """Whether the app no longer accepts our login."""
    reply = yield from _fetch_config(Requester(app.access, target.policy))
    try:
        _parse_config(reply)
    except AuthenticationError:
        return True
    return False


def _connect(target: Target, jar: Jar) -> Steps[App]:
    """Connect, with the cookies of an earlier connection."""
    name = target.space
    src = target.src if name is None else (yield from _resolve_space_url(target, name))
    web = Requester(_make_access(target, src, jar), target.policy)
    config = yield from _fetch_config_with_login(web, target.auth)
    # The prefix is known only from the config, which itself is not below the prefix.
    web.access = replace(web.access, prefix=quote_path(config.api_prefix))
    return (yield from _load_api_info(web, config))


def _make_access(target: Target, src: str, jar: Jar) -> Access:
    url, headers = split_src(src)
    identity = target.identity(origin(url), headers)
    return Access(src=url, identity=identity, jar=jar.with_cookies(url, target.cookies))


def _resolve_space_url(target: Target, name: str) -> Steps[str]:
    """Return the address of a Space, once it runs."""
    hub = hub_requester(target)
    # Address first: a Space that does not exist, or is private, fails here with a clear status.
    body = yield from _hub_get(hub, space.host_path(name))
    src = space.read_host(body, target.hub)
    waited = 0.0
    while True:
        stage = space.read_stage((yield from _hub_get(hub, space.runtime_path(name))))
        if stage.readiness is space.Readiness.READY:
            return src
        if stage.readiness is space.Readiness.STUCK or waited >= target.space_timeout:
            after = f" after {waited:g} s" if waited else ""
            text = f"Space {name}: {stage.name}{after}: it {stage.text}"
            raise SpaceUnavailable(text, stage=stage.name)
        # A Space wakes at any request to the app, not at those to the Hub.
        if stage is space.SpaceStage.SLEEPING:
            yield from _wake_space(_make_access(target, src, Jar()))
        seconds = min(_POLL_INTERVAL, target.space_timeout - waited)
        yield from ask(Sleep(seconds=seconds))
        waited += seconds


def hub_requester(target: Target) -> Requester:
    """Return what sends requests to the Hub, with the caller's token."""
    access = Access(src=f"{target.hub}{target.hub_path}/", identity=target.identity(None))
    return Requester(access, target.policy)


def _hub_get(hub: Requester, path: str) -> Steps[bytes]:
    reply = yield from hub.get(hub.access.page(path))
    if reply.status != 200:
        raise error_from_response(reply, doing="looking up the Space")
    return reply.body


def _wake_space(access: Access) -> Steps[None]:
    """Send a request to a Space, which wakes it; ignore the reply."""
    # Without retries: the loop that waits for the Space sends the next one.
    request = access.request("GET", access.page("config"))
    with suppress(GradioError):
        yield from ask(Send(request=request, limit=MAX_DOCUMENT, total_timeout=_WAKE_TIMEOUT))


def _fetch_config_with_login(web: Requester, auth: tuple[str, str] | None) -> Steps[Config]:
    """Return the config, after a login if one is needed."""
    reply = yield from _fetch_config(web)
    try:
        config = _parse_config(reply)
    except AuthenticationError:
        if auth is None:
            raise
    else:
        # With cookies, the app may know an earlier login.
        is_unused = auth is not None and not web.access.jar.cookies
        return replace(config, notes=(*config.notes, _UNUSED)) if is_unused else config
    yield from _log_in(web, auth)
    reply = yield from _fetch_config(web)
    try:
        return _parse_config(reply)
    except AuthenticationError as error:
        where = f"logging in: {redact_url(web.access.src)}"
        text = f"{where} accepted the user and password, but still requires a login"
        hint = "" if web.access.src.startswith("https:") else "; its cookie may be for https only"
        raise AuthenticationError(text + hint, status=error.status) from error


def _fetch_config(web: Requester) -> Steps[Response]:
    """Return the reply with the config: from `/config`, or from the page if there is none."""
    reply = yield from web.get(web.access.page("config"))
    if reply.status == 404:
        return (yield from web.get(web.access.page("")))
    if reply.status == 200 and reply.url.endswith("/config"):
        # A redirect may have led to another path: the app is where its config is.
        web.access = replace(web.access, src=reply.url.removesuffix("config"))
    return reply


def _parse_config(reply: Response) -> Config:
    """Parse the reply. Raises AuthenticationError if it says that a login is needed."""
    where = f"connecting: {redact_url(reply.url)}"
    if reply.status == 404:
        text = f"{where} answered 404, so no Gradio app is there{answering_proxy(reply)}"
        raise RemoteError(text, status=404)
    if reply.status != 200:
        raise error_from_response(reply, doing="connecting")
    try:
        # An app without `/config` answered with its page, which contains the config.
        is_page = reply.body.lstrip().startswith(b"<")
        config = inline_config(reply.body) if is_page else read_config(reply.body)
    except RemoteError as error:
        problem = f"{error}{answering_proxy(reply)}"
        text = f"{where} does not answer like a Gradio app ({problem}). Is the address right?"
        raise RemoteError(text, status=200) from error
    if config.auth_required:
        raise AuthenticationError(
            f"{where} requires a login; pass auth=(user, password)", status=200
        )
    return config


def _log_in(web: Requester, auth: tuple[str, str]) -> Steps[None]:
    """Log in; the requester then has the cookies of the login."""
    # Success is 200, or 302 with a cookie before 3.17. An app without a login answers 302 without
    # a cookie. The next request for the config shows whether the login worked.
    form = urlencode({"username": auth[0], "password": auth[1]}, errors="surrogatepass")
    url = web.access.page("login")
    request = web.access.request("POST", url, body=(form.encode("ascii"),), own=_FORM)
    reply = yield from web.send(request)
    if reply.status in (400, 401):
        text = f"logging in: {redact_url(url)} rejected the user or the password"
        raise AuthenticationError(text, status=reply.status)
    if reply.status not in (200, 302):
        raise error_from_response(reply, doing="logging in")


def _load_api_info(web: Requester, config: Config) -> Steps[App]:
    """Return the app, with its endpoints from `/info` or, failing that, from the config."""
    notes, info, undocumented = Notes(), None, None
    if config.dialect.info:
        info = yield from _fetch_info(web, notes, _OF_ALL)
    else:
        notes.add(f"before 3.26 there is no /info: {_OF_ALL} {_DERIVED}")
    hidden = Visibility.UNDOCUMENTED
    has_hidden = any(d.backend and d.visibility is hidden for d in config.dependencies)
    if info is not None and has_hidden and config.dialect.info_of_undocumented:
        undocumented = yield from _fetch_info(web, notes, _OF_OTHERS, all_endpoints="true")
    known = read_endpoints(config, info, undocumented, notes)
    sentences = (*config.notes, *notes.sentences)
    return App(access=web.access, config=config, endpoints=known, notes=sentences)


def _fetch_info(web: Requester, notes: Notes, what: str, **query: str) -> Steps[Object | None]:
    """Return `/info`, or None if it fails: the config describes the endpoints then."""
    # Without `serialize`, 3.x describes values in the old client's serialized form.
    url = web.access.api("info", **query, serialize="false")
    reply = yield from web.get(url)
    # 500: Gradio fails on the schemas of some apps, which calls do not need.
    if reply.status not in (200, 404, 500):
        raise error_from_response(reply, doing="connecting")
    try:
        if reply.status == 200:
            return read_object(reply.body, where="info")
        notes.add(f"{redact_url(url)} answered {reply.status}: {what} {_DERIVED}")
    except RemoteError as error:
        notes.add(f"{error}: {what} {_DERIVED}")
    return None
