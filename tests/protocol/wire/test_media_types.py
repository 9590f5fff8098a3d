"""Media types: one table, for form parts and data URLs alike."""

from __future__ import annotations

import pytest

from gradio_protocol.app.files import data_url
from gradio_protocol.wire.media_types import extension_for, media_type
from gradio_protocol.wire.multipart import encode_multipart


@pytest.mark.parametrize(
    ("name", "media"),
    [
        ("a.PNG", "image/png"),
        ("a.jpeg", "image/jpeg"),
        ("a.mp3", "audio/mpeg"),
        ("a.flac", "audio/flac"),
        ("a.htm", "text/html"),
        ("a.b.json", "application/json"),
        (".txt", "text/plain"),
        ("png", "application/octet-stream"),
        ("a.", "application/octet-stream"),
        ("a.xyz", "application/octet-stream"),
    ],
)
def test_the_extension_tells_the_type_in_forms_and_in_data_urls(name: str, media: str) -> None:
    head = encode_multipart([(name, b"")], entropy=bytes(16)).body[0]
    assert media_type(name) == media
    assert isinstance(head, bytes)
    assert f"Content-Type: {media}\r\n".encode() in head
    assert data_url(name, b"").startswith(f"data:{media};")


@pytest.mark.parametrize(
    ("media", "extension"),
    [
        ("image/jpeg", "jpg"),
        ("text/html", "html"),
        ("text/markdown", "md"),
        ("audio/x-aiff", "aiff"),
        ("application/vnd.oasis.opendocument.text", "bin"),
        ("", "bin"),
    ],
)
def test_a_type_has_one_extension(media: str, extension: str) -> None:
    assert extension_for(media) == extension
