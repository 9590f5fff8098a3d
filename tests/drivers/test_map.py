"""`map` of all three clients: lazy, bounded, in order or not, with errors in their place."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Generator, Iterable, Iterator
from contextlib import aclosing, closing
from itertools import count, islice, repeat
from typing import Any, TypeAlias

import pytest
import trio

import gradio_client_httpx
import gradio_client_trio
from gradio_client_httpx import AppError, BlockingCallWarning, InvalidArguments
from tests.support.fake.functions import ALL_FUNCTIONS
from tests.support.gradio_server import FakeGradio, answering
from tests.support.loopback import threaded

OPTIONS: dict[str, Any] = {
    "verbose": False, "analytics_enabled": False, "download_files": False, "max_retries": 0,
}  # fmt: skip
FUNCTIONS = [function.limited(10_000) for function in ALL_FUNCTIONS]
Mapper: TypeAlias = Callable[..., list[Any]]
"""Given an address, inputs and options of `map`: the first `take` outcomes, or all."""


def on_threads(url: str, inputs: Iterable[Any], *, take: int | None = None, **how: Any) -> Any:
    with (
        gradio_client_httpx.Client(url, **OPTIONS) as client,
        closing(client.map(inputs, **how)) as outcomes,
    ):
        return list(islice(outcomes, take))


def on_asyncio(url: str, inputs: Iterable[Any], *, take: int | None = None, **how: Any) -> Any:
    async def main() -> list[Any]:
        async with (
            gradio_client_httpx.AsyncClient(url, **OPTIONS) as client,
            aclosing(client.map(inputs, **how)) as outcomes,
        ):
            return await taken(outcomes, take)

    return asyncio.run(main())


def on_trio(url: str, inputs: Iterable[Any], *, take: int | None = None, **how: Any) -> Any:
    async def main() -> list[Any]:
        async with (
            gradio_client_trio.Client(url, **OPTIONS) as client,
            aclosing(client.map(inputs, **how)) as outcomes,
        ):
            return await taken(outcomes, take)

    return trio.run(main)


async def taken(outcomes: AsyncIterator[Any], limit: int | None) -> list[Any]:
    """The first outcomes."""
    found: list[Any] = []
    async for outcome in outcomes:
        found.append(outcome)
        if len(found) == limit:
            break
    return found


@pytest.fixture(params=[on_threads, on_asyncio, on_trio], ids=["httpx", "asyncio", "trio"])
def mapped(request: pytest.FixtureRequest) -> Mapper:
    """`map` of each client."""
    mapper: Mapper = request.param
    return mapper


@pytest.fixture
def fake() -> FakeGradio:
    return FakeGradio(functions=FUNCTIONS)


@pytest.fixture
def url(fake: FakeGradio) -> Generator[str]:
    with threaded(fake) as server:
        yield server.url


def test_results_come_in_the_order_of_the_inputs(mapped: Mapper, url: str) -> None:
    words = [str(number) for number in range(30)]
    assert mapped(url, words, api_name="/echo", concurrency=7) == words
    assert mapped(url, iter(words), api_name="/echo") == words
    assert mapped(url, [], api_name="/echo") == []


def test_results_may_come_as_they_are_there(mapped: Mapper, url: str) -> None:
    words = [str(number) for number in range(30)]
    outcomes = mapped(url, words, api_name="/echo", concurrency=7, ordered=False)
    assert sorted(outcomes) == sorted(words)


def test_an_input_is_a_tuple_of_arguments_or_keywords_or_one_value(
    mapped: Mapper, url: str
) -> None:
    inputs = [("a", 1), {"text": "b", "n": 2}]
    assert mapped(url, inputs, api_name="/two") == [("a", 1), ("b", 2)]
    assert mapped(url, ["c", ("d",), {"text": "e"}], api_name="/echo") == ["c", "d", "e"]


def test_inputs_may_be_endless_and_are_taken_when_there_is_room(
    mapped: Mapper, url: str, fake: FakeGradio
) -> None:
    given: list[int] = []

    def endless() -> Iterator[str]:
        for number in count():
            given.append(number)
            yield str(number)

    assert mapped(url, endless(), api_name="/echo", concurrency=3, take=10) == [
        *map(str, range(10))
    ]
    assert len(given) <= 10 + 3
    assert len(fake.requests("queue/join")) <= 10 + 3


def test_an_error_is_raised_in_its_place_or_given(mapped: Mapper, url: str) -> None:
    inputs: list[Any] = ["a", ("too", "many"), "b"]
    outcomes = mapped(url, inputs, api_name="/echo", return_exceptions=True)
    assert (outcomes[0], outcomes[2]) == ("a", "b")
    assert isinstance(outcomes[1], InvalidArguments)
    assert mapped(url, inputs, api_name="/echo", take=1) == ["a"]
    with pytest.raises(InvalidArguments, match=r"takes 1 value \('\w+'\), "):
        mapped(url, inputs, api_name="/echo")
    (outcome,) = mapped(url, ["you"], api_name="/fail", return_exceptions=True)
    assert isinstance(outcome, AppError)


def test_what_the_inputs_raise_ends_it(mapped: Mapper, url: str) -> None:
    def failing() -> Iterator[str]:
        yield "a"
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        mapped(url, failing(), api_name="/echo")


def test_leaving_cancels_what_is_under_way(mapped: Mapper, url: str, fake: FakeGradio) -> None:
    def release() -> None:
        fake.holds.until_blocking(lambda _: True, 3)[0].release()

    releasing = threading.Thread(target=release)
    releasing.start()
    how: dict[str, Any] = {"concurrency": 3, "ordered": False, "take": 1}
    assert mapped(url, repeat(1), api_name="/slow", **how) == ["slept 1"]
    releasing.join()
    for hold in fake.holds:
        hold.release()


def test_a_call_that_a_full_queue_refuses_is_made_again(
    mapped: Mapper, url: str, fake: FakeGradio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gradio_protocol.client.map_window._FIRST_PAUSE", 0.01)
    fake.instead("queue/join", answering(503, {"detail": "Queue is full."}), times=3)
    words = [str(number) for number in range(9)]
    assert mapped(url, words, api_name="/echo", concurrency=2) == words
    assert len(fake.requests("queue/join")) == 9 + 3


def test_there_must_be_room_for_one(mapped: Mapper, url: str) -> None:
    with pytest.raises(InvalidArguments, match="concurrency: expected at least 1, got 0"):
        mapped(url, ["a"], api_name="/echo", concurrency=0)


def test_the_blocking_one_warns_in_a_loop(url: str) -> None:
    async def main(client: gradio_client_httpx.Client) -> None:
        with pytest.warns(BlockingCallWarning, match=r"map\(\) blocks .* AsyncClient"):
            client.map(["a"], api_name="/echo")

    with gradio_client_httpx.Client(url, **OPTIONS) as client:
        asyncio.run(main(client))


def test_an_asyncio_map_that_is_cancelled_cancels_its_calls(url: str, fake: FakeGradio) -> None:
    async def main() -> None:
        async with gradio_client_httpx.AsyncClient(url, **OPTIONS) as client:
            task = asyncio.create_task(everything(client))
            await asyncio.to_thread(fake.holds.until_blocking, lambda _: True, 3)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert await client.predict("x", api_name="/echo") == "x"

    async def everything(client: gradio_client_httpx.AsyncClient) -> None:
        async with aclosing(client.map([1] * 9, api_name="/slow", concurrency=3)) as outcomes:
            await taken(outcomes, None)

    work: Coroutine[Any, Any, None] = main()
    asyncio.run(work)
    assert len(fake.requests("queue/join")) == 4
    for hold in fake.holds:
        hold.release()
