"""What the type checkers know of flows: read by mypy and pyright, never run.

`ask` is the only place where a reply's type is taken on trust. If an action or a question lost
its reply's type on the way, the assertion after it would fail.
"""

from __future__ import annotations

from typing import assert_type

from gradio_protocol import (
    App,
    Download,
    FileFacts,
    Inspect,
    ReadFile,
    RetryPolicy,
    SaveBytes,
    Saved,
    Send,
    Sleep,
    Target,
)
from gradio_protocol.flows.actions import AnyAction, Done, Flow, Steps, Tell, ask
from gradio_protocol.flows.attempt import Call
from gradio_protocol.flows.call import call
from gradio_protocol.flows.connect import connect
from gradio_protocol.flows.leave import dismiss
from gradio_protocol.flows.retry import Repeat, persist
from gradio_protocol.jobs.messages import JobMessage
from gradio_protocol.jobs.orders import (
    Await,
    Dismiss,
    Enter,
    Entry,
    Gone,
    Joined,
    Recall,
    Remember,
    Renew,
    Renewed,
    Stale,
    Unjoined,
)
from gradio_protocol.wire.exchange import Response


def actions(
    send: Send,
    inspect: Inspect,
    read: ReadFile,
    save: SaveBytes,
    download: Download,
    tell: Tell,
    sleep: Sleep,
) -> Steps[None]:
    assert_type((yield from ask(send)), Response)
    assert_type((yield from ask(inspect)), FileFacts)
    assert_type((yield from ask(read)), bytes)
    assert_type((yield from ask(save)), Saved)
    assert_type((yield from ask(download)), Saved | Response)
    assert_type((yield from ask(tell)), None)
    assert_type((yield from ask(sleep)), None)


def questions(enter: Enter, joined: Joined, unjoined: Unjoined, await_: Await) -> Steps[None]:
    assert_type((yield from ask(enter)), Entry | Gone)
    assert_type((yield from ask(joined)), Joined | Gone)
    assert_type((yield from ask(unjoined)), Unjoined | Gone)
    assert_type((yield from ask(await_)), JobMessage | Gone)


def knowledge(renew: Renew, renewed: Renewed, recall: Recall, remember: Remember) -> Steps[None]:
    assert_type((yield from ask(renew)), App | Stale | Gone)
    assert_type((yield from ask(renewed)), App)
    assert_type((yield from ask(recall)), tuple[str | None, ...])
    assert_type((yield from ask(remember)), None)


def repetitions(send: Send, download: Download, policy: RetryPolicy) -> Steps[None]:
    assert_type((yield from persist(send, policy, Repeat.HARMLESS)), Response)
    assert_type((yield from persist(download, policy, Repeat.HARMLESS)), Saved | Response)


def flows(target: Target, wanted: Call, order: Dismiss) -> None:
    assert_type(Flow(connect(target)), Flow[App])
    assert_type(Flow(call(wanted)), Flow[object])
    assert_type(Flow(dismiss(order)), Flow[None])
    assert_type(Flow(connect(target)).start(), AnyAction | Done[App])
