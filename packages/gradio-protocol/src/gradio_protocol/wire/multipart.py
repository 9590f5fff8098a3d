"""Frames files as multipart/form-data (RFC 7578) without reading them.

The frame is bytes; each content is bytes or a `FileSlice`. So the length of the body is known
before a file is opened. Names are encoded as browsers do it: UTF-8, with `"`, CR and LF
percent-encoded. The boundary comes from the caller's entropy: 128 random bits cannot occur in the
content by chance, so that the content need not be searched for them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ..dataclass import dataclass, field
from ..errors import InvalidArguments
from .exchange import Body, FileSlice
from .media_types import media_type

MOST_FILES: Final = 1000
"Files that Gradio accepts in one request; its form parser has this limit."

_ENTROPY = 16
# As browsers and the WHATWG's form algorithm do: without this, a name could end its header.
_ESCAPES = {ord('"'): "%22", ord("\r"): "%0D", ord("\n"): "%0A"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Multipart:
    """The body of an upload and its `content-type` header."""

    body: Body = field(repr=False)
    content_type: str


def encode_multipart(
    files: Sequence[tuple[str, bytes | FileSlice]], *, entropy: bytes
) -> Multipart:
    """Return the body that uploads these files in one request, each as the field `files`.

    A file is its name as the server sees it, one path component of any characters, and its content.

    `entropy` is at least 16 random bytes. Raises InvalidArguments if there is no file or more than
    `MOST_FILES`.
    """
    if not 1 <= len(files) <= MOST_FILES:
        raise InvalidArguments(f"upload: expected 1 to {MOST_FILES} files, got {len(files)}")
    if len(entropy) < _ENTROPY:
        raise InvalidArguments(f"upload: expected {_ENTROPY} bytes of entropy, got {len(entropy)}")
    boundary = entropy[:_ENTROPY].hex()
    body: list[bytes | FileSlice] = []
    # The line end before a boundary belongs to the boundary; the first part has none.
    lead = f"--{boundary}\r\n"
    for name, content in files:
        body += (_frame(lead, name), content)
        lead = f"\r\n--{boundary}\r\n"
    body.append(f"\r\n--{boundary}--\r\n".encode("ascii"))
    return Multipart(body=tuple(body), content_type=f"multipart/form-data; boundary={boundary}")


def _frame(lead: str, name: str) -> bytes:
    head = (
        f'{lead}Content-Disposition: form-data; name="files"; filename="{name.translate(_ESCAPES)}"'
        f"\r\nContent-Type: {media_type(name)}\r\n\r\n"
    )
    return head.encode("utf-8", "replace")
