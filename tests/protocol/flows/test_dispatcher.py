"""`flows.dispatcher`: all of a driver but its I/O, with a scripted server and without a socket."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import assert_never

import h11
import pytest

from gradio_protocol.app.files import Inline, LocalFile
from gradio_protocol.errors import (
    AppError,
    FileFailed,
    InvalidArguments,
    JobCancelled,
    RemoteError,
    StreamLost,
    TransportFailed,
)
from gradio_protocol.flows.actions import Download, Inspect, Saved, Send
from gradio_protocol.flows.connect import Target
from gradio_protocol.flows.dispatcher import Dispatcher, Perform
from gradio_protocol.flows.retry import RetryPolicy
from gradio_protocol.jobs.orders import Leave, Listen
from gradio_protocol.jobs.stage import JobLife, Outputs, Stage
from gradio_protocol.testing import VERSIONS, ScriptedServer
from gradio_protocol.wire.exchange import FileSlice, Head, Request, Response

TARGET = Target(src="http://here/", policy=RetryPolicy(max_retries=0))
NOBODY = TransportFailed("nobody there", connected=False)


@dataclass(eq=False)
class Line:
    """The client's end of one connection."""

    number: int
    http: h11.Connection = field(default_factory=lambda: h11.Connection(h11.CLIENT))
    request: Request | None = None

    def written(self, request: Request) -> Iterator[bytes]:
        self.request = request
        head = h11.Request(method=request.method, target=request.target, headers=request.encoded)
        yield self.http.send(head) or b""
        for part in request.body:
            assert not isinstance(part, FileSlice)
            yield self.http.send(h11.Data(data=part)) or b""

    def read(self) -> Iterator[Head | bytes]:
        assert self.request is not None
        while (event := self.http.next_event()) is not h11.NEED_DATA:
            match event:
                case h11.Response():
                    yield Head.of(self.request, event.status_code, event.headers)
                case h11.Data():
                    yield bytes(event.data)
                case _:
                    yield b""
                    return


class Driver:
    """A whole driver whose network is a scripted server in the same room."""

    def __init__(self, version: str = VERSIONS[0], target: Target = TARGET) -> None:
        self.core = Dispatcher(target, entropy=b"e" * 16)
        self.server = ScriptedServer(version)
        self.lines: dict[int, Line] = {}
        self.streams: dict[tuple[int, int], Line] = {}
        self.failing: list[TransportFailed] = []
        "What the next openings of streams come to."
        self.go_on()

    def call(self, api_name: str, *args: object) -> tuple[int, JobLife]:
        submitted = self.core.submit(api_name, args, {})
        self.go_on()
        return submitted

    def go_on(self) -> None:
        while work := self.core.work(0.0):
            match work:
                case Perform():
                    self.perform(work)
                case Listen():
                    self._open(work)
                case Leave():
                    self.server.leave(self.streams.pop(work.name).number)
                case _:
                    assert_never(work)

    def perform(self, work: Perform) -> None:
        match work.action:
            case Send() as action:
                head, *body = self._asked(action.request).read()
                assert isinstance(head, Head)
                whole = b"".join(part for part in body if isinstance(part, bytes))
                self.core.performed(work.number, head.whole(whole))
            case Download() as action:
                head, *body = self._asked(action.request).read()
                content = b"".join(part for part in body if isinstance(part, bytes))
                self.core.performed(work.number, Saved(path=content.decode()))
            case action:
                raise AssertionError(action)

    def _open(self, work: Listen) -> None:
        if self.failing:
            assert not self.core.heard(work.name, self.failing.pop(0))
            return
        self.streams[work.name] = self._asked(work.stream.request)
        self.hear()

    def hear(self) -> None:
        """Report what has come on streams."""
        for name, line in [*self.streams.items()]:
            for part in line.read():
                if not self.core.heard(name, part):
                    self.streams.pop(name)
                    break

    def _asked(self, request: Request) -> Line:
        line = Line(self.server.connect())
        self.lines[line.number] = line
        for data in line.written(request):
            for output in self.server.receive(line.number, data):
                self.lines[output.connection].http.receive_data(output.data)
        self.hear()
        return line


@pytest.fixture(params=VERSIONS)
def driver(request: pytest.FixtureRequest) -> Driver:
    """Connected, to each kind of server."""
    connected = Driver(request.param)
    assert connected.core.connected()
    return connected


def outputs(life: JobLife) -> list[object]:
    found = Outputs(life)
    values: list[object] = []
    while found.advance():
        values.append(found.value())
    return values


def test_a_call_has_its_result(driver: Driver) -> None:
    _, life = driver.call("/echo", "hello")
    assert life.view.stage is Stage.SUCCEEDED
    assert life.result() == "hello"


def test_a_generator_has_its_outputs(driver: Driver) -> None:
    jobs = [driver.call("/count", number)[1] for number in (3, 1, 2)]
    assert [outputs(life) for life in jobs] == [[0, 1, 2], [0], [0, 1]]


def test_a_file_goes_up_and_comes_down(driver: Driver) -> None:
    _, life = driver.call("/shout", Inline("x.txt", b"up and down"))
    assert life.result() == "UP AND DOWN"


def test_a_failed_job_raises_its_error_as_its_result(driver: Driver) -> None:
    _, life = driver.call("/fail", "you")
    with pytest.raises(AppError, match="no to you"):
        life.result()


def test_what_the_disk_says_fails_the_job(driver: Driver) -> None:
    ticket, life = driver.core.submit("/shout", [LocalFile("/nowhere")], {})
    work = driver.core.work(0.0)
    assert work == Perform(number=ticket, action=Inspect(path="/nowhere"))
    driver.core.failed(ticket, FileNotFoundError("no such file"))
    driver.go_on()
    with pytest.raises(FileFailed, match="no such file") as caught:
        life.result()
    assert isinstance(caught.value.__cause__, FileNotFoundError)


def test_a_job_that_is_called_off_is_stopped_on_the_server(driver: Driver) -> None:
    ticket, life = driver.call("/hold", "x")
    assert outputs(life) == ["x"]
    assert driver.core.cancel(ticket)
    assert life.view.stage is Stage.CANCELLED
    driver.go_on()
    assert len(driver.server.stopped) == 1
    assert not driver.core.cancel(ticket)
    assert driver.call("/echo", "still here")[1].result() == "still here"


def test_closing_ends_all_jobs_and_streams(driver: Driver) -> None:
    lives = [driver.call("/hold", "x")[1] for _ in range(2)]
    driver.core.close()
    for life in lives:
        with pytest.raises(JobCancelled, match="closed"):
            life.result()
    driver.go_on()
    assert driver.streams == {}
    assert len(driver.server.stopped) == 2
    with pytest.raises(InvalidArguments, match="closed"):
        driver.call("/echo", "too late")


def test_what_does_not_fit_is_refused_at_once(driver: Driver) -> None:
    with pytest.raises(InvalidArguments):
        driver.core.submit("/echo", ["one", "two"], {})
    assert driver.core.work(0.0) is None


def test_two_calls_have_boundaries_of_their_own(driver: Driver) -> None:
    boundaries: set[object] = set()
    for _ in range(2):
        driver.core.submit("/shout", [Inline("x.txt", bytes(len(boundaries)))], {})
        work = driver.core.work(0.0)
        assert isinstance(work, Perform)
        assert isinstance(work.action, Send)
        boundaries.add(dict(work.action.request.headers)["content-type"])
    assert len(boundaries) == 2


def test_before_it_is_connected_nothing_can_be_called() -> None:
    core = Dispatcher("http://here/", entropy=b"e" * 16)
    assert not core.connected()
    with pytest.raises(AssertionError, match="connected"):
        core.submit("/echo", ["x"], {})


def test_what_connecting_raises_is_raised_to_whoever_asks() -> None:
    core = Dispatcher(TARGET, entropy=b"e" * 16)
    work = core.work(0.0)
    assert isinstance(work, Perform)
    core.failed(work.number, NOBODY)
    assert core.work(0.0) is None
    with pytest.raises(TransportFailed, match="nobody there"):
        core.connected()


def test_it_may_be_closed_before_it_is_connected() -> None:
    core = Dispatcher(TARGET, entropy=b"e" * 16)
    core.close()
    assert not core.connected()
    with pytest.raises(InvalidArguments, match="closed"):
        core.submit("/echo", ["x"], {})


def test_it_may_be_closed_while_the_server_is_told_of_a_cancel() -> None:
    driver = Driver("6.31.0")
    ticket, _ = driver.call("/hold", "x")
    driver.core.cancel(ticket)
    telling = driver.core.work(0.0)
    assert isinstance(telling, Perform)
    driver.core.close()
    driver.go_on()
    driver.perform(telling)
    driver.go_on()
    assert driver.streams == {}


def test_a_stream_that_breaks_fails_its_jobs(driver: Driver) -> None:
    _, life = driver.call("/hold", "x")
    (name,) = driver.streams
    del driver.streams[name]
    assert not driver.core.heard(name, TransportFailed("cut"))
    driver.go_on()
    with pytest.raises(StreamLost, match="cut"):
        life.result()


def test_a_stream_of_junk_fails_its_jobs(driver: Driver) -> None:
    _, life = driver.call("/hold", "x")
    (name,) = driver.streams
    del driver.streams[name]
    assert not driver.core.heard(name, b"data: junk\n\n")
    driver.go_on()
    with pytest.raises(RemoteError):
        life.result()


def test_what_comes_of_a_stream_that_was_left_is_not_wanted(driver: Driver) -> None:
    driver.call("/hold", "x")
    (name,) = driver.streams
    driver.core.close()
    driver.go_on()
    assert not driver.core.heard(name, b"data: {}\n\n")


def test_a_stream_that_cannot_be_opened_is_tried_again() -> None:
    driver = Driver("6.31.0")
    _, life = driver.core.submit("/echo", ["x"], {})
    join = driver.core.work(0.0)
    assert isinstance(join, Perform)
    driver.perform(join)
    driver.failing.append(NOBODY)
    driver.go_on()
    assert driver.failing == []
    assert life.result() == "x"


def test_a_silent_stream_stays_open_while_the_app_answers(driver: Driver) -> None:
    _, life = driver.call("/hold", "x")
    (name,) = driver.streams
    for _ in range(3):
        driver.core.silent(name)
        driver.go_on()
    assert [*driver.streams] == [name]
    assert not life.view.stage.final


def test_a_silent_stream_is_closed_if_the_app_is_another_one_by_now(driver: Driver) -> None:
    _, life = driver.call("/hold", "x")
    (name,) = driver.streams
    driver.core.silent(name)
    work = driver.core.work(0.0)
    assert isinstance(work, Perform)
    driver.core.performed(work.number, Response(status=200, body=b'{"app_id": "another"}'))
    while not life.view.stage.final:
        driver.go_on()
    assert driver.streams == {}
    with pytest.raises(StreamLost, match="another app answers"):
        life.result()


def test_how_long_a_stream_may_be_silent_is_the_callers_choice() -> None:
    target = Target(src="http://here/", policy=RetryPolicy(max_retries=0), stream_idle_timeout=7)
    driver = Driver(target=target)
    driver.core.submit("/hold", ["x"], {})
    works = iter(lambda: driver.core.work(0.0), None)
    for work in works:
        if isinstance(work, Listen):
            assert work.stream.idle == 7
            return
        assert isinstance(work, Perform)
        driver.perform(work)
    raise AssertionError("no stream is opened")
