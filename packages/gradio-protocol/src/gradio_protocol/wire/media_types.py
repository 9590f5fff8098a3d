"""Media types by the extensions of file names, and back.

The table stands here because the standard library's is read from the machine's own files, so it
differs from one machine to the next.
"""

from __future__ import annotations

import re

_TYPES = {
    "bmp": "image/bmp",
    "csv": "text/csv",
    "flac": "audio/flac",
    "gif": "image/gif",
    "html": "text/html",
    "htm": "text/html",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "json": "application/json",
    "md": "text/markdown",
    "mov": "video/quicktime",
    "mp3": "audio/mpeg",
    "mp4": "video/mp4",
    "ogg": "audio/ogg",
    "pdf": "application/pdf",
    "png": "image/png",
    "svg": "image/svg+xml",
    "txt": "text/plain",
    "wav": "audio/wav",
    "webm": "video/webm",
    "webp": "image/webp",
    "zip": "application/zip",
}
"Where a type has several extensions, `extension_for` returns the first."


def media_type(name: str) -> str:
    """The media type that a file's extension stands for; without a known one, that of bytes."""
    _, dot, extension = name.rpartition(".")
    return _TYPES.get(extension.lower() if dot else "", "application/octet-stream")


def extension_for(media: str) -> str:
    """The extension for a file of this media type, without a dot; `bin` where none can be told."""
    known = next((extension for extension, each in _TYPES.items() if each == media), None)
    subtype = media.rpartition("/")[2].removeprefix("x-")
    return known or (subtype if re.fullmatch("[a-z0-9]{2,8}", subtype) else "bin")
