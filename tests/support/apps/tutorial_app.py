"""The tutorial's app, started as the live tests start apps: on a port, and until its input ends."""

import os
import runpy
import sys
from pathlib import Path

APP = Path(__file__).resolve().parents[3] / "docs" / "tutorial" / "app.py"

if __name__ == "__main__":
    port = int(os.environ["PORT"])
    app = runpy.run_path(str(APP))["app"]
    app.launch(server_name="127.0.0.1", server_port=port, prevent_thread_lock=True, quiet=True)
    print(f"ready http://127.0.0.1:{port}/", flush=True)
    sys.stdin.read()
    os._exit(0)
