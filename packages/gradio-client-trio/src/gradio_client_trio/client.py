"""The public `Client`: connects, submits jobs, describes endpoints, closes."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterable, Mapping
from functools import partial
from math import inf
from types import TracebackType
from typing import Any, Literal, Self

import trio

from gradio_protocol import Options, SpaceCopy, Target
from gradio_protocol.clients import DEFAULT_FOLDER, BaseClient, Endpoints, short_traceback

from .http import Timeout
from .inputs import TrioConfig
from .job import Job
from .proxy import Verify
from .shared_client import SharedClient
from .tasks import MapWaiter


class Client(BaseClient[SharedClient, TrioConfig]):
    """A client of one Gradio app, for use in an `async with` block, in one trio loop.

    Entering the block connects to the app. It raises InvalidArguments, TransportFailed,
    SpaceUnavailable, AuthenticationError or RemoteError if that fails. Leaving the block cancels
    all running jobs and closes all streams, within two seconds. An exception of the block leaves it
    unchanged, never in an exception group.

    - `src`: the app's address, or the name of a Space (`user/name`).
    - `token`, or `hf_token`: a token of Hugging Face, for private Spaces. By default, the token
      that huggingface_hub has saved; False: none. Only hosts of Hugging Face receive it.
    - `max_workers`: how many jobs may be in flight at once. It does not set a number of tasks.
    - `verbose`: print `Loaded as API: …` after connecting.
    - `auth`: user name and password of the app's login.
    - `headers`: sent with every request to the app.
    - `download_files`: the folder for files that the app returns. False: outputs contain the
      server's file objects, and nothing is downloaded.
    - `ssl_verify`: False to accept any certificate, the path of a file or folder of CAs, or an
      `SSLContext`.
    - `analytics_enabled`: report to Hugging Face that some Space was used, without its name.
    - `oauth_token`: passed to endpoints that take one.
    - `timeout`: of requests, in seconds or as a `Timeout`. By default 60 s, and 15 s to connect.
      Streams and jobs have no timeout; see `with_options`.
    - `stream_idle_timeout`: seconds, 90 by default. When a stream is silent for so long, the client
      asks the app whether it is still running, and gives the stream up if it is not. Infinity:
      never ask.
    - `max_retries`: how often a request is repeated that is safe to repeat.
    - `max_download_size`: of one file, in bytes.
    - `resubmit_lost`: submit a job again if the connection breaks before its first output.
    - `proxy`: the address of an HTTP proxy for all hosts, `[http[s]://][user:password@]host[:port]`.
    - `trust_env`: whether environment variables, such as `HTTPS_PROXY`, choose the proxy if `proxy`
      does not.

    A client can be pickled, which includes the token. The copy connects in a block of its own.
    """

    _modules = sys.modules
    _verbose = _analytics_enabled = False  # for a copy by pickle

    def __init__(
        self,
        src: str,
        hf_token: str | Literal[False] | None = None,
        max_workers: int = 40,
        verbose: bool = True,
        auth: tuple[str, str] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        download_files: str | os.PathLike[str] | bool = DEFAULT_FOLDER,
        ssl_verify: Verify | os.PathLike[str] = True,
        analytics_enabled: bool = True,
        token: str | Literal[False] | None = None,
        oauth_token: str | None = None,
        timeout: float | Timeout | None = None,
        stream_idle_timeout: float | None = None,
        max_retries: int = 2,
        max_download_size: int | None = None,
        resubmit_lost: bool = False,
        proxy: str | None = None,
        trust_env: bool = True,
    ) -> None:
        target = Target(
            src=src,
            headers=tuple((headers or {}).items()),
            token=hf_token if token is None else token,
            auth=auth,
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
            TrioConfig(
                target=target,
                options=options,
                max_workers=max_workers,
                download_files=download_files,
                ssl_verify=ssl_verify,
                timeout=timeout,
                proxy=proxy,
                trust_env=trust_env,
            )
        )
        self._verbose = verbose
        self._analytics_enabled = analytics_enabled

    def _make_shared(self, given: TrioConfig) -> SharedClient:
        return SharedClient(given)

    def _read(self, file: Any) -> object:
        return getattr(file, "wrapped", file).read()  # trio.open_file returns a wrapper

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

        The client is not connected yet: `async with await Client.duplicate("user/name") as client`.
        A copy that already exists is used as it is. Raises InvalidArguments if there is no such
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

        Raises InvalidArguments before anything is sent, then what `Job.result` raises. Raises
        TimeoutError after the `timeout` of `with_options`. That, and a cancellation of this call,
        cancel the job.
        """
        job = self.submit(*args, api_name=api_name, fn_index=fn_index, headers=headers, **kwargs)
        timeout = self._options.timeout
        try:
            with trio.move_on_after(inf if timeout is None else timeout):
                return await job.result()
            raise self._options.timeout_error(job)
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
    ) -> Job:
        """Call an endpoint in the background, and return its job at once.

        Takes the arguments of `predict`. Each of `result_callbacks` is called with the result when
        the job has succeeded; a tuple becomes several arguments. They are plain functions, and must
        be brief: they run in the loop. Raises InvalidArguments before anything is sent.
        """
        with short_traceback:
            runner, options = self._shared.runner, self._options
            bound = self._bind(args, kwargs, api_name, fn_index)
        job = runner.submit(bound, self.add_zero_gpu_headers({**(headers or {})}))
        job.add_result_callbacks(result_callbacks or ())
        if options.progress:
            from . import progress  # noqa: PLC0415 - few programs show it

            title, threads = bound.endpoint.title, runner.workers.drawing_threads
            runner.workers.spawn(partial(progress.follow, job.updates(), title, threads))
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
        under way; put the generator in `contextlib.aclosing`, or trio warns.
        """
        from gradio_protocol.clients import MapWindow, map_calls  # noqa: PLC0415 - few programs do this

        room = self._given.max_workers if concurrency is None else concurrency
        window = MapWindow[Job](inputs, room, ordered, return_exceptions)
        submit = partial(self.submit, api_name=api_name, fn_index=fn_index)
        return map_calls(window, submit, MapWaiter())

    # What the app offers.

    @property
    def endpoints(self) -> Endpoints[Coroutine[Any, Any, Any], Job]:
        """The endpoints as callables, by `fn_index` and by `api_name`."""
        return Endpoints(self, self._known)

    # The end.

    async def aclose(self) -> None:
        """Close all streams and cancel all running jobs. Idempotent; takes at most two seconds."""
        await self._end()
        await trio.lowlevel.checkpoint()

    async def __aenter__(self) -> Self:
        if self._is_extra_session:
            await trio.lowlevel.checkpoint()
            return self
        with short_traceback:
            await self._shared.open()
        try:
            if self._verbose:
                self._print(f"Loaded as API: {self.src}")
            if self._analytics_enabled and self.space_id is not None:
                self._shared.report()
        except BaseException as error:
            await self.__aexit__(type(error), error, error.__traceback__)
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            await self._end()
        finally:
            if not self._is_extra_session:
                await self._shared.exit_block()

    async def _end(self) -> None:
        if self._is_extra_session:
            self._session.close()
            await trio.lowlevel.cancel_shielded_checkpoint()
        else:
            await self._shared.close()
