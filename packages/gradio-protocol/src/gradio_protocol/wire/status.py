"""Turns an unexpected reply into an error, and reads `Retry-After`.

`flows/retry.py` decides whether to send a request again.
"""

from __future__ import annotations

import re
from calendar import timegm

from ..errors import (
    AuthenticationError,
    GradioError,
    QueueError,
    RemoteError,
    TooManyRequestsError,
    proxy_hint,
)
from .document import JSON, preview, read
from .exchange import Head, Response, redact_url

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# The year has no leading zero: `timegm` refuses the year 0, which no server means.
_DATE = r"\w{3}, (\d{2}) (\w{3}) ([1-9]\d{3}) (\d{2}):(\d{2}):(\d{2}) GMT"


def error_from_response(reply: Head, *, doing: str) -> GradioError:
    """Return the error for a reply that is not the expected 2xx.

    `doing` names the step that failed, as in "joining the queue". Gradio 3.16 to 6.31 answer 401
    without a login and 503 for a full or stopped queue (500 on 4.9.0). 429 comes from Hugging
    Face's proxy only.
    """
    detail = _read_detail(reply)
    answer = f"answered {reply.status}{f': {detail}' if detail else ''}"
    text = f"{doing}: {redact_url(reply.url)} {answer}{answering_proxy(reply)}"
    match reply.status:
        case 401:
            needed = "a login (auth=(user, password)) or a token (token=…) is needed"
            return AuthenticationError(f"{text}; {needed}", status=401)
        case 429:
            seconds = retry_after(reply)
            after = "later" if seconds is None else f"after {seconds:g} s"
            return TooManyRequestsError(f"{text}; try again {after}", retry_after=seconds)
        # Proxies answer 503 as well, so that the text has to mention the queue.
        case 503 if "queue" in detail.lower():
            return QueueError(f"{text.removesuffix('.')}; try again later", status=503)
        case 500 if "queue is full" in detail.lower():
            return QueueError(f"{text.removesuffix('.')}; try again later", status=500)
        case 500:
            return RemoteError(f"{text.removesuffix('.')}; the app's own log says why", status=500)
        case status if 300 <= status < 400:
            target = redact_url(reply.header("location") or "nowhere")
            return RemoteError(f"{text}: a redirect to {target}, not followed", status=status)
        case status:
            return RemoteError(text, status=status)


def answering_proxy(reply: Head) -> str:
    """Return a hint for the error text if a proxy, and not the app, may have sent this reply.

    Signs are a status that proxies send, or an HTML page: the Gradio replies that matter are JSON.
    """
    is_page = "html" in (reply.header("content-type") or "")
    may_be = reply.proxy and (is_page or reply.status in (407, 502, 504))
    return proxy_hint(reply.proxy) if may_be else ""


def retry_after(reply: Head) -> float | None:
    """Return the seconds that `Retry-After` asks to wait, or None if it is absent or invalid.

    A date is compared with the `Date` of the same reply, since both come from the server's clock.
    """
    # The length is limited, since thousands of digits would make `float` return infinity.
    value = (reply.header("retry-after") or "").strip()
    if re.fullmatch(r"\d{1,9}(\.\d{1,9})?", value, re.ASCII):
        return float(value)
    until, now = http_date(value), http_date(reply.header("date") or "")
    return None if until is None or now is None else float(max(0, until - now))


def http_date(text: str) -> int | None:
    """Seconds since 1970 of an HTTP date (RFC 9110, the fixed form), or None."""
    # Not `email.utils.parsedate_to_datetime`: `email` imports `socket` and `random`, which the core
    # may not, and accepts forms and zones that HTTP does not have.
    match = re.fullmatch(_DATE, text.strip(), re.ASCII)
    if match is None or match[2] not in _MONTHS:
        return None
    day, year, hour, minute, second = (int(match[n]) for n in (1, 3, 4, 5, 6))
    return timegm((year, _MONTHS.index(match[2]) + 1, day, hour, minute, second))


def _read_detail(reply: Head) -> str:
    """Return the message for people in the body, or an empty text."""
    if not isinstance(reply, Response) or not reply.body:
        return ""
    try:
        document = read(reply.body, where="reply")
    except RemoteError:
        # Gradio 5.0 to 6.0 answer 500 with a traceback as text; its last line names the error.
        lines = [line.strip() for line in reply.text.splitlines() if line.strip()]
        is_page = "html" in (reply.header("content-type") or "") or not lines
        return "" if is_page else preview(lines[-1], 300)[1:-1]
    return _find_message(document)


def _find_message(document: JSON) -> str:
    # `detail` is an object since 5.36. A loop, because a server may nest it deeper than Python
    # can recurse.
    while isinstance(document, dict) and isinstance(document.get("detail"), (str, dict)):
        document = document["detail"]
    match document:
        case str():
            return document
        case {"error": str() as error} | {"message": str() as error}:
            return error
        case _:
            return ""
