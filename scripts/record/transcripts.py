"""Records what real Gradio servers say, byte for byte, into `tests/transcripts/<version>/`.

`python -m scripts.record.transcripts VERSION…` starts the reference app on each version, has a
fixed set of conversations with it, and writes one file per exchange; `tests/support/transcripts.py`
reads them and tells their format.  Without a version it records again all that were recorded
before.
"""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from scripts.environments.servers import RELEASES
from scripts.record.recorder import PATIENCE, Recorder
from tests.support import transcripts
from tests.support.live import live

JOBS: list[tuple[str, list[Any]]] = [
    ("echo", ["grüße\u2028✓"]),
    ("count", [3]),
    ("chat", ["to be or not"]),
    ("chat_list", [2]),
    ("progress", [3]),
    ("logs", ["tour"]),
    ("fail", ["you"]),
    ("crash", ["here"]),
    ("crash_late", ["here"]),
    ("two", ["a", 2]),
    ("nothing", ["a"]),
    ("update", ["a"]),
    ("whoami", ["a"]),
    ("defaults", ["a", 3, True]),
]


def record_documents(wire: Recorder) -> None:
    wire.connect("config")
    wire.get("info", "/info")
    wire.get("info-everything", "/info?all_endpoints=true")
    wire.get("app_id", "/app_id")
    wire.get("unknown", "/no/such/route")


def record_direct(wire: Recorder) -> None:
    wire.direct("direct-echo", "echo", ["grüße\u2028✓"])
    wire.direct("direct-count", "count", [3])
    wire.direct("direct-fail", "fail", ["you"])
    wire.direct("direct-crash", "crash", ["here"])
    wire.direct("direct-batch", "batch", ["abc"])
    wire.direct("direct-unknown", "nowhere", ["a"])


def record_files(wire: Recorder) -> None:
    form = (
        b'--b0undary\r\ncontent-disposition: form-data; name="files"; filename="my notes.txt"\r\n'
        b"content-type: text/plain\r\n\r\nsome notes\r\n--b0undary--\r\n"
    )
    (path,) = json.loads(wire.post("upload", "/upload", form).body)
    wire.post("upload-wrong-field", "/upload", form.replace(b"files", b"other"))
    meta = {"path": path, "orig_name": "my notes.txt", "meta": {"_type": "gradio.FileData"}}
    old = {"name": path, "is_file": True, "orig_name": "my notes.txt", "data": None}
    value = meta if wire.version >= (4,) else old
    output = wire.direct("direct-file", "file", [value]).body
    if wire.version >= (4,):
        wire.job("file", "file", [value])
        wire.job("files", "files", [[value, value]])
    stored = json.loads(output)["data"][0]
    where = quote(stored["path" if wire.version >= (4,) else "name"])
    wire.get("download", f"/file={where}")
    wire.keep(wire.open("HEAD", f"/file={where}"), "download-head")
    wire.get("download-missing", "/file=/tmp/gradio/nowhere.txt")


def record_jobs(wire: Recorder) -> None:
    for function, data in JOBS:
        wire.job(function, function, data)
    session = wire.session()
    wire.job("state-1", "state", [None, 2], session)
    wire.job("state-2", "state", [None, 3], session)
    if wire.version >= (4, 11):  # before it, both of these end the server's queue for good
        wire.job("batch", "batch", ["abc"])
        wire.post("unknown-join", "/queue/join", {"data": [], "fn_index": 999, "session_hash": "s"})
    if wire.version >= (4, 20):
        wire.job("simple", "chat", ["to be or not"], simple_format=True)
    if wire.version >= (4, 32):
        wire.job("render", "apply", ["hello there"])
    if wire.version >= (5, 45):
        wire.join("validated-good", "validated", ["long enough"], wire.session())
        wire.join("validated-bad", "validated", ["no"], wire.session())


def record_streams(wire: Recorder) -> None:
    """Streams opened too early, too late, twice, and again after they were dropped."""
    wire.keep(wire.stream("stranger"), "early-stream", "no job was ever joined in this session")
    session = wire.session()
    wire.join("late", "count", [3], session)
    time.sleep(PATIENCE)
    wire.keep(wire.stream(session), "late-stream", "the job had ended before the stream opened")
    wire.keep(wire.stream(session), "idle-stream", "a known session with nothing pending")
    session = wire.session()
    wire.join("dropped", "slow_count", [9, 0.2], session)
    dropped = wire.stream(session).until(b"process_generating")
    wire.leave(dropped, "dropped-stream", "left by the client after the first value")
    wire.keep(wire.stream(session), "reopened-stream", "the same session, at once")
    wire.join("poisoned", "echo", ["again"], session)
    wire.keep(wire.stream(session), "poisoned-stream", "a new job in the session of a dropped one")
    if wire.version >= (4, 25):
        wire.get("heartbeat", f"/heartbeat/{wire.session()}")


def record_cancelling(wire: Recorder) -> None:
    session = wire.session()
    event_id = wire.join("cancelled", "slow_count", [9, 0.2], session)
    stream = wire.stream(session).until(b"process_generating")
    wire.cancel("cancelled-post", "slow_count", session, event_id)
    wire.keep(stream, "cancelled-stream", "cancelled after the first value")
    session = wire.session()
    event_id = wire.join("sibling-1", "slow_count", [9, 0.2], session)
    wire.join("sibling-2", "slow_count", [9, 0.2], session)
    stream = wire.stream(session).until(b"process_generating")
    wire.cancel("siblings-post", "slow_count", session, event_id)
    wire.keep(stream, "siblings-stream", "two jobs of one function; only the first was cancelled")
    wire.cancel("cancelled-unknown", "slow_count", wire.session(), "0" * 32)


def record_login(wire: Recorder) -> None:
    wire.get("config-refused", "/config", api=False)
    wire.get("info-refused", "/info")
    wire.post("login-bad", "/login", b"username=guide&password=wrong", api=False)
    reply = wire.post("login", "/login", b"username=guide&password=lantern", api=False)
    lines = reply.head.decode().split("\r\n")
    cookies = [line.split(": ", 1)[1] for line in lines if line.lower().startswith("set-cookie")]
    wire.headers = [("Cookie", "; ".join(cookie.split(";")[0] for cookie in cookies))]
    wire.connect("config-login")


def record_full_queue(wire: Recorder) -> None:
    """One job may run and one may wait; the third is refused."""
    wire.connect()
    if wire.version < (4, 9):
        opened = [wire.private_stream("slow", wire.session()).until(b"estimation") for _ in "123"]
        wire.keep(opened[2], "full-stream", "one job runs, one waits")
        return
    running = wire.running("full-1")
    waiting = wire.session()
    wire.join("full-2", "slow", [1], waiting)
    wire.join("full-3", "slow", [1], wire.session())
    wire.keep(wire.stream(waiting), "full-2-stream", "it waits, then runs")
    wire.keep(running, "full-1-stream")


def record_cancelling_in_queue(wire: Recorder) -> None:
    """A job that waits is cancelled; what becomes of it differs much between versions."""
    running = wire.running("queued-1")
    waiting = wire.session()
    event_id = wire.join("queued-2", "slow", [1], waiting)
    wire.cancel("queued-2-post", "slow", waiting, event_id)
    wire.keep(wire.stream(waiting), "queued-2-stream", "cancelled while it waited")
    wire.keep(running, "queued-1-stream", "the job that ran before it")
    wire.join("queued-3", "echo", ["after"], waiting)
    wire.keep(wire.stream(waiting), "queued-3-stream", "a new job in the session of the cancelled")


def record_hidden_errors(wire: Recorder) -> None:
    wire.connect()
    for function in ("fail", "crash", "crash_late"):
        if wire.version >= (4,):
            wire.job(function, function, ["here"])
    wire.direct("direct-crash", "crash", ["here"])


def record(version: str, folder: Path) -> None:
    """Everything, with one version."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    parts: list[Callable[[Recorder], None]] = [record_documents, record_direct, record_files]
    release = tuple(int(part) for part in version.split("."))
    if release >= (4,):
        parts.append(record_jobs)
    if release >= (4, 9):
        parts.append(record_streams)
    if release >= (4, 31):
        parts.append(record_cancelling)
    with live(version) as server:
        wire = Recorder(server, folder)
        for part in parts:
            part(wire)
    with live(version, settings={"AUTH": "1"}) as server:
        record_login(Recorder(server, folder))
    with live(version, settings={"MAX_SIZE": "1", "CONCURRENCY": "1"}) as server:
        wire = Recorder(server, folder)
        record_full_queue(wire)
        if release >= (4, 31):
            record_cancelling_in_queue(wire)
    with live(version, settings={"SHOW_ERROR": "0"}) as server:
        record_hidden_errors(Recorder(server, folder, suffix="-hidden"))


def main(versions: list[str]) -> int:
    """Record the versions that the command line names."""
    for version in versions:
        if version not in RELEASES:
            print(
                f"scripts.record.transcripts: no day is known for Gradio {version}", file=sys.stderr
            )
            return 1
    for version in versions or transcripts.versions():
        record(version, transcripts.FOLDER / version)
        print(f"recorded {version}: {len(transcripts.names(version))} exchanges", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
