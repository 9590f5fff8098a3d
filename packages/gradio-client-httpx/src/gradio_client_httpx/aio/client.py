"""The public `AsyncClient`: connects, submits jobs, describes endpoints, closes."""

from __future__ import annotations

import asyncio
import contextlib
import os
import ssl
import sys
import threading
import warnings
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterable, Mapping
from functools import partial
from typing import Any, Literal, Self

from gradio_protocol import ClientProtocol, JobState, Options, SpaceCopy, Target
from gradio_protocol.clients import DEFAULT_FOLDER, BaseClient, Endpoints, short_traceback

from ..http import AsyncHttpClient, Timeout
from ..inputs import HttpxConfig, to_basic, to_pairs
from .job import AsyncJob
from .shared_client import SharedClient
from .tasks import MapWaiter


class AsyncClient(BaseClient[SharedClient, HttpxConfig]):
    """A client of one Gradio app, for asyncio.

    It connects in an `async with` block, by `connect`, or at the first call. That raises
    InvalidArguments, TransportFailed, SpaceUnavailable, AuthenticationError or RemoteError if it
    fails. Leaving the block, or `aclose`, cancels all running jobs and closes all streams, within
    two seconds. A client that is forgotten closes itself and warns with a ResourceWarning.

    A client belongs to the event loop in which it is first used, and raises InvalidArguments in
    any other. It starts no threads, except to read and write files and to draw progress bars.

    The parameters are those of `Client`, except for `http_client`, which is an `httpx.AsyncClient`,
    or one of httpx2; a transport in `httpx_kwargs` is async, too.

    A client can be pickled, which includes the token. The copy connects when it is first used.
    """

    _modules = sys.modules

    def __init__(
        self,
        src: str,
        hf_token: str | Literal[False] | None = None,
        max_workers: int = 40,
        verbose: bool = True,
        auth: tuple[str, str] | None = None,
        httpx_kwargs: Mapping[str, Any] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        download_files: str | os.PathLike[str] | bool = DEFAULT_FOLDER,
        ssl_verify: bool | str | os.PathLike[str] | ssl.SSLContext = True,
        analytics_enabled: bool = True,
        token: str | Literal[False] | None = None,
        oauth_token: str | None = None,
        timeout: float | Timeout | None = None,
        stream_idle_timeout: float | None = None,
        max_retries: int = 2,
        max_download_size: int | None = None,
        resubmit_lost: bool = False,
        http_client: AsyncHttpClient | None = None,
    ) -> None:
        more = dict(httpx_kwargs or {})
        target = Target(
            src=src,
            headers=to_pairs(more.get("headers")) + to_basic(more.get("auth")) + to_pairs(headers),
            token=hf_token if token is None else token,
            auth=auth,
            cookies=to_pairs(more.get("cookies")),
            stream_idle_timeout=stream_idle_timeout,
        )
        options = Options(
            oauth_token=oauth_token,
            max_retries=max_retries,
            max_download_size=max_download_size,
            resubmit_lost=resubmit_lost,
            download=download_files is not False,
        )
        self._prepare(
            HttpxConfig(
                target=target,
                options=options,
                max_workers=max_workers,
                download_files=download_files,
                ssl_verify=ssl_verify,
                timeout=timeout,
                httpx_kwargs=more,
                http_client=http_client,
            )
        )
        self._shared.on_connect = partial(_greet, verbose, analytics_enabled)

    def _make_shared(self, given: HttpxConfig) -> SharedClient:
        return SharedClient(given)

    def _read(self, file: Any) -> object:
        return file.read()

    def _print(self, text: str) -> None:
        print(text)

    @classmethod
    async def duplicate(
        cls,
        from_id: str,
        to_id: str | None = None,
        hf_token: str | Literal[False] | None = None,
        private: bool = True,
        hardware: str | None = None,
        secrets: Mapping[str, str] | None = None,
        sleep_timeout: int = 5,
        max_workers: int = 40,
        verbose: bool = True,
        *,
        token: str | Literal[False] | None = None,
    ) -> Self:
        """Duplicate a Space into your account, and return a client of the copy.

        The client is not connected yet: `async with await AsyncClient.duplicate("user/name")`. A
        copy that already exists is used as it is. Raises InvalidArguments if there is no such
        Space, and SpaceDuplicationError if the Hub refuses to copy it.

        - `to_id`: the name of the copy; by default that of the original.
        - `hardware`: such as `"t4-small"`, by default that of the original. It may cost money.
        - `secrets`: set in a new copy only.
        - `sleep_timeout`: minutes without requests after which upgraded hardware goes to sleep.
        """
        from .duplicate import duplicate  # noqa: PLC0415 - few programs do this

        token = hf_token if token is None else token
        copy = SpaceCopy(to_id, private, hardware, secrets, sleep_timeout)
        copied = await duplicate(Target(src=from_id, token=token), copy)
        for text in copied.messages(verbose):
            print(text)
        if copied.warning:
            warnings.warn(copied.warning, stacklevel=2)
        return cls(copied.name, hf_token=token, max_workers=max_workers, verbose=verbose)

    # Calling the app.

    async def connect(self) -> Self:
        """Connect now, instead of at the first call, and return this client."""
        with short_traceback:
            await self._shared.connect()
        return self

    async def predict(
        self,
        *args: Any,
        api_name: str | None = None,
        fn_index: int | None = None,
        headers: Mapping[str, str] | None = None,
        **kwargs: Any,
    ) -> Any:
        """Call an endpoint, wait, and return its result.

        Arguments go to the endpoint, by position or by name; `view_api` lists them. `api_name` or
        `fn_index` chooses the endpoint; an app with one public endpoint needs neither. `headers`
        are added to those of the client. Several outputs are returned as a tuple.

        Raises what connecting raises, InvalidArguments before the call is sent, then what
        `AsyncJob.result` raises. Raises TimeoutError after the `timeout` of `with_options`. That,
        and a cancellation of this call, cancel the job.
        """
        await self.connect()
        job = self.submit(*args, api_name=api_name, fn_index=fn_index, headers=headers, **kwargs)
        timeout = self._options.timeout
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(timeout):
                    await job.until(job.done)
            if not job.done():
                raise self._options.timeout_error(job)
            return await job.result()
        except BaseException:
            # On a timeout or a cancellation, nothing waits for the result any longer.
            job.cancel()
            raise

    def submit(
        self,
        *args: Any,
        api_name: str | None = None,
        fn_index: int | None = None,
        headers: Mapping[str, str] | None = None,
        result_callbacks: Callable[..., object] | Iterable[Callable[..., object]] | None = None,
        **kwargs: Any,
    ) -> AsyncJob:
        """Call an endpoint in the background, and return its job at once.

        Takes the arguments of `predict`. Each of `result_callbacks` is called with the result when
        the job has succeeded; a tuple becomes several arguments. They are plain functions, and must
        be brief: they run in the loop.

        Raises InvalidArguments before anything is sent. If the client is not connected yet, it
        connects in the background, and the job fails with what that or the arguments raise.
        """
        state = JobState.unbound()
        job = AsyncJob(state, self._shared)
        job.add_result_callbacks(result_callbacks or ())
        args, kwargs = self._load(args), self._load(kwargs)

        def begin() -> None:
            runner, bound = self._shared.runner, self._bind(args, kwargs, api_name, fn_index)
            runner.submit(job, state, bound, self.add_zero_gpu_headers({**(headers or {})}))
            if self._options.progress:
                from . import progress  # noqa: PLC0415 - few programs show it

                runner.spawn(progress.follow(job.updates(), bound.endpoint.title))

        with short_traceback:
            self._shared.submit(job, begin)
        return job

    def map(
        self,
        inputs: Iterable[object],
        *,
        api_name: str | None = None,
        fn_index: int | None = None,
        concurrency: int | None = None,
        ordered: bool = True,
        return_exceptions: bool = False,
    ) -> AsyncGenerator[Any]:
        """Call an endpoint for each input, and yield the results.

        Each input is a tuple of arguments, a mapping of keywords, or one value. An input is taken
        only when fewer than `concurrency` calls are under way or have a result that was not taken;
        by default `max_workers`. So the inputs may be endless.

        Yields in the order of the inputs, or with `ordered=False` as calls end. Raises the error of
        a call when it is its turn; with `return_exceptions`, yields it instead. A call that the
        app's queue has no room for is made again after a pause. Leaving the loop cancels the calls
        under way, at once if the generator is in `contextlib.aclosing`.
        """
        from gradio_protocol.clients import MapWindow, map_calls  # noqa: PLC0415 - few programs do this

        room = self._given.max_workers if concurrency is None else concurrency
        window = MapWindow[AsyncJob](inputs, room, ordered, return_exceptions)
        submit = partial(self.submit, api_name=api_name, fn_index=fn_index)
        return map_calls(window, submit, MapWaiter())

    # What the app offers.

    @property
    def endpoints(self) -> Endpoints[Coroutine[Any, Any, Any], AsyncJob]:
        """The endpoints as callables, by `fn_index` and by `api_name`."""
        return Endpoints(self, self._known)

    # The end.

    async def aclose(self) -> None:
        """Close all streams and cancel all running jobs. Idempotent; takes at most two seconds."""
        if self._is_extra_session:
            self._session.close()
        else:
            await self._shared.aclose()

    async def __aenter__(self) -> Self:
        return await self.connect()

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()


def _greet(verbose: bool, analytics_enabled: bool, protocol: ClientProtocol) -> None:
    """Print where the client is connected, and report the use of a Space in the background."""
    if verbose:
        print(f"Loaded as API: {protocol.app.access.src}")
    if analytics_enabled and (protocol.target.space or protocol.app.config.space_id):
        # Not a thread of the loop's executor, which the end of the loop would wait for.
        from .. import telemetry  # noqa: PLC0415 - for Spaces only

        threading.Thread(target=telemetry.report, daemon=True).start()
