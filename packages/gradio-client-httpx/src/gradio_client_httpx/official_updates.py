"""The updates of a job in the form in which the official client's `async for` yields them.

They differ from those of `Job.updates`, which the core's `UpdateReader` reads:

1. An output comes before the status of the message that brought it.
2. There is a status for each message of the server, so none for the submission. The end has one
   status, although two snapshots report it: that of the last message, and that of the flow.
3. The last update is an OutputUpdate that is `final`. Its `outputs` are a dict with `data` or with
   `error`. A cancelled job has none.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from datetime import datetime
from itertools import count
from typing import Any, cast

from gradio_protocol import (
    JobState,
    Outputs,
    OutputUpdate,
    Stage,
    Status,
    StatusUpdate,
    split_output,
    status_update,
)


def read_official_updates(
    state: JobState, times: Sequence[float], stamp: Callable[[float], datetime]
) -> Generator[StatusUpdate | OutputUpdate | None]:
    """Yield all updates of a job; None: there is none yet, so wait for a change of the job.

    `times` and `stamp` are those of `UpdateReader`.
    """
    outputs, has_finished = Outputs(state), False
    for number in count():
        while number == len(times):
            yield None
        snapshot = state.snapshots[number]
        ends, finishes = snapshot.stage.is_final, snapshot.code is Status.FINISHED
        while not finishes and outputs.taken < snapshot.outputs and outputs.advance():
            # Not in a list, as `OutputUpdate` has it elsewhere.
            value: Any = outputs.value()
            yield OutputUpdate(value)
        if number > 0 and not (has_finished and ends):
            yield status_update(snapshot, stamp(times[number]))
        has_finished = has_finished or finishes
        if ends:
            break
    error, result = state.snapshot.error, dict[str, Any]()
    if state.snapshot.stage is Stage.SUCCEEDED:
        result = {"data": split_output(state.result())}
    elif state.snapshot.stage is Stage.FAILED:
        shown = {name: getattr(error, name, None) for name in ("title", "duration", "visible")}
        result = {"error": str(error), **shown}
    if result:
        yield OutputUpdate(cast("Any", result), success=error is None, final=True)
