"""Why the clients differ where they do; see `scripts/pages/parity.py`.

A name is a public one, such as `Client.predict(fn_index)`.
"""

from __future__ import annotations

from collections.abc import Mapping

_BLOCKS = (
    "Client.__enter__",
    "Client.__exit__",
    "Job.__enter__",
    "Job.__exit__",
    "Client.close",
    "Client.__aenter__",
    "Client.__aexit__",
    "Client.aclose",
)
_LOOPS = ("Job.__iter__", "Job.__next__", "Job.__anext__")

REASONS: Mapping[str, tuple[str, ...]] = {
    "trio's are async functions, so that other tasks run while this one waits": (
        "Client.predict",
        "Job.result",
        "Job.exception",
        "Job.updates",
        "Client.duplicate",
    ),
    "trio has deadlines for everything: `trio.fail_after`": (
        "Job.result(timeout)",
        "Job.exception(timeout)",
    ),
    "`with` and `async with`; in trio an async method that closes is called `aclose`": _BLOCKS,
    "`for` and `async for`": _LOOPS,
    "options of httpx; the trio client has a parameter for each of the two used most": (
        "Client(httpx_kwargs)",
        "Client(http_client)",
        "Client(proxy)",
        "Client(trust_env)",
    ),
    "the blocking client takes an `httpx.Timeout`": ("Timeout",),
    "asyncio can await a job on threads, or run it as a task; cancelling that cancels the job": (
        "Job.__await__",
        "Job.send",
        "Job.throw",
    ),
    "asyncio closes a coroutine that it drops, and `contextlib.closing` calls `close` too": (
        "Job.close",
    ),
    "only a blocking call can stop an event loop by mistake": ("BlockingCallWarning",),
    "a blocking client's job is a `concurrent.futures.Future`": (
        "Job.set_exception",
        "Job.set_result",
        "Job.set_running_or_notify_cancel",
    ),
    "under asyncio like the official client, on which Gradio's code relies; in trio like `for`": (
        "Job.__aiter__",
    ),
    "only `submit` creates jobs; on threads a job keeps its client alive until it ends": (
        "Job(workers)",
        "Job(owner)",
    ),
    "the library that it replaces blocks": ("install_as_gradio_client",),
    "a fork copies no threads, so the child has to end the jobs that it inherits": (
        "Job.after_fork",
    ),
    "an executor blocks whoever waits for it, and each of its processes runs a blocking client": (
        "Client.map(executor)",
        "Client.map(chunk_size)",
        "Client.map(max_chunks)",
        "Client.map(journal)",
    ),
    "on threads these are generators; trio has objects, since a cancelled generator is finished": (
        "Job.until",
    ),
}

ASYNCIO_REASONS: Mapping[str, tuple[str, ...]] = {
    "under asyncio these are async functions, so that other tasks run while this one waits": (
        "Client.predict",
        "Job.result",
        "Job.exception",
        "Job.updates",
        "Client.duplicate",
    ),
    "a constructor cannot await, so the client connects in its block, by `connect`, or when it is"
    " first used": ("Client.connect",),
    "asyncio has deadlines for everything: `asyncio.timeout`": (
        "Job.result(timeout)",
        "Job.exception(timeout)",
    ),
    "`with` and `async with`; an async method that closes is called `aclose`, as in httpx": _BLOCKS,
    "`for` and `async for`": _LOOPS,
    "`async for` over a blocking client's job is that of the official client, on which Gradio's"
    " code relies; here it is like `for`": ("Job.__aiter__",),
    "a blocking client's job is a `concurrent.futures.Future` that a task of asyncio can run;"
    " for a task of this one, `asyncio.create_task(job.result())`": (
        "Job.set_exception",
        "Job.set_result",
        "Job.set_running_or_notify_cancel",
        "Job.send",
        "Job.throw",
        "Job.close",
    ),
    "only `submit` creates jobs; here it does so before the client is connected": (
        "Job(workers)",
        "Job(cancel)",
        "Job.cancel_by",
        "Job.fail",
    ),
    "a fork copies no threads, so the child has to end the jobs that it inherits; an event loop"
    " does not survive a fork": ("Job.after_fork",),
    "an executor blocks whoever waits for it: run a `Client` in `asyncio.to_thread`": (
        "Client.map(executor)",
        "Client.map(chunk_size)",
        "Client.map(max_chunks)",
        "Client.map(journal)",
    ),
    "on threads the iterators are generators; here they are objects, since a cancelled generator is"
    " finished": ("Job.until",),
}
