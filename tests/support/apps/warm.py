"""Imports modules once, and then runs each program that it is given in a fork of itself.

`python warm.py DESCRIPTOR MODULE…`, for `tests/support/warm.py`; the descriptor is a socket's. It
runs in the environment of the modules, so it imports nothing of this project. For each request it
gets a line of JSON and answers with a number:

`{"program": [PATH, ARGUMENT…], "environ": {…}}`   starts a program, in a session of its own; a byte
                                                with its standard input and output as descriptors
                                                comes first. The answer is its process id.
`{"wait": PROCESS}`                             waits until a program ends; the answer is its exit
                                                code. A byte comes first here, too.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import runpy
import socket
import sys
from typing import Any

LARGEST = 2
"""How many descriptors come with a program."""


def main() -> None:
    control = socket.socket(fileno=int(sys.argv[1]))
    requests = control.makefile("rb")
    for module in sys.argv[2:]:
        importlib.import_module(module)
    gc.freeze()  # a collection would make the child copy the pages of all that was imported
    while True:
        head, descriptors, _, _ = socket.recv_fds(control, 1, LARGEST)
        if not head:
            return
        request = json.loads(requests.readline())
        if "wait" in request:
            answer = os.waitstatus_to_exitcode(os.waitpid(request["wait"], 0)[1])
        else:
            answer = os.fork()
            if answer == 0:
                break
            for descriptor in descriptors:
                os.close(descriptor)
        control.sendall(f"{answer}\n".encode())
    requests.close()
    control.close()
    become(request, *descriptors)


def become(request: dict[str, Any], reads: int, writes: int) -> None:
    """Be the program, as if Python had been started with it."""
    os.setsid()
    os.dup2(reads, 0)
    os.dup2(writes, 1)
    os.dup2(writes, 2)
    os.close(reads)
    os.close(writes)
    os.environ.clear()
    os.environ.update(request["environ"])
    path = request["program"][0]
    sys.argv[:] = request["program"]
    sys.path[0] = os.path.dirname(path)
    runpy.run_path(path, run_name="__main__")


if __name__ == "__main__":
    main()
