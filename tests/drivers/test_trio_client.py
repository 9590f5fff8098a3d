"""The trio driver's client: opening, calling, sessions, views, and the end of the block."""

from __future__ import annotations

import logging
import pickle
import ssl
from typing import Any

import pytest
import trio
import trio.testing

from gradio_client_trio import (
    AppError,
    Client,
    InvalidArguments,
    JobCancelled,
    RemoteError,
    StatusUpdate,
    TransportFailed,
    handle_file,
)
from tests.drivers.trio_rig import in_memory, made, rig
from tests.support.fake.functions import ALL_FUNCTIONS
from tests.support.gradio_server import FakeGradio, answering
from tests.support.loopback import loopback, threaded
from tests.support.ports import closed_port

SLOW = [function.limited(1) if function.name == "slow" else function for function in ALL_FUNCTIONS]

# --- calling -------------------------------------------------------------------------------------


@pytest.mark.trio
async def test_submitting_is_not_waiting() -> None:
    async with rig() as (client, fake):
        job = client.submit("hello", api_name="/echo")
        assert not fake.requests("queue/join")
        assert await job.result() == "hello"


@pytest.mark.trio
async def test_arguments_are_checked_before_anything_is_sent() -> None:
    async with rig() as (client, fake):
        before = len(fake.seen)
        with pytest.raises(InvalidArguments, match="nonsense"):
            await client.predict("hello", nonsense=1, api_name="/echo")
        await trio.testing.wait_all_tasks_blocked()
        assert len(fake.seen) == before


@pytest.mark.trio
async def test_a_failing_job_harms_no_other() -> None:
    async with rig() as (client, fake):
        other = client.submit(1, api_name="/slow")
        (hold,) = await fake.holds.until(lambda _: True)
        with pytest.raises(AppError, match="no to you"):
            await client.predict("you", api_name="/fail")
        hold.release()
        assert await other.result() == "slept 1"


@pytest.mark.trio
async def test_callbacks_get_the_result_spread() -> None:
    got: list[tuple[Any, ...]] = []

    def take(*values: Any) -> None:
        got.append(values)

    async with rig() as (client, _):
        await client.submit("a", 1, api_name="/two", result_callbacks=[take, take]).result()
        await client.submit("b", api_name="/echo", result_callbacks=take).result()
        await client.submit("c", api_name="/echo", result_callbacks=None).result()
    assert got == [("a", 1), ("a", 1), ("b",)]


@pytest.mark.trio
async def test_a_callback_that_fails_is_logged_and_harms_nobody(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(value: Any) -> None:
        raise ZeroDivisionError(value)

    async with rig() as (client, _):
        with caplog.at_level(logging.ERROR, "gradio_client_trio"):
            job = client.submit("x", api_name="/echo", result_callbacks=fail)
            assert await job.result() == "x"
    assert "ZeroDivisionError" in caplog.text


@pytest.mark.trio
async def test_what_was_left_out_of_an_app_is_logged_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with rig(FakeGradio(version="3.16.2")) as (client, _):
        src = client.src
        client.view_api(print_info=False)
        await client.new_session().predict("x", api_name="/echo")
    (record,) = [r for r in caplog.records if r.levelname == "WARNING"]
    assert record.name == "gradio_client_trio"
    assert record.getMessage().startswith(f"{src}: before 3.26 there is no /info: ")


@pytest.mark.trio
async def test_no_more_than_max_workers_jobs_are_in_flight() -> None:
    async with rig(max_workers=2) as (client, fake):
        jobs = [client.submit(1, api_name="/slow") for _ in range(4)]
        first = await fake.holds.until(lambda _: True, 2)
        await trio.testing.wait_all_tasks_blocked()
        assert len(fake.requests("queue/join")) == 2
        for hold in first:
            hold.release()
        for hold in (await fake.holds.until(lambda _: True, 4))[2:]:
            hold.release()
        assert [await job.result() for job in jobs] == ["slept 1"] * 4


@pytest.mark.trio
async def test_a_job_that_waits_for_its_turn_can_be_cancelled_at_once() -> None:
    async with rig(max_workers=1) as (client, fake):
        running = client.submit(1, api_name="/slow")
        (hold,) = await fake.holds.until(lambda _: True)
        assert client.submit("never", api_name="/echo").cancel()
        last = client.submit("last", api_name="/echo")
        hold.release()
        assert (await running.result(), await last.result()) == ("slept 1", "last")
        assert len(fake.requests("queue/join")) == 2


@pytest.mark.trio
async def test_an_endpoint_can_be_called_by_itself() -> None:
    async with rig() as (client, _):
        echo = client.endpoints["/echo"]
        assert await echo("hi") == "hi"
        assert await echo.submit(text="ho").result() == "ho"
        assert "Endpoint /echo(" in repr(echo)
        assert echo.api_name in list(client.endpoints)
        assert repr(client.endpoints).startswith("<Endpoints /")
        with pytest.raises(KeyError):
            client.endpoints["/nowhere"]


# --- sessions and views --------------------------------------------------------------------------


@pytest.mark.trio
async def test_a_new_session_is_another_visitor_and_ends_alone() -> None:
    async with rig() as (client, fake):
        assert await client.predict(2, api_name="/state") == 2
        async with client.new_session() as other:
            assert other.session_hash != client.session_hash
            assert await other.predict(5, api_name="/state") == 5
            running = other.submit(1, api_name="/slow")
            await fake.holds.until(lambda _: True)
        with pytest.raises(JobCancelled):
            await running.result()
        with pytest.raises(InvalidArguments, match="the session was closed"):
            other.submit(1, api_name="/slow")
        with pytest.raises(InvalidArguments, match="the session was closed"):
            other.reset_session()
        assert await client.predict(2, api_name="/state") == 4


@pytest.mark.trio
async def test_a_reset_session_begins_anew() -> None:
    async with rig() as (client, _):
        assert await client.predict(2, api_name="/state") == 2
        client.reset_session()
        assert await client.predict(2, api_name="/state") == 2


@pytest.mark.trio
async def test_an_isolated_job_has_a_session_of_its_own() -> None:
    async with rig() as (client, fake):
        await client.with_options(isolated=True).predict("a", api_name="/echo")
        await client.predict("b", api_name="/echo")
        sessions = [request.json()["session_hash"] for request in fake.requests("queue/join")]
    assert len({*sessions}) == 2


@pytest.mark.trio
async def test_options_add_headers_and_leave_the_client_as_it_was() -> None:
    async with rig() as (client, fake):
        view = client.with_options(headers={"x-one": "1"}).with_options(headers={"x-two": "2"})
        await view.predict("a", headers={"x-three": "3"}, api_name="/echo")
        await client.predict("b", api_name="/echo")
        seen = [dict(request.headers) for request in fake.requests("queue/join")]
    assert [{name: sent.get(name) for name in ("x-one", "x-two", "x-three")} for sent in seen] == [
        {"x-one": "1", "x-two": "2", "x-three": "3"},
        {"x-one": None, "x-two": None, "x-three": None},
    ]


@pytest.mark.trio
async def test_the_data_of_an_event_travels_with_the_calls_of_a_view() -> None:
    async with rig() as (client, fake):
        await client.with_options(event_data={"index": (1, 0)}).predict("x", api_name="/echo")
        await client.predict("y", api_name="/echo")
        sent = [request.json()["event_data"] for request in fake.requests("queue/join")]
    assert sent == [{"index": [1, 0]}, None]


@pytest.mark.trio
async def test_a_table_with_a_column_called_read_is_no_open_file() -> None:
    class Table:
        read = ()

    async with rig() as (client, _):
        with pytest.raises(InvalidArguments, match="Table; use text"):
            await client.predict(Table(), api_name="/echo")


@pytest.mark.trio
async def test_what_a_data_address_holds_is_a_file() -> None:
    async with rig() as (client, _):
        given = handle_file("data:text/plain,dear%20reader")
        assert (await client.predict(given, api_name="/file"))["orig_name"] == "file.txt"


@pytest.mark.trio
async def test_predict_waits_as_long_as_its_options_say(
    autojump_clock: trio.testing.MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = FakeGradio()
    async with in_memory(monkeypatch, fake) as (client, _), client:
        started = trio.current_time()
        with pytest.raises(TimeoutError, match="after 7 s"):
            await client.with_options(timeout=7).predict(1, api_name="/slow")
        assert trio.current_time() - started == 7
        await fake.seen.until(lambda seen: seen[0] == "cancel")


# --- what is known -------------------------------------------------------------------------------


@pytest.mark.trio
async def test_the_client_shows_what_it_knows() -> None:
    fake = FakeGradio(auth={"me": "pw"})
    async with rig(fake, auth=("me", "pw"), headers={"x-one": "1"}) as (client, _):
        assert client.src.startswith("http://127.0.0.1:")
        assert (client.protocol, client.app_version) == ("sse_v3", "6.31.0")
        assert client.config["version"] == "6.31.0"
        assert client.headers["x-one"] == "1"
        assert client.cookies
        assert client.space_id is None
        assert repr(client) == f"Client({client.src!r})"
        assert "/echo" in client._repr_html_()  # pyright: ignore[reportPrivateUsage]  # public


@pytest.mark.trio
async def test_the_description_is_printed_or_returned(capsys: pytest.CaptureFixture[str]) -> None:
    async with rig() as (client, _):
        assert client.view_api() is None
        text = client.view_api(return_format="str", print_info=False)
        described = client.view_api(return_format="dict", print_info=False)
        with pytest.raises(InvalidArguments, match="'yaml'"):
            client.view_api(return_format="yaml", print_info=False)
    assert capsys.readouterr().out == f"{text}\n"
    assert isinstance(described, dict)
    assert "/echo" in described["named_endpoints"]


@pytest.mark.trio
async def test_a_verbose_client_says_where_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    async with rig(verbose=True) as (client, _):
        assert capsys.readouterr().out == f"Loaded as API: {client.src}\n"


@pytest.mark.trio
async def test_where_nobody_listens_a_client_says_so_at_once() -> None:
    with closed_port() as port:
        client = made(f"http://127.0.0.1:{port}", max_retries=5)
        with pytest.raises(TransportFailed) as caught:
            await client.__aenter__()
    assert str(caught.value) == (
        f"Nothing answers at http://127.0.0.1:{port} (connection refused). Is the app running?"
    )
    assert len(caught.traceback) <= 2


# --- the block -----------------------------------------------------------------------------------


@pytest.mark.trio
async def test_outside_of_its_block_a_client_says_so() -> None:
    async with loopback(FakeGradio()) as server:
        client = made(server.url)
        assert repr(client) == "Client(not connected)"
        with pytest.raises(InvalidArguments, match="async with"):
            client.submit("early", api_name="/echo")
        async with client:
            await client.aclose()
            with pytest.raises(InvalidArguments, match="closed"):
                client.submit("late", api_name="/echo")
        with pytest.raises(InvalidArguments, match="opened twice"):
            await client.__aenter__()


@pytest.mark.trio
async def test_a_client_that_cannot_connect_raises_that_and_no_group() -> None:
    async with loopback(answering(200)) as server:
        await server.stop()
        with pytest.raises(TransportFailed):
            await made(server.url).__aenter__()


@pytest.mark.trio
async def test_a_client_that_connects_at_the_second_try_keeps_its_connections() -> None:
    async with loopback(answering(500)) as server:
        client = made(server.url)
        with pytest.raises(RemoteError):
            await client.__aenter__()
        fake = server.handler = FakeGradio()
        before = len(server.connections)
        async with client:
            for _ in range(9):
                await client.predict("x", api_name="/echo")
        brief = len(fake.seen) - len(fake.requests("queue/data"))
        assert len(server.connections) - before < brief


@pytest.mark.trio
async def test_what_is_sent_from_memory_is_reported_like_a_file() -> None:
    async with rig() as (client, _):
        job = client.submit(bytes(100_000), api_name="/file")
        moved = [
            update.transferred.done
            async for update in job.updates()
            if isinstance(update, StatusUpdate) and update.transferred is not None
        ]
    assert len(moved) > 2
    assert moved == sorted(moved)


@pytest.mark.trio
async def test_a_pickled_client_is_connected_by_a_block_of_its_own() -> None:
    async with loopback(FakeGradio()) as server:
        client = made(server.url, headers={"x-one": "1"})
        with_options = client.with_options(headers={"x-two": "2"})
        twins = [pickle.loads(pickle.dumps(with_options))]
        async with client:
            twins.append(pickle.loads(pickle.dumps(with_options)))
        for twin in twins:
            async with twin:
                await twin.predict("a", api_name="/echo")
    joins = [request for request in server.requests if request.path.endswith("queue/join")]
    assert [(it.header("x-one"), it.header("x-two")) for it in joins] == [("1", "2")] * 2


def test_what_cannot_be_pickled_is_named() -> None:
    client = made("http://127.0.0.1:1", ssl_verify=ssl.create_default_context())
    with pytest.raises(InvalidArguments, match="cannot be pickled, because of ssl_verify"):
        pickle.dumps(client)


@pytest.mark.trio
async def test_what_the_block_raises_leaves_it_as_it_is() -> None:
    mine = ValueError("mine")
    with threaded(FakeGradio()) as server, pytest.raises(ValueError, match="mine") as caught:
        await raising(mine, made(server.url))
    assert caught.value is mine


async def raising(error: ValueError, unopened: Client) -> None:
    async with unopened as client:
        client.submit("x", api_name="/fail")
        client.submit(1, api_name="/slow")
        raise error


@pytest.mark.trio
async def test_leaving_the_block_ends_its_jobs_as_cancelled() -> None:
    async with rig(FakeGradio(functions=SLOW)) as (client, fake):
        jobs = [client.submit(1, api_name="/slow") for _ in range(3)]
        await fake.holds.until(lambda _: True)
        jobs.append(client.submit("unsent", api_name="/echo"))
        await client.aclose()
        for job in jobs:
            assert job.cancelled()
            with pytest.raises(JobCancelled, match="the client was closed"):
                await job.result()
            assert [output async for output in job] == []


@pytest.mark.trio
async def test_leaving_the_block_closes_the_streams_and_tells_of_no_job() -> None:
    async with rig() as (client, fake):
        client.submit(1, api_name="/slow")
        await fake.holds.until(lambda _: True)
        await fake.streams.until(lambda seen: seen[0] == "opened")
        await client.aclose()
        await fake.streams.until(lambda seen: seen[0] == "dropped")
        assert not fake.requests("cancel")


@pytest.mark.trio
async def test_nothing_is_left_when_the_block_is_left(
    autojump_clock: trio.testing.MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = FakeGradio("5.0.2")
    async with in_memory(monkeypatch, fake) as (client, memory):
        before = tasks()
        async with client:
            client.submit(3, 1, api_name="/slow_count")
            await client.predict("x", api_name="/echo")
            assert memory.open
        await memory.all_closed()
        for hold in fake.holds:
            hold.release()
        await trio.testing.wait_all_tasks_blocked()
        assert tasks() == before


def tasks() -> int:
    return trio.lowlevel.current_statistics().tasks_living
