"""Time and memory of a chat that grows by ten thousands of edits, for the eye.

Each run is a history of n appends that end in 2 MB of text: kept, followed by a cursor, read once
at the end. Twice the edits should take about twice the time and the memory, or less.
"""

from __future__ import annotations

import gc
import json
import time
import tracemalloc
from collections.abc import Callable
from functools import partial

from gradio_protocol.app.dialect import Edits
from gradio_protocol.jobs.history import History, HistoryCursor
from gradio_protocol.jobs.messages import Generated
from gradio_protocol.wire.document import JSON

FINAL = 2_000_000
"Characters of the final text."


def run(edits: int, reads: int) -> None:
    """Keep, follow and read `edits` appends; `reads` values are read on the way."""
    piece = "x" * (FINAL // edits)
    # As JSON, since each message brings objects of its own.
    message = json.dumps([["append", [1, "content"], piece]])
    chat: JSON = [{"role": "user", "content": "hi"}, {"role": "assistant", "content": ""}]
    history = History(Edits.SHIFTED)
    history.add(Generated(data=(chat,)))
    cursor = HistoryCursor(history)
    for number in range(edits):
        history.add(Generated(data=(json.loads(message),)))
        cursor.advance()
        if reads and number % (edits // reads) == 0:
            cursor.value()
    cursor.advance()
    value = cursor.value()
    assert len(json.dumps(value)) >= edits * len(piece)


def measured(work: Callable[[], None]) -> tuple[float, float]:
    """Seconds of the processor that it takes, and the peak of its memory in MB, in two runs."""
    gc.collect()
    begin = time.process_time()
    work()
    seconds = time.process_time() - begin
    tracemalloc.start()
    work()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return seconds, peak / 1e6


def main() -> None:
    """Print a line for each number of edits, of a value read at the end and 100 times."""
    print(f"{'edits':>8} {'reads':>6} {'seconds':>8} {'peak MB':>8}")
    for reads in (0, 100):
        for edits in (25_000, 50_000, 100_000):
            seconds, peak = measured(partial(run, edits, reads))
            print(f"{edits:>8} {reads + 1:>6} {seconds:>8.2f} {peak:>8.1f}")


if __name__ == "__main__":
    main()
