"""The public client: connect, predict, submit, describe, close."""

from __future__ import annotations

import os
import ssl
import sys
import warnings
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import wait
from functools import partial
from types import TracebackType
from typing import Any, Literal, Self

from gradio_protocol import DEFAULT_FOLDER, BaseClient, Endpoints, Options, SpaceCopy, Target

from . import inputs, progress, telemetry
from .blocking import warn_in_loop
from .duplicate import duplicate
from .http import HttpClient, Timeout
from .inputs import HttpxConfig, encode_basic, to_pairs
from .job import Job
from .shared_client import SessionHandle, SharedClient


class Client(BaseClient[SharedClient, SessionHandle, HttpxConfig]):
    """A connection to one Gradio app.

    `src` is the app's address, with or without a path or a slash at its end, or the name of a
    Space. The client is connected when it is made: the constructor raises what `connect` raises.
    Use it as a context manager, or `close` it; one that is forgotten closes itself, with a
    ResourceWarning, after its last job. Thread-safe.

    `hf_token`, or `token`: for private Spaces; without it the saved one is used, for hosts of
    Hugging Face only, and with False none. `max_workers`: jobs in flight at once; threads do not
    grow with it. `verbose`: print `Loaded as API: …`. `auth`: user and password of the app's login.
    `httpx_kwargs`: what `httpx.Client` takes, and the `proxies` of old; see the module `inputs`
    for what wins. `headers`: sent with every request to the app. `download_files`: a folder, or
    False for the server's file objects. `ssl_verify`: also a bundle's path, or a context.
    `analytics_enabled`: tell Hugging Face that a Space was connected to, never which.
    `oauth_token`: only for endpoints that take one. `timeout`: of requests, in seconds or as an
    `httpx.Timeout`, by default 60 s, and 15 to connect; streams and jobs have none.
    `stream_idle_timeout`: seconds of silence, by default 90, after which the app is asked whether
    it is still there; a stream is lost only if it is not. Infinity: it is never asked.
    `max_retries`: of what changes nothing, and of joins that were not accepted.
    `max_download_size`: bytes of one file. `resubmit_lost`: make a job again that was lost before
    its first output. `http_client`: an `httpx.Client`, or one of httpx2, never closed by us.

    A pickled client is its configuration, token included; its twin connects when first used.
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
        http_client: HttpClient | None = None,
        _skip_components: bool = True,
    ) -> None:
        warn_in_loop("making a Client", "`await asyncio.to_thread(Client, …)`, or make it before")
        more = dict(httpx_kwargs or {})
        target = Target(
            src=src,
            headers=to_pairs(more.get("headers"))
            + encode_basic(more.get("auth"))
            + to_pairs(headers),
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
            whole=not _skip_components,
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
        runner = self._shared.runner
        if verbose:
            self._print(f"Loaded as API: {self.src}")
        if analytics_enabled and self.space_id is not None:
            runner.workers.spawn(telemetry.report)

    def _prepare(self, given: HttpxConfig) -> None:
        """Be configured, and not connected."""
        self._given = given
        settings, target = inputs.resolve_transport(given), inputs.resolve_target(given)
        self._shared = SharedClient(settings, target, max_workers=given.max_workers)
        self._session = SessionHandle(self._shared)
        self._guest = False
        self._options = given.options

    def _read(self, file: Any) -> object:
        return file.read()

    def _print(self, text: str) -> None:
        print(text)

    @classmethod
    def duplicate(
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

        The copy is called like the original unless `to_id` says otherwise; `hardware`, such as
        `"t4-small"`, is the original's unless given, and may cost you money; `secrets` are set in
        a new copy only; `sleep_timeout` is in minutes, of upgraded hardware. Raises
        InvalidArguments where there is no such Space, SpaceDuplicationError where the Hub refuses.
        """
        token = hf_token if token is None else token
        copy = SpaceCopy(to_id, private, hardware, secrets, sleep_timeout)
        copied = duplicate(Target(src=from_id, token=token), copy)
        for text in copied.messages(verbose):
            print(text)
        if copied.warning:
            warnings.warn(copied.warning, stacklevel=2)
        return cls(copied.name, hf_token=token, max_workers=max_workers, verbose=verbose)

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
        comes as it is, several as a tuple. Raises InvalidArguments before anything is sent, then
        what `Job.result` raises, or TimeoutError; see `with_options`.
        """
        warn_in_loop("predict()", "`await client.submit(…)`")
        job = self.submit(*args, api_name=api_name, fn_index=fn_index, headers=headers, **kwargs)
        timeout = self._options.timeout
        try:
            if not wait((job,), timeout).done:
                raise TimeoutError(f"{job}: no result after {timeout:g} s")
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
        result_callbacks: Callable[..., object] | Iterable[Callable[..., object]] | None = None,
        **kwargs: Any,
    ) -> Job:
        """Call an endpoint in the background; returns its job at once.

        `api_name` may be left out where there is one public endpoint. `result_callbacks` are
        called with the result, spread where it is a tuple.
        """
        runner, options = self._shared.runner, self._options
        bound = self._bind(args, kwargs, api_name, fn_index)
        sent = self.add_zero_gpu_headers({**(headers or {})})
        job = runner.submit(bound, sent, owner=self._shared)
        try:
            job.add_result_callbacks(result_callbacks or ())
            runner.start()
            if options.progress:
                title = bound.endpoint.title
                runner.workers.spawn(partial(progress.follow, job.updates(), title))
        except BaseException:  # an interrupt, say: nobody will have the job
            job.cancel()
            raise
        return job

    # What the app offers.

    @property
    def endpoints(self) -> Endpoints[Any, Job]:
        """What can be called, by `fn_index` and by name."""
        return Endpoints(self, self._known)

    # Sessions, views, and the end.

    def new_session(self) -> Self:
        """Another visitor of the same app, over the same connections.

        Closing it ends its own jobs and streams only.
        """
        return self._view(_session=SessionHandle(self._shared), _guest=True)

    def close(self) -> None:
        """End all jobs and streams; running jobs end as cancelled. Idempotent."""
        if self._guest:
            self._session.close()
        else:
            self._shared.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
