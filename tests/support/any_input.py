"""What random bytes and random JSON are put into: every parser of the core, and whole flows.

A target takes some bytes and some JSON, both of any kind, and gives them to a part of the core as a
server could. It returns if values came out or a GradioError was raised; any other exception leaves
it, and is a finding. Where only nearly good documents get far, `replace_somewhere` puts the JSON
somewhere into a good one, at a place that the bytes choose.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TypeAlias, assert_never, cast

from gradio_protocol.app.access import App
from gradio_protocol.app.arguments import normalize_args
from gradio_protocol.app.config import Config, inline_config, read_config, read_rendering
from gradio_protocol.app.dialect import Delivery, Edits
from gradio_protocol.app.endpoint import Endpoint
from gradio_protocol.app.filenames import safe_name
from gradio_protocol.app.files import decode_data_url, find_remote_files, localize_files
from gradio_protocol.app.info import read_endpoints
from gradio_protocol.app.schema import python_type
from gradio_protocol.app.space import read_host, read_stage, space_name
from gradio_protocol.errors import GradioError, RemoteError, TransportFailed
from gradio_protocol.flows.actions import (
    AnyAction,
    Download,
    FileFacts,
    InspectFile,
    Publish,
    ReadFile,
    SaveBytes,
    Saved,
    Send,
    Sleep,
)
from gradio_protocol.flows.attempt import join_error
from gradio_protocol.flows.call import call
from gradio_protocol.flows.connect import Target, connect
from gradio_protocol.flows.options import Call, Options
from gradio_protocol.flows.retry import RetryPolicy
from gradio_protocol.jobs.app_tracker import AppTracker
from gradio_protocol.jobs.event_stream import StreamReader, stream_kind
from gradio_protocol.jobs.failures import failure, validation
from gradio_protocol.jobs.file_search import FileSearch
from gradio_protocol.jobs.history import History, HistoryCursor
from gradio_protocol.jobs.job_state import JobState, Outputs, Stage
from gradio_protocol.jobs.messages import (
    Broken,
    Completed,
    Failed,
    FlowMessage,
    Generated,
    Heartbeat,
    JobMessage,
    StreamClosing,
    message,
    read_message,
)
from gradio_protocol.jobs.orders import (
    AnyQuestion,
    AppRefreshed,
    CancelEvent,
    CheckApp,
    CloseStream,
    EndReason,
    JobStopped,
    JoinAccepted,
    JoinFailed,
    JoinGranted,
    LookUpUploads,
    NextMessage,
    OpenStream,
    Order,
    RecordUploads,
    RefreshApp,
    RefreshNeeded,
    RequestJoin,
    RequestTurn,
    Resume,
    StreamKind,
)
from gradio_protocol.jobs.session import Session
from gradio_protocol.present.describe import as_dict, as_html, as_text, signature
from gradio_protocol.wire.cookies import Jar
from gradio_protocol.wire.document import JSON, Object, write
from gradio_protocol.wire.exchange import Head, Headers, Request, Response
from gradio_protocol.wire.headers import HUB
from gradio_protocol.wire.redirect import follow_redirect
from gradio_protocol.wire.status import error_from_response, http_date, retry_after
from tests.support.random_json import JsonSource, cut, pick, replace_somewhere
from tests.support.sample_apps import SRC, dependency, sample_app
from tests.support.scripted import Driver

Aim: TypeAlias = Callable[[bytes, JSON], None]

APPS = tuple(
    sample_app(v) for v in ("3.16.2", "3.50.2", "4.7.1", "4.14.0", "4.22.0", "5.0.2", "6.31.0")
)

_CONFIG: Object = {
    "version": "6.31.0",
    "protocol": "sse_v3",
    "components": [{"id": 1, "type": "textbox", "props": {"label": "Text"}, "api_info": {}}],
    "dependencies": [cast("JSON", dependency(0, "echo")), cast("JSON", dependency(1, "count"))],
}
_PARAMETER: Object = {
    "label": "Text",
    "component": "Textbox",
    "type": {"type": "string"},
    "python_type": {"type": "str", "description": ""},
    "parameter_name": "text",
    "parameter_has_default": False,
    "example_input": "hi",
}
_INFO: Object = {"named_endpoints": {"/echo": {"parameters": [_PARAMETER], "returns": []}}}
_MESSAGES: tuple[Object, ...] = (
    {"msg": "estimation", "event_id": "a", "rank": 0, "queue_size": 1, "rank_eta": 1.5},
    {"msg": "progress", "event_id": "a", "progress_data": [{"index": 1, "length": 2}]},
    {"msg": "log", "event_id": "a", "log": "hello", "level": "info", "duration": 10},
    {"msg": "process_generating", "event_id": "a", "output": {"data": ["a"]}, "success": True},
    {"msg": "process_completed", "event_id": "a", "output": {"data": ["a"]}, "success": True},
    {"msg": "process_completed", "event_id": "a", "output": {"error": "no"}, "success": False},
    {"msg": "unexpected_error", "message": "404: Session not found.", "session_not_found": True},
)
_STATUSES = (200, 200, 200, 200, 302, 307, 401, 404, 422, 429, 500, 503)
_NAMES = ("location", "set-cookie", "retry-after", "content-type", "content-length", "date")
_ENTROPY = bytes(16)
_URLS = (SRC, "https://here/app/", "https://user-name.hf.space/", "http://here:81/a/b")
_EVENTS = ("content-type", "text/event-stream")
_MOST_PRINTED = 5_000_000
_ENOUGH = 60
"After so many answers the server only answers 200, so that a flow with bounded retries ends."


def configs(raw: bytes, document: JSON) -> None:
    """`/config`, the page with a copy of it, and all that is made of it."""
    for body in (raw, write(document), write(replace_somewhere(_CONFIG, raw, document))):
        for reader in (read_config, _of_page):
            with suppress(GradioError):
                _used(reader(body), raw, document)


def infos(raw: bytes, document: JSON) -> None:
    """`/info`."""
    config = APPS[-1].config
    for info in (document, replace_somewhere(_INFO, raw, document)):
        if isinstance(info, dict):
            with suppress(GradioError):
                _printed(read_endpoints(config, info))


def renderings(raw: bytes, document: JSON) -> None:
    """What a `@gr.render` function has made."""
    good: Object = {"render_id": 1, **{key: _CONFIG[key] for key in ("components", "dependencies")}}
    for made in (document, replace_somewhere(good, raw, document)):
        if isinstance(made, dict):
            with suppress(GradioError):
                config = APPS[-1].config.with_rendering(read_rendering(made))
                _used(config, raw, document)


def messages(raw: bytes, document: JSON) -> None:
    """One message."""
    dialect = pick(APPS, raw).dialect
    with suppress(GradioError):
        read_message(raw, dialect)
    for good in (document, *(replace_somewhere(good, raw, document) for good in _MESSAGES)):
        if isinstance(good, dict):
            message(good, dialect)


def streams(raw: bytes, document: JSON) -> None:
    """A stream, in pieces."""
    for app in APPS:
        body = b"".join(
            b"data: " + write(replace_somewhere(good, raw, document)) + b"\n\n"
            for good in _MESSAGES
        )
        reader = StreamReader(pick(tuple(StreamKind), raw), app.dialect)
        for chunk in cut(raw + b"\n\n" + body, raw):
            reader.feed(chunk)


def cookies(raw: bytes, document: JSON) -> None:
    """Headers that set cookies."""
    jar, url = Jar(), pick(_URLS, raw)
    for chunk in cut(raw, raw[::-1]):
        jar = jar.store(url, (("set-cookie", chunk.decode("latin-1")), *_headers(raw)))
        jar.header(url)
    assert len(jar.cookies) <= 100


def redirects(raw: bytes, document: JSON) -> None:
    """A reply that leads elsewhere."""
    request = Request(method="GET", url=pick(_URLS, raw), headers=(("cookie", "a"),))
    for text in (raw.decode("latin-1"), f"//{raw.decode('latin-1')}", f"http://{raw!r}"):
        follow_redirect(request, Response(status=307, headers=(("location", text),)))


def statuses(raw: bytes, document: JSON) -> None:
    """A reply that was not wanted."""
    for body in (raw, write(document), write({"detail": document})):
        for status in _STATUSES:
            reply = Response(status=status, headers=_headers(raw), body=body, url=SRC)
            error_from_response(reply, doing="trying")
            join_error(reply)
            retry_after(Head(status=reply.status, headers=reply.headers))
    http_date(raw.decode("latin-1"))


def spaces(raw: bytes, document: JSON) -> None:
    """What a Hub says, and names of Spaces."""
    for body in (raw, write(document), write({"host": document, "stage": document})):
        with suppress(GradioError):
            read_stage(body)
        with suppress(GradioError):
            read_host(body, HUB)
    for text in (raw.decode("latin-1"), f"https://{raw!r}"):
        with suppress(GradioError):
            space_name(text, HUB)


def files(raw: bytes, document: JSON) -> None:
    """Files in outputs, and what callers pass."""
    safe_name(raw.decode("utf-8", "surrogateescape"))
    for app in APPS:
        good: Object = {"path": "/tmp/a", "meta": {"_type": "gradio.FileData"}, "url": None}
        for value in (document, replace_somewhere(good, raw, document)):
            found = find_remote_files(value, app.dialect)
            localize_files([value], {file.path: "here" for file in found})
            with suppress(GradioError):
                normalize_args(value)
            for file in found:
                with suppress(GradioError):
                    decode_data_url(file.path)


def schemas(raw: bytes, document: JSON) -> None:
    """A JSON schema."""
    for schema in (
        document,
        replace_somewhere({"type": "array", "items": {"$ref": "#"}}, raw, document),
    ):
        assert len(python_type(schema)) < _MOST_PRINTED


def failures(raw: bytes, document: JSON) -> None:
    """What an app says of its failures."""
    for app in APPS:
        failure(document, app.dialect)
        failure({"error": raw.decode("latin-1"), "title": document}, app.dialect)
    verdict: JSON = {"__type__": "validate", "message": document}
    details: tuple[JSON, ...] = (document, [document], [verdict])
    for detail in details:
        validation(detail)


def edits(raw: bytes, document: JSON) -> None:
    """The outputs of a generator."""
    given = document if isinstance(document, list) else [document]
    first: list[JSON] = [{"a": ["b", {"c": "d"}]}]
    for kind in Edits:
        history = History(kind)
        for item in (first, given, [_edits(raw, document)], [document]):
            history.add(Generated(data=tuple(item)))
        history.complete(tuple(given))
        cursor = HistoryCursor(history)
        while cursor.advance():
            cursor.value()
        assert len(history) == len(history.outputs)


def connections(raw: bytes, document: JSON) -> None:
    """The flow `connect`."""
    source = pick(("user/name", *_URLS), raw)
    auth = ("me", "pw") if raw[:1] > b"\x80" else None
    target = Target(src=source, auth=auth, policy=RetryPolicy(entropy=_ENTROPY))
    with suppress(GradioError):
        Driver(_World(raw, document).answer).run(connect(target))


def calls(raw: bytes, document: JSON) -> None:
    """The flow `call`, and the life of its job."""
    for app in APPS:
        endpoint = pick(app.endpoints, raw)
        state = _life(app, endpoint)
        spec = Call(
            app=app,
            endpoint=endpoint,
            data=[normalize_args(document), *[None] * (len(endpoint.inputs) - 1)],
            options=Options(resubmit_lost=raw[:1] > b"\x80"),
            target=Target(src=SRC),
            policy=RetryPolicy(entropy=_ENTROPY),
        )
        with suppress(GradioError):
            Driver(_World(raw, document, state).answer).run(call(spec))
        outputs = Outputs(state)
        while outputs.advance():
            with suppress(RemoteError):
                outputs.value()
        assert state.snapshot.stage in Stage


def _life(app: App, endpoint: Endpoint) -> JobState:
    history = History(app.dialect.edits)
    return JobState(endpoint, history, FileSearch(app.dialect, endpoint))


def sessions(raw: bytes, document: JSON) -> None:
    """A session with two jobs, whose streams say and do anything."""
    for app in APPS:
        tracker = AppTracker(app, now=0.0)
        session = Session(tracker, entropy=_ENTROPY)
        lives = [_life(app, app.endpoints[0]) for _ in "ab"]
        job_ids = [session.add_job(state.receive) for state in lives]
        orders: list[Order] = []
        for job_id, event_id in zip(job_ids, "ab", strict=True):
            orders += session.ask(job_id, RequestJoin(fn_index=0, direct=False), 0.0)
            if app.dialect.delivery is Delivery.SHARED:
                orders += session.ask(job_id, JoinAccepted(event_id=event_id), 0.0)
            orders += session.ask(job_id, NextMessage(), 0.0)
        for turn in (*raw[:40], *[0] * _ENOUGH):
            listens = [order for order in orders if isinstance(order, OpenStream)]
            orders = [order for order in orders if not isinstance(order, OpenStream)]
            orders += [order for listen in listens for order in _heard(session, listen, turn, raw)]
            orders = list(_obeyed(session, orders, turn))
        for job_id in job_ids:
            session.finish_job(job_id)
        session.close()
        assert session.close() == []


def _heard(session: Session, listen: OpenStream, turn: int, raw: bytes) -> Iterator[Order]:
    """What comes of opening a stream: any head, any bytes, any end."""
    stream_id = listen.stream_id
    head = Head(status=pick(_STATUSES, turn), headers=(_EVENTS, *_headers(raw)))
    orders = session.stream_opened(stream_id, head)
    yield from orders
    if CloseStream(stream_id=stream_id) not in orders:
        reader = StreamReader(stream_kind(listen.key), pick(APPS, turn).dialect)
        good = b"".join(b"data: " + write(said) + b"\n\n" for said in _MESSAGES[: turn % 8])
        for chunk in cut(good + raw, raw[::-1]):
            yield from session.receive(stream_id, reader.feed(chunk))
            if reader.error:
                break
        if turn % 3 == 1:
            yield from session.stream_silent(stream_id)
            return
        yield from session.stream_ended(stream_id, pick(tuple(EndReason), turn))


def _obeyed(session: Session, orders: list[Order], turn: int) -> Iterator[Order]:
    """The orders that follow, one question being asked for each that was answered."""
    for order in orders:
        match order:
            case OpenStream():
                yield order
            case CancelEvent():
                yield from session.cancel_finished(order.event_id)
            case CheckApp():
                why = None if turn % 2 else RemoteError("nobody answers")
                yield from session.app_checked(order.stream_id, why)
            case Resume(reply=JobStopped() | Failed() | Completed()):
                yield from session.finish_job(order.job_id)
            case Resume() if turn % 7 == 1:
                yield from session.cancel(order.job_id)
            case Resume():
                yield from session.ask(order.job_id, NextMessage(), 0.0)
            case CloseStream():
                pass
            case _:
                assert_never(order)


class _World:
    """Answers every action of a flow with something that fits it, chosen by the bytes."""

    def __init__(self, raw: bytes, document: JSON, state: JobState | None = None) -> None:
        self._source = JsonSource(raw)
        self._raw = raw
        self._document = document
        self._life = state
        self._bound = state.endpoint if state else None
        self._asked = 0

    def answer(self, action: AnyAction) -> object:
        """The reply to one action; after many, all are dull, so that flows end."""
        self._asked += 1
        turn = self._source.byte()
        match action:
            case Send() | Download() if turn % 16 == 15 and self._asked < _ENOUGH:
                return TransportFailed("cut", connected=turn > 128)
            case Send(request=request):
                return self._reply(request.url, turn)
            case Download(request=request) if turn % 2:
                return self._reply(request.url, turn)
            case InspectFile():
                return FileFacts(size=turn, mtime_ns=turn, digest="0" * 64)
            case ReadFile():
                return self._raw
            case SaveBytes() | Download():
                return Saved(path="here")
            case Publish(update=update):
                return self._life.apply(update) if self._life else None
            case Sleep() | RecordUploads():
                return None
            case _:
                return self._of_session(action, turn)

    def _of_session(self, question: AnyQuestion, turn: int) -> object:
        if turn % 16 == 14 and not isinstance(
            question, AppRefreshed | LookUpUploads | RecordUploads
        ):
            return JobStopped(error=RemoteError("gone"))
        match question:
            case RequestTurn():
                return "s"
            case RequestJoin():
                entry = JoinGranted(session_hash="s", app=pick(APPS, turn), app_is_stale=turn > 128)
                return replace(entry, app=self._app) if turn % 4 else entry
            case NextMessage():
                return self._next(turn)
            case RefreshApp(app=app):
                return RefreshNeeded() if turn % 2 else pick((app, *APPS), turn)
            case AppRefreshed(app=app):
                return app or APPS[-1]
            case LookUpUploads(digests=digests):
                return tuple("there" if turn % 2 else None for _ in digests)
            case JoinAccepted() | JoinFailed() | RecordUploads():
                return question
            case _:
                assert_never(question)

    @property
    def _app(self) -> App:
        assert self._bound is not None
        return next(app for app in APPS if self._bound in app.endpoints)

    def _reply(self, url: str, turn: int) -> Response:
        bodies = (self._raw, write(self._document), *_good_bodies(self._raw, self._document))
        return Response(
            status=200 if self._asked > _ENOUGH else pick(_STATUSES, turn),
            headers=_headers(self._raw),
            body=pick(bodies, self._source.byte()),
            url=url,
        )

    def _next(self, turn: int) -> FlowMessage:
        """The next message that the flow has to act on."""
        assert self._life is not None
        while (rest := self._life.receive(self._message(turn))) is None:
            self._asked += 1
            turn = self._source.byte()
        return rest

    def _message(self, turn: int) -> JobMessage:
        said = replace_somewhere(pick(_MESSAGES, turn), self._raw, self._document)
        made = message(said, self._app.dialect).message if isinstance(said, dict) else None
        if (
            made is None
            or isinstance(made, Heartbeat | StreamClosing | Broken)
            or self._asked > _ENOUGH
        ):
            return Completed(data=(None,))
        return made


def _good_bodies(raw: bytes, document: JSON) -> Iterator[bytes]:
    """Bodies that something in the core waits for, spoilt."""
    good: tuple[Object, ...] = (
        _CONFIG,
        _INFO,
        {"event_id": "a"},
        {"data": ["a"], "is_generating": True},
        {"host": "https://user-name.hf.space"},
        {"stage": "RUNNING"},
        {"app_id": "1"},
    )
    for body in good:
        yield write(body)
        yield write(replace_somewhere(body, raw, document))


def _of_page(body: bytes) -> Config:
    return inline_config(b"<script>window.gradio_config = " + body + b";</script>")


def _used(config: Config, raw: bytes, document: JSON) -> None:
    """Do with a config all that can be done."""
    for info in (None, document, replace_somewhere(_INFO, raw, document)):
        if info is None or isinstance(info, dict):
            with suppress(GradioError):
                _printed(read_endpoints(config, info))


def _printed(listed: Sequence[Endpoint]) -> None:
    for shown in (as_text(listed), as_html(listed), str(as_dict(listed))):
        assert len(shown) < _MOST_PRINTED
    for endpoint in listed:
        signature(endpoint)
        with suppress(GradioError):
            endpoint.bind(["a"], {})
        with suppress(GradioError):
            endpoint.visible_outputs(["a"])


def _edits(raw: bytes, document: JSON) -> JSON:
    """Edits of which some fit the value that `edits` begins with."""
    value = document
    paths: tuple[list[JSON], ...] = ([], ["a"], ["a", 0], ["a", 1], ["a", 1, "c"], ["b"], ["a", 9])
    actions = ("replace", "append", "add", "delete")
    made: list[JSON] = [[pick(actions, b), [*pick(paths, b // 4)], value] for b in raw[:20]]
    return replace_somewhere(made, raw[20:], document) if len(raw) > 20 else made


def _headers(raw: bytes) -> Headers:
    """Some headers that mean something, with any values."""
    values = raw.decode("latin-1").split("\n")
    return tuple(zip(_NAMES, values, strict=False))


TARGETS: dict[str, Aim] = {
    target.__name__: target
    for target in (
        configs, infos, renderings, messages, streams, cookies, redirects, statuses, spaces, files,
        schemas, failures, edits, connections, calls, sessions,
    )
}  # fmt: skip
