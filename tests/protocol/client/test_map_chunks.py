"""`client.map_chunks`: which inputs go out when, what is sent again, and which outcome is next."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count
from typing import Any

import pytest

from gradio_protocol.client.map_chunks import (
    ChunkStep,
    ChunkWindow,
    CollectChunk,
    MapChunk,
    SendChunk,
    WaitForChunks,
)
from gradio_protocol.client.map_journal import MapJournal, digest_input
from gradio_protocol.client.map_window import YieldOutcome
from gradio_protocol.errors import AppError, ExecutorFailed, InvalidArguments
from tests.support.stub_job import StubJob

DIED = OSError("the worker died")


def window(inputs: Iterable[object], **how: Any) -> ChunkWindow[StubJob]:
    """At most two chunks of two inputs, unless the test says otherwise."""
    return ChunkWindow[StubJob](
        inputs=inputs, **{"concurrency": 1, "chunk_size": 2, "max_chunks": 2, **how}
    )


def sent(window: ChunkWindow[StubJob]) -> MapChunk[StubJob]:
    """The chunk that is to be sent next, which is done."""
    step = window.next()
    assert isinstance(step, SendChunk)
    step.chunk.future = StubJob()
    return step.chunk


def futures(step: ChunkStep[StubJob] | None) -> tuple[StubJob, ...]:
    """For which futures a step waits."""
    assert isinstance(step, WaitForChunks)
    return step.futures


def ended(window: ChunkWindow[StubJob], chunk: MapChunk[StubJob]) -> None:
    """Let the future of a chunk end, and the window notice."""
    assert chunk.future is not None
    chunk.future.ended = True
    assert window.next() == CollectChunk(chunk, chunk.future)


def done(window: ChunkWindow[StubJob], chunk: MapChunk[StubJob], *outcomes: object) -> bytes:
    """Let a chunk end with outcomes; what the journal gains."""
    ended(window, chunk)
    return window.end(chunk, outcomes)


def lost(window: ChunkWindow[StubJob], chunk: MapChunk[StubJob]) -> None:
    """Let the worker of a chunk die."""
    ended(window, chunk)
    chunk.fail(DIED)


def yielded(window: ChunkWindow[StubJob]) -> list[object]:
    """The outcomes that can be taken now."""
    found: list[object] = []
    while isinstance(step := window.next(), YieldOutcome):
        found.append(step.outcome)
    return found


def test_inputs_go_out_in_chunks_while_there_is_room() -> None:
    numbers = count()
    mapped = window(numbers)
    first, second = sent(mapped), sent(mapped)
    assert (first.values, second.values) == ([0, 1], [2, 3])
    assert futures(mapped.next()) == (first.future, second.future)
    done(mapped, first, "zero", "one")
    assert next(numbers) == 4
    assert [mapped.next(), mapped.next()] == [YieldOutcome("zero"), YieldOutcome("one")]
    assert sent(mapped).values == [5, 6]


def test_a_chunk_has_four_inputs_for_each_call_under_way() -> None:
    assert len(sent(window(count(), concurrency=3, chunk_size=None)).values) == 12


@pytest.mark.parametrize("name", ["concurrency", "chunk_size", "max_chunks"])
def test_there_must_be_room_for_one(name: str) -> None:
    with pytest.raises(InvalidArguments, match=f"^{name}: expected at least 1, got 0"):
        window("a", **{name: 0})


def test_outcomes_wait_for_those_of_earlier_chunks() -> None:
    mapped = window("abc")
    first, second = sent(mapped), sent(mapped)
    done(mapped, second, "C")
    assert futures(mapped.next()) == (first.future,)
    done(mapped, first, "A", "B")
    assert yielded(mapped) == ["A", "B", "C"]
    assert mapped.next() is None


def test_outcomes_without_an_order_come_as_they_are_there() -> None:
    mapped = window("abc", ordered=False)
    first, second = sent(mapped), sent(mapped)
    done(mapped, second, "C")
    assert mapped.next() == YieldOutcome("C")
    assert futures(mapped.next()) == (first.future,)


def test_an_error_of_a_call_is_raised_when_it_is_its_turn() -> None:
    mapped, error = window("ab"), AppError("no")
    done(mapped, sent(mapped), "A", error)
    assert mapped.next() == YieldOutcome("A")
    with pytest.raises(AppError) as caught:
        mapped.next()
    assert caught.value is error


def test_an_error_is_an_outcome_for_a_caller_who_wants_it() -> None:
    mapped, error = window("ab", return_exceptions=True), AppError("no")
    done(mapped, sent(mapped), error, "B")
    assert yielded(mapped) == [error, "B"]


def test_a_chunk_whose_worker_died_is_sent_again() -> None:
    mapped = window("ab")
    chunk = sent(mapped)
    lost(mapped, chunk)
    assert sent(mapped) is chunk
    done(mapped, chunk, "A", "B")
    assert yielded(mapped) == ["A", "B"]


def test_a_chunk_that_is_under_way_is_not_sent_again() -> None:
    mapped = window("ab")
    chunk = sent(mapped)
    assert futures(mapped.next()) == (chunk.future,)


def test_after_three_failures_the_last_is_the_outcome() -> None:
    mapped = window("abc", max_chunks=1, return_exceptions=True)
    for _ in range(3):
        lost(mapped, sent(mapped))
    first, second = mapped.next(), mapped.next()
    assert isinstance(first, YieldOutcome)
    assert first == second
    assert isinstance(first.outcome, ExecutorFailed)
    assert first.outcome.__cause__ is DIED
    text = "the executor lost inputs 0 to 1 in each of 3 attempts: OSError: the worker died"
    assert str(first.outcome) == text
    assert sent(mapped).values == ["c"]


def test_what_can_be_taken_is_taken_before_a_chunk_is_sent_again() -> None:
    mapped = window("abcd")
    first, second = sent(mapped), sent(mapped)
    assert first.future is not None
    assert second.future is not None
    first.future.ended = second.future.ended = True
    assert [step.chunk for step in mapped.ended] == [first, second]
    mapped.end(first, "AB")
    second.fail(DIED)
    assert [mapped.next(), mapped.next()] == [YieldOutcome("A"), YieldOutcome("B")]
    assert sent(mapped) is second


def test_the_error_of_an_executor_says_how_far_it_came() -> None:
    mapped = window("abcdef")
    chunk = sent(mapped)
    sent(mapped)
    done(mapped, chunk, "A", AppError("no"))
    assert str(mapped.executor_failed(DIED)) == (
        "the executor takes no more work (OSError: the worker died). Of the first 4 inputs, 1 are "
        "done; pass journal=… to keep the results, so that another map runs only the others"
    )
    assert str(mapped.executor_failed(OSError(), "run.jsonl")) == (
        "the executor takes no more work (OSError). Of the first 4 inputs, 1 are done; their "
        "results are in the journal run.jsonl: call map with a new executor, the same inputs and "
        "this journal, which runs the others"
    )


def test_chunks_that_have_not_begun_can_be_cancelled() -> None:
    mapped = window("abcd")
    first, second = sent(mapped), sent(mapped)
    future = first.future
    assert future is not None
    done(mapped, first, "A", "B")
    mapped.cancel()
    assert not future.cancelled
    assert second.future is not None
    assert second.future.cancelled


# --- with a journal ------------------------------------------------------------------------------


def recorded(*results: tuple[int, str, object]) -> MapJournal:
    """A journal with the results of these inputs."""
    return MapJournal([MapJournal().record(at, digest_input(it), is_) for at, it, is_ in results])


def test_the_journal_gains_what_has_succeeded() -> None:
    mapped = window("ab", journal=MapJournal())
    gained = done(mapped, sent(mapped), AppError("no"), "B")
    assert gained == MapJournal().record(1, digest_input("b"), "B")


def test_without_a_journal_nothing_is_gained() -> None:
    mapped = window("ab")
    assert done(mapped, sent(mapped), "A", "B") == b""


def test_what_the_journal_knows_is_not_sent() -> None:
    mapped = window("abcd", journal=recorded((1, "b", "B"), (2, "other", "C")))
    first, second = sent(mapped), sent(mapped)
    assert (first.values, second.values) == (["a"], ["c", "d"])
    done(mapped, first, "A")
    done(mapped, second, "C", "D")
    assert yielded(mapped) == ["A", "B", "C", "D"]


def test_a_chunk_that_the_journal_knows_needs_no_worker() -> None:
    known = recorded((0, "a", "A"), (1, "b", "B"))
    assert yielded(window("ab", journal=known)) == ["A", "B"]


def test_chunks_behind_one_that_is_under_way_are_found_in_the_journal() -> None:
    mapped = window("abcd", journal=recorded((2, "c", "C"), (3, "d", "D")))
    first = sent(mapped)
    assert futures(mapped.next()) == (first.future,)
    done(mapped, first, "A", "B")
    assert yielded(mapped) == ["A", "B", "C", "D"]
