"""Uploaded files framed as multipart/form-data (RFC 7578), without reading them.

The frame is bytes, the content is bytes or a `FileSlice`, so that the length is known before a
file is opened. Names are written as browsers write them: UTF-8, with `"`, CR and LF
percent-encoded. The boundary comes from the caller's entropy and is never looked for in the
content: 128 random bits do not occur there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from ..errors import InvalidArguments
from .exchange import Body, FileSlice
from .media_types import media_type

MOST_FILES: Final = 1000
"What a server takes in one request."

_ENTROPY = 16
_ESCAPES = {ord('"'): "%22", ord("\r"): "%0D", ord("\n"): "%0A"}


@dataclass(frozen=True, slots=True, kw_only=True)
class FormPart:
    """One file to be framed."""

    name: str
    "What the server is told it is called: a last component, of any characters."
    content: bytes | FileSlice = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Multipart:
    """The body of an upload and the header that explains it."""

    body: Body = field(repr=False)
    content_type: str


def encode_multipart(files: Sequence[FormPart], *, entropy: bytes) -> Multipart:
    """The body that uploads these files in one request, each as the field `files`.

    `entropy` is at least 16 random bytes. Raises InvalidArguments for no file, and for more than
    `MOST_FILES`.
    """
    if not 1 <= len(files) <= MOST_FILES:
        raise InvalidArguments(f"upload: expected 1 to {MOST_FILES} files, got {len(files)}")
    if len(entropy) < _ENTROPY:
        raise InvalidArguments(f"upload: expected {_ENTROPY} bytes of entropy, got {len(entropy)}")
    boundary = entropy[:_ENTROPY].hex()
    body: list[bytes | FileSlice] = []
    lead = f"--{boundary}\r\n"
    for file in files:
        body += (_frame(lead, file.name), file.content)
        lead = f"\r\n--{boundary}\r\n"
    body.append(f"\r\n--{boundary}--\r\n".encode("ascii"))
    return Multipart(body=tuple(body), content_type=f"multipart/form-data; boundary={boundary}")


def _frame(lead: str, name: str) -> bytes:
    head = (
        f'{lead}Content-Disposition: form-data; name="files"; filename="{name.translate(_ESCAPES)}"'
        f"\r\nContent-Type: {media_type(name)}\r\n\r\n"
    )
    return head.encode("utf-8", "replace")
