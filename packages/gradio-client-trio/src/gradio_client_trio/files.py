"""Files as arguments: what the official client's users write for them.

A path, bytes and an open binary file can be passed as they are (see `inputs.values`); a text is
only a text. These are the ways to say that a text names a file.
"""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import Any, TypedDict

from gradio_protocol import InvalidArguments, is_address


class FileData(TypedDict, total=False):
    """A file object, as apps take and give it."""

    path: str
    "On the server, or, in an argument, on this machine."
    url: str | None
    size: int | None
    orig_name: str | None
    mime_type: str | None
    is_stream: bool
    meta: dict[str, str]
    name: str | None
    "Up to 3.50, instead of `path`."
    data: str | None
    "Up to 3.50: the content in base64."
    is_file: bool
    "Up to 3.50."


def handle_file(filepath_or_url: str | os.PathLike[str]) -> Any:
    """A file argument: a local file, to be uploaded, or an address, for the server to fetch.

    Raises InvalidArguments for what is neither.
    """
    given = os.fspath(filepath_or_url)
    if is_address(given):
        name = given.partition("?")[0].rpartition("/")[2]
        return {"path": given, "meta": _META.copy(), "orig_name": name, "url": given}
    if not Path(given).exists():
        raise InvalidArguments(f"file {given!r}: expected a file of this machine or an address")
    return {"path": given, "meta": _META.copy(), "orig_name": Path(given).name}


def file(filepath_or_url: str | os.PathLike[str]) -> Any:
    """The old name of `handle_file`."""
    warnings.warn("file() is now called handle_file()", DeprecationWarning, stacklevel=2)
    return handle_file(filepath_or_url)


_META = {"_type": "gradio.FileData"}
