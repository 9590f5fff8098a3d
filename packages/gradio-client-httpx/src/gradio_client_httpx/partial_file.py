"""A file that is being saved into the download folder."""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
import threading
from pathlib import Path
from typing import IO

from gradio_protocol import PARTIAL_PREFIX, FileFailed, Saved, file_errors


class PartialFile:
    """A file being written under a temporary name. All methods block."""

    def __init__(self, folder: str, name: str) -> None:
        self._folder = Path(folder)
        self._name = name
        self._digest = hashlib.sha256()
        self._path = ""
        self._file: IO[bytes] | None = None
        self._lock = threading.Lock()
        "Guards the making of the file, which must not come after its removal."
        self._is_removed = False

    def add(self, chunk: bytes | bytearray) -> None:
        """Write the next chunk."""
        self._digest.update(chunk)
        with file_errors(self._name):
            self._open().write(chunk)

    def keep(self) -> Saved:
        """Rename the complete file into a folder named after its digest."""
        place = self._folder / self._digest.hexdigest() / self._name
        with file_errors(self._name):
            self._open().close()
            place.parent.mkdir(exist_ok=True)
            Path(self._path).replace(place)
        return Saved(path=str(place))

    def drop(self) -> None:
        """Close the file, and remove it if it was not kept."""
        if self._file is not None:
            with contextlib.suppress(OSError):
                self._file.close()
            self.remove()

    def remove(self) -> None:
        """Remove the file if it was not kept, while another thread may still write it."""
        # Windows cannot remove an open file; the thread that writes it does so a little later.
        with self._lock, contextlib.suppress(OSError):
            self._is_removed = True
            if self._path:
                Path(self._path).unlink(missing_ok=True)

    def _open(self) -> IO[bytes]:
        if self._file is None:
            with self._lock, file_errors(str(self._folder), "download folder"):
                # A client that closes removes its files, and its threads may run a little longer.
                if self._is_removed:
                    raise FileFailed(f"{self._name}: the client was closed")
                self._folder.mkdir(parents=True, exist_ok=True)
                # In the download folder, because a rename is atomic only within one file system.
                handle, self._path = tempfile.mkstemp(prefix=PARTIAL_PREFIX, dir=self._folder)
            self._file = os.fdopen(handle, "wb")
        return self._file
