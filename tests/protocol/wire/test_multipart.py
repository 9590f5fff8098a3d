"""Uploads: framed as a browser would, with a length known before any file is read."""

from __future__ import annotations

from email import message_from_bytes, policy
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradio_protocol.errors import InvalidArguments
from gradio_protocol.wire.exchange import FileSlice, Request
from gradio_protocol.wire.multipart import MOST_FILES, Multipart, encode_multipart

ENTROPY = bytes(range(16))
BOUNDARY = ENTROPY.hex()


def text(form: Multipart) -> bytes:
    return b"".join(part for part in form.body if isinstance(part, bytes))


def test_one_file_is_framed_to_the_byte() -> None:
    form = encode_multipart([("a.txt", b"hello")], entropy=ENTROPY)
    assert form.content_type == f"multipart/form-data; boundary={BOUNDARY}"
    assert (
        text(form)
        == (
            f"--{BOUNDARY}\r\n"
            'Content-Disposition: form-data; name="files"; filename="a.txt"\r\n'
            "Content-Type: text/plain\r\n"
            "\r\n"
            "hello\r\n"
            f"--{BOUNDARY}--\r\n"
        ).encode()
    )


def test_several_files_are_several_fields_of_one_name() -> None:
    files = [("a.png", b"1"), ("b", b"2")]
    form = encode_multipart(files, entropy=ENTROPY)
    assert text(form).count(b'name="files"') == 2
    assert text(form).count(f"--{BOUNDARY}\r\n".encode()) == 2
    assert text(form).index(b"image/png") < text(form).index(b"application/octet-stream")


def test_a_file_stays_a_slice_and_its_size_is_counted() -> None:
    content = FileSlice(path="/tmp/x.bin", size=1000, mtime_ns=5)
    form = encode_multipart([("x.bin", content)], entropy=ENTROPY)
    request = Request(method="POST", url="http://app/upload", body=form.body)
    assert content in form.body
    assert request.size == 1000 + len(text(form))


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ('a"b.txt', b'"a%22b.txt"'),
        ("a\r\nb.txt", b'"a%0D%0Ab.txt"'),
        ("größe ☃.txt", '"größe ☃.txt"'.encode()),
        ("50%22.txt", b'"50%22.txt"'),
        ("a\\b;c.txt", b'"a\\b;c.txt"'),
        ("\ud800.txt", b'"?.txt"'),
    ],
)
def test_a_name_is_escaped_as_browsers_do(name: str, sent: bytes) -> None:
    assert b"filename=" + sent + b"\r\n" in text(encode_multipart([(name, b"")], entropy=ENTROPY))


def test_only_the_first_sixteen_bytes_of_entropy_count() -> None:
    files = [("a", b"")]
    assert encode_multipart(files, entropy=ENTROPY + b"more") == encode_multipart(
        files, entropy=ENTROPY
    )


def test_too_little_entropy_is_refused() -> None:
    with pytest.raises(InvalidArguments, match="16 bytes of entropy, got 15"):
        encode_multipart([("a", b"")], entropy=ENTROPY[:15])


@pytest.mark.parametrize("count", [0, MOST_FILES + 1])
def test_no_file_and_too_many_are_refused(count: int) -> None:
    with pytest.raises(InvalidArguments, match=f"1 to 1000 files, got {count}"):
        encode_multipart([("a", b"")] * count, entropy=ENTROPY)


def test_as_many_files_as_a_server_takes_are_framed() -> None:
    form = encode_multipart([("a", b"")] * MOST_FILES, entropy=ENTROPY)
    assert len(form.body) == 2 * MOST_FILES + 1


def test_content_is_not_shown() -> None:
    assert "secret" not in repr(encode_multipart([("a.txt", b"secret")], entropy=ENTROPY))


@given(
    st.lists(st.tuples(st.from_regex(r'[a-z ."%\r\n]{0,20}', fullmatch=True), st.binary())).filter(
        bool
    )
)
def test_another_reader_finds_every_name_and_content(files: list[tuple[str, bytes]]) -> None:
    form = encode_multipart(files, entropy=ENTROPY)
    head = f"Content-Type: {form.content_type}\r\n\r\n".encode()
    boundary = f"--{BOUNDARY}".encode()
    whole = b"".join(part for part in form.body if isinstance(part, bytes))
    first, *parts, last = whole.split(boundary)
    assert (first, last) == (b"", b"--\r\n")
    for part, (name, data) in zip(parts, files, strict=True):
        header, _, content = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        message = message_from_bytes(header, policy=policy.HTTP)
        disposition = message["content-disposition"]
        assert disposition.content_disposition == "form-data"
        assert f'filename="{escaped(name)}"'.encode() in header
        assert content == data + b"\r\n"
    assert message_from_bytes(head, policy=policy.HTTP).get_boundary() == BOUNDARY


def escaped(name: str) -> str:
    written = name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
    assert unquote(written) == unquote(name)
    return written
