"""Files as arguments: what the official client's users write for them.

A path object, bytes and an open binary file can be passed as they are (see `inputs.values`); a
text is only a text. These are the ways to say that a text names a file.
"""

from __future__ import annotations

import os
import warnings
from typing import Any

from gradio_protocol import InvalidArguments, WebFile, file_at, file_data, is_address


def handle_file(filepath_or_url: str | os.PathLike[str], *, fetch: bool = False) -> Any:
    """A file argument: a local file to upload, or an http(s) address for the app to fetch.

    The content of a `data:` address is uploaded, too. With `fetch`, this machine downloads the
    address when the call is made, and uploads the file: for an app that cannot reach the address.
    Raises InvalidArguments if the argument is neither an existing file nor an address.
    """
    given = os.fspath(filepath_or_url)
    if fetch and is_address(given):
        return WebFile(given)
    found = file_at(given)
    # Path.exists raises OSError for a text that is too long for a name, such as base64.
    if found is None and not os.path.exists(given):
        raise InvalidArguments(
            f"file {given!r}: expected a file that exists here, or an http(s) or data: address"
        )
    return file_data(given) if found is None else found


def file(filepath_or_url: str | os.PathLike[str]) -> Any:
    """The old name of `handle_file`."""
    warnings.warn("file() is now called handle_file()", DeprecationWarning, stacklevel=2)
    return handle_file(filepath_or_url)
