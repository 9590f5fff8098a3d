"""The asyncio client: connecting, calling, sessions, views, its loop, and its end."""

from __future__ import annotations

import asyncio
import gc
import logging
import pickle
import ssl
import sys
import threading
import warnings
import weakref
from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager
from contextvars import ContextVar
from math import inf
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import httpx
import httpx2
import pytest

from gradio_client_httpx import (
    AppError,
    AsyncClient,
    AsyncJob,
    AuthenticationError,
    InvalidArguments,
    JobCancelled,
    RemoteError,
    StatusUpdate,
    TransportFailed,
)
from gradio_client_httpx.aio.http import AsyncConnections
from gradio_client_httpx.aio.runner import AsyncRunner
from gradio_client_httpx.cancel_handle import enable_keepalive
from gradio_client_httpx.http import make_client
from gradio_client_httpx.inputs import HttpxConfig, resolve_transport
from gradio_protocol import BoundCall, JobState, Options, Request, Target
from gradio_protocol.clients import Progress, ProgressBar
from tests.drivers.asyncio_rig import asked, held, in_loop, made, others_ended, reached, rig
from tests.support.gradio_server import FakeGradio, answering
from tests.support.latch import PATIENCE, Gate
from tests.support.loopback import Loopback, threaded

# --- connecting ----------------------------------------------------------------------------------


@in_loop
async def test_the_first_call_connects() -> None:
    with threaded(FakeGradio()) as server:
        client = made(server.url)
        assert not server.requests
        assert repr(client) == "AsyncClient(not connected)"
        assert await client.predict("x", api_name="/echo") == "x"
        assert repr(client) == f"AsyncClient({server.url!r})"
        await client.aclose()


@in_loop
async def test_jobs_submitted_before_the_client_is_connected_begin_in_order() -> None:
    fake = FakeGradio()
    with threaded(fake) as server:
        client = made(server.url, max_workers=1)
        jobs = [client.submit(str(number), api_name="/echo") for number in range(5)]
        assert all(job.running() for job in jobs)
        assert [await job for job in jobs] == ["0", "1", "2", "3", "4"]
        joined = [request.json()["data"][0] for request in fake.requests("queue/join")]
        assert joined == ["0", "1", "2", "3", "4"]
        assert len(fake.requests("config")) == 1
        await client.aclose()


@in_loop
async def test_an_early_job_can_be_iterated_and_watched() -> None:
    with threaded(FakeGradio()) as server:
        client = made(server.url)
        job = client.submit(3, api_name="/count")
        assert (job.status().code.name, job.outputs()) == ("STARTING", [])
        assert repr(job) == "<AsyncJob of an app that is not connected yet STARTING>"
        updates = job.updates()
        assert [output async for output in job] == [0, 1, 2]
        codes = [each.code.name async for each in updates if isinstance(each, StatusUpdate)]
        assert (codes[:2], codes[-1]) == (["STARTING", "JOINING_QUEUE"], "FINISHED")
        assert repr(job) == "<AsyncJob /count SUCCEEDED>"
        await client.aclose()


@in_loop
async def test_an_early_job_reads_its_open_file_at_once(tmp_path: Path) -> None:
    given = tmp_path / "given.txt"
    given.write_bytes(b"abc")
    with threaded(FakeGradio()) as server:
        client = made(server.url)
        with given.open("rb") as file:
            job = client.submit(file, api_name="/file")
        assert (await job)["orig_name"] == "given.txt"
        await client.aclose()


@in_loop
async def test_an_early_job_fails_with_what_connecting_or_its_arguments_raise() -> None:
    with threaded(FakeGradio()) as server:
        client = made(server.url)
        wrong, right = (
            client.submit("a", "b", api_name="/echo"),
            client.submit("a", api_name="echo"),
        )
        with pytest.raises(InvalidArguments, match=r"takes 1 value \('\w+'\), "):
            await wrong
        assert await right == "a"
        await client.aclose()
        server.handler = answering(500)
        client = made(server.url)
        jobs = [client.submit("a", api_name="/echo") for _ in range(2)]
        for job in jobs:
            with pytest.raises(RemoteError):
                await job
        server.handler = FakeGradio()
        assert await client.predict("now", api_name="/echo") == "now"
        await client.aclose()


@in_loop
async def test_an_early_job_that_is_cancelled_sends_nothing() -> None:
    fake = FakeGradio()
    with threaded(fake) as server:
        client = made(server.url)
        job = client.submit("x", api_name="/echo")
        assert job.cancel()
        assert job.cancel()
        with pytest.raises(JobCancelled, match="the job was cancelled"):
            await job
        assert await client.predict("y", api_name="/echo") == "y"
        assert len(fake.requests("queue/join")) == 1
        await client.aclose()


@in_loop
async def test_callers_that_connect_together_share_one_connection_and_cancel_alone() -> None:
    fake = FakeGradio()
    gate = fake.reply_gates["config"] = Gate("the config")
    with threaded(fake) as server:
        client = made(server.url)
        first, second = (
            asyncio.create_task(client.predict(word, api_name="/echo")) for word in ("a", "b")
        )
        await reached(gate)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        gate.open()
        assert await second == "b"
        assert len(fake.requests("config")) == 1
        await client.aclose()


@in_loop
async def test_closing_ends_a_connect_under_way() -> None:
    fake = FakeGradio()
    gate = fake.reply_gates["config"] = Gate("the config")
    with threaded(fake) as server:
        client = made(server.url)
        job = client.submit("x", api_name="/echo")
        call = asyncio.create_task(client.predict("x", api_name="/echo"))
        await reached(gate)
        await client.aclose()
        with pytest.raises(JobCancelled, match="the client was closed"):
            await job
        with pytest.raises(InvalidArguments, match="the client was closed"):
            await call
        gate.open()


@in_loop
async def test_a_client_that_cannot_connect_says_why_and_may_try_again() -> None:
    with threaded(FakeGradio(auth={"me": "pw"})) as server:
        client = made(server.url)
        for _ in range(2):
            with pytest.raises(AuthenticationError):
                async with client:
                    pass
        server.handler = FakeGradio()
        assert await client.predict("x", api_name="/echo") == "x"
        await client.aclose()
        server.do(server.stop)
        with pytest.raises(TransportFailed):
            await made(server.url).connect()


@in_loop
async def test_what_is_known_only_from_the_app_needs_a_connection() -> None:
    with threaded(FakeGradio()) as server:
        client = made(server.url)
        for ask in (lambda: client.src, client.view_api, lambda: [*client.endpoints]):
            with pytest.raises(InvalidArguments, match=r"not connected yet: .*`connect\(\)`"):
                ask()
        assert await client.connect() is client
        assert client.src == server.url
        assert "/echo" in str(client.view_api(print_info=False, return_format="str"))
        assert client.endpoints["/echo"].api_name == "/echo"
        await client.aclose()
        # What is known can be looked at.
        assert client.src == server.url


@in_loop
async def test_a_verbose_client_says_where_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    async with rig(verbose=True) as (client, _):
        await client.predict("x", api_name="/echo")
        assert capsys.readouterr().out == f"Loaded as API: {client.src}\n"


# --- calling -------------------------------------------------------------------------------------


@in_loop
async def test_submitting_is_not_waiting() -> None:
    async with rig() as (client, fake):
        job = client.submit("hello", api_name="/echo")
        assert not fake.requests("queue/join")
        assert await job.result() == "hello"


@in_loop
async def test_arguments_are_checked_before_anything_is_sent() -> None:
    async with rig() as (client, fake):
        before = len(fake.seen)
        with pytest.raises(InvalidArguments, match="nonsense"):
            await client.predict("hello", nonsense=1, api_name="/echo")
        with pytest.raises(InvalidArguments, match="nonsense"):
            client.submit("hello", nonsense=1, api_name="/echo")
        assert len(fake.seen) == before


@in_loop
async def test_a_failing_job_harms_no_other() -> None:
    async with rig() as (client, fake):
        other = client.submit(1, api_name="/slow")
        (hold,) = await held(fake)
        with pytest.raises(AppError, match="no to you"):
            await client.predict("you", api_name="/fail")
        hold.release()
        assert await other == "slept 1"


@in_loop
async def test_callbacks_get_the_result_spread_and_may_fail(
    caplog: pytest.LogCaptureFixture,
) -> None:
    got: list[tuple[Any, ...]] = []

    def take(*values: Any) -> None:
        got.append(values)

    def fail(value: Any) -> None:
        raise ZeroDivisionError(value)

    async with rig() as (client, _):
        await client.submit("a", 1, api_name="/two", result_callbacks=[take, take])
        with caplog.at_level(logging.ERROR, "gradio_client_httpx"):
            await client.submit("b", api_name="/echo", result_callbacks=[fail, take])
        with pytest.raises(AppError):
            await client.submit("c", api_name="/fail", result_callbacks=take)
    assert got == [("a", 1), ("a", 1), ("b",)]
    assert "ZeroDivisionError" in caplog.text


@in_loop
async def test_no_more_than_max_workers_jobs_are_in_flight() -> None:
    async with rig(max_workers=2) as (client, fake):
        jobs = [client.submit(1, api_name="/slow") for _ in range(4)]
        first = await held(fake, 2)
        assert len(fake.requests("queue/join")) == 2
        for hold in first:
            hold.release()
        for hold in (await held(fake, 4))[2:]:
            hold.release()
        assert await asyncio.gather(*jobs) == ["slept 1"] * 4


@in_loop
async def test_predict_waits_as_long_as_its_options_say() -> None:
    async with rig() as (client, fake):
        with pytest.raises(TimeoutError, match=r"no result after 0\.01 s"):
            await client.with_options(timeout=0.01).predict(1, api_name="/slow")
        assert await client.with_options(timeout=60).predict("x", api_name="/echo") == "x"
        for hold in fake.holds:
            hold.release()


@in_loop
async def test_an_endpoint_can_be_called_by_itself() -> None:
    async with rig() as (client, _):
        echo = client.endpoints["/echo"]
        assert await echo("hi") == "hi"
        assert await echo.submit(text="ho") == "ho"


@in_loop
async def test_a_progress_bar_follows_a_job(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []

    def show(_: object, progress: Progress) -> None:
        shown.append(progress.text)

    monkeypatch.setattr(ProgressBar, "show", show)
    async with rig() as (client, _):
        view = client.with_options(progress=True)
        job = view.submit(3, api_name="/count")
        assert await job == 2
        await asyncio.wait([task for task in asyncio.all_tasks() if "follow" in repr(task)])
    assert shown[-1].startswith("finished")


@in_loop
async def test_a_progress_bar_that_fails_harms_no_job(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(ProgressBar, "show", fail)
    async with rig() as (client, _):
        assert await client.with_options(progress=True).predict("x", api_name="/echo") == "x"


VISITOR: ContextVar[Any] = ContextVar("VISITOR")


@in_loop
async def test_an_early_job_goes_with_the_visitor_who_is_served_when_it_is_submitted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    context = SimpleNamespace(LocalContext=SimpleNamespace(request=VISITOR))
    monkeypatch.setitem(sys.modules, "gradio.context", context)
    sent: list[dict[str, str]] = []
    submit = AsyncRunner.submit

    def note(
        runner: AsyncRunner,
        job: AsyncJob,
        state: JobState,
        bound: BoundCall,
        headers: dict[str, str],
    ) -> None:
        sent.append(headers)
        submit(runner, job, state, bound, headers)

    monkeypatch.setattr(AsyncRunner, "submit", note)
    monkeypatch.setattr(AsyncClient, "space_id", "user/name")
    with threaded(FakeGradio()) as server:
        client = made(server.url)
        for token in ("one", "two"):
            VISITOR.set(SimpleNamespace(headers={"x-ip-token": token}))
            client.submit("x", api_name="/echo")
        VISITOR.set(None)
        await client.predict("x", api_name="/echo")
        assert sent == [{"x-ip-token": "one"}, {"x-ip-token": "two"}, {}]
        await client.aclose()


# --- sessions and views --------------------------------------------------------------------------


@in_loop
async def test_a_new_session_is_another_visitor_and_ends_alone() -> None:
    async with rig() as (client, fake):
        assert await client.predict(2, api_name="/state") == 2
        async with client.new_session() as other:
            assert other.session_hash != client.session_hash
            assert await other.predict(5, api_name="/state") == 5
            running = other.submit(1, api_name="/slow")
            await held(fake)
        with pytest.raises(JobCancelled):
            await running
        with pytest.raises(InvalidArguments, match="the session was closed"):
            other.submit(1, api_name="/slow")
        assert await client.predict(2, api_name="/state") == 4
        client.reset_session()
        assert await client.predict(2, api_name="/state") == 2
    await other.aclose()


@in_loop
async def test_options_add_headers_and_leave_the_client_as_it_was() -> None:
    async with rig() as (client, fake):
        view = client.with_options(headers={"x-one": "1"})
        await view.predict("a", headers={"x-two": "2"}, api_name="/echo")
        await client.predict("b", api_name="/echo")
        seen = [dict(request.headers) for request in fake.requests("queue/join")]
    sent = [{name: each.get(name) for name in ("x-one", "x-two")} for each in seen]
    assert sent == [{"x-one": "1", "x-two": "2"}, {"x-one": None, "x-two": None}]


@in_loop
async def test_a_pickled_client_connects_when_it_is_used() -> None:
    async with rig(headers={"x-one": "1"}) as (client, fake):
        twin = pickle.loads(pickle.dumps(client.with_options(headers={"x-two": "2"})))
        assert repr(twin) == "AsyncClient(not connected)"
        async with twin:
            assert await twin.predict("x", api_name="/echo") == "x"
            assert twin.session_hash != client.session_hash
        sent = fake.requests("queue/join")[-1]
        assert (sent.header("x-one"), sent.header("x-two")) == ("1", "2")
        with pytest.raises(InvalidArguments, match="ssl_verify"):
            pickle.dumps(made(client.src, ssl_verify=ssl.create_default_context()))


# --- httpx ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("library", [httpx, httpx2])
@in_loop
async def test_a_client_of_the_caller_makes_all_requests_and_stays_open(library: Any) -> None:
    fake, sent = FakeGradio(), list[str]()

    async def note(request: Any) -> None:
        sent.append(request.url.path)

    with threaded(fake) as server:
        async with library.AsyncClient(event_hooks={"request": [note]}, trust_env=False) as own:
            async with made(server.url, http_client=own) as client:
                assert await client.predict("x", api_name="/echo") == "x"
                server.do(server.stop)
                with pytest.raises(TransportFailed):
                    await client.predict("y", api_name="/echo")
            assert not own.is_closed
    assert len(sent) >= len(fake.seen)


def test_a_blocking_client_of_the_caller_is_refused() -> None:
    with httpx.Client() as own, pytest.raises(InvalidArguments, match="expected an httpx"):
        AsyncClient("http://here", http_client=own)  # type: ignore[arg-type]


@in_loop
async def test_a_transport_of_the_caller_makes_all_connections() -> None:
    made_requests: list[str] = []

    class Transport(httpx.AsyncHTTPTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            made_requests.append(request.url.path)
            return await super().handle_async_request(request)

    fake = FakeGradio()
    fake.instead("config", answering(500))
    with threaded(fake) as server:
        client = made(server.url, httpx_kwargs={"transport": Transport()})
        with pytest.raises(RemoteError):
            await client.connect()
        assert await client.predict("x", api_name="/echo") == "x"
        assert await client.predict("y", api_name="/echo") == "y"
        await client.aclose()
        assert len(made_requests) == len(fake.seen)


@in_loop
async def test_requests_share_connections_and_a_stream_has_one_of_its_own() -> None:
    fake = FakeGradio()
    with threaded(fake) as server:
        async with made(server.url) as client:
            for _ in range(9):
                await client.predict("x", api_name="/echo")
        streams = {request.connection for request in fake.requests("queue/data")}
        others = {request.connection for route, request in fake.seen if route != "queue/data"}
        assert not streams & others
        assert len(others) < 9


@in_loop
async def test_exchanges_share_two_clients_of_httpx_and_each_connection_is_watched_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make, watch = Mock(wraps=make_client), Mock(wraps=enable_keepalive)
    monkeypatch.setattr("gradio_client_httpx.http.make_client", make)
    monkeypatch.setattr("gradio_client_httpx.aio.http.enable_keepalive", watch)
    # No connection becomes too old to be used again, however slow the machine is.
    kwargs = {"trust_env": False, "limits": httpx.Limits(keepalive_expiry=PATIENCE)}
    with threaded(FakeGradio()) as server:
        config = HttpxConfig(target=Target(src=server.url), options=Options(), httpx_kwargs=kwargs)
        async with aclosing(AsyncConnections(resolve_transport(config), server.url)) as connections:
            for seconds in (None, inf, None, inf):
                request = Request(method="GET", url=f"{server.url}config", headers=())
                async with connections.exchange(request, None, seconds) as (head, chunks):
                    assert head.status == 200
                    async for _ in chunks:
                        pass
        assert len(server.connections) == 3
    assert make.call_count == 2
    assert watch.call_count == 3


# --- its loop ------------------------------------------------------------------------------------


def test_a_client_belongs_to_one_loop_and_says_so_in_another() -> None:
    with threaded(FakeGradio()) as server:
        client = made(server.url)

        async def use() -> Any:
            return await client.predict("x", api_name="/echo")

        async def submit() -> Any:
            return client.submit("x", api_name="/echo")

        with pytest.raises(InvalidArguments, match="running event loop"):
            client.submit("x", api_name="/echo")
        with asyncio.Runner() as runner, asyncio.Runner() as other:
            assert runner.run(use()) == "x"
            job = runner.run(submit())
            for attempt in (use(), submit(), client.aclose(), job.result()):
                with pytest.raises(InvalidArguments, match="another event loop"):
                    other.run(attempt)
            with pytest.raises(InvalidArguments, match="running event loop"):
                job.cancel()
            runner.run(client.aclose())


def test_a_client_in_use_has_no_thread() -> None:
    async def use(url: str) -> None:
        async with made(url) as client:
            jobs = [client.submit(3, api_name="/count") for _ in range(9)]
            await asyncio.gather(*jobs)
            assert threading.active_count() == before

    with threaded(FakeGradio()) as server:
        before = threading.active_count()
        asyncio.run(use(server.url))


@asynccontextmanager
async def forgotten(server: Loopback) -> AsyncGenerator[list[warnings.WarningMessage]]:
    """The warnings at the end of a block."""
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        yield seen
        gc.collect()


@in_loop
async def test_a_forgotten_client_is_collected_and_closed_with_a_warning() -> None:
    fake = FakeGradio()
    with threaded(fake) as server:
        async with forgotten(server) as seen:
            client = made(server.url)
            job = client.submit(1, api_name="/slow")
            (hold,) = await held(fake)
            gone = weakref.ref(client)
            del client
            gc.collect()
            assert (gone(), seen) == (None, [])  # the job keeps the connection
            hold.release()
            assert await job == "slept 1"
            del job
            gc.collect()
            assert [str(each.message) for each in seen] == [
                f"AsyncClient({server.url!r}) was never closed"
            ]
            assert seen[0].category is ResourceWarning
            await others_ended()
        assert len(seen) == 1


def test_a_client_that_outlives_its_loop_warns_and_harms_nobody() -> None:
    async def use(client: AsyncClient) -> None:
        assert await client.predict("x", api_name="/echo") == "x"

    with threaded(FakeGradio()) as server, warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        client = made(server.url)
        asyncio.run(use(client))
        del client
        gc.collect()
    assert f"AsyncClient({server.url!r}) was never closed" in [str(each.message) for each in seen]


def test_a_loop_that_ends_with_a_client_open_ends_its_jobs() -> None:
    jobs: list[Any] = []

    async def use(client: AsyncClient) -> None:
        jobs.append(client.submit(1, api_name="/slow"))
        await held(fake)

    fake = FakeGradio()
    with threaded(fake) as server, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        client = made(server.url)
        asyncio.run(use(client))
        assert jobs.pop().cancelled()
        del client
        gc.collect()


# --- closing -------------------------------------------------------------------------------------


@in_loop
async def test_closing_ends_what_runs_and_refuses_what_comes() -> None:
    async with rig() as (client, fake):
        jobs = [client.submit(1, api_name="/slow") for _ in range(5)]
        await held(fake, 5)
        await client.aclose()
        await client.aclose()
        assert all(job.cancelled() for job in jobs)
        with pytest.raises(InvalidArguments, match="the client was closed"):
            client.submit("x", api_name="/echo")
        with pytest.raises(InvalidArguments, match="the client was closed"):
            await client.predict("x", api_name="/echo")


@in_loop
async def test_a_client_that_was_never_used_can_be_closed() -> None:
    client = made("http://nowhere.test")
    await client.aclose()
    with pytest.raises(InvalidArguments, match="the client was closed"):
        await client.predict("x", api_name="/echo")
    with pytest.raises(InvalidArguments, match="the client was closed"):
        assert client.src


@in_loop
async def test_a_cancelled_close_is_finished_all_the_same() -> None:
    async with rig() as (client, fake):
        gate = fake.reply_gates["queue/join"] = Gate("the reply to the join")
        job = client.submit(1, api_name="/slow")
        await reached(gate)
        closing = asyncio.create_task(client.aclose())
        await job.exception()
        closing.cancel()
        gate.open()
        with pytest.raises(asyncio.CancelledError):
            await closing
        assert len(asyncio.all_tasks()) == 1
        await asked(fake, "queue/join")
