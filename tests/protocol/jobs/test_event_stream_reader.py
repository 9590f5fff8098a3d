"""`jobs.event_stream.StreamReader`: from the bytes of one stream to the messages on it."""

from __future__ import annotations

from gradio_protocol.app.dialect import dialect
from gradio_protocol.errors import RemoteError
from gradio_protocol.jobs.event_stream import StreamReader
from gradio_protocol.jobs.messages import EventMessage, Heartbeat, Ignored, Queued, Started
from gradio_protocol.jobs.orders import StreamKind

V6 = dialect("sse_v3", "6.31.0")


def reader(kind: StreamKind = StreamKind.SHARED) -> StreamReader:
    return StreamReader(kind, V6)


def test_messages_come_out_when_their_last_byte_is_in() -> None:
    one = reader()
    data = (
        b'data: {"msg":"estimation","event_id":"a","rank":1}\n\ndata: {"msg":"process_starts"}\n\n'
    )
    assert one.feed(data[:-1]) == [EventMessage("a", Queued(rank=1))]
    assert one.feed(data[-1:]) == [EventMessage(None, Started())]


def test_a_private_stream_reads_like_a_shared_one() -> None:
    (delivery,) = reader(StreamKind.PRIVATE).feed(b'data: {"msg": "never heard of"}\n\n')
    assert delivery == EventMessage(None, Ignored(name="never heard of"))


def test_each_event_of_a_heartbeat_is_a_sign_of_life_whatever_it_says() -> None:
    deliveries = reader(StreamKind.HEARTBEAT).feed(b"data: ALIVE\n\ndata: ALIVE\n\n")
    assert deliveries == [EventMessage(None, Heartbeat())] * 2


def test_a_socket_answers_what_the_server_asks_for_once() -> None:
    v3 = dialect("ws", "3.50.2")
    one = StreamReader(StreamKind.SOCKET, v3, {"send_hash": "the hash", "send_data": "the data"})
    assert one.feed(b'{"msg":"send_hash"}') == [EventMessage(None, Ignored(name="send_hash"))]
    assert one.take_answers() == ["the hash"]
    assert one.take_answers() == []
    assert one.feed(b'{"msg":"estimation","rank":1}') == [EventMessage(None, Queued(rank=1))]
    assert one.feed(b"") == []  # a ping
    one.feed(b'{"msg":"never heard of"}')
    assert one.take_answers() == []


def test_what_is_no_gradio_stream_is_an_error() -> None:
    one = reader()
    assert one.feed(b"data: ALIVE\n\n") == []
    assert isinstance(one.error, RemoteError)


def test_what_came_before_an_error_counts_however_it_was_cut() -> None:
    one = reader()
    assert one.feed(b'data: {"msg":"process_starts"}\n\ndata: oops\n\n') == [
        EventMessage(None, Started())
    ]
    assert one.error is not None
