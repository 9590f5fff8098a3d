"""Files as arguments: what the official client's users write for them.

A path object, bytes and an open binary file can be passed as they are; a
text is only a text. These are the ways to say that a text names a file.
"""

from __future__ import annotations

import os
import warnings
from typing import Any

from gradio_protocol import file_argument


def handle_file(filepath_or_url: str | os.PathLike[str], *, fetch: bool = False) -> Any:
    """A file argument: a local file to upload, or an http(s) address for the app to fetch.

    The content of a `data:` address is uploaded, too. With `fetch`, this machine downloads the
    address when the call is made, and uploads the file: for an app that cannot reach the address.
    Raises InvalidArguments if the argument is neither an existing file nor an address.
    """
    given = os.fspath(filepath_or_url)
    return file_argument(given, exists=os.path.exists(given), fetch=fetch)


def file(filepath_or_url: str | os.PathLike[str]) -> Any:
    """The old name of `handle_file`."""
    warnings.warn("file() is now called handle_file()", DeprecationWarning, stacklevel=2)
    return handle_file(filepath_or_url)
