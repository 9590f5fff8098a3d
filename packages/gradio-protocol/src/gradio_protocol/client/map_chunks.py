"""Decides what a `map` over an executor does next.

1. Inputs go out in chunks. A chunk is taken only when there is room: fewer than `max_chunks` are
   under way, or have an outcome that the caller has not taken yet. So the inputs may be infinite.
2. A worker returns an outcome for each input of its chunk; an error of a call is such an outcome.
   So an error of the executor says that the worker died, or that the executor dropped the chunk:
   the chunk is sent again. After a few such failures the error is the outcome of its inputs.
3. A chunk is sent again only when its future has ended, so it never runs twice at once.
4. An input that the journal has a result for is not sent.
5. Before a chunk is sent, all outcomes that can be taken are taken: the executor may refuse it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Generic, Protocol, TypeAlias, TypeVar

from ..dataclass import dataclass, field
from ..errors import ExecutorFailed, InvalidArguments
from .map_journal import MapJournal
from .map_window import YieldOutcome

_MAX_SENDS = 3
"How often a chunk is sent, at most."
_CALLS_PER_SLOT = 4
"By default, a chunk has so many inputs for each call that may be under way in its worker."


class _Future(Protocol):
    def done(self) -> bool: ...
    def cancel(self) -> bool: ...


F = TypeVar("F", bound=_Future)


@dataclass(eq=False, slots=True)
class _Input:
    index: int
    value: object
    digest: str = ""
    outcome: object = None
    "An exception is the error of the call."
    has_ended: bool = False

    def end(self, outcome: object) -> None:
        # Without the input, which may be large: outcomes can wait for a long time.
        self.outcome, self.has_ended, self.value = outcome, True, None


@dataclass(eq=False, slots=True)
class MapChunk(Generic[F]):
    """Some inputs that one worker runs."""

    _inputs: deque[_Input]
    "Those whose outcomes are not taken yet."
    _missing: list[_Input]
    "Those that have no outcome."
    future: F | None = None
    "None: the chunk is not sent, or has ended."
    _failures: int = 0

    @property
    def values(self) -> list[object]:
        """The inputs to send."""
        return [each.value for each in self._missing]

    @property
    def has_ended(self) -> bool:
        """Whether there is an outcome for each of its inputs."""
        return not self._missing

    @property
    def is_taken(self) -> bool:
        """Whether all of its outcomes have been taken."""
        return not self._inputs

    def end(self, outcomes: Iterable[object]) -> list[_Input]:
        """Give each input that was sent its outcome; return these inputs."""
        self.future = None
        sent, self._missing = self._missing, []
        for each, outcome in zip(sent, outcomes, strict=True):
            each.end(outcome)
        return sent

    def fail(self, error: Exception) -> None:
        """Count a failure of the executor; after the last one, end with an error."""
        self.future = None
        self._failures += 1
        if self._failures == _MAX_SENDS:
            first, last = self._missing[0].index, self._missing[-1].index
            failed = ExecutorFailed(
                f"the executor lost inputs {first} to {last} in each of {_MAX_SENDS} attempts: "
                f"{_describe(error)}"
            )
            failed.__cause__ = error
            self.end([failed] * len(self._missing))

    def take(self) -> object:
        """Return the next outcome."""
        return self._inputs.popleft().outcome


@dataclass(frozen=True, slots=True)
class SendChunk(Generic[F]):
    """Have a worker run the `values` of this chunk, and set its `future`.

    If the executor refuses, raise what `ChunkWindow.executor_failed` returns.
    """

    chunk: MapChunk[F]


@dataclass(frozen=True, slots=True)
class CollectChunk(Generic[F]):
    """Report the outcomes in this future, which has ended, to the window's `end`.

    Report an error of the executor to the chunk's `fail`: the chunk is sent again.
    """

    chunk: MapChunk[F]
    future: F


@dataclass(frozen=True, slots=True)
class WaitForChunks(Generic[F]):
    """Wait until one of these futures has ended."""

    futures: tuple[F, ...]


ChunkStep: TypeAlias = "SendChunk[F] | CollectChunk[F] | YieldOutcome | WaitForChunks[F]"


@dataclass(eq=False, slots=True, kw_only=True)
class ChunkWindow(Generic[F]):
    """The chunks of one `map` that are under way.

    `chunk_size` is by default four times `concurrency`, the number of calls that a worker has under
    way at once. Raises InvalidArguments if one of the numbers is below 1.
    """

    inputs: Iterable[object]
    concurrency: int
    chunk_size: int | None = None
    max_chunks: int = 64
    ordered: bool = True
    return_exceptions: bool = False
    journal: MapJournal | None = None
    _chunks: list[MapChunk[F]] = field(default_factory=list[MapChunk[F]], init=False)
    "In the order of their inputs."
    _taken: int = field(default=0, init=False)
    "How many inputs have been taken."
    _done: int = field(default=0, init=False)
    "How many of them have a result."

    def __post_init__(self) -> None:
        if self.chunk_size is None:
            self.chunk_size = self.concurrency * _CALLS_PER_SLOT
        for name in ("concurrency", "chunk_size", "max_chunks"):
            if (number := getattr(self, name)) < 1:
                raise InvalidArguments(f"{name}: expected at least 1, got {number}")
        self.inputs = iter(self.inputs)

    @property
    def ended(self) -> list[CollectChunk[F]]:
        """The chunks whose futures have ended, but which are not collected."""
        sent = [(chunk, chunk.future) for chunk in self._chunks]
        return [CollectChunk(chunk, it) for chunk, it in sent if it is not None and it.done()]

    def next(self) -> ChunkStep[F] | None:
        """Return what to do, or None at the end.

        Raises the error of a call when it is its turn, and what the inputs raise.
        """
        if ended := self.ended:
            return ended[0]
        while True:
            for chunk in self._chunks[: 1 if self.ordered else None]:
                if chunk.has_ended:
                    return self._take_outcome(chunk)
            chosen = self._choose_chunk()
            if chosen is None:
                return WaitForChunks(self._futures) if self._chunks else None
            if not chosen.has_ended:
                return SendChunk(chosen)

    def end(self, chunk: MapChunk[F], outcomes: Sequence[object]) -> bytes:
        """Record the outcomes of the inputs that were sent; return what the journal gains."""
        done = [each for each in chunk.end(outcomes) if not isinstance(each.outcome, Exception)]
        self._done += len(done)
        if self.journal is None:
            return b""
        return b"".join([self.journal.record(it.index, it.digest, it.outcome) for it in done])

    def executor_failed(self, error: Exception, journal: str | None = None) -> ExecutorFailed:
        """Return the error that says that the executor took no chunk, and how to go on."""
        hint = (
            f"their results are in the journal {journal}: call map with a new executor, the same "
            "inputs and this journal, which runs the others"
            if journal is not None
            else "pass journal=… to keep the results, so that another map runs only the others"
        )
        return ExecutorFailed(
            f"the executor takes no more work ({_describe(error)}). Of the first {self._taken} "
            f"inputs, {self._done} are done; {hint}"
        )

    def cancel(self) -> None:
        """Cancel the chunks that have not begun: the caller has left."""
        for future in self._futures:
            future.cancel()

    @property
    def _futures(self) -> tuple[F, ...]:
        return tuple([chunk.future for chunk in self._chunks if chunk.future is not None])

    def _take_outcome(self, chunk: MapChunk[F]) -> YieldOutcome:
        outcome = chunk.take()
        if chunk.is_taken:
            self._chunks.remove(chunk)
        if isinstance(outcome, Exception) and not self.return_exceptions:
            raise outcome
        return YieldOutcome(outcome)

    def _choose_chunk(self) -> MapChunk[F] | None:
        """Return a chunk that is to be sent again, or the next one if there is room."""
        for chunk in self._chunks:
            if chunk.future is None and not chunk.has_ended:
                return chunk
        if len(self._chunks) < self.max_chunks:
            values = islice(self.inputs, self.chunk_size)
            if inputs := deque(map(self._take_input, values)):
                missing = [each for each in inputs if not each.has_ended]
                self._chunks.append(MapChunk(inputs, missing))
                return self._chunks[-1]
        return None

    def _take_input(self, value: object) -> _Input:
        taken = _Input(self._taken, value)
        self._taken += 1
        if self.journal is not None:
            taken.digest = self.journal.digest(taken.index, value)
            known = self.journal.take(taken.index, taken.digest)
            if known is not None:
                self._done += 1
                taken.end(known[0])
        return taken


def _describe(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
