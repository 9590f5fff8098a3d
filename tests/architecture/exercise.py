"""Work for the core to do while an audit hook watches: a function each, without arguments."""

from __future__ import annotations

from gradio_protocol.app.dialect import dialect
from gradio_protocol.app.files import Inline
from gradio_protocol.errors import AppError, JobCancelled
from gradio_protocol.jobs.job_state import JobState
from gradio_protocol.testing import VERSIONS
from gradio_protocol.wire.cookies import Jar
from gradio_protocol.wire.document import read, write
from gradio_protocol.wire.exchange import join, origin
from gradio_protocol.wire.sse import EventParser
from tests.support.in_memory import InMemoryDriver


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
    assert dialect("sse_v3", "6.31.0").version == (6, 31, 0)


def use_a_client() -> None:
    """A client from its connection to its end, on each kind of server."""
    for version in VERSIONS:
        driver = InMemoryDriver(version)
        assert driver.call("/echo", "hello")[1].result() == "hello"
        assert driver.call("/count", 3, isolated=True)[1].result() == 2
        assert driver.call("/shout", Inline("x.txt", b"up and down"))[1].result() == "UP AND DOWN"
        assert isinstance(error_of(driver.call("/fail", "you")[1]), AppError)
        job_id, life = driver.call("/hold", "x")
        assert driver.core.cancel(job_id)
        driver.go_on()
        assert isinstance(error_of(life), JobCancelled)
        driver.core.reset_session(driver.session_id)
        assert driver.call("/echo", "again")[1].result() == "again"
        driver.core.close_session(driver.session_id)
        driver.core.close()
        driver.go_on()
        assert driver.core.is_closed()


def error_of(life: JobState) -> Exception | None:
    """What a job failed with."""
    try:
        life.result()
    except (AppError, JobCancelled) as error:
        return error
    return None
