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

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._spare: list[_Worker] = []
        self._timer: _Timer | None = None
        self._closed = False
        self.submit = _Pool(self, IO_THREADS).submit
        "Run a function when an I/O thread is free."
        self.call = _Pool(self, CALLBACK_THREADS).submit
        "Run a callback when a thread for these is free."

    def spawn(self, work: Work) -> None:
        """Run `work` on a thread of its own, at once."""
        with self._lock:
            worker = self._spare.pop() if self._spare else None
        if worker is None:
            worker = _Worker(self._spared)
        worker.give(work)

    def call_later(self, seconds: float, work: Work) -> None:
        """Run `work`, which must be short, after a pause; never once the crew is closed."""
        with self._lock:
            if self._closed:
                return
            if self._timer is None:
                timer = _Timer()
                _Worker(self._spared).give(timer.run)
                self._timer = timer
            self._timer.add(seconds, work)

    def close(self) -> None:
        """Let go of all threads that have nothing to do; the others end after their work."""
        with self._lock:
            self._closed = True
            spare, self._spare = self._spare, []
            timer, self._timer = self._timer, None
        if timer is not None:
            timer.close()
        for worker in spare:
            worker.give(None)

    def _spared(self, worker: _Worker, *, leaving: bool) -> bool:
        """A worker is free, or wants to leave; returns whether it may."""
        with self._lock:
            if leaving:
                if worker not in self._spare:
                    return False  # it has just been picked for new work
                self._spare.remove(worker)
                return True
            if self._closed:
                return True
            self._spare.append(worker)
            return False


class _Pool:
    """So many threads of a crew at once; what comes meanwhile waits for one of them."""

    def __init__(self, workers: Workers, size: int) -> None:
        self._workers = workers
        self._size = size
        self._lock = threading.Lock()
        self._queue: deque[Work] = deque()
        self._busy = 0

    def submit(self, work: Work) -> None:
        with self._lock:
            self._queue.append(work)
            if self._busy == self._size:
                return
            self._busy += 1
        try:
            self._workers.spawn(self._work_off)
        except RuntimeError:
            with self._lock:
                self._busy -= 1
                if self._busy or work not in self._queue:
                    return  # others do it
                self._queue.remove(work)
            raise

    def _work_off(self) -> None:
        while True:
            with self._lock:
                if not self._queue:
                    self._busy -= 1
                    return
                work = self._queue.popleft()
            guarded(work)


class _Worker:
    """One thread, which does what it is given and then offers itself again."""

    def __init__(self, spared: Callable[..., bool]) -> None:
        self._spared = spared
        self._given: deque[Work | None] = deque()
        self._bell = threading.Semaphore(0)
        self._started = False

    def give(self, work: Work | None) -> None:
        """Do this, or, if it is None, end."""
        self._given.append(work)
        self._bell.release()
        if not self._started:
            self._started = True
            try:
                threading.Thread(target=self._run, name="gradio-client", daemon=True).start()
            except RuntimeError:
                # When the interpreter ends there is nobody to tell.
                if threading.main_thread().is_alive():
                    raise

    def _run(self) -> None:
        while True:
            if not self._bell.acquire(timeout=_IDLE):
                if self._spared(self, leaving=True):
                    return
                continue
            work = self._given.popleft()
            if work is None:
                return
            guarded(work)
            del work
            if self._spared(self, leaving=False):
                return


class _Timer:
    """All pauses of one client, on one thread."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._entries: list[tuple[float, int, Work]] = []
        self._numbers = count()
        self._closed = False

    def add(self, seconds: float, work: Work) -> None:
        with self._changed:
            heapq.heappush(self._entries, (time.monotonic() + seconds, next(self._numbers), work))
            self._changed.notify()

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._entries.clear()
            self._changed.notify()

    def run(self) -> None:
        while (work := self._next()) is not None:
            guarded(work)

    def _next(self) -> Work | None:
        with self._changed:
            while not self._closed:
                pause = self._entries[0][0] - time.monotonic() if self._entries else None
                if pause is not None and pause <= 0:
                    return heapq.heappop(self._entries)[2]
                self._changed.wait(pause)
            return None


class Serial:
    """Runs callbacks one after the other, in order."""

    def __init__(self, workers: Workers) -> None:
        self._workers = workers
        self._lock = threading.Lock()
        self._queue: deque[Work] = deque()
        self._running = False

    def submit(self, work: Work) -> None:
        """Run `work` after all that was given before."""
        with self._lock:
            self._queue.append(work)
            if self._running:
                return
            self._running = True
        try:
            self._workers.call(self._run)
        except RuntimeError:
            with self._lock:
                self._running = False
            raise

    def _run(self) -> None:
        while True:
            with self._lock:
                if not self._queue:
                    self._running = False
                    return
                work = self._queue.popleft()
            guarded(work)


def guarded(work: Work) -> None:
    """What is run here handles its own errors; a bug must not take the thread with it."""
    try:
        work()
    except Exception:  # noqa: BLE001 - see above
        _log.exception("unexpected error")
