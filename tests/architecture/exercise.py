"""Work for the core to do while an audit hook watches: a function each, without arguments."""

from __future__ import annotations

from gradio_protocol.app.dialect import dialect
from gradio_protocol.wire.cookies import Jar
from gradio_protocol.wire.document import read, write
from gradio_protocol.wire.exchange import join, origin
from gradio_protocol.wire.sse import EventParser


def parse() -> None:
    """Bytes to values: events, documents, cookies."""
    assert len(EventParser().feed(b'data: {"msg": "estimation"}\n\ndata: 1\n\n')) == 2
    assert read(b'{"fn_index": 0}', where="here") == {"fn_index": 0}
    jar = Jar().store("http://here/", (("set-cookie", "token=1; Path=/"),))
    assert jar.header("http://here/") == "token=1"


def compose() -> None:
    """Values to bytes: documents, addresses, a dialect."""
    assert write({"data": [1]}) == b'{"data":[1]}'
    assert str(origin(join("http://here/", "config"))) == "http://here"
    assert dialect("sse_v3", "6.31.0") == dialect("sse_v3", "6.31.0")
