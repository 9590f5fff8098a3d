"""Calls that go well, and calls that fail as the app wants."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from gradio_protocol import AppError, InvalidArguments, OutputUpdate, Status
from tests.conformance.scenarios.scenario import Scenarios, Stage, Version, crowded, queued
from tests.conformance.subject import ClientUnderTest, JobUnderTest

CALLING = Scenarios()

AWKWARD = 'line\u2028separator \u2029 \x85 \\ " \r\n \x00 ß 🌍'


def named(version: Version) -> bool:
    """Where `/info` tells the names and defaults of parameters."""
    return version >= (4, 23)


def marked(version: Version) -> bool:
    """Where the config says what is a generator: an empty one has no output then."""
    return queued(version) and version >= (3, 23)


def fails_late(version: Version) -> bool:
    """Where a generator can fail; 3.4 takes its last output for the result."""
    return queued(version) and version >= (3, 16)


def tracked(version: Version) -> bool:
    """Where functions report progress."""
    return queued(version) and version >= (3, 7)


def logged(version: Version) -> bool:
    """Where functions write log lines."""
    return queued(version) and version >= (3, 36)


def sees_requests(version: Version) -> bool:
    """Where functions see the request."""
    return version >= (3, 16)


@CALLING()
def a_call_gives_its_result(client: ClientUnderTest, stage: Stage) -> None:
    assert client.predict("hello", api_name="/echo") == "hello"


@CALLING()
def text_comes_back_as_it_went(client: ClientUnderTest, stage: Stage) -> None:
    assert client.predict(AWKWARD, api_name="/echo") == AWKWARD


@CALLING()
def a_generator_gives_every_value(client: ClientUnderTest, stage: Stage) -> None:
    job = client.submit(5, api_name="/count")
    iterated = job.iterated()
    assert (iterated.outputs, iterated.error) == ([0, 1, 2, 3, 4], None)
    assert job.outputs() == [0, 1, 2, 3, 4]


@CALLING()
def the_result_of_a_generator_is_its_last_value(client: ClientUnderTest, stage: Stage) -> None:
    assert client.predict(5, api_name="/count") == 4


@CALLING(marked)
def a_generator_that_yields_nothing_has_no_outputs(client: ClientUnderTest, stage: Stage) -> None:
    job = client.submit(0, api_name="/count")
    assert job.iterated().outputs == []
    assert job.result() is None


@CALLING()
def a_growing_text_comes_whole_each_time(client: ClientUnderTest, stage: Stage) -> None:
    job = client.submit("all is well", api_name="/chat")
    assert job.iterated().outputs == ["all ", "all is ", "all is well "]


@CALLING()
def a_shrinking_list_comes_whole_each_time(client: ClientUnderTest, stage: Stage) -> None:
    *grown, whole, without_first, only_first, none = (
        client.submit(3, api_name="/chat_list").iterated().outputs
    )
    assert len(grown) == 9
    assert whole == grown[-1]
    assert without_first == whole[1:]
    assert only_first == whole[:1]
    assert none == []


@CALLING()
def several_outputs_come_as_a_tuple(client: ClientUnderTest, stage: Stage) -> None:
    assert client.predict("one", 2, api_name="/two") == ("one", 2)


@CALLING()
def no_outputs_come_as_an_empty_tuple(client: ClientUnderTest, stage: Stage) -> None:
    assert client.predict("one", api_name="/nothing") == ()


@CALLING()
def an_update_of_a_component_passes_through(client: ClientUnderTest, stage: Stage) -> None:
    update = client.predict("new", api_name="/update")
    assert (update["value"], update["label"], update["__type__"]) == ("new", "Renamed", "update")


@CALLING()
def state_is_kept_from_call_to_call(client: ClientUnderTest, stage: Stage) -> None:
    client.reset_session()
    assert [client.predict(by, api_name="/state") for by in (2, 3, 4)] == [2, 5, 9]


@CALLING()
def a_new_session_begins_with_new_state(client: ClientUnderTest, stage: Stage) -> None:
    client.reset_session()
    first = client.session_hash
    assert client.predict(2, api_name="/state") == 2
    client.reset_session()
    assert client.session_hash != first
    assert client.predict(2, api_name="/state") == 2


@CALLING(named)
def arguments_go_by_position_by_name_or_by_default(client: ClientUnderTest, stage: Stage) -> None:
    call = client.predict
    assert call(api_name="/defaults") == "hello hello"
    assert call("hey", api_name="/defaults") == "hey hey"
    assert call("hey", loud=True, api_name="/defaults") == "HEY HEY"
    assert call(times=1, text="hey", api_name="/defaults") == "hey"


@CALLING()
def what_does_not_fit_the_endpoint_is_never_sent(client: ClientUnderTest, stage: Stage) -> None:
    with pytest.raises(InvalidArguments):
        client.submit("one", "two", "three", api_name="/echo")
    with pytest.raises(InvalidArguments):
        client.submit("one", text="two", other=3, api_name="/echo")
    with pytest.raises(InvalidArguments):
        client.submit("one", api_name="/no_such_place")


@CALLING()
def files_go_up_and_come_down(client: ClientUnderTest, stage: Stage) -> None:
    given = stage.folder / "größe 1#2.txt"
    given.write_bytes(b"up and down\n")
    received = Path(client.predict(given, api_name="/file"))
    assert received.read_bytes() == b"UP AND DOWN\n"
    assert received.is_relative_to(stage.downloads)


@CALLING()
def bytes_and_open_files_go_up_as_files(client: ClientUnderTest, stage: Stage) -> None:
    given = stage.folder / "open.txt"
    given.write_bytes(b"from an open file")
    with given.open("rb") as file:
        job = client.submit(file, api_name="/file")
    assert Path(job.result()).read_bytes() == b"FROM AN OPEN FILE"
    received = client.predict(b"from bytes", api_name="/file")
    assert Path(received).read_bytes() == b"FROM BYTES"


@CALLING(tracked)
def progress_comes_in_order(client: ClientUnderTest, stage: Stage) -> None:
    job = client.submit(4, api_name="/progress")
    units = [
        unit
        for update in job.updates()
        if not isinstance(update, OutputUpdate) and update.code is Status.PROGRESS
        for unit in update.progress_data or []
        if unit.desc == "walking"
    ]
    steps = [unit.index for unit in units if unit.index is not None]
    assert steps
    assert steps == sorted(steps)
    assert {unit.length for unit in units} == {4}
    assert job.result() == "4 steps"


@CALLING(logged)
def log_lines_come_in_order(client: ClientUnderTest, stage: Stage) -> None:
    updates = client.submit("mind", api_name="/logs").updates()
    lines = [
        update.log
        for update in updates
        if not isinstance(update, OutputUpdate) and update.code is Status.LOG
    ]
    assert lines[:2] == [
        ("mind: for your information", "info"),
        ("mind: mind the gap", "warning"),
    ]
    assert len(lines) == len(set(lines))


@CALLING()
def the_updates_of_a_job_tell_its_whole_life(client: ClientUnderTest, stage: Stage) -> None:
    updates = client.submit(3, api_name="/count").updates()
    codes = [update.code for update in updates if not isinstance(update, OutputUpdate)]
    outputs = [update.outputs for update in updates if isinstance(update, OutputUpdate)]
    assert codes[0] is Status.STARTING
    assert codes[-1] is Status.FINISHED
    assert outputs == [[0], [1], [2]]


@CALLING()
def an_error_of_the_app_comes_with_its_text(client: ClientUnderTest, stage: Stage) -> None:
    job = client.submit("you", api_name="/fail")
    error = failure(job)
    assert str(error) == "the guide says no to you"
    assert client.predict("still here", api_name="/echo") == "still here"


@CALLING()
def an_exception_of_the_app_comes_with_its_text(client: ClientUnderTest, stage: Stage) -> None:
    assert str(failure(client.submit("here", api_name="/crash"))) == "no such place: here"


@CALLING(fails_late)
def a_late_failure_comes_after_the_outputs(client: ClientUnderTest, stage: Stage) -> None:
    job = client.submit("a", api_name="/crash_late")
    assert str(failure(job, ["a", "aa"])) == "lost on the way: a"


@CALLING(sees_requests)
def headers_of_one_call_go_with_that_call(client: ClientUnderTest, stage: Stage) -> None:
    with_header = client.submit("x", api_name="/whoami", headers={"x-guest": "Zoë".encode().hex()})
    without = client.submit("x", api_name="/whoami")
    facts = [json.loads(job.result())["headers"] for job in (with_header, without)]
    assert [each.get("x-guest") for each in facts] == ["Zoë".encode().hex(), None]


@CALLING(lambda version: version >= (3, 16))
def forty_jobs_at_once_all_have_their_own_result(client: ClientUnderTest, stage: Stage) -> None:
    jobs = [client.submit(str(number), api_name="/echo") for number in range(40)]
    assert [job.result() for job in jobs] == [str(number) for number in range(40)]


@CALLING(crowded)
def generators_of_one_function_do_not_mix(client: ClientUnderTest, stage: Stage) -> None:
    lengths = (4, 6, 5, 7)
    jobs = [client.submit(length, api_name="/count") for length in lengths]
    assert [job.iterated().outputs for job in jobs] == [list(range(length)) for length in lengths]


@CALLING()
def an_undocumented_endpoint_can_be_called(client: ClientUnderTest, stage: Stage) -> None:
    assert client.predict("psst", api_name="/undocumented") == "psst"


@CALLING()
def the_description_names_the_endpoints(client: ClientUnderTest, stage: Stage) -> None:
    text = client.describe()
    assert "/echo" in text
    assert "/slow_count" in text


def failure(job: JobUnderTest, outputs: Sequence[object] = ()) -> AppError:
    """The error of a job: the same one for its result and at the end of its iteration."""
    with pytest.raises(AppError) as caught:
        job.result()
    iterated = job.iterated()
    assert iterated.error is caught.value
    assert iterated.outputs == [*outputs]
    return caught.value
