"""Why the two drivers differ where they do; see `scripts/pages/parity.py`.

A name is a public one, such as `Client.predict(fn_index)`.
"""

from __future__ import annotations

from collections.abc import Mapping

REASONS: Mapping[str, tuple[str, ...]] = {
    "whoever waits for it lets other tasks run": (
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
    "`with` and `async with`; what is awaited to be closed is called `aclose` in trio": (
        "Client.__enter__",
        "Client.__exit__",
        "Job.__enter__",
        "Job.__exit__",
        "Client.close",
        "Client.__aenter__",
        "Client.__aexit__",
        "Client.aclose",
    ),
    "`for` and `async for`": (
        "Job.__iter__",
        "Job.__next__",
        "Job.__anext__",
    ),
    "what is httpx's own; without it there are two parameters for what it does most": (
        "Client(httpx_kwargs)",
        "Client(http_client)",
        "Client(proxy)",
        "Client(trust_env)",
    ),
    "the other one takes an `httpx.Timeout`": ("Timeout",),
    "asyncio can await a job on threads, and run it; there a cancelled wait cancels the job": (
        "Job.__await__",
        "Job.send",
        "Job.throw",
    ),
    "what makes a task of a job calls `close`, and so does `contextlib.closing`": ("Job.close",),
    "a call that blocks may be made in an event loop by mistake": ("BlockingCallWarning",),
    "a job on threads is a Future of the standard library": (
        "Job.add_done_callback",
        "Job.set_exception",
        "Job.set_result",
        "Job.set_running_or_notify_cancel",
    ),
    "under asyncio as officially, for Gradio's own code relies on it; in trio like `for`": (
        "Job.__aiter__",
    ),
    "made by `submit` only: on threads a job keeps its forgotten client until it is over": (
        "Job(workers)",
        "Job(owner)",
    ),
    "it takes the place of a library that blocks": ("install_as_gradio_client",),
    "a thread that a fork did not take along can end nothing: its jobs are told in the child": (
        "Job.after_fork",
    ),
    "generators on threads; in trio objects, for a cancelled generator is over": ("Job.until",),
}
