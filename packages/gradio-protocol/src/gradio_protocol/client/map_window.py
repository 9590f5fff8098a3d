"""Decides what `map` of a client does next.

1. The inputs may be infinite. One is taken only when there is room: fewer than `concurrency` calls
   are under way, or have a result that the caller has not taken yet. So memory does not grow with
   the number of inputs, and a slow caller slows the calls down.
2. A call that is refused because the app's queue is full is made again after a pause, during which
   no other call is made either. After many refusals in a row, its error is its outcome.
3. An error is an outcome like a result, and has its place in the order. `next` raises it there,
   unless the caller wants errors returned.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from math import inf
from typing import Any, Generic, Protocol, TypeAlias, TypeVar, assert_never, cast

from ..dataclass import dataclass, field
from ..errors import InvalidArguments, QueueError
from ..present.async_job import BaseAsyncJob

_FIRST_PAUSE, _MAX_PAUSE = 1.0, 30.0
"Seconds after a refusal; each further one of the same call doubles them."
_MAX_REFUSALS = 10


class _Job(Protocol):
    def done(self) -> bool: ...
    def cancel(self) -> bool: ...


J = TypeVar("J", bound=_Job)
A = TypeVar("A", bound=BaseAsyncJob)


@dataclass(eq=False, slots=True)
class MappedCall(Generic[J]):
    """The call for one input."""

    index: int
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    job: J | None = None
    "None: it is not submitted, or it has an outcome."
    outcome: object = None
    error: Exception | None = None
    has_ended: bool = False
    refusals: int = 0

    def end(self, outcome: object, error: Exception | None = None) -> None:
        """Record the result or the error."""
        self.outcome, self.error, self.has_ended, self.job = outcome, error, True, None


@dataclass(frozen=True, slots=True)
class SubmitCall(Generic[J]):
    """Submit this call and set its `job`; report an error to `MapWindow.fail`."""

    call: MappedCall[J]


@dataclass(frozen=True, slots=True)
class CollectCall(Generic[J]):
    """Report the result of this call, whose job has ended, to its `end`, or its error to `fail`."""

    call: MappedCall[J]
    job: J


@dataclass(frozen=True, slots=True)
class YieldOutcome:
    """Yield this to the caller."""

    outcome: object


@dataclass(frozen=True, slots=True)
class WaitForJobs(Generic[J]):
    """Wait until one of these jobs has ended, but not for longer than these seconds."""

    jobs: tuple[J, ...]
    seconds: float = inf


MapStep: TypeAlias = "SubmitCall[J] | CollectCall[J] | YieldOutcome | WaitForJobs[J]"


@dataclass(eq=False, slots=True)
class MapWindow(Generic[J]):
    """The calls of one `map` that are under way. Raises InvalidArguments if there is no room."""

    inputs: Iterable[object]
    concurrency: int
    ordered: bool = True
    return_exceptions: bool = False
    indexed: bool = False
    "Yield each outcome in a tuple, behind the place of its input, from 0."
    _calls: list[MappedCall[J]] = field(default_factory=list[MappedCall[J]], init=False)
    "In the order of their inputs."
    _resume: float = field(default=-inf, init=False)
    "When calls may be made again, after a refusal."
    _taken: int = field(default=0, init=False)
    "How many inputs have been taken."

    def __post_init__(self) -> None:
        if self.concurrency < 1:
            raise InvalidArguments(f"concurrency: expected at least 1, got {self.concurrency}")
        self.inputs = iter(self.inputs)

    @property
    def jobs(self) -> tuple[J, ...]:
        """The jobs under way."""
        return tuple([call.job for call in self._calls if call.job is not None])

    def next(self, now: float) -> MapStep[J] | None:
        """Return what to do, or None at the end. `now` is monotonic time, in seconds.

        Raises the error of a call when it is its turn, and what the inputs raise.
        """
        for call in self._calls:
            if call.job is not None and call.job.done():
                return CollectCall(call, call.job)
        ended = [call for call in self._calls[: 1 if self.ordered else None] if call.has_ended]
        if ended:
            return self._take_outcome(ended[0])
        chosen = self._choose_call() if now >= self._resume else None
        if chosen is not None:
            return SubmitCall(chosen)
        is_pausing = now < self._resume
        if not self._calls and not is_pausing:
            return None
        return WaitForJobs(self.jobs, self._resume - now if is_pausing else inf)

    def fail(self, call: MappedCall[J], error: Exception, now: float) -> None:
        """Record the error of a call, or that it is to be made again."""
        call.refusals += 1
        if not isinstance(error, QueueError) or call.refusals > _MAX_REFUSALS:
            call.end(error, error)
            return
        call.job = None
        pause = min(_FIRST_PAUSE * 2.0 ** (call.refusals - 1), _MAX_PAUSE)
        self._resume = max(self._resume, now + pause)

    def cancel(self) -> None:
        """Cancel the jobs under way: the caller has left."""
        for job in self.jobs:
            job.cancel()

    def _take_outcome(self, call: MappedCall[J]) -> YieldOutcome:
        self._calls.remove(call)
        if call.error is not None and not self.return_exceptions:
            raise call.error
        return YieldOutcome((call.index, call.outcome) if self.indexed else call.outcome)

    def _choose_call(self) -> MappedCall[J] | None:
        """Return a call that was refused before, or that of the next input if there is room."""
        for call in self._calls:
            if call.job is None and not call.has_ended:
                return call
        if len(self._calls) < self.concurrency:
            for value in self.inputs:
                call = MappedCall[J](self._taken, *_split(value))
                self._taken += 1
                self._calls.append(call)
                return call
        return None


class MapWaiter(Protocol):
    """How an async driver waits for the calls of one `map`."""

    def now(self) -> float:
        """Return monotonic time, in seconds."""
        ...

    def wake(self, job: object) -> None:
        """End the wait: a job has ended."""
        ...

    async def wait(self, seconds: float) -> None:
        """Wait until `wake` is called from now on, but not for longer than these seconds."""
        ...


async def map_calls(
    window: MapWindow[A], submit: Callable[..., A], waiter: MapWaiter
) -> AsyncGenerator[Any, None]:
    """Yield the outcomes of the calls of a window, which `submit` begins; for async drivers."""
    try:
        while (step := window.next(waiter.now())) is not None:
            match step:
                case SubmitCall(call=call):
                    try:
                        call.job = submit(*call.args, **call.kwargs)
                        call.job.add_done_callback(waiter.wake)
                    except Exception as error:  # noqa: BLE001 - the outcome of this input
                        window.fail(call, error, waiter.now())
                case CollectCall(call=call, job=job):
                    try:
                        call.end(await job.result())
                    except Exception as error:  # noqa: BLE001 - the outcome of this input
                        window.fail(call, error, waiter.now())
                case YieldOutcome(outcome=outcome):
                    yield outcome
                case WaitForJobs(seconds=seconds):
                    await waiter.wait(seconds)
                case _:
                    assert_never(step)
    finally:
        window.cancel()


def _split(value: object) -> tuple[tuple[Any, ...], Mapping[str, Any]]:
    """Return the arguments of an input: a tuple, a mapping of keywords, or one value."""
    match value:
        case tuple():
            return tuple(cast("Iterable[Any]", value)), {}
        case Mapping():
            return (), cast("Mapping[str, Any]", value)
        case _:
            return (value,), {}
