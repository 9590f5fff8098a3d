"""A Python that has imported what takes long, and starts programs in forks of itself.

A program finds the modules imported, as they are after the import; all else is its own. Not for
programs that import something before those modules, or whose settings these read when imported.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import threading
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import IO, Any

SCRIPT = Path(__file__).parent / "apps" / "warm.py"


class WarmPython:
    """One Python. Programs may be started from several threads; they end when their input ends."""

    def __init__(
        self,
        python: str | Path,
        modules: Sequence[str],
        *,
        options: Sequence[str] = (),
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self._control, theirs = socket.socketpair()
        self._answers = self._control.makefile("rb")
        self._lock = threading.Lock()
        with theirs:
            number = theirs.fileno()
            self._process = subprocess.Popen(
                [python, *options, SCRIPT, str(number), *modules],
                env=environ,
                stdin=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C is for the tests
                pass_fds=[number],
            )

    def start(
        self, program: Path, *arguments: str, environ: Mapping[str, str] | None = None
    ) -> WarmProcess:
        """Start a program, in a session of its own; its errors go to its output."""
        request = {
            "program": [str(program), *arguments],
            "environ": dict(os.environ if environ is None else environ),
        }
        with ExitStack() as passed, ExitStack() as kept:
            reads, feeds = os.pipe()
            passed.callback(os.close, reads)
            stdin = kept.enter_context(os.fdopen(feeds, "w"))
            output, writes = os.pipe()
            passed.callback(os.close, writes)
            stdout = kept.enter_context(os.fdopen(output))
            process = WarmProcess(self, self._ask(request, reads, writes), stdin, stdout)
            kept.pop_all()
        return process

    def run(self, program: Path, *arguments: str) -> str:
        """What a program prints, which must end well."""
        process = self.start(program, *arguments)
        with process.stdin, process.stdout:
            printed = process.stdout.read()
        assert process.wait() == 0, printed
        return printed

    def wait(self, pid: int) -> int:
        """Wait until a program ends; returns its exit code."""
        return self._ask({"wait": pid})

    def close(self) -> None:
        """End this Python, and leave its programs alone."""
        self._answers.close()
        self._control.close()
        self._process.wait()

    def _ask(self, request: dict[str, Any], *descriptors: int) -> int:
        answer = b""
        with self._lock, suppress(ConnectionError):
            socket.send_fds(self._control, [b"+"], descriptors)
            self._control.sendall(json.dumps(request).encode() + b"\n")
            answer = self._answers.readline()
        assert answer, f"{self._process.args!r} has ended"
        return int(answer)


class WarmProcess:
    """A program that was started, with what is needed of `subprocess.Popen`."""

    def __init__(self, python: WarmPython, pid: int, stdin: IO[str], stdout: IO[str]) -> None:
        self.pid = pid
        self.stdin = stdin
        self.stdout = stdout
        self._python = python
        self._code: int | None = None

    def wait(self) -> int:
        """Wait until it ends; returns its exit code."""
        if self._code is None:
            self._code = self._python.wait(self.pid)
        return self._code

    def kill(self) -> None:
        """Kill it, unless it has been waited for."""
        if self._code is None:
            os.kill(self.pid, signal.SIGKILL)
