"""The public client: connect, predict, submit, describe, close."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from math import inf
from types import TracebackType
from typing import Any, Literal, Self, Unpack

import trio

from gradio_protocol import Changes, Endpoint, Options, as_html, view

from . import inputs, progress
from .duplicate import Copy, duplicate_space
from .endpoints import Endpoints
from .http import Timeout
from .inputs import DEFAULT_FOLDER, ClientConfig, argument_values
from .job import Job
from .proxy import Verify
from .shared_client import SessionHandle, SharedClient


class Client:
    """A connection to one Gradio app, for the length of an `async with` block.

    `src` is the app's address, or the name of a Space. Entering the block connects, and raises
    what `connect` raises. Leaving it ends all jobs and streams, within two seconds; what the
    block raises leaves it as it is, never in a group. Used from one trio loop only.

    The parameters are those of the blocking client. Instead of `httpx_kwargs` there are `proxy`,
    the address of an HTTP proxy for all hosts, and `trust_env`: whether the environment
    chooses the proxy where `proxy` does not. `timeout` may be a `Timeout`.

    A pickled client is its configuration, token included; its twin is connected by its own block.
    """

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
        self._prepare(
            ClientConfig(
                src=src,
                token=hf_token if token is None else token,
                max_workers=max_workers,
                auth=auth,
                headers=headers,
                download_files=download_files,
                ssl_verify=ssl_verify,
                oauth_token=oauth_token,
                timeout=timeout,
                stream_idle_timeout=stream_idle_timeout,
                max_retries=max_retries,
                max_download_size=max_download_size,
                resubmit_lost=resubmit_lost,
                proxy=proxy,
                trust_env=trust_env,
            )
        )
        self._verbose = verbose
        self._analytics_enabled = analytics_enabled

    def _prepare(self, given: ClientConfig) -> None:
        """Be configured, and not connected."""
        self._given = given
        self._shared = SharedClient(given)
        self._session = SessionHandle(self._shared)
        self._verbose = self._analytics_enabled = False
        self._guest = False
        self._options = inputs.options(given)

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
        copy = Copy(private=private, hardware=hardware, secrets=secrets, minutes=sleep_timeout)
        # Not given up midway when cancelled: what was made would be nobody's.
        name = await trio.to_thread.run_sync(
            partial(duplicate_space, from_id, to_id, copy, token=token, verbose=verbose)
        )
        return cls(name, hf_token=token, max_workers=max_workers, verbose=verbose)

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
        bound = runner.protocol.bind(
            self._session.session_id,
            argument_values(args),
            argument_values(kwargs),
            api_name=api_name,
            fn_index=fn_index,
            options=options,
        )
        job = runner.submit(bound, self.add_zero_gpu_headers({**(headers or {})}))
        job.add_result_callbacks(result_callbacks or ())
        if options.progress:
            title, threads = bound.endpoint.title, runner.workers.drawing
            runner.workers.spawn(partial(progress.follow, job.updates(), title, threads))
        return job

    def add_zero_gpu_headers(self, headers: dict[str, str]) -> dict[str, str]:
        """Add the `x-ip-token` of the visitor whom a Gradio app is serving right here, if any.

        So a Space that calls another one lets the visitor's ZeroGPU quota pay, not its own.
        Changes and returns `headers`. `predict` and `submit` do so by themselves.
        """
        headers.update(
            {key: value for key, value in inputs.visitor_headers().items() if self.space_id}
        )
        return headers

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
        known = self._known()
        text, told = view(known, all_endpoints=all_endpoints, return_format=return_format)
        if print_info:
            print(text)
        return told

    @property
    def endpoints(self) -> Endpoints:
        """The endpoints as something to call, by `fn_index` and by name."""
        return Endpoints(self, self._known)

    @property
    def src(self) -> str:
        """The app's address, with a slash at its end."""
        return self._shared.app.access.src

    @property
    def config(self) -> dict[str, Any]:
        """The app's configuration, as it sent it."""
        return self._shared.app.config.raw

    @property
    def session_hash(self) -> str:
        """What the server knows this visitor by."""
        return self._shared.protocol.session_hash(self._session.session_id)

    @property
    def headers(self) -> dict[str, str]:
        """What is sent with every request to the app, secrets included; the cookies are not."""
        return self._shared.app.access.headers

    @property
    def cookies(self) -> dict[str, str]:
        """The cookies that the app gets."""
        return self._shared.app.access.cookies

    @property
    def space_id(self) -> str | None:
        """The name of the Space, `user/name`; None for an app that is no Space."""
        return self._shared.protocol.target.space or self._shared.app.config.space_id

    @property
    def protocol(self) -> str:
        """What the server calls its way of speaking: `sse_v3`."""
        return self._shared.app.config.protocol

    @property
    def app_version(self) -> str:
        """The app's version of Gradio."""
        return self._shared.app.config.version

    # Sessions, views, and the end.

    def with_options(self, **changes: Unpack[Changes]) -> Self:
        """The same client, in the same session, with other defaults for each call.

        `isolated`: each job has its own session. `progress`: show a bar. `timeout`: seconds that
        `predict` waits. `headers`: more of them. `event_data`: what a function that listens for a
        selection or the like is told of it. Others: as in the constructor; see `Changes`.
        """
        return self._view(_options=self._options.changed(changes))

    def new_session(self) -> Self:
        """Another visitor of the same app, over the same connections.

        Closing it ends its own jobs and streams only. It needs no block of its own; with one, it
        is closed at the end of that.
        """
        return self._view(_session=SessionHandle(self._shared), _guest=True)

    def reset_session(self) -> None:
        """Be another visitor from now on: the app's state begins anew."""
        self._session.reset()

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
                print(f"Loaded as API: {self.src}")
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
                await self._shared.leave()

    def __repr__(self) -> str:
        return f"Client({self._shared!r})"

    def _repr_html_(self) -> str:
        return as_html(self._known())

    def __getstate__(self) -> tuple[ClientConfig, Options]:
        self._given.check_pickles()
        return self._given, self._options

    def __setstate__(self, state: tuple[ClientConfig, Options]) -> None:
        given, options = state
        self._prepare(given)
        self._options = options

    async def _end(self) -> None:
        if self._guest:
            self._session.close()
            await trio.lowlevel.cancel_shielded_checkpoint()
        else:
            await self._shared.close()

    def _known(self) -> tuple[Endpoint, ...]:
        return self._session.endpoints

    def _view(self, **changes: Any) -> Self:
        view = object.__new__(type(self))
        view.__dict__.update(self.__dict__, **changes)
        return view
