"""`jobs.job_state`: the life of one job, and the machine against a model of its own."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from gradio_protocol.app.dialect import Edits
from gradio_protocol.app.endpoint import find_endpoint
from gradio_protocol.errors import AppError, JobCancelled, RemoteError
from gradio_protocol.jobs.file_search import FileSearch
from gradio_protocol.jobs.history import History
from gradio_protocol.jobs.job_state import (
    TRANSITIONS,
    Cause,
    Downloaded,
    JobSnapshot,
    JobState,
    JobUpdate,
    Joining,
    Outputs,
    Raised,
    Rebound,
    Returned,
    Stage,
    Transferred,
)
from gradio_protocol.jobs.messages import (
    Completed,
    DataRequested,
    Failed,
    Generated,
    Ignored,
    Logged,
    Output,
    Progressed,
    ProgressUnit,
    Queued,
    QueueFull,
    Started,
)
from gradio_protocol.jobs.status import Status
from gradio_protocol.present.updates import all_outputs
from tests.support.call_harness import app, function
from tests.support.sample_apps import sample_app

CANCELLED = Raised(error=JobCancelled("the job was cancelled"))
ERROR = AppError("no")
GONE = JobCancelled("the job was cancelled on the server")
UPLOAD = Transferred(done=1, total=2, upload=True)
DOWNLOAD = Transferred(done=1, total=None, upload=False)
LOG = Logged(text="hello")
BARS = (ProgressUnit(index=1),)
FINAL = (Stage.SUCCEEDED, Stage.FAILED, Stage.CANCELLED)


def state(name: str = "/echo", *update: JobUpdate, stateful: bool = False) -> JobState:
    """The life of a call to this endpoint, after this news."""
    endpoint = find_endpoint(sample_app(stateful=stateful).endpoints, name)
    made = JobState(endpoint, History(Edits.SHIFTED))
    for one in update:
        made.apply(one)
    return made


def outputs(of: JobState) -> list[object]:
    """All outputs so far."""
    reader, found = Outputs(of), list[object]()
    while reader.advance():
        found.append(reader.value())
    assert reader.taken == len(found)
    return found


# --- receiving ----------------------------------------------------------------------------------

FILE: Any = {"path": "/a", "meta": {"_type": "gradio.FileData"}}


def searching(*update: JobUpdate) -> JobState:
    """A life whose caller wants files."""
    app = sample_app("6.31.0")
    endpoint, history = find_endpoint(app.endpoints, "/echo"), History(app.dialect.edits)
    made = JobState(endpoint, history, FileSearch(app.dialect, endpoint))
    for one in update:
        made.apply(one)
    return made


@pytest.mark.parametrize("message", [Queued(), Started(), LOG, Progressed(steps=BARS)])
def test_most_messages_are_applied_as_they_come(message: Any) -> None:
    straight, told = searching(), searching()
    assert straight.receive(message) is None
    told.apply(message)
    assert straight.snapshots == told.snapshots


@pytest.mark.parametrize(
    "message", [DataRequested(event_id="e"), Completed(data=("x",)), QueueFull(message="full")]
)
def test_a_flow_acts_on_what_asks_or_ends(message: Any) -> None:
    made = searching()
    assert made.receive(message) is message
    assert len(made.snapshots) == 1


@pytest.mark.parametrize("shown", [True, False])
def test_a_failure_says_whether_an_output_came_before(shown: bool) -> None:
    made = searching(*[Generated(data=("a",))] * shown)
    assert made.receive(Failed(error=ERROR)) == Failed(error=ERROR, shown=shown)


def test_an_output_without_files_is_shown_at_once() -> None:
    made = searching()
    came: list[Any] = [{"path": 1}, [["add", ["x"], "y"]]]
    for data in came:
        assert made.receive(Generated(data=(data,))) is None
    assert outputs(made) == [{"path": 1}, {"path": 1, "x": "y"}]
    assert made.snapshot.outputs == 2


def test_an_output_with_files_is_shown_when_its_flow_says_so() -> None:
    made = searching()
    output = made.receive(Generated(data=(FILE,)))
    assert isinstance(output, Output)
    assert [file.path for file in output.files] == ["/a"]
    assert outputs(made) == []
    made.apply(Downloaded(path="/a", local="/here/a"))
    made.apply(output)
    assert outputs(made) == ["/here/a"]
    assert made.snapshot == JobSnapshot(Stage.RUNNING, Status.ITERATING, 1, success=True)


def test_files_that_nobody_wants_hold_nothing_up() -> None:
    made = state()
    assert made.receive(Generated(data=(FILE,))) is None
    assert outputs(made) == [FILE]


def test_what_surely_names_no_file_is_shown_at_once() -> None:
    made = searching()
    assert made.receive(Generated(data=(FILE,), has_path=False)) is None


def test_the_first_output_of_a_streamed_event_ends_its_input() -> None:
    made = searching()
    chunk = Generated(data=("a",), streamed=True)
    first = made.receive(chunk)
    assert isinstance(first, Output)
    assert first.ends_input
    made.apply(first)
    assert made.receive(chunk) is None


# --- the table ----------------------------------------------------------------------------------


def test_every_stage_answers_every_cause() -> None:
    assert {s: set(row) for s, row in TRANSITIONS.items()} == {s: set(Cause) for s in Stage}


def test_a_final_stage_stays() -> None:
    assert [stage for stage in Stage if stage.is_final] == list(FINAL)
    for stage in FINAL:
        assert set(TRANSITIONS[stage].values()) == {stage}


def test_a_job_goes_from_its_start_to_its_result() -> None:
    one = state()
    stages = [one.snapshot.stage]
    for update in (UPLOAD, Joining(), Queued(), Started(), Queued(), Started(), LOG, Returned()):
        one.apply(update)
        stages.append(one.snapshot.stage)
    s = Stage
    assert stages == [
        s.STARTING,
        s.UPLOADING,
        s.JOINING,
        s.QUEUED,
        s.RUNNING,
        s.QUEUED,
        s.RUNNING,
        s.RUNNING,
        s.SUCCEEDED,
    ]


@pytest.mark.parametrize("update", [Queued(), Started(), LOG])
def test_a_job_can_begin_again(update: JobUpdate) -> None:
    assert state("/echo", update, UPLOAD).snapshot.stage is Stage.UPLOADING
    assert state("/echo", update, Joining()).snapshot.stage is Stage.JOINING


# --- views --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("update", "view"),
    [
        (Joining(), JobSnapshot(stage=Stage.JOINING, code=Status.JOINING_QUEUE)),
        (UPLOAD, JobSnapshot(stage=Stage.UPLOADING, code=Status.SENDING_DATA, transferred=UPLOAD)),
        (
            DOWNLOAD,
            JobSnapshot(stage=Stage.RUNNING, code=Status.SENDING_DATA, transferred=DOWNLOAD),
        ),
        (
            Queued(rank=1, size=2, eta=3.0),
            JobSnapshot(stage=Stage.QUEUED, code=Status.IN_QUEUE, rank=1, queue_size=2, eta=3.0),
        ),
        (DataRequested(event_id="e"), JobSnapshot(stage=Stage.QUEUED, code=Status.SENDING_DATA)),
        (Started(eta=2.0), JobSnapshot(stage=Stage.RUNNING, code=Status.PROCESSING, eta=2.0)),
        (
            Progressed(steps=BARS),
            JobSnapshot(stage=Stage.RUNNING, code=Status.PROGRESS, progress=BARS),
        ),
        (LOG, JobSnapshot(stage=Stage.RUNNING, code=Status.LOG, log=LOG)),
        (
            Generated(data=("x",)),
            JobSnapshot(stage=Stage.RUNNING, code=Status.ITERATING, outputs=1, success=True),
        ),
        (
            Completed(data=("x",)),
            JobSnapshot(stage=Stage.RUNNING, code=Status.FINISHED, outputs=1, success=True),
        ),
        (
            QueueFull(message="full"),
            JobSnapshot(stage=Stage.QUEUED, code=Status.QUEUE_FULL, success=False),
        ),
        (
            Failed(error=ERROR),
            JobSnapshot(stage=Stage.RUNNING, code=Status.FINISHED, success=False, error=ERROR),
        ),
        (Returned(), JobSnapshot(stage=Stage.SUCCEEDED, code=Status.FINISHED, success=True)),
        (
            Raised(error=ERROR),
            JobSnapshot(stage=Stage.FAILED, code=Status.FINISHED, success=False, error=ERROR),
        ),
        (
            Raised(error=GONE),
            JobSnapshot(stage=Stage.CANCELLED, code=Status.CANCELLED, success=False, error=GONE),
        ),
    ],
)
def test_a_view_says_what_the_latest_news_said(update: JobUpdate, view: JobSnapshot) -> None:
    one = state()
    assert one.apply(update)
    assert one.snapshot == view


def test_a_job_that_its_caller_cancels_says_so_as_its_error() -> None:
    view = state("/echo", CANCELLED).snapshot
    assert (view.stage, view.code, view.success) == (Stage.CANCELLED, Status.CANCELLED, False)
    assert isinstance(view.error, JobCancelled)


def test_a_job_that_is_over_has_a_result_or_raises_its_error() -> None:
    assert state("/echo", Returned(value="x")).result() == "x"
    with pytest.raises(AppError, match="no"):
        state("/echo", Raised(error=ERROR)).result()
    with pytest.raises(JobCancelled):
        state("/echo", CANCELLED, Returned(value="late")).result()


def test_a_job_says_how_far_it_is_and_why_it_failed() -> None:
    assert str(state()) == "/echo STARTING"
    assert str(state("/echo", Raised(error=ERROR))) == "/echo FAILED: AppError('no')"


def test_all_views_are_kept_in_order() -> None:
    one = state("/echo", Joining(), Started(), Started(), Returned())
    assert [view.code.value for view in one.snapshots] == [
        "STARTING",
        "JOINING_QUEUE",
        "PROCESSING",
        "PROCESSING",
        "FINISHED",
    ]


def test_a_message_that_means_nothing_changes_nothing() -> None:
    one = state()
    assert not one.apply(Ignored(name="new"))
    assert one.snapshots == [JobSnapshot()]


@pytest.mark.parametrize("end", [Returned(), Raised(error=ERROR), CANCELLED])
@pytest.mark.parametrize("late", [Started(), Generated(data=("x",)), CANCELLED, Returned()])
def test_what_comes_after_the_end_is_absorbed(end: JobUpdate, late: JobUpdate) -> None:
    one = state("/count", end)
    view = one.snapshot
    assert not one.apply(late)
    assert (one.snapshot, outputs(one)) == (view, [])


# --- outputs ------------------------------------------------------------------------------------


def test_a_function_that_returns_has_one_output() -> None:
    assert outputs(state("/echo", Completed(data=("x",)))) == ["x"]


def test_what_completes_a_generator_repeats_its_last_output() -> None:
    steps = [Generated(data=("a",)), Generated(data=([["append", [], "b"]],))]
    one = state("/count", *steps, Completed(data=("ab",)))
    assert outputs(one) == ["a", "ab"]
    assert one.snapshot.outputs == 2


def test_a_generator_that_yields_nothing_has_no_output() -> None:
    assert outputs(state("/count", Completed(data=(None,)))) == []


def test_a_cancelled_event_adds_no_output() -> None:
    assert outputs(state("/echo", Completed(data=None))) == []


def test_the_last_message_mends_an_output_that_could_not_be_read() -> None:
    steps = [Generated(data=("a",)), Generated(data=([["delete", ["x"], None]],))]
    assert outputs(state("/count", *steps, Completed(data=("b",)))) == ["a", "b"]


def test_files_stand_in_the_outputs_as_paths_of_this_machine() -> None:
    file: Any = {"path": "/srv/a.txt", "meta": {"_type": "gradio.FileData"}}
    one = state()
    assert not one.apply(Downloaded(path="/srv/a.txt", local="/home/a.txt"))
    one.apply(Completed(data=(file,)))
    assert outputs(one) == ["/home/a.txt"]


@pytest.mark.parametrize("saved", [[], [Downloaded(path="/srv/a.txt", local="/home/a.txt")]])
def test_an_output_is_the_readers_own(saved: list[JobUpdate]) -> None:
    one = state("/echo", *saved, Completed(data=(["a"],)))
    read: Any = outputs(one)[0]
    read.append("mine")
    assert outputs(one) == [["a"]]


def test_outputs_may_share_what_did_not_change() -> None:
    one = state("/echo")
    one.bind(one.endpoint, sample_app("6.31.0").dialect, download=False, share=True)
    one.apply(Generated(data=([["a"], ["b"]],)))
    one.apply(Generated(data=([["append", [0, 0], "!"]],)))
    read: list[Any] = outputs(one)
    first, second = read
    assert (first, second) == ([["a"], ["b"]], [["a!"], ["b"]])
    assert first[1] is second[1]


def test_an_output_with_a_file_is_the_readers_own_in_any_case() -> None:
    one = state("/echo", Downloaded(path="/srv/a.txt", local="/home/a.txt"))
    one.bind(one.endpoint, sample_app("6.31.0").dialect, download=False, share=True)
    one.apply(Completed(data=([FILE],)))
    read: Any = outputs(one)[0]
    read.append("mine")
    assert outputs(one) == [[FILE]]


def test_what_the_server_keeps_is_no_part_of_an_output() -> None:
    assert outputs(state("/keep", Completed(data=("x", None)), stateful=True)) == ["x"]


def test_outputs_are_read_as_they_come() -> None:
    one = state("/count")
    reader = Outputs(one)
    assert not reader.is_ready()
    assert not reader.advance()
    one.apply(Generated(data=("a",)))
    assert reader.is_ready()
    assert reader.advance()
    assert not reader.advance()
    assert (reader.value(), reader.taken) == ("a", 1)
    assert not reader.is_ready()
    one.apply(Raised(error=JobCancelled("the job was cancelled")))
    assert reader.is_ready()


def test_a_job_that_failed_has_a_failure_and_one_that_was_cancelled_has_none() -> None:
    error = RemoteError("no")
    assert state("/echo").failure is None
    assert state("/echo", Raised(error=error)).failure is error
    assert state("/echo", Raised(error=JobCancelled("the job was cancelled"))).failure is None


# --- the machine --------------------------------------------------------------------------------


class Lives(RuleBasedStateMachine):
    """The machine against the design's picture of a job's life.

    `STARTING → UPLOADING → JOINING → QUEUED ⇄ RUNNING → SUCCEEDED | FAILED | CANCELLED`.
    """

    @initialize(generator=st.booleans())
    def begin(self, generator: bool) -> None:
        self.state = state("/count" if generator else "/echo")
        self.generator = generator
        self.stage = "STARTING"
        self.yielded = 0
        self.returned = 0
        self.snapshots = 1

    def tell(self, update: JobUpdate, stage: str) -> None:
        """The model moves unless the job has ended; the machine has to follow."""
        ended = self.stage in ("SUCCEEDED", "FAILED", "CANCELLED")
        assert self.state.apply(update) is not ended
        if not ended:
            self.stage = stage
            self.snapshots += 1

    @property
    def alive(self) -> bool:
        return self.stage not in ("SUCCEEDED", "FAILED", "CANCELLED")

    @rule(upload=st.booleans())
    def moves_bytes(self, upload: bool) -> None:
        update = Transferred(done=1, total=1, upload=upload)
        self.tell(update, "UPLOADING" if upload else "RUNNING")

    @rule()
    def joins(self) -> None:
        self.tell(Joining(), "JOINING")

    @rule(update=st.sampled_from([Queued(), DataRequested(event_id="e"), QueueFull(message="")]))
    def is_queued(self, update: JobUpdate) -> None:
        self.tell(update, "QUEUED")

    @rule(update=st.sampled_from([Started(), LOG, Progressed(steps=()), Failed(error=ERROR)]))
    def runs(self, update: JobUpdate) -> None:
        self.tell(update, "RUNNING")

    @rule()
    def yields(self) -> None:
        self.yielded += self.alive
        self.tell(Generated(data=("x",)), "RUNNING")

    @rule(cancelled=st.booleans())
    def completes(self, cancelled: bool) -> None:
        if self.alive and not (cancelled or self.generator or self.yielded):
            self.returned = 1
        self.tell(Completed(data=None if cancelled else ("x",)), "RUNNING")

    @rule(end=st.sampled_from(["SUCCEEDED", "FAILED", "CANCELLED"]))
    def ends(self, end: str) -> None:
        error = Raised(error=ERROR)
        update: dict[str, JobUpdate] = {
            "SUCCEEDED": Returned(),
            "FAILED": error,
            "CANCELLED": CANCELLED,
        }
        self.tell(update[end], end)

    @rule()
    def is_told_nothing(self) -> None:
        assert not self.state.apply(Ignored(name="x"))
        assert not self.state.apply(Downloaded(path="a", local="b"))

    @invariant()
    def agrees(self) -> None:
        assert self.state.snapshot.stage.name == self.stage
        assert len(self.state.snapshots) == self.snapshots
        assert len(outputs(self.state)) == self.yielded + self.returned == len(self.state.history)


TestLives = Lives.TestCase
TestLives.settings = settings(stateful_step_count=20)


@pytest.mark.parametrize("download", [True, False])
def test_another_app_is_read_in_its_own_way(download: bool) -> None:
    """A job that goes to another app has the edits, files and outputs of that one."""
    old, new = (
        app("6.31.0", function(outputs=[3])),
        app("4.16.0", function(outputs=[3, 3]), protocol="sse_v1"),
    )
    search = FileSearch(old.dialect, old.endpoints[0]) if download else None
    made = JobState(old.endpoints[0], History(old.dialect.edits), search)
    views = len(made.snapshots)
    assert not made.apply(Rebound(dialect=new.dialect, endpoint=new.endpoints[0]))
    assert len(made.snapshots) == views
    file: Any = {"path": "/a", "orig_name": "a"}
    for value in (file, "whole"):
        handed = made.receive(Generated(data=(value, 1)))
        assert bool(handed) == (download and value is file)
        if isinstance(handed, Output):
            assert [one.path for one in handed.files] == ["/a"]
            made.apply(handed)
    assert all_outputs(made) == [(file, 1), ("whole", 1)]
