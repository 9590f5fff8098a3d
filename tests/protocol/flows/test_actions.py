"""The machinery of flows: steps, failures, the end."""

from __future__ import annotations

from math import inf
from typing import NamedTuple

import pytest

from gradio_protocol.errors import (
    FileFailed,
    GradioError,
    InvalidArguments,
    RemoteError,
    TransportFailed,
)
from gradio_protocol.flows.actions import (
    BodyLimit,
    Done,
    Download,
    FileFacts,
    Flow,
    InspectFile,
    PageBuffer,
    ReadFile,
    Send,
    Sleep,
    Steps,
    TransferMeter,
    ask,
    meter_upload,
)
from gradio_protocol.jobs.job_state import Transferred
from gradio_protocol.wire.exchange import FileSlice, Head, Request

FACTS = FileFacts(size=3, mtime_ns=1, digest="00")
GET = Request(method="GET", url="http://here/a")


def looking(path: str) -> Steps[int]:
    """Ask for a file's size, after a nap if the first look fails."""
    try:
        facts = yield from ask(InspectFile(path=path))
    except TransportFailed:
        yield from ask(Sleep(seconds=1))
        return -1
    return facts.size


def thinking() -> Steps[str]:
    yield from ()
    return "nothing to ask"


def test_a_flow_starts_with_its_first_action() -> None:
    assert Flow(looking("a")).resume(None) == InspectFile(path="a")


def test_a_reply_reaches_the_line_that_asked() -> None:
    flow = Flow(looking("a"))
    flow.resume(None)
    assert flow.resume(FACTS) == Done(3)


def test_a_failure_is_raised_at_the_line_that_asked() -> None:
    flow = Flow(looking("a"))
    flow.resume(None)
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
    flow.resume(None)
    assert flow.fail(TransportFailed("cut")) == Done("ignored")


def test_a_failure_that_nobody_expected_leaves_through_the_call() -> None:
    flow = Flow(looking("a"))
    flow.resume(None)
    with pytest.raises(InvalidArguments, match="no such file"):
        flow.fail(InvalidArguments("no such file"))


@pytest.mark.parametrize(
    ("error", "text"), [(OSError("disk full"), "disk full"), (OSError(), "OSError")]
)
def test_what_the_operating_system_says_is_of_the_disk(error: OSError, text: str) -> None:
    flow = Flow(looking("a"))
    flow.resume(None)
    with pytest.raises(FileFailed, match=text) as caught:
        flow.fail(error)
    assert caught.value.__cause__ is error


def test_what_a_flow_raises_leaves_through_the_call() -> None:
    def failing() -> Steps[None]:
        yield from ask(Sleep(seconds=1))
        raise GradioError("no")

    flow = Flow(failing())
    flow.resume(None)
    with pytest.raises(GradioError, match=r"^no$"):
        flow.resume(None)


def test_a_flow_with_nothing_to_ask_is_done_at_once() -> None:
    assert Flow(thinking()).resume(None) == Done("nothing to ask")


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
    with pytest.raises(RemoteError, match=r"'a' exceeds max_download_size \(3 bytes\)"):
        download.takes(Head(status=200, headers=(("content-length", "4"),)))


def test_a_download_may_have_no_limit() -> None:
    download = Download(request=GET, name="a", limit=None)
    assert download.takes(Head(status=200, headers=(("content-length", "999999999999"),)))


def test_an_exchange_has_the_patience_that_the_core_asks_for_or_the_clients() -> None:
    assert Send(request=GET, limit=3).timeouts(60.0) == (60.0, inf)
    assert Send(request=GET, limit=3, total_timeout=5.0).timeouts(60.0) == (inf, 5.0)
    assert Download(request=GET, name="a", limit=3).timeouts(60.0) == (60.0, inf)


def test_a_meter_lets_so_much_through_and_no_more() -> None:
    meter = BodyLimit(Send(request=GET, limit=5), Head(status=404))
    assert meter(b"abc") == b"abc"
    assert meter(b"de") == b"de"
    with pytest.raises(RemoteError, match="longer than 5 bytes"):
        meter(b"f")


def test_a_meter_bounds_a_file_that_is_taken_by_its_own_limit() -> None:
    meter = BodyLimit(Download(request=GET, name="a", limit=None), Head(status=200))
    assert len(meter(bytes(2**21))) == 2**21


def test_a_meter_reports_what_of_a_file_has_arrived() -> None:
    told: list[Transferred] = []
    head = Head(status=200, headers=(("content-length", "5"),))
    meter = BodyLimit(Download(request=GET, name="a", limit=None), head, told.append)
    assert [meter(chunk) for chunk in (b"abc", b"de")] == [b"abc", b"de"]
    assert told == [Transferred(done=done, total=5, upload=False) for done in (3, 5)]


def test_a_transfer_of_many_chunks_is_reported_two_hundred_times_and_at_its_end() -> None:
    told: list[Transferred] = []
    meter = TransferMeter(told.append, 100_050, upload=False)
    for _ in range(2001):
        meter.add(50)
    assert [each.done for each in told] == [50, *range(550, 100_050, 500), 100_050]


def test_each_chunk_of_a_transfer_without_a_known_end_is_reported() -> None:
    told: list[Transferred] = []
    meter = TransferMeter(told.append, None, upload=False)
    meter.add(1)
    meter.add(2)
    assert told == [Transferred(done=done, total=None, upload=False) for done in (1, 3)]


def test_only_a_form_with_files_is_a_transfer() -> None:
    told: list[Transferred] = []
    file = FileSlice(path="/a", size=3, mtime_ns=1)
    meter_upload(Request(method="POST", url="http://here/a", body=(b"{}",)), told.append)(2)
    assert told == []
    meter_upload(Request(method="POST", url="http://here/a", body=(b"(", file)), told.append)(4)
    assert told == [Transferred(done=4, total=4, upload=True)]


def test_a_refusal_to_send_a_file_has_an_end() -> None:
    told: list[Transferred] = []
    meter = BodyLimit(Download(request=GET, name="a", limit=3), Head(status=404), told.append)
    assert len(meter(bytes(2**20))) == 2**20
    with pytest.raises(RemoteError, match="404 with a reply without end") as caught:
        meter(b"x")
    assert caught.value.status == 404
    assert told == []


def test_chunks_of_a_download_are_written_in_pages() -> None:
    pages = PageBuffer()
    assert pages.add(bytes(2**20 - 1)) is None
    assert pages.add(b"ab") == bytearray(2**20 - 1) + b"ab"
    assert pages.add(b"c") is None
    assert (pages.take(), pages.take()) == (bytearray(b"c"), bytearray())


class Found(NamedTuple):
    """What the operating system says of a file."""

    st_size: int
    st_mtime_ns: int


def test_facts_of_a_file_are_what_the_system_says_and_a_digest() -> None:
    assert FileFacts.of(Found(3, 1), "00") == FACTS


def test_a_file_is_read_up_to_its_limit() -> None:
    action = ReadFile(path="/a", limit=3)
    action.check(3)
    with pytest.raises(FileFailed, match="file '/a' is longer than 3 bytes"):
        action.check(4)
