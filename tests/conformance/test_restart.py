"""An app that starts again at its address: the next call works or says so; no wrong one is made."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from gradio_protocol import AppChanged, GradioError
from gradio_protocol.jobs import app_tracker
from tests.conformance.rig import fails, in_other_order, usable
from tests.conformance.scenarios.scenario import is_output
from tests.conformance.stages import DIRECT, KINDS, SOCKET, FakeStage, staged
from tests.conformance.subject import Options, Subject
from tests.support.fake.functions import Function

LOGIN = ("guide", "lantern")


@pytest.fixture(autouse=True)
def slow_to_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """A real app takes longer to start than this one, which is there again at once."""
    monkeypatch.setattr(app_tracker, "APP_CHECK_AFTER", -1.0)


def restart(stage: FakeStage, functions: Sequence[Function]) -> None:
    """Kill the server and start another app at its address."""
    stage.server.do(stage.server.stop)
    stage.fake.restart(functions)
    stage.server.do(stage.server.start)


def without(name: str, functions: Sequence[Any]) -> list[Any]:
    return [function for function in functions if function.name != name]


@pytest.mark.parametrize("version", [DIRECT, SOCKET, *KINDS])
def test_an_app_that_starts_again_is_called_as_before(
    subject: Subject, version: str, tmp_path: Path
) -> None:
    with staged(version, tmp_path) as stage, subject.open(stage.url) as client:
        assert client.predict("before", api_name="/echo") == "before"
        restart(stage, stage.fake.functions)
        usable(client)


@pytest.mark.parametrize("version", [DIRECT, SOCKET, *KINDS])
def test_functions_in_another_order_are_called_by_name(
    subject: Subject, version: str, tmp_path: Path
) -> None:
    with staged(version, tmp_path) as stage, subject.open(stage.url) as client:
        assert client.predict("before", api_name="/echo") == "before"
        restart(stage, in_other_order(stage.fake.functions))
        usable(client)
        assert client.predict("one", 2, api_name="/two") == ("one", 2)


@pytest.mark.parametrize("version", [SOCKET, *KINDS])
def test_an_app_behind_a_login_is_logged_in_to_again(
    subject: Subject, version: str, tmp_path: Path
) -> None:
    with staged(version, tmp_path, auth=dict([LOGIN])) as stage:
        with subject.open(stage.url, Options(auth=LOGIN)) as client:
            assert client.predict("before", api_name="/echo") == "before"
            restart(stage, in_other_order(stage.fake.functions))
            usable(client)
        assert len(stage.fake.requests("login")) >= 2


@pytest.mark.parametrize("version", [SOCKET, *KINDS])
def test_a_function_that_is_gone_is_an_app_that_changed(
    subject: Subject, version: str, tmp_path: Path
) -> None:
    with staged(version, tmp_path) as stage, subject.open(stage.url) as client:
        assert client.predict("before", api_name="/echo") == "before"
        restart(stage, without("echo", stage.fake.functions))
        fails(client.submit("after", api_name="/echo"), AppChanged)
        assert client.submit(3, api_name="/count").iterated().outputs == [0, 1, 2]


@pytest.mark.parametrize("version", [SOCKET, *KINDS])
def test_many_calls_after_a_restart_find_out_once(
    subject: Subject, version: str, tmp_path: Path
) -> None:
    with staged(version, tmp_path) as stage, subject.open(stage.url) as client:
        assert client.predict("before", api_name="/echo") == "before"
        restart(stage, in_other_order(stage.fake.functions))
        known = len(stage.fake.requests("config"))
        jobs = [client.submit(str(number), api_name="/echo") for number in range(10)]
        assert [job.result() for job in jobs] == [str(number) for number in range(10)]
        assert len(stage.fake.requests("config")) == known + 1


@pytest.mark.parametrize("version", [SOCKET, *KINDS])
def test_a_job_of_the_old_app_does_not_end_as_one_of_the_new(
    subject: Subject, version: str, tmp_path: Path
) -> None:
    with staged(version, tmp_path) as stage, subject.open(stage.url) as client:
        job = client.submit(5, 1, api_name="/slow_count")
        job.until(is_output)
        restart(stage, in_other_order(stage.fake.functions))
        stage.go_on()
        fails(job, GradioError)
        assert job.outputs() == [0]
        usable(client)


@pytest.mark.parametrize("version", [SOCKET, *KINDS])
def test_uploads_of_the_old_app_are_sent_again(
    subject: Subject, version: str, tmp_path: Path
) -> None:
    with staged(version, tmp_path) as stage:
        with subject.open(stage.url, Options(downloads=stage.downloads)) as client:
            first = client.predict(b"same", api_name="/file")
            stage.fake.files.clear()
            restart(stage, stage.fake.functions)
            second = client.predict(b"same", api_name="/file")
        assert Path(first).read_bytes() == Path(second).read_bytes() == b"SAME"
