"""The machinery of flows: steps, failures, the end."""

from __future__ import annotations

import pytest

from gradio_protocol.errors import GradioError, InvalidArguments, RemoteError, TransportFailed
from gradio_protocol.flows.actions import (
    Done,
    Download,
    FileFacts,
    Flow,
    Inspect,
    Send,
    Sleep,
    Steps,
    ask,
)
from gradio_protocol.wire.exchange import Head, Request

FACTS = FileFacts(size=3, mtime_ns=1, digest="00")
GET = Request(method="GET", url="http://here/a")


def looking(path: str) -> Steps[int]:
    """Ask for a file's size, after a nap if the first look fails."""
    try:
        facts = yield from ask(Inspect(path=path))
    except TransportFailed:
        yield from ask(Sleep(seconds=1))
        return -1
    return facts.size


def thinking() -> Steps[str]:
    yield from ()
    return "nothing to ask"


def test_a_flow_starts_with_its_first_action() -> None:
    assert Flow(looking("a")).start() == Inspect(path="a")


def test_a_reply_reaches_the_line_that_asked() -> None:
    flow = Flow(looking("a"))
    flow.start()
    assert flow.resume(FACTS) == Done(3)


def test_a_failure_is_raised_at_the_line_that_asked() -> None:
    flow = Flow(looking("a"))
    flow.start()
    assert flow.fail(TransportFailed("cut")) == Sleep(seconds=1)
    assert flow.resume(None) == Done(-1)


def test_a_flow_may_end_with_a_failure_that_it_expected() -> None:
    def ignoring() -> Steps[str]:
        try:
            yield from ask(Sleep(seconds=1))
        except TransportFailed:
            return "ignored"
        return "slept"

    flow = Flow(ignoring())
    flow.start()
    assert flow.fail(TransportFailed("cut")) == Done("ignored")


def test_a_failure_that_nobody_expected_leaves_through_the_call() -> None:
    flow = Flow(looking("a"))
    flow.start()
    with pytest.raises(InvalidArguments, match="no such file"):
        flow.fail(InvalidArguments("no such file"))


def test_what_a_flow_raises_leaves_through_the_call() -> None:
    def failing() -> Steps[None]:
        yield from ask(Sleep(seconds=1))
        raise GradioError("no")

    flow = Flow(failing())
    flow.start()
    with pytest.raises(GradioError, match=r"^no$"):
        flow.resume(None)


def test_a_flow_with_nothing_to_ask_is_done_at_once() -> None:
    assert Flow(thinking()).start() == Done("nothing to ask")


def test_a_flow_that_is_given_up_asks_nothing_more() -> None:
    left: list[str] = []

    def leaving() -> Steps[None]:
        try:
            yield from ask(Sleep(seconds=1))
        finally:
            left.append("left")

    flow = Flow(leaving())
    flow.start()
    flow.close()
    assert left == ["left"]


def test_a_reply_may_have_so_many_bytes_and_no_more() -> None:
    send = Send(request=GET, limit=3)
    send.check(3)
    with pytest.raises(RemoteError, match="longer than 3 bytes"):
        send.check(4)


def test_a_download_takes_the_body_of_a_200() -> None:
    download = Download(request=GET, name="a", limit=3)
    assert download.takes(Head(status=200, headers=(("content-length", "3"),)))
    assert download.takes(Head(status=200))
    assert not download.takes(Head(status=404, headers=(("content-length", "9"),)))


def test_a_download_that_will_be_too_long_is_refused_by_its_head() -> None:
    download = Download(request=GET, name="a", limit=3)
    with pytest.raises(RemoteError, match="'a' is longer than 3 bytes"):
        download.takes(Head(status=200, headers=(("content-length", "4"),)))


def test_a_download_may_have_no_limit() -> None:
    download = Download(request=GET, name="a", limit=None)
    assert download.takes(Head(status=200, headers=(("content-length", "999999999999"),)))
