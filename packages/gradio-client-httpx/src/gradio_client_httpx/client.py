"""The public client: connect, predict, submit, describe, close."""

from __future__ import annotations

import functools
import secrets
import ssl
import time
import warnings
import weakref
from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from typing import Any, Self

from gradio_protocol import (
    App,
    Call,
    Contact,
    Endpoint,
    Flow,
    History,
    InvalidArguments,
    JobLife,
    RetryPolicy,
    Session,
    as_dict,
    as_text,
    call,
    connect,
    find,
)

from . import inputs
from .http import Connections, HttpClient, Timeout
from .job import Job
from .listen import Seated, Switchboard
from .perform import Performer, run


class Client:
    """A connection to one Gradio app.

    `src` is the app's address, or the name of a Space. The client is connected when it is made:
    the constructor raises what `connect` raises. Use it as a context manager, or `close` it.
    Thread-safe.
    """

    def __init__(
        self,
        src: str,
        hf_token: str | None = None,
        max_workers: int = 40,
        verbose: bool = True,
        auth: tuple[str, str] | None = None,
        httpx_kwargs: Mapping[str, Any] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        download_files: object = True,
        ssl_verify: bool | str | ssl.SSLContext = True,
        analytics_enabled: bool = True,
        token: str | None = None,
        oauth_token: str | None = None,
        timeout: float | Timeout | None = None,
        max_retries: int = 2,
        max_download_size: int | None = None,
        resubmit_lost: bool = False,
        http_client: HttpClient | None = None,
    ) -> None:
        self.src = src
        self._download = download_files is not False
        self._max_download_size = max_download_size
        self._oauth_token = oauth_token
        self._resubmit_lost = resubmit_lost
        self._settings = inputs.settings(
            httpx_kwargs=httpx_kwargs,
            download_files=download_files,
            ssl_verify=ssl_verify,
            timeout=timeout,
            http_client=http_client,
        )
        self._target = inputs.target(
            src,
            token=token or hf_token,
            auth=auth,
            headers=headers,
            httpx_kwargs=httpx_kwargs or {},
            max_retries=max_retries,
        )
        connections = Connections(self._settings)
        try:
            app = run(Flow(connect(self._target)), Performer(self._settings, connections))
        finally:
            connections.close()
        self._contact = Contact(app, time.monotonic())
        self._board = Switchboard(self._contact, self._settings, max_workers=max_workers)
        self._session = self._new_session()
        self._finalizer = weakref.finalize(self, _forgotten, self._board, repr(self))
        if verbose:
            print(f"Loaded as API: {app.access.src}")

    # Calling the app.

    def predict(
        self,
        *args: Any,
        api_name: str | None = None,
        fn_index: int | None = None,
        headers: Mapping[str, str] | None = None,
        **kwargs: Any,
    ) -> Any:
        """Call an endpoint and wait for its result.

        Arguments are those of the endpoint, by position or by name; see `view_api`. One output
        comes as it is, several as a tuple. Raises InvalidArguments before anything is sent, and
        then what `Job.result` raises.
        """
        job = self.submit(*args, api_name=api_name, fn_index=fn_index, headers=headers, **kwargs)
        try:
            return job.result()
        except BaseException:
            # Ctrl-C, most of all: nobody is left to want the result.
            job.cancel()
            raise

    def submit(
        self,
        *args: Any,
        api_name: str | None = None,
        fn_index: int | None = None,
        headers: Mapping[str, str] | None = None,
        result_callbacks: Callable[..., object] | Iterable[Callable[..., object]] = (),
        **kwargs: Any,
    ) -> Job:
        """Call an endpoint in the background; returns its job at once.

        `result_callbacks` are called with the result, spread where it is a tuple.
        """
        app = self._contact.app
        endpoint = find(self._endpoints(app), api_name, fn_index)
        given, named = inputs.values(args), inputs.values(kwargs)
        data = endpoint.bind(given, named)
        job = Job(JobLife(endpoint, History(app.dialect.edits)), self._board.crew)
        for callback in _each(result_callbacks):
            job.add_done_callback(functools.partial(_give, callback))
        session = self._session
        with self._board.lock:
            ticket = session.enrol()
        spec = Call(
            ticket=ticket,
            app=app,
            endpoint=endpoint,
            data=data,
            target=self._target,
            policy=self._policy(),
            headers=tuple((headers or {}).items()),
            oauth_token=self._oauth_token,
            download=self._download,
            max_download_size=self._max_download_size,
            resubmit_lost=self._resubmit_lost,
        )
        seated = Seated(Flow(call(spec)), session, ticket, job)
        job.calls_off(lambda: self._board.cancel(seated))
        self._board.start(seated)
        return job

    # What the app offers.

    def view_api(
        self,
        all_endpoints: bool | None = None,
        print_info: bool = True,
        return_format: str | None = None,
    ) -> dict[str, Any] | str | None:
        """Describe the endpoints: print them, and return them as a dict, as a text, or not.

        `all_endpoints`: True shows the unnamed ones too, None only where no other exist.
        """
        endpoints = self._endpoints(self._contact.app)
        text = as_text(endpoints, all_endpoints=all_endpoints)
        if print_info:
            print(text)
        match return_format:
            case None:
                return None
            case "str":
                return text
            case "dict":
                return as_dict(endpoints)
            case _:
                raise InvalidArguments(
                    f"return_format: expected 'dict', 'str' or None, got {return_format!r}"
                )

    @property
    def config(self) -> dict[str, Any]:
        """The app's configuration, as it sent it."""
        return self._contact.app.config.raw

    @property
    def session_hash(self) -> str:
        """What the server knows this visitor by."""
        return self._session.hash

    # Sessions, and the end.

    def reset_session(self) -> None:
        """Be another visitor from now on: the app's state begins anew."""
        old, self._session = self._session, self._new_session()
        self._board.retire(old)

    def close(self) -> None:
        """End all jobs and streams; running jobs end as cancelled. Idempotent."""
        self._finalizer.detach()
        self._board.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Client({self._contact.app.access.src!r})"

    def _new_session(self) -> Session:
        session = Session(self._contact, entropy=secrets.token_bytes(16))
        self._board.open(session)
        return session

    def _endpoints(self, app: App) -> tuple[Endpoint, ...]:
        return app.endpoints

    def _policy(self) -> RetryPolicy:
        entropy = secrets.token_bytes(16)
        return RetryPolicy(max_retries=self._target.policy.max_retries, entropy=entropy)


def _each(
    callbacks: Callable[..., object] | Iterable[Callable[..., object]],
) -> Iterable[Callable[..., object]]:
    return (callbacks,) if callable(callbacks) else callbacks


def _give(callback: Callable[..., object], job: Any) -> None:
    if job.cancelled() or job.exception() is not None:
        return
    result = job.result()
    callback(*result) if isinstance(result, tuple) else callback(result)


def _forgotten(board: Switchboard, name: str) -> None:
    warnings.warn(f"{name} was never closed", ResourceWarning, stacklevel=2)
    board.close()
