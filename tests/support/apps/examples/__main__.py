"""Runs the examples beside this file, and says what each has printed, as JSON.

`python examples HOW NAME,NAME… ADDRESS…`: HOW is `official`; or `renamed`, where the import lines
name our package; or `installed`, where our package has been put in place of the official one.
They share one process, for it is the imports that take long.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import os
import re
import sys
import threading
import traceback
from pathlib import Path

IMPORT = re.compile(r"^from gradio_client(\.\w+)? import", re.MULTILINE)
PATIENCE = 30
"""Seconds for one example: the official client sometimes waits for a job that it has lost."""


def printed(name: str, *, renamed: bool) -> str:
    """What an example prints, and how it ends if it ends badly."""
    source = Path(__file__).with_name(f"{name}.py").read_text()
    if renamed:
        source = IMPORT.sub("from gradio_client_httpx import", source)
    with contextlib.redirect_stdout(io.StringIO()) as said:
        thread = threading.Thread(target=run, args=[source, name], daemon=True)
        thread.start()
        thread.join(PATIENCE)
        if thread.is_alive():
            print("Traceback: it does not end")
    return said.getvalue()


def run(source: str, name: str) -> None:
    try:
        exec(compile(source, name, "exec"), {"__name__": "__main__"})
    except BaseException:  # noqa: BLE001 whatever it is, it is said
        print(traceback.format_exc())


def main() -> None:
    how, names = sys.argv.pop(1), sys.argv.pop(1).split(",")
    if how == "installed":
        importlib.import_module("gradio_client_httpx").install_as_gradio_client()
    found = {name: printed(name, renamed=how == "renamed") for name in names}
    sys.__stdout__.write(json.dumps(found))
    sys.__stdout__.flush()
    os._exit(0)  # the official client's threads would keep the process


if __name__ == "__main__":
    main()
