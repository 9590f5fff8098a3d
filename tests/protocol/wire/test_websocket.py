"""The handshake of a WebSocket, and the codes of its end."""

from __future__ import annotations

import pytest

from gradio_protocol.errors import RemoteError, ServerStopped, StreamLost
from gradio_protocol.wire.exchange import Head
from gradio_protocol.wire.websocket import (
    MessageAssembler,
    closing_error,
    is_upgraded,
    upgrade_headers,
)

ASKED = (("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),)
PROOF = ("sec-websocket-accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
"The example of RFC 6455, section 1.3."


def test_the_key_of_a_handshake_is_16_bytes_and_depends_on_the_entropy() -> None:
    first, second = (dict(upgrade_headers(entropy)) for entropy in (b"one", b"two"))
    assert first["upgrade"] == "websocket"
    assert first["sec-websocket-version"] == "13"
    assert len(first["sec-websocket-key"]) == 24
    assert first["sec-websocket-key"] != second["sec-websocket-key"]


def test_a_server_proves_that_it_has_read_the_key() -> None:
    assert is_upgraded(Head(status=101, headers=(PROOF,)), ASKED)


@pytest.mark.parametrize(
    "head",
    [
        Head(status=200, headers=(PROOF,)),
        Head(status=101),
        Head(status=101, headers=(("sec-websocket-accept", "of another key"),)),
    ],
)
def test_anything_else_opens_no_socket(head: Head) -> None:
    assert not is_upgraded(head, ASKED)


def test_a_code_says_why_a_socket_was_closed() -> None:
    assert closing_error(1000) is None
    assert isinstance(closing_error(1012), ServerStopped)
    lost = closing_error(1006, "it broke")
    assert type(lost) is StreamLost
    assert str(lost) == "the server closed the WebSocket with code 1006: it broke"


def test_a_message_is_put_together_from_its_frames() -> None:
    parts = MessageAssembler()
    assert parts.add("hé", is_last=False) is None
    assert parts.add(b"llo", is_last=True) == "héllo".encode()
    assert parts.add("next", is_last=True) == b"next"


def test_a_message_without_end_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gradio_protocol.wire.websocket.MAX_MESSAGE", 3)
    with pytest.raises(RemoteError, match="longer than 3 bytes"):
        MessageAssembler().add("four", is_last=False)
