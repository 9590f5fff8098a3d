"""The opening handshake of a WebSocket, and what its close codes mean (RFC 6455).

Drivers exchange the frames, with a library such as wsproto. The handshake is a request of the core
like any other, so that cookies, tokens and redaction are the same.
"""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha1, sha256

from ..errors import GradioError, RemoteError, ServerStopped, StreamLost
from .exchange import Head, Headers

MAX_MESSAGE = 2**30
"Bytes of one message: a server that never ends one would fill the memory."
_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_SERVER_STOPS = (1001, 1012)
"Codes of a server that shuts down; Gradio 3.23 and later send 1012, before nothing."


def upgrade_headers(entropy: bytes) -> Headers:
    """Return the headers that ask for a WebSocket. `entropy` makes the key of the handshake."""
    # The key protects caches from each other's replies. It is no secret.
    key = b64encode(sha256(entropy).digest()[:16]).decode("ascii")
    return (
        ("connection", "Upgrade"),
        ("upgrade", "websocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", key),
    )


def is_upgraded(head: Head, requested: Headers) -> bool:
    """Whether this reply to a request with these headers opens a WebSocket."""
    key = dict(requested).get("sec-websocket-key", "")
    proof = b64encode(sha1(f"{key}{_GUID}".encode(), usedforsecurity=False).digest())
    return head.status == 101 and head.header("sec-websocket-accept") == proof.decode("ascii")


class MessageAssembler:
    """Puts the messages of a WebSocket together from their frames."""

    def __init__(self) -> None:
        self._parts = bytearray()

    def add(self, data: str | bytes | bytearray, *, is_last: bool) -> bytes | None:
        """Add the data of a frame; return the message that it completes, if it does.

        Raises RemoteError for a message longer than MAX_MESSAGE.
        """
        self._parts += data.encode() if isinstance(data, str) else data
        if len(self._parts) > MAX_MESSAGE:
            raise RemoteError(f"a message on the WebSocket is longer than {MAX_MESSAGE} bytes")
        if not is_last:
            return None
        message, self._parts = bytes(self._parts), bytearray()
        return message


def closing_error(code: int, reason: str = "") -> GradioError | None:
    """Return the error that a close code means; None for an orderly end, which is 1000."""
    if code == 1000:
        return None
    kind = ServerStopped if code in _SERVER_STOPS else StreamLost
    return kind(
        f"the server closed the WebSocket with code {code}{f': {reason}' if reason else ''}"
    )
