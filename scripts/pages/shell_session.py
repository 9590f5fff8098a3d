"""What a terminal shows of a session with `gradio-client`, for its picture.

The commands run on a pseudo-terminal, against the fake server with the functions of the tutorial's
app. Its `/progress` stands still half-way until the live line has been seen, so each run shows the
same.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from tests.support.fake.tutorial import pausing_tutorial
from tests.support.gradio_server import FakeGradio
from tests.support.loopback import threaded
from tests.support.terminal import on_terminal

URL = "http://127.0.0.1:7860"
"The address that the session shows, whichever port the server has."
COMMANDS = (
    f"gradio-client info {URL} /two",
    f"gradio-client call {URL} /two text=seven n=7",
    f"gradio-client call {URL} /count n=3 --stream",
    f"gradio-client call {URL} /ecko text=hello",
    f"gradio-client call {URL} /fail text=that",
)
CAUGHT = f"gradio-client call {URL} /progress n=4"
"The last command, which still runs."
HALF_WAY = "/progress: walking 2/4"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A command, and what the terminal shows below it."""

    command: str
    rows: list[str]


def run_session(columns: int) -> Iterator[Shown]:
    """Run all commands on terminals of this width; catch the last one half-way."""
    fake = FakeGradio(functions=pausing_tutorial())
    with threaded(fake) as server:
        for command in COMMANDS:
            with on_terminal(arguments(command, server.url), columns=columns) as terminal:
                terminal.wait()
                yield Shown(command=command, rows=terminal.rows[:-1])
        with on_terminal(arguments(CAUGHT, server.url), columns=columns) as terminal:
            terminal.wait_until(lambda rows: rows == [HALF_WAY])
            yield Shown(command=CAUGHT, rows=terminal.rows)
            (hold,) = fake.holds
            hold.release()
            terminal.wait()


def arguments(command: str, url: str) -> list[str]:
    """A command line as the arguments of a process that asks this server."""
    _, *words = shlex.split(command.replace(URL, url.rstrip("/")))
    return [sys.executable, "-m", "gradio_client_httpx", *words]
