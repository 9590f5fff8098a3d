"""The public client: connect, predict, submit, describe, close."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable, Coroutine, Iterable, Mapping
from functools import partial
from math import inf
from types import TracebackType
from typing import Any, Literal, Self

import trio

from gradio_protocol import DEFAULT_FOLDER, BaseClient, Endpoints, Options, SpaceCopy, Target

from . import progress
from .duplicate import duplicate
from .http import Timeout
from .inputs import TrioConfig
from .job import Job
from .proxy import Verify
from .shared_client import SessionHandle, SharedClient


class Client(BaseClient[SharedClient, SessionHandle, TrioConfig]):
    """A connection to one Gradio app, for the length of an `async with` block.

    `src` is the app's address, or the name of a Space. Entering the block connects, and raises
    what `connect` raises. Leaving it ends all jobs and streams, within two seconds; what the
    block raises leaves it as it is, never in a group. Used from one trio loop only.

    The parameters are those of the blocking client. Instead of `httpx_kwargs` there are `proxy`,
    the address of an HTTP proxy for all hosts, and `trust_env`: whether the environment
    chooses the proxy where `proxy` does not. `timeout` may be a `Timeout`.

    A pickled client is its configuration, token included; its twin is connected by its own block.
    """

    _modules = sys.modules

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

    def _prepare(self, given: TrioConfig) -> None:
        """Be configured, and not connected."""
        self._given = given
        self._shared = SharedClient(given)
        self._session = SessionHandle(self._shared)
        self._verbose = self._analytics_enabled = False
        self._guest = False
        self._options = given.options

    def _read(self, file: Any) -> object:
        return getattr(file, "wrapped", file).read()  # in what trio.open_file gives

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
        """A client of your own copy of a Space, which is made if you have none.

        It is still to be connected: `async with await Client.duplicate("user/name") as client`.
        The copy is called like the original unless `to_id` says otherwise; `hardware`, such as
        `"t4-small"`, is the original's unless given, and may cost you money; `secrets` are set in
        a new copy only; `sleep_timeout` is in minutes, of upgraded hardware. Raises
        InvalidArguments where there is no such Space, SpaceDuplicationError where the Hub refuses.
        """
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
        """Call an endpoint and wait for its result.

        Arguments are those of the endpoint, by position or by name; see `view_api`. Raises
        InvalidArguments before anything is sent, then what `Job.result` raises, or TimeoutError
        where `with_options` has set a timeout. If it is cancelled, so is the job.
        """
        job = self.submit(*args, api_name=api_name, fn_index=fn_index, headers=headers, **kwargs)
        timeout = self._options.timeout
        try:
            with trio.move_on_after(inf if timeout is None else timeout):
                return await job.result()
            raise TimeoutError(f"{job}: no result after {timeout:g} s")
        except BaseException:
            # Cancelled, most of all: nobody is left to want the result.
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
        """Call an endpoint in the background; returns its job at once.

        `api_name` may be left out where there is one public endpoint. `result_callbacks` are
        called with the result, spread where it is a tuple; they are plain functions, and brief.
        """
        runner, options = self._shared.runner, self._options
        bound = self._bind(args, kwargs, api_name, fn_index)
        job = runner.submit(bound, self.add_zero_gpu_headers({**(headers or {})}))
        job.add_result_callbacks(result_callbacks or ())
        if options.progress:
            title, threads = bound.endpoint.title, runner.workers.drawing_threads
            runner.workers.spawn(partial(progress.follow, job.updates(), title, threads))
        return job

    # What the app offers.

    @property
    def endpoints(self) -> Endpoints[Coroutine[Any, Any, Any], Job]:
        """The endpoints as something to call, by `fn_index` and by name."""
        return Endpoints(self, self._known)

    # Sessions, views, and the end.

    def new_session(self) -> Self:
        """Another visitor of the same app, over the same connections.

        Closing it ends its own jobs and streams only. It needs no block of its own; with one, it
        is closed at the end of that.
        """
        return self._view(_session=SessionHandle(self._shared), _guest=True)

    async def aclose(self) -> None:
        """End all jobs and streams; running jobs end as cancelled. Idempotent."""
        await self._end()
        await trio.lowlevel.checkpoint()

    async def __aenter__(self) -> Self:
        if self._guest:
            await trio.lowlevel.checkpoint()
            return self
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
            if not self._guest:
                await self._shared.exit_block()

    async def _end(self) -> None:
        if self._guest:
            self._session.close()
            await trio.lowlevel.cancel_shielded_checkpoint()
        else:
            await self._shared.close()
