"""A program on a pseudo-terminal: what it writes, and what the terminal then shows.

The terminal is a strict one. It knows line breaks, carriage returns, and how to erase the rest of a
line; a program that sends another escape sequence, such as one for colours, fails the test.
"""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import termios
import unicodedata
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager

from tests.support.latch import PATIENCE, NeverHappened

_PIECE = re.compile(r"(\r|\n|\x1b\[K)|([^\x00-\x1f\x7f])|(\x1b\[?\Z)|(.)", re.DOTALL)
_INHERITED = ("COLUMNS", "LINES", "NO_COLOR", "HF_TOKEN", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
"Variables of whoever runs the tests that could change what a program shows."


def rows_shown(written: str, columns: int) -> list[str]:
    """What a terminal shows, row by row down to the cursor, without blanks at the ends.

    It is as high as it has to be, so nothing scrolls away. The end may be half of an escape
    sequence, whose other half is still to come.
    """
    rows: list[list[str]] = [[]]
    at = 0
    for control, letter, half, unknown in _PIECE.findall(written):
        assert not unknown, f"this terminal does not know {unknown!r}, in {written!r}"
        match control:
            case "\r":
                at = 0
            case "\n":
                rows.append([])
            case "\x1b[K":
                del rows[-1][at:]
            case _ if not half:
                cells = [letter, *[""] * (_width(letter) - 1)]
                if at + len(cells) > columns:
                    rows.append([])
                    at = 0
                rows[-1] += [" "] * (at - len(rows[-1]))
                rows[-1][at : at + len(cells)] = cells
                at += len(cells)
    return ["".join(row).rstrip() for row in rows]


def _width(letter: str) -> int:
    return 2 if unicodedata.east_asian_width(letter) in ("F", "W") else 1


class Terminal:
    """A terminal, and the program on it."""

    def __init__(self, fd: int, columns: int, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.written = ""
        "All that came from the program, with the line breaks of a terminal."
        self._fd = fd
        self._columns = columns
        self._data = b""

    @property
    def rows(self) -> list[str]:
        """What the terminal shows."""
        return rows_shown(self.written, self._columns)

    def wait_until(self, is_wanted: Callable[[list[str]], bool]) -> None:
        """Wait until the terminal shows what a test looks for."""
        while not is_wanted(self.rows):
            if not self._read():
                raise NeverHappened(f"the program has ended, and the terminal shows {self.rows}")

    def wait(self) -> str:
        """Wait until the program has ended; return what went to its standard output, if a pipe."""
        while self._read():
            pass
        out, _ = self.process.communicate(timeout=PATIENCE)
        return out or ""

    def _read(self) -> bool:
        """Read once; return whether there was anything before the last writer left."""
        if not select.select([self._fd], [], [], PATIENCE)[0]:
            raise NeverHappened(f"nothing was written in {PATIENCE:g} s after {self.written!r}")
        try:
            data = os.read(self._fd, 4096)
        except OSError:  # EIO: on Linux the end of a terminal
            return False
        self._data += data
        # A letter of several bytes may have come in part.
        self.written = self._data.decode("utf-8", "ignore")
        return bool(data)


@contextmanager
def on_terminal(
    command: Sequence[str],
    *,
    columns: int = 80,
    pipe: bool = False,
    environ: Mapping[str, str] | None = None,
) -> Generator[Terminal]:
    """Run a program on a terminal, for the length of a block.

    With `pipe`, its standard output is a pipe, and only standard error is the terminal. `environ`
    has variables that it gets besides those of this process.
    """
    ours, theirs = pty.openpty()
    try:
        termios.tcsetwinsize(ours, (24, columns))
        usual = {name: value for name, value in os.environ.items() if name not in _INHERITED}
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if pipe else theirs,
            stderr=theirs,
            text=True,
            env={**usual, "HF_HUB_OFFLINE": "1", "TERM": "xterm-256color", **(environ or {})},
        )
        os.close(theirs)
        try:
            yield Terminal(ours, columns, process)
        finally:
            process.kill()
            process.communicate()
    finally:
        os.close(ours)
