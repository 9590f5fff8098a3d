"""Why the two drivers differ where they do; see `scripts/parity`.

A name is a public one, `Client.predict(fn_index)`, or one that a twin module defines; where it is
both, it has one reason.
"""

from __future__ import annotations

from collections.abc import Mapping

REASONS: Mapping[str, tuple[str, ...]] = {
    # What is public.
    "whoever waits for it lets other tasks run": (
        "Client.predict",
        "Job.result",
        "Job.exception",
        "Job.updates",
        "BoundEndpoint.__call__",
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
        "Client._end",
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
    "a call that blocks may be made in an event loop by mistake": (
        "BlockingCallWarning",
        "Job._warn",
    ),
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
        "Job(crew)",
        "Job(keeps)",
    ),
    "it takes the place of a library that blocks": ("install_as_gradio_client",),
    # What is defined in the twin modules.
    "inherited from Future, on threads, and then told to it": (
        "Job.done",
        "Job.cancelled",
        "Job._cancelled",
    ),
    "generators on threads; in trio objects, for a cancelled generator is over": (
        "JobOutputs",
        "JobUpdates",
        "Job.until",
        "Job._change",
    ),
    "waiting on threads, and in an asyncio loop beside them": (
        "Bell",
        "Job._apply",
        "Job._view",
        "Job._heard",
        "Job._last",
        "_output",
    ),
    "in trio the disk is for worker threads; httpx pulls a body, and h11 is pushed one": (
        "R",
        "Performer._partial",
        "Partial",
        "looked_up",
        "counting",
        "Reader._opened",
        "Reader._heard",
        "Performer._exchange",
        "Performer._save",
        "body_of",
        "chunks_of",
        "file_chunks",
        "counted",
    ),
    "a pause keeps a task, but no thread; and a thread may be refused": (
        "Performer.answer",
        "Switchboard._moved",
        "Switchboard._wake",
        "Seated.awake",
        "Seated.rest",
        "Seated.rouse",
        "Seated.wakes",
        "Seated.brief",
        "Switchboard._fail",
    ),
    "a task is cancelled and waited for, within bounds; a thread is left to itself": (
        "GRACE",
        "Seated.patience",
        "Seated.let_go",
        "Seated.busy",
        "Seated.hurry",
        "Switchboard._call_off",
        "Switchboard._leave",
        "Switchboard._has_told",
        "Switchboard._cut",
        "Performer.close",
    ),
    "callbacks run on threads that may block, here in the job's own task": (
        "_given",
        "_called",
        "Job._call_back",
    ),
    "a thread that a fork did not take along can end nothing: its jobs are told in the child": (
        "Job.after_fork",
        "JOBS",
    ),
    "a thread may fail to begin: then the end is reported by who wanted the beginning": (
        "Switchboard._read",
        "Switchboard._dismissed",
        "Switchboard._checked",
        "End",
        "Reader.broken",
    ),
    "a thread that reads cannot look at the clock, a task can: who watches its silence differs": (
        "Switchboard.watch",
        "Switchboard._look",
        "Reader.silent",
        "Reader._wait",
        "Reader._silent",
    ),
}
"""Why → what differs."""
