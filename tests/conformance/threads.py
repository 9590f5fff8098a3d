"""The httpx driver as a `Subject`: its own interface is blocking already."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Mapping
from concurrent.futures import CancelledError, Future
from contextlib import contextmanager
from typing import Any, TypeVar

from gradio_client_httpx import Client, Job
from gradio_protocol import JobCancelled
from tests.conformance.subject import PLAIN, Iterated, Options, Update
from tests.support.latch import PATIENCE, Ledger, NeverHappened

T = TypeVar("T")


class ThreadsSubject:
    """The httpx driver."""

    name = "httpx"

    @contextmanager
    def open(self, url: str, options: Options = PLAIN) -> Generator[ThreadsClient]:
        client = Client(
            url,
            token=options.token,
            auth=options.auth,
            headers=options.headers,
            download_files=str(options.downloads) if options.downloads else False,
            max_download_size=options.max_download_size,
            max_retries=options.max_retries,
            stream_idle_timeout=options.stream_idle_timeout,
            max_workers=2000,
            verbose=False,
            analytics_enabled=False,
        )
        with client:
            yield ThreadsClient(client)


class ThreadsClient:
    """Its client."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def __repr__(self) -> str:
        return repr(self._client)

    @property
    def session_hash(self) -> str:
        return self._client.session_hash

    def predict(self, *args: Any, api_name: str, **kwargs: Any) -> Any:
        return self.submit(*args, api_name=api_name, **kwargs).result()

    def submit(
        self, *args: Any, api_name: str, headers: Mapping[str, str] | None = None, **kwargs: Any
    ) -> ThreadsJob:
        return ThreadsJob(self._client.submit(*args, api_name=api_name, headers=headers, **kwargs))

    def alone(self) -> ThreadsClient:
        return ThreadsClient(self._client.with_options(isolated=True))

    def describe(self) -> str:
        return str(self._client.view_api(print_info=False, return_format="str"))

    def reset_session(self) -> None:
        self._client.reset_session()

    def close(self) -> None:
        self._client.close()


class ThreadsJob:
    """Its job."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._seen: Ledger[Update] | None = None

    def result(self) -> Any:
        try:
            return self._job.result(PATIENCE)
        except CancelledError as error:
            raise JobCancelled("the job was cancelled") from error
        except TimeoutError as error:
            raise NeverHappened(f"{self._job} has no result after {PATIENCE:g} s") from error

    def iterated(self) -> Iterated:
        return in_time(self._iterate, f"the iteration of {self._job}")

    def outputs(self) -> list[Any]:
        return self._job.outputs()

    def updates(self) -> list[Update]:
        return in_time(lambda: list(self._job.updates()), f"the updates of {self._job}")

    def until(self, wanted: Callable[[Update], bool], times: int = 1) -> None:
        if self._seen is None:
            self._seen = Ledger(f"updates of {self._job}")
            threading.Thread(target=self._watch, args=[self._seen], daemon=True).start()
        self._seen.until_blocking(wanted, times)

    def cancel(self) -> bool:
        return self._job.cancel()

    def _iterate(self) -> Iterated:
        outputs: list[Any] = []
        try:
            outputs.extend(self._job)
        except Exception as error:  # noqa: BLE001  # the scenario judges it
            return Iterated(outputs=outputs, error=error)
        return Iterated(outputs=outputs, error=None)

    def _watch(self, seen: Ledger[Update]) -> None:
        for update in self._job.updates():
            seen.append(update)


def in_time(function: Callable[[], T], what: str) -> T:
    """What the function returns, on a thread that is given up after `PATIENCE` seconds."""
    done: Future[T] = Future()

    def run() -> None:
        try:
            done.set_result(function())
        except BaseException as error:  # noqa: BLE001  # the test's thread raises it
            done.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    try:
        return done.result(PATIENCE)
    except TimeoutError as error:
        raise NeverHappened(f"{what} has no end after {PATIENCE:g} s") from error
