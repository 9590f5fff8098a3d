"""Keeps secrets out of the logs that httpx and httpcore write.

httpx logs the whole address of each request, at INFO. A session hash opens a session's stream, and
the query of a file may be a signature. httpcore logs the headers of each reply, at DEBUG, with the
cookie of a login. Only records of our own requests are changed.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar

_SECRET = r"(/heartbeat/)[^/?]+|\?.*"
"A query, and the session hash of a heartbeat."
_is_ours: ContextVar[bool] = ContextVar("gradio_client_httpx_request", default=False)
"Whether this thread or task is sending a request of a client of this package."


@contextmanager
def redacted_log() -> Generator[None]:
    """In this block, httpx logs no queries and session hashes, and httpcore no headers."""
    token = _is_ours.set(True)
    try:
        yield
    finally:
        _is_ours.reset(token)


def _redact(record: logging.LogRecord) -> bool:
    if _is_ours.get() and isinstance(record.args, tuple) and len(record.args) > 1:
        # The method, the address, the version of HTTP, the status, and its reason.
        method, url, *rest = record.args
        record.args = (method, re.sub(_SECRET, r"\1", str(url)), *rest)
    return True


def _drop_headers(record: logging.LogRecord) -> bool:
    name, _, headers = str(record.msg).partition(" return_value=")
    if _is_ours.get() and headers and "response_headers" in name:
        record.msg = name
    return True


for _name in ("httpx", "httpx2"):
    logging.getLogger(_name).addFilter(_redact)
# A logger does not inherit the filters of its parent.
for _name in ("http11", "http2", "proxy"):
    for _library in ("httpcore", "httpcore2"):
        logging.getLogger(f"{_library}.{_name}").addFilter(_drop_headers)
