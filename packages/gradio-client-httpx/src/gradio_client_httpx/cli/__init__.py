"""The command `gradio-client`, which describes Gradio apps and calls them from a shell.

It needs click, which the extra `[cli]` installs. Modules that decide (types, values, tables, exit
codes) do no I/O; `commands` reads the command line, `connect` the environment, and the others
write.
"""

import signal
import sys
from typing import NoReturn

_NEEDS_CLICK = (
    "gradio-client: needs click; install it with: pip install 'gradio-client-httpx[cli]'\n"
)


def main() -> NoReturn:
    """Run the command line of this process, and exit with its code."""
    try:
        from .commands import run
    except ModuleNotFoundError as error:
        if error.name != "click":
            raise
        sys.stderr.write(_NEEDS_CLICK)
        sys.exit(2)
    except KeyboardInterrupt:  # while importing
        sys.exit(130)
    signal.signal(signal.SIGTERM, _terminate)
    sys.exit(run())


def _terminate(number: int, _: object) -> None:
    # As after Ctrl-C: leave the blocks that cancel on the server.
    sys.exit(128 + number)
