"""The threads of the blocking client: how many, whose, and what they leave to others."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Generator
from functools import partial

import pytest

from gradio_client_httpx import Client
from gradio_client_httpx.threads import CALLBACK_THREADS
from tests.support.client_threads import client_threads
from tests.support.gradio_server import FakeGradio
from tests.support.latch import PATIENCE, Ledger
from tests.support.loopback import Loopback


@pytest.fixture
def client(server: Loopback) -> Generator[Client]:
    with Client(server.url, verbose=False, max_workers=500) as client:
        yield client


def test_jobs_that_wait_need_no_thread(client: Client, fake: FakeGradio) -> None:
    before = client_threads()
    jobs = [client.submit(1, api_name="/slow") for _ in range(300)]
    fake.holds.until_blocking(lambda _: True, 300)
    assert len(client_threads() - before) < 24
    for hold in fake.holds:
        hold.release()
    assert {job.result(PATIENCE) for job in jobs} == {"slept 1"}


def test_no_more_jobs_than_workers_are_in_flight(server: Loopback, fake: FakeGradio) -> None:
    with Client(server.url, verbose=False, max_workers=2) as client:
        jobs = [client.submit(1, api_name="/slow") for _ in range(4)]
        fake.holds.until_blocking(lambda _: True, 2)
        assert len(fake.requests("queue/join")) == 2
        assert jobs[3].cancel()
        for count in (2, 3):
            fake.holds.until_blocking(lambda _: True, count)
            for hold in fake.holds:
                hold.release()
        assert [job.result(PATIENCE) for job in jobs[:3]] == ["slept 1"] * 3
        assert len(fake.requests("queue/join")) == 3


def test_a_callback_may_call_the_client(client: Client) -> None:
    said: Ledger[str] = Ledger("answers")

    def shout(text: str) -> None:
        said.append(client.predict(f"{text}!", api_name="/echo"))

    client.submit("x", api_name="/echo", result_callbacks=shout)
    assert said.until_blocking(lambda _: True) == ["x!"]


def test_callbacks_of_a_job_run_in_order_and_get_a_tuple_spread(client: Client) -> None:
    said: Ledger[tuple[object, ...]] = Ledger("answers")

    def heard(number: int, *given: object) -> None:
        said.append((number, *given))

    callbacks = [partial(heard, number) for number in range(3)]
    client.submit("x", 2, api_name="/two", result_callbacks=callbacks)
    said.until_blocking(lambda _: True, 3)
    assert said.items == ((0, "x", 2), (1, "x", 2), (2, "x", 2))


def test_none_is_no_callback(client: Client) -> None:
    assert client.submit("x", api_name="/echo", result_callbacks=None).result() == "x"


def test_callbacks_that_want_to_exit_take_no_thread_from_others(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    called: Ledger[object] = Ledger("callbacks")
    for _ in range(2 * CALLBACK_THREADS):
        client.submit("x", api_name="/echo", result_callbacks=sys.exit).result(PATIENCE)
    client.submit("y", api_name="/echo", result_callbacks=called.append)
    assert called.until_blocking(lambda _: True) == ["y"]
    assert "unexpected error" in caplog.text


def test_a_callback_that_fails_takes_nothing_with_it(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    said: Ledger[str] = Ledger("answers")

    def fail(text: str) -> None:
        raise ZeroDivisionError(text)

    client.submit("x", api_name="/echo", result_callbacks=[fail, said.append])
    assert said.until_blocking(lambda _: True) == ["x"]
    assert "ZeroDivisionError" in caplog.text


SCRIPT = """
import sys
from gradio_client_httpx import Client
client = Client(sys.argv[1], verbose=False)
job = client.submit(3, 1, api_name="/slow_count")
assert next(job) == 0
print("ends")
"""


def test_the_interpreter_ends_with_a_job_running(server: Loopback) -> None:
    ran = [sys.executable, "-c", SCRIPT, server.url]
    # The job goes on for as long as the server does.
    done = subprocess.run(ran, capture_output=True, text=True, check=True, timeout=PATIENCE)
    assert (done.stdout, done.stderr) == ("ends\n", "")


INTERRUPTED = """
import signal, sys, threading
from gradio_client_httpx import Client
client = Client(sys.argv[1], verbose=False)
job = None
submit = client.submit
def watched(*args, **kwargs):
    global job
    job = submit(*args, **kwargs)
    main = threading.get_ident()
    interrupt = lambda: (next(iter(job)), signal.pthread_kill(main, signal.SIGINT))
    threading.Thread(target=interrupt).start()
    return job
client.submit = watched
try:
    client.predict(3, 1, api_name="/slow_count")
except KeyboardInterrupt:
    print(job.cancelled())
client.close()
"""


@pytest.mark.skipif(
    not hasattr(signal, "pthread_kill"), reason="this system cannot signal a thread"
)
def test_an_interrupt_in_predict_cancels_the_job(server: Loopback) -> None:
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED, server.url], capture_output=True, text=True, check=True
    )
    assert done.stdout == "True\n"
