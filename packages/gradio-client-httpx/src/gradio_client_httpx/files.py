"""`handle_file` and `file`: mark a text as the path or address of a file, for a file argument.

A `Path`, bytes and an open binary file need no mark. A plain text is never taken for a file.
"""

from __future__ import annotations

import os
import warnings
from typing import Any

from gradio_protocol import file_argument


def handle_file(filepath_or_url: str | os.PathLike[str], *, fetch: bool = False) -> Any:
    """Mark a text as a file argument: a local file to upload, or an address for the app to fetch.

    An address begins with `http:`, `https:` or `data:`; the content of a `data:` address is
    uploaded. With `fetch`, the client downloads the address when the call is made, and uploads the
    file; use it for an app that cannot reach the address. Raises InvalidArguments if the text is
    neither an existing file nor an address.
    """
    given = os.fspath(filepath_or_url)
    return file_argument(given, exists=os.path.exists(given), fetch=fetch)


def file(filepath_or_url: str | os.PathLike[str]) -> Any:
    """Call `handle_file`, with a DeprecationWarning: this is its old name."""
    warnings.warn("file() is now called handle_file()", DeprecationWarning, stacklevel=2)
    return handle_file(filepath_or_url)
