"""`Client.map` over an executor: chunks, workers that die, and journals that resume a run."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import threading
from collections.abc import Callable, Collection, Generator
from concurrent.futures import (
    BrokenExecutor,
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
)
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from gradio_client_httpx import (
    AppError,
    Client,
    ExecutorFailed,
    FileFailed,
    InvalidArguments,
    RemoteError,
)
from gradio_client_httpx.map_worker import close_clients
from tests.drivers.test_map import FUNCTIONS, OPTIONS
from tests.support.gradio_server import FakeGradio, answering
from tests.support.latch import Ledger
from tests.support.loopback import threaded

WORDS = [str(number) for number in range(20)]


class Worker(Executor):
    """Runs what it gets at once, as a process of its own would: out of a pickle, into a pickle."""

    def __init__(self, deaths: Collection[int] = (), *, last: int = 1000) -> None:
        self.chunks: list[list[Any]] = []
        self._deaths = deaths
        "The numbers of the chunks at which the worker dies."
        self._last = last
        "The number of the chunk from which on there is no worker."

    def submit(self, function: Callable[..., Any], /, *given: Any, **_: Any) -> Future[Any]:
        number, future = len(self.chunks), Future[Any]()
        if number >= self._last:
            raise BrokenExecutor("no worker is left")
        function, given = pickle.loads(pickle.dumps((function, given)))
        self.chunks.append(given[1])
        if number in self._deaths:
            future.set_exception(BrokenExecutor("the worker died"))
        else:
            future.set_result(pickle.loads(pickle.dumps(function(*given))))
        return future


class Patient(Executor):
    """Begins nothing."""

    def __init__(self) -> None:
        self.futures = Ledger[Future[Any]]("futures")

    def submit(self, *_: Any, **__: Any) -> Future[Any]:
        future = Future[Any]()
        self.futures.append(future)
        return future


@pytest.fixture(autouse=True)
def _no_client_is_left() -> Generator[None]:
    yield
    close_clients()


@pytest.fixture
def fake() -> FakeGradio:
    return FakeGradio(functions=FUNCTIONS)


@pytest.fixture
def client(fake: FakeGradio) -> Generator[Client]:
    with threaded(fake) as server, Client(server.url, **OPTIONS) as client:
        yield client


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "run.jsonl"


def joins(fake: FakeGradio) -> int:
    """How many calls the app has got."""
    return len(fake.requests("queue/join"))


def mapped(client: Client, inputs: Any, executor: Executor, **how: Any) -> list[Any]:
    """All outcomes; the inputs go out in chunks of five."""
    how = {"api_name": "/echo", "chunk_size": 5, **how}
    return list(client.map(inputs, executor=executor, **how))


def test_results_come_in_the_order_of_the_inputs(client: Client) -> None:
    with ThreadPoolExecutor(2) as pool:
        assert mapped(client, iter(WORDS), pool) == WORDS
        assert sorted(mapped(client, WORDS, pool, ordered=False)) == sorted(WORDS)
        assert mapped(client, [], pool) == []


def test_a_process_makes_one_client_for_all_chunks(client: Client, fake: FakeGradio) -> None:
    worker = Worker()
    assert mapped(client, WORDS, worker) == WORDS
    assert mapped(client, [("a",), {"text": "b"}], worker) == ["a", "b"]
    assert [len(chunk) for chunk in worker.chunks] == [5, 5, 5, 5, 2]
    assert len(fake.requests("config")) == 2


def test_an_error_of_a_call_is_raised_in_its_place_or_given(client: Client) -> None:
    inputs: list[Any] = ["a", ("too", "many"), "b"]
    outcomes = mapped(client, inputs, Worker(), return_exceptions=True)
    assert (outcomes[0], outcomes[2]) == ("a", "b")
    assert isinstance(outcomes[1], InvalidArguments)
    with pytest.raises(AppError):
        mapped(client, ["you"], Worker(), api_name="/fail")


def test_an_error_of_connecting_is_one_of_the_calls(client: Client, fake: FakeGradio) -> None:
    fake.instead("config", answering(500), times=2)
    failed, also, last = mapped(client, WORDS[:3], Worker(), concurrency=1, return_exceptions=True)
    assert (type(failed), type(also), last) == (RemoteError, RemoteError, "2")


def test_a_chunk_whose_worker_died_is_sent_again(client: Client, fake: FakeGradio) -> None:
    worker = Worker(deaths={1, 3, 4})
    assert mapped(client, WORDS, worker, max_chunks=1) == WORDS
    assert [chunk[0] for chunk in worker.chunks] == ["0", "5", "5", "10", "10", "10", "15"]
    assert joins(fake) == len(WORDS)


def test_no_two_sendings_of_a_chunk_have_the_same_arguments(client: Client) -> None:
    class Noting(Worker):
        def submit(self, *given: Any, **named: Any) -> Future[Any]:
            pickles.add(pickle.dumps(given))
            return super().submit(*given, **named)

    pickles = set[bytes]()
    worker = Noting(deaths={0})
    mapped(client, ["a"], worker)
    mapped(client, ["a"], worker)
    assert worker.chunks == [["a"]] * 3
    assert len(pickles) == 3


def test_a_chunk_that_was_cancelled_is_sent_again(client: Client) -> None:
    class Fickle(Worker):
        def submit(self, *given: Any, **named: Any) -> Future[Any]:
            future = super().submit(*given, **named)
            if len(self.chunks) == 1:
                future = Future()
                future.cancel()
            return future

    worker = Fickle()
    assert mapped(client, WORDS[:5], worker) == WORDS[:5]
    assert len(worker.chunks) == 2


def test_inputs_at_which_workers_die_are_given_up(client: Client) -> None:
    worker = Worker(deaths={0, 1, 2})
    outcomes = mapped(client, WORDS[:10], worker, max_chunks=1, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes[:5]] == [ExecutorFailed] * 5
    assert outcomes[5:] == WORDS[5:10]


def test_an_executor_that_takes_no_more_chunks_says_how_to_go_on(
    client: Client, fake: FakeGradio, journal: Path
) -> None:
    expected = rf"Of the first 15 inputs, 10 are done; .* in the journal {journal}: call map with"
    with pytest.raises(ExecutorFailed, match=expected) as caught:
        mapped(client, WORDS, Worker(last=2), journal=journal, max_chunks=1)
    assert isinstance(caught.value.__cause__, BrokenExecutor)
    assert joins(fake) == 10
    assert mapped(client, WORDS, Worker(), journal=journal) == WORDS
    assert joins(fake) == 20


def test_a_run_that_was_left_is_resumed_with_what_is_missing(
    client: Client, fake: FakeGradio, journal: Path
) -> None:
    how: dict[str, Any] = {"api_name": "/echo", "chunk_size": 5, "journal": journal}
    with closing(client.map(WORDS, executor=Worker(), max_chunks=2, **how)) as outcomes:
        assert next(outcomes) == "0"
    assert joins(fake) == 5
    # Half a line of a process that was killed, and an input that has changed since.
    with journal.open("ab") as file:
        file.write(b'{"index":5,"inp')
    changed = ["new", *WORDS[1:]]
    worker = Worker()
    assert mapped(client, changed, worker, journal=journal) == changed
    assert worker.chunks == [["new"], WORDS[5:10], WORDS[10:15], WORDS[15:]]
    assert mapped(client, changed, worker, journal=str(journal)) == changed
    assert len(worker.chunks) == 4


def test_several_outputs_are_a_tuple_after_a_resume_too(client: Client, journal: Path) -> None:
    how: dict[str, Any] = {"api_name": "/two", "journal": journal}
    for _ in range(2):
        assert mapped(client, [("a", 1)], Worker(), **how) == [("a", 1)]


def test_errors_are_not_in_the_journal(client: Client, fake: FakeGradio, journal: Path) -> None:
    how: dict[str, Any] = {"api_name": "/fail", "journal": journal, "return_exceptions": True}
    for _ in range(2):
        (outcome,) = mapped(client, ["you"], Worker(), **how)
        assert isinstance(outcome, AppError)
    assert joins(fake) == 2
    assert journal.read_bytes() == b""


def test_leaving_cancels_the_chunks_that_have_not_begun(client: Client) -> None:
    pool = Patient()

    def fail() -> None:
        first, *_ = pool.futures.until_blocking(lambda _: True, 3)
        first.set_result([InvalidArguments("no")] * 5)

    failing = threading.Thread(target=fail)
    failing.start()
    with pytest.raises(InvalidArguments, match="no"):
        mapped(client, WORDS, pool, max_chunks=3)
    failing.join()
    assert [future.cancelled() for future in pool.futures] == [False, True, True]


def test_what_is_wrong_is_said_before_anything_is_sent(client: Client, journal: Path) -> None:
    with pytest.raises(
        InvalidArguments, match=r"^journal: also pass an executor, such as executor=ThreadPool"
    ):
        client.map(WORDS, journal=journal)
    with pytest.raises(InvalidArguments, match=r"^concurrency: expected at least 1, got 0"):
        client.map(WORDS, executor=Worker(), concurrency=0)
    with pytest.raises(FileFailed, match=rf"^journal '{journal.parent}': Is a directory"):
        client.map(WORDS, executor=Worker(), journal=journal.parent)
    missing = journal.parent / "missing" / "run.jsonl"
    with pytest.raises(FileFailed, match=rf"^journal '{missing}': No such file"):
        mapped(client, WORDS, Worker(), journal=missing)
    with pytest.raises(InvalidArguments, match=r"^journal: input 0: expected JSON, paths or bytes"):
        mapped(client, [object()], Worker(), journal=journal)


def test_a_pool_of_processes_that_loses_one_is_replaced_and_the_run_resumed(
    client: Client, fake: FakeGradio, journal: Path
) -> None:
    how: dict[str, Any] = {
        "api_name": "/slow", "chunk_size": 2, "max_chunks": 1, "journal": journal,
    }  # fmt: skip

    def meet(worker: int) -> None:
        """Let the first chunk end; kill the worker in the middle of the second one."""
        for hold in fake.holds.until_blocking(lambda _: True, 2):
            hold.release()
        fake.holds.until_blocking(lambda _: True, 4)
        os.kill(worker, signal.SIGKILL)

    # Not forked: this process has threads.
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        worker = pool.submit(os.getpid).result()
        killing = threading.Thread(target=meet, args=(worker,))
        killing.start()
        with pytest.raises(ExecutorFailed, match="Of the first 4 inputs, 2 are done"):
            mapped(client, [1, 2, 3, 4], pool, **how)
        killing.join()
    for hold in fake.holds:
        hold.release()

    def release() -> None:
        for hold in fake.holds.until_blocking(lambda _: True, 6):
            hold.release()

    releasing = threading.Thread(target=release)
    releasing.start()
    with ThreadPoolExecutor(1) as pool_of_threads:
        results = mapped(client, [1, 2, 3, 4], pool_of_threads, **how)
    releasing.join()
    assert results == [f"slept {number}" for number in (1, 2, 3, 4)]
    assert joins(fake) == 6
