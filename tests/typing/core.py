"""What the type checkers know of flows: read by mypy and pyright, never run.

`ask` is the only place where a reply's type is taken on trust. If an action or a question lost
its reply's type on the way, the assertion after it would fail.
"""

from __future__ import annotations

from typing import assert_type

from gradio_protocol import (
    Download,
    FileFacts,
    InspectFile,
    ReadFile,
    SaveBytes,
    Saved,
    Send,
    Sleep,
    Target,
)
from gradio_protocol.app.access import App
from gradio_protocol.flows.actions import AnyAction, Done, Flow, Publish, Steps, ask
from gradio_protocol.flows.call import call
from gradio_protocol.flows.cancel import cancel_event
from gradio_protocol.flows.connect import connect
from gradio_protocol.flows.options import Call
from gradio_protocol.flows.retry import Repeat, RetryPolicy, send_with_retries
from gradio_protocol.jobs.messages import FlowMessage
from gradio_protocol.jobs.orders import (
    AppRefreshed,
    CancelEvent,
    JoinAccepted,
    JoinFailed,
    JoinGranted,
    LookUpUploads,
    NextMessage,
    RecordUploads,
    RefreshApp,
    RefreshNeeded,
    RequestJoin,
)
from gradio_protocol.wire.exchange import Response


def actions(
    send: Send,
    inspect: InspectFile,
    read: ReadFile,
    save: SaveBytes,
    download: Download,
    tell: Publish,
    sleep: Sleep,
) -> Steps[None]:
    assert_type((yield from ask(send)), Response)
    assert_type((yield from ask(inspect)), FileFacts)
    assert_type((yield from ask(read)), bytes)
    assert_type((yield from ask(save)), Saved)
    assert_type((yield from ask(download)), Saved | Response)
    assert_type((yield from ask(tell)), None)
    assert_type((yield from ask(sleep)), None)


def questions(
    enter: RequestJoin, joined: JoinAccepted, failed: JoinFailed, await_: NextMessage
) -> Steps[None]:
    assert_type((yield from ask(enter)), JoinGranted)
    assert_type((yield from ask(joined)), None)
    assert_type((yield from ask(failed)), None)
    assert_type((yield from ask(await_)), FlowMessage)


def app_questions(
    refresh: RefreshApp, refreshed: AppRefreshed, look_up: LookUpUploads, record: RecordUploads
) -> Steps[None]:
    assert_type((yield from ask(refresh)), App | RefreshNeeded)
    assert_type((yield from ask(refreshed)), App)
    assert_type((yield from ask(look_up)), tuple[str | None, ...])
    assert_type((yield from ask(record)), None)


def repetitions(send: Send, download: Download, policy: RetryPolicy) -> Steps[None]:
    assert_type((yield from send_with_retries(send, policy, Repeat.HARMLESS)), Response)
    assert_type((yield from send_with_retries(download, policy, Repeat.HARMLESS)), Saved | Response)


def flows(target: Target, wanted: Call, order: CancelEvent) -> None:
    assert_type(Flow(connect(target)), Flow[App])
    assert_type(Flow(call(wanted)), Flow[object])
    assert_type(Flow(cancel_event(order)), Flow[None])
    assert_type(Flow(connect(target)).resume(None), AnyAction | Done[App])
