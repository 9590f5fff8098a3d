"""The command as a process: signals, and what it imports."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from importlib.metadata import entry_points

import pytest

from gradio_client_httpx.cli import main
from tests.support.gradio_server import FakeGradio
from tests.support.latch import PATIENCE
from tests.support.loopback import Connection, Loopback, Request, threaded

COMMAND = (sys.executable, "-m", "gradio_client_httpx")


@contextmanager
def started(*arguments: str) -> Generator[subprocess.Popen[str]]:
    """A process with a command line, which has ended when the block is left."""
    process = subprocess.Popen(
        [*COMMAND, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "HF_HUB_OFFLINE": "1", "COLUMNS": "80"},
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("version", ["4.44.1", "6.31.0"])
def test_a_signal_stops_the_running_generator_on_the_server(
    version: str, number: signal.Signals, code: int
) -> None:
    fake = FakeGradio(version)
    call = ("/slow_count", "n=3", "seconds=1")
    with threaded(fake) as server, started("call", server.url, *call) as process:
        (hold,) = fake.holds.until_blocking(lambda _: True)
        # The function runs before its stream is there. A process that is busy could take longer to
        # open it than the two seconds that it has to leave.
        fake.streams.until_blocking(lambda seen: seen[0] == "opened")
        process.send_signal(number)
        out, err = process.communicate(timeout=PATIENCE)
        assert (process.returncode, out, err.strip()) == (code, "", "")
        # The stream ends because the client leaves, or because `/cancel` was there first.
        fake.streams.until_blocking(lambda seen: seen[0] in ("dropped", "finished"))
        hold.release()
        fake.ended.until_blocking(lambda _: True)
        assert len(fake.holds) == 1


@pytest.mark.parametrize("version", ["4.44.1", "6.31.0"])
def test_ctrl_c_while_a_job_waits_takes_it_out_of_the_queue(version: str) -> None:
    fake = FakeGradio(version)
    fake.restart([function.limited(1) for function in fake.functions if function.name == "slow"])
    with threaded(fake) as server, started("call", server.url, "n=1") as first:
        (hold,) = fake.holds.until_blocking(lambda _: True)
        with started("call", server.url, "n=2") as second:
            fake.streams.until_blocking(lambda seen: seen[0] == "opened", 2)
            second.send_signal(signal.SIGINT)
            second.communicate(timeout=PATIENCE)
            assert second.returncode == 130
        # As above: whichever of the two comes first, the server forgets the job.
        fake.streams.until_blocking(lambda seen: seen[0] in ("dropped", "finished"))
        hold.release()
        out, _ = first.communicate(timeout=PATIENCE)
        assert out == "slept 1\n"
        assert len(fake.holds) == 1


def test_ctrl_c_while_the_server_is_silent_ends_the_process() -> None:
    fake = FakeGradio()
    with threaded(fake) as server:

        async def silent(_: Request, connection: Connection) -> None:
            await connection.gone()

        fake.instead("config", silent)
        with started("info", server.url) as process:
            fake.seen.until_blocking(lambda seen: seen[0] == "config")
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=PATIENCE)
            assert process.returncode == 130


def test_a_reader_that_leaves_early_is_no_error(server: Loopback) -> None:
    with started("info", server.url) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.wait(PATIENCE) == 1
        assert process.stderr is not None
        assert process.stderr.read() == ""


def test_the_client_needs_no_click_and_does_not_load_the_command() -> None:
    # httpx loads click where it is installed, so that looking for it would tell nothing.
    source = (
        "import sys; sys.modules['click'] = None; import gradio_client_httpx; "
        "print('gradio_client_httpx.cli' in sys.modules)"
    )
    command = [sys.executable, "-I", "-c", source]
    assert subprocess.check_output(command, text=True).strip() == "False"


def test_without_click_the_command_says_how_to_install_it() -> None:
    source = (
        "import sys; sys.modules['click'] = None; from gradio_client_httpx.cli import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", source], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "gradio-client: needs click; install it with: pip install 'gradio-client-httpx[cli]'\n"
    )


def test_the_script_is_the_same_command() -> None:
    (script,) = entry_points(group="console_scripts", name="gradio-client")
    assert script.load() is main
    done = subprocess.run([*COMMAND, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("gradio-client, version ")
