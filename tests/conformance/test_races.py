"""What arrives in another order than one would think: nothing is lost for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradio_protocol import AppChanged
from tests.conformance.rig import fails, usable
from tests.conformance.scenarios.scenario import is_output
from tests.conformance.stages import KINDS, staged
from tests.conformance.subject import Subject
from tests.support.latch import Gate

SHARED_KINDS = KINDS[1:]


@pytest.mark.parametrize("version", SHARED_KINDS)
def test_messages_that_come_before_the_reply_to_their_join_are_kept(
    subject: Subject, version: str, tmp_path: Path
) -> None:
    with staged(version, tmp_path) as stage, subject.open(stage.url) as client:
        open_stream = client.submit(3, 1, api_name="/slow_count")
        open_stream.until(is_output)
        gate = stage.fake.reply_gates["queue/join"] = Gate("the reply to the join")
        job = client.submit(4, api_name="/count")
        gate.reached.wait_blocking()
        stage.fake.ended.until_blocking(lambda _: True)
        gate.open()
        assert job.iterated().outputs == [0, 1, 2, 3]
        stage.go_on()
        assert open_stream.result() == 2


@pytest.mark.parametrize("version", SHARED_KINDS)
def test_a_join_that_races_the_end_of_the_stream_is_not_lost(
    subject: Subject, version: str, tmp_path: Path
) -> None:
    with staged(version, tmp_path) as stage, subject.open(stage.url) as client:
        first = client.submit(3, 1, api_name="/slow_count")
        first.until(is_output)
        gate = stage.fake.reply_gates["queue/join"] = Gate("the reply to the join")
        second = client.submit(4, api_name="/count")
        gate.reached.wait_blocking()
        del stage.fake.reply_gates["queue/join"]
        stage.go_on()
        assert first.result() == 2
        stage.fake.streams.until_blocking(lambda seen: seen[0] == "finished")
        gate.open()
        assert second.iterated().outputs == [0, 1, 2, 3]


@pytest.mark.parametrize("version", SHARED_KINDS)
def test_many_joins_one_after_the_other_race_every_close(
    subject: Subject, version: str, tmp_path: Path
) -> None:
    with staged(version, tmp_path) as stage, subject.open(stage.url) as client:
        for number in range(12):
            pair = [client.submit(f"{number}", api_name="/echo") for _ in range(2)]
            assert pair[0].result() == f"{number}"
            assert pair[1].result() == f"{number}"


@pytest.mark.parametrize("version", SHARED_KINDS)
def test_a_session_that_went_with_its_app_is_an_app_that_changed(
    subject: Subject, version: str, tmp_path: Path
) -> None:
    with staged(version, tmp_path) as stage, subject.open(stage.url) as client:
        gate = stage.fake.reply_gates["queue/join"] = Gate("the reply to the join")
        job = client.submit("x", api_name="/echo")
        gate.reached.wait_blocking()
        del stage.fake.reply_gates["queue/join"]
        stage.fake.restart(stage.fake.functions)
        gate.open()
        fails(job, AppChanged)
        usable(client)


def test_heartbeats_are_no_messages(subject: Subject, tmp_path: Path) -> None:
    with staged("6.31.0", tmp_path) as stage, subject.open(stage.url) as client:
        job = client.submit(2, 1, api_name="/slow_count")
        job.until(is_output)
        for _ in range(3):
            stage.server.soon(stage.fake.beat)
        stage.go_on()
        assert job.iterated().outputs == [0, 1]


def test_exactly_one_stream_is_open_at_a_time(subject: Subject, tmp_path: Path) -> None:
    with staged("6.31.0", tmp_path) as stage, subject.open(stage.url) as client:
        stage.go_on()
        jobs = [client.submit(3, 1, api_name="/slow_count") for _ in range(30)]
        assert [job.result() for job in jobs] == [2] * 30
    happenings = [what for what, _ in stage.fake.streams]
    assert happenings[::2] == ["opened"] * len(happenings[::2])
    assert "opened" not in happenings[1::2]
