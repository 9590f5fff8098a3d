"""`ClientProtocol`, driven in memory: what it commands, and what callers see of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest

from gradio_protocol.app.files import Inline, LocalFile
from gradio_protocol.client.commands import AbortAction, Command, NotifyJob, RunAction
from gradio_protocol.client.protocol import ClientProtocol
from gradio_protocol.errors import (
    AppError,
    FileFailed,
    InvalidArguments,
    JobCancelled,
    RemoteError,
    StreamLost,
    TransportFailed,
)
from gradio_protocol.flows.actions import Download, InspectFile, Saved, Send
from gradio_protocol.flows.options import Options
from gradio_protocol.jobs.event_stream import StreamReader
from gradio_protocol.jobs.job_state import JobState, Outputs, Raised, Stage, Transferred
from gradio_protocol.jobs.messages import Completed, EventMessage, Generated, JobMessage, Queued
from gradio_protocol.jobs.orders import CloseStream, OpenStream
from gradio_protocol.testing import VERSIONS
from gradio_protocol.wire.document import JSON
from gradio_protocol.wire.exchange import Head, Response
from tests.support.in_memory import TARGET, InMemoryDriver

NOBODY = TransportFailed("nobody there", connected=False)


@pytest.fixture(params=VERSIONS)
def driver(request: pytest.FixtureRequest) -> InMemoryDriver:
    """Connected, to each kind of server."""
    connected = InMemoryDriver(request.param)
    assert connected.core.is_connected()
    return connected


def outputs(state: JobState) -> list[object]:
    found = Outputs(state)
    values: list[object] = []
    while found.advance():
        values.append(found.value())
    return values


def test_a_call_has_its_result(driver: InMemoryDriver) -> None:
    _, state = driver.call("/echo", "hello")
    assert state.snapshot.stage is Stage.SUCCEEDED
    assert state.result() == "hello"


@pytest.mark.parametrize(("own", "sent"), [({"x-a": "2"}, "2"), (None, "1")])
def test_the_headers_of_a_call_win_over_those_of_its_options(
    own: dict[str, str] | None, sent: str
) -> None:
    driver = InMemoryDriver()
    options = Options(headers=(("x-a", "1"), ("x-b", "1")))
    bound = driver.core.bind(driver.session_id, ("x",), {}, api_name="/echo", options=options)
    driver.core.submit(bound, own)
    action = driver.next_action().action
    assert isinstance(action, Send)
    assert {("x-a", sent), ("x-b", "1")} <= {*action.request.headers}


def test_a_generator_has_its_outputs(driver: InMemoryDriver) -> None:
    jobs = [driver.call("/count", number)[1] for number in (3, 1, 2)]
    assert [outputs(state) for state in jobs] == [[0, 1, 2], [0], [0, 1]]


def test_a_file_goes_up_and_comes_down(driver: InMemoryDriver) -> None:
    _, state = driver.call("/shout", Inline("x.txt", b"up and down"))
    assert state.result() == "UP AND DOWN"


def test_a_failed_job_raises_its_error_as_its_result(driver: InMemoryDriver) -> None:
    _, state = driver.call("/fail", "you")
    with pytest.raises(AppError, match="no to you"):
        state.result()


def test_what_the_disk_says_fails_the_job(driver: InMemoryDriver) -> None:
    _, state = driver.submit("/shout", LocalFile("/nowhere"))
    command = driver.next_action()
    assert command.action == InspectFile(path="/nowhere")
    driver.core.action_failed(command.action_id, FileNotFoundError("no such file"))
    driver.go_on()
    with pytest.raises(FileFailed, match="no such file") as caught:
        state.result()
    assert isinstance(caught.value.__cause__, FileNotFoundError)


def test_a_bug_in_a_conversation_fails_its_job(driver: InMemoryDriver) -> None:
    _, state = driver.submit("/echo", "x")
    command = driver.next_action()
    driver.core.action_succeeded(command.action_id, "no response at all")
    driver.go_on()
    with pytest.raises(AttributeError):
        state.result()
    assert driver.call("/echo", "still here")[1].result() == "still here"


def test_a_bug_in_what_receives_messages_fails_its_job(
    driver: InMemoryDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_: JobState, message: object) -> None:
        raise TypeError(message)

    with monkeypatch.context() as patch:
        patch.setattr(JobState, "receive", fails)
        _, state = driver.call("/echo", "x")
    with pytest.raises(RemoteError, match="TypeError"):
        state.result()
    assert driver.call("/echo", "still here")[1].result() == "still here"


def test_no_output_overtakes_one_whose_files_are_being_fetched(
    driver: InMemoryDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[tuple[int, EventMessage]] = []
    receive = driver.core.receive_messages

    def hear(stream_id: int, messages: Iterable[EventMessage]) -> None:
        came = [*messages]
        heard.extend((stream_id, one) for one in came)
        receive(stream_id, came)

    monkeypatch.setattr(driver.core, "receive_messages", hear)
    _, state = driver.call("/hold", "x")
    stream_id, started = heard[-1]

    def say(*messages: JobMessage) -> None:
        driver.core.receive_messages(
            stream_id, [EventMessage(started.event_id, message) for message in messages]
        )

    mark: JSON = {"_type": "gradio.FileData"}
    file: JSON = {"path": "/a", "orig_name": "a", "meta": mark}
    driver.is_slow = True
    say(Generated(("y",), streamed=True), Generated((file,), streamed=True), Queued(rank=1))
    say(Generated(("z",), streamed=True), Completed(data=("z",)))
    driver.go_on()
    assert outputs(state) == ["x", "y"]
    ((action_id, command),) = driver.running.items()
    assert isinstance(command.action, Download)
    driver.core.action_succeeded(action_id, Saved(path="/here/a"))
    driver.go_on()
    assert outputs(state) == ["x", "y", "/here/a", "z"]
    assert state.result() == "z"
    assert [view.outputs for view in state.snapshots if view.rank == 1] == [3]


def test_a_cancelled_job_is_stopped_on_the_server(driver: InMemoryDriver) -> None:
    job_id, state = driver.call("/hold", "x")
    assert outputs(state) == ["x"]
    assert driver.core.cancel(job_id)
    assert state.snapshot.stage is Stage.CANCELLED
    driver.go_on()
    assert len(driver.server.stopped) == 1
    assert not driver.core.cancel(job_id)
    assert driver.call("/echo", "still here")[1].result() == "still here"


def test_a_cancelled_job_aborts_what_it_runs(driver: InMemoryDriver) -> None:
    job_id, state = driver.submit("/shout", LocalFile("/file"))
    command = driver.next_action()
    driver.core.cancel(job_id)
    driver.go_on()
    assert driver.running == {}
    assert state.snapshot.stage is Stage.CANCELLED
    # The driver may lose the race against the abort.
    driver.core.action_succeeded(command.action_id, None)
    driver.core.action_failed(command.action_id, NOBODY)
    assert driver.core.next_command(0.0) is None


def test_a_job_that_is_cancelled_before_its_join_is_sent_is_never_joined(
    driver: InMemoryDriver,
) -> None:
    job_id, state = driver.submit("/hold", "x")
    driver.core.cancel(job_id)
    driver.go_on()
    assert state.snapshot.stage is Stage.CANCELLED
    assert driver.running == {}
    assert driver.call("/echo", "still here")[1].result() == "still here"
    assert driver.server.stopped == []


def test_a_join_in_flight_is_not_aborted_and_its_event_is_cancelled() -> None:
    driver = InMemoryDriver("6.31.0")
    driver.is_slow = True
    job_id, state = driver.call("/hold", "x")
    (join,) = driver.running.values()
    driver.core.cancel(job_id)
    driver.go_on()
    assert state.snapshot.stage is Stage.CANCELLED
    assert [*driver.running.values()] == [join]
    driver.is_slow = False
    driver.perform(join)
    driver.go_on()
    assert len(driver.server.stopped) == 1


def test_closing_ends_all_jobs_and_streams(driver: InMemoryDriver) -> None:
    lives = [driver.call("/hold", "x")[1] for _ in range(2)]
    driver.core.close()
    for state in lives:
        with pytest.raises(JobCancelled, match="closed"):
            state.result()
    driver.go_on()
    assert driver.core.is_closed()
    assert driver.streams == {}
    assert len(driver.server.stopped) == 2
    with pytest.raises(InvalidArguments, match="closed"):
        driver.call("/echo", "too late")
    driver.core.close()
    assert driver.core.next_command(0.0) is None


def test_it_is_not_closed_while_a_join_is_in_flight() -> None:
    driver = InMemoryDriver("6.31.0")
    driver.is_slow = True
    driver.call("/hold", "x")
    (join,) = driver.running.values()
    driver.core.close()
    driver.go_on()
    assert not driver.core.is_closed()
    driver.is_slow = False
    driver.perform(join)
    driver.go_on()
    assert driver.core.is_closed()
    assert len(driver.server.stopped) == 1


def test_jobs_beyond_the_limit_wait_for_their_turn() -> None:
    driver = InMemoryDriver("6.31.0", max_jobs=1)
    first, _ = driver.call("/hold", "x")
    _, second = driver.call("/echo", "y")
    third, unwanted = driver.call("/echo", "z")
    assert second.snapshot.stage is Stage.STARTING
    driver.core.cancel(third)
    driver.core.cancel(first)
    driver.go_on()
    assert second.result() == "y"
    assert unwanted.snapshot.stage is Stage.CANCELLED


def test_each_change_of_a_job_is_notified_once_at_a_time(driver: InMemoryDriver) -> None:
    job_id, state = driver.submit("/echo", "x")
    driver.go_on()
    assert set(driver.notified) == {job_id}
    seen = len(driver.notified)
    assert 0 < seen <= len(state.snapshots)
    driver.go_on()
    assert len(driver.notified) == seen


def test_progress_of_an_upload_is_told_to_its_job(driver: InMemoryDriver) -> None:
    _, state = driver.submit("/shout", Inline("x.txt", b"content"))
    command = driver.next_action()
    moved = Transferred(done=3, total=7, upload=True)
    driver.core.action_progress(command.action_id, moved)
    assert state.snapshot.transferred == moved
    driver.core.action_progress(-1, Transferred(done=4, total=7, upload=True))
    assert state.snapshot.transferred == moved


def test_two_sessions_are_two_visitors(driver: InMemoryDriver) -> None:
    other = driver.core.open_session()
    assert driver.core.endpoints(other) == driver.core.app.endpoints
    hashes = {driver.core.session_hash(one) for one in (driver.session_id, other)}
    assert len(hashes) == 2
    _, mine = driver.call("/hold", "x")
    driver.core.close_session(driver.session_id)
    driver.go_on()
    with pytest.raises(JobCancelled, match="the session was closed"):
        mine.result()
    assert len(driver.server.stopped) == 1
    with pytest.raises(InvalidArguments, match="the session was closed"):
        driver.call("/echo", "too late")
    driver.core.close_session(driver.session_id)
    driver.session_id = other
    assert driver.call("/echo", "hello")[1].result() == "hello"


def test_a_call_that_meets_the_end_of_its_session_does_not_begin(driver: InMemoryDriver) -> None:
    bound = driver.core.bind(driver.session_id, ["x"], {}, api_name="/echo")
    driver.core.close_session(driver.session_id)
    with pytest.raises(InvalidArguments, match="the session was closed"):
        driver.core.submit(bound)


def test_a_state_that_was_there_before_the_connection_becomes_that_of_the_job(
    driver: InMemoryDriver,
) -> None:
    early = JobState.unbound()
    cancelled = JobState.unbound()
    assert cancelled.apply(Raised(error=JobCancelled("no longer wanted")))
    assert cancelled.snapshot.stage is Stage.CANCELLED
    assert early.endpoint.title == "of an app that is not connected yet"
    bound = driver.core.bind(driver.session_id, ["x"], {}, api_name="/echo")
    _, state = driver.core.submit(bound, state=early)
    driver.go_on()
    assert state is early
    assert (early.endpoint.title, early.result()) == ("/echo", "x")


@pytest.mark.parametrize("share", [False, True])
def test_outputs_share_values_only_if_the_caller_agrees(
    driver: InMemoryDriver, share: bool
) -> None:
    options = Options(share_outputs=share)
    bound = driver.core.bind(driver.session_id, [[["x"]]], {}, api_name="/echo", options=options)
    _, state = driver.core.submit(bound)
    driver.go_on()
    (first,), (second,) = outputs(state), outputs(state)
    assert first == second == state.result() == [["x"]]
    assert (first is second, first is state.result()) == (share, share)


def test_a_reset_session_is_another_visitor_and_lets_old_jobs_end() -> None:
    driver = InMemoryDriver("6.31.0")
    before = driver.core.session_hash(driver.session_id)
    job_id, state = driver.call("/hold", "x")
    driver.core.reset_session(driver.session_id)
    driver.go_on()
    assert driver.core.session_hash(driver.session_id) != before
    assert not state.snapshot.stage.is_final
    assert driver.call("/echo", "hello")[1].result() == "hello"
    driver.core.cancel(job_id)
    driver.go_on()
    assert len(driver.server.stopped) == 1


def test_an_isolated_job_has_a_session_of_its_own(driver: InMemoryDriver) -> None:
    _, shared = driver.call("/hold", "x")
    job_id, alone = driver.call("/hold", "y", isolated=True)
    driver.core.cancel(job_id)
    driver.go_on()
    assert alone.snapshot.stage is Stage.CANCELLED
    assert not shared.snapshot.stage.is_final


def test_what_does_not_fit_is_refused_at_once(driver: InMemoryDriver) -> None:
    with pytest.raises(InvalidArguments):
        driver.submit("/echo", "one", "two")
    assert driver.core.next_command(0.0) is None


def test_two_calls_have_boundaries_of_their_own(driver: InMemoryDriver) -> None:
    boundaries: set[object] = set()
    for _ in range(2):
        driver.submit("/shout", Inline("x.txt", bytes(len(boundaries))))
        action = driver.next_action().action
        assert isinstance(action, Send)
        boundaries.add(dict(action.request.headers)["content-type"])
    assert len(boundaries) == 2


def test_before_it_is_connected_nothing_can_be_called() -> None:
    core = ClientProtocol("http://here/", entropy=b"e" * 16)
    assert not core.is_connected()
    with pytest.raises(AssertionError, match="connected"):
        core.open_session()


def test_the_error_of_connecting_is_raised_and_connecting_may_be_tried_again() -> None:
    core = ClientProtocol(TARGET, entropy=b"e" * 16)
    for _ in range(2):
        core.connect()
        core.connect()
        command = core.next_command(0.0)
        assert isinstance(command, RunAction)
        core.action_failed(command.action_id, NOBODY)
        assert core.next_command(0.0) is None
        with pytest.raises(TransportFailed, match="nobody there"):
            core.is_connected()


def test_it_may_be_closed_before_it_is_connected() -> None:
    core = ClientProtocol(TARGET, entropy=b"e" * 16)
    core.close()
    assert core.is_closed()
    with pytest.raises(InvalidArguments, match="closed"):
        core.connect()


def test_closing_ends_connecting() -> None:
    core = ClientProtocol(TARGET, entropy=b"e" * 16)
    core.connect()
    command = core.next_command(0.0)
    assert isinstance(command, RunAction)
    core.close()
    assert core.next_command(0.0) == AbortAction(action_id=command.action_id)
    assert core.next_command(0.0) is None
    with pytest.raises(InvalidArguments, match="closed"):
        core.is_connected()


def test_closing_ends_connecting_between_two_requests() -> None:
    core = ClientProtocol(TARGET, entropy=b"e" * 16)
    core.connect()
    core.close()
    assert core.next_command(0.0) is None
    with pytest.raises(InvalidArguments, match="the client was closed"):
        core.is_connected()


def test_it_may_be_closed_while_the_server_is_told_of_a_cancel() -> None:
    driver = InMemoryDriver("6.31.0")
    job_id, _ = driver.call("/hold", "x")
    driver.core.cancel(job_id)
    telling = driver.next_action()
    driver.core.close()
    driver.go_on()
    assert not driver.core.is_closed()
    driver.perform(telling)
    driver.go_on()
    assert driver.core.is_closed()
    assert driver.streams == {}


def test_a_stream_that_breaks_fails_its_jobs(driver: InMemoryDriver) -> None:
    _, state = driver.call("/hold", "x")
    (stream_id,) = driver.streams
    del driver.streams[stream_id]
    driver.core.stream_closed(stream_id, TransportFailed("cut"))
    driver.go_on()
    with pytest.raises(StreamLost, match="cut"):
        state.result()


def test_a_stream_of_junk_fails_its_jobs_and_is_closed(driver: InMemoryDriver) -> None:
    _, state = driver.call("/hold", "x")
    (stream_id,) = driver.streams
    driver.core.receive_data(stream_id, b"data: junk\n\n")
    driver.go_on()
    assert driver.streams == {}
    with pytest.raises(RemoteError):
        state.result()


def test_a_bug_in_the_parser_fails_the_jobs_of_its_stream(
    driver: InMemoryDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    _, state = driver.call("/hold", "x")
    (stream_id,) = driver.streams
    monkeypatch.setattr(StreamReader, "feed", fail)
    driver.core.receive_data(stream_id, b"data: {}\n\n")
    driver.go_on()
    assert driver.streams == {}
    with pytest.raises(StreamLost, match="ZeroDivisionError"):
        state.result()


def test_messages_before_junk_count_however_they_were_cut() -> None:
    driver = InMemoryDriver("4.7.1")  # a stream for each job, whose messages need no event id
    _, state = driver.call("/hold", "x")
    (stream_id,) = driver.streams
    done = b'data: {"msg":"process_completed","output":{"data":["held"]},"success":true}'
    driver.core.receive_data(stream_id, done + b"\n\ndata: junk\n\n")
    driver.go_on()
    assert state.result() == "held"


def test_what_comes_of_a_closed_stream_is_ignored(driver: InMemoryDriver) -> None:
    driver.call("/hold", "x")
    (stream_id,) = driver.streams
    line = driver.streams[stream_id]
    assert line.request is not None
    driver.core.close()
    driver.go_on()
    driver.core.stream_opened(stream_id, Head.of(line.request, 200, []))
    driver.core.receive_data(stream_id, b"data: {}\n\n")
    driver.core.receive_messages(stream_id, [])
    driver.core.stream_closed(stream_id)
    assert driver.core.next_command(0.0) is None


def test_a_stream_that_is_refused_is_closed(driver: InMemoryDriver) -> None:
    driver.submit("/hold", "x")
    while not isinstance(command := driver.core.next_command(0.0), OpenStream):
        assert isinstance(command, RunAction | NotifyJob)
        if isinstance(command, RunAction):
            driver.running[command.action_id] = command
            driver.perform(command)
    driver.core.stream_opened(command.stream_id, Head.of(command.request, 404, []))
    closed: list[CloseStream] = []
    while (after := driver.core.next_command(0.0)) is not None:
        closed += [after] if isinstance(after, CloseStream) else []
    assert closed == [CloseStream(stream_id=command.stream_id)]


def test_a_stream_that_cannot_be_opened_is_tried_again() -> None:
    driver = InMemoryDriver("6.31.0")
    _, state = driver.submit("/echo", "x")
    driver.failing.append(NOBODY)
    driver.go_on()
    assert driver.failing == []
    assert state.result() == "x"


def test_a_silent_stream_stays_open_while_the_app_answers(driver: InMemoryDriver) -> None:
    _, state = driver.call("/hold", "x")
    (stream_id,) = driver.streams
    for _ in range(3):
        driver.core.stream_silent(stream_id)
        driver.go_on()
    assert [*driver.streams] == [stream_id]
    assert not state.snapshot.stage.is_final


def test_a_silent_stream_is_closed_if_the_app_is_another_one_by_now(driver: InMemoryDriver) -> None:
    _, state = driver.call("/hold", "x")
    (stream_id,) = driver.streams
    driver.core.stream_silent(stream_id)
    command = driver.next_action()
    reply = Response(status=200, body=b'{"app_id": "another"}')
    driver.core.action_succeeded(command.action_id, reply)
    while not state.snapshot.stage.is_final:
        driver.go_on()
    assert driver.streams == {}
    with pytest.raises(StreamLost, match="another app now answers"):
        state.result()


def test_a_stream_that_ends_while_the_app_is_asked_aborts_the_question(
    driver: InMemoryDriver,
) -> None:
    driver.call("/hold", "x")
    (stream_id,) = driver.streams
    driver.core.stream_silent(stream_id)
    command = driver.next_action()
    driver.core.stream_closed(stream_id)
    del driver.streams[stream_id]
    assert driver.core.next_command(0.0) == AbortAction(action_id=command.action_id)


def test_a_stream_that_ends_before_the_app_is_asked_changes_nothing_else(
    driver: InMemoryDriver,
) -> None:
    _, state = driver.call("/hold", "x")
    (stream_id,) = driver.streams
    driver.session_id = other = driver.core.open_session()
    driver.call("/hold", "y")
    driver.core.stream_silent(stream_id)
    driver.core.close_session(other)
    while not isinstance(driver.core.next_command(0.0), CloseStream):
        pass
    driver.core.stream_closed(stream_id, NOBODY)
    del driver.streams[stream_id]
    driver.go_on()
    assert state.snapshot.error is not None


def test_a_stream_that_is_closed_is_never_silent(driver: InMemoryDriver) -> None:
    driver.core.stream_silent(-1)
    assert driver.core.next_command(0.0) is None


def test_the_caller_chooses_how_long_a_stream_may_be_silent() -> None:
    driver = InMemoryDriver(target=replace(TARGET, stream_idle_timeout=7))
    driver.submit("/hold", "x")
    while not isinstance(command := driver.core.next_command(0.0), OpenStream):
        assert command is not None
        if isinstance(command, RunAction):
            driver.running[command.action_id] = command
            driver.perform(command)
    assert command.idle_timeout == 7


def test_what_is_ordered_of_a_stream_that_has_just_ended_is_left_undone(
    driver: InMemoryDriver,
) -> None:
    driver.call("/hold", "x")
    (stream_id,) = driver.streams
    driver.core.stream_silent(stream_id)
    driver.core.close_session(driver.session_id)
    driver.core.stream_closed(stream_id, NOBODY)
    del driver.streams[stream_id]
    driver.go_on()
    assert (driver.streams, driver.running) == ({}, {})


def test_no_action_has_the_id_of_a_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    """A driver may keep both in one table; two of them do."""
    take, seen = ClientProtocol.next_command, list[int]()

    def noted(core: ClientProtocol, now: float) -> Command | None:
        command = take(core, now)
        match command:
            case RunAction():
                seen.append(command.action_id)
            case OpenStream():
                seen.append(command.stream_id)
            case _:
                pass
        return command

    monkeypatch.setattr(ClientProtocol, "next_command", noted)
    driver = InMemoryDriver("6.31.0")
    assert driver.call("/echo", "x")[1].result() == "x"
    assert len(seen) > 3
    assert len(seen) == len(set(seen))
