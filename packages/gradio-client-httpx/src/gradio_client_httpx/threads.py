"""The threads of one client.

- `spawn` runs a function on a thread of its own. A thread that is done waits for more work.
- `submit` runs I/O, on at most `IO_THREADS` threads at once: more of them are not faster.
- `call` runs callbacks, on at most `CALLBACK_THREADS` others: a callback may block, which must not
  stop the I/O.
- `call_later` runs a function after a pause. One thread serves all pauses.

Each raises RuntimeError if the system has no more threads. All threads are daemons, and refer only
to what they run: the exit of the interpreter does not wait for them, and a forgotten client can be
collected.

So a client has one thread for each stream and heartbeat that it reads, and at most 19 others (12, 6
and the timer). From Gradio 4.9 on, all jobs of a session share one stream. Only an isolated job, a
job on 4.0 to 4.8 and a direct call have a connection of their own to read; `max_workers` limits how
many of these there are.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable

Work = Callable[[], object]

IO_THREADS = 12
"""How many exchanges run at once; `RunAction.is_brief_request` says why no more. Streams have
threads of their own."""
CALLBACK_THREADS = 6
"How many jobs may run callbacks at once: a callback that blocks must not stop those of all others."
_IDLE = 10.0
"Seconds after which an idle thread ends."

_log = logging.getLogger("gradio_client_httpx")


class Workers:
    """Runs functions on threads. Thread-safe."""

    # Not a `concurrent.futures.ThreadPoolExecutor`: the exit of the interpreter joins its threads,
    # and so would wait for as long as a server does not answer.

    def __init__(self) -> None:
        self._changed = threading.Condition()  # its lock is reentrant: call_later calls spawn
        self._queue: deque[Work] = deque()
        "Work that has a thread, which is idle or about to start."
        self._idle = 0
        self._timer: _Timer | None = None
        self._closed = False
        self.submit: Callable[[Work], None] = Pool(self.spawn, IO_THREADS).submit
        "Run a function as soon as an I/O thread is free."
        self.call: Callable[[Work], None] = Pool(self.spawn, CALLBACK_THREADS).submit
        "Run a callback as soon as a callback thread is free."

    def spawn(self, work: Work) -> None:
        """Run `work` on a thread of its own, at once. Raises RuntimeError if there is none."""
        with self._changed:
            self._queue.append(work)
            if len(self._queue) <= self._idle:
                self._changed.notify()
                return
        try:
            # Without the lock, which threads need to become idle: they would all wait for this one
            # to start, and so more would be started. `work` is no argument of the thread, which
            # would keep it alive until it ends.
            threading.Thread(target=self._run, name="gradio-client", daemon=True).start()
        except RuntimeError:
            with self._changed:
                if work not in self._queue:
                    return  # a thread has become idle and taken it
                self._queue.remove(work)
            # While the interpreter exits, no thread can start, and nothing waits for the work.
            if threading.main_thread().is_alive():
                raise

    def call_later(self, seconds: float, work: Work) -> None:
        """Run `work`, which must be short, after `seconds`; after `close`, do nothing."""
        with self._changed:
            if self._closed:
                return
            if self._timer is None:
                timer = _Timer()
                self.spawn(timer.run)
                self._timer = timer
            self._timer.add(seconds, work)

    def close(self) -> None:
        """End all idle threads now, and the others when their work is done."""
        with self._changed:
            self._closed = True
            timer, self._timer = self._timer, None
            self._changed.notify_all()
        if timer is not None:
            timer.close()

    def _run(self) -> None:
        while (work := self._wait_for_work()) is not None:
            run_logged(work)
            del work  # so that an idle thread keeps nothing alive

    def _wait_for_work(self) -> Work | None:
        with self._changed:
            self._idle += 1
            self._changed.wait_for(lambda: self._queue or self._closed, _IDLE)
            self._idle -= 1
            return self._queue.popleft() if self._queue else None


class Pool:
    """Runs at most `size` functions at once; the rest wait in order."""

    def __init__(self, spawn: Callable[[Work], None], size: int) -> None:
        self._spawn = spawn
        self._size = size
        self._lock = threading.Lock()
        self._queue: deque[Work] = deque()
        self._busy = 0

    def submit(self, work: Work) -> None:
        """Run `work` as soon as a thread is free. Raises RuntimeError if there is none."""
        with self._lock:
            if self._busy < self._size:
                try:
                    self._spawn(self._run_queued)
                    self._busy += 1
                except RuntimeError:
                    if not self._busy:
                        raise
            # A busy thread takes it: it looks into the queue under this lock before it ends.
            self._queue.append(work)

    def _run_queued(self) -> None:
        while True:
            with self._lock:
                if not self._queue:
                    self._busy -= 1
                    return
                work = self._queue.popleft()
            run_logged(work)


class _Timer:
    """Runs functions after pauses, on one thread for all of them."""

    def __init__(self) -> None:
        import sched  # noqa: PLC0415 - not before a client connects

        self._scheduler = sched.scheduler(time.monotonic)
        self._changed = threading.Event()
        self._closed = False

    def add(self, seconds: float, work: Work) -> None:
        self._scheduler.enter(seconds, 0, run_logged, (work,))
        self._changed.set()

    def close(self) -> None:
        self._closed = True
        self._changed.set()

    def run(self) -> None:
        while not self._closed:
            # Before `run`, which looks at all entries: one that is added later sets it again.
            self._changed.clear()
            pause = self._scheduler.run(blocking=False)
            self._changed.wait(None if pause is None else min(pause, threading.TIMEOUT_MAX))


def run_logged(work: Work) -> None:
    """Run `work`; log an error, so that it does not end the thread.

    A SystemExit of a callback, too: a thread that ends so would keep its place in the pool.
    """
    try:
        work()
    except BaseException:  # noqa: BLE001 - see above
        _log.exception("unexpected error")
