"""Files as arguments: what the official client's users write for them.

A path object, bytes and an open binary file can be passed as they are (see `inputs.values`); a
text is only a text. These are the ways to say that a text names a file.
"""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import Any

from gradio_protocol import InvalidArguments, WebFile, file_at, file_data, is_address


def handle_file(filepath_or_url: str | os.PathLike[str], *, fetch: bool = False) -> Any:
    """A file argument: a local file, to be uploaded, or an address, for the server to fetch.

    What a `data:` address holds is uploaded, too. With `fetch`, an address is fetched by this
    machine, when the call is made, and uploaded: for an app that cannot reach it. Raises
    InvalidArguments for what is neither file nor address.
    """
    given = os.fspath(filepath_or_url)
    if fetch and is_address(given):
        return WebFile(given)
    found = file_at(given)
    if found is None and not Path(given).exists():
        raise InvalidArguments(f"file {given!r}: expected a file of this machine or an address")
    return file_data(given) if found is None else found


def file(filepath_or_url: str | os.PathLike[str]) -> Any:
    """The old name of `handle_file`."""
    warnings.warn("file() is now called handle_file()", DeprecationWarning, stacklevel=2)
    return handle_file(filepath_or_url)
