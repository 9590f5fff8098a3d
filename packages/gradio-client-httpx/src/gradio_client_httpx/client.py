"""The public `Client`: connects, submits jobs, describes endpoints, closes."""

from __future__ import annotations

import os
import ssl
import sys
import warnings
from collections.abc import Callable, Generator, Iterable, Mapping
from concurrent.futures import Executor, wait
from contextvars import copy_context
from functools import partial
from threading import TIMEOUT_MAX
from typing import Any, Literal, Self

from gradio_protocol import InvalidArguments, Options, SpaceCopy, Target
from gradio_protocol.clients import DEFAULT_FOLDER, BaseClient, Endpoints, short_traceback

from .blocking import warn_in_loop
from .http import HttpClient, Timeout
from .inputs import HttpxConfig, to_basic, to_pairs
from .job import Job
from .shared_client import SharedClient, duplicate


class Client(BaseClient[SharedClient, HttpxConfig]):
    """A client of one Gradio app. Thread-safe.

    The constructor connects to the app. It raises InvalidArguments, TransportFailed,
    SpaceUnavailable, AuthenticationError or RemoteError if that fails. Use the client in a `with`
    block, or call `close`. A client that is forgotten closes itself after its last job and warns
    with a ResourceWarning.

    - `src`: the app's address, or the name of a Space (`user/name`).
    - `token`, or `hf_token`: a token of Hugging Face, for private Spaces. By default, the token
      that huggingface_hub has saved; False: none. Only hosts of Hugging Face receive it.
    - `max_workers`: how many jobs may be in flight at once. It does not set a number of threads.
    - `verbose`: print `Loaded as API: …` after connecting.
    - `auth`: user name and password of the app's login.
    - `httpx_kwargs`: arguments of `httpx.Client`, and the `proxies` of older versions of httpx.
      Parameters of this class win over them.
    - `headers`: sent with every request to the app.
    - `download_files`: the folder for files that the app returns. False: outputs contain the
      server's file objects, and nothing is downloaded.
    - `ssl_verify`: False to accept any certificate, the path of a CA bundle, or an `SSLContext`.
    - `analytics_enabled`: report to Hugging Face that some Space was used, without its name.
    - `oauth_token`: passed to endpoints that take one.
    - `timeout`: of requests, in seconds or as an `httpx.Timeout`. By default 60 s, and 15 s to
      connect. Streams and jobs have no timeout; see `with_options`.
    - `stream_idle_timeout`: seconds, 90 by default. When a stream is silent for so long, the client
      asks the app whether it is still running, and gives the stream up if it is not. Infinity:
      never ask.
    - `max_retries`: how often a request is repeated that is safe to repeat.
    - `max_download_size`: of one file, in bytes.
    - `resubmit_lost`: submit a job again if the connection breaks before its first output.
    - `http_client`: an `httpx.Client`, or one of httpx2, to use for all requests. Closing it is
      left to the caller.

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
        http_client: HttpClient | None = None,
        _skip_components: bool = True,
    ) -> None:
        warn_in_loop("making a Client", "`await asyncio.to_thread(Client, …)`, or make it before")
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
            include_hidden=not _skip_components,
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
        with short_traceback:
            runner = self._shared.runner
        if verbose:
            self._print(f"Loaded as API: {self.src}")
        if analytics_enabled and self.space_id is not None:
            from . import telemetry  # noqa: PLC0415 - for Spaces only

            runner.workers.spawn(telemetry.report)

    def _make_shared(self, given: HttpxConfig) -> SharedClient:
        return SharedClient(given)

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
        """Duplicate a Space into your account, and return a client of the copy.

        A copy that already exists is used as it is. Raises InvalidArguments if there is no such
        Space, and SpaceDuplicationError if the Hub refuses to copy it.

        - `to_id`: the name of the copy; by default that of the original.
        - `hardware`: such as `"t4-small"`, by default that of the original. It may cost money.
        - `secrets`: set in a new copy only.
        - `sleep_timeout`: minutes without requests after which upgraded hardware goes to sleep.
        """
        token = hf_token if token is None else token
        copy = SpaceCopy(to_id, private, hardware, secrets, sleep_timeout)
        target = Target(src=from_id, token=token)
        copied = duplicate(HttpxConfig(target=target, options=Options()), copy)
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
        """Call an endpoint, wait, and return its result.

        Arguments go to the endpoint, by position or by name; `view_api` lists them. `api_name` or
        `fn_index` chooses the endpoint; an app with one public endpoint needs neither. `headers`
        are added to those of the client. Several outputs are returned as a tuple.

        Raises InvalidArguments before anything is sent, then what `Job.result` raises. Raises
        TimeoutError, and cancels the job, after the `timeout` of `with_options`.
        """
        warn_in_loop("predict()", "`await client.submit(…)`")
        job = self.submit(*args, api_name=api_name, fn_index=fn_index, headers=headers, **kwargs)
        timeout = self._options.timeout
        try:
            if not wait((job,), None if timeout is None else min(timeout, TIMEOUT_MAX)).done:
                raise self._options.timeout_error(job)
            return job.result()
        except BaseException:
            # On a timeout or Ctrl-C, nothing waits for the result any longer.
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
        the job has succeeded; a tuple becomes several arguments. Raises InvalidArguments before
        anything is sent.
        """
        with short_traceback:
            runner, options = self._shared.runner, self._options
            bound = self._bind(args, kwargs, api_name, fn_index)
        sent = self.add_zero_gpu_headers({**(headers or {})})
        job = runner.submit(bound, sent, owner=self._shared)
        try:
            job.add_result_callbacks(result_callbacks or ())
            runner.start()
            if options.progress:
                from . import progress  # noqa: PLC0415 - few programs show it

                # A notebook shows the bar below the cell whose context draws it.
                title, context = bound.endpoint.title, copy_context()
                runner.workers.spawn(lambda: context.run(progress.follow, job.updates(), title))
        except BaseException:  # such as Ctrl-C: the caller will never see the job
            job.cancel()
            raise
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
        executor: Executor | None = None,
        chunk_size: int | None = None,
        max_chunks: int = 64,
        journal: str | os.PathLike[str] | None = None,
    ) -> Generator[Any, None, None]:
        """Call an endpoint for each input, and yield the results.

        Each input is a tuple of arguments, a mapping of keywords, or one value. An input is taken
        only when fewer than `concurrency` calls are under way or have a result that was not taken;
        by default `max_workers`. So the inputs may be endless.

        Yields in the order of the inputs, or with `ordered=False` as calls end. Raises the error of
        a call when it is its turn; with `return_exceptions`, yields it instead. A call that the
        app's queue has no room for is made again after a pause. Leaving the loop cancels the calls
        under way.

        `executor`: workers that make the calls, on this machine or on others. Each of its processes
        makes one copy of this client, and runs chunks of `chunk_size` inputs (by default four times
        `concurrency`) with `concurrency` calls under way in each. At most `max_chunks` chunks are
        with the executor. A chunk whose worker dies is sent again, three times at most. Leaving the
        loop cancels the chunks that have not begun. Raises ExecutorFailed if the executor takes no
        more chunks.

        `journal`: a file, for a run with an executor that can be resumed. It gains a line for each
        result, and an input with a line there is not run again. Inputs must be JSON, paths or
        bytes. Raises FileFailed if the file cannot be read or written.
        """
        warn_in_loop("map()", "`async for` over `AsyncClient.map`")
        room = self._given.max_workers if concurrency is None else concurrency
        if executor is not None:
            # Few programs need them, and every program would wait for them.
            import pickle  # noqa: PLC0415

            from gradio_protocol.chunks import ChunkWindow  # noqa: PLC0415

            from . import map_executor, map_worker  # noqa: PLC0415

            chunks = ChunkWindow[map_executor.Outcomes](
                inputs=inputs,
                concurrency=room,
                chunk_size=chunk_size,
                max_chunks=max_chunks,
                ordered=ordered,
                return_exceptions=return_exceptions,
                journal=None if journal is None else map_executor.read_journal_file(journal),
            )
            call = map_worker.ChunkCall(
                client=pickle.dumps(self),
                api_name=api_name,
                fn_index=fn_index,
                headers=self.add_zero_gpu_headers({}),
                concurrency=room,
            )
            return map_executor.map_chunks(chunks, executor, call, journal)
        if journal is not None:
            raise InvalidArguments(
                "journal: also pass an executor, such as executor=ThreadPoolExecutor(1)"
            )
        from gradio_protocol.clients import MapWindow  # noqa: PLC0415 - few programs do this

        from .mapping import map_calls  # noqa: PLC0415 - see above

        window = MapWindow[Job](inputs, room, ordered, return_exceptions)
        submit = partial(self.submit, api_name=api_name, fn_index=fn_index)
        return map_calls(window, submit)

    # What the app offers.

    @property
    def endpoints(self) -> Endpoints[Any, Job]:
        """The endpoints as callables, by `fn_index` and by `api_name`."""
        return Endpoints(self, self._known)

    # The end.

    def close(self, *, grace: float = 0) -> None:
        """Close all streams and cancel all running jobs. Idempotent.

        `grace`: seconds to wait until the server has been told; useful at the end of a program,
        since a request that has just been sent may otherwise be lost.
        """
        if self._is_extra_session:
            self._session.close()
        else:
            self._shared.close(grace)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
