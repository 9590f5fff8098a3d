"""An app of Gradio 3.x whose queue lets one job in at a time, and tells how many ran at once.

Settings, by environment variable: PORT (required), and CLOSED, which is 1 if no call may go past
the queue. It prints `ready <url>` once it answers; it stops when its standard input ends.
"""

from __future__ import annotations

import importlib
import os
import sys
import threading
import time
from typing import Any

# Gradio is not installed where this file is checked.
gr: Any = importlib.import_module("gradio")

LOCK = threading.Lock()
COUNTS = {"running": 0, "most": 0}


def work(seconds: float) -> str:
    with LOCK:
        COUNTS["running"] += 1
        COUNTS["most"] = max(COUNTS["most"], COUNTS["running"])
    time.sleep(seconds)
    with LOCK:
        COUNTS["running"] -= 1
    return f"most at once: {COUNTS['most']}"


def main() -> None:
    port = int(os.environ["PORT"])
    with gr.Blocks() as demo:
        seconds, told = gr.Number(), gr.Textbox()
        gr.Button().click(work, seconds, told, api_name="work")
    demo.queue(concurrency_count=1, api_open=os.environ.get("CLOSED") != "1")
    demo.launch(server_name="127.0.0.1", server_port=port, quiet=True, prevent_thread_lock=True)
    print(f"ready http://127.0.0.1:{port}/", flush=True)
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main()
