"""The threads of one client: as few as there are things that really wait at once.

`spawn` runs a function on a thread of its own, kept for the next one when it is done. `submit`
does the same for I/O, but only `IO_THREADS` at a time: more make nothing faster. `call` is for
callbacks, which are the user's code and may block, so they have other threads, no more than
`CALLBACK_THREADS`. `later` runs a function after a pause; all pauses share one thread. Each raises
RuntimeError where the system gives no thread. All threads are daemons and hold only what they
run, so that neither a forgotten client nor the end of the interpreter waits for them.

So a client has one thread for each stream and heartbeat that it reads, and at most 19 others. From
4.9 on all jobs of a session share a stream; only an isolated job, a job of 4.0 to 4.8 and a direct
call have something of their own to read, and thus a thread: of these there are no more than jobs in
flight, which `max_workers` bounds.
"""

from __future__ import annotations

import heapq
import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from itertools import count

Work = Callable[[], None]

IO_THREADS = 12
"Exchanges at once; streams have threads of their own."
CALLBACK_THREADS = 6
"Jobs whose callbacks run at once."
_IDLE = 10.0
"Seconds that a thread waits for more work before it ends."

_log = logging.getLogger("gradio_client_httpx")


class Workers:
    """See the module; thread-safe."""

    # Not `concurrent.futures.ThreadPoolExecutor`: the end of the interpreter waits for its threads,
    # and they would wait for a server.

    def __init__(self) -> None:
        self._changed = threading.Condition()  # its lock is reentrant, which `later` needs
        self._queue: deque[Work] = deque()
        "For each entry there is a thread that is idle, or about to start."
        self._idle = 0
        self._timer: _Timer | None = None
        self._closed = False
        self.submit = _Pool(self.spawn, IO_THREADS).submit
        "Run a function when an I/O thread is free."
        self.call = _Pool(self.spawn, CALLBACK_THREADS).submit
        "Run a callback when a thread for these is free."

    def spawn(self, work: Work) -> None:
        """Run `work` on a thread of its own, at once."""
        with self._changed:
            self._queue.append(work)
            if len(self._queue) <= self._idle:
                self._changed.notify()
                return
        try:
            # Without `work` as an argument, which the thread would hold as long as it lives.
            threading.Thread(target=self._run, name="gradio-client", daemon=True).start()
        except RuntimeError:
            with self._changed:
                if work not in self._queue:
                    return  # another thread has just become free and does it
                self._queue.remove(work)
            # When the interpreter ends there is nobody to tell.
            if threading.main_thread().is_alive():
                raise

    def call_later(self, seconds: float, work: Work) -> None:
        """Run `work`, which must be short, after a pause; never once the crew is closed."""
        with self._changed:
            if self._closed:
                return
            if self._timer is None:
                timer = _Timer()
                self.spawn(timer.run)
                self._timer = timer
            self._timer.add(seconds, work)

    def close(self) -> None:
        """Let go of all threads that have nothing to do; the others end after their work."""
        with self._changed:
            self._closed = True
            timer, self._timer = self._timer, None
            self._changed.notify_all()
        if timer is not None:
            timer.close()

    def _run(self) -> None:
        while (work := self._wait_for_work()) is not None:
            run_logged(work)
            del work  # an idle thread keeps nothing alive

    def _wait_for_work(self) -> Work | None:
        with self._changed:
            self._idle += 1
            self._changed.wait_for(lambda: self._queue or self._closed, _IDLE)
            self._idle -= 1
            return self._queue.popleft() if self._queue else None


class _Pool:
    """Some threads at once; what comes meanwhile waits for one of them, in order."""

    def __init__(self, spawn: Callable[[Work], None], size: int) -> None:
        self._spawn = spawn
        self._size = size
        self._lock = threading.Lock()
        self._queue: deque[Work] = deque()
        self._busy = 0

    def submit(self, work: Work) -> None:
        """Run `work` when a thread is free."""
        with self._lock:
            self._queue.append(work)
            if self._busy == self._size:
                return  # a busy thread looks here before it leaves, under the same lock
            self._busy += 1
        try:
            self._spawn(self._run_queued)
        except RuntimeError:
            with self._lock:
                self._busy -= 1
                if self._busy or work not in self._queue:
                    return  # others do it
                self._queue.remove(work)
            raise

    def _run_queued(self) -> None:
        while True:
            with self._lock:
                if not self._queue:
                    self._busy -= 1
                    return
                work = self._queue.popleft()
            run_logged(work)


class Serial(_Pool):
    """Runs callbacks one after the other, in order: all of them on one thread at a time."""

    def __init__(self, workers: Workers) -> None:
        super().__init__(workers.call, 1)


class _Timer:
    """All pauses of one client, on one thread."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._entries: list[tuple[float, int, Work]] = []
        self._numbers = count()
        self._closed = False

    def add(self, seconds: float, work: Work) -> None:
        with self._changed:
            # Numbers keep functions of the same moment in order, and from being compared.
            heapq.heappush(self._entries, (time.monotonic() + seconds, next(self._numbers), work))
            self._changed.notify()

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._entries.clear()
            self._changed.notify()

    def run(self) -> None:
        while (work := self._wait_for_work()) is not None:
            run_logged(work)

    def _wait_for_work(self) -> Work | None:
        with self._changed:
            while not self._closed:
                pause = self._entries[0][0] - time.monotonic() if self._entries else None
                if pause is not None and pause <= 0:
                    return heapq.heappop(self._entries)[2]
                self._changed.wait(pause)
            return None


def run_logged(work: Work) -> None:
    """What is run here handles its own errors; a bug must not take the thread with it."""
    try:
        work()
    except Exception:  # noqa: BLE001 - see above
        _log.exception("unexpected error")
